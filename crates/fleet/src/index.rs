//! By what entities are found besides their own ids: vehicles and drivers by tracker, drivers and forms by owner.

use std::collections::{BTreeSet, HashMap};

use model::{TrackerId, UserId};

use crate::entities::{Entities, Entity, EntityKind};

/// The index. It follows every change of the entities. Who has a tracker is taken off it before another gets it.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Index {
    vehicles: HashMap<TrackerId, u32>,
    drivers: HashMap<TrackerId, u32>,
    drivers_of: Owned,
    forms_of: Owned,
}

/// Which entities of a kind are whose.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Owned(BTreeSet<(UserId, u32)>);

impl Owned {
    fn of(&self, owner: UserId) -> impl Iterator<Item = u32> {
        self.0.range((owner, 0)..=(owner, u32::MAX)).map(|(_, id)| *id)
    }
}

impl Index {
    pub(crate) fn vehicle(&self, tracker: TrackerId) -> Option<u32> {
        self.vehicles.get(&tracker).copied()
    }

    pub(crate) fn driver(&self, tracker: TrackerId) -> Option<u32> {
        self.drivers.get(&tracker).copied()
    }

    /// In the order of ids.
    pub(crate) fn drivers_of(&self, owner: UserId) -> impl Iterator<Item = u32> {
        self.drivers_of.of(owner)
    }

    /// In the order of ids.
    pub(crate) fn forms_of(&self, owner: UserId) -> impl Iterator<Item = u32> {
        self.forms_of.of(owner)
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
                self.drivers_of.0.insert((driver.owner(), driver.id));
                if let Some(tracker) = driver.tracker() {
                    self.drivers.insert(tracker, driver.id);
                }
            }
            // The owner of a form never changes.
            Entity::FormTemplate(form) => {
                self.forms_of.0.insert((form.owner(), form.id));
            }
            _ => {}
        }
    }

    /// Before an entity is gone.
    pub(crate) fn remove(&mut self, entities: &Entities, kind: EntityKind, id: u32) {
        match kind {
            EntityKind::Vehicle => {
                let tracker = entities.vehicles.get(id).map(|vehicle| vehicle.tracker());
                tracker.map(|tracker| self.vehicles.remove(&tracker));
            }
            EntityKind::Driver => {
                let Some(driver) = entities.drivers.get(id) else { return };
                self.drivers_of.0.remove(&(driver.owner(), id));
                driver.tracker().map(|tracker| self.drivers.remove(&tracker));
            }
            EntityKind::FormTemplate => {
                let owner = entities.forms.get(id).map(|form| form.owner());
                owner.map(|owner| self.forms_of.0.remove(&(owner, id)));
            }
            _ => {}
        }
    }
}
