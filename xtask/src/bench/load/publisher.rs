//! Devices whose reports the clients see: pipelined requests of the Navixy Generic Protocol on a few connections,
//! as a platform in front of many devices sends them.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use memchr::memmem;
use model::Timestamp;
use simulator::Sample;
use simulator::geo::Place;
use simulator::wire::ngp::{Message, encode_request};

use super::link::{Link, Poller};

const CONNECTIONS: usize = 16;
/// Bytes that may wait to be written on a connection before it is passed over.
const WAITING_BYTES_MAX: usize = 64 * 1024;

/// What stands before an update's number in a state: it travels in the latitude, as the digits after `10.`.
pub(super) const MARKER: &[u8] = b"\"lat\":10.";
/// Digits of the number. One more, never a zero, stands behind them and keeps them all.
pub(super) const SEQ_DIGITS: usize = 7;
/// Updates are numbered anew after so many.
pub(super) const SEQ_MAX: u64 = 10_000_000;

const LATITUDE: f64 = 10.111_111_11;
const LATITUDE_TEXT: &[u8] = b"10.11111111";

pub(super) struct Publisher {
    links: Vec<Link>,
    /// A request for each device.
    requests: Vec<Request>,
    time: (i64, String),
}

/// A request, and where the parts are that change.
struct Request {
    bytes: Vec<u8>,
    seq_at: usize,
    time_at: usize,
}

impl Publisher {
    /// Connects; ids in `poller` begin with `first_id`.
    pub(super) fn connect(address: SocketAddr, devices: &[String], poller: &Poller, first_id: usize) -> Result<Self> {
        let mut links = Vec::new();
        for number in 0..CONNECTIONS {
            let link = Link::connect(address)?;
            poller.add(&link, first_id + number)?;
            links.push(link);
        }
        let host = address.to_string();
        let requests = devices.iter().map(|device| Request::of(device, &host)).collect::<Result<_>>()?;
        Ok(Self { links, requests, time: (0, String::new()) })
    }

    /// Puts an update of a device into its connection's buffer; false when that is full.
    pub(super) fn put(&mut self, device: usize, seq: u64, now: Timestamp) -> bool {
        let link = &mut self.links[device % CONNECTIONS];
        if link.waiting_bytes() > WAITING_BYTES_MAX {
            return false;
        }
        if self.time.0 != now.ms() {
            self.time = (now.ms(), now.to_string());
        }
        let request = &mut self.requests[device];
        put_digits(seq % SEQ_MAX, &mut request.bytes[request.seq_at..][..SEQ_DIGITS]);
        request.bytes[request.time_at..][..self.time.1.len()].copy_from_slice(self.time.1.as_bytes());
        link.out.extend_from_slice(&request.bytes);
        true
    }

    /// Writes what was put, as far as the connections take it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.links.iter_mut().filter(|link| link.waiting_bytes() > 0).try_for_each(|link| link.flush().map(|_| ()))
    }

    /// Reads the answers of a connection, and looks no further at them.
    pub(super) fn read(&mut self, connection: usize, buffer: &mut [u8]) -> io::Result<()> {
        self.links[connection].read(buffer).map(|_| ())
    }
}

impl Request {
    fn of(device: &str, host: &str) -> Result<Self> {
        let time = Timestamp::from_ms_clamped(0);
        let sample = Sample {
            time,
            place: Place { latitude: LATITUDE, longitude: -90.990_372_59 },
            altitude_m: 431,
            heading_deg: 248,
            speed_kmh: 42.0,
            satellites: 11,
            ignition: true,
            moving: true,
            door_open: false,
            external_mv: 12_634,
            battery_mv: 4_012,
            battery_level: 87,
            gsm_level: 4,
            odometer_m: 1_234_567,
            happening: None,
        };
        let mut bytes = Vec::new();
        encode_request(host, &Message::from_sample(device, &sample), &mut bytes)?;
        let find = |text: &[u8]| memmem::find(&bytes, text).context("the request is not as expected");
        let seq_at = find(LATITUDE_TEXT)? + b"10.".len();
        let time_at = find(time.to_string().as_bytes())?;
        Ok(Self { bytes, seq_at, time_at })
    }
}

fn put_digits(mut number: u64, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_places_for_number_and_time() {
        let request = Request::of("bench-000001", "127.0.0.1:1").unwrap();
        let text = |at: usize, len: usize| std::str::from_utf8(&request.bytes[at..at + len]).unwrap();
        assert_eq!(text(request.seq_at - 3, 12), "10.11111111,");
        assert_eq!(text(request.time_at, 25), "1970-01-01T00:00:00.000Z\"");
        let mut digits = *b"xxxxxxx";
        put_digits(1_203, &mut digits);
        assert_eq!(&digits, b"0001203");
    }
}
