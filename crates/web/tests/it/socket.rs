//! WebSockets from the opening to the end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use web::{Sign, SocketLimits};

use crate::client::{BINARY, CLOSE, Client, PING, PONG, TEXT, frame, text};
use crate::port::{Port, SESSION_BYTES_MAX, Setup, until};

fn limits() -> SocketLimits {
    SocketLimits { message_bytes_max: 1000, ..SocketLimits::default() }
}

async fn port(socket: SocketLimits) -> Port {
    Port::with(Setup { socket, ..Setup::default() }).await
}

#[tokio::test]
async fn what_is_sent_together_with_the_opening_is_answered_after_the_greeting() {
    let port = port(limits()).await;
    let mut client = Client::open_with(port.address, &[text("one"), text("two")].concat()).await;
    client.send(&text("three")).await;
    for expected in ["echo one", "echo two", "echo three"] {
        assert_eq!(client.text().await, expected);
    }
}

#[tokio::test]
async fn messages_come_whole_however_they_are_sent() {
    let port = port(limits()).await;
    let mut client = Client::open(port.address).await;
    let fragments = [
        // Cut within a letter, and interrupted.
        frame(TEXT, false, b"gr\xc3"),
        frame(PING, true, b"there?"),
        frame(0, false, b"\xbc"),
        frame(0, true, b"n"),
    ]
    .concat();
    // Byte by byte, so that every read ends somewhere else.
    for byte in &fragments {
        client.send(&[*byte]).await;
    }
    assert_eq!(client.message().await, (PONG, b"there?".to_vec()));
    assert_eq!(client.text().await, "echo gr\u{00fc}n");
    client.send(&frame(BINARY, true, &[0; 1000])).await;
    assert_eq!(client.text().await, "1000 bytes");
}

#[tokio::test]
async fn what_breaks_the_rules_is_closed_with_its_code_after_what_was_asked_before() {
    let cases: [(Vec<u8>, Option<&str>, u16); 6] = [
        (frame(TEXT, true, &[b'x'; 1001]), Some("too big"), 1009),
        ([frame(TEXT, false, &[b'x'; 600]), frame(0, true, &[b'x'; 600])].concat(), Some("too big"), 1009),
        (frame(TEXT, true, b"\xff"), None, 1007),
        (frame(0, true, b"x"), None, 1002),
        (frame(3, true, b"x"), None, 1002),
        // Not masked.
        (vec![0x81, 1, b'x'], None, 1002),
    ];
    for (broken, answer, code) in cases {
        let port = port(limits()).await;
        let mut client = Client::open(port.address).await;
        client.send(&[text("before"), broken, text("after")].concat()).await;
        assert_eq!(client.text().await, "echo before");
        if let Some(answer) = answer {
            assert_eq!(client.text().await, answer);
        }
        assert_eq!(client.close_code().await, code);
        client.send(&frame(CLOSE, true, &code.to_be_bytes())).await;
        drop(client);
        port.until_idle().await;
    }
}

#[tokio::test]
async fn a_session_that_takes_no_messages_holds_its_client_back() {
    let port = port(limits()).await;
    let mut client = Client::open(port.address).await;
    client.send(&[text("hold"), text("a"), text("b")].concat()).await;
    // It comes while nothing is read, so that it is answered after the hold, and not kept by the session.
    client.send(&text("c")).await;
    let held = client.text().await;
    assert!(held.starts_with("held back after a b"), "{held}");
    if !held.ends_with('c') {
        assert_eq!(client.text().await, "echo c");
    }
    client.send(&text("d")).await;
    assert_eq!(client.text().await, "echo d");
}

