//! Devices that send datagrams.

use std::io::ErrorKind;
use std::net::SocketAddr;

use gateway::DeviceOptions;
use model::{Command, Order};
use protocols::Limits;
use tokio::net::UdpSocket;

use crate::gt06::{acknowledgement, frame, login, our_login, position, welcome};
use crate::port::{DEVICE, PATIENCE, Port, options, until};

/// A unit with an address of its own.
struct Unit(UdpSocket);

impl Unit {
    async fn at(port: &Port) -> Self {
        Self::from(port, 1).await
    }

    /// At an address whose last number is this.
    async fn from(port: &Port, last: u8) -> Self {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, last], 0))).await.expect("bound");
        socket.connect(port.address).await.expect("an address");
        Self(socket)
    }

    async fn logged_in(port: &Port) -> Self {
        let unit = Self::at(port).await;
        unit.send(&our_login()).await;
        unit.expect(&welcome()).await;
        unit
    }

    async fn send(&self, bytes: &[u8]) {
        self.0.send(bytes).await.expect("sent");
    }

    async fn hear(&self) -> Vec<u8> {
        let mut bytes = vec![0; 2_048];
        let n = tokio::time::timeout(PATIENCE, self.0.recv(&mut bytes)).await.expect("in good time").expect("heard");
        bytes.truncate(n);
        bytes
    }

    async fn expect(&self, wanted: &[u8]) {
        assert_eq!(self.hear().await, wanted);
    }

    /// That nothing has come by now.
    fn expect_nothing(&self) {
        let heard = self.0.try_recv(&mut [0; 2_048]);
        assert_eq!(heard.expect_err("nothing to hear").kind(), ErrorKind::WouldBlock);
    }
}

