//! What a package is, and the groups of records in it that are about one device each.
//!
//! A terminal's package is one group. A platform that forwards puts records of many devices into one; each run of the
//! same device is read, stored and answered by itself.

use std::collections::VecDeque;
use std::ops::Range;

use model::DeviceId;

use super::auth;
use super::frame::{Head, body_checksum, head};
use super::record::{Record, service};
use crate::bytes::Reader;
use crate::framed::Claim;
use crate::session::Reject;

/// What the result of processing is called.
pub(super) mod result {
    pub(in crate::egts) const OK: u8 = 0;
    pub(in crate::egts) const DATA_FORMAT: u8 = 132;
    pub(in crate::egts) const UNKNOWN_KIND: u8 = 133;
    pub(in crate::egts) const HEADER_CHECKSUM: u8 = 137;
    pub(in crate::egts) const DATA_CHECKSUM: u8 = 138;
    pub(in crate::egts) const UNREADABLE: u8 = 149;
    pub(in crate::egts) const UNKNOWN_DEVICE: u8 = 153;
}

/// What is to become of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It is read.
    Data,
    /// It answers one of ours.
    Response,
    /// Its body is damaged.
    Damaged { found: u16, computed: u16 },
    /// It cannot be used, and its sender hears this.
    Refused(u8, Reject),
}

/// A package that is being read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Package {
    pub(super) number: u16,
    pub(super) verdict: Verdict,
    /// Those that are still to be read; at least one.
    pub(super) groups: VecDeque<Group>,
}

/// A run of records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Group {
    /// How much of the package it is, with the header or checksum that goes with it.
    pub(super) bytes: usize,
    /// Where in that its records stand.
    pub(super) records: Range<usize>,
    pub(super) claim: Claim,
}

const RESPONSE: u8 = 0;
const DATA: u8 = 1;
const SIGNED: u8 = 2;

impl Package {
    /// Looks at a whole package. `is_terminal`: whoever speaks has said who it is, and objects do not count.
    pub(super) fn of(frame: &[u8], is_terminal: bool) -> Self {
        let Ok(head) = head(frame) else {
            return Self::single(frame, 0, Verdict::Refused(result::DATA_FORMAT, Reject::Truncated));
        };
        if head.found != head.computed {
            let reason = Reject::Checksum { found: head.found.into(), computed: head.computed.into() };
            return Self::single(frame, head.number, Verdict::Refused(result::HEADER_CHECKSUM, reason));
        }
        let (found, computed) = body_checksum(frame, &head);
        if found != computed {
            return Self::single(frame, head.number, Verdict::Damaged { found, computed });
        }
        match head.kind {
            _ if !head.is_readable => {
                Self::single(frame, head.number, Verdict::Refused(result::UNREADABLE, Reject::UnknownKind(head.kind)))
            }
            RESPONSE => Self::single(frame, head.number, Verdict::Response),
            DATA | SIGNED => {
                let records = records(frame, &head);
                let groups = groups(frame, records, is_terminal);
                Self { number: head.number, verdict: Verdict::Data, groups }
            }
            kind => Self::single(frame, head.number, Verdict::Refused(result::UNKNOWN_KIND, Reject::UnknownKind(kind))),
        }
    }

    /// One that is not taken apart.
    fn single(frame: &[u8], number: u16, verdict: Verdict) -> Self {
        let records = head(frame).map_or(0..0, |head| records(frame, &head));
        let group = Group { bytes: frame.len(), records, claim: Claim::Anyone };
        Self { number, verdict, groups: VecDeque::from([group]) }
    }
}

/// Where in a package its records stand: after the header, and the signature if it is signed.
fn records(frame: &[u8], head: &Head) -> Range<usize> {
    let end = (head.bytes + head.body_bytes).min(frame.len());
    let mut start = head.bytes.min(end);
    if head.kind == SIGNED {
        let mut r = Reader::new(&frame[start..end]);
        start = match r.u16_le() {
            Ok(bytes) => (start + 2 + usize::from(bytes)).min(end),
            Err(_) => end,
        };
    }
    start..end
}

/// Divides the records. What cannot be read as a record goes with the last.
fn groups(frame: &[u8], range: Range<usize>, is_terminal: bool) -> VecDeque<Group> {
    let records = &frame[range.clone()];
    let mut runs: Vec<(usize, Claim)> = Vec::new();
    let mut object = None;
    let mut r = Reader::new(records);
    while r.remaining() > 0 {
        let at = records.len() - r.remaining();
        let Ok(record) = Record::next(&mut r) else { break };
        if let Some(claim) = auth::terminal(&record) {
            // Whoever says who it is speaks for the whole package.
            runs = vec![(0, claim)];
            break;
        }
        object = record.object.or(object);
        let claim = match object.filter(|_| !is_terminal) {
            Some(object) => DeviceId::new(&object.to_string()).map_or(Claim::Bad, Claim::Device),
            None if record.service == service::AUTH => Claim::Anyone,
            None => Claim::None,
        };
        match runs.last() {
            Some((_, last)) if *last == claim || is_terminal => {}
            _ => runs.push((at, claim)),
        }
    }
    if runs.is_empty() {
        runs.push((0, Claim::Anyone));
    }
    let ends: Vec<usize> = runs.iter().skip(1).map(|(at, _)| *at).chain([records.len()]).collect();
    let last = runs.len() - 1;
    let group = |(nth, (at, claim)): (usize, (usize, Claim))| {
        let before = if nth == 0 { range.start } else { 0 };
        let after = if nth == last { frame.len() - range.end } else { 0 };
        let bytes = ends[nth] - at;
        Group { bytes: before + bytes + after, records: before..before + bytes, claim }
    };
    runs.into_iter().enumerate().map(group).collect()
}
