//! Gathers the elements of one record.

use model::{AttributeId, Attributes, EventId, Value, attr};

use super::{Known, Meaning, Reading, SLOTS, slot};
use crate::bytes::{cut, hex, text};
use crate::events;
use crate::teltonika::{beacons, mcc_mnc};

/// Values that were replaced within their own record and are told all the same.
const REPEATED_MAX: usize = 64;
const REPEATED_TEXT_BYTES_MAX: usize = 64;
/// Signal strengths of cell towers, in dBm.
const CELL_DBM: std::ops::RangeInclusive<i64> = -140..=-20;
const CELLS: usize = 4;

/// A set of small numbers.
struct Set<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Set<WORDS> {
    /// Puts one in; whether it was not there before.
    #[inline]
    fn is_new(&mut self, n: usize) -> bool {
        let (word, bit) = (&mut self.0[n / 64 % WORDS], 1 << (n % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

pub(crate) struct Collector<'a> {
    attributes: Attributes,
    reading: &'a Reading,
    /// Id of the element that caused the record; 0 for a periodic one.
    event_io: u16,
    event_value: Option<u64>,
    /// Which elements and names are there already: looking for each among the others would take longer than all else.
    seen_ids: Set<{ SLOTS.div_ceil(64) }>,
    seen_names: Set<4>,
    inputs: Option<i64>,
    outputs: Option<i64>,
    iccid: [Option<u64>; 2],
    driver: [Option<u64>; 2],
    /// What few records have.
    rare: Option<Box<Rare>>,
}

#[derive(Default)]
struct Rare {
    /// Network, area, cell and signal of each tower.
    cells: [[Option<i64>; 4]; CELLS],
    /// Values of elements that came again, as items of a JSON array.
    repeated: Vec<String>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(attributes: Attributes, event_io: u16, reading: &'a Reading) -> Self {
        Self {
            attributes,
            reading,
            event_io,
            event_value: None,
            seen_ids: Set([0; SLOTS.div_ceil(64)]),
            seen_names: Set([0; 4]),
            inputs: None,
            outputs: None,
            iccid: [None; 2],
            driver: [None; 2],
            rare: None,
        }
    }

    pub(crate) fn has_16_byte_group(&self) -> bool {
        self.reading.has_16_byte_group
    }

    /// Takes an element whose value is a number of `width` bytes.
    #[inline]
    pub(crate) fn number(&mut self, id: u16, width: u8, raw: u64) {
        if id == self.event_io {
            self.event_value = Some(raw);
        }
        let known = self.reading.find(id).filter(|k| k.element.width == 0 || k.element.width == width);
        let signed = known.is_some_and(|k| k.element.signed);
        let value = widened(raw, width, signed);
        match value {
            Some(n) => self.keep(id, || Value::Int(n)),
            None => self.keep(id, || Value::Text(hex(&raw.to_be_bytes()).into())),
        }
        if let Some(known) = known {
            self.apply(known, width, raw, value);
        }
    }

    /// Keeps a value under the number of its element. Here and in [`Self::set`] values are made where they are stored: one
    /// that is made first and moved there costs more than all else that is done for an element.
    #[inline(always)]
    fn keep(&mut self, id: u16, value: impl FnOnce() -> Value) {
        let name = AttributeId::avl_io(id);
        match slot(id) {
            Some(at) if self.seen_ids.is_new(at) => self.attributes.push(name, value()),
            _ => self.keep_again(id, value()),
        }
    }

    /// The last value of an element counts; those before it are told apart.
    #[cold]
    fn keep_again(&mut self, id: u16, value: Value) {
        let name = AttributeId::avl_io(id);
        if let Some(before) = self.attributes.get(name) {
            let before = match before {
                Value::Int(n) => n.to_string(),
                Value::Text(text) => serde_json::to_string(cut(text, REPEATED_TEXT_BYTES_MAX)).unwrap_or_default(),
                _ => "null".to_owned(),
            };
            let repeated = &mut self.rare.get_or_insert_default().repeated;
            if repeated.len() < REPEATED_MAX {
                repeated.push(format!(r#"{{"id":{id},"value":{before}}}"#));
            }
        }
        self.attributes.set(name, value);
    }

    fn apply(&mut self, known: &'static Known, width: u8, raw: u64, value: Option<i64>) {
        match known.element.meaning {
            Meaning::Input(bit) => fold_bit(&mut self.inputs, bit, raw),
            Meaning::Output(bit) => fold_bit(&mut self.outputs, bit, raw),
            Meaning::Iccid(half) => self.iccid[usize::from(half)] = Some(raw),
            Meaning::Driver(half) => self.driver[usize::from(half)] = Some(raw),
            Meaning::Flag => self.set(known, || Value::Bool(raw != 0)),
            Meaning::Number { divisor, times, min, max, faults } => {
                let usable = value.filter(|n| (min..=max).contains(n) && !faults.contains(n));
                let Some(n) = usable else { return };
                match divisor {
                    0.0 => self.set(known, || Value::Int(n.saturating_mul(times))),
                    _ => self.set(known, || Value::Float(n as f64 / divisor)),
                }
            }
            Meaning::ReversedKey if raw != 0 => {
                self.set(known, || Value::Text(hex(&raw.to_le_bytes()).into()));
            }
            Meaning::Hex if raw != 0 => {
                let bytes = raw.to_be_bytes();
                let from = bytes.len() - usize::from(width).min(bytes.len());
                self.set(known, || Value::Text(hex(&bytes[from..]).into()));
            }
            Meaning::FuelProbe(number) => self.fuel_probe(known, number, raw),
            Meaning::Cell(number, part) => {
                let cells = &mut self.rare.get_or_insert_default().cells;
                // The signal is the one part with a sign.
                let value = if part == 3 { widened(raw, width, true) } else { value };
                cells[usize::from(number)][usize::from(part)] = value;
            }
            // No key, no sensor; or an element that is text or a list when its group says so.
            Meaning::ReversedKey | Meaning::Hex | Meaning::Text | Meaning::Codes | Meaning::Beacons(_) => {}
        }
    }

    fn fuel_probe(&mut self, known: &'static Known, number: u8, raw: u64) {
        /// Above are fault codes.
        const LEVEL_MAX: u64 = 65_530;
        let Some(level) = i64::try_from(raw).ok().filter(|_| raw <= LEVEL_MAX) else { return };
        if !self.reading.fuel_in_litres {
            self.set(known, || Value::Int(level));
        } else if let Some(id) = AttributeId::nth("fuel_level_", number.into()) {
            self.attributes.set(id, Value::Int(level));
        }
    }

    /// Takes an element whose value is a string of bytes.
    pub(crate) fn bytes(&mut self, id: u16, raw: &[u8]) {
        if id == self.event_io {
            self.event_value = Some(raw.first().copied().unwrap_or(0).into());
        }
        let known = self.reading.find(id);
        let is_text = known.is_some_and(|k| matches!(k.element.meaning, Meaning::Text | Meaning::Codes));
        let max = self.reading.text_bytes_max;
        let kept = if is_text { text(raw, max) } else { cut(&hex(raw), max).to_owned() };
        let named = match known.map(|k| k.element.meaning) {
            Some(Meaning::Text) if !kept.is_empty() => Some(Value::Text(kept.as_str().into())),
            Some(Meaning::Codes) => Some(Value::Text(separate_by_blanks(&kept).into())),
            Some(Meaning::Hex) => Some(Value::Text(kept.as_str().into())),
            Some(Meaning::Beacons(form)) => beacons::read(form, raw).map(|json| Value::Json(json.into())),
            _ => None,
        };
        self.keep(id, || Value::Text(kept.into()));
        if let (Some(known), Some(value)) = (known, named) {
            self.set(known, || value);
        }
    }

    #[inline(always)]
    fn set(&mut self, known: &'static Known, value: impl FnOnce() -> Value) {
        let Some(attribute) = known.attribute else { return };
        if self.seen_names.is_new(usize::from(known.name_slot)) {
            self.attributes.push(attribute, value());
        } else {
            self.attributes.set(attribute, value());
        }
    }

    /// The attributes, and the event that the record stands for.
    pub(crate) fn finish(mut self) -> (Attributes, Option<EventId>) {
        if let Some(mask) = self.inputs {
            self.attributes.push(attr::INPUT_STATUS, Value::Int(mask));
        }
        if let Some(mask) = self.outputs {
            self.attributes.push(attr::OUTPUT_STATUS, Value::Int(mask));
        }
        if let [Some(first), Some(second)] = self.iccid {
            // The halves are decimal numbers; the second has lost its leading zeros. Without a card both are 0.
            if (first, second) != (0, 0) {
                self.attributes.set(attr::ICCID, Value::Text(format!("{first}{second:010}").into()));
            }
        }
        if let [Some(first), Some(second)] = self.driver {
            let card = [first.to_be_bytes(), second.to_be_bytes()].concat();
            let card = text(&card, self.reading.text_bytes_max);
            if !card.is_empty() {
                self.attributes.set(attr::HARDWARE_KEY, Value::Text(card.into()));
            }
        }
        if let Some(rare) = self.rare.take() {
            rare.put(&mut self.attributes);
        }
        let event = events::of_teltonika(self.event_io, self.event_value);
        (self.attributes, event)
    }
}

impl Rare {
    fn put(&self, attributes: &mut Attributes) {
        let operator = attributes.get(attr::OPERATOR).and_then(Value::as_i64);
        let mcc = operator.and_then(mcc_mnc).map(|(mcc, _)| mcc);
        let cells: Vec<String> = self.cells.iter().filter_map(|cell| cell_json(mcc, cell)).collect();
        if !cells.is_empty() {
            attributes.set(attr::MOBILE_CELLS, Value::Json(format!("[{}]", cells.join(",")).into()));
        }
        if let (false, Ok(name)) = (self.repeated.is_empty(), AttributeId::intern("avl_io_repeated")) {
            attributes.set(name, Value::Json(format!("[{}]", self.repeated.join(",")).into()));
        }
    }
}

/// A cell tower; its country is the operator's, if that is known.
fn cell_json(mcc: Option<u16>, parts: &[Option<i64>; 4]) -> Option<String> {
    let [mnc, Some(lac), Some(cell_id), signal] = parts else { return None };
    if (*lac, *cell_id) == (0, 0) {
        return None;
    }
    let signal = signal.filter(|dbm| CELL_DBM.contains(dbm));
    let member = |name: &str, value: Option<i64>| value.map(|v| format!(r#""{name}":{v},"#)).unwrap_or_default();
    let (mcc, mnc) = (member("mcc", mcc.map(i64::from)), member("mnc", *mnc));
    let rssi = signal.map(|dbm| format!(r#","rssi":{dbm}"#)).unwrap_or_default();
    Some(format!(r#"{{{mcc}{mnc}"lac":{lac},"cell_id":{cell_id}{rssi}}}"#))
}

/// A raw value as a signed number, by the width of its group; `None` for an unsigned one beyond `i64`.
#[inline]
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
