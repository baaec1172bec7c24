//! One port for every protocol, over connections and datagrams, also behind a proxy.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};

use e2e::gt06::{frame, login, position};
use e2e::{Account, DEADLINE, RegisteredTracker, Report, Server, ServerOptions, eventually};
use model::Timestamp;
use simulator::wire::unit::{Fix, Heard, SPEECHES, Speech, Unit};

const IMEI: &str = "350000000000014";
const PROXIED: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 5027\r\n";

/// Where a device is now.
fn fix() -> Fix {
    Fix {
        time: Timestamp::from_ms(e2e::now_ms() / 1000 * 1000).expect("in range"),
        latitude: -33.448_891,
        longitude: -70.669_266,
        altitude_m: 542.0,
        speed_kmh: 63.0,
        heading_deg: 187,
        satellites: 11,
        hdop: 0.9,
        ignition: true,
        mileage_km: 12_345.0,
        board_v: 12.6,
        battery_v: 4.1,
        battery_level: 90,
    }
}

/// A connection that begins with these bytes.
fn connect(address: SocketAddr, first: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the listener accepts");
    stream.set_read_timeout(Some(DEADLINE)).expect("a TCP option");
    stream.write_all(first).expect("sent");
    stream
}

/// Says what the unit says and hears what it is answered, until it has heard this much.
fn talk(unit: &mut dyn Unit, stream: &mut TcpStream, mut said: Vec<u8>, is_enough: impl Fn(&dyn Unit, Heard) -> bool) {
    let mut heard = Heard::Nothing;
    while !is_enough(unit, heard) {
        stream.write_all(&std::mem::take(&mut said)).expect("sent");
        let mut bytes = [0; 4_096];
        let n = stream.read(&mut bytes).expect("an answer");
        assert_ne!(n, 0, "the server went away");
        heard = unit.hear(&bytes[..n], &mut said);
        assert_ne!(heard, Heard::Refused);
    }
    stream.write_all(&said).expect("sent");
}

/// One device of a family comes, and reports once. Its connection stays.
fn report_once(speech: &Speech, id: &str, address: SocketAddr, first: &[u8]) -> TcpStream {
    let mut stream = connect(address, first);
    let mut unit = (speech.unit)(id).expect("an identifier of the family");
    let mut said = Vec::new();
    unit.hello(&mut said);
    stream.write_all(&said).expect("sent");
    talk(unit.as_mut(), &mut stream, Vec::new(), |unit, _| unit.is_ready());
    let mut said = Vec::new();
    unit.report(&[fix()], &mut said);
    if speech.acknowledges {
        talk(unit.as_mut(), &mut stream, said, |_, heard| matches!(heard, Heard::Acknowledged(1..)));
    } else {
        stream.write_all(&said).expect("sent");
    }
    stream
}

/// A device of each family comes to the port for all of them.
fn all_families_report(server: &Server, first: &[u8]) {
    let account = Account::new(server);
    let devices: Vec<(&Speech, String, RegisteredTracker)> = SPEECHES
        .iter()
        .zip(70..)
        .map(|(speech, n)| {
            let id = speech.identifier(n).expect("an identifier");
            let tracker = account.register(&id, "navixy_ngp");
            (speech, id, tracker)
        })
        .collect();
    let report = |(speech, id, _): &(&Speech, String, _)| report_once(speech, id, server.device("auto"), first);
    let _streams: Vec<TcpStream> = devices.iter().map(report).collect();
    for (speech, id, tracker) in &devices {
        let place = eventually(&format!("the position that {id} told as {}", speech.family), || {
            let state = account.state(tracker);
            let place = |name: &str| state["gps"]["location"][name].as_f64();
            Some((place("lat")?, place("lng")?)).filter(|place| place.0 != 0.0)
        });
        let is_there = (place.0 + 33.448_891).abs() < 2e-4 && (place.1 + 70.669_266).abs() < 2e-4;
        assert!(is_there, "{} is at {place:?}", speech.family);
    }
}

#[test]
fn every_family_is_understood_on_one_port() {
    all_families_report(&Server::start(), b"");
}

#[test]
fn every_family_is_understood_behind_a_proxy() {
    all_families_report(&Server::with(ServerOptions::default().behind_a_proxy()), PROXIED);
}

