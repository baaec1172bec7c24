//! The conversation with one GT06 device.

use model::{Command, CommandReply, DeviceId, Order, Timestamp};

use super::answer::{Answer, answer};
use super::command::{self, Form};
use super::content::{Content, decode};
use super::draft;
use super::frame::{self, Frame};
use super::line::Line;
use super::position::identity;
use crate::Limits;
use crate::bytes::Reader;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, DeviceSettings, OrderRefused, Reject};

const LOGIN: u8 = 0x01;
const S_PER_MIN: i32 = 60;
/// Where the checksum stands, counted from the end.
const CHECKSUM_FROM_END: usize = 4;
/// Serial number, checksum and stop.
const TRAILER_BYTES: usize = 6;

/// What is remembered from frame to frame.
#[derive(Default)]
pub(super) struct Gt06 {
    /// What the last login said of the device's clock.
    utc_offset_s: Option<i32>,
    /// The line of the device that was read last.
    line: Option<Line>,
    last_flag: u32,
    serial: u16,
}

impl Gt06 {
    /// A flag that no command on this connection had, and hardly one on the device's last connection.
    fn next_flag(&mut self, now: Timestamp) -> u32 {
        let clock = now.s() as u32;
        self.last_flag = self.last_flag.wrapping_add(1).max(clock);
        self.last_flag
    }

    fn context(&mut self, settings: &DeviceSettings, limits: &Limits) -> draft::Context {
        self.line = Line::of(settings);
        draft::Context {
            utc_offset_s: settings.utc_offset_s.or(self.utc_offset_s).unwrap_or(0),
            line: self.line,
            text_bytes_max: limits.text_bytes_max,
        }
    }
}

impl Codec for Gt06 {
    /// The flag that the answer repeats.
    type Awaited = u32;

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        match frame::front(bytes, limits) {
            frame::Front::More => Front::More,
            frame::Front::Frame { bytes } => Front::Frame(bytes),
            frame::Front::Noise { .. } => Front::Noise(1),
        }
    }

    fn claim(&mut self, bytes: &[u8], _limits: &Limits) -> Claim {
        let Some(frame) = Frame::of(bytes) else { return Claim::Bad };
        let named = |raw: &[u8]| identity(raw).and_then(|imei| DeviceId::new(&imei));
        if frame.kind == LOGIN {
            return named(frame.content).map_or(Claim::Bad, Claim::Device);
        }
        // Others name their device only on some units; what is no name there leaves it to the login.
        let raw = match (frame.kind, self.line) {
            _ if frame.is_long => None,
            (0x61, _) | (0x12, Some(Line::Qh302r)) => Some(frame.content),
            (0x22 | 0x25, Some(Line::Nt | Line::Vl100)) => frame.content.get(1..),
            _ => None,
        };
        raw.and_then(named).map_or(Claim::None, Claim::Device)
    }

    fn read(&mut self, bytes: &[u8], context: &Context<'_>, said: &mut Said<u32>) {
        let Some(frame) = Frame::of(bytes) else { return said.bad(0, Reject::Truncated) };
        if !frame.is_bare() {
            // Clones get it wrong so often that the rest is read all the same, unless somebody wants it strict.
            let (found, computed) = (frame.found.into(), frame.computed.into());
            let at = bytes.len() - CHECKSUM_FROM_END;
            if !said.checksum(found, computed, at, ChecksumPolicy::Warn, context.settings) {
                return;
            }
        }
        let reading = self.context(context.settings, context.limits);
        if frame.kind == LOGIN {
            self.utc_offset_s = declared_offset_s(frame.content);
        }
        match decode(&frame, &reading) {
            Ok(Content::Reply { flag, text }) => {
                said.answer(Some(flag), CommandReply { lines: command::lines(&text), text });
                return;
            }
            Ok(Content::Report { report, is_whole }) => {
                said.reports.extend(report);
                if !is_whole {
                    said.fault(bytes.len() - TRAILER_BYTES, Reject::Truncated);
                }
            }
            Err(_) => {
                said.bad(0, Reject::Truncated);
                // What came over whole comes again and again until it is answered. It is kept as rejected.
                if frame.found != frame.computed {
                    return;
                }
            }
        }
        match answer(&frame, context.now) {
            Answer::Nothing => {}
            Answer::Now(words) => said.at_once = words,
            // Silence makes the device send it again.
            Answer::Stored(words) => said.when_stored = words,
        }
    }

    fn forget(&mut self) {
        (self.utc_offset_s, self.line) = (None, None);
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<u32>, OrderRefused> {
        let settings = context.settings;
        if let Order::Do(Command::Bytes(bytes)) = order {
            return match bytes.len() <= context.limits.command_bytes_max {
                true => Ok(Encoded { bytes: bytes.clone(), awaits: None }),
                false => Err(OrderRefused::TooLong),
            };
        }
        let form = Form {
            line: Line::of(settings),
            is_plain: settings.command_language == Some(false),
            password: settings.password.as_deref(),
        };
        let text = command::text(order, form)?;
        let flag = self.next_flag(context.now);
        self.serial = self.serial.wrapping_add(1);
        Ok(Encoded { bytes: command::frame(&text, form, flag, self.serial), awaits: Some(flag) })
    }

    fn answers(&self, awaited: &u32, key: &u32) -> bool {
        awaited == key
    }
}

/// How far ahead of UTC the device says at login that its clock is, in seconds: hours and minutes as one decimal
/// number, a bit for west, and a language. `None` if it does not say, or nothing that can be.
fn declared_offset_s(content: &[u8]) -> Option<i32> {
    const IS_WEST: u16 = 8;
    const HOURS_MAX: i32 = 14;
    let mut r = Reader::new(content.get(10..)?);
    let word = r.u16().ok()?;
    let (hours, minutes) = (i32::from(word >> 4) / 100, i32::from(word >> 4) % 100);
    if hours > HOURS_MAX || minutes >= S_PER_MIN {
        return None;
    }
    let offset_s = (hours * 60 + minutes) * S_PER_MIN;
    Some(if word & IS_WEST != 0 { -offset_s } else { offset_s })
}
