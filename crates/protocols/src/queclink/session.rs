//! The conversation with a Queclink device.

use std::borrow::Cow;

use model::{CommandReply, DeviceId, Order};

use super::block::Form;
use super::command::{Awaited, Words, encode, serial_of};
use super::frame::{SENTENCES, TAGGED, front};
use super::line::Line;
use super::sentence::{Head, Sentence, identifier};
use super::{accessory, binary, can, eri, events, info, obd, position, single, tagged};
use crate::Limits;
use crate::bytes::{hex, text};
use crate::draft::Draft;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::levels;
use crate::session::{OrderRefused, Reject};

/// What is remembered of the device that speaks.
pub(super) struct Queclink {
    line: Line,
    /// Its name, as it was last told.
    name: String,
    /// What the next command is numbered with. Counts down, because devices' own examples begin at the end.
    serial: u16,
    /// The request for levels that waits for a report.
    levels: Option<u16>,
}

impl Default for Queclink {
    fn default() -> Self {
        Self { line: Line { model: "" }, name: String::new(), serial: u16::MAX, levels: None }
    }
}

const NAME_BYTES_MAX: usize = 64;

impl Codec for Queclink {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        front(bytes, limits)
    }

    fn claim(&mut self, frame: &[u8], _limits: &Limits) -> Claim {
        if frame.starts_with(TAGGED) {
            return tagged::identity(frame).and_then(|id| DeviceId::new(&id)).map_or(Claim::Bad, Claim::Device);
        }
        if !is_sentence(frame) {
            // Where the identifier stands in the kinds that are not decoded may not hold for every device.
            let if_none = if binary::is_positions(frame) { Claim::Bad } else { Claim::Anyone };
            return binary::identity(frame).and_then(|id| DeviceId::new(&id)).map_or(if_none, Claim::Device);
        }
        let words = words(frame);
        identifier(&words).and_then(DeviceId::new).map_or(Claim::Bad, Claim::Device)
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        if !is_sentence(frame) {
            return self.binary(frame, context, said);
        }
        let words = words(frame);
        let Some(mut s) = Sentence::of(&words) else { return said.bad(0, Reject::Truncated) };
        if s.line.model.is_empty() {
            s.line = Line::of_settings(context.settings);
        }
        self.line = s.line;
        if s.kind != "GSM" && self.name != s.at(0) {
            self.name = text(s.at(0).as_bytes(), NAME_BYTES_MAX);
        }
        match (s.head, s.kind) {
            (Head::Answer, "HBD") => {
                said.at_once.extend(format!("+SACK:GTHBD,{},{}$", s.version, s.count).bytes());
            }
            (Head::Answer, _) => self.on_answer(&s, said),
            _ => {
                said.reports = self.reports(&s, context);
                if self.levels.is_some() && matches!(s.kind, "INF" | "FRI") && s.head == Head::Live {
                    let text = format!("{},{}", s.kind, s.fields().get(1..).unwrap_or_default().join(","));
                    self.on_levels(text, said);
                }
                // Without a count, nothing says which sentence is meant.
                if context.settings.acknowledge_all == Some(true) && !s.count.is_empty() {
                    said.when_stored = format!("+SACK:{}$", s.count).into_bytes();
                }
            }
        }
    }

    fn forget(&mut self) {
        *self = Self { serial: self.serial, ..Self::default() };
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let password = self.line.password(context.settings, &self.name);
        let command_bytes_max = context.limits.command_bytes_max;
        let encoded = encode(order, &Words { password: &password, serial: self.serial, command_bytes_max })?;
        self.levels = (encoded.awaits == Some(Awaited::Levels)).then_some(self.serial);
        self.serial = self.serial.wrapping_sub(1);
        Ok(encoded)
    }

    fn answers(&self, awaited: &Awaited, key: &Awaited) -> bool {
        matches!(awaited, Awaited::Answer(None)) && matches!(key, Awaited::Answer(_)) || awaited == key
    }

    fn gave_up(&mut self, _awaited: Awaited) {
        self.levels = None;
    }
}

/// The sentence as text; nearly always it is.
fn words(frame: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(frame) {
        Ok(words) => Cow::Borrowed(words.trim_matches(|c: char| c.is_whitespace() || c == '\0')),
        Err(_) => Cow::Owned(text(frame, frame.len() * 2)),
    }
}

fn is_sentence(frame: &[u8]) -> bool {
    SENTENCES.iter().any(|head| frame.starts_with(head))
}

