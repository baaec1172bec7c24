//! Bytes that nobody should send. They cost their own connection, and nothing else.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use e2e::teltonika::{Codec, login, packet, record};
use e2e::{
    Account, HttpConnection, Random, Report, Server, ServerOptions, Socket, Tracker, ngp, ngp_body, osmand_query,
};
use serde_json::Value;

const IMEI: &str = "350000000000014";
const PORTS: [&str; 7] = ["teltonika", "gt06", "ruptela", "meitrack", "ngp", "osmand", "http"];

/// How much the server's memory may grow by what this file does to it.
const GROWTH_BYTES_MAX: u64 = 96 << 20;

struct Scene {
    server: Server,
    account: Account,
    resident_bytes: u64,
}

fn scene() -> Scene {
    let server = Server::start();
    let account = Account::new(&server);
    account.teltonika(IMEI);
    account.ngp("yard-unit-0007");
    let mut scene = Scene { server, account, resident_bytes: 0 };
    scene.works();
    scene.resident_bytes = scene.server.resident_bytes();
    scene
}

impl Scene {
    fn address(&self, port: &str) -> SocketAddr {
        if port == "http" { self.server.http() } else { self.server.device(port) }
    }

    /// Everything still answers.
    #[track_caller]
    fn works(&mut self) {
        assert!(self.server.is_running());
        assert!(self.server.api().is_healthy());
        Tracker::online(self.server.device("teltonika"), IMEI).report(&Report::default());
        let body = ngp_body("yard-unit-0007", &Report::default(), &Value::Null);
        assert_eq!(ngp(self.server.device("ngp"), &body), 200);
        let query = osmand_query("yard-unit-0007", &Report::default());
        let mut osmand = HttpConnection::open(self.server.device("osmand"));
        assert_eq!(osmand.request("GET", &query, "", b"").status, 200);
        Socket::open(&self.server).silent(&self.account.hash);
    }

    /// It works, it has not grown, and it has not said much about it.
    #[track_caller]
    fn unharmed(&mut self) {
        self.works();
        let grown = self.server.resident_bytes().saturating_sub(self.resident_bytes);
        assert!(grown <= GROWTH_BYTES_MAX, "memory has grown by {} MiB", grown >> 20);
        let log = self.server.stderr();
        assert!(!log.contains("panicked"), "a panic was reachable");
        assert!(log.lines().count() < 2_000, "{} lines of log", log.lines().count());
    }
}

/// Sends bytes and reads whatever comes until the server closes or a moment has passed.
fn throw(address: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(address).expect("the listener accepts");
    stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a TCP option");
    stream.set_write_timeout(Some(Duration::from_secs(5))).expect("a TCP option");
    // The server may close while we still send.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = [0; 4096];
    while matches!(stream.read(&mut answer), Ok(count) if count > 0) {}
}

