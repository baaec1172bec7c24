//! What users do with trackers, and what devices do to sources.

use std::sync::Arc;

use model::{DeviceId, SourceId, Timestamp, TrackerId, UserId};

use crate::change::Change;
use crate::check;
use crate::digest::{hex, random};
use crate::entities::EntityKind;
use crate::error::{CorruptError, Failure, RegisterError};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::models::{self, Model, PluginRefusal};
use crate::phones;
use crate::sensors;
use crate::sessions::Session;
use crate::values::{NewTracker, SourceInfo, Tracker};
use crate::vehicles::FIRST_VEHICLE;
use crate::writer::Desk;

/// The first tracker's id. Ids go up from here without gaps, and never reach [`FIRST_VEHICLE`].
pub const FIRST_TRACKER: TrackerId = TrackerId(100_001);
/// The first source's id.
pub const FIRST_SOURCE: SourceId = SourceId(1_000_000_001);

impl Fleet {
    /// Registers a device as a tracker of the session's owner: a new source, and a tracker that shows it, which a
    /// sub-user that registers it is bound to.
    pub async fn register_tracker(
        &self,
        session: &Session,
        new: NewTracker,
        now: Timestamp,
    ) -> Result<Arc<Tracker>, RegisterError> {
        check::label(&new.label).map_err(RegisterError::BadLabel)?;
        let model = models::model(&new.model).ok_or(RegisterError::UnknownModel)?;
        model.check_plugin(new.plugin).map_err(|refusal| match refusal {
            PluginRefusal::Unknown => RegisterError::UnknownPlugin,
            PluginRefusal::NeedsCode => RegisterError::WrongActivationCode,
        })?;
        let device = match model.id_pattern.check(new.device_id.as_deref()).map_err(RegisterError::BadDeviceId)? {
            Some(device) => device,
            None => generate_device_id()?,
        };
        let session = session.clone();
        let (user, viewer, trackers_max) = (session.owner, session.user, self.options.trackers_max);
        self.write(move |desk| {
            {
                let memory = desk.memory();
                let may_register = memory.user(viewer).is_some_and(|u| memory.may_log_in(u));
                may_register.then_some(()).ok_or(RegisterError::SessionEnded)?;
                if new.group != 0 && !memory.sees_group(&session, new.group) {
                    return Err(RegisterError::UnknownGroup);
                }
            }
            let new = NewSource { owner: user, viewer, label: new.label, group: new.group, model, device };
            add_tracker(desk, new, trackers_max, now)
        })
        .await
    }

    /// Removes a tracker of the session's user for good. A user may do so only before the device has ever made
    /// contact; later it is up to an administrator.
    pub async fn corrupt_tracker(&self, session: &Session, tracker: TrackerId) -> Result<(), CorruptError> {
        let session = session.clone();
        self.write(move |desk| {
            let tracker = desk.memory().tracker_of(&session, tracker).map(Arc::clone);
            match tracker {
                None => Err(CorruptError::NotFound),
                Some(t) if t.corrupted => Err(CorruptError::AlreadyCorrupted),
                Some(t) if t.hidden => Err(CorruptError::NotFound),
                Some(t) if t.source.blocked => Err(CorruptError::Blocked),
                Some(t) if t.clone => Err(CorruptError::Clone),
                Some(t) if t.source.connected => Err(CorruptError::AlreadyConnected),
                Some(t) => {
                    let (changes, events) = corruption(&desk.memory(), &t);
                    Ok(desk.commit(changes, &events)?)
                }
            }
        })
        .await
    }

    /// Notes that the devices of these sources have made contact: from then on their users cannot remove them. Once a
    /// source is enough; more cost nothing, and sources that are not there are passed over. All in one transaction,
    /// because the first minute of a fleet brings thousands.
    pub async fn note_connected(&self, mut sources: Vec<SourceId>) -> Result<(), Failure> {
        let first_contact = |info: &SourceInfo| !info.connected && !info.removed;
        {
            let memory = self.shared.memory();
            sources.retain(|source| memory.source(*source).is_some_and(first_contact));
        }
        if sources.is_empty() {
            return Ok(());
        }
        self.write(move |desk: &mut Desk| {
            let changes = {
                let memory = desk.memory();
                let infos = sources.iter().filter_map(|source| memory.source(*source)).filter(|i| first_contact(i));
                infos.map(|info| Change::Source(SourceInfo { connected: true, ..info.clone() })).collect()
            };
            Ok(desk.commit(changes, &[])?)
        })
        .await
    }
}

/// A device that is registered.
pub(crate) struct NewSource {
    /// Whose the tracker is.
    pub(crate) owner: UserId,
    /// Who registers it, and sees it from then on: the owner or a sub-user.
    pub(crate) viewer: UserId,
    pub(crate) label: String,
    pub(crate) group: u32,
    pub(crate) model: &'static Model,
    pub(crate) device: DeviceId,
}

