//! Sensors: what the owner of a source says that its attributes mean.
//!
//! Each is an entity of its own, so that its id is never given twice; [`SourceInfo::sensors`] is what is worked with.
//! Every operation makes a new list out of the old one, and the difference is stored.

mod check;
mod rules;

use std::collections::BTreeSet;

use model::{CalibrationPoint, Sensor, SensorId, SensorKind, SourceSettings, TrackerId};
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::counters::odometer_sensor;
use crate::entities::{EntityKind, Stored};
use crate::error::{Field, Invalid, Problem, SensorError};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::own::{changeable, open_tracker};
use crate::sessions::Session;
use crate::values::SourceInfo;

pub use check::{SENSOR_NAME_CHARS_MAX, VALUE_TITLES_MAX};
pub(crate) use rules::ignition;

/// A sensor as it is stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct StoredSensor {
    pub(crate) source: u32,
    pub(crate) sensor: Sensor,
}

impl Stored for StoredSensor {
    fn id(&self) -> u32 {
        self.sensor.id.0
    }
}

impl Fleet {
    /// Makes a sensor; its id. `sensor.id` is not looked at.
    pub async fn create_sensor(
        &self,
        session: &Session,
        tracker: TrackerId,
        mut sensor: Sensor,
    ) -> Result<SensorId, SensorError> {
        check::sensor(&sensor, &self.options)?;
        let (session, options) = (session.clone(), self.options.clone());
        self.write(move |desk| {
            let (id, info, changes) = {
                let memory = desk.memory();
                let tracker = changeable(&memory, &session, tracker)?;
                sensor.id = SensorId(memory.entities.sensors.next_id());
                let id = sensor.id;
                rules::fits(&tracker.source.sensors, &sensor, None, &options)?;
                let mut sensors = tracker.source.sensors.to_vec();
                sensors.push(sensor);
                let (info, changes) = replaced(&tracker.source, sensors);
                has_room(&memory, &changes, options.entities_max)?;
                (id, info, changes)
            };
            desk.commit(changes, &[FleetEvent::SourceChanged(info)])?;
            Ok(id)
        })
        .await
    }

    /// Changes everything of a sensor but its id and, if it still measures a number, its calibration.
    pub async fn update_sensor(
        &self,
        session: &Session,
        tracker: TrackerId,
        sensor: Sensor,
    ) -> Result<(), SensorError> {
        check::sensor(&sensor, &self.options)?;
        let options = self.options.clone();
        self.change_sensors(session, tracker, move |sensors| {
            let at = position(sensors, sensor.id)?;
            let mut new = sensor;
            if let (SensorKind::Metering(old), SensorKind::Metering(new)) = (&sensors[at].kind, &mut new.kind) {
                new.calibration.clone_from(&old.calibration);
            }
            rules::fits(sensors, &new, Some(&sensors[at]), &options)?;
            if !rules::is_part(&new) {
                rules::take_out_of_composites(sensors, new.id);
            }
            sensors[at] = new;
            Ok(())
        })
        .await
    }

    /// Removes a sensor; composite ones go on without it.
    pub async fn delete_sensor(&self, session: &Session, tracker: TrackerId, id: SensorId) -> Result<(), SensorError> {
        self.change_sensors(session, tracker, move |sensors| {
            let at = position(sensors, id)?;
            sensors.remove(at);
            rules::take_out_of_composites(sensors, id);
            Ok(())
        })
        .await
    }

    /// Replaces the calibration of a sensor that measures a number, in any order of points; none: the raw value is the
    /// real one.
    pub async fn set_calibration(
        &self,
        session: &Session,
        tracker: TrackerId,
        id: SensorId,
        mut points: Vec<CalibrationPoint>,
    ) -> Result<(), SensorError> {
        check::calibration(&mut points, self.options.calibration_points_max)?;
        self.change_sensors(session, tracker, move |sensors| {
            let at = position(sensors, id)?;
            match &mut sensors[at].kind {
                SensorKind::Metering(metering) => metering.calibration = points,
                SensorKind::Discrete(_) | SensorKind::Virtual(_) => return Err(SensorError::Unsupported),
            }
            Ok(())
        })
        .await
    }

