//! The conversation with a Queclink device.

use model::{CommandReply, DeviceId, Order};

use super::block::Form;
use super::command::{Awaited, Words, encode, serial_of};
use super::frame::{SENTENCES, front};
use super::line::Line;
use super::sentence::{Head, Sentence};
use super::{accessory, can, eri, events, info, obd, position, single};
use crate::Limits;
use crate::bytes::text;
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
        if !is_sentence(frame) {
            return Claim::Anyone;
        }
        let words = text(frame, frame.len() * 2);
        match Sentence::of(&words).filter(Sentence::is_identified).and_then(|s| DeviceId::new(s.imei)) {
            Some(id) => Claim::Device(id),
            None => Claim::Bad,
        }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        if !is_sentence(frame) {
            return said.fault(0, Reject::UnknownKind(frame.get(4).copied().unwrap_or(0)));
        }
        let words = text(frame, frame.len() * 2);
        let Some(s) = Sentence::of(&words) else { return said.bad(0, Reject::Truncated) };
        self.line = s.line;
        self.name = text(s.at(0).as_bytes(), NAME_BYTES_MAX);
        match (s.head, s.kind) {
            (Head::Answer, "HBD") => {
                said.at_once.extend(format!("+SACK:GTHBD,{},{}$", s.version, s.count).bytes());
            }
            (Head::Answer, _) => self.on_answer(&s, said),
            _ => {
                said.reports = self.reports(&s, context);
                self.on_levels(&s, said);
                if context.settings.acknowledge_all == Some(true) {
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
    fn on_levels(&mut self, s: &Sentence<'_>, said: &mut Said<Awaited>) {
        if self.levels.is_none() || !matches!(s.kind, "INF" | "FRI") || s.head != Head::Live {
            return;
        }
        let lines = said.reports.iter().map(levels::of).max_by_key(Vec::len).unwrap_or_default();
        if !lines.is_empty() {
            self.levels = None;
            let text = format!("{},{}", s.kind, s.fields().get(1..).unwrap_or_default().join(","));
            said.answer(Some(Awaited::Levels), CommandReply { text, lines });
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
                match kind {
                    "INF" => info::read(s, &mut d),
                    "VER" => info::version(s, &mut d),
                    "CAN" => can::read(s, form, &mut d),
                    "OBD" => obd::read(s, form, &mut d),
                    "GSM" => single::towers(s, &mut d),
                    "LBS" => single::towers_and_charge(s, &mut d),
                    "WIF" => single::stations(s, &mut d),
                    "BAA" | "BID" => accessory::alone(s, form, &mut d),
                    _ => single::read(s, form, &mut d),
                }
                vec![d]
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