impl Queclink {
    /// An answer to a command: its serial number stands before the time of sending.
    fn on_answer(&mut self, s: &Sentence<'_>, said: &mut Said<Awaited>) {
        let serial = s.fields().last().and_then(|last| serial_of(last));
        // The device only says that it will report: the levels come with that.
        if self.levels.is_some() && serial == self.levels {
            return;
        }
        let text = format!("{},{}", s.kind, s.fields().get(1..).unwrap_or_default().join(","));
        said.answer(Some(Awaited::Answer(serial)), CommandReply { text, lines: Vec::new() });
    }

    /// A report that tells levels answers the request for them.
    fn on_levels(&mut self, text: String, said: &mut Said<Awaited>) {
        if self.levels.is_none() {
            return;
        }
        let lines = said.reports.iter().map(levels::of).max_by_key(Vec::len).unwrap_or_default();
        if !lines.is_empty() {
            self.levels = None;
            said.answer(Some(Awaited::Levels), CommandReply { text, lines });
        }
    }

    /// A frame that is no sentence.
    fn binary(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        if context.device.is_none() {
            return said.fault(0, Reject::UnknownKind(frame.get(4).copied().unwrap_or(0)));
        }
        let is_tagged = frame.starts_with(TAGGED);
        let utc_offset_s = context.settings.utc_offset_s.unwrap_or(0);
        let form = binary::Form { utc_offset_s, reports_max: context.limits.reports_per_upload_max };
        let is_archived = !is_tagged && binary::is_archived(frame);
        let empty = || {
            let mut d = Draft::new(context.limits.text_bytes_max);
            d.archived(is_archived);
            d
        };
        let mut drafts = Vec::new();
        if is_tagged {
            self.line = Line::of_type(&tagged::kind_of_device(frame).unwrap_or_default());
            tagged::read(frame, &form, &empty, &mut drafts, said);
        } else if binary::is_positions(frame) {
            self.line = Line::of_type(&frame.get(11..12).map(hex).unwrap_or_default());
            match binary::read(frame, &form, &empty, &mut drafts) {
                Ok(()) => {}
                Err(binary::Cut::Truncated) => said.fault(frame.len(), Reject::Truncated),
                Err(binary::Cut::TooMany) => said.fault(0, Reject::TooManyReports { reports_max: form.reports_max }),
            }
        } else if frame.starts_with(b"+ACK") {
            // It repeats the serial number, but where is not known: the order under way is meant.
            if self.levels.is_none() {
                said.answer(None, CommandReply { text: hex(frame), lines: Vec::new() });
            }
        } else {
            let mut d = empty();
            binary::keep(frame, &mut d);
            drafts.push(d);
        }
        said.reports = drafts.into_iter().filter_map(Draft::finish).collect();
        if !is_archived {
            self.on_levels(String::new(), said);
        }
    }

    fn reports(&self, s: &Sentence<'_>, context: &Context<'_>) -> Vec<model::Report> {
        let utc_offset_s = context.settings.utc_offset_s.unwrap_or(0);
        let form = Form { line: s.line, utc_offset_s, masked: s.kind == "ERI" };
        let sent = s.sent(utc_offset_s);
        let empty = || {
            let mut d = Draft::new(context.limits.text_bytes_max);
            d.archived(s.head == Head::Buffered);
            d
        };
        let mut d = empty();
        d.text(model::attr::EVENT_CODE, (s.kind).as_bytes());
        d.text(model::attr::DEVICE_MODEL, (s.line.model).as_bytes());
        d.text(model::attr::VIN, (s.vin.unwrap_or_default()).as_bytes());
        events::of(s.kind).into_iter().for_each(|event| d.event(event));
        let mut drafts = match s.kind {
            "FRI" | "CTN" | "GEO" | "RTL" | "DOG" | "STR" => position::read(s, form, d, empty),
            "ERI" => eri::read(s, form, d, empty),
            kind => {
                let mut drafts = Vec::new();
                match kind {
                    "INF" => info::read(s, &mut d),
                    "VER" => info::version(s, &mut d),
                    "CAN" => can::read(s, form, &mut d),
                    "OBD" => obd::read(s, form, &mut d),
                    "GSM" => single::towers(s, &mut d),
                    "LBS" => single::towers_and_charge(s, &mut d),
                    "WIF" => single::stations(s, &mut d),
                    "BAA" | "BID" => accessory::alone(s, form, &mut d),
                    _ => {
                        drafts.extend(single::older(s, form).iter().map(|block| {
                            let mut d = empty();
                            block.put(&mut d);
                            d
                        }));
                        single::read(s, form, &mut d);
                    }
                }
                drafts.push(d);
                drafts
            }
        };
        drafts.truncate(context.limits.reports_per_upload_max);
        for d in &mut drafts {
            d.time = d.time.or(sent);
            d.device_time(sent);
        }
        drafts.into_iter().filter_map(Draft::finish).collect()
    }
}
