//! The readings of a source: what its sensors, fields and counters say.

use fleet::MeasurementSystem;
use live::sensors::{calibrated_range, composites_of, measure, show};
use model::{Counter, CounterKind, Metering, Sensor, SensorKind, SourceValues, Timestamp, Value, Virtual};

use crate::encode::{DateWriter, LocalTime, Object, array, boolean, float, int, string};
use crate::names::{STATE_FIELDS, field_name};
use crate::wire::{Dates, SensorType};

/// Which readings are wanted, and in which form.
#[derive(Clone, Copy)]
pub struct ReadingsForm<'a> {
    /// Only sensors of this type, and then neither state fields nor counters.
    pub sensor_type: Option<SensorType>,
    /// Whether sensors that are part of a composite are wanted too.
    pub include_components: bool,
    /// Into whose units values are converted.
    pub measurement_system: MeasurementSystem,
    /// The zone of the dates.
    pub zone: &'a (dyn LocalTime + Sync),
    /// Their form.
    pub dates: Dates,
}

/// How much of the readings is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All groups, empty ones too.
    Whole,
    /// What has a higher [version](SourceValues::version), and only groups that have such.
    NewerThan(u64),
}

impl Extent {
    fn has(self, version: u64) -> bool {
        match self {
            Self::Whole => true,
            Self::NewerThan(known) => version > known,
        }
    }
}

/// Writes the members of a readings object, without braces. Nothing is written when nothing is wanted.
pub fn render_readings(
    sensors: &[Sensor],
    values: &SourceValues,
    form: &ReadingsForm<'_>,
    extent: Extent,
    out: &mut Vec<u8>,
) {
    let dates = DateWriter::new(form.zone, form.dates);
    let mut groups = Groups { sensors, values, form, extent, dates, start: out.len(), out };
    groups.inputs();
    if form.sensor_type.is_none() {
        groups.states();
    }
    groups.virtual_sensors();
    if form.sensor_type.is_none() {
        groups.counters();
    }
}

struct Groups<'a> {
    sensors: &'a [Sensor],
    values: &'a SourceValues,
    form: &'a ReadingsForm<'a>,
    extent: Extent,
    dates: DateWriter<'a, dyn LocalTime + Sync + 'a>,
    out: &'a mut Vec<u8>,
    /// Where the first group stands.
    start: usize,
}

