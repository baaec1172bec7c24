//! From numbered I/O elements to normalised attributes and events. Every element is kept under its number as well.

use model::{AttributeId, Attributes, EventId, Position, Report, Timestamp, Value, attr};

use crate::bytes::{hex, text};

/// Vendor codes without a place in the list begin here.
const VENDOR_BASE: u32 = 10_000;
/// The element that stands as the cause of plain records.
const PERIODIC: u16 = 7;
/// What a probe on the one-wire bus shows before its first measurement, in tenths of a degree.
const UNMEASURED: i64 = 850;

/// How the value of an element is read.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Meaning {
    /// A whole number.
    Whole(AttributeId),
    /// The same with a sign.
    Signed(AttributeId),
    /// So much for each step, as numerator and denominator.
    Steps(AttributeId, f64, f64),
    /// Steps of a numbered family.
    Nth(&'static str, u32, f64),
    /// Tenths of a degree of a numbered probe.
    Probe(u32),
    /// 0 is false, anything else true.
    Flag(AttributeId),
    /// Digital input, by its bit.
    Input(u8),
    /// First (0) or second (1) half of a text or number of sixteen bytes.
    Half(Wide, usize),
    /// Upper-case hexadecimal; 0 is no value.
    Hex(AttributeId),
    /// The signal of the modem, 0 to 31; 99 is unknown.
    Csq,
    /// So much less than it says.
    Less(AttributeId, i64),
}

/// What comes in two halves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wide {
    CanDriver,
    TachographDriver,
    Tag,
}

fn meaning(id: u16) -> Option<Meaning> {
    use Meaning::*;
    Some(match id {
        // Inputs 1 to 4.
        2..=5 => Input((id - 2) as u8),
        13 | 173 => Flag(attr::IS_MOVING),
        20 => Nth("analog_", 3, 1_000.0),
        21 => Nth("analog_", 4, 1_000.0),
        22 => Nth("analog_", 1, 1_000.0),
        23 => Nth("analog_", 2, 1_000.0),
        27 => Csq,
        29 => Steps(attr::BOARD_VOLTAGE, 1.0, 1_000.0),
        30 => Steps(attr::BATTERY_VOLTAGE, 1.0, 1_000.0),
        32 => Signed(attr::TEMPERATURE_INTERNAL),
        34 => Hex(attr::HARDWARE_KEY),
        39 => Whole(attr::OBD_ENGINE_LOAD),
        65 => Steps(attr::HARDWARE_MILEAGE, 1.0, 1_000.0),
        66 => Steps(attr::TRIP_MILEAGE, 1.0, 1_000.0),
        78 => Probe(1),
        79 => Probe(2),
        80 => Probe(3),
        74 => Probe(4),
        88 => Flag(attr::JAMMING),
        94 => Steps(attr::OBD_RPM, 1.0, 4.0),
        95 => Whole(attr::OBD_SPEED),
        96 => Less(attr::OBD_COOLANT_T, 40),
        98 => Steps(attr::OBD_FUEL, 100.0, 255.0),
        100 => Steps(attr::OBD_FUEL_RATE, 1.0, 20.0),
        126 => Half(Wide::CanDriver, 0),
        127 => Half(Wide::CanDriver, 1),
        150 => Whole(attr::OPERATOR),
        155 => Half(Wide::TachographDriver, 0),
        156 => Half(Wide::TachographDriver, 1),
        163 => Steps(attr::CAN_MILEAGE, 1.0, 200.0),
        164 => Steps(attr::TRIP_MILEAGE, 1.0, 200.0),
        165 => Steps(attr::TACHOGRAPH_SPEED, 1.0, 256.0),
        166 | 197 => Steps(attr::CAN_RPM, 1.0, 8.0),
        170 => Flag(attr::CHARGING_STATUS),
        203 => Steps(attr::CAN_ENGINE_HOURS, 1.0, 20.0),
        205 => Whole(attr::CAN_FUEL_LITRES),
        207 => Nth("can_fuel_", 1, 2.5),
        208 => Steps(attr::CAN_CONSUMPTION, 1.0, 2.0),
        251 | 409 => Flag(attr::IGNITION),
        645 => Whole(attr::OBD_MILEAGE),
        760 => Half(Wide::Tag, 0),
        761 => Half(Wide::Tag, 1),
        _ => return None,
    })
}

