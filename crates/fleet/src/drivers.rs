//! Drivers: people whom a master user lists, each with the tracker that they drive, if any.

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
use crate::sessions::Session;

/// The longest name of a driver, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A driver.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Driver {
    /// Its id. Positive.
    pub id: u32,
    owner: u32,
    /// What they are called: 1 to 100 printable characters.
    pub name: String,
    /// The number of the card that they prove themselves with to a vehicle, or empty: at most 60 printable characters.
    pub card: String,
    tracker: Option<u32>,
}

/// What the office says of a driver.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DriverEdit {
    /// What they are called.
    pub name: String,
    /// The number of their card, or empty.
    pub card: String,
    /// The tracker that they drive. Who drove it before drives none from then on.
    pub tracker: Option<TrackerId>,
}

impl Driver {
    /// Whose driver it is: a master user.
    pub const fn owner(&self) -> UserId {
        UserId(self.owner)
    }

    /// The tracker that they drive.
    pub fn tracker(&self) -> Option<TrackerId> {
        self.tracker.map(TrackerId)
    }

    pub(crate) fn without_tracker(&self) -> Self {
        Self { tracker: None, ..self.clone() }
    }
}

impl Stored for Driver {
    fn id(&self) -> u32 {
        self.id
    }
}

impl DriverEdit {
    fn check(&self) -> Result<(), Invalid> {
        check::line(&self.name, NAME_CHARS_MAX).map_err(|problem| Invalid { field: Field::Name, problem })?;
        check::short(&self.card, check::LABEL_CHARS_MAX).map_err(|problem| Invalid { field: Field::Card, problem })
    }

    /// The driver as it is to be, and the end of who drove its tracker before.
    fn changes(self, memory: &Memory, id: u32, owner: UserId) -> Vec<Change> {
        let before = self.tracker.and_then(|tracker| memory.driver_of(tracker)).filter(|other| other.id != id);
        let before = before.map(|other| Change::Entity(other.without_tracker().into()));
        let Self { name, card, tracker } = self;
        let driver = Driver { id, owner: owner.0, name, card, tracker: tracker.map(|tracker| tracker.0) };
        before.into_iter().chain([Change::Entity(driver.into())]).collect()
    }
}

impl Memory {
    pub(crate) fn driver_of(&self, tracker: TrackerId) -> Option<&Arc<Driver>> {
        self.index.driver(tracker).and_then(|id| self.entities.drivers.get(id))
    }

    fn drivers_of(&self, owner: UserId) -> impl Iterator<Item = &Arc<Driver>> {
        self.index.drivers_of(owner).filter_map(|id| self.entities.drivers.get(id))
    }

    fn drivers_seen(&self, session: &Session) -> impl Iterator<Item = Arc<Driver>> {
        let is_seen = |id| self.tracker_of(session, id).is_some_and(|tracker| tracker.is_visible());
        self.drivers_of(session.owner).filter_map(move |driver| match driver.tracker() {
            Some(tracker) if !is_seen(tracker) => (!session.is_subuser()).then(|| Arc::new(driver.without_tracker())),
            _ => Some(Arc::clone(driver)),
        })
    }
}

/// A tracker that a driver of this user may be given.
fn check_tracker(memory: &Memory, scope: Scope, owner: UserId, tracker: TrackerId) -> Result<(), OfficeError> {
    let tracker = scope.original(memory, tracker)?;
    if tracker.user == owner { Ok(()) } else { Err(OfficeError::NotFound) }
}

/// The owner of a driver within the scope.
fn owner_of(memory: &Memory, scope: Scope, id: u32) -> Result<UserId, OfficeError> {
    // Nobody has the number 0: who asks is judged before what it asks for.
    let owner = memory.entities.drivers.get(id).map_or(UserId(0), |driver| driver.owner());
    scope.master(memory, owner).map(|owner| owner.id)
}

impl Fleet {
    /// Who drives a tracker.
    pub fn driver_of(&self, tracker: TrackerId) -> Option<Arc<Driver>> {
        self.shared.memory().driver_of(tracker).map(Arc::clone)
    }

    /// The drivers that a session sees, in the order of ids: a master all of its own, a sub-user those of trackers
    /// that it sees and those without a tracker. A tracker that is hidden is not told of.
    pub fn drivers(&self, session: &Session) -> Vec<Arc<Driver>> {
        self.shared.memory().drivers_seen(session).collect()
    }

    /// The drivers of a master user, in the order of ids.
    pub fn list_drivers(&self, keeper: Keeper<'_>, user: UserId) -> Result<Vec<Arc<Driver>>, OfficeError> {
        let scope = keeper.scope()?;
        let memory = self.shared.memory();
        scope.master(&memory, user)?;
        Ok(match keeper {
            Keeper::Panel(_) => memory.drivers_of(user).map(Arc::clone).collect(),
            Keeper::Master(session) => memory.drivers_seen(session).collect(),
        })
    }

    /// Lists a driver of a master user; its id.
    pub async fn create_driver(&self, keeper: Keeper<'_>, user: UserId, edit: DriverEdit) -> Result<u32, OfficeError> {
        edit.check()?;
        let scope = keeper.scope()?;
        let (drivers_max, entities_max) = (self.options.drivers_per_user_max, self.options.entities_max);
        self.write(move |desk| {
            let (id, changes) = {
                let memory = desk.memory();
                scope.master(&memory, user)?;
                edit.tracker.map_or(Ok(()), |tracker| check_tracker(&memory, scope, user, tracker))?;
                let drivers = &memory.entities.drivers;
                if drivers.len() >= entities_max || memory.drivers_of(user).count() >= drivers_max {
                    return Err(OfficeError::TooMany);
                }
                let id = drivers.next_id();
                (id, edit.changes(&memory, id, user))
            };
            desk.commit(changes, &[])?;
            Ok(id)
        })
        .await
    }

    /// Puts what is said of a driver in the place of what was.
    pub async fn update_driver(&self, keeper: Keeper<'_>, id: u32, edit: DriverEdit) -> Result<(), OfficeError> {
        edit.check()?;
        let scope = keeper.scope()?;
        self.write(move |desk| {
            let changes = {
                let memory = desk.memory();
                let owner = owner_of(&memory, scope, id)?;
                edit.tracker.map_or(Ok(()), |tracker| check_tracker(&memory, scope, owner, tracker))?;
                edit.changes(&memory, id, owner)
            };
            Ok(desk.commit(changes, &[])?)
        })
        .await
    }

    /// Takes a driver off the list.
    pub async fn delete_driver(&self, keeper: Keeper<'_>, id: u32) -> Result<(), OfficeError> {
        let scope = keeper.scope()?;
        self.write(move |desk| {
            owner_of(&desk.memory(), scope, id)?;
            Ok(desk.commit(vec![Change::EntityRemoved { kind: EntityKind::Driver, id }], &[])?)
        })
        .await
    }
}
