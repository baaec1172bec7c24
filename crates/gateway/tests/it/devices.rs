//! Device ports over real sockets, with a real journal behind them.

use std::time::Duration;

use fleet::NewDevice;
use gateway::DeviceOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::port::{DEVICE, PATIENCE, Port, clock, options};

fn request(device: &str, second: i64) -> String {
    let time = clock().s() - 100 + second;
    format!("GET /?id={device}&lat=52&lon=13&timestamp={time} HTTP/1.1\r\nHost: here\r\n\r\n")
}

/// Reads until the other side is done; the statuses of the answers.
async fn statuses(stream: &mut TcpStream) -> Vec<String> {
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("in good time").expect("read");
    let text = String::from_utf8(bytes).expect("text");
    let lines = text.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    lines.map(|line| line[..3].to_owned()).collect()
}

#[tokio::test]
async fn a_device_that_is_done_sending_gets_its_acknowledgements_all_the_same() {
    let port = Port::open("osmand").await;
    let mut device = port.connect().await;
    let requests: String = (0..5).map(|second| request(DEVICE, second)).collect();
    device.write_all(requests.as_bytes()).await.expect("written");
    device.shutdown().await.expect("done sending");
    assert_eq!(statuses(&mut device).await, ["200"; 5]);
    assert_eq!(port.stored(), 5);
}

#[tokio::test]
async fn answers_come_in_the_order_of_requests() {
    let port = Port::open("osmand").await;
    let mut device = port.connect().await;
    // A refusal is known at once, an acknowledgement only after the commit.
    let requests = [request(DEVICE, 0), request("nobody", 1), request(DEVICE, 2)].concat();
    device.write_all(requests.as_bytes()).await.expect("written");
    device.shutdown().await.expect("done sending");
    let statuses = statuses(&mut device).await;
    assert_eq!((statuses.len(), &*statuses[0], &*statuses[2]), (3, "200", "200"));
    assert_ne!(statuses[1], "200");
    assert_eq!(port.stored(), 2);
}

#[tokio::test]
async fn who_does_not_say_who_he_is_or_falls_silent_is_closed() {
    let timed = |unauthenticated_s, silence_s| DeviceOptions { unauthenticated_s, silence_s, ..options() };
    let port = Port::with("osmand", timed(1, 0)).await;
    let mut stranger = port.connect().await;
    assert_eq!(statuses(&mut stranger).await, [""; 0]);

    let port = Port::with("osmand", timed(60, 1)).await;
    let mut device = port.connect().await;
    device.write_all(request(DEVICE, 0).as_bytes()).await.expect("written");
    assert_eq!(statuses(&mut device).await, ["200"], "and not before it was silent");
}

#[tokio::test]
async fn a_stop_acknowledges_what_was_taken_in_and_then_ends() {
    let port = Port::open("osmand").await;
    let mut device = port.connect().await;
    device.write_all(request(DEVICE, 0).as_bytes()).await.expect("written");
    while port.engine.metrics().reports.get() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    port.shutdown.send(true).expect("the listener listens");
    assert_eq!(statuses(&mut device).await, ["200"]);
    tokio::time::timeout(PATIENCE, port.listener).await.expect("in good time").expect("no panic");
}

#[tokio::test]
async fn a_replaced_device_is_let_go_and_the_new_one_is_known_at_once() {
    let port = Port::open("osmand").await;
    let mut old = port.connect().await;
    old.write_all(request(DEVICE, 0).as_bytes()).await.expect("written");
    while port.stored() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    port.engine.write_connected().await;
    let fleet = port.engine.fleet();
    let new = NewDevice { model: "osmand".into(), plugin: 44, device_id: Some("device-2".into()) };
    fleet.replace_device(&port.session, port.tracker, new).await.expect("replaced");
    assert_eq!(statuses(&mut old).await, ["200"], "its report is acknowledged, and the connection ends");

    let mut both = port.connect().await;
    let requests = [request(DEVICE, 1), request("device-2", 2)].concat();
    both.write_all(requests.as_bytes()).await.expect("written");
    both.shutdown().await.expect("done sending");
    let statuses = statuses(&mut both).await;
    assert_ne!(statuses[0], "200");
    assert_eq!(statuses[1], "200");
}
