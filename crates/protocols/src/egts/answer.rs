//! What the server says by itself: responses to packages, and whether one is authorised.

use super::auth;
use super::frame::around;
use super::package::result;
use super::record::service;

/// So many records find room in one response.
const RECORDS_MAX: usize = 4_096;
const RESPONSE: u8 = 0;
const DATA: u8 = 1;

/// Counts what is sent on one connection.
pub(super) struct Sender {
    package: u16,
    record: u16,
}

/// A record that is answered: its number, its service, and what became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Answered {
    pub(super) number: u16,
    pub(super) service: u8,
    pub(super) result: u8,
}

impl Sender {
    pub(super) fn new() -> Self {
        const PACKAGE_FIRST: u16 = 100;
        Self { package: PACKAGE_FIRST, record: 1 }
    }

    /// The number of the next package of ours.
    fn package(&mut self, kind: u8, body: &[u8]) -> Vec<u8> {
        let number = self.package;
        self.package = number.wrapping_add(1);
        around(number, kind, body)
    }

    /// Answers a package and the records of it.
    pub(super) fn response(&mut self, package: u16, result: u8, records: &[Answered]) -> Vec<u8> {
        let mut all = Vec::new();
        let mut rest = records;
        loop {
            let (here, later) = rest.split_at(rest.len().min(RECORDS_MAX));
            let mut body = package.to_le_bytes().to_vec();
            body.push(result);
            for (nth, answered) in (0u16..).zip(here) {
                let [low, high] = answered.number.to_le_bytes();
                let part = [RESPONSE, 3, 0, low, high, answered.result];
                put_record(nth, None, answered.service, &part, &mut body);
            }
            all.extend(self.package(RESPONSE, &body));
            rest = later;
            if rest.is_empty() {
                return all;
            }
        }
    }

    /// Tells whoever wants to be authorised what became of that.
    pub(super) fn authorisation(&mut self, is_known: bool) -> Vec<u8> {
        let result = if is_known { result::OK } else { result::UNKNOWN_DEVICE };
        self.record(None, service::AUTH, &[auth::RESULT, 1, 0, result])
    }

    /// A package with one record.
    pub(super) fn record(&mut self, object: Option<u32>, service: u8, parts: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        put_record(self.record, object, service, parts, &mut body);
        self.record = self.record.wrapping_add(1);
        self.package(DATA, &body)
    }
}

fn put_record(number: u16, object: Option<u32>, service: u8, parts: &[u8], body: &mut Vec<u8>) {
    // What is sent is far shorter than the length can say.
    let bytes = u16::try_from(parts.len()).unwrap_or(u16::MAX);
    body.extend_from_slice(&bytes.to_le_bytes());
    body.extend_from_slice(&number.to_le_bytes());
    body.push(u8::from(object.is_some()));
    if let Some(object) = object {
        body.extend_from_slice(&object.to_le_bytes());
    }
    body.extend_from_slice(&[service, service]);
    body.extend_from_slice(parts);
}