#[test]
fn a_proxy_tells_where_a_device_is_and_nobody_else_may() {
    let server = Server::with(ServerOptions::default().behind_a_proxy());
    let _stranger = connect(server.device("gt06"), &[PROXIED, &login(IMEI)].concat());
    eventually("a line about the stranger", || server.stderr().contains("192.0.2.7:5000").then_some(()));
    let mut direct = connect(server.device("gt06"), &login(IMEI));
    // An end with a reset is one too.
    assert_eq!(direct.read(&mut [0; 64]).unwrap_or(0), 0);

    let server = Server::start();
    let mut liar = connect(server.device("auto"), &[PROXIED, &login(IMEI)].concat());
    assert_eq!(liar.read(&mut [0; 64]).unwrap_or(0), 0);
    eventually("a line about what it said", || server.stderr().contains("could not be used").then_some(()));
    assert!(!server.stderr().contains("192.0.2.7:5000"));
}

/// Sends a datagram until it is answered: datagrams may be lost.
fn ask(socket: &UdpSocket, said: &[u8]) -> Vec<u8> {
    let mut bytes = [0; 2_048];
    let answer = eventually("an answer", || {
        socket.send(said).expect("sent");
        socket.recv(&mut bytes).ok()
    });
    bytes[..answer].to_vec()
}

/// A record of Teltonika's codec 8, without a position.
fn teltonika(number: u8, time_ms: i64) -> Vec<u8> {
    let data = [&[8, 1][..], &time_ms.to_be_bytes(), &[0; 16], &[0, 0, 0, 0, 0, 0, 1]].concat();
    let rest = [&[0xCA, 0xFE, 1, number, 0, 15][..], IMEI.as_bytes(), &data].concat();
    [&(rest.len() as u16).to_be_bytes()[..], &rest].concat()
}

#[test]
fn datagrams_are_acknowledged_each_time_and_stored_once() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = account.register(IMEI, "navixy_ngp");
    let socket = || {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("bound");
        socket.connect(server.device("auto")).expect("an address");
        socket.set_read_timeout(Some(DEADLINE / 5)).expect("a socket option");
        socket
    };
    let now_ms = e2e::now_ms() / 1000 * 1000;

    let unit = socket();
    let packet = teltonika(5, now_ms - 60_000);
    for _ in 0..3 {
        assert_eq!(ask(&unit, &packet), [0, 5, 0xCA, 0xFE, 1, 5, 1]);
    }
    let unit = socket();
    assert_eq!(ask(&unit, &login(IMEI)), frame(1, &[], 1));
    let report = Report { time_ms: now_ms - 50_000, ..Report::at_speed(63) };
    for _ in 0..3 {
        assert_eq!(ask(&unit, &position(&report, 7)), frame(0x10, &[], 7));
    }
    let unit = socket();
    let at = Timestamp::from_ms(now_ms - 40_000).expect("in range").civil(0);
    let clock = format!("{:02}{:02}{:02}", at.hour, at.minute, at.second);
    let day = format!("{:02}{:02}{:02}", at.day, at.month, at.year % 100);
    let line = format!("*HQ,{IMEI},V1,{clock},A,3326.9335,S,07040.1560,W,034.02,187,{day},FFFFFBFF#");
    for _ in 0..3 {
        let answer = String::from_utf8(ask(&unit, line.as_bytes())).expect("text");
        assert!(answer.starts_with(&format!("*HQ,{IMEI},V4,V1,")), "{answer}");
    }
    assert_eq!(server.export(&[]).len(), 3);
    assert_eq!(account.state(&tracker)["gps"]["speed"], 63);
}

#[test]
fn kill_9_loses_nothing_that_a_datagram_acknowledged() {
    let mut server = Server::start();
    Account::new(&server).register(IMEI, "teltonika");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("bound");
    socket.connect(server.device("teltonika")).expect("an address");
    socket.set_read_timeout(Some(DEADLINE / 5)).expect("a socket option");
    let first_ms = e2e::now_ms() / 1000 * 1000 - 100_000;
    for number in 0..50u8 {
        ask(&socket, &teltonika(number, first_ms + i64::from(number) * 1000));
    }
    server.kill();
    assert_eq!(server.export(&[]).len(), 50);
}
