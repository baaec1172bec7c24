//! What a client without a WebSocket hears, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use model::Timestamp;
use proptest::prelude::*;
use web::{Message, Next};

use super::stage::{FIRST, Stage, in_short};
use crate::session::opening::Atmosphere;
use crate::session::socketless::Socketless;
use crate::session::transport::Transport;
use crate::session::{FallbackOptions, SocketOptions};

const A: u32 = FIRST;

const NEW: &str = "X-atmo-protocol=true&X-Atmosphere-tracking-id=0";
const AGAIN: &str = "X-atmo-protocol=true&X-Atmosphere-tracking-id=6f1b8fd4-9d0c-4b1e-9a55-0c1d2e3f4a5b";
const LENGTHS: &str = "&X-Atmosphere-TrackMessageSize=true";

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A client, and what woke it.
struct Page<'a> {
    stage: &'a Stage,
    client: Socketless,
    asked: Atmosphere,
    wakes: Arc<Wakes>,
}

impl<'a> Page<'a> {
    fn new(stage: &'a Stage, query: &str) -> Self {
        let asked = stage.asked(query);
        Self { stage, client: stage.socketless(asked), asked, wakes: Arc::default() }
    }

    fn attach(&mut self, transport: Transport) -> u64 {
        self.client.attach(self.stage.now(), self.asked, transport)
    }

    fn next(&mut self, number: u64) -> Next {
        let waker = Waker::from(self.wakes.clone());
        self.client.next(self.stage.now(), number, &waker)
    }

    /// The next piece, as text.
    #[track_caller]
    fn piece(&mut self, number: u64) -> String {
        match self.next(number) {
            Next::Piece(piece) => String::from_utf8(piece.to_vec()).expect("text"),
            other => panic!("no piece but {other:?}"),
        }
    }

    /// How long a channel would wait, in milliseconds.
    #[track_caller]
    fn waits_ms(&mut self, number: u64) -> Option<i64> {
        match self.next(number) {
            Next::Wait(until) => until.map(|until: Timestamp| until.since_ms(self.stage.now())),
            other => panic!("does not wait but {other:?}"),
        }
    }

    /// The whole answer to a poll that is answered at once.
    #[track_caller]
    fn poll(&mut self) -> String {
        let number = self.attach(Transport::LongPolling);
        let body = self.piece(number);
        assert_eq!(self.next(number), Next::End);
        self.client.detach(self.stage.now(), number);
        body
    }

    fn say(&mut self, text: &str) -> String {
        String::from_utf8(self.client.say(self.stage.now(), Message::Text(text))).expect("text")
    }

    fn subscribe(&mut self, hash: &str) -> String {
        self.say(&format!(r#"{{"action":"subscribe","hash":"{hash}","events":["state"],"trackers":[{A}]}}"#))
    }

    fn woken(&self) -> usize {
        self.wakes.0.swap(0, Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_poll_is_answered_with_one_message_at_a_time() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, NEW);
    let handshake = page.poll();
    assert!(handshake.ends_with("|30000|X|") && handshake.len() == 45, "{handshake}");
    let held = page.attach(Transport::LongPolling);
    assert_eq!(page.waits_ms(held), Some(55_000));
    assert_eq!(page.subscribe(&hash), "", "the answer goes to the poll");
    assert_eq!(page.woken(), 1);
    assert_eq!(in_short(&page.piece(held)), r#"ok {"state":{"100001":"normal"}}"#);
    assert_eq!(page.next(held), Next::End);
    assert_eq!(in_short(&page.poll()), "state 1@0");
    let held = page.attach(Transport::LongPolling);
    page.waits_ms(held);
    stage.report(A, 10).await;
    stage.report(A, 20).await;
    assert!(page.woken() > 0);
    assert_eq!(in_short(&page.piece(held)), "state 1@10");
    assert_eq!(in_short(&page.poll()), "state 1@20");
}

#[tokio::test]
async fn a_poll_without_news_ends_empty_and_gets_no_heartbeat() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, NEW);
    page.poll();
    page.subscribe(&hash);
    page.poll();
    page.poll();
    let held = page.attach(Transport::LongPolling);
    stage.wait_ms(54_999);
    assert_eq!(page.waits_ms(held), Some(1));
    stage.wait_ms(1);
    assert_eq!(page.next(held), Next::End);
    let look = page.attach(Transport::Polling);
    assert_eq!(page.next(look), Next::End, "a look is not held");
}

#[tokio::test]
async fn with_lengths_a_poll_takes_all_that_there_is() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, &format!("{NEW}{LENGTHS}"));
    assert!(page.poll().starts_with("45|"));
    page.subscribe(&hash);
    stage.report(A, 10).await;
    let body = page.poll();
    let mut rest = body.as_str();
    let mut said = Vec::new();
    while let Some((length, after)) = rest.split_once('|') {
        let (text, after) = after.split_at(length.parse().expect("a length"));
        said.push(in_short(text));
        rest = after;
    }
    assert_eq!(said[1..], ["state 1@10"], "{said:?}");
}

