//! A Teltonika unit under the test's control, byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use model::Timestamp;
use simulator::geo::Place;
pub use simulator::wire::teltonika::{Codec, Element, Record};
use simulator::wire::teltonika::{Priority, encode_login, encode_packet};

use crate::http::Report;
use crate::wait::DEADLINE;

/// An element id that no list of known elements has, for numbering records.
pub const NUMBER_ELEMENT: u16 = 900;

/// A record with these elements.
pub fn record(report: &Report, elements: Vec<Element>) -> Record {
    Record {
        time: Timestamp::from_ms(report.time_ms).expect("a test's time is in range"),
        priority: Priority::Low,
        place: Place { latitude: report.latitude, longitude: report.longitude },
        altitude_m: 18,
        angle_deg: report.heading_deg,
        satellites: report.satellites,
        speed_kmh: report.speed_kmh,
        event: 0,
        elements,
    }
}

/// A login as bytes.
pub fn login(imei: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_login(imei, &mut bytes);
    bytes
}

/// A packet of all these records as bytes.
pub fn packet(codec: Codec, records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = encode_packet(codec, records, usize::MAX, &mut bytes);
    assert_eq!(written, records.len(), "all of them fit into one packet");
    bytes
}

/// An answer to a command, as bytes: codec 12.
pub fn answer(text: &str) -> Vec<u8> {
    codec_12(6, text)
}

/// A frame of codec 12; kind 5 goes to the unit, 6 comes from it.
fn codec_12(kind: u8, text: &str) -> Vec<u8> {
    let mut data = vec![0x0C, 1, kind];
    data.extend((text.len() as u32).to_be_bytes());
    data.extend(text.as_bytes());
    data.push(1);
    let mut frame = vec![0; 4];
    frame.extend((data.len() as u32).to_be_bytes());
    frame.extend(&data);
    frame.extend(u32::from(crc16_arc(&data)).to_be_bytes());
    frame
}

fn crc16_arc(data: &[u8]) -> u16 {
    let step = |crc: u16, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 };
    data.iter().fold(0, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), step))
}

/// A connection that speaks as a unit does.
#[derive(Debug)]
pub struct Tracker {
    stream: TcpStream,
}

impl Tracker {
    /// Connects without a word.
    pub fn connect(address: SocketAddr) -> Tracker {
        Tracker::try_connect(address, DEADLINE).expect("the listener accepts")
    }

    /// Connects, with a limit on every wait.
    pub fn try_connect(address: SocketAddr, patience: Duration) -> std::io::Result<Tracker> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Tracker { stream })
    }

    /// Connects and logs in.
    #[track_caller]
    pub fn online(address: SocketAddr, imei: &str) -> Tracker {
        let mut tracker = Tracker::connect(address);
        assert_eq!(tracker.log_in(imei).expect("an answer to the login"), 1, "the login of {imei} is accepted");
        tracker
    }

    /// Sends the login; gives the answer byte.
    pub fn log_in(&mut self, imei: &str) -> std::io::Result<u8> {
        self.send(&login(imei))?;
        self.byte()
    }

    /// Reads one byte: the answer to a login.
    pub fn byte(&mut self) -> std::io::Result<u8> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one acknowledgement: how many records are stored.
    pub fn acknowledged(&mut self) -> std::io::Result<u32> {
        let mut count = [0; 4];
        self.stream.read_exact(&mut count)?;
        Ok(u32::from_be_bytes(count))
    }

    /// Reads exactly one command, which must say this.
    #[track_caller]
    pub fn is_told(&mut self, command: &str) {
        let wanted = codec_12(5, command);
        let mut frame = vec![0; wanted.len()];
        self.stream.read_exact(&mut frame).expect("a command");
        assert_eq!(frame, wanted, "{command}");
    }

    /// Answers a command.
    pub fn answer(&mut self, text: &str) {
        self.send(&answer(text)).expect("the server reads");
    }

    /// Sends records in one packet and waits for their acknowledgement.
    pub fn try_upload(&mut self, codec: Codec, records: &[Record]) -> std::io::Result<u32> {
        self.send(&packet(codec, records))?;
        self.acknowledged()
    }

    /// As [`Tracker::try_upload`], codec 8 Extended, and all of them must be acknowledged.
    #[track_caller]
    pub fn upload(&mut self, records: &[Record]) {
        let stored = self.try_upload(Codec::EightExtended, records).expect("an acknowledgement");
        assert_eq!(stored as usize, records.len(), "acknowledged records");
    }

    /// Uploads one report without elements.
    #[track_caller]
    pub fn report(&mut self, report: &Report) {
        self.upload(&[record(report, Vec::new())]);
    }

    /// Whether the server closes the connection without sending more.
    pub fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(count) => count == 0,
            Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
        }
    }
}
