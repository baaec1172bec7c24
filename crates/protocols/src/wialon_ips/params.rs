//! Parameters of extended data: `name:type:value`, between commas. Names are the device maker's own.
//!
//! Known ones become normalised attributes; all others keep their name, in lower case.

use model::{Value, attr};

use super::frame::Part;
use crate::bytes::text;
use crate::draft::{Cell, Draft};

/// The event of an alarm.
const SOS: u32 = 202;
/// A cell's four parts may have a digit after their names: more than one cell.
const CELLS: usize = 10;
/// The kind of value that is text, whatever it looks like.
const TEXT: u8 = b'3';

/// Reads them all; `flaw` is told where one lies that cannot be used.
pub(super) fn read(params: Part<'_>, draft: &mut Draft, mut flaw: impl FnMut(usize)) {
    let mut cells = [None; CELLS];
    for part in params.split(b',') {
        if part.bytes.trim_ascii().is_empty() {
            continue;
        }
        if one(part, draft, &mut cells).is_none() {
            flaw(part.at);
        }
    }
    for (nth, cell) in cells.into_iter().enumerate() {
        if let Some(cell) = cell {
            cell.put(nth, draft);
        }
    }
}

fn one(part: Part<'_>, draft: &mut Draft, cells: &mut [Option<PartialCell>; CELLS]) -> Option<()> {
    let raw = text(part.bytes, usize::MAX);
    let (name, rest) = raw.split_once(':')?;
    let (kind, raw) = rest.split_once(':')?;
    let name = name.trim().to_ascii_lowercase();
    let &[kind] = kind.trim().as_bytes() else { return None };
    let value = value(kind, raw.trim())?;
    if known(&name, &value, draft, cells) {
        return Some(());
    }
    // A name that is too long, or one too many, is a parameter that cannot be used.
    let id = draft.own_id(&name)?;
    match value {
        Value::Text(text) => draft.text(id, text.as_bytes()),
        value => draft.set(id, value),
    }
    Some(())
}

fn value(kind: u8, raw: &str) -> Option<Value> {
    let truth = match raw {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => None,
    };
    let number = || raw.parse().ok().map(Value::Int).or_else(|| Value::float(raw.parse().ok()?));
    match kind {
        b'1' => number(),
        b'2' => Value::float(raw.parse().ok()?),
        TEXT => truth.or_else(|| Some(Value::from(raw))),
        b'4' | b'5' => truth.or_else(number).or_else(|| Some(Value::from(raw))),
        _ => None,
    }
}

/// Takes a parameter whose meaning is known; whether it is one.
fn known(name: &str, value: &Value, draft: &mut Draft, cells: &mut [Option<PartialCell>; CELLS]) -> bool {
    let Some(number) = value.as_f64() else { return false };
    match name {
        "bat" if (0.0..=100.0).contains(&number) => draft.percent(attr::BATTERY_LEVEL, number),
        "temp" => draft.float(attr::TEMPERATURE_INTERNAL, number),
        "pwr_ext" => draft.float(attr::BOARD_VOLTAGE, number),
        "pwr_int" => draft.float(attr::BATTERY_VOLTAGE, number),
        "mileage" => draft.float(attr::HARDWARE_MILEAGE, number),
        "ign" => draft.set(attr::IGNITION, number != 0.0),
        "accuracy" if (0.0..=f64::from(u32::MAX)).contains(&number) => {
            draft.float(attr::ACCURACY, number);
            draft.precision_m(number.round() as u32);
        }
        "sos" => {
            if number == 1.0 {
                draft.event(SOS);
            }
            // The parameter itself is kept as it came.
            return false;
        }
        _ => return value.as_i64().is_some_and(|whole| cell(name, whole, cells)),
    }
    true
}

/// What is known of a cell so far.
#[derive(Clone, Copy, Default)]
struct PartialCell {
    mcc: Option<u16>,
    mnc: Option<u16>,
    lac: Option<u32>,
    cell_id: Option<u64>,
}

impl PartialCell {
    /// Adds the cell, or, if it is not whole, its parts.
    fn put(self, nth: usize, draft: &mut Draft) {
        let Self { mcc, mnc, lac, cell_id } = self;
        if let (Some(mcc), Some(mnc), Some(lac), Some(cell_id)) = (mcc, mnc, lac, cell_id) {
            draft.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None });
            return;
        }
        let suffix = if nth == 0 { String::new() } else { nth.to_string() };
        let parts = [
            ("mcc", mcc.map(i64::from)),
            ("mnc", mnc.map(i64::from)),
            ("lac", lac.map(i64::from)),
            ("cell_id", cell_id.and_then(|id| i64::try_from(id).ok())),
        ];
        for (name, part) in parts {
            if let Some(part) = part {
                draft.own(&format!("{name}{suffix}"), part);
            }
        }
    }
}

/// Takes a part of a cell; whether it is one.
fn cell(name: &str, value: i64, cells: &mut [Option<PartialCell>; CELLS]) -> bool {
    let (part, nth) = match name.as_bytes() {
        [_, .., digit @ b'1'..=b'9'] => (&name[..name.len() - 1], usize::from(digit - b'0')),
        _ => (name, 0),
    };
    let mut cell = cells[nth].unwrap_or_default();
    let is_one = match part {
        "mcc" => set(&mut cell.mcc, value),
        "mnc" => set(&mut cell.mnc, value),
        "lac" => set(&mut cell.lac, value),
        "cell_id" => set(&mut cell.cell_id, value),
        _ => false,
    };
    if is_one {
        cells[nth] = Some(cell);
    }
    is_one
}

fn set<T: TryFrom<i64>>(place: &mut Option<T>, value: i64) -> bool {
    let value = T::try_from(value).ok();
    let fits = value.is_some();
    if fits {
        *place = value;
    }
    fits
}
