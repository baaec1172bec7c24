//! A report while it is being read, with what reading depends on.

use std::ops::{Deref, DerefMut};

use model::{AttributeId, EventId, Value, attr};

use super::alarm;
use super::line::Line;
use crate::bytes::hex;
use crate::draft;
pub(super) use crate::draft::Cell;

/// What reading depends on besides the bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Context {
    /// How far the device's clock is ahead of UTC, in seconds.
    pub(super) utc_offset_s: i32,
    /// Which line of devices it belongs to, where that is known.
    pub(super) line: Option<Line>,
    /// Bytes kept of one text.
    pub(super) text_bytes_max: usize,
}

/// The shared draft, and what only this family has.
pub(super) struct Draft<'c> {
    pub(super) context: &'c Context,
    report: draft::Draft,
}

impl Deref for Draft<'_> {
    type Target = draft::Draft;

    fn deref(&self) -> &Self::Target {
        &self.report
    }
}

impl DerefMut for Draft<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.report
    }
}

impl<'c> Draft<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { context, report: draft::Draft::new(context.text_bytes_max) }
    }

    /// Keeps bytes that are not decoded, unless all of them are zero: `gt06_<kind>`, and the number within the kind.
    /// Names are few and shared by all: what has a number of two bytes is kept under one name, with its number in
    /// front.
    pub(super) fn raw(&mut self, kind: u8, number: Option<u16>, bytes: &[u8]) {
        /// A number in four digits, what stands after it, and a comma.
        const NUMBER_BYTES: usize = 6;
        if bytes.iter().all(|b| *b == 0) {
            return;
        }
        match number {
            Some(number @ ..=0xFF) => self.own_hex(&format!("gt06_{kind:02x}_{number:02x}"), bytes),
            None => self.own_hex(&format!("gt06_{kind:02x}"), bytes),
            Some(number) => {
                let Ok(id) = AttributeId::intern(&format!("gt06_{kind:02x}_more")) else { return };
                let before = match self.attributes().get(id) {
                    Some(Value::Text(before)) => format!("{before},"),
                    _ => String::new(),
                };
                if before.len() + 2 * bytes.len() + NUMBER_BYTES > self.text_bytes_max() {
                    return;
                }
                self.text(id, format!("{before}{number:04X}={}", hex(bytes)).as_bytes());
            }
        }
    }

    /// Adds an event once, if there is one.
    pub(super) fn happened(&mut self, event: Option<EventId>) {
        if let Some(EventId(number)) = event {
            self.event(number);
        }
    }

    /// Takes an alarm code; 0 is none.
    pub(super) fn alarm(&mut self, code: u16) {
        if code != 0 {
            self.set(attr::EVENT_CODE, i64::from(code));
            self.happened(alarm::event(code, self.context.line));
        }
    }

    pub(super) fn finish(self) -> Option<model::Report> {
        self.report.finish()
    }
}
