//! A report while it is being read, in whatever form it came.

use std::ops::{Deref, DerefMut};

use model::{DeviceSettings, Report, Timestamp, attr};

use super::events;
use super::line::Line;
use crate::draft::{Draft, moment};

/// Seconds from 1970 to 2000, where binary times begin.
const YEAR_2000_S: i64 = 946_684_800;

/// What reading depends on besides the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// The line that the device belongs to, where its numbers are its own.
    pub(super) line: Option<Line>,
    /// How far its clock is ahead of UTC, in seconds. It should not be.
    pub(super) utc_offset_s: i32,
    /// Bytes kept of one text.
    pub(super) text_bytes_max: usize,
}

impl Reading {
    pub(super) fn of(settings: &DeviceSettings, text_bytes_max: usize) -> Self {
        Self { line: Line::of(settings), utc_offset_s: settings.utc_offset_s.unwrap_or(0), text_bytes_max }
    }
}

/// The shared draft, and what is known only once all of a record is read.
pub(super) struct Sighting {
    pub(super) event: u16,
    /// Degrees.
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
    pub(super) is_valid: bool,
    draft: Draft,
    utc_offset_s: i32,
}

impl Deref for Sighting {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

impl DerefMut for Sighting {
    fn deref_mut(&mut self) -> &mut Draft {
        &mut self.draft
    }
}

impl Sighting {
    pub(super) fn new(reading: &Reading) -> Self {
        Self {
            event: 0,
            latitude: None,
            longitude: None,
            is_valid: false,
            draft: Draft::new(reading.text_bytes_max),
            utc_offset_s: reading.utc_offset_s,
        }
    }

    /// Inputs in the high byte, outputs in the low one.
    pub(super) fn lines(&mut self, lines: u16) {
        self.set(attr::INPUT_STATUS, i64::from(lines >> 8));
        self.set(attr::OUTPUT_STATUS, i64::from(lines & 0xFF));
    }

    /// Seconds since 2000.
    pub(super) fn since_2000(&mut self, s: u32) {
        let at = |s: u32| Timestamp::from_s(YEAR_2000_S + i64::from(s) - i64::from(self.utc_offset_s));
        self.time = if s == 0 { None } else { at(s) };
    }

    /// Twelve decimal digits, from the year to the second.
    pub(super) fn time_of(&mut self, digits: &str) {
        self.time = time(digits, self.utc_offset_s);
    }

    /// Keeps a number whose meaning is not known.
    pub(super) fn raw(&mut self, id: u16, value: u32) {
        self.own(&format!("meitrack_{id:02x}"), i64::from(value));
    }

    pub(super) fn finish(mut self) -> Option<Report> {
        if let (Some(latitude), Some(longitude)) = (self.latitude, self.longitude) {
            self.at(latitude, longitude);
            let is_valid = self.is_valid;
            self.valid(is_valid);
        }
        let event = self.event;
        if event != 0 {
            self.set(attr::EVENT_CODE, i64::from(event));
        }
        if let 144 | 145 = event {
            self.set(attr::IGNITION, event == 144);
        }
        events::of(event).iter().for_each(|number| self.event(*number));
        self.draft.finish()
    }
}

fn time(digits: &str, utc_offset_s: i32) -> Option<Timestamp> {
    let number = |at: usize| digits.get(at..at + 2)?.parse::<u8>().ok();
    // A clock that was never set shows 1970.
    let year = number(0).filter(|year| *year < 80 && *year != 70 && digits.len() == 12)?;
    moment((year.into(), number(2)?, number(4)?), (number(6)?, number(8)?, number(10)?), utc_offset_s)
}