/// The event of a record that was caused by element `id`, which has this value, if the record says it. `None` for a
/// periodic one. A record need not say the value: an alarm that caused it is one all the same, while of what goes on and
/// off it is then not known which.
fn event(id: u16, value: Option<u64>) -> Option<EventId> {
    let is_on = value != Some(0);
    let vendor = VENDOR_BASE + u32::from(id);
    let either = |active: u32, inactive: u32| if is_on { active } else { inactive };
    Some(EventId(match id {
        0 | PERIODIC => return None,
        2..=5 => 500 + u32::from(id) - 1,
        13 | 173 | 251 | 409 if value.is_none() => vendor,
        13 | 173 => either(406, 407),
        88 => either(117, vendor),
        134 => either(241, vendor),
        135 => either(239, vendor),
        136 => either(240, vendor),
        251 | 409 => either(605, 604),
        410 => either(101, vendor),
        411 => either(242, vendor),
        415 if value.is_none_or(|v| v == 0) => 601,
        758 if value.is_none_or(|v| v == 1) => 106,
        _ => vendor,
    }))
}

/// Gathers the elements of one record, or of all its parts.
pub(super) struct Collector {
    time: Option<Timestamp>,
    position: Option<Position>,
    attributes: Attributes,
    text_bytes_max: usize,
    /// Id of the element that caused the record, and its value once it was read.
    cause: (u16, Option<u64>),
    inputs: Option<i64>,
    /// Halves of what is wide, in the order of [`Wide`].
    halves: [[Option<u64>; 2]; 3],
}

impl Collector {
    pub(super) fn new(
        time: Option<Timestamp>,
        position: Option<Position>,
        attributes: Attributes,
        text_bytes_max: usize,
    ) -> Self {
        let (cause, inputs, halves) = ((0, None), None, [[None; 2]; 3]);
        Self { time, position, attributes, text_bytes_max, cause, inputs, halves }
    }

    pub(super) fn is_at(&self, time: Option<Timestamp>) -> bool {
        self.time == time
    }

    /// Names the element that caused the record; the first part of a record decides.
    pub(super) fn caused_by(&mut self, id: u16) {
        if self.cause.0 == 0 {
            self.cause.0 = id;
            if id != 0 {
                self.attributes.set(attr::EVENT_CODE, Value::Int(i64::from(id)));
            }
        }
    }

    /// Takes an element whose value has `width` bytes.
    pub(super) fn number(&mut self, id: u16, width: u8, raw: u64) {
        if id == self.cause.0 {
            self.cause.1 = Some(raw);
        }
        let meaning = meaning(id);
        let is_signed = matches!(meaning, Some(Meaning::Signed(_) | Meaning::Probe(_)));
        let value = if is_signed { Some(signed(raw, width)) } else { i64::try_from(raw).ok() };
        let kept = match value {
            Some(n) => Value::Int(n),
            None => Value::Text(hex(&raw.to_be_bytes()).into()),
        };
        self.attributes.set(AttributeId::avl_io(id), kept);
        if let Some(meaning) = meaning {
            self.apply(meaning, raw, value);
        }
    }

