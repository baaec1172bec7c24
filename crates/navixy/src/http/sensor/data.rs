//! `tracker/sensor/data/read`: what a sensor said in the past, worked out of the reports.

use std::ops::ControlFlow;
use std::sync::Arc;

use calls::Request;
use calls::params;
use engine::{Journal, JournalError};
use fleet::Session;
use live::fold_report_values;
use live::sensors::{is_composite, measure, show};
use model::{AttributeId, Sensor, SensorKind, SourceValues, Timestamp, Value};

use super::sensor_of;
use crate::encode::{self, DateWriter, Object, computed, scalar};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::past::{Course, Meter};
use crate::http::span::Span;
use crate::http::tracker::unblocked;

/// A longer text counts as several points, so that what is kept for an answer stays bounded.
const POINT_TEXT_BYTES: usize = 64;

/// What is looked at.
struct Asked {
    course: Course,
    meter: Meter,
    sensor: Sensor,
    /// All of the tracker, for a composite's parts.
    sensors: Arc<[Sensor]>,
    is_raw: bool,
    points_max: usize,
}

pub(super) async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let sensor = params.required("sensor_id", params::int);
    let span = Span::read(params, &session.zone);
    let is_raw = params.flag("raw_data", false);
    params.finish()?;
    let (Some(sensor), Some(span)) = (sensor, span) else { return Err(params.invalid().into()) };
    let tracker = unblocked(api, &session, id, Condition::NotFound)?;
    let sensor = sensor_of(&tracker, sensor)?.clone();
    if matches!(sensor.kind, SensorKind::Discrete(_)) {
        return Err(Condition::SensorUnsupported.into());
    }
    let asked = Asked {
        course: api.course(&tracker, span.limit(api.options.sensor_days_max)?),
        meter: Meter::new(api.options.past_reports_max),
        sensor,
        sensors: Arc::clone(&tracker.source.sensors),
        is_raw,
        points_max: api.options.past_points_max,
    };
    let (points, is_exceeded) = api.read_past(move |journal| asked.points(journal)).await?;
    let mut dates = DateWriter::new(&*session.zone, dates);
    Ok(success(|o| {
        o.boolean("limit_exceeded", is_exceeded);
        encode::array(&points, o.member("list"), |(at, value), out| {
            let mut o = Object::open(out);
            match value {
                Value::Float(x) if !is_raw => computed(*x, o.member("value")),
                value => scalar(value, o.member("value")),
            }
            dates.write(*at, o.member("get_time"));
            o.close();
        });
    }))
}

impl Asked {
    /// The values of the span, and whether it was cut.
    fn points(mut self, journal: &dyn Journal) -> Result<(Vec<(Timestamp, Value)>, bool), JournalError> {
        let mut values = SourceValues::default();
        let (mut points, mut kept, mut is_cut) = (Vec::new(), 0, false);
        self.course.reports(journal, self.course.from, &mut self.meter, |stored| {
            let before = values.version;
            fold_report_values(&mut values, &stored.report, stored.time, &self.course.settings);
            let found = value(&self.sensor, &self.sensors, &values, self.is_raw);
            // An older one was told with the report that it came with.
            if let Some((value, _)) = found.filter(|(_, version)| *version > before) {
                kept += weight(&value);
                is_cut = kept > self.points_max;
                if is_cut {
                    return ControlFlow::Break(());
                }
                points.push((stored.time, value));
            }
            ControlFlow::Continue(())
        })?;
        Ok((points, is_cut || self.meter.is_exceeded))
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => 1 + text.len() / POINT_TEXT_BYTES,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => 1,
    }
}

/// What a sensor makes of the last values, and the version of the newest of those that it came of.
fn value(sensor: &Sensor, sensors: &[Sensor], values: &SourceValues, is_raw: bool) -> Option<(Value, u64)> {
    let raw = |input: Option<AttributeId>| values.get(input?);
    match &sensor.kind {
        SensorKind::Metering(metering) if is_raw && !is_composite(metering) => {
            let last = raw(metering.input)?;
            Some((Value::Float(last.value.as_f64()?), last.version))
        }
        SensorKind::Metering(metering) => {
            let reading = measure(metering, sensors, values)?;
            Some((Value::Float(reading.value), reading.version))
        }
        SensorKind::Virtual(shown) if is_raw => raw(shown.input).map(|last| (last.value.clone(), last.version)),
        SensorKind::Virtual(shown) => {
            let reading = show(shown, values)?;
            Some((Value::Text(reading.value.into()), reading.version))
        }
        SensorKind::Discrete(_) => None,
    }
}