#[tokio::test]
async fn a_report_is_acknowledged_each_time_and_stored_once() {
    let port = Port::open("gt06").await;
    let unit = Unit::logged_in(&port).await;
    let report = position(60, 7);
    for _ in 0..3 {
        unit.send(&report).await;
        unit.expect(&acknowledgement(7)).await;
    }
    // Two in one datagram are two, and a datagram that ends in the middle of one harms no other.
    let (first, second) = (position(50, 8), position(40, 9));
    unit.send(&[&first[..], &second, &report[..10]].concat()).await;
    unit.expect(&acknowledgement(8)).await;
    unit.expect(&acknowledgement(9)).await;
    unit.send(&position(30, 10)).await;
    unit.expect(&acknowledgement(10)).await;
    assert_eq!(port.stored(), 4);
    assert_eq!(port.counted("devices_rejected_total", "gt06"), 1);
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_durable_and_nobody_else_waits_for_that() {
    let port = Port::open("gt06").await;
    let unit = Unit::logged_in(&port).await;
    port.gate.close();
    unit.send(&position(60, 7)).await;
    until(|| port.gate.has_arrival()).await;
    Unit::logged_in(&port).await;
    unit.expect_nothing();
    port.gate.reopen();
    unit.expect(&acknowledgement(7)).await;
    assert_eq!(port.stored(), 1);
}

#[tokio::test]
async fn what_finds_no_room_is_dropped_and_never_acknowledged() {
    const SENT: u16 = 100;
    let limits = Limits { uploads_in_flight_max: 2, ..Limits::default() };
    let port = Port::with("gt06", DeviceOptions { limits, udp_waiting_per_peer_max: 3, ..options() }).await;
    let unit = Unit::logged_in(&port).await;
    port.gate.close();
    for serial in 0..SENT {
        unit.send(&position(i64::from(serial), serial)).await;
    }
    let sent = u64::from(SENT);
    until(|| port.counted("devices_datagrams_total", "gt06") == sent + 1).await;
    let taken = sent - port.counted("devices_dropped_datagrams_total", "gt06");
    assert!((3..20).contains(&taken), "{taken}");
    port.gate.reopen();
    for serial in 0..taken as u16 {
        unit.expect(&acknowledgement(serial)).await;
    }
    // Were there more acknowledgements, they would come before this answer.
    unit.send(&our_login()).await;
    unit.expect(&welcome()).await;
    assert_eq!(port.stored() as u64, taken);
}

#[tokio::test]
async fn all_that_is_taken_in_on_a_port_is_bounded() {
    // Each session takes one report and then waits for the disk; three datagrams may wait with it.
    let limits = Limits { uploads_in_flight_max: 1, ..Limits::default() };
    let port = Port::with("gt06", DeviceOptions { limits, udp_waiting_bytes_max: 1_000, ..options() }).await;
    let mut units = Vec::new();
    for _ in 0..5 {
        units.push(Unit::logged_in(&port).await);
    }
    port.gate.close();
    for (nth, unit) in units.iter().enumerate() {
        unit.send(&position(nth as i64, 7)).await;
    }
    until(|| port.counted("devices_datagrams_total", "gt06") == 10).await;
    assert_eq!(port.counted("devices_dropped_datagrams_total", "gt06"), 2);
    port.gate.reopen();
    for unit in &units[..3] {
        unit.expect(&acknowledgement(7)).await;
    }
    assert_eq!(port.stored(), 3);
}

#[tokio::test]
async fn orders_go_to_the_address_that_was_heard_of_last() {
    let port = Port::open("gt06").await;
    let [first, second] = [Unit::logged_in(&port).await, Unit::logged_in(&port).await];
    let source = port.engine.fleet().device(DEVICE).expect("registered").source;
    let order = async |unit: &Unit, words: &str| {
        let order = Order::Do(Command::Text(words.to_owned()));
        let ordered = port.engine.order(source, order).await.expect("sent");
        let heard = unit.hear().await;
        assert!(heard.windows(words.len()).any(|part| part == words.as_bytes()), "{heard:02x?}");
        // The server's flag comes back with the answer.
        let answer = [&[4 + 2][..], &heard[5..9], b"OK", &[0, 2]].concat();
        unit.send(&frame(0x15, &answer, 3)).await;
        assert_eq!(ordered.reply().await.expect("an answer").text, "OK");
    };
    order(&second, "STATUS#").await;
    first.send(&position(60, 7)).await;
    first.expect(&acknowledgement(7)).await;
    order(&first, "PARAM#").await;
    second.expect_nothing();
}

#[tokio::test]
async fn strangers_hear_no_more_than_they_said_and_are_not_remembered() {
    let port = Port::open("gt06").await;
    let unit = Unit::at(&port).await;
    let stranger = "350000000000022";
    unit.send(&[login(stranger), position(60, 7)].concat()).await;
    until(|| port.intake.unknown_devices().len() == 1).await;
    assert_eq!(port.intake.unknown_devices()[0].id.as_str(), stranger);
    until(|| port.counted("devices_open", "gt06") == 0).await;
    unit.expect_nothing();
    // The same address may be a device's the next moment.
    unit.send(&our_login()).await;
    unit.expect(&welcome()).await;
    assert_eq!((port.stored(), port.counted("devices_open", "gt06")), (0, 1));
}

#[tokio::test]
async fn peers_are_bounded_and_those_longest_silent_go() {
    let port = Port::with("gt06", DeviceOptions { udp_peers_max: 90, udp_strangers_max: 10, ..options() }).await;
    let oldest = Unit::logged_in(&port).await;
    for n in 0..1_000u32 {
        let unit = Unit::from(&port, 2 + (n % 250) as u8).await;
        unit.send(&our_login()).await;
        unit.expect(&welcome()).await;
    }
    until(|| port.counted("devices_open", "gt06") <= 100).await;
    assert!(port.counted("devices_open", "gt06") >= 90);
    // Who was let go of logs in again.
    oldest.send(&position(60, 7)).await;
    until(|| port.counted("devices_rejected_total", "gt06") == 1).await;
    oldest.send(&our_login()).await;
    oldest.expect(&welcome()).await;
}

#[tokio::test]
async fn who_falls_silent_is_forgotten() {
    let port = Port::with("gt06", DeviceOptions { udp_idle_s: 1, ..options() }).await;
    let _unit = Unit::logged_in(&port).await;
    assert_eq!(port.counted("devices_open", "gt06"), 1);
    until(|| port.counted("devices_open", "gt06") == 0).await;
}

#[tokio::test]
async fn a_flood_of_noise_drives_nobody_out() {
    let port = Port::with("gt06", DeviceOptions { udp_peers_max: 4, udp_strangers_max: 2, ..options() }).await;
    let unit = Unit::logged_in(&port).await;
    for n in 0..2_000u32 {
        let noisy = Unit::from(&port, 2 + (n % 250) as u8).await;
        let noise: Vec<u8> = (0..40).map(|i| (n.wrapping_mul(31).wrapping_add(i * 7) % 251) as u8).collect();
        noisy.send(&noise).await;
    }
    // The system may lose what is sent in the middle of it; what arrives is still the device's.
    loop {
        unit.send(&position(60, 7)).await;
        let answer = tokio::time::timeout(std::time::Duration::from_secs(1), unit.hear()).await;
        if let Ok(answer) = answer {
            assert_eq!(answer, acknowledgement(7));
            break;
        }
    }
    let [rejected, dropped] =
        ["rejected", "dropped_datagrams"].map(|what| port.counted(&format!("devices_{what}_total"), "gt06"));
    assert!(rejected > 0 && rejected + dropped > 100, "{rejected} {dropped}");
    until(|| port.counted("devices_open", "gt06") == 1).await;
}

#[tokio::test]
async fn a_stop_acknowledges_what_was_taken_in_and_then_ends() {
    let port = Port::open("gt06").await;
    let unit = Unit::logged_in(&port).await;
    port.gate.close();
    unit.send(&position(60, 7)).await;
    until(|| port.gate.has_arrival()).await;
    port.shutdown.send(true).expect("the listener listens");
    port.gate.reopen();
    unit.expect(&acknowledgement(7)).await;
    tokio::time::timeout(PATIENCE, port.listener).await.expect("in good time").expect("no panic");
}

#[tokio::test]
async fn a_family_without_datagrams_takes_none() {
    let port = Port::open("osmand").await;
    let free = UdpSocket::bind(port.address).await;
    assert!(free.is_ok(), "nobody listens there");
}