impl Groups<'_> {
    /// Writes a group of objects, each with what `write` adds to it.
    fn group<T>(&mut self, name: &str, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        if items.is_empty() && self.extent != Extent::Whole {
            return;
        }
        if self.out.len() > self.start {
            self.out.push(b',');
        }
        string(name, self.out);
        self.out.extend_from_slice(b":[");
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                self.out.push(b',');
            }
            write(self, item);
        }
        self.out.push(b']');
    }

    fn inputs(&mut self) {
        let (sensors, values, form, extent) = (self.sensors, self.values, self.form, self.extent);
        let wanted = sensors.iter().filter_map(|sensor| {
            let SensorKind::Metering(metering) = &sensor.kind else { return None };
            let is_meant = form.sensor_type.is_none_or(|only| only == SensorType::Metering(metering.sensor_type));
            let is_component = || composites_of(sensor.id, sensors).next().is_some();
            if !is_meant || !form.include_components && is_component() {
                return None;
            }
            let reading = measure(metering, sensors, values).filter(|reading| extent.has(reading.version))?;
            Some((sensor, metering, reading))
        });
        let wanted: Vec<_> = wanted.collect();
        self.group("inputs", &wanted, |groups, (sensor, metering, reading)| {
            let mut o = Object::open(groups.out);
            o.int("sensor_id", sensor.id.0);
            measured(sensor, metering, reading.value, form.measurement_system, &mut o);
            groups.dates.write(reading.updated, o.member("update_time"));
            let composites = composites_of(sensor.id, sensors);
            if composites.clone().next().is_some() {
                array(composites, o.member("composite_sensor_ids"), |id, out| int(id.0, out));
            }
            bounds(metering, &mut o);
            o.close();
        });
    }

    fn states(&mut self) {
        let fields = STATE_FIELDS.iter().filter_map(|id| self.values.get(*id));
        let wanted: Vec<_> = fields.filter(|last| self.extent.has(last.version)).collect();
        self.group("states", &wanted, |groups, last| {
            let mut o = Object::open(groups.out);
            o.string("field", &field_name(last.id));
            scalar(&last.value, o.member("value"));
            groups.dates.write(last.updated, o.member("update_time"));
            o.close();
        });
    }

    fn virtual_sensors(&mut self) {
        let (sensors, values, form, extent) = (self.sensors, self.values, self.form, self.extent);
        let is_meant =
            |sensor: &Virtual| form.sensor_type.is_none_or(|only| only == SensorType::Virtual(sensor.sensor_type));
        let wanted = sensors.iter().filter_map(|sensor| match &sensor.kind {
            SensorKind::Virtual(shown) if is_meant(shown) => {
                let reading = show(shown, values).filter(|reading| extent.has(reading.version))?;
                Some((sensor, shown, reading))
            }
            _ => None,
        });
        let wanted: Vec<_> = wanted.collect();
        self.group("virtual_sensors", &wanted, |groups, (sensor, shown, reading)| {
            let mut o = Object::open(groups.out);
            o.int("sensor_id", sensor.id.0).string("label", &sensor.name).string("value", &reading.value);
            o.string("type", shown.sensor_type.name());
            groups.dates.write(reading.updated, o.member("update_time"));
            o.close();
        });
    }

    fn counters(&mut self) {
        let all = CounterKind::ALL.into_iter().filter_map(|kind| Some((kind, self.values.counter(kind)?)));
        let wanted: Vec<_> = all.filter(|(_, counter)| self.extent.has(counter.version)).collect();
        self.group("counters", &wanted, |groups, (kind, counter)| {
            render_counter(*kind, counter, &mut groups.dates, groups.out);
        });
    }
}

/// Writes a counter as an object.
pub(crate) fn render_counter(
    kind: CounterKind,
    counter: &Counter,
    dates: &mut DateWriter<'_, impl LocalTime + ?Sized>,
    out: &mut Vec<u8>,
) {
    let mut o = Object::open(out);
    o.string("type", kind.name());
    computed(counter.value, o.member("value"));
    dates.write(counter.updated, o.member("update_time"));
    o.close();
}

/// Writes the values of those metering sensors that are meant and have one, as an array; the newest time among them.
pub(crate) fn render_sensor_values(
    sensors: &[Sensor],
    values: &SourceValues,
    system: MeasurementSystem,
    is_meant: fn(&Metering) -> bool,
    out: &mut Vec<u8>,
) -> Option<Timestamp> {
    let mut newest = None;
    let wanted = sensors.iter().filter_map(|sensor| match &sensor.kind {
        SensorKind::Metering(metering) if is_meant(metering) => {
            Some((sensor, metering, measure(metering, sensors, values)?))
        }
        _ => None,
    });
    array(wanted, out, |(sensor, metering, reading), out| {
        newest = newest.max(Some(reading.updated));
        let mut o = Object::open(out);
        measured(sensor, metering, reading.value, system, &mut o);
        bounds(metering, &mut o);
        o.close();
    });
    newest
}

/// The least and the most that a calibrated sensor can show.
fn bounds(metering: &Metering, o: &mut Object<'_>) {
    if let Some((least, most)) = calibrated_range(&metering.calibration) {
        float(least, o.member("min_value"));
        float(most, o.member("max_value"));
    }
}