/// Registers a device: a new source, and a tracker that shows it.
pub(crate) fn add_tracker(
    desk: &mut Desk,
    new: NewSource,
    trackers_max: usize,
    now: Timestamp,
) -> Result<Arc<Tracker>, RegisterError> {
    let NewSource { owner, viewer, label, group, model, device } = new;
    let (tracker, source, vehicle) = {
        let memory = desk.memory();
        if memory.device(device.as_str()).is_some() {
            return Err(RegisterError::DeviceIdInUse);
        }
        let (tracker, source) = next_ids(&memory, trackers_max).ok_or(RegisterError::TooManyTrackers)?;
        let source = SourceInfo {
            source,
            device,
            model,
            registered: now,
            blocked: false,
            connected: false,
            removed: false,
            settings: Arc::new(model.settings()),
            device_settings: Arc::default(),
            sensors: Arc::default(),
        };
        let tracker = Tracker {
            id: tracker,
            user: owner,
            label,
            group,
            clone: false,
            hidden: false,
            corrupted: false,
            comment: String::new(),
            created: now,
            source: source.clone(),
        };
        let vehicle = memory.new_vehicles(&[tracker.id]);
        (tracker, source, vehicle)
    };
    let added = |user| FleetEvent::TrackerAdded { tracker: tracker.id, source: source.source, user };
    let mut events = vec![FleetEvent::SourceAdded(source.clone()), added(owner)];
    let mut changes = vec![Change::Source(source.clone()), Change::Tracker(tracker.clone())];
    changes.extend(vehicle);
    if viewer != owner {
        // Whoever registers a tracker sees it.
        changes.push(Change::Bound { user: viewer, tracker: tracker.id, bound: true });
        events.push(added(viewer));
    }
    desk.commit(changes, &events)?;
    Ok(Arc::new(tracker))
}

/// What removing a tracker for good means. A clone goes alone; an original with its source and all clones of it, and
/// the device may be registered again.
pub(crate) fn corruption(memory: &Memory, tracker: &Tracker) -> (Vec<Change>, Vec<FleetEvent>) {
    let (mut changes, mut events) = (Vec::with_capacity(2), Vec::with_capacity(2));
    if tracker.clone {
        withdraw(memory, tracker, &mut changes, &mut events);
        return (changes, events);
    }
    let id = tracker.source.source;
    events.push(FleetEvent::SourceRemoved(id));
    withdraw(memory, tracker, &mut changes, &mut events);
    for clone in memory.trackers_on(id).filter(|t| t.clone) {
        withdraw(memory, clone, &mut changes, &mut events);
    }
    changes.extend(sensors::removals(&tracker.source, |_| true));
    let source = SourceInfo { removed: true, sensors: Arc::default(), ..tracker.source.clone() };
    changes.push(Change::Source(source));
    (changes, events)
}

/// Takes one view of a source away for good.
pub(crate) fn withdraw(memory: &Memory, tracker: &Tracker, changes: &mut Vec<Change>, events: &mut Vec<FleetEvent>) {
    // Of a hidden tracker its owner was told when it was hidden.
    if tracker.is_visible() {
        let Tracker { id, user, .. } = *tracker;
        events.push(FleetEvent::TrackerRemoved { tracker: id, source: tracker.source.source, user });
    }
    changes.push(Change::EntityRemoved { kind: EntityKind::TrackerExtras, id: tracker.id.0 });
    let vehicle = memory.vehicle_of(tracker.id);
    changes.extend(vehicle.map(|v| Change::EntityRemoved { kind: EntityKind::Vehicle, id: v.id }));
    let driver = memory.driver_of(tracker.id);
    changes.extend(driver.map(|driver| Change::Entity(driver.without_tracker().into())));
    let (gone, told) = phones::removals(memory, tracker.id);
    changes.extend(gone);
    events.extend(told);
    changes.push(Change::Tracker(Tracker { corrupted: true, ..tracker.clone() }));
}

/// The first of `count` tracker ids that were never given, if there may be so many trackers more.
pub(crate) fn next_trackers(memory: &Memory, count: usize, trackers_max: usize) -> Option<TrackerId> {
    let first = memory.trackers.last_key_value().map_or(FIRST_TRACKER, |(last, _)| TrackerId(last.0 + 1));
    let room = trackers_max.saturating_sub(memory.trackers.len()).min((FIRST_VEHICLE - first.0) as usize);
    (count <= room).then_some(first)
}

fn next_ids(memory: &Memory, trackers_max: usize) -> Option<(TrackerId, SourceId)> {
    let tracker = next_trackers(memory, 1, trackers_max)?;
    let source = memory.sources.last_key_value().map_or(FIRST_SOURCE, |(last, _)| SourceId(last.0 + 1));
    // Clients hold ids as signed numbers of 32 bits.
    (source.0 <= i32::MAX as u32).then_some((tracker, source))
}

/// An id for a phone: 64 random bits, as whoever knows it can report under it.
pub(crate) fn generate_device_id() -> Result<DeviceId, Failure> {
    DeviceId::new(&hex(&random::<8>()?)).ok_or(Failure::Crypto)
}
