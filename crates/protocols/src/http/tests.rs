//! Framing, seen through the families that use it.

use proptest::prelude::*;

use crate::testing::{Host, Seen, Trace, read, read_split, read_whole};
use crate::{DeviceSettings, Family, Identified, Limits, Output, Reject, Stored, Ticket, family};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const OK_CLOSE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const GO_ON: &str = "HTTP/1.1 100 Continue\r\n\r\n";
const BAD_CLOSE: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const TOO_LARGE: &str = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

fn ngp() -> &'static Family {
    family("ngp").expect("is registered")
}

fn osmand() -> &'static Family {
    family("osmand").expect("is registered")
}

fn message(device: &str) -> String {
    format!(r#"{{"message_time":"2026-03-14T09:26:53Z","device_id":"{device}"}}"#)
}

fn post(device: &str) -> String {
    let body = message(device);
    format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn sent(trace: &Trace) -> &str {
    std::str::from_utf8(&trace.sent).expect("text")
}

fn check(input: &str, wanted: &str, uploads: usize, closed: bool) {
    let trace = read_whole(ngp(), input.as_bytes());
    assert_eq!((sent(&trace), trace.reports().len(), trace.closed), (wanted, uploads, closed), "{input}");
    for n in [1, 2, 7] {
        assert_eq!(read(ngp(), &Limits::default(), input.as_bytes(), |_| n), trace, "reads of {n}: {input}");
    }
}

#[test]
fn requests_follow_each_other_on_one_connection() {
    check(&post("unit-1"), OK, 1, false);
    check(&post("unit-1").repeat(3), &OK.repeat(3), 3, false);
    check(&[post("unit-1"), post("unit-2"), "\r\n\r\n".into(), post("unit-1")].concat(), &OK.repeat(3), 3, false);
    check(&[post("unit-1"), post("9-unknown"), post("unit-1")].concat(), &[OK, FORBIDDEN, OK].concat(), 2, false);
    check(&post("9-unknown").repeat(2), &FORBIDDEN.repeat(2), 0, false);
}

#[test]
fn a_device_is_identified_when_it_changes() {
    let input = [post("a-1"), post("a-1"), post("b-1"), post("9"), post("b-1"), post("9")].concat();
    let trace = read_whole(ngp(), input.as_bytes());
    let ids: Vec<_> =
        trace.seen.iter().filter_map(|s| if let Seen::Device(id) = s { Some(id.as_str()) } else { None }).collect();
    assert_eq!(ids, ["a-1", "b-1", "9", "9"]);
}

#[test]
fn the_connection_persists_as_the_client_asks() {
    let with = |version: &str, header: &str| post("unit-1").replace("HTTP/1.1", version).replace("Host: x", header);
    let keep = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
    check(&with("HTTP/1.1", "connection: Keep-Alive").repeat(2), &OK.repeat(2), 2, false);
    check(&with("HTTP/1.1", "CONNECTION: upgrade, Close").repeat(2), OK_CLOSE, 1, true);
    check(&with("HTTP/1.0", "Host: x").repeat(2), OK_CLOSE, 1, true);
    check(&with("HTTP/1.0", "Connection: keep-alive").repeat(2), &keep.repeat(2), 2, false);
}

#[test]
fn bodies_may_come_in_chunks() {
    let body = message("unit-1");
    let (a, b) = body.split_at(20);
    let head = "POST /any HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n";
    let whole = format!("{head}14;x=y\r\n{a}\r\n{:X}\r\n{b}\r\n0\r\n\r\n", b.len());
    check(&whole, OK, 1, false);
    check(&format!("{whole}{whole}"), &OK.repeat(2), 2, false);
    check(
        &format!("{head}14\r\n{a}\r\n{:x}\r\n{b}\r\n0\r\nA: b\r\nC: d\r\n\r\n{whole}", b.len()),
        &OK.repeat(2),
        2,
        false,
    );
    for broken in ["G\r\n", "\r\n", "5\r\nabcdeX", "5\nabcde\r\n", "+1\r\nx\r\n"] {
        check(&format!("{head}{broken}"), BAD_CLOSE, 0, true);
    }
    check(&format!("{head}{}", "1".repeat(256)), BAD_CLOSE, 0, true);
    check(&format!("{head}0\r\n{}", "a".repeat(16_384)), BAD_CLOSE, 0, true);
    check(&format!("{head}ffffffffffffffffff\r\n"), TOO_LARGE, 0, true);
    check(&format!("{head}400001\r\n"), TOO_LARGE, 0, true);
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let with = |header: &str| post("unit-1").replace("Host: x", header);
    check(&with("Expect: 100-Continue"), &[GO_ON, OK].concat(), 1, false);
    check("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 500\r\n\r\n", GO_ON, 0, false);
    let chunked = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(chunked, GO_ON, 0, false);
}

#[test]
fn what_cannot_be_framed_ends_the_connection() {
    let head = |headers: &str| format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n{}", post("unit-1"));
    check("\x16\x03\x01 hello\r\n\r\n", BAD_CLOSE, 0, true);
    check(&head("Content-Length: 5\r\nTransfer-Encoding: chunked"), BAD_CLOSE, 0, true);
    check(&head("Content-Length: 5\r\nContent-Length: 6"), BAD_CLOSE, 0, true);
    check(&head("Content-Length: +5"), BAD_CLOSE, 0, true);
    check(&head("Content-Length: 5, 5"), BAD_CLOSE, 0, true);
    check(&head("Content-Length:"), BAD_CLOSE, 0, true);
    check(&head("Bad Header: 1"), BAD_CLOSE, 0, true);
    check(&head("Content-Length: 4194305"), TOO_LARGE, 0, true);
    check(&head("Content-Length: 99999999999999999999999"), TOO_LARGE, 0, true);
    let not_implemented = "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    check(&head("Transfer-Encoding: gzip"), not_implemented, 0, true);
    let version = "HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    check("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", version, 0, true);
    let large = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    check(&format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(17_000)), large, 0, true);
    check(&"a".repeat(16_385), large, 0, true);
    check(&head(&"A: b\r\n".repeat(65)), large, 0, true);
    check(&"\r\n".repeat(9_000), "", 0, true);
}

#[test]
fn ten_bad_requests_in_a_row_end_the_connection() {
    let bad = "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n{";
    let trace = read_whole(ngp(), [bad.repeat(9), post("unit-1"), bad.repeat(12)].concat().as_bytes());
    assert_eq!((trace.reports().len(), trace.closed), (1, true));
    assert_eq!(trace.rejects(), [&Reject::NotJson; 19]);
    assert_eq!(sent(&trace).matches("400 Bad Request").count(), 19);
    assert_eq!(sent(&trace).matches("Connection: close").count(), 1);
}

#[test]
fn pipelined_requests_are_answered_in_order_whenever_they_are_stored() {
    let mut session = (ngp().open)(&Limits { uploads_in_flight_max: 3, ..Limits::default() });
    let now = model::Timestamp::default();
    let mut out = Vec::new();
    let bad = "GET / HTTP/1.1\r\n\r\n";
    let input = [&post("unit-1"), &post("unit-1"), bad, &post("unit-1")].concat();
    session.feed(now, input.as_bytes(), &mut out);
    assert!(matches!(out.as_slice(), [Output::Identify(_)]) && !session.wants_bytes());
    out.clear();
    session.identified(now, Identified::Accepted(DeviceSettings::default()), &mut out);
    let tickets: Vec<Ticket> =
        out.iter().filter_map(|o| if let Output::Upload { ticket, .. } = o { Some(*ticket) } else { None }).collect();
    assert_eq!((tickets.len(), session.wants_bytes()), (2, false), "three answers are waiting: {out:?}");
    out.clear();
    session.stored(tickets[1], Stored::Ok, &mut out);
    assert_eq!(out, []);
    session.stored(tickets[0], Stored::Failed, &mut out);
    let replies: Vec<_> = out
        .iter()
        .filter_map(|o| if let Output::Reply(r) = o { std::str::from_utf8(r).ok()?.lines().next() } else { None })
        .collect();
    let wanted = ["HTTP/1.1 500 Internal Server Error", "HTTP/1.1 200 OK", "HTTP/1.1 405 Method Not Allowed"];
    assert_eq!(replies, wanted);
    assert!(matches!(out.last(), Some(Output::Upload { .. })), "the fourth request is read on: {out:?}");
    assert!(session.wants_bytes());
}

#[test]
fn a_request_that_is_never_finished_is_told_so() {
    let timed_out = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for begun in ["POST", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{", chunked] {
        let mut host = Host::new(ngp(), &Limits::default());
        host.feed(post("unit-1").as_bytes());
        assert_eq!(host.due_in_ms(), None);
        host.feed(begun.as_bytes());
        assert_eq!(host.due_in_ms(), Some(120_000));
        host.tick_after_ms(120_000);
        let trace = host.trace();
        assert_eq!((sent(&trace), trace.closed), (&*[OK, timed_out].concat(), true), "{begun}");
    }
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let query = "GET /?id=1&lat=1&lon=2&speed=3 HTTP/1.1\r\n\r\n";
    let form = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\nid=2&lat=1";
    let chunks = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nid=\r\n2\r\n77\r\n0\r\n\r\n";
    let json = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n\
        {\"device_id\":\"5\",\"location\":{}}";
    let whole = [query, form, chunks, json, "\r\n", "GET /"].map(|s| s.as_bytes().to_vec());
    let part = prop_oneof![
        6 => proptest::sample::select(whole.to_vec()),
        3 => proptest::sample::select(vec![post("a-1").into_bytes(), post("b-2").into_bytes(), post("9").into_bytes()]),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
        2 => (0..100usize, any::<u8>()).prop_map(|(at, x)| {
            let mut request = post("a-1").into_bytes();
            request[at] = x;
            request
        }),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same(stream in stream(), seed in any::<u32>()) {
        for family in [ngp(), osmand()] {
            let whole = read_whole(family, &stream);
            prop_assert_eq!(&read_split(family, seed, &stream), &whole);
            prop_assert_eq!(&read(family, &Limits::default(), &stream, |_| 1), &whole);
        }
    }
}