/// What a metering sensor is, and its value in its own unit and in the user's.
fn measured(sensor: &Sensor, metering: &Metering, value: f64, system: MeasurementSystem, o: &mut Object<'_>) {
    o.string("label", &sensor.name).string("units", &metering.units);
    o.string("name", &metering.input_name).string("type", metering.sensor_type.name());
    computed(value, o.member("value"));
    o.string("units_type", &metering.units_type);
    match converted(&metering.units_type, value, system) {
        Some((units_type, value)) => {
            o.string("converted_units_type", units_type);
            computed(value, o.member("converted_value"));
        }
        None => {
            o.raw("converted_units_type", "null").raw("converted_value", "null");
        }
    }
}

const KM_PER_MILE: f64 = 1.609_344;
const LITRES_PER_US_GALLON: f64 = 3.785_411_784;
const LITRES_PER_IMPERIAL_GALLON: f64 = 4.546_09;

/// A value in the unit that a system of units has in place of the sensor's own; `None` where it has that one.
fn converted(units_type: &str, value: f64, system: MeasurementSystem) -> Option<(&'static str, f64)> {
    use MeasurementSystem::{Imperial, MetricGalUs, Us};
    match (units_type, system) {
        ("celsius", Us) => Some(("fahrenheit", value * 1.8 + 32.0)),
        ("litre", Us | MetricGalUs) => Some(("gallon", value / LITRES_PER_US_GALLON)),
        ("litre", Imperial) => Some(("gallon", value / LITRES_PER_IMPERIAL_GALLON)),
        ("km_h", Us | Imperial) => Some(("mph", value / KM_PER_MILE)),
        _ => None,
    }
}

/// Writes a number that was worked out, without the digits that only rounding has put there.
pub(crate) fn computed(x: f64, out: &mut Vec<u8>) {
    const PLACES: f64 = 1e6;
    // Beyond it a double has no such places.
    const LARGE: f64 = 1e9;
    float(if x.abs() < LARGE { (x * PLACES).round() / PLACES } else { x }, out);
}

/// A value as the JSON that it is.
pub(crate) fn scalar(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Bool(b) => boolean(*b, out),
        Value::Int(n) => int(*n, out),
        Value::Float(x) => float(*x, out),
        Value::Text(text) | Value::Json(text) => string(text, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_converted_for_those_who_count_otherwise() {
        use MeasurementSystem::*;
        let check = |units_type: &str, system, value: f64, expected: Option<(&str, &str)>| {
            let found = converted(units_type, value, system).map(|(units_type, value)| {
                let mut out = Vec::new();
                computed(value, &mut out);
                (units_type, String::from_utf8(out).expect("ASCII"))
            });
            let expected = expected.map(|(units_type, value)| (units_type, value.to_owned()));
            assert_eq!(found, expected, "{units_type} {system:?}");
        };
        check("celsius", Us, -18.4, Some(("fahrenheit", "-1.12")));
        check("celsius", Imperial, -18.4, None);
        check("celsius", Metric, -18.4, None);
        check("litre", Us, 40.0, Some(("gallon", "10.566882")));
        check("litre", MetricGalUs, 40.0, Some(("gallon", "10.566882")));
        check("litre", Imperial, 40.0, Some(("gallon", "8.798770")).map(|(u, _)| (u, "8.79877")));
        check("litre", Nautical, 40.0, None);
        check("km_h", Us, 100.0, Some(("mph", "62.137119")));
        check("km_h", Imperial, 100.0, Some(("mph", "62.137119")));
        check("km_h", MetricGalUs, 100.0, None);
        check("volt", Us, 12.0, None);
    }

    #[test]
    fn digits_of_rounding_are_not_shown() {
        let check = |x: f64, text: &str| {
            let mut out = Vec::new();
            computed(x, &mut out);
            assert_eq!(String::from_utf8(out).expect("ASCII"), text);
        };
        check(0.1 + 0.2, "0.3");
        check(10_482.51 + 1e-11, "10482.51");
        check(-18.4, "-18.4");
        check(1e15 + 0.125, "1000000000000000.1");
    }
}
