//! What sensors make of the last values of a source: pure formulas.

use std::borrow::Cow;

use model::{
    CalibrationPoint, Discrete, Metering, Sensor, SensorId, SensorKind, SourceState, SourceValues, Timestamp, Value,
    Virtual, VirtualRule, VirtualType,
};

use crate::fields::text;

/// A sensor's value.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading<T> {
    /// The value.
    pub value: T,
    /// Device time of the value that it came of; the newest of several.
    pub updated: Timestamp,
    /// [`SourceValues::version`] of that value; the newest of several.
    pub version: u64,
}

/// What a metering sensor makes of a raw value: dropped (`None`) outside its bounds, then calibrated, then divided.
/// Never NaN or infinite.
pub fn metering_value(sensor: &Metering, raw: f64) -> Option<f64> {
    let rules = &sensor.rules;
    if rules.min.is_some_and(|min| raw < min) || rules.max.is_some_and(|max| raw > max) {
        return None;
    }
    Some(calibrate(&sensor.calibration, raw) / sensor.divider).filter(|value| value.is_finite())
}

/// A raw value's real one by a table that is sorted by `raw`: on the line between the neighbours, and beyond the ends
/// the value of the end. Without a table the raw value itself.
fn calibrate(table: &[CalibrationPoint], raw: f64) -> f64 {
    let above = table.partition_point(|point| point.raw <= raw);
    match (above.checked_sub(1).and_then(|below| table.get(below)), table.get(above)) {
        (Some(a), Some(b)) => {
            // In halves, whose differences do not overflow.
            let share = (raw / 2.0 - a.raw / 2.0) / (b.raw / 2.0 - a.raw / 2.0);
            let real = a.real + (b.real / 2.0 - a.real / 2.0) * share * 2.0;
            // Rounding may lead a little beyond the neighbours.
            real.max(a.real.min(b.real)).min(a.real.max(b.real))
        }
        (Some(end), None) | (None, Some(end)) => end.real,
        (None, None) => raw,
    }
}

/// The smallest and the largest real value of a calibration table; `None` without one.
pub fn calibrated_range(table: &[CalibrationPoint]) -> Option<(f64, f64)> {
    let ends = |(least, most): (f64, f64), point: &CalibrationPoint| (least.min(point.real), most.max(point.real));
    let first = table.first()?;
    Some(table.iter().fold((first.real, first.real), ends))
}

/// The value of a metering sensor, one of `sensors`; `None` while it has none.
///
/// A composite is the sum of those of its parents that have a value. Composites among the parents do not count, so
/// that no two can stand on each other.
pub fn measure(sensor: &Metering, sensors: &[Sensor], values: &SourceValues) -> Option<Reading<f64>> {
    if !is_composite(sensor) {
        return measure_input(sensor, values);
    }
    let parents = sensors.iter().filter_map(|parent| match &parent.kind {
        SensorKind::Metering(metering) if sensor.rules.parent_ids.contains(&parent.id) => Some(metering),
        _ => None,
    });
    let sum = parents.filter(|parent| !is_composite(parent)).filter_map(|parent| measure_input(parent, values)).reduce(
        |sum, part| Reading {
            value: sum.value + part.value,
            updated: sum.updated.max(part.updated),
            version: sum.version.max(part.version),
        },
    );
    sum.filter(|sum| sum.value.is_finite())
}

fn measure_input(sensor: &Metering, values: &SourceValues) -> Option<Reading<f64>> {
    let last = values.get(sensor.input?)?;
    let value = metering_value(sensor, last.value.as_f64()?)?;
    Some(Reading { value, updated: last.updated, version: last.version })
}

/// Whether a sensor is the sum of others.
pub fn is_composite(sensor: &Metering) -> bool {
    sensor.input.is_none() && !sensor.rules.parent_ids.is_empty()
}

/// The composites among `sensors` that a sensor is part of, in their order.
pub fn composites_of(id: SensorId, sensors: &[Sensor]) -> impl Iterator<Item = SensorId> + Clone {
    sensors.iter().filter_map(move |sensor| match &sensor.kind {
        SensorKind::Metering(metering) if is_composite(metering) && metering.rules.parent_ids.contains(&id) => {
            Some(sensor.id)
        }
        _ => None,
    })
}

/// What a virtual sensor shows; `None` while it shows nothing.
pub fn show<'a>(sensor: &'a Virtual, values: &'a SourceValues) -> Option<Reading<Cow<'a, str>>> {
    let last = values.get(sensor.input?)?;
    let value = virtual_text(sensor, &last.value)?;
    Some(Reading { value, updated: last.updated, version: last.version })
}

/// The text that a virtual sensor makes of a value; `None` when its rule does not apply to it.
pub fn virtual_text<'a>(sensor: &'a Virtual, value: &'a Value) -> Option<Cow<'a, str>> {
    let raw = virtual_raw(sensor.rule, value)?;
    if let Some(title) = sensor.titles.iter().find(|title| title.value == raw) {
        return Some(Cow::Borrowed(&title.title));
    }
    Some(match sensor.sensor_type {
        VirtualType::VirtualIgnition if sensor.titles.is_empty() => {
            Cow::Borrowed(if raw == "1" { "On" } else { "Off" })
        }
        _ => raw,
    })
}

/// What a rule makes of a value, before titles.
pub(crate) fn virtual_raw(rule: VirtualRule, value: &Value) -> Option<Cow<'_, str>> {
    let digit = |on: bool| Cow::Borrowed(if on { "1" } else { "0" });
    match rule {
        VirtualRule::InRange { from, to } => {
            let number = value.as_f64()?;
            Some(digit(from.is_none_or(|from| number >= from) && to.is_none_or(|to| number <= to)))
        }
        VirtualRule::Identity => text(value),
        VirtualRule::BitIndex(index) => {
            let number = value.as_i64()?;
            let shift = u32::from(index).checked_sub(1)?;
            Some(digit((number as u64).checked_shr(shift).is_some_and(|bits| bits & 1 == 1)))
        }
    }
}

/// Whether a discrete sensor's input is on, and since which report that is known; `None` before the first mask.
pub fn discrete(sensor: &Discrete, state: &SourceState) -> Option<(bool, Timestamp)> {
    let (mask, updated) = state.inputs?;
    let shift = u32::from(sensor.input_number).checked_sub(1)?;
    Some((mask.checked_shr(shift).is_some_and(|bits| bits & 1 == 1), updated))
}

#[cfg(test)]
mod tests;
