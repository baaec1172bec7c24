//! The last values of a source and its counters: folded from the same entries as its state, beside it.

use model::{
    AttributeId, Counter, CounterKind, Entry, EntryKind, Fix, LastValue, Position, Report, SourceChange,
    SourceSettings, SourceState, SourceValues, Timestamp, Value, attr,
};

use crate::fields::TEXT_BYTES_MAX;
use crate::order::{is_ahead, order_time};
use crate::position::Accepted;
use crate::sensors::metering_value;
use crate::{Applied, Timing, distance_m, position};

/// Attributes whose last values are kept for each source. What a device reports under further names is not.
pub const VALUES_MAX: usize = 256;

const M_PER_KM: f64 = 1_000.0;
const MS_PER_HOUR: f64 = 3_600_000.0;

/// Folds one entry into the values, after [`apply`](crate::apply) has folded it into `state` and said what it did.
/// `settings` are those in force when it arrived, as for `apply`.
///
/// Lists and objects are not kept: no sensor reads them. Nor are texts longer than a state takes.
pub fn fold_values(
    values: &mut SourceValues,
    state: &SourceState,
    entry: &Entry,
    applied: Applied,
    settings: &SourceSettings,
    timing: &Timing,
) {
    match &entry.kind {
        EntryKind::Report(report) if applied == Applied::State => {
            let at = order_time(report, entry.received, timing);
            let mut folding = Folding { version: values.version + 1, values, at, next: 0 };
            folding.take_report(report, settings);
            folding.count(report, state, settings);
            folding.count_engine_hours(state, settings, entry.received, timing);
        }
        EntryKind::Report(_) | EntryKind::Contact => {}
        EntryKind::Change(change) => apply_change(values, state, change, entry.received, settings),
    }
}

/// Folds what a report says that counts `at` this time into the last values, and nothing into the counters: for those
/// who look at what sensors said in the past.
pub fn fold_report_values(values: &mut SourceValues, report: &Report, at: Timestamp, settings: &SourceSettings) {
    Folding { version: values.version + 1, values, at, next: 0 }.take_report(report, settings);
}

fn apply_change(
    values: &mut SourceValues,
    state: &SourceState,
    change: &SourceChange,
    received: Timestamp,
    before: &SourceSettings,
) {
    match change {
        SourceChange::Registered(after) | SourceChange::Settings(after) => {
            if before.odometer_sensor != after.odometer_sensor {
                values.odometer_sensor = None;
            }
            // They may mean something else now.
            values.version += 1;
            for last in &mut values.last {
                last.version = values.version;
            }
        }
        SourceChange::Replaced(_) => {
            // The way from one device to the next was driven by neither.
            values.fix = None;
            values.ignition_since = None;
            values.odometer_sensor = None;
        }
        SourceChange::Counter { kind, value } => {
            values.version += 1;
            let counter = Some(Counter { value: *value, updated: received, version: values.version });
            match kind {
                CounterKind::Odometer => values.odometer = counter,
                CounterKind::EngineHours => {
                    values.engine_hours = counter;
                    // What was run before is in the value.
                    values.ignition_since = is_on(state).then_some(received);
                }
            }
        }
    }
}

fn is_on(state: &SourceState) -> bool {
    state.ignition.is_some_and(|(on, _)| on)
}

/// A report that counts at `at` on its way into the values.
struct Folding<'a> {
    values: &'a mut SourceValues,
    version: u64,
    at: Timestamp,
    /// Where the next value is guessed to be: a device mostly reports in the same order.
    next: usize,
}