#[tokio::test]
async fn what_is_said_between_two_polls_is_answered_with_the_next() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, NEW);
    page.poll();
    assert_eq!(page.subscribe(&hash), "");
    stage.block(A, true).await;
    stage.wait_ms(59_000);
    assert!(page.poll().contains(r#""type":"response""#));
    assert_eq!(in_short(&page.poll()), "block 1");
}

#[tokio::test]
async fn who_does_not_listen_is_answered_where_it_asked() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, AGAIN);
    assert_eq!(in_short(&page.subscribe(&hash)), r#"ok {"state":{"100001":"normal"}}"#);
    assert_eq!(in_short(&page.say("{}")), "error 7");
    assert_eq!(page.poll(), "X", "then it comes back, and learns that it is connected");
    assert_eq!(in_short(&page.poll()), "state 1@0");
    assert_eq!(page.subscribe(&hash), "");
}

#[tokio::test]
async fn a_stream_starts_with_padding_and_sends_each_message_alone() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, NEW);
    let stream = page.attach(Transport::Streaming);
    let start = page.piece(stream);
    let handshake = start.trim_start_matches(' ');
    assert_eq!((start.len(), handshake.len()), (4096 + 45, 45), "{handshake}");
    page.subscribe(&hash);
    assert_eq!(page.waits_ms(stream), Some(50), "so that it is not read as one with the handshake");
    stage.wait_ms(50);
    assert!(page.piece(stream).starts_with(r#"{"type":"response""#));
    assert_eq!(page.waits_ms(stream), Some(50));
    stage.wait_ms(50);
    assert_eq!(in_short(&page.piece(stream)), "state 1@0");
    stage.wait_ms(29_999);
    assert_eq!(page.waits_ms(stream), Some(1), "then a heartbeat");
    stage.wait_ms(1);
    assert_eq!(page.piece(stream), "X");
}

#[tokio::test]
async fn with_lengths_a_stream_is_padded_for_who_comes_back_too() {
    let stage = Stage::new(1).await;
    let mut page = Page::new(&stage, &format!("{AGAIN}{LENGTHS}"));
    let stream = page.attach(Transport::Streaming);
    assert_eq!(page.piece(stream), format!("{}1|X", " ".repeat(4096)));
}

#[tokio::test]
async fn with_lengths_a_stream_need_not_pause() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, &format!("{NEW}{LENGTHS}"));
    let stream = page.attach(Transport::Streaming);
    assert!(page.piece(stream).trim_start().starts_with("45|"));
    page.subscribe(&hash);
    assert!(page.piece(stream).contains("|{\"type\":\"response\""));
    assert!(page.piece(stream).contains("|{\"type\":\"event\""));
}

#[tokio::test]
async fn events_are_framed_and_keep_their_pace() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, &format!("{NEW}&X-Heartbeat-Server=5"));
    let stream = page.attach(Transport::Sse);
    let start = page.piece(stream);
    let (padding, event) = start.split_at(2001);
    assert_eq!(padding, format!("{}\n", " ".repeat(2000)));
    assert!(event.starts_with("data:") && event.ends_with("|30000|X|\r\n\r\n"), "{event}");
    page.subscribe(&hash);
    assert!(page.piece(stream).starts_with("data:{\"type\":\"response\""));
    assert!(page.piece(stream).starts_with("data:{\"type\":\"event\""));
    assert_eq!(page.waits_ms(stream), Some(5000));
    stage.wait_ms(5000);
    assert_eq!(page.piece(stream), "data:X\r\n\r\n");
}

#[tokio::test]
async fn a_new_channel_takes_the_place_of_the_old() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, AGAIN);
    let old = page.attach(Transport::Streaming);
    assert_eq!(page.piece(old), "X", "padding without a handshake would be taken for a message");
    stage.wait_ms(50);
    page.waits_ms(old);
    let new = page.attach(Transport::Sse);
    assert_eq!(page.woken(), 1, "the old one learns that it is over");
    assert_eq!(page.next(old), Next::End);
    page.client.detach(stage.now(), old);
    assert!(page.piece(new).ends_with("data:X\r\n\r\n"), "who comes back hears at once that it is connected");
    page.subscribe(&hash);
    assert!(page.piece(new).contains("response"));
}

#[tokio::test]
async fn a_client_that_never_subscribes_ends() {
    let stage = Stage::new(1).await;
    let mut page = Page::new(&stage, NEW);
    let stream = page.attach(Transport::Streaming);
    page.piece(stream);
    stage.wait_ms(299_000);
    assert_eq!(page.piece(stream), "X");
    stage.wait_ms(1000);
    assert_eq!(page.next(stream), Next::End);
    assert!(page.client.is_over());
    page.client.detach(stage.now(), stream);
    assert!(page.client.is_gone(stage.now()));
}

