//! Devices that speak HTTP: raw enough to send what no client library would.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use serde_json::{Value, json};

use crate::times::now_ms;
use crate::wait::DEADLINE;

/// An answer on a raw connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header lines, lower case.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A kept-alive HTTP/1.1 connection on which bytes are sent as they are.
#[derive(Debug)]
pub struct HttpConnection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl HttpConnection {
    /// Connects.
    pub fn open(address: SocketAddr) -> HttpConnection {
        let stream = TcpStream::connect(address).expect("the listener accepts");
        stream.set_nodelay(true).expect("a TCP option");
        stream.set_read_timeout(Some(DEADLINE)).expect("a TCP option");
        HttpConnection { stream, read: Vec::new() }
    }

    /// Sends bytes as they are; an error means that the server closed.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a request with a body of known length.
    #[track_caller]
    pub fn request(&mut self, method: &str, target: &str, content_type: &str, body: &[u8]) -> Answer {
        self.send(&request(method, target, content_type, body)).expect("the server reads");
        self.answer()
    }

    /// The next answer.
    ///
    /// # Panics
    /// When the server closes or stays silent instead.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        self.try_answer().unwrap_or_else(|| panic!("closed without an answer; unfinished: {:?}", self.read_text()))
    }

    /// The next answer, or `None` when the server closes instead.
    #[track_caller]
    pub fn try_answer(&mut self) -> Option<Answer> {
        loop {
            if let Some((answer, used)) = parse(&self.read) {
                self.read.drain(..used);
                return Some(answer);
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(count) => self.read.extend_from_slice(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no answer: {error}; read {:?}", self.read_text()),
            }
        }
    }

    /// Reads until the server closes.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn closed(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline {
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => return,
                Err(error) => panic!("not closed: {error}"),
            }
        }
        panic!("not closed: it goes on sending");
    }

    fn read_text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }
}

/// A request as bytes.
pub(crate) fn request(method: &str, target: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: device\r\n").into_bytes();
    if !content_type.is_empty() {
        bytes.extend_from_slice(format!("Content-Type: {content_type}\r\n").as_bytes());
    }
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The first whole answer in `read` and its length. Interim answers (1xx) are skipped.
fn parse(read: &[u8]) -> Option<(Answer, usize)> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
    let status: u16 = head.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a status line");
    if (100..200).contains(&status) {
        return parse(&read[end..]).map(|(answer, used)| (answer, used + end));
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |text| text.trim().parse().expect("a length"));
    let body = read.get(end..end + length)?.to_vec();
    Some((Answer { status, head, body }, end + length))
}

/// What a test device reports. The defaults are a valid position of now.
#[derive(Debug, Clone)]
pub struct Report {
    /// When, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Kilometres an hour.
    pub speed_kmh: u16,
    /// Degrees from north.
    pub heading_deg: u16,
    /// In use.
    pub satellites: u8,
}

impl Default for Report {
    fn default() -> Self {
        Report {
            time_ms: now_ms(),
            latitude: 41.387015,
            longitude: 2.170047,
            speed_kmh: 47,
            heading_deg: 132,
            satellites: 9,
        }
    }
}

impl Report {
    /// A report that tells itself from others by its speed.
    pub fn at_speed(speed_kmh: u16) -> Report {
        Report { speed_kmh, ..Report::default() }
    }
}

/// The body of an NGP message; members of `more` are added or replace.
pub fn ngp_body(device_id: &str, report: &Report, more: &Value) -> Value {
    let time = jiff::Timestamp::from_millisecond(report.time_ms).expect("in range");
    let mut body = json!({
        "message_time": time.to_string(), "device_id": device_id,
        "location": {
            "latitude": report.latitude, "longitude": report.longitude, "speed": report.speed_kmh,
            "heading": report.heading_deg, "satellites": report.satellites, "altitude": 18,
        },
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

/// Sends one NGP message on a connection of its own and gives the status.
#[track_caller]
pub fn ngp(address: SocketAddr, body: &Value) -> u16 {
    HttpConnection::open(address).request("POST", "/", "application/json", body.to_string().as_bytes()).status
}

/// The target of an OsmAnd request; speed goes in knots, as that protocol has it.
pub fn osmand_query(device_id: &str, report: &Report) -> String {
    format!(
        "/?id={device_id}&timestamp={}&lat={}&lon={}&speed={}&bearing={}&altitude=18&batt=87",
        report.time_ms,
        report.latitude,
        report.longitude,
        f64::from(report.speed_kmh) / 1.852,
        report.heading_deg,
    )
}