    fn apply(&mut self, meaning: Meaning, raw: u64, value: Option<i64>) {
        match (meaning, value) {
            (Meaning::Whole(id) | Meaning::Signed(id), Some(n)) => self.attributes.set(id, Value::Int(n)),
            (Meaning::Less(id, by), Some(n)) => self.attributes.set(id, Value::Int(n.saturating_sub(by))),
            (Meaning::Steps(id, times, divisor), Some(n)) => {
                self.attributes.set(id, Value::Float(n as f64 * times / divisor));
            }
            (Meaning::Nth(prefix, number, divisor), Some(n)) => self.nth(prefix, number, n as f64 / divisor),
            (Meaning::Probe(number), Some(n)) if (-550..=1_250).contains(&n) && n != UNMEASURED => {
                self.nth("temperature_", number, n as f64 / 10.0);
            }
            (Meaning::Csq, Some(n @ 0..=31)) => self.attributes.set(attr::GSM_SIGNAL_LEVEL, Value::Int(n * 100 / 31)),
            (Meaning::Flag(id), _) => self.attributes.set(id, Value::Bool(raw != 0)),
            (Meaning::Input(bit), _) => {
                let before = self.inputs.unwrap_or(0) & !(1 << bit);
                self.inputs = Some(before | i64::from(raw != 0) << bit);
            }
            (Meaning::Hex(id), _) if raw != 0 => {
                self.attributes.set(id, Value::Text(hex(&raw.to_be_bytes()).into()));
            }
            (Meaning::Half(wide, half), _) => self.halves[wide as usize][half] = Some(raw),
            // Beyond what a number holds, a probe without a reading, no signal, no key.
            _ => {}
        }
    }

    fn nth(&mut self, prefix: &str, number: u32, value: f64) {
        if let Some(id) = AttributeId::nth(prefix, number) {
            self.attributes.set(id, Value::Float(value));
        }
    }

    /// Both halves of what is wide, unless it is missing or nothing but zeros.
    fn wide(&self, wide: Wide) -> Option<[u8; 16]> {
        let [first, second] = self.halves[wide as usize];
        let both = (u128::from(first?) << 64) | u128::from(second?);
        (both != 0).then(|| both.to_be_bytes())
    }

    pub(super) fn finish(mut self) -> Report {
        if let Some(mask) = self.inputs {
            self.attributes.set(attr::INPUT_STATUS, Value::Int(mask));
        }
        let card = self.wide(Wide::TachographDriver).or_else(|| self.wide(Wide::CanDriver));
        let card = card.map(|card| text(&card, self.text_bytes_max)).filter(|card| !card.is_empty());
        let tag = self.wide(Wide::Tag).map(|tag| hex(&tag));
        if let Some(card) = &card {
            self.attributes.set(attr::TACHOGRAPH_DRIVER, Value::Text(card.as_str().into()));
        }
        // A key on the device's own reader comes first.
        if let (None, Some(key)) = (self.attributes.get(attr::HARDWARE_KEY), card.or(tag)) {
            self.attributes.set(attr::HARDWARE_KEY, Value::Text(key.into()));
        }
        let (id, value) = self.cause;
        let Self { time, position, attributes, .. } = self;
        Report { time, position, events: event(id, value).into_iter().collect(), archived: false, attributes }
    }
}

/// A raw value as a signed number, by the width of its group.
fn signed(raw: u64, width: u8) -> i64 {
    match width {
        1 => i64::from(raw as u8 as i8),
        2 => i64::from(raw as u16 as i16),
        4 => i64::from(raw as u32 as i32),
        _ => raw as i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_become_events() {
        let check = |id: u16, value: Option<u64>, wanted: Option<u32>| {
            assert_eq!(event(id, value), wanted.map(EventId), "element {id} = {value:?}");
        };
        check(0, None, None);
        check(7, Some(1), None);
        check(2, Some(0), Some(501));
        check(5, Some(1), Some(504));
        check(173, Some(1), Some(406));
        check(173, Some(0), Some(407));
        check(134, Some(3), Some(241));
        check(135, Some(3), Some(239));
        check(136, Some(3), Some(240));
        check(409, Some(1), Some(605));
        check(251, Some(0), Some(604));
        check(410, Some(1), Some(101));
        check(411, Some(1), Some(242));
        check(415, Some(0), Some(601));
        check(415, Some(1), Some(10_415));
        check(758, Some(1), Some(106));
        check(758, Some(2), Some(10_758));
        check(29, None, Some(10_029));
        for (id, wanted) in [(134, 241), (410, 101), (411, 242), (415, 601), (758, 106), (88, 117), (2, 501)] {
            check(id, None, Some(wanted));
        }
        for id in [13, 173, 251, 409] {
            check(id, None, Some(10_000 + u32::from(id)));
        }
        check(134, Some(0), Some(10_134));
    }
}
