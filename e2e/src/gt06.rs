//! A GT06 unit under the test's control, frame by frame.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crc::{CRC_16_IBM_SDLC, Crc};

use crate::http::Report;
use crate::wait::DEADLINE;

const STOP: [u8; 2] = *b"\r\n";

/// A frame of the short form.
pub fn frame(kind: u8, content: &[u8], serial: u16) -> Vec<u8> {
    let length = u8::try_from(content.len() + 5).expect("a short frame");
    let counted = [&[length, kind][..], content, &serial.to_be_bytes()].concat();
    let checksum = Crc::<u16>::new(&CRC_16_IBM_SDLC).checksum(&counted);
    [&[0x78, 0x78][..], &counted, &checksum.to_be_bytes(), &STOP].concat()
}

/// A login.
pub fn login(imei: &str) -> Vec<u8> {
    let digits: Vec<u8> = format!("0{imei}").bytes().map(|digit| digit - b'0').collect();
    let content: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    frame(0x01, &content, 1)
}

/// A position of the classic kind, north and east, without its cell.
pub fn position(report: &Report, serial: u16) -> Vec<u8> {
    let at = model::Timestamp::from_ms(report.time_ms).expect("in range").civil(0);
    let year = u8::try_from(at.year - 2000).expect("two digits");
    let parts = |degrees: f64| ((degrees * 1_800_000.0).round() as u32).to_be_bytes();
    // With a fix, northern.
    let flags = 1 << 12 | 1 << 10 | report.heading_deg;
    let speed = u8::try_from(report.speed_kmh).expect("one byte");
    let content = [
        &[year, at.month, at.day, at.hour, at.minute, at.second, 0xC0 | report.satellites][..],
        &parts(report.latitude),
        &parts(report.longitude),
        &[speed],
        &flags.to_be_bytes(),
    ]
    .concat();
    frame(0x10, &content, serial)
}

/// A connection that speaks as a unit does.
#[derive(Debug)]
pub struct Gt06 {
    stream: TcpStream,
}

impl Gt06 {
    /// Connects and logs in.
    #[track_caller]
    pub fn online(address: SocketAddr, imei: &str) -> Gt06 {
        let mut unit = Gt06::connect(address);
        unit.send(&login(imei));
        assert_eq!(unit.frame(), Some(frame(0x01, &[], 1)), "the login of {imei} is accepted");
        unit
    }

    /// Connects without a word.
    pub fn connect(address: SocketAddr) -> Gt06 {
        let stream = TcpStream::connect(address).expect("the listener accepts");
        stream.set_nodelay(true).expect("a TCP option");
        stream.set_read_timeout(Some(DEADLINE)).expect("a TCP option");
        Gt06 { stream }
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("sent");
    }

    /// The next frame from the server; `None` when it closes instead.
    #[track_caller]
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        let mut head = [0; 3];
        self.stream.read_exact(&mut head).ok()?;
        let mut rest = vec![0; usize::from(head[2]) + STOP.len()];
        self.stream.read_exact(&mut rest).expect("a frame to its end");
        Some([&head[..], &rest].concat())
    }

    /// Sends a position and waits for its acknowledgement.
    #[track_caller]
    pub fn report(&mut self, report: &Report, serial: u16) {
        self.send(&position(report, serial));
        assert_eq!(self.frame(), Some(frame(0x10, &[], serial)), "the position is acknowledged");
    }
}
