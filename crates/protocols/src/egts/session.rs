//! The conversation with one terminal, or with a platform that forwards.

use model::Order;

use super::answer::{Answered, Sender};
use super::package::{Group, Package, Verdict, result};
use super::record::{Record, Subrecord, offset, service};
use super::{auth, command, frame, teledata};
use crate::Limits;
use crate::bytes::Reader;
use crate::draft::Draft;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, OrderRefused, Reject};

/// Under this name a message of the device is kept.
const TEXT_MESSAGE: &str = "text_message";

pub(super) struct Egts {
    sender: Sender,
    /// The package at the front, as far as it is not read yet.
    package: Option<Package>,
    /// Whoever speaks has said who it is: objects of records do not count.
    is_terminal: bool,
    last_command: u32,
}

/// Somebody wants to be authorised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Authorising {
    Nobody,
    Terminal,
    Dispatcher,
}

impl Egts {
    pub(super) fn new() -> Self {
        Self { sender: Sender::new(), package: None, is_terminal: false, last_command: 0 }
    }

    /// Takes the group at the front out.
    fn group(&mut self) -> Option<(u16, Verdict, Group)> {
        let package = self.package.as_mut()?;
        let group = package.groups.pop_front()?;
        let (number, verdict) = (package.number, package.verdict.clone());
        if package.groups.is_empty() {
            self.package = None;
        }
        Some((number, verdict, group))
    }

    fn on_records(&mut self, frame: &[u8], number: u16, group: &Group, context: &Context<'_>, said: &mut Said<u32>) {
        let mut answered = Vec::new();
        let mut authorising = Authorising::Nobody;
        let mut r = Reader::new(&frame[group.records.clone()]);
        let mut is_whole = true;
        while r.remaining() > 0 {
            let at = group.records.end - r.remaining();
            let Ok(record) = Record::next(&mut r) else {
                said.fault(at, Reject::Truncated);
                is_whole = false;
                break;
            };
            let wants = on_record(frame, &record, context, said);
            if wants != Authorising::Nobody {
                authorising = wants;
            }
            answered.push(Answered { number: record.number, service: record.service, result: result::OK });
        }
        let word = if is_whole || !answered.is_empty() { result::OK } else { result::DATA_FORMAT };
        said.when_stored = self.sender.response(number, word, &answered);
        if authorising != Authorising::Nobody {
            self.is_terminal = authorising == Authorising::Terminal;
            said.when_stored.extend(self.sender.authorisation(true));
        }
    }
}

/// What the sender of a record hears that is not registered: its question was understood, its data not taken.
fn refused(record: &Record<'_>) -> Answered {
    let result = if record.service == service::AUTH { result::OK } else { result::UNKNOWN_DEVICE };
    Answered { number: record.number, service: record.service, result }
}

/// Reads one record; who wants to be authorised by it.
fn on_record(frame: &[u8], record: &Record<'_>, context: &Context<'_>, said: &mut Said<u32>) -> Authorising {
    let max = context.limits.text_bytes_max;
    let mut draft = teledata::begin(record, max);
    let mut authorising = Authorising::Nobody;
    for part in record.subrecords() {
        let Ok(part) = part else {
            said.fault(offset(frame, record.subrecords), Reject::Truncated);
            break;
        };
        let taken = match (record.service, part.kind) {
            (service::AUTH, kind) => {
                match kind {
                    auth::TERMINAL => authorising = Authorising::Terminal,
                    auth::DISPATCHER => authorising = Authorising::Dispatcher,
                    _ => {}
                }
                auth::take(&part, &mut draft)
            }
            (service::COMMANDS, command::COMMAND_DATA) => on_words(&part, max, &mut draft, said),
            // A confirmation of what the server sent.
            (_, 0) => Ok(()),
            (service, _) => teledata::take(service, &part, &mut draft),
        };
        if taken.is_err() {
            said.fault(offset(frame, part.data), Reject::Truncated);
        }
    }
    said.reports.extend(draft.finish());
    authorising
}

