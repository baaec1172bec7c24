//! How the counters of a source grow.

use std::sync::Arc;

use model::{CounterKind, Metering, Sensor, SensorId, SensorKind, SourceSettings, TrackerId};

use crate::change::Change;
use crate::error::CounterError;
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::own::changeable;
use crate::sessions::Session;
use crate::values::SourceInfo;

/// The highest multiplier of a counter.
pub const COUNTER_MULTIPLIER_MAX: f64 = 1e6;

impl Fleet {
    /// Says what a counter's growth is multiplied by, above 0 and up to [`COUNTER_MULTIPLIER_MAX`], and for the
    /// odometer which metering sensor drives it, if one does. The value so far stays.
    pub async fn update_counter(
        &self,
        session: &Session,
        tracker: TrackerId,
        kind: CounterKind,
        multiplier: f64,
        sensor: Option<SensorId>,
    ) -> Result<(), CounterError> {
        if !(multiplier > 0.0 && multiplier <= COUNTER_MULTIPLIER_MAX) {
            return Err(CounterError::BadMultiplier);
        }
        let session = session.clone();
        self.write(move |desk| {
            let info = changeable(&desk.memory(), &session, tracker)?.source.clone();
            let settings = updated(&info, kind, multiplier, sensor)?;
            if settings == *info.settings {
                return Ok(());
            }
            let info = SourceInfo { settings: Arc::new(settings), ..info };
            let event = FleetEvent::SourceChanged(info.clone());
            Ok(desk.commit(vec![Change::Source(info)], &[event])?)
        })
        .await
    }
}

fn updated(
    info: &SourceInfo,
    kind: CounterKind,
    multiplier: f64,
    sensor: Option<SensorId>,
) -> Result<SourceSettings, CounterError> {
    let settings = SourceSettings::clone(&info.settings);
    let find = |id: SensorId| match info.sensors.iter().find(|sensor| sensor.id == id).map(|sensor| &sensor.kind) {
        // A sum of others has no growth of its own.
        Some(SensorKind::Metering(metering)) if metering.input.is_some() => Ok(Arc::new(metering.clone())),
        _ => Err(CounterError::BadSensor),
    };
    match kind {
        CounterKind::Odometer => Ok(SourceSettings {
            odometer_multiplier: multiplier,
            odometer_sensor: sensor.map(find).transpose()?,
            ..settings
        }),
        CounterKind::EngineHours if sensor.is_some() => Err(CounterError::BadSensor),
        CounterKind::EngineHours => Ok(SourceSettings { engine_hours_multiplier: multiplier, ..settings }),
    }
}

/// The sensor that drives the odometer of a source once it has other sensors: the same as it is then, if it is still
/// there and measures.
pub(crate) fn odometer_sensor(source: &SourceInfo, sensors: &[Sensor]) -> Option<Arc<Metering>> {
    // Its input tells which one it is: no two have the same.
    let input = source.settings.odometer_sensor.as_deref()?.input?;
    let is_driving = |sensor: &&Sensor| matches!(&sensor.kind, SensorKind::Metering(m) if m.input == Some(input));
    let id = source.sensors.iter().find(is_driving)?.id;
    match sensors.iter().find(|sensor| sensor.id == id).map(|sensor| &sensor.kind) {
        Some(SensorKind::Metering(metering)) if metering.input.is_some() => Some(Arc::new(metering.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use model::{DeviceId, MeteringRules, MeteringType, SourceId, Timestamp, attr};

    use super::*;
    use crate::models::MODELS;

    fn info() -> SourceInfo {
        let metering = |id, input| {
            let kind = SensorKind::Metering(Metering {
                sensor_type: MeteringType::Custom,
                input_name: "any".into(),
                input,
                divider: 1.0,
                accuracy: 0.0,
                units: String::new(),
                units_type: "custom".into(),
                rules: MeteringRules::default(),
                calibration: Vec::new(),
            });
            Sensor { id: SensorId(id), name: String::new(), kind }
        };
        SourceInfo {
            source: SourceId(1),
            device: DeviceId::new("device-1").expect("an id"),
            model: &MODELS[0],
            registered: Timestamp::default(),
            blocked: false,
            connected: false,
            removed: false,
            settings: Arc::default(),
            device_settings: Arc::default(),
            sensors: [metering(7, Some(attr::HARDWARE_MILEAGE)), metering(8, None)].into(),
        }
    }

    #[test]
    fn a_counter_s_settings_follow() {
        use CounterKind::{EngineHours, Odometer};
        let check = |kind, multiplier, sensor: Option<u32>, expected: Result<(f64, bool, f64), CounterError>| {
            let found = updated(&info(), kind, multiplier, sensor.map(SensorId));
            let found = found.map(|s| (s.odometer_multiplier, s.odometer_sensor.is_some(), s.engine_hours_multiplier));
            assert_eq!(found, expected, "{kind:?} {sensor:?}");
        };
        check(Odometer, 2.5, None, Ok((2.5, false, 1.0)));
        check(Odometer, 2.5, Some(7), Ok((2.5, true, 1.0)));
        check(Odometer, 2.5, Some(8), Err(CounterError::BadSensor));
        check(Odometer, 2.5, Some(9), Err(CounterError::BadSensor));
        check(EngineHours, 2.5, None, Ok((1.0, false, 2.5)));
        check(EngineHours, 2.5, Some(7), Err(CounterError::BadSensor));
    }

    #[test]
    fn the_odometer_goes_with_its_sensor() {
        let mut info = info();
        assert_eq!(odometer_sensor(&info, &info.sensors), None);
        info.settings = Arc::new(updated(&info, CounterKind::Odometer, 1.0, Some(SensorId(7))).expect("there"));
        let driving = |sensors: &[Sensor]| odometer_sensor(&info, sensors).map(|sensor| sensor.divider);
        assert_eq!(driving(&info.sensors), Some(1.0));
        let mut sensors = info.sensors.to_vec();
        if let SensorKind::Metering(metering) = &mut sensors[0].kind {
            metering.divider = 1_000.0;
        }
        assert_eq!(driving(&sensors), Some(1_000.0));
        assert_eq!(driving(&sensors[1..]), None);
    }
}
