//! The conversation with a Suntech device.

use std::borrow::Cow;

use model::{CommandReply, DeviceId, DeviceSettings, Order};

use super::command::{Awaited, Form, encode};
use super::fields::Cursor;
use super::frame::{DIGITS, Start, front, head};
use super::universal::Kind;
use super::{binary, legacy, universal};
use crate::Limits;
use crate::bytes::text;
use crate::draft::Draft;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::levels;
use crate::session::{OrderRefused, Reject};

/// What is remembered of the device that speaks.
#[derive(Default)]
pub(super) struct Suntech {
    /// How its last line was written.
    form: Form,
    /// A status is awaited for its levels.
    awaits_levels: bool,
}

/// Words in the place of the identifier, which then follows them.
const BEFORE_ID: &[&str] = &["Res", "Location", "Emergency", "Alert"];
const ID_DIGITS: std::ops::RangeInclusive<usize> = 6..=20;
/// A head without a model.
const UNIVERSAL_HEAD_BYTES: usize = 4;
/// Longer heads name a model in so many bytes.
const MODEL_BYTES: usize = 5;

impl Codec for Suntech {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        front(bytes, limits)
    }

    fn claim(&mut self, frame: &[u8], _limits: &Limits) -> Claim {
        let id = if is_line(frame) {
            let mut c = Cursor::new(frame);
            c.next();
            let id = c.next();
            Some(Cow::Borrowed(if BEFORE_ID.contains(&id) { c.next() } else { id }))
        } else {
            binary::identity(frame).map(Cow::Owned)
        };
        let id = id.filter(|id| ID_DIGITS.contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit()));
        id.and_then(|id| DeviceId::new(&id)).map_or(Claim::Bad, Claim::Device)
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        if is_line(frame) {
            self.line(frame, context, said);
        } else {
            self.binary(frame, context, said);
        }
        self.on_levels(said);
    }

    fn accepted(&mut self, settings: &DeviceSettings) {
        // Until a line shows how the device speaks.
        if let Some(form) = settings.model.as_deref().and_then(Form::of_model) {
            self.form = form;
        }
    }

    fn forget(&mut self) {
        *self = Self::default();
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let device = context.device.ok_or(OrderRefused::NotIdentified)?;
        let encoded = encode(order, &self.form, device, context.limits.command_bytes_max)?;
        self.awaits_levels = encoded.awaits == Some(Awaited::Levels);
        Ok(encoded)
    }

    fn answers(&self, awaited: &Awaited, key: &Awaited) -> bool {
        awaited == key
    }

    fn gave_up(&mut self, _awaited: Awaited) {
        self.awaits_levels = false;
    }
}

fn is_line(frame: &[u8]) -> bool {
    matches!(head(frame), Start::Line(_))
}

impl Suntech {
    fn line(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        let Start::Line(head_bytes) = head(frame) else { return };
        let (line, _) = frame.split_at(frame.len().saturating_sub(1));
        let mut c = Cursor::new(line);
        let head = c.next();
        let mut d = Draft::new(context.limits.text_bytes_max);
        if head_bytes == UNIVERSAL_HEAD_BYTES {
            self.form = Form::Universal;
            c.next();
            self.universal(head, &mut c, context, &mut d, said);
        } else {
            let (model, kind) = head.split_at(MODEL_BYTES.min(head.len()));
            self.form = Form::Legacy(model.to_owned());
            self.legacy(model, kind, &mut c, context, &mut d, said);
        }
        said.reports.extend(d.finish());
    }

    fn universal(
        &mut self,
        head: &str,
        c: &mut Cursor<'_>,
        context: &Context<'_>,
        d: &mut Draft,
        said: &mut Said<Awaited>,
    ) {
        let kind = match head {
            "STT" => Kind::Status,
            "ALT" => Kind::Alert,
            "UEX" => Kind::Serial,
            "BLE" => Kind::Beacons,
            "RES" => return self.reply(c, context, said),
            // A crash, in pieces of its own form.
            _ => {
                let raw = c.rest().unwrap_or_default();
                return d.own_hex("suntech_crash", raw);
            }
        };
        universal::read(kind, c, context.settings.utc_offset_s.unwrap_or(0), d);
        if kind != Kind::Beacons && d.is_empty() {
            said.bad(0, Reject::Truncated);
        }
    }

    fn legacy(
        &mut self,
        model: &str,
        kind: &str,
        c: &mut Cursor<'_>,
        context: &Context<'_>,
        d: &mut Draft,
        said: &mut Said<Awaited>,
    ) {
        let second = c.next();
        let utc_offset_s = context.settings.utc_offset_s.unwrap_or(0);
        let form = legacy::Form { model, kind, utc_offset_s, h_bytes: context.settings.h_bytes };
        match (second, kind) {
            ("Res", _) => {
                c.next();
                self.reply(c, context, said);
            }
            ("Location" | "Emergency" | "Alert", _) => {
                c.next();
                legacy::portable(legacy::Form { kind: second, ..form }, c, d);
            }
            // Only a sign of life.
            (_, "ALV") => {}
            (_, "CMD") => self.reply(c, context, said),
            (_, "STT" | "ALT") if model.starts_with("ST4") => legacy::fourth(form, c, d),
            _ => legacy::read(form, c, d),
        }
    }

    fn binary(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        if !binary::is_known(frame) {
            let kind = if frame.first() == Some(&DIGITS) { frame.get(3) } else { frame.first() };
            return said.fault(0, Reject::UnknownKind(kind.copied().unwrap_or(0)));
        }
        if frame.first() != Some(&DIGITS) {
            self.form = Form::Universal;
        }
        let mut d = Draft::new(context.limits.text_bytes_max);
        let whole = binary::read(frame, context.settings.utc_offset_s.unwrap_or(0), &mut d);
        if whole.is_err() {
            said.fault(frame.len(), Reject::Truncated);
        }
        said.reports.extend(d.finish());
    }

    /// What is left of the line is an answer to a command.
    fn reply(&mut self, c: &Cursor<'_>, context: &Context<'_>, said: &mut Said<Awaited>) {
        // That a status will follow is not what was asked for.
        if self.awaits_levels {
            return;
        }
        let text = text(c.rest().unwrap_or_default(), context.limits.text_bytes_max);
        said.answer(Some(Awaited::Answer), CommandReply { text, lines: Vec::new() });
    }

    /// A report that tells levels answers the request for them.
    fn on_levels(&mut self, said: &mut Said<Awaited>) {
        if !self.awaits_levels {
            return;
        }
        let live = said.reports.iter().filter(|report| !report.archived);
        if let Some(lines) = live.map(levels::of).find(|lines| !lines.is_empty()) {
            self.awaits_levels = false;
            said.answer(Some(Awaited::Levels), CommandReply { text: String::new(), lines });
        }
    }
}
