//! Fields of the message: their types and ranges. Nothing is lenient here; a wrong type refuses the message.

use std::borrow::Cow;

use model::{AttributeId, Timestamp, Value, attr};

use crate::json::Item;
use crate::session::{FieldFault, Reject};

pub(super) fn fault(name: &'static str, fault: FieldFault) -> Reject {
    Reject::Field { name, fault }
}

/// A field's value with its name, for what is wrong with it.
pub(super) struct Field<'a> {
    pub(super) name: &'static str,
    pub(super) item: Item<'a>,
}

impl<'a> Field<'a> {
    pub(super) fn wrong_type(&self) -> Reject {
        fault(self.name, FieldFault::WrongType)
    }

    pub(super) fn out_of_range(&self) -> Reject {
        fault(self.name, FieldFault::OutOfRange)
    }

    pub(super) fn float(&self, least: f64, most: f64) -> Result<f64, Reject> {
        let x = match self.item {
            Item::Int(n) => n as f64,
            Item::Float(x) => x,
            _ => return Err(self.wrong_type()),
        };
        let in_range = x.is_finite() && (least..=most).contains(&x);
        if in_range { Ok(x) } else { Err(self.out_of_range()) }
    }

    pub(super) fn int(&self, least: i64, most: i64) -> Result<i64, Reject> {
        match self.item {
            Item::Int(n) if (least..=most).contains(&n) => Ok(n),
            Item::Int(_) => Err(self.out_of_range()),
            _ => Err(self.wrong_type()),
        }
    }

    pub(super) fn bool(&self) -> Result<bool, Reject> {
        match self.item {
            Item::Bool(b) => Ok(b),
            _ => Err(self.wrong_type()),
        }
    }

    pub(super) fn text(self) -> Result<Cow<'a, str>, Reject> {
        match self.item {
            Item::Text(text) => Ok(text),
            _ => Err(self.wrong_type()),
        }
    }

    /// A time in UTC, ending in `Z`: offsets are not accepted.
    pub(super) fn time(self) -> Result<Timestamp, Reject> {
        let Item::Text(text) = &self.item else { return Err(self.wrong_type()) };
        let time = Timestamp::parse_iso(text).ok().filter(|_| text.ends_with('Z'));
        time.ok_or_else(|| self.out_of_range())
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Bool,
    Text,
    Float { min: f64 },
    Int { min: i64, max: i64 },
}

const ANY_FLOAT: Kind = Kind::Float { min: f64::MIN };
const NOT_NEGATIVE: Kind = Kind::Float { min: 0.0 };
const MASK: Kind = Kind::Int { min: 0, max: i64::MAX };

const FIELDS: &[(&str, AttributeId, Kind)] = &[
    ("is_moving", attr::IS_MOVING, Kind::Bool),
    ("hardware_mileage", attr::HARDWARE_MILEAGE, NOT_NEGATIVE),
    ("battery_voltage", attr::BATTERY_VOLTAGE, NOT_NEGATIVE),
    ("board_voltage", attr::BOARD_VOLTAGE, NOT_NEGATIVE),
    ("battery_level", attr::BATTERY_LEVEL, Kind::Int { min: 0, max: 100 }),
    ("input_status", attr::INPUT_STATUS, MASK),
    ("output_status", attr::OUTPUT_STATUS, MASK),
    ("temperature_internal", attr::TEMPERATURE_INTERNAL, ANY_FLOAT),
    ("humidity_internal", attr::HUMIDITY_INTERNAL, ANY_FLOAT),
    ("hardware_key", attr::HARDWARE_KEY, Kind::Text),
    ("vin", attr::VIN, Kind::Text),
];

const NUMBERED_MAX: u32 = 32;

/// Prefix of the name, and the name by which faults are reported.
const NUMBERED: &[(&str, &str, Kind)] = &[
    ("analog_", "analog_n", ANY_FLOAT),
    ("temperature_", "temperature_n", ANY_FLOAT),
    ("humidity_", "humidity_n", ANY_FLOAT),
    ("fuel_level_", "fuel_level_n", ANY_FLOAT),
    ("fuel_temperature_", "fuel_temperature_n", ANY_FLOAT),
    ("impulse_counter_", "impulse_counter_n", Kind::Int { min: i64::MIN, max: i64::MAX }),
];

/// Reads a field that the protocol defines; `None` when it does not define one of this name.
pub(super) fn defined(name: &str, item: &Item<'_>) -> Option<Result<(AttributeId, Value), Reject>> {
    let (reported, id, kind) = find(name)?;
    let field = Field { name: reported, item: item.clone() };
    let value = match kind {
        Kind::Bool => field.bool().map(Value::Bool),
        Kind::Text => field.text().map(|t| Value::Text(t.into())),
        Kind::Float { min } => field.float(min, f64::MAX).map(Value::Float),
        Kind::Int { min, max } => field.int(min, max).map(Value::Int),
    };
    Some(value.map(|v| (id, v)))
}

fn find(name: &str) -> Option<(&'static str, AttributeId, Kind)> {
    if let Some((known, id, kind)) = FIELDS.iter().find(|(known, ..)| *known == name) {
        return Some((known, *id, *kind));
    }
    let (prefix, reported, kind) = NUMBERED.iter().find(|(prefix, ..)| {
        name.strip_prefix(prefix).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit() && c != '0'))
    })?;
    let number: u32 = name.strip_prefix(prefix)?.parse().ok().filter(|n| *n <= NUMBERED_MAX)?;
    Some((reported, AttributeId::nth(prefix, number)?, *kind))
}
