//! What a report shows to have happened, for those who are told event by event.

use std::iter;

use model::{EventId, HappenedKind, Report, SourceState, Value, attr};

use crate::fields::TEXT_BYTES_MAX;
use crate::inputs::mask;

/// Lines that are told of: 1 to this number.
const LINES: u8 = 8;
/// The event that says that input 1 changed; those of the other inputs follow.
const INPUT_1_CHANGED: u32 = 501;
/// The same of outputs.
const OUTPUT_1_CHANGED: u32 = 551;
const POWER_CUT: EventId = EventId(2);
const POWER_RESTORED: EventId = EventId(4);
const MOVEMENT_BEGAN: EventId = EventId(406);

/// What was known of a source before a report, as far as [`happened`] compares the report with it.
///
/// Nothing is known before a source's first report, and nothing counts as known for a report that is late: what it
/// would have to be compared with has been replaced by then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LastKnown {
    /// Digital inputs, bit 0 = input 1.
    pub inputs: Option<u32>,
    /// Digital outputs, bit 0 = output 1.
    pub outputs: Option<u32>,
    /// What the motion sensor said.
    pub moving: Option<bool>,
    /// Whether a driver was identified.
    pub driver: Option<bool>,
}

impl LastKnown {
    /// What a state knows.
    pub fn of(state: &SourceState) -> Self {
        let key = state.additional.iter().find(|field| field.id == attr::HARDWARE_KEY);
        Self {
            inputs: state.inputs.map(|(mask, _)| mask),
            outputs: state.outputs.map(|(mask, _)| mask),
            moving: state.motion,
            driver: key.map(|field| is_key(&field.value)),
        }
    }

    /// What a report says.
    pub fn said_by(report: &Report) -> Self {
        let mut said = Self::default();
        for (id, value) in report.attributes.iter() {
            match id {
                attr::INPUT_STATUS => said.inputs = mask(value),
                attr::OUTPUT_STATUS => said.outputs = mask(value),
                attr::IS_MOVING => said.moving = value.as_bool(),
                attr::HARDWARE_KEY => said.driver = identifies(value),
                _ => {}
            }
        }
        said
    }

    /// Fills in from `older` what is not known.
    #[must_use]
    pub fn or(self, older: Self) -> Self {
        Self {
            inputs: self.inputs.or(older.inputs),
            outputs: self.outputs.or(older.outputs),
            moving: self.moving.or(older.moving),
            driver: self.driver.or(older.driver),
        }
    }

    /// Leaves out what `other` knows, be it something else.
    #[must_use]
    pub fn apart_from(self, other: &Self) -> Self {
        Self {
            inputs: self.inputs.filter(|_| other.inputs.is_none()),
            outputs: self.outputs.filter(|_| other.outputs.is_none()),
            moving: self.moving.filter(|_| other.moving.is_none()),
            driver: self.driver.filter(|_| other.driver.is_none()),
        }
    }

    /// Whether it knows everything that `other` knows, be it something else.
    pub const fn knows_all_of(&self, other: &Self) -> bool {
        (self.inputs.is_some() || other.inputs.is_none())
            && (self.outputs.is_some() || other.outputs.is_none())
            && (self.moving.is_some() || other.moving.is_none())
            && (self.driver.is_some() || other.driver.is_none())
    }
}

/// What a report shows to have happened, given what was known before: each kind once at most, and for each the event of
/// the device that says so, where one does. In a fixed order: inputs, outputs, power, movement.
///
/// A line of 1 to 8 is told of when the report names it as its cause, or gives it a level that differs from the last
/// known. The level of a line that is only named is the last known one, or off, as it is shown wherever nobody has said
/// that it is on.
///
/// Costs a few look-ups and no memory.
pub fn happened(before: LastKnown, report: &Report) -> impl Iterator<Item = (HappenedKind, Option<EventId>)> + use<> {
    let said = LastKnown::said_by(report);
    let inputs = Lines::new(before.inputs, said.inputs, &report.events, INPUT_1_CHANGED);
    let outputs = Lines::new(before.outputs, said.outputs, &report.events, OUTPUT_1_CHANGED);
    let tells = |event| report.events.contains(&event).then_some(event);
    let power = [(HappenedKind::OnBattery, tells(POWER_CUT)), (HappenedKind::Powered, tells(POWER_RESTORED))];

    let cause = tells(MOVEMENT_BEGAN);
    let moves = cause.is_some() || (before.moving == Some(false) && said.moving == Some(true));
    let has_driver = said.or(before).driver == Some(true);
    let moving = if has_driver { HappenedKind::Moving } else { HappenedKind::MovingWithoutDriver };

    inputs
        .told(|number, on| HappenedKind::Input { number, on })
        .chain(outputs.told(|number, on| HappenedKind::Output { number, on }))
        .chain(power.into_iter().filter(|(_, cause)| cause.is_some()))
        .chain(iter::once((moving, cause)).filter(move |_| moves))
}

/// Digital lines of one direction, bit 0 = line 1.
#[derive(Clone, Copy)]
struct Lines {
    named: u8,
    changed: u8,
    now: u8,
    first_event: u32,
}

impl Lines {
    fn new(before: Option<u32>, said: Option<u32>, events: &[EventId], first_event: u32) -> Self {
        let line = |event: &EventId| event.0.checked_sub(first_event).filter(|line| *line < u32::from(LINES));
        let named = events.iter().filter_map(line).fold(0, |named, line| named | 1 << line);
        let changed = before.zip(said).map_or(0, |(before, said)| before ^ said);
        let now = said.or(before).unwrap_or(0);
        // The lines told of are the lowest eight bits.
        Self { named, changed: changed as u8, now: now as u8, first_event }
    }

    fn told(self, kind: impl Fn(u8, bool) -> HappenedKind) -> impl Iterator<Item = (HappenedKind, Option<EventId>)> {
        let lines = if self.named | self.changed == 0 { 0 } else { LINES };
        (0..lines).filter(move |line| (self.named | self.changed) >> line & 1 == 1).map(move |line| {
            let cause = (self.named >> line & 1 == 1).then(|| EventId(self.first_event + u32::from(line)));
            (kind(line + 1, self.now >> line & 1 == 1), cause)
        })
    }
}

/// Whether the key that a device read identifies somebody; `None` where it is longer than a state takes.
fn identifies(key: &Value) -> Option<bool> {
    match key {
        Value::Bool(is_there) => Some(*is_there),
        Value::Int(number) => Some(*number != 0),
        Value::Float(number) => Some(*number != 0.0),
        Value::Text(text) | Value::Json(text) => (text.len() <= TEXT_BYTES_MAX).then(|| is_key(text)),
    }
}

/// Devices send zeros, or nothing, while no key is present.
fn is_key(text: &str) -> bool {
    text.bytes().any(|byte| !matches!(byte, b'0' | b'-' | b'.' | b':') && !byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests;