#[tokio::test]
async fn a_close_is_echoed_and_the_connection_ended() {
    for (payload, code) in [(&1000_u16.to_be_bytes()[..], 1000), (&[], 1005)] {
        let port = port(limits()).await;
        let mut client = Client::open(port.address).await;
        client.send(&[text("before"), frame(CLOSE, true, payload)].concat()).await;
        assert_eq!(client.text().await, "echo before");
        assert_eq!(client.close_code().await, code);
        assert_eq!(client.read_to_end().await, 0);
        assert_eq!(port.seen.dropped.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_session_may_end_the_connection_after_what_it_says() {
    let port = port(limits()).await;
    let mut client = Client::open(port.address).await;
    client.send(&text("close")).await;
    assert_eq!(client.text().await, "bye");
    assert_eq!(client.close_code().await, 1013);
    // After our Close nothing is said any more.
    client
        .send(&[frame(PING, true, b"?"), text("still there?"), frame(CLOSE, true, &1013_u16.to_be_bytes())].concat())
        .await;
    assert_eq!(client.read_to_end().await, 0);
}

#[tokio::test]
async fn a_peer_that_does_not_answer_a_close_is_left() {
    let port = port(SocketLimits { close_timeout_s: 1, ..limits() }).await;
    let mut client = Client::open(port.address).await;
    client.send(&text("close")).await;
    assert_eq!(client.text().await, "bye");
    assert_eq!(client.close_code().await, 1013);
    assert_eq!(client.read_to_end().await, 0);
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_pinged_and_then_given_up() {
    let port = port(SocketLimits { ping_s: 1, dead_peer_s: 2, ..limits() }).await;
    let mut client = Client::open(port.address).await;
    assert_eq!(client.frame().await, (PING, vec![]));
    client.send(&frame(PONG, true, b"")).await;
    // The answer counts as a sign of life: two more fit in before the end.
    assert_eq!(client.frame().await, (PING, vec![]));
    assert_eq!(client.close_code().await, 1001);
}

#[tokio::test]
async fn deadlines_ring_once_even_if_they_are_past() {
    let port = port(limits()).await;
    let mut client = Client::open(port.address).await;
    for word in ["tick", "late"] {
        client.send(&text(word)).await;
        assert_eq!(client.text().await, "tick");
    }
    client.send(&text("and")).await;
    assert_eq!(client.text().await, "echo and");
}

#[tokio::test]
async fn a_peer_that_is_gone_leaves_nothing_behind() {
    let port = port(limits()).await;
    let sockets = [Client::open(port.address).await, Client::open(port.address).await];
    assert_eq!(port.metrics.sockets_open.get(), 2);
    drop(sockets);
    port.until_idle().await;
    assert_eq!(port.seen.dropped.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_stop_closes_every_socket_and_waits_for_no_more_than_their_answers() {
    let port = port(limits()).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(Client::open(port.address).await);
    }
    port.shut_down();
    for client in &mut clients {
        assert_eq!(client.close_code().await, 1001);
        client.send(&frame(CLOSE, true, &1001_u16.to_be_bytes())).await;
        assert_eq!(client.read_to_end().await, 0);
    }
    let (seen, took) = (port.seen.clone(), port.ended().await);
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(seen.dropped.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let port = port(SocketLimits { close_timeout_s: 1, ..limits() }).await;
    let mut silent = Client::open(port.address).await;
    port.shut_down();
    let took = port.ended().await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(silent.close_code().await, 1001);
}

#[tokio::test]
async fn a_session_hears_what_its_peer_has_got() {
    let port = port(limits()).await;
    let mut client = Client::open(port.address).await;
    client.send(&frame(PONG, true, b"")).await;
    client.send(&frame(CLOSE, true, &1000_u16.to_be_bytes())).await;
    assert_eq!(client.close_code().await, 1000);
    let signs = || port.seen.signs.lock().expect("whole").clone();
    until("both are seen", || signs() == [Sign::Answered, Sign::Closed]).await;
    // A Close that answers the server's own is none of the peer's.
    let mut client = Client::open(port.address).await;
    client.send(&text("close")).await;
    assert_eq!(client.text().await, "bye");
    assert_eq!(client.close_code().await, 1013);
    client.send(&frame(CLOSE, true, &1013_u16.to_be_bytes())).await;
    client.read_to_end().await;
    assert_eq!(signs().len(), 2);
}

#[tokio::test]
async fn a_session_may_take_less_than_the_port() {
    let port = port(SocketLimits { message_bytes_max: 1 << 20, ..SocketLimits::default() }).await;
    let mut client = Client::open(port.address).await;
    client.send(&frame(BINARY, true, &[0; SESSION_BYTES_MAX])).await;
    assert_eq!(client.text().await, "5000 bytes");
    client.send(&frame(BINARY, true, &[0; SESSION_BYTES_MAX + 1])).await;
    assert_eq!(client.text().await, "too big");
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn a_connection_that_broke_is_lost_and_one_that_was_ended_is_not() {
    let port = port(limits()).await;
    let signs = || port.seen.signs.lock().expect("whole").clone();
    let ended = Client::open(port.address).await;
    drop(ended);
    until("it is over", || port.seen.dropped.load(Ordering::Relaxed) == 1).await;
    assert_eq!(signs(), []);
    let broken = Client::open(port.address).await;
    broken.break_off();
    until("it is over", || port.seen.dropped.load(Ordering::Relaxed) == 2).await;
    assert_eq!(signs(), [Sign::Lost]);
}