    /// Gives trackers the sensors of another, of the same model, in place of theirs. All of them, or none.
    pub async fn copy_sensors(
        &self,
        session: &Session,
        base: TrackerId,
        targets: Vec<TrackerId>,
    ) -> Result<(), SensorError> {
        let (session, entities_max) = (session.clone(), self.options.entities_max);
        self.write(move |desk| {
            let (mut changes, mut events) = (Vec::new(), Vec::new());
            {
                let memory = desk.memory();
                let base = open_tracker(&memory, &session, base)?;
                let mut next = memory.entities.sensors.next_id();
                // Neither onto itself nor twice onto another.
                let mut done = BTreeSet::from([base.id]);
                for id in targets.into_iter().filter(|id| done.insert(*id)) {
                    let target = changeable(&memory, &session, id)?;
                    if target.source.model != base.source.model {
                        return Err(SensorError::OtherModel);
                    }
                    let (info, more) = replaced(&target.source, rules::copies(&base.source.sensors, &mut next));
                    changes.extend(more);
                    events.push(FleetEvent::SourceChanged(info));
                }
                has_room(&memory, &changes, entities_max)?;
            }
            Ok(desk.commit(changes, &events)?)
        })
        .await
    }

    async fn change_sensors(
        &self,
        session: &Session,
        tracker: TrackerId,
        change: impl FnOnce(&mut Vec<Sensor>) -> Result<(), SensorError> + Send + 'static,
    ) -> Result<(), SensorError> {
        let session = session.clone();
        self.write(move |desk| {
            let source = changeable(&desk.memory(), &session, tracker)?.source.clone();
            let mut sensors = source.sensors.to_vec();
            change(&mut sensors)?;
            let (info, changes) = replaced(&source, sensors);
            Ok(desk.commit(changes, &[FleetEvent::SourceChanged(info)])?)
        })
        .await
    }
}

fn position(sensors: &[Sensor], id: SensorId) -> Result<usize, SensorError> {
    sensors.iter().position(|sensor| sensor.id == id).ok_or(SensorError::NotFound)
}

/// The source with other sensors, and with what follows from them; and the changes that make it so.
fn replaced(source: &SourceInfo, sensors: Vec<Sensor>) -> (SourceInfo, Vec<Change>) {
    let mut changes = removals(source, |old| sensors.iter().all(|new| new.id != old.id)).collect::<Vec<_>>();
    for sensor in sensors.iter().filter(|new| !source.sensors.contains(new)) {
        let stored = StoredSensor { source: source.source.0, sensor: sensor.clone() };
        changes.push(Change::Entity(stored.into()));
    }
    let settings = SourceSettings {
        ignition: ignition(&sensors, source.model),
        odometer_sensor: odometer_sensor(source, &sensors),
        ..SourceSettings::clone(&source.settings)
    };
    let info = SourceInfo { settings: settings.into(), sensors: sensors.into(), ..source.clone() };
    changes.push(Change::Source(info.clone()));
    (info, changes)
}

/// The changes that remove those of a source's sensors.
pub(crate) fn removals(source: &SourceInfo, which: impl Fn(&Sensor) -> bool) -> impl Iterator<Item = Change> {
    let gone = source.sensors.iter().filter(move |sensor| which(sensor));
    gone.map(|sensor| Change::EntityRemoved { kind: EntityKind::StoredSensor, id: sensor.id.0 })
}

fn has_room(memory: &Memory, changes: &[Change], entities_max: usize) -> Result<(), SensorError> {
    let added = changes.iter().filter(|change| matches!(change, Change::Entity(_))).count();
    let removed = changes.iter().filter(|change| matches!(change, Change::EntityRemoved { .. })).count();
    let count = memory.entities.sensors.len() + added;
    if count <= entities_max + removed { Ok(()) } else { Err(SensorError::TooMany) }
}

impl From<Invalid> for SensorError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(vec![invalid])
    }
}

const fn dangling_parents() -> Invalid {
    Invalid { field: Field::ParentIds, problem: Problem::Dangling }
}
