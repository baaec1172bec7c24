//! Clients of MQTT, as their passwords let them speak for devices.

use engine::Source;
use intake::FrameQuery;
use protocols::{Limits, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::port::{DEVICE, PATIENCE, Port, clock, options};
use gateway::DeviceOptions;

const COMMON: &str = "open sesame";

/// A packet of this kind, not longer than 127 bytes or, with two bytes of length, 16,383.
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let length = [(body.len() & 0x7F) as u8 | 0x80, (body.len() >> 7) as u8];
    [&[first], &length[..], body].concat()
}

fn words(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

/// A request for a connection, in version 5.
fn connect(name: &str, password: &str) -> Vec<u8> {
    let start = [0, 4, b'M', b'Q', b'T', b'T', 5, 0xC2, 0, 60, 0];
    packet(0x10, &[&start[..], &words(name), &words("ngp_device"), &words(password)].concat())
}

fn report() -> Vec<u8> {
    let body = format!(r#"{{"message_time":"{}","device_id":"{DEVICE}","battery_level":87}}"#, clock());
    packet(0x32, &[&words(&format!("ngp/{DEVICE}"))[..], &[0, 7, 0], body.as_bytes()].concat())
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.expect("written");
}

/// Reads the next packet, which is short.
async fn read(stream: &mut TcpStream) -> Vec<u8> {
    let read = async {
        let (first, length) = (stream.read_u8().await?, stream.read_u8().await?);
        let mut bytes = vec![0; length.into()];
        stream.read_exact(&mut bytes).await?;
        bytes.splice(..0, [first, length]);
        Ok::<_, std::io::Error>(bytes)
    };
    tokio::time::timeout(PATIENCE, read).await.expect("in good time").expect("a packet")
}

impl Port {
    async fn of_mqtt() -> Self {
        let limits = Limits { mqtt_password: Secret::new(COMMON), ..Limits::default() };
        Self::with("mqtt", DeviceOptions { limits, ..options() }).await
    }

    async fn client(&self) -> TcpStream {
        let mut client = self.connect().await;
        send(&mut client, &connect("somebody", COMMON)).await;
        let answer = read(&mut client).await;
        assert_eq!((answer[0], answer[3]), (0x20, 0));
        client
    }

    fn van(&self) -> Source {
        let device = self.engine.fleet().device(DEVICE).expect("registered");
        self.engine.source(device.source).expect("a source")
    }
}

#[tokio::test]
async fn who_does_not_know_a_devices_password_does_not_take_its_place() {
    let port = Port::of_mqtt().await;
    let edits = vec![("password".to_owned(), Some("of my own".to_owned()))];
    let keeper = fleet::Keeper::Master(&port.session);
    port.engine.fleet().change_device_settings(keeper, port.tracker, edits).await.expect("changed");
    let mut liar = port.client().await;
    send(&mut liar, &report()).await;
    let answer = read(&mut liar).await;
    assert_eq!((answer[0], &answer[2..5]), (0x40, &[0, 7, 0x87][..]), "not authorised");
    assert!(!port.engine.is_up(port.van().id()), "it is not there");
    let filter = words(&format!("ngp/{DEVICE}/commands"));
    send(&mut liar, &packet(0x82, &[&[0, 8, 0][..], &filter, &[0]].concat())).await;
    assert_eq!(read(&mut liar).await, [0x90, 4, 0, 8, 0, 0x87]);
    send(&mut liar, &[0xC0, 0]).await;
    assert_eq!(read(&mut liar).await, [0xD0, 0]);
    assert!(!port.engine.is_up(port.van().id()), "nor does a sign of life make it so");
    let mut guesser = port.connect().await;
    send(&mut guesser, &connect(DEVICE, "of my owm")).await;
    let answer = read(&mut guesser).await;
    assert_eq!((answer[0], answer[3], port.stored()), (0x20, 0x87, 0));
    assert!(!port.engine.is_up(port.van().id()), "a name alone is nothing");
    // The device itself is.
    let mut device = port.connect().await;
    send(&mut device, &connect(DEVICE, "of my own")).await;
    assert_eq!(read(&mut device).await[3], 0);
    assert!(port.engine.is_up(port.van().id()));
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_as_a_message_of_mqtt() {
    let port = Port::of_mqtt().await;
    let mut client = port.client().await;
    send(&mut client, &report()).await;
    assert_eq!(read(&mut client).await[0], 0x40);
    send(&mut client, &packet(0x32, &[&words(&format!("ngp/{DEVICE}"))[..], &[0, 9, 0], b"{"].concat())).await;
    assert_eq!(read(&mut client).await[4], 0x99);
    let kept = port.kept().await;
    assert_eq!((kept.protocol.as_str(), kept.transport.as_str()), ("mqtt", "mqtt"));
    assert_eq!(kept.source, Some(port.van().id()));
    // What another says, whom nobody knows, is not the van's.
    port.intake.remove_frames(FrameQuery::default()).await.expect("removed");
    let body = br#"{"message_time":"2026-03-14T09:26:53Z","device_id":"nobody"}"#;
    send(&mut client, &packet(0x32, &[&words("ngp/nobody")[..], &[0, 10, 0], body].concat())).await;
    assert_eq!(read(&mut client).await[4], 0x87);
    let kept = port.kept().await;
    assert_eq!((kept.device.as_ref().map(|id| id.as_str()), kept.source), (Some("nobody"), None));
}