/// A device answers, or says something by itself.
fn on_words(
    part: &Subrecord<'_>,
    text_bytes_max: usize,
    draft: &mut Draft,
    said: &mut Said<u32>,
) -> Result<(), crate::bytes::Truncated> {
    let Some(heard) = command::heard(part.data, text_bytes_max)? else { return Ok(()) };
    if heard.is_message {
        draft.own_text(TEXT_MESSAGE, heard.reply.text.as_bytes());
    }
    if heard.is_refusal {
        said.refuse(Some(heard.command), heard.reply.text);
    } else {
        said.answer(Some(heard.command), heard.reply);
    }
    Ok(())
}

impl Codec for Egts {
    type Awaited = u32;

    fn front(&mut self, bytes: &[u8], _limits: &Limits) -> Front {
        if self.package.is_none() {
            match frame::front(bytes) {
                Front::Frame(n) => self.package = Some(Package::of(&bytes[..n], self.is_terminal)),
                other => return other,
            }
        }
        let group = self.package.as_ref().and_then(|package| package.groups.front());
        group.map_or(Front::Noise(1), |group| Front::Frame(group.bytes))
    }

    fn claim(&mut self, _frame: &[u8], _limits: &Limits) -> Claim {
        let claim = self.package.as_ref().and_then(|package| package.groups.front()).map(|group| group.claim.clone());
        // What names itself wrongly is answered, too.
        claim.filter(|claim| *claim != Claim::Bad).unwrap_or(Claim::Anyone)
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<u32>) {
        let Some((number, verdict, group)) = self.group() else { return said.bad(0, Reject::Truncated) };
        if group.claim == Claim::Bad {
            said.bad(group.records.start, Reject::BadIdentity);
            said.at_once = self.sender.response(number, result::DATA_FORMAT, &[]);
            return;
        }
        match verdict {
            Verdict::Data => self.on_records(frame, number, &group, context, said),
            Verdict::Response => {}
            Verdict::Damaged { found, computed } => {
                let (found, computed) = (u32::from(found), u32::from(computed));
                let at = frame.len().saturating_sub(2);
                if said.checksum(found, computed, at, ChecksumPolicy::Enforce, context.settings) {
                    self.on_records(frame, number, &group, context, said);
                } else {
                    said.at_once = self.sender.response(number, result::DATA_CHECKSUM, &[]);
                }
            }
            Verdict::Refused(word, reason) => {
                said.bad(0, reason);
                said.at_once = self.sender.response(number, word, &[]);
            }
        }
    }

    fn refusal(&mut self, frame: &[u8]) -> Vec<u8> {
        let Some((number, _, group)) = self.group() else { return Vec::new() };
        let mut r = Reader::new(&frame[group.records]);
        let records: Vec<Record<'_>> = std::iter::from_fn(|| Record::next(&mut r).ok()).collect();
        let is_terminal = self.is_terminal || records.iter().any(|record| auth::terminal(record).is_some());
        let answered: Vec<Answered> = records.iter().map(refused).collect();
        let mut words = self.sender.response(number, result::OK, &answered);
        if is_terminal {
            self.is_terminal = true;
            words.extend(self.sender.authorisation(false));
        }
        words
    }

    /// A platform goes on with its other devices.
    fn stays_after_refusal(&self, _frame: &[u8]) -> bool {
        !self.is_terminal
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<u32>, OrderRefused> {
        let words = command::words(order, context.limits)?;
        self.last_command = self.last_command.wrapping_add(1);
        let object = context.device.and_then(|device| device.as_str().parse().ok()).filter(|_| !self.is_terminal);
        let message = command::message(self.last_command, &words);
        let bytes = self.sender.record(object, service::COMMANDS, &message);
        Ok(Encoded { bytes, awaits: Some(self.last_command) })
    }

    fn answers(&self, awaited: &u32, key: &u32) -> bool {
        awaited == key
    }
}
