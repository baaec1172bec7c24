//! Clients that do not read.

use std::sync::atomic::Ordering;

use web::SocketLimits;

use crate::client::{Client, TEXT, frame, text};
use crate::port::{FLOOD_BYTES, Port, Setup, until};

/// What one write may hold.
const WRITE_BYTES: usize = 64 * 1024;

async fn port() -> Port {
    let socket = SocketLimits { write_bytes: WRITE_BYTES, blocked_s: 1, close_timeout_s: 1, ..SocketLimits::default() };
    Port::with(Setup { socket, ..Setup::default() }).await
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_costs_one_write() {
    let port = port().await;
    let mut client = Client::connect_narrow(port.address).await;
    client.upgrade(&text("flood")).await;
    until("it is cut", || port.metrics.sockets_blocked.get() == 1).await;
    port.until_idle().await;
    let gathered = port.seen.flooded_bytes.load(Ordering::SeqCst);
    let sent = port.metrics.sent_bytes.get() as usize;
    assert!(gathered >= WRITE_BYTES, "there was something to read");
    assert!(gathered.saturating_sub(sent) <= WRITE_BYTES + FLOOD_BYTES, "gathered {gathered}, sent {sent}");
    client.read_to_end().await;
}

#[tokio::test]
async fn a_client_that_reads_again_gets_everything_whole_and_in_order() {
    let port = port().await;
    let mut client = Client::connect_narrow(port.address).await;
    client.upgrade(&text("flood")).await;
    let mut frames = 0;
    // Many times what sockets and buffers hold.
    while frames * FLOOD_BYTES < 16 << 20 {
        assert_eq!(client.message().await, (TEXT, vec![b'x'; FLOOD_BYTES]));
        frames += 1;
    }
    client.send(&frame(TEXT, true, b"close")).await;
    let last = loop {
        let (_, payload) = client.message().await;
        if payload.len() != FLOOD_BYTES {
            break payload;
        }
    };
    assert_eq!(last, b"bye");
    assert_eq!(client.close_code().await, 1013);
}

#[tokio::test]
async fn a_stop_is_not_held_up_by_a_client_that_does_not_read() {
    let port = port().await;
    let mut client = Client::connect_narrow(port.address).await;
    client.upgrade(&text("flood")).await;
    until("it is stuck", || {
        let before = port.metrics.sent_bytes.get();
        before > 0 && port.seen.flooded_bytes.load(Ordering::SeqCst) > before as usize
    })
    .await;
    port.shut_down();
    let took = port.ended().await;
    assert!(took.as_secs() < 4, "{took:?}");
}
