//! A Ruptela unit under the test's control, packet by packet.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crc::{CRC_16_KERMIT, Crc};

use crate::http::Report;
use crate::wait::DEADLINE;

/// What releases records from a unit's memory.
pub const STORED: [u8; 6] = [0, 2, 100, 1, 0x13, 0xBC];
/// What makes a unit keep them.
pub const NOT_STORED: [u8; 6] = [0, 2, 100, 0, 0x02, 0x35];

fn close(counted: &[u8]) -> Vec<u8> {
    let length = u16::try_from(counted.len()).expect("a short packet").to_be_bytes();
    let checksum = Crc::<u16>::new(&CRC_16_KERMIT).checksum(counted).to_be_bytes();
    [&length[..], counted, &checksum].concat()
}

/// A packet of the server, without its length and checksum: a command and its content.
pub fn told(command: u8, content: &[u8]) -> Vec<u8> {
    close(&[&[command], content].concat())
}

/// A packet of the unit.
pub fn packet(imei: &str, command: u8, content: &[u8]) -> Vec<u8> {
    let imei: u64 = imei.parse().expect("digits");
    close(&[&imei.to_be_bytes()[..], &[command], content].concat())
}

/// A packet of one record with these elements of one byte.
pub fn record(imei: &str, report: &Report, elements: &[(u8, u8)]) -> Vec<u8> {
    let e7 = |degrees: f64| ((degrees * 1e7).round() as i32).to_be_bytes();
    let s = u32::try_from(report.time_ms / 1000).expect("in range");
    let content = [
        &[0, 1][..],
        &s.to_be_bytes(),
        &[0, 0],
        &e7(report.longitude),
        &e7(report.latitude),
        &180u16.to_be_bytes(),
        &(report.heading_deg * 100).to_be_bytes(),
        &[report.satellites],
        &report.speed_kmh.to_be_bytes(),
        &[9, 7, u8::try_from(elements.len()).expect("few")],
        &elements.iter().flat_map(|(id, value)| [*id, *value]).collect::<Vec<u8>>(),
        &[0, 0, 0],
    ]
    .concat();
    packet(imei, 1, &content)
}

/// A connection that speaks as a unit does.
#[derive(Debug)]
pub struct Ruptela {
    stream: TcpStream,
}

impl Ruptela {
    /// Connects without a word: packets name their unit.
    pub fn connect(address: SocketAddr) -> Ruptela {
        let stream = TcpStream::connect(address).expect("the listener accepts");
        stream.set_nodelay(true).expect("a TCP option");
        stream.set_read_timeout(Some(DEADLINE)).expect("a TCP option");
        Ruptela { stream }
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("sent");
    }

    /// The next packet from the server; `None` when it closes instead.
    #[track_caller]
    pub fn packet(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 2];
        self.stream.read_exact(&mut length).ok()?;
        let mut rest = vec![0; usize::from(u16::from_be_bytes(length)) + 2];
        self.stream.read_exact(&mut rest).expect("a packet to its end");
        Some([&length[..], &rest].concat())
    }
}
