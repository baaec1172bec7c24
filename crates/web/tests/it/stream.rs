//! Answers that are made while they are sent, and clients that do not take theirs.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use web::{HttpLimits, Next};

use crate::client::Client;
use crate::port::{FLOOD_PIECE_BYTES, Port, Setup, until};

async fn ask(port: &Port, path: &str) -> Client {
    let mut client = Client::connect_narrow(port.address).await;
    client.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await;
    client
}

fn piece(port: &Port, text: &'static str) {
    port.pieces.try_send(Next::Piece(Bytes::from_static(text.as_bytes()))).expect("the stream listens");
}

#[tokio::test]
async fn the_head_comes_at_once_and_each_piece_when_it_is_made() {
    let port = Port::open().await;
    let mut client = ask(&port, "/stream").await;
    let answered = client.answer().await;
    assert_eq!(answered.status, 200);
    assert!(answered.head.contains("transfer-encoding: chunked"), "{answered:?}");
    piece(&port, "one");
    assert_eq!(client.chunk().await, "one");
    // An empty piece is none, and would end the answer if it were sent.
    piece(&port, "");
    piece(&port, "two");
    piece(&port, "three");
    assert_eq!(client.chunk().await, "two");
    assert_eq!(client.chunk().await, "three");
    port.pieces.try_send(Next::End).expect("the stream listens");
    assert_eq!(client.chunk().await, "");
    client.send(b"GET /mirror HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "GET /mirror 127.0.0.1 0", "the connection goes on");
    until("the stream is gone", || port.metrics.streams_open.get() == 0).await;
    assert_eq!(port.seen.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_stream_is_asked_again_at_the_time_that_it_named() {
    let port = Port::open().await;
    let mut client = ask(&port, "/stream").await;
    client.answer().await;
    until("it was asked", || port.seen.asked.load(Ordering::SeqCst) > 0).await;
    port.pieces.try_send(Next::Wait(None)).expect("the stream listens");
    until("it has answered when to be asked again", || port.seen.asked.load(Ordering::SeqCst) > 1).await;
    // Nobody wakes it now: the channel was not looked at for more.
    until("it was asked again", || port.seen.asked.load(Ordering::SeqCst) > 2).await;
}

#[tokio::test]
async fn a_stream_whose_client_is_gone_is_dropped() {
    let port = Port::open().await;
    let mut client = ask(&port, "/stream").await;
    client.answer().await;
    assert_eq!(port.metrics.streams_open.get(), 1);
    drop(client);
    until("the stream is gone", || port.seen.dropped.load(Ordering::SeqCst) == 1).await;
    assert_eq!(port.metrics.streams_open.get(), 0);
}

#[tokio::test]
async fn a_client_that_does_not_read_costs_one_piece_and_is_given_up() {
    let http = HttpLimits { blocked_s: 1, ..HttpLimits::default() };
    let port = Port::with(Setup { http, ..Setup::default() }).await;
    let mut client = ask(&port, "/stream/flood").await;
    until("it is given up", || port.metrics.answers_blocked.get() == 1).await;
    until("the stream is gone", || port.seen.dropped.load(Ordering::SeqCst) == 1).await;
    assert_eq!(port.seen.flooded_bytes.load(Ordering::SeqCst), FLOOD_PIECE_BYTES);
    assert!(client.read_to_end().await < FLOOD_PIECE_BYTES);
}

#[tokio::test]
async fn a_client_that_reads_gets_all_that_there_is() {
    let http = HttpLimits { blocked_s: 1, ..HttpLimits::default() };
    let port = Port::with(Setup { http, ..Setup::default() }).await;
    let mut client = ask(&port, "/stream/flood").await;
    client.answer().await;
    for _ in 0..3 {
        assert_eq!(client.chunk().await.len(), FLOOD_PIECE_BYTES);
    }
    assert_eq!(port.metrics.answers_blocked.get(), 0);
}

#[tokio::test]
async fn an_answer_that_nobody_takes_ends() {
    let http = HttpLimits { blocked_s: 1, ..HttpLimits::default() };
    let port = Port::with(Setup { http, ..Setup::default() }).await;
    let mut client = ask(&port, "/stream/whole").await;
    until("it is given up", || port.metrics.answers_blocked.get() == 1).await;
    assert!(client.read_to_end().await < FLOOD_PIECE_BYTES);
    let mut reader = ask(&port, "/stream/whole").await;
    assert_eq!(reader.answer().await.body.len(), FLOOD_PIECE_BYTES);
    assert_eq!(port.metrics.answers_blocked.get(), 1);
}

#[tokio::test]
async fn a_shutdown_ends_streams_at_once() {
    let port = Port::open().await;
    let mut client = ask(&port, "/stream").await;
    client.answer().await;
    port.shut_down();
    assert_eq!(client.chunk().await, "");
    let took = port.ended().await;
    assert!(took.as_secs() < 4, "{took:?}");
}
