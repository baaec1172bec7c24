//! Gathers the elements of one record.

use model::{AttributeId, Attributes, EventId, Value, attr};

use super::{INDEX, Known, Lines, Meaning};
use crate::bytes::{cut, hex, text};
use crate::events;
use crate::teltonika::beacons;
use crate::teltonika::line::Line;

pub(crate) struct Collector {
    attributes: Attributes,
    /// Id of the element that caused the record; 0 for a periodic one.
    event_io: u16,
    event_value: Option<u64>,
    lines: Lines,
    text_bytes_max: usize,
    inputs: Option<i64>,
    outputs: Option<i64>,
    iccid: [Option<u64>; 2],
    driver: [Option<u64>; 2],
}

impl Collector {
    pub(crate) fn new(attributes: Attributes, event_io: u16, line: Option<Line>, text_bytes_max: usize) -> Self {
        Self {
            attributes,
            event_io,
            event_value: None,
            lines: Lines::of(line),
            text_bytes_max,
            inputs: None,
            outputs: None,
            iccid: [None; 2],
            driver: [None; 2],
        }
    }

    fn known(&self, id: u16) -> Option<Known> {
        INDEX.find(id).copied().filter(|k| k.element.lines.overlaps(self.lines))
    }

    /// Takes an element whose value is a number of `width` bytes.
    pub(crate) fn number(&mut self, id: u16, width: u8, raw: u64) {
        if id == self.event_io {
            self.event_value = Some(raw);
        }
        let known = self.known(id).filter(|k| k.element.width == 0 || k.element.width == width);
        let signed = known.is_some_and(|k| k.element.signed);
        let value = widened(raw, width, signed);
        let kept = match value {
            Some(n) => Value::Int(n),
            None => Value::Text(hex(&raw.to_be_bytes()).into()),
        };
        self.attributes.set(AttributeId::avl_io(id), kept);
        if let Some(known) = known {
            self.apply(known, width, raw, value);
        }
    }

    fn apply(&mut self, known: Known, width: u8, raw: u64, value: Option<i64>) {
        match known.element.meaning {
            Meaning::Input(bit) => fold_bit(&mut self.inputs, bit, raw),
            Meaning::Output(bit) => fold_bit(&mut self.outputs, bit, raw),
            Meaning::Iccid(half) => self.iccid[usize::from(half)] = Some(raw),
            Meaning::Driver(half) => self.driver[usize::from(half)] = Some(raw),
            Meaning::Flag => self.set(known, Value::Bool(raw != 0)),
            Meaning::Number { divisor, times, min, max, faults } => {
                let usable = value.filter(|n| (min..=max).contains(n) && !faults.contains(n));
                let Some(n) = usable else { return };
                match divisor {
                    0.0 => self.set(known, Value::Int(n.saturating_mul(times))),
                    _ => self.set(known, Value::Float(n as f64 / divisor)),
                }
            }
            Meaning::ReversedKey if raw != 0 => self.set(known, Value::Text(hex(&raw.to_le_bytes()).into())),
            Meaning::Hex if raw != 0 => {
                let bytes = raw.to_be_bytes();
                let from = bytes.len() - usize::from(width).min(bytes.len());
                self.set(known, Value::Text(hex(&bytes[from..]).into()));
            }
            // No key, no sensor; or an element that is text or a list when its group says so.
            Meaning::ReversedKey | Meaning::Hex | Meaning::Text | Meaning::Codes | Meaning::Beacons(_) => {}
        }
    }

    /// Takes an element whose value is a string of bytes.
    pub(crate) fn bytes(&mut self, id: u16, raw: &[u8]) {
        if id == self.event_io {
            self.event_value = Some(raw.first().copied().unwrap_or(0).into());
        }
        let known = self.known(id);
        let is_text = known.is_some_and(|k| matches!(k.element.meaning, Meaning::Text | Meaning::Codes));
        let max = self.text_bytes_max;
        let kept = if is_text { text(raw, max) } else { cut(&hex(raw), max).to_owned() };
        let named = match known.map(|k| k.element.meaning) {
            Some(Meaning::Text) => Some(Value::Text(kept.as_str().into())),
            Some(Meaning::Codes) => Some(Value::Text(separate_by_blanks(&kept).into())),
            Some(Meaning::Hex) => Some(Value::Text(kept.as_str().into())),
            Some(Meaning::Beacons(form)) => beacons::read(form, raw).map(|json| Value::Json(json.into())),
            _ => None,
        };
        self.attributes.set(AttributeId::avl_io(id), Value::Text(kept.into()));
        if let (Some(known), Some(value)) = (known, named) {
            self.set(known, value);
        }
    }

    fn set(&mut self, known: Known, value: Value) {
        if let Some(attribute) = known.attribute {
            self.attributes.set(attribute, value);
        }
    }

    /// The attributes, and the event that the record stands for.
    pub(crate) fn finish(mut self) -> (Attributes, Option<EventId>) {
        if let Some(mask) = self.inputs {
            self.attributes.set(attr::INPUT_STATUS, Value::Int(mask));
        }
        if let Some(mask) = self.outputs {
            self.attributes.set(attr::OUTPUT_STATUS, Value::Int(mask));
        }
        if let [Some(first), Some(second)] = self.iccid {
            // The halves are decimal numbers; the second has lost its leading zeros.
            self.attributes.set(attr::ICCID, Value::Text(format!("{first}{second:010}").into()));
        }
        if let [Some(first), Some(second)] = self.driver {
            let card = [first.to_be_bytes(), second.to_be_bytes()].concat();
            let card = text(&card, self.text_bytes_max);
            if !card.is_empty() {
                self.attributes.set(attr::HARDWARE_KEY, Value::Text(card.into()));
            }
        }
        let event = events::of_teltonika(self.event_io, self.event_value);
        (self.attributes, event)
    }
}

/// A raw value as a signed number, by the width of its group; `None` for an unsigned one beyond `i64`.
fn widened(raw: u64, width: u8, signed: bool) -> Option<i64> {
    match (signed, width) {
        (true, 1) => Some(i64::from(raw as u8 as i8)),
        (true, 2) => Some(i64::from(raw as u16 as i16)),
        (true, 4) => Some(i64::from(raw as u32 as i32)),
        (true, _) => Some(raw as i64),
        (false, _) => i64::try_from(raw).ok(),
    }
}

fn fold_bit(mask: &mut Option<i64>, bit: u8, raw: u64) {
    let line = 1i64 << bit;
    let before = mask.unwrap_or(0) & !line;
    *mask = Some(if raw == 0 { before } else { before | line });
}

fn separate_by_blanks(codes: &str) -> String {
    let mut separated = String::with_capacity(codes.len());
    for code in codes.split(',').map(str::trim).filter(|c| !c.is_empty()) {
        if !separated.is_empty() {
            separated.push(' ');
        }
        separated.push_str(code);
    }
    separated
}