#[tokio::test]
async fn answers_that_nobody_fetches_do_not_pile_up() {
    let limits = [
        FallbackOptions { messages_max: 3, ..FallbackOptions::default() },
        FallbackOptions { bytes_max: 3 * 150, ..FallbackOptions::default() },
    ];
    for fallback in limits {
        let stage = Stage::with(1, SocketOptions { fallback, ..SocketOptions::default() }).await;
        let mut page = Page::new(&stage, NEW);
        page.poll();
        for _ in 0..3 {
            page.say("{}");
            assert!(!page.client.is_over(), "{fallback:?}");
        }
        page.say("{}");
        assert!(page.client.is_over(), "{fallback:?}");
        assert!(page.client.is_gone(stage.now()));
    }
}

#[tokio::test]
async fn what_was_missed_while_forgotten_is_told_after_the_next_subscription() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, AGAIN);
    page.poll();
    page.subscribe(&hash);
    page.poll();
    page.poll();
    let look = page.attach(Transport::LongPolling);
    page.waits_ms(look);
    page.client.detach(stage.now(), look);
    // In the time before it is forgotten, and after.
    stage.block(A, true).await;
    stage.wait_ms(61_000);
    assert!(page.client.is_gone(stage.now()));
    drop(page);
    stage.block(A, false).await;
    let mut page = Page::new(&stage, AGAIN);
    assert_eq!(page.poll(), "X");
    page.subscribe(&hash);
    let heard: Vec<_> = (0..4).map(|_| in_short(&page.poll())).collect();
    assert_eq!(heard[1..], ["block 1", "unblock 1", "state 1@0"], "{heard:?}");
}

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    Report,
    Ask,
    Poll,
    Stream,
    Read,
    Leave,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Report),
        1 => Just(Step::Ask),
        3 => Just(Step::Poll),
        1 => Just(Step::Stream),
        4 => Just(Step::Read),
        1 => Just(Step::Leave),
        2 => (0..400_i64).prop_map(Step::Wait),
    ]
}

/// Takes the steps; everything that the client heard, in short.
async fn take(steps: &[Step]) -> (Vec<String>, usize, u16) {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut page = Page::new(&stage, AGAIN);
    page.poll();
    page.subscribe(&hash);
    let (mut heard, mut asked, mut speed, mut channel) = (Vec::new(), 1, 0, 0);
    for step in steps {
        match step {
            Step::Report => {
                speed += 1;
                stage.report(A, speed).await;
            }
            Step::Ask => {
                asked += 1;
                page.say("{}");
            }
            Step::Poll => channel = page.attach(Transport::LongPolling),
            Step::Stream => channel = page.attach(Transport::Streaming),
            Step::Leave => page.client.detach(stage.now(), channel),
            Step::Wait(ms) => stage.wait_ms(*ms),
            Step::Read => {
                if let Next::Piece(piece) = page.next(channel) {
                    heard.push(String::from_utf8(piece.to_vec()).expect("text"));
                }
            }
        }
    }
    for _ in 0..steps.len() + 8 {
        stage.wait_ms(50);
        let last = page.attach(Transport::LongPolling);
        if let Next::Piece(piece) = page.next(last) {
            heard.push(String::from_utf8(piece.to_vec()).expect("text"));
        }
    }
    let said = heard.iter().map(|text| text.trim()).filter(|text| !matches!(*text, "" | "X"));
    (said.map(in_short).collect(), asked, speed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// However it comes and goes, it hears everything once and in order.
    #[test]
    fn nothing_is_lost_doubled_or_out_of_order(steps in prop::collection::vec(step(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (heard, asked, speed) = runtime.block_on(take(&steps));
        let answers = heard.iter().filter(|text| text.starts_with("ok ") || text.starts_with("error ")).count();
        prop_assert_eq!(answers, asked.min(51), "{:?}", heard);
        let states: Vec<_> = heard.iter().filter_map(|text| text.strip_prefix("state 1@")).collect();
        let expected: Vec<_> = (0..=speed).map(|speed| speed.to_string()).collect();
        let newest = expected.last().cloned();
        prop_assert_eq!(states.last().map(|s| (*s).to_owned()), newest, "{:?}", heard);
        let numbers: Vec<u16> = states.iter().map(|s| s.parse().expect("a number")).collect();
        prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{:?}", numbers);
        // The present state at the subscription may be one of a later report; from then on each comes.
        prop_assert!(numbers.windows(2).skip(1).all(|pair| pair[1] == pair[0] + 1), "{:?}", numbers);
    }
}
