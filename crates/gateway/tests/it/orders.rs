//! Orders to devices over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Connection, NoReply, OrderError, Source, Watch};
use live::{Due, LaneKind};
use model::{Command, Order, Push, SourceId};
use protocols::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::port::{DEVICE, PATIENCE, Port, clock, options};

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

fn crc16_arc(data: &[u8]) -> u16 {
    data.iter().fold(0u16, |crc, b| {
        (0..8).fold(crc ^ u16::from(*b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

/// A Teltonika frame of codec 12: 5 is a command, 6 an answer.
fn codec_12(kind: u8, text: &str) -> Vec<u8> {
    let size = (text.len() as u32).to_be_bytes();
    let data = [&[0x0C, 1, kind][..], &size, text.as_bytes(), &[1]].concat();
    let length = (data.len() as u32).to_be_bytes();
    [&[0; 4][..], &length, &data, &u32::from(crc16_arc(&data)).to_be_bytes()].concat()
}

/// A record without a position, of codec 8.
fn packet(second: i64) -> Vec<u8> {
    let time = ((clock().s() - 100 + second) * 1_000).to_be_bytes();
    let data = [&[8, 1][..], &time, &[0; 16], &[0, 0, 0, 0, 0, 0, 1]].concat();
    let length = (data.len() as u32).to_be_bytes();
    [&[0; 4][..], &length, &data, &u32::from(crc16_arc(&data)).to_be_bytes()].concat()
}

async fn expect(stream: &mut TcpStream, wanted: &[u8]) {
    let mut bytes = vec![0; wanted.len()];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut bytes)).await.expect("in good time").expect("read");
    assert_eq!(bytes, wanted);
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.expect("written");
}

impl Port {
    fn source(&self) -> Source {
        let device = self.engine.fleet().device(DEVICE).expect("registered");
        self.engine.source(device.source).expect("a source")
    }

    /// A connection of the device that has logged in.
    async fn logged_in(&self) -> TcpStream {
        let mut stream = self.connect().await;
        send(&mut stream, &[&[0, DEVICE.len() as u8], DEVICE.as_bytes()].concat()).await;
        expect(&mut stream, &[1]).await;
        stream
    }

    fn follow(&self) -> (Arc<Connection>, Watch) {
        let connection = self.engine.connect();
        self.engine.attach(self.session.id, self.session.user, &connection);
        let lane = connection.open_lane(self.session.id, LaneKind::Feed).expect("a lane");
        let (watch, ..) = self.engine.follow(&connection, lane, self.tracker, &self.source(), None);
        (connection, watch)
    }

    async fn until_up(&self, up: bool) {
        let id = self.source().id();
        let wait = async {
            while self.engine.is_up(id) != up {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("in good time");
    }
}

fn pushes(connection: &Connection) -> Vec<Push> {
    let mut outbox = connection.outbox();
    let due = std::iter::from_fn(|| outbox.take_next().expect("no overrun"));
    due.filter_map(|due| if let Due::Push { push, .. } = due { Some((*push).clone()) } else { None }).collect()
}

#[tokio::test]
async fn a_device_is_asked_for_its_levels_while_it_sends_records() {
    let port = Port::open("teltonika").await;
    let (connection, _watch) = port.follow();
    let mut device = port.logged_in().await;
    let id = port.source().id();
    send(&mut device, &packet(1)).await;
    let ask = async {
        let ordered = port.engine.order(id, Order::ReadLevels).await.expect("written");
        ordered.reply().await.expect("an answer")
    };
    let play = async {
        // The acknowledgement waits for the disk, the command for nothing.
        expect(&mut device, &codec_12(5, "getio")).await;
        expect(&mut device, &[0, 0, 0, 1]).await;
        send(&mut device, &[packet(2), codec_12(6, "New value"), codec_12(6, "DI1:1 DO1:0")].concat()).await;
        // A second one is nobody's.
        send(&mut device, &codec_12(6, "DI1:0 DO1:0")).await;
        expect(&mut device, &[0, 0, 0, 1]).await;
    };
    let (reply, ()) = tokio::join!(ask, play);
    assert_eq!((reply.text.as_str(), &reply.lines[..]), ("DI1:1 DO1:0", &[(1, 1.0), (179, 0.0)][..]));
    drop(device);
    port.until_up(false).await;
    let told = pushes(&connection);
    assert!(matches!(
        &told[..],
        [Push::Device { up: true }, Push::Levels(levels), Push::Device { up: false }]
            if levels.lines == [(1, 1.0), (179, 0.0)]
    ));
    assert_eq!(port.stored(), 2);
}

#[tokio::test]
async fn a_device_that_leaves_or_stays_silent_gives_no_answer() {
    let limits = Limits { command_reply_ms_max: 100, ..Limits::default() };
    let port = Port::with("teltonika", gateway::DeviceOptions { limits, ..options() }).await;
    let id = port.source().id();
    assert_eq!(port.engine.order(id, text("a")).await.expect_err("nobody there"), OrderError::Away);
    let mut device = port.logged_in().await;
    let ordered = port.engine.order(id, text("a")).await.expect("written");
    assert_eq!(ordered.reply().await, Err(NoReply::TimedOut));
    let ordered = port.engine.order(id, text("b")).await.expect("written");
    expect(&mut device, &[codec_12(5, "a"), codec_12(5, "b")].concat()).await;
    drop(device);
    assert_eq!(ordered.reply().await, Err(NoReply::Gone));
    port.until_up(false).await;
    assert_eq!(port.engine.order(id, text("c")).await.expect_err("nobody there"), OrderError::Away);
}

#[tokio::test]
async fn a_device_that_comes_back_before_its_old_connection_is_dead_is_told_on_the_new_one() {
    let port = Port::open("teltonika").await;
    let _old = port.logged_in().await;
    let mut new = port.logged_in().await;
    port.engine.order(port.source().id(), text("a")).await.expect("written");
    expect(&mut new, &codec_12(5, "a")).await;
}

/// The order is given before the old device's connection has heard that its place is taken.
#[tokio::test]
async fn a_device_whose_place_another_took_is_told_nothing_more() {
    let port = Port::open("teltonika").await;
    let mut old = port.logged_in().await;
    send(&mut old, &packet(1)).await;
    expect(&mut old, &[0, 0, 0, 1]).await;
    port.engine.write_connected().await;
    let (fleet, session, tracker) = (port.engine.fleet().clone(), port.session.clone(), port.tracker);
    // On a thread of its own, so that the connection has no turn in between.
    let replacing = std::thread::spawn(move || {
        let new = fleet::NewDevice { model: "navixy_ngp".into(), plugin: 44, device_id: Some("device-2".into()) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(fleet.replace_device(&session, tracker, new)).expect("replaced");
    });
    replacing.join().expect("no panic");
    let id = port.engine.fleet().device("device-2").expect("registered").source;
    assert_eq!(port.engine.order(id, text("cut")).await.expect_err("nobody there"), OrderError::Away);
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, old.read_to_end(&mut rest)).await.expect("in good time").expect("read");
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn what_a_protocol_has_no_command_for_is_refused() {
    let port = Port::open("osmand").await;
    let mut phone = port.connect().await;
    send(&mut phone, request("keep-alive").as_bytes()).await;
    port.until_up(true).await;
    let refused = port.engine.order(port.source().id(), Order::ReadLevels).await;
    assert_eq!(refused.expect_err("no such"), OrderError::NoSuchCommand);
    let long = "x".repeat(Limits::default().command_bytes_max + 1);
    let refused = port.engine.order(port.source().id(), text(&long)).await;
    assert_eq!(refused.expect_err("too long"), OrderError::TooLong);
}

fn request(connection: &str) -> String {
    let time = clock().s();
    format!("GET /?id={DEVICE}&lat=52&lon=13&timestamp={time} HTTP/1.1\r\nConnection: {connection}\r\n\r\n")
}

/// Has a kept command for the device, once, which is handed over as soon as the device can be reached.
fn keep(port: &Port, command: &'static str) -> tokio::sync::oneshot::Receiver<Result<(), OrderError>> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    let done = std::sync::Mutex::new(Some(done));
    let engine = Arc::downgrade(&port.engine);
    let is_waiting = AtomicBool::new(true);
    port.engine.on_reachable(Box::new(move |source: SourceId| {
        let is_first = is_waiting.swap(false, Ordering::SeqCst);
        if is_first && let (Some(engine), Some(done)) = (engine.upgrade(), done.lock().expect("sound").take()) {
            tokio::spawn(async move {
                let _ = done.send(engine.order(source, text(command)).await.map(|_| ()));
            });
        }
        is_first
    }));
    outcome
}

#[tokio::test]
async fn a_kept_command_goes_with_the_answer_to_a_phone_that_ends_the_connection() {
    let port = Port::open("osmand").await;
    let outcome = keep(&port, "trace=on");
    let mut phone = port.connect().await;
    send(&mut phone, request("close").as_bytes()).await;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, phone.read_to_string(&mut answer)).await.expect("in good time").expect("read");
    assert!(answer.ends_with("\r\n\r\ntrace=on"), "{answer}");
    assert_eq!(outcome.await.expect("an outcome"), Ok(()));
}

#[tokio::test]
async fn a_kept_command_comes_before_the_acknowledgement_that_a_tracker_waits_for() {
    let port = Port::open("teltonika").await;
    let outcome = keep(&port, "getver");
    let mut device = port.connect().await;
    let login = [&[0, DEVICE.len() as u8], DEVICE.as_bytes()].concat();
    send(&mut device, &[login, packet(1)].concat()).await;
    expect(&mut device, &[&[1][..], &codec_12(5, "getver"), &[0, 0, 0, 1]].concat()).await;
    assert_eq!(outcome.await.expect("an outcome"), Ok(()));
}

#[tokio::test]
async fn an_acknowledgement_is_not_held_back_for_long() {
    let port = Port::with("osmand", gateway::DeviceOptions { order_hold_ms: 50, ..options() }).await;
    port.engine.on_reachable(Box::new(|_| true));
    let mut phone = port.connect().await;
    send(&mut phone, request("close").as_bytes()).await;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, phone.read_to_string(&mut answer)).await.expect("in good time").expect("read");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
