//! Ports where the protocol is recognised, and ports behind a proxy.

use gateway::DeviceOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::gt06::{acknowledgement, our_login, position, welcome};
use crate::port::{DEVICE, PATIENCE, Port, clock, options, until};

async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.expect("written");
}

async fn expect(stream: &mut TcpStream, wanted: &[u8]) {
    let mut bytes = vec![0; wanted.len()];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut bytes)).await.expect("in good time").expect("read");
    assert_eq!(bytes, wanted);
}

/// That the server ends the connection without another word.
async fn expect_end(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    // An end with a reset is one too: there was something that nobody read.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("in good time");
    assert!(rest.is_empty(), "{rest:02x?}");
}

fn teltonika_login() -> Vec<u8> {
    [&[0, DEVICE.len() as u8], DEVICE.as_bytes()].concat()
}

#[tokio::test]
async fn a_device_is_answered_as_soon_as_its_first_bytes_tell_who_it_is() {
    let port = Port::open("auto").await;
    let mut unit = port.connect().await;
    // Byte by byte, and not one more than it would say before the answer.
    for byte in our_login() {
        send(&mut unit, &[byte]).await;
    }
    expect(&mut unit, &welcome()).await;
    send(&mut unit, &position(60, 7)).await;
    expect(&mut unit, &acknowledgement(7)).await;

    let mut other = port.connect().await;
    send(&mut other, &teltonika_login()).await;
    expect(&mut other, &[1]).await;

    let mut phone = port.connect().await;
    let request = format!("GET /?id={DEVICE}&lat=52&lon=13&timestamp={} HTTP/1.1\r\n\r\n", clock().s());
    send(&mut phone, request.as_bytes()).await;
    expect(&mut phone, b"HTTP/1.1 200 OK\r\n").await;

    let open = ["gt06", "teltonika", "http"].map(|family| port.counted("devices_open", family));
    assert_eq!((open, port.counted("devices_accepted_total", "auto")), ([1; 3], 3));
    assert_eq!(port.stored(), 2);
}

#[tokio::test]
async fn who_speaks_nothing_known_is_let_go_and_noted() {
    let port = Port::open("auto").await;
    let mut stranger = port.connect().await;
    send(&mut stranger, b"SSH-2.0-client\r\n").await;
    expect_end(&mut stranger).await;
    assert_eq!(port.counted("devices_rejected_total", "auto"), 1);
    // Who only looks whether somebody is there is not worth a word.
    drop(port.connect().await);
    let mut hesitant = port.connect().await;
    send(&mut hesitant, b"$$").await;
    hesitant.shutdown().await.expect("done sending");
    expect_end(&mut hesitant).await;
    assert_eq!(port.counted("devices_rejected_total", "auto"), 2);
}

#[tokio::test]
async fn who_does_not_say_enough_in_time_is_let_go() {
    for family in ["auto", "gt06,proxy"] {
        let port = Port::with(family, DeviceOptions { unauthenticated_s: 1, ..options() }).await;
        let mut silent = port.connect().await;
        let mut slow = port.connect().await;
        send(&mut slow, if family == "auto" { b"$$" } else { b"PROXY TCP4 " }).await;
        expect_end(&mut silent).await;
        expect_end(&mut slow).await;
    }
}

#[tokio::test]
async fn datagrams_are_recognised_one_by_one() {
    let port = Port::open("auto").await;
    let unit = UdpSocket::bind("127.0.0.1:0").await.expect("bound");
    unit.connect(port.address).await.expect("an address");
    let expect = async |wanted: &[u8]| {
        let mut bytes = [0; 64];
        let n = tokio::time::timeout(PATIENCE, unit.recv(&mut bytes)).await.expect("in good time").expect("heard");
        assert_eq!(&bytes[..n], wanted);
    };
    unit.send(b"SSH-2.0").await.expect("sent");
    unit.send(b"GET / HTTP/1.1\r\n\r\n").await.expect("sent");
    unit.send(b"$$").await.expect("sent");
    until(|| port.counted("devices_rejected_total", "auto") == 3).await;
    unit.send(&our_login()).await.expect("sent");
    expect(&welcome()).await;
    unit.send(&position(60, 7)).await.expect("sent");
    expect(&acknowledgement(7)).await;
    assert_eq!(port.stored(), 1);
}

fn proxied(version: u8) -> Vec<u8> {
    match version {
        1 => b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 5027\r\n".to_vec(),
        2 => {
            let addresses = [192, 0, 2, 7, 198, 51, 100, 1, 0x13, 0x88, 0x13, 0xA3];
            [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C"[..], &addresses].concat()
        }
        _ => b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00".to_vec(),
    }
}

#[tokio::test]
async fn a_port_behind_a_proxy_takes_its_word_for_where_devices_are() {
    for family in ["gt06,proxy", "auto,proxy"] {
        let limits = DeviceOptions { connections_per_address_max: 2, ..options() };
        let port = Port::with(family, limits).await;
        let mut units = Vec::new();
        for version in [1, 2] {
            let mut unit = port.connect().await;
            // Cut anywhere, also in one piece with what the device says.
            let said = [proxied(version), our_login()].concat();
            let (head, tail) = said.split_at(if version == 1 { 9 } else { said.len() });
            send(&mut unit, head).await;
            send(&mut unit, tail).await;
            expect(&mut unit, &welcome()).await;
            units.push(unit);
        }
        // That address has its two; the proxy itself is another.
        let mut third = port.connect().await;
        send(&mut third, &proxied(1)).await;
        expect_end(&mut third).await;
        let mut own = port.connect().await;
        send(&mut own, &[proxied(0), our_login()].concat()).await;
        expect(&mut own, &welcome()).await;
        let mut unknown = port.connect().await;
        send(&mut unknown, &[&b"PROXY UNKNOWN\r\n"[..], &our_login()].concat()).await;
        expect(&mut unknown, &welcome()).await;
    }
}

#[tokio::test]
async fn a_port_behind_a_proxy_serves_nobody_else() {
    let port = Port::open("gt06,proxy").await;
    let mut direct = port.connect().await;
    send(&mut direct, &our_login()).await;
    expect_end(&mut direct).await;
    let mut odd = port.connect().await;
    send(&mut odd, b"PROXY TCP4 nowhere\r\n").await;
    expect_end(&mut odd).await;
    assert_eq!(port.counted("devices_rejected_total", "gt06"), 2);
    // And what claims to be from elsewhere is believed nowhere else.
    let port = Port::open("auto").await;
    let mut liar = port.connect().await;
    send(&mut liar, &[proxied(1), our_login()].concat()).await;
    expect_end(&mut liar).await;
    assert!(UdpSocket::bind(Port::open("gt06,proxy").await.address).await.is_ok(), "it takes no datagrams");
}
