//! A device that reports over HTTP, sans-IO: requests wait until the server has said what became of them.
//!
//! Requests are pipelined, and answers come in the order of the requests. What a server could not store (5xx) and
//! what it had not answered when the connection went goes out again on the next one, in its old order.

use std::collections::VecDeque;

use crate::wire::http::Answers;

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The number that the caller gave the report.
    pub number: u64,
    /// The status it was answered with: 2xx stored, otherwise refused for good.
    pub status: u16,
}

#[derive(Debug)]
struct Request {
    number: u64,
    bytes: Vec<u8>,
}

/// One HTTP reporter, for any protocol of [`crate::wire`] that posts or gets one report a request.
#[derive(Debug)]
pub struct Reporter {
    /// Requests not answered yet, in their order; the first `under_way` of them have been sent.
    requests: VecDeque<Request>,
    under_way: usize,
    under_way_max: usize,
    memory_requests_max: usize,
    answers: Answers,
    connected: bool,
    wants_close: bool,
}

impl Reporter {
    /// A reporter that has at most `under_way_max` requests (1 means no pipelining) on the wire and keeps at most
    /// `memory_requests_max` in all.
    pub fn new(under_way_max: usize, memory_requests_max: usize) -> Self {
        Self {
            requests: VecDeque::new(),
            under_way: 0,
            under_way_max: under_way_max.max(1),
            memory_requests_max,
            answers: Answers::default(),
            connected: false,
            wants_close: false,
        }
    }

    /// Takes a request, which goes out when there is room on the wire. A full memory refuses it: `false`.
    pub fn report(&mut self, number: u64, request: Vec<u8>, out: &mut Vec<u8>) -> bool {
        if self.requests.len() >= self.memory_requests_max {
            return false;
        }
        self.requests.push_back(Request { number, bytes: request });
        self.fill(out);
        true
    }

    /// Requests not answered yet.
    pub fn unanswered(&self) -> usize {
        self.requests.len()
    }

    /// Whether the connection should be closed: the server failed, or does not speak HTTP.
    pub fn wants_close(&self) -> bool {
        self.wants_close
    }

    /// A connection is open.
    pub fn connected(&mut self, out: &mut Vec<u8>) {
        self.disconnected();
        self.connected = true;
        self.fill(out);
    }

    /// The connection is gone.
    pub fn disconnected(&mut self) {
        (self.connected, self.wants_close, self.under_way) = (false, false, 0);
        self.answers = Answers::default();
    }

    /// Takes what the server sent, in any cuts; appends what became of reports, in the order of their requests.
    pub fn feed(&mut self, mut bytes: &[u8], out: &mut Vec<u8>, outcomes: &mut Vec<Outcome>) {
        while self.connected && !self.wants_close {
            let Some(answer) = self.answers.next(&mut bytes) else { break };
            // An answer without a request is as bad as one that cannot be read.
            let status = answer.ok().filter(|status| *status < 500 && self.under_way > 0);
            let Some((status, request)) = status.and_then(|s| Some((s, self.requests.pop_front()?))) else {
                self.wants_close = true;
                break;
            };
            self.under_way -= 1;
            outcomes.push(Outcome { number: request.number, status });
        }
        self.fill(out);
    }

    fn fill(&mut self, out: &mut Vec<u8>) {
        if !self.connected || self.wants_close {
            return;
        }
        let room = self.under_way_max - self.under_way;
        for request in self.requests.iter().skip(self.under_way).take(room) {
            out.extend_from_slice(&request.bytes);
            self.under_way += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Vec<u8> {
        format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nxx").into_bytes()
    }

    /// A reporter with requests `a`, `b`, `c`, `d`, numbered from 0, and what it wrote once connected.
    fn reporter(under_way_max: usize) -> (Reporter, Vec<u8>) {
        let mut reporter = Reporter::new(under_way_max, 4);
        let mut out = Vec::new();
        for (number, byte) in (0..).zip(b"abcd") {
            assert!(reporter.report(number, vec![*byte], &mut out));
        }
        assert!(out.is_empty() && !reporter.report(4, b"e".to_vec(), &mut out));
        reporter.connected(&mut out);
        (reporter, out)
    }

    #[test]
    fn keeps_the_wire_full_and_matches_answers_in_order() {
        let check = |under_way_max: usize, first: &[u8], after_two: &[u8]| {
            let (mut reporter, out) = reporter(under_way_max);
            assert_eq!(out, first);
            let (mut out, mut outcomes) = (Vec::new(), Vec::new());
            for byte in [answer(200), answer(403)].concat() {
                reporter.feed(&[byte], &mut out, &mut outcomes);
            }
            let expected = [Outcome { number: 0, status: 200 }, Outcome { number: 1, status: 403 }];
            assert_eq!((outcomes.as_slice(), out.as_slice()), (&expected[..], after_two));
            assert_eq!(reporter.unanswered(), 2);
        };
        check(1, b"a", b"bc");
        check(3, b"abc", b"d");
        check(9, b"abcd", b"");
    }

    #[test]
    fn sends_again_what_was_not_stored_or_not_answered() {
        let (mut reporter, _) = reporter(3);
        let (mut out, mut outcomes) = (Vec::new(), Vec::new());
        reporter.feed(&[answer(200), answer(503), answer(200)].concat(), &mut out, &mut outcomes);
        assert_eq!(outcomes, [Outcome { number: 0, status: 200 }]);
        assert!(reporter.wants_close() && out.is_empty());
        reporter.disconnected();
        reporter.connected(&mut out);
        assert_eq!((out.as_slice(), reporter.wants_close()), (&b"bcd"[..], false));
    }

    #[test]
    fn hangs_up_on_answers_that_nobody_asked_for() {
        let check = |bytes: &[u8]| {
            let mut reporter = Reporter::new(2, 2);
            reporter.connected(&mut Vec::new());
            reporter.feed(bytes, &mut Vec::new(), &mut Vec::new());
            assert!(reporter.wants_close());
        };
        check(&answer(200));
        check(b"\x00\x00\x00\x05\r\n\r\n");
    }
}
