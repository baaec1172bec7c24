//! Which vehicle carries a tracker and who drives it: an index over entities, which are found by their own ids alone.

use std::collections::HashMap;

use model::TrackerId;

use crate::entities::{Entities, Entity, EntityKind};

/// The index. It follows every change of the entities.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Places {
    vehicles: HashMap<TrackerId, u32>,
    drivers: HashMap<TrackerId, u32>,
}

impl Places {
    pub(crate) fn vehicle(&self, tracker: TrackerId) -> Option<u32> {
        self.vehicles.get(&tracker).copied()
    }

    pub(crate) fn driver(&self, tracker: TrackerId) -> Option<u32> {
        self.drivers.get(&tracker).copied()
    }

    /// Before an entity takes the place of the one with its id.
    pub(crate) fn put(&mut self, entities: &Entities, entity: &Entity) {
        match entity {
            Entity::Vehicle(vehicle) => {
                self.remove(entities, EntityKind::Vehicle, vehicle.id);
                self.vehicles.insert(vehicle.tracker(), vehicle.id);
            }
            Entity::Driver(driver) => {
                self.remove(entities, EntityKind::Driver, driver.id);
                if let Some(tracker) = driver.tracker() {
                    self.drivers.insert(tracker, driver.id);
                }
            }
            _ => {}
        }
    }

    /// Before an entity is gone.
    pub(crate) fn remove(&mut self, entities: &Entities, kind: EntityKind, id: u32) {
        let (index, tracker) = match kind {
            EntityKind::Vehicle => (&mut self.vehicles, entities.vehicles.get(id).map(|vehicle| vehicle.tracker())),
            EntityKind::Driver => (&mut self.drivers, entities.drivers.get(id).and_then(|driver| driver.tracker())),
            _ => return,
        };
        // Another may have the tracker by now.
        if let Some(tracker) = tracker.filter(|tracker| index.get(tracker) == Some(&id)) {
            index.remove(&tracker);
        }
    }
}
