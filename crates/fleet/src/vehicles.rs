//! Vehicles: what carries a tracker, one for each, under a number of its own.

use std::sync::Arc;

use model::{TrackerId, UserId};
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::{EntityKind, Stored};
use crate::error::{Field, Invalid, OfficeError};
use crate::fleet::Fleet;
use crate::keeper::{Keeper, Scope};
use crate::memory::Memory;
use crate::trackers::FIRST_SOURCE;

/// The first vehicle's number. Numbers go up from here: above those of trackers and below those of sources.
pub const FIRST_VEHICLE: u32 = 500_000_001;

/// What carries a tracker. Texts are empty until somebody fills them in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Vehicle {
    /// Its number: no tracker, source or other vehicle ever has it.
    pub id: u32,
    tracker: u32,
    /// What is on its number plate: at most 60 printable characters.
    pub plate: String,
    /// Who made it: at most 60 printable characters.
    pub brand: String,
    /// What the maker calls it: at most 60 printable characters.
    pub model: String,
}

/// What the office says of a vehicle.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VehicleEdit {
    /// What is on its number plate.
    pub plate: String,
    /// Who made it.
    pub brand: String,
    /// What the maker calls it.
    pub model: String,
}

impl Vehicle {
    /// One of which nothing is known yet.
    pub(crate) fn blank(id: u32, tracker: TrackerId) -> Self {
        Self { id, tracker: tracker.0, plate: String::new(), brand: String::new(), model: String::new() }
    }

    /// The tracker that it carries.
    pub const fn tracker(&self) -> TrackerId {
        TrackerId(self.tracker)
    }

    /// The same vehicle, which carries a tracker under a new number.
    pub(crate) fn moved(&self, tracker: TrackerId) -> Self {
        Self { tracker: tracker.0, ..self.clone() }
    }
}

impl Stored for Vehicle {
    fn id(&self) -> u32 {
        self.id
    }
}

impl VehicleEdit {
    fn check(&self) -> Result<(), Invalid> {
        let fields = [(Field::Plate, &self.plate), (Field::Brand, &self.brand), (Field::VehicleModel, &self.model)];
        let mut checked = fields.into_iter().map(|(field, text)| {
            check::short(text, check::LABEL_CHARS_MAX).map_err(|problem| Invalid { field, problem })
        });
        checked.try_for_each(|result| result)
    }
}

impl Memory {
    pub(crate) fn vehicle_of(&self, tracker: TrackerId) -> Option<&Arc<Vehicle>> {
        self.index.vehicle(tracker).and_then(|id| self.entities.vehicles.get(id))
    }

    /// The first of `count` numbers that no vehicle ever had, while there are so many.
    fn next_vehicles(&self, count: u32) -> Option<u32> {
        let first = self.entities.vehicles.next_id().max(FIRST_VEHICLE);
        (first.saturating_add(count) <= FIRST_SOURCE.0).then_some(first)
    }

    /// Vehicles for new trackers. Without numbers to give the trackers have none, and do without.
    pub(crate) fn new_vehicles(&self, trackers: &[TrackerId]) -> Vec<Change> {
        let first = u32::try_from(trackers.len()).ok().and_then(|count| self.next_vehicles(count));
        let numbered = first.map(|first| (first..).zip(trackers));
        numbered
            .into_iter()
            .flatten()
            .map(|(id, tracker)| Change::Entity(Vehicle::blank(id, *tracker).into()))
            .collect()
    }
}

impl Fleet {
    /// The vehicle that carries a tracker. Each tracker that is registered, cloned or given to another user has one
    /// from the start; only those that were there before vehicles were have none until somebody makes it.
    pub fn vehicle_of(&self, tracker: TrackerId) -> Option<Arc<Vehicle>> {
        self.shared.memory().vehicle_of(tracker).map(Arc::clone)
    }

    /// The vehicles of a master user's trackers, in the order of trackers. Those of hidden trackers only
    /// administrators see.
    pub fn vehicles(&self, keeper: Keeper<'_>, user: UserId) -> Result<Vec<Arc<Vehicle>>, OfficeError> {
        let scope = keeper.scope()?;
        let memory = self.shared.memory();
        scope.master(&memory, user)?;
        let shown = memory.trackers_of(user).filter(|t| t.is_visible() || matches!(scope, Scope::Account(_)));
        Ok(shown.filter_map(|tracker| memory.vehicle_of(tracker.id)).map(Arc::clone).collect())
    }

    /// Says what the vehicle that carries a tracker is, and makes it if there is none; its number. The vehicle of a
    /// clone is the clone owner's to name.
    pub async fn set_vehicle(
        &self,
        keeper: Keeper<'_>,
        tracker: TrackerId,
        edit: VehicleEdit,
    ) -> Result<u32, OfficeError> {
        edit.check()?;
        let scope = keeper.scope()?;
        self.write(move |desk| {
            let vehicle = {
                let memory = desk.memory();
                scope.tracker(&memory, tracker)?;
                let id = match memory.vehicle_of(tracker) {
                    Some(vehicle) => vehicle.id,
                    None => memory.next_vehicles(1).ok_or(OfficeError::TooMany)?,
                };
                let VehicleEdit { plate, brand, model } = edit;
                Vehicle { id, tracker: tracker.0, plate, brand, model }
            };
            let id = vehicle.id;
            desk.commit(vec![Change::Entity(vehicle.into())], &[])?;
            Ok(id)
        })
        .await
    }

    /// Removes the vehicle that carries a tracker, which goes on without one.
    pub async fn delete_vehicle(&self, keeper: Keeper<'_>, tracker: TrackerId) -> Result<(), OfficeError> {
        let scope = keeper.scope()?;
        self.write(move |desk| {
            let id = {
                let memory = desk.memory();
                scope.tracker(&memory, tracker)?;
                memory.vehicle_of(tracker).ok_or(OfficeError::NotFound)?.id
            };
            Ok(desk.commit(vec![Change::EntityRemoved { kind: EntityKind::Vehicle, id }], &[])?)
        })
        .await
    }
}