/// Well-formed beginnings, so that noise gets past the first look.
fn beginnings() -> Vec<Vec<u8>> {
    let teltonika = packet(Codec::EightExtended, &[record(&Report::default(), Vec::new())]);
    let body = ngp_body("yard-unit-0007", &Report::default(), &Value::Null).to_string();
    let length = body.len();
    vec![
        Vec::new(),
        login(IMEI),
        [login(IMEI), teltonika].concat(),
        format!("POST / HTTP/1.1\r\nHost: d\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes(),
        format!("GET {} HTTP/1.1\r\nHost: d\r\n\r\n", osmand_query("yard-unit-0007", &Report::default())).into_bytes(),
        b"GET /v2/event/subscription HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            .to_vec(),
    ]
}

#[test]
fn noise_on_any_port_harms_nobody() {
    let mut scene = scene();
    let mut random = Random::from_environment("noise");
    for port in PORTS {
        let address = scene.address(port);
        for beginning in beginnings() {
            for _ in 0..5 {
                let length = usize::try_from(random.below(3000)).expect("small");
                throw(address, &[beginning.clone(), random.bytes(length)].concat());
            }
        }
    }
    scene.unharmed();
}

#[test]
fn messages_cut_or_bent_anywhere_harm_nobody() {
    let mut scene = scene();
    let mut random = Random::from_environment("cut and bent");
    for port in PORTS {
        let address = scene.address(port);
        for whole in beginnings().into_iter().filter(|whole| !whole.is_empty()) {
            let length = u64::try_from(whole.len()).expect("small");
            for _ in 0..4 {
                let cut = usize::try_from(random.below(length)).expect("small");
                throw(address, &whole[..cut]);
                let mut bent = whole.clone();
                let place = usize::try_from(random.below(length)).expect("small");
                bent[place] = random.bytes(1)[0];
                throw(address, &bent);
            }
        }
    }
    scene.unharmed();
}

#[test]
fn sizes_that_are_only_claimed_cost_no_memory() {
    let mut scene = scene();
    let huge_frame = [login(IMEI), vec![0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0x8E, 0xFF]].concat();
    let huge_login = vec![0xFF, 0xFE, b'3', b'5'];
    let huge_body = b"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 4000000000\r\n\r\n{".to_vec();
    let odd_length = b"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 99999999999999999999999\r\n\r\n{".to_vec();
    let two_lengths = b"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}".to_vec();
    let huge_chunk = b"POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{".to_vec();
    let mut open = Vec::new();
    for port in PORTS {
        for bytes in [&huge_frame, &huge_login, &huge_body, &odd_length, &two_lengths, &huge_chunk] {
            for _ in 0..10 {
                let mut stream = TcpStream::connect(scene.address(port)).expect("the listener accepts");
                let _ = stream.write_all(bytes);
                open.push(stream);
            }
        }
    }
    scene.unharmed();
    drop(open);
}

#[test]
fn endless_heads_lines_and_bodies_are_cut_off() {
    let mut scene = scene();
    let head = [b"GET /?id=".to_vec(), vec![b'a'; 4 << 20]].concat();
    let headers = [b"GET / HTTP/1.1\r\n".to_vec(), b"X-Header: value\r\n".repeat(200_000)].concat();
    let body =
        [b"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 30000000\r\n\r\n".to_vec(), vec![b'['; 30_000_000]].concat();
    let deep = [b"POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 500000\r\n\r\n".to_vec(), vec![b'['; 500_000]].concat();
    let keep_alive = vec![0xFF; 4 << 20];
    for port in PORTS {
        for bytes in [&head, &headers, &body, &deep, &keep_alive] {
            throw(scene.address(port), bytes);
        }
    }
    scene.unharmed();
}

#[test]
fn many_slow_connections_do_not_keep_others_out() {
    let mut scene = scene();
    let mut slow = Vec::new();
    for port in PORTS {
        for index in 0..60 {
            let mut stream = TcpStream::connect(scene.address(port)).expect("the listener accepts");
            let starts = beginnings();
            let start = &starts[index % starts.len()];
            let _ = stream.write_all(&start[..start.len().min(7)]);
            slow.push(stream);
        }
    }
    scene.unharmed();
    // A few more bytes of each, and still nobody waits for them.
    for stream in &mut slow {
        let _ = stream.write_all(b"a");
    }
    scene.unharmed();
}

#[test]
fn one_address_may_hold_only_so_many_connections_on_the_http_port() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_LIMITS_CONNECTIONS_PER_ADDRESS_MAX", "20"));
    let opened = || -> Vec<HttpConnection> { (0..40).map(|_| HttpConnection::open(server.http())).collect() };
    let served = |connections: &mut [HttpConnection]| {
        let ask = |connection: &mut HttpConnection| {
            let sent = connection.send(b"GET /healthz HTTP/1.1\r\nHost: d\r\n\r\n");
            sent.is_ok() && connection.try_answer().is_some_and(|answer| answer.status == 200)
        };
        connections.iter_mut().map(ask).filter(|served| *served).count()
    };
    let mut connections = opened();
    assert_eq!(served(&mut connections), 20);
    drop(connections);
    e2e::eventually("room again after the others have gone", || {
        let connection = HttpConnection::open(server.http());
        (served(&mut [connection]) == 1).then_some(())
    });
}

#[test]
fn a_reader_that_never_reads_does_not_hold_up_another() {
    let mut scene = scene();
    let trackers = scene.account.call("tracker/list", Value::Null).ok()["list"].clone();
    let ids: Vec<i64> =
        trackers.as_array().expect("a list").iter().map(|tracker| tracker["id"].as_i64().expect("an id")).collect();
    let mut stuck = Socket::open(&scene.server);
    stuck.subscribe(&scene.account.hash, &ids);
    let mut reading = Socket::open(&scene.server);
    reading.subscribe(&scene.account.hash, &ids[..1]);

    let mut tracker = Tracker::online(scene.server.device("teltonika"), IMEI);
    let start_ms = e2e::now_ms();
    for packet in 0..200_i64 {
        let report = |index| Report { time_ms: start_ms + packet * 50 + index, ..Report::at_speed(10) };
        let records: Vec<_> = (0..50).map(|index| record(&report(index), Vec::new())).collect();
        tracker.upload(&records);
    }
    tracker.report(&Report { time_ms: start_ms + 11_000, ..Report::at_speed(99) });
    reading.until("the last report", |message| message["data"]["gps"]["speed"] == 99);
    scene.unharmed();
}

#[test]
fn floods_of_pings_and_fragments_on_a_socket_harm_nobody() {
    let mut scene = scene();
    // Masked with zeros, so that the bytes are what they look like.
    let ping = [0x89, 0x80, 0, 0, 0, 0];
    let mut socket = Socket::open(&scene.server);
    let _ = socket.raw().write_all(&ping.repeat(20_000));
    let fragment = [0x00, 0x81, 0, 0, 0, 0, b'a'];
    let mut socket = Socket::open(&scene.server);
    let _ = socket.raw().write_all(&[&[0x01, 0x81, 0, 0, 0, 0, b'a'], &fragment.repeat(300_000)[..]].concat());
    scene.unharmed();
}