impl Folding<'_> {
    fn take_report(&mut self, report: &Report, settings: &SourceSettings) {
        for (id, value) in report.attributes.iter() {
            match value {
                Value::Json(_) => {}
                Value::Text(text) if text.len() > TEXT_BYTES_MAX => {}
                value => self.take(id, value),
            }
        }
        if let Some(position) = &report.position {
            if let Some(satellites) = position.satellites {
                self.take(attr::SATELLITES, &Value::Int(satellites.into()));
            }
            if position::judge(position, settings) != Accepted::Not {
                self.take_position(position);
            }
        }
        if let Some(event) = report.event() {
            self.take(attr::EVENT_ID, &Value::Int(event.0.into()));
        }
    }

    fn take_position(&mut self, position: &Position) {
        self.take(attr::LATITUDE, &Value::Float(position.latitude));
        self.take(attr::LONGITUDE, &Value::Float(position.longitude));
        let measures = [(attr::ALTITUDE, position.altitude_m), (attr::SPEED, position.speed_kmh)];
        for (id, measure) in measures {
            if let Some(value) = measure.and_then(|measure| Value::float(thousandths(measure))) {
                self.take(id, &value);
            }
        }
        if let Some(heading_deg) = position.heading_deg {
            self.take(attr::HEADING, &Value::Int(heading_deg.into()));
        }
    }

    fn take(&mut self, id: AttributeId, value: &Value) {
        let last = &mut self.values.last;
        let place = match last.get(self.next) {
            Some(guess) if guess.id == id => Ok(self.next),
            _ => last.binary_search_by_key(&id, |value| value.id),
        };
        match place {
            Ok(place) => {
                self.next = place + 1;
                let known = &mut last[place];
                if known.value != *value {
                    known.value = value.clone();
                }
                known.updated = self.at;
                known.version = self.version;
            }
            Err(place) if last.len() < VALUES_MAX => {
                self.next = place + 1;
                last.insert(place, LastValue { id, value: value.clone(), updated: self.at, version: self.version });
            }
            Err(_) => return,
        }
        self.values.version = self.version;
    }

    /// Drives the odometer: by a sensor if there is one, else by the way between fixes.
    fn count(&mut self, report: &Report, state: &SourceState, settings: &SourceSettings) {
        let mut grown_km = 0.0;
        if let Some(position) = &report.position
            && position.fix != Fix::LastKnown
            && position::judge(position, settings) == Accepted::Satellite
        {
            let fix = (position.latitude, position.longitude);
            let before = self.values.fix.replace(fix);
            let drives = state.movement == model::MovementStatus::Moving;
            if let Some(before) = before.filter(|_| drives && self.values.odometer.is_some()) {
                grown_km = distance_m(before, fix) / M_PER_KM * settings.odometer_multiplier;
            }
        }
        if let Some(sensor) = &settings.odometer_sensor {
            let last = sensor.input.and_then(|input| self.values.get(input));
            let now = last.filter(|last| last.version == self.version).and_then(|last| last.value.as_f64());
            let value = now.and_then(|raw| metering_value(sensor, raw));
            let before = match value {
                Some(value) => self.values.odometer_sensor.replace(value),
                None => None,
            };
            grown_km = value.zip(before).map_or(0.0, |(value, before)| value - before);
        }
        self.grow(CounterKind::Odometer, grown_km);
    }

    /// Counts the time between two reports if the ignition was on at the first.
    fn count_engine_hours(
        &mut self,
        state: &SourceState,
        settings: &SourceSettings,
        received: Timestamp,
        timing: &Timing,
    ) {
        // A wrong clock of the server's may have led ahead; that binds nobody.
        let since = self.values.ignition_since.filter(|since| !is_ahead(*since, received, timing));
        if let Some(since) = since.filter(|since| self.at > *since) {
            let hours = self.at.since_ms(since) as f64 / MS_PER_HOUR;
            self.grow(CounterKind::EngineHours, hours * settings.engine_hours_multiplier);
        }
        let counted_to = since.map_or(self.at, |since| since.max(self.at));
        self.values.ignition_since = is_on(state).then_some(counted_to);
    }

    /// Adds to a counter that exists. Counters never go back.
    fn grow(&mut self, kind: CounterKind, by: f64) {
        let counter = match kind {
            CounterKind::Odometer => &mut self.values.odometer,
            CounterKind::EngineHours => &mut self.values.engine_hours,
        };
        if let Some(counter) = counter
            && by > 0.0
            && (counter.value + by).is_finite()
        {
            *counter = Counter { value: counter.value + by, updated: self.at, version: self.version };
            self.values.version = self.version;
        }
    }
}

/// As a decimal fraction: what devices send has no more places, and the wider type would show the narrower's error.
fn thousandths(measure: f32) -> f64 {
    (f64::from(measure) * 1_000.0).round() / 1_000.0
}
