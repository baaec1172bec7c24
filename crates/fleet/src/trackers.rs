//! What users do with trackers, and what devices do to sources.

use std::sync::Arc;

use model::{DeviceId, SourceId, Timestamp, TrackerId};

use crate::change::Change;
use crate::check;
use crate::digest::{hex, random};
use crate::error::{CorruptError, Failure, RegisterError};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::models;
use crate::sessions::Session;
use crate::values::{NewTracker, SourceInfo, Tracker};
use crate::writer::Desk;

/// The first tracker's id. Ids go up from here without gaps, and never reach [`FIRST_SOURCE`].
pub const FIRST_TRACKER: TrackerId = TrackerId(100_001);
/// The first source's id.
pub const FIRST_SOURCE: SourceId = SourceId(1_000_000_001);

impl Fleet {
    /// Registers a device as a tracker of the session's user: a new source, and a tracker that shows it.
    pub async fn register_tracker(
        &self,
        session: &Session,
        new: NewTracker,
        now: Timestamp,
    ) -> Result<Arc<Tracker>, RegisterError> {
        check::label(&new.label).map_err(RegisterError::BadLabel)?;
        let model = models::model(&new.model).ok_or(RegisterError::UnknownModel)?;
        model.check_plugin(new.plugin)?;
        let device = match model.id_pattern.check(new.device_id.as_deref()).map_err(RegisterError::BadDeviceId)? {
            Some(device) => device,
            None => generate_device_id()?,
        };
        let (user, trackers_max) = (session.owner, self.options.trackers_max);
        self.write(move |desk| {
            let (tracker, source) = {
                let memory = desk.memory();
                let may_register = memory.user(user).is_some_and(|u| u.activated && !u.removed);
                may_register.then_some(()).ok_or(RegisterError::SessionEnded)?;
                if new.group != 0 && memory.group_of(user, new.group).is_none() {
                    return Err(RegisterError::UnknownGroup);
                }
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
                    sensors: Arc::default(),
                };
                let tracker = Tracker {
                    id: tracker,
                    user,
                    label: new.label,
                    group: new.group,
                    clone: false,
                    hidden: false,
                    corrupted: false,
                    comment: String::new(),
                    created: now,
                    source: source.clone(),
                };
                (tracker, source)
            };
            let added = FleetEvent::TrackerAdded { tracker: tracker.id, source: source.source, user };
            let events = [FleetEvent::SourceAdded(source.clone()), added];
            desk.commit(vec![Change::Source(source), Change::Tracker(tracker.clone())], &events)?;
            Ok(Arc::new(tracker))
        })
        .await
    }

    /// Removes a tracker of the session's user for good. A user may do so only before the device has ever made
    /// contact; later it is up to an administrator.
    pub async fn corrupt_tracker(&self, session: &Session, tracker: TrackerId) -> Result<(), CorruptError> {
        let user = session.owner;
        self.write(move |desk| {
            let tracker = desk.memory().trackers.get(&tracker).filter(|t| t.user == user).map(Arc::clone);
            match tracker {
                None => Err(CorruptError::NotFound),
                Some(t) if t.corrupted => Err(CorruptError::AlreadyCorrupted),
                Some(t) if t.hidden => Err(CorruptError::NotFound),
                Some(t) if t.source.blocked => Err(CorruptError::Blocked),
                Some(t) if t.clone => Err(CorruptError::Clone),
                Some(t) if t.source.connected => Err(CorruptError::AlreadyConnected),
                Some(t) => {
                    let (changes, events) = corruption(&t);
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

/// What removing a tracker for good means: it goes, and its source with it, and the device may be registered again.
pub(crate) fn corruption(tracker: &Tracker) -> (Vec<Change>, Vec<FleetEvent>) {
    let source = SourceInfo { removed: true, ..tracker.source.clone() };
    let (id, user) = (tracker.id, tracker.user);
    let mut events = Vec::with_capacity(2);
    // Of a hidden tracker its owner was told when it was hidden.
    if tracker.is_visible() {
        events.push(FleetEvent::TrackerRemoved { tracker: id, source: source.source, user });
    }
    events.push(FleetEvent::SourceRemoved(source.source));
    let gone = Tracker { corrupted: true, ..tracker.clone() };
    (vec![Change::Tracker(gone), Change::Source(source)], events)
}

fn next_ids(memory: &Memory, trackers_max: usize) -> Option<(TrackerId, SourceId)> {
    let tracker = memory.trackers.last_key_value().map_or(FIRST_TRACKER, |(last, _)| TrackerId(last.0 + 1));
    let source = memory.sources.last_key_value().map_or(FIRST_SOURCE, |(last, _)| SourceId(last.0 + 1));
    // Clients hold ids as signed numbers of 32 bits.
    let fits = memory.trackers.len() < trackers_max && tracker.0 < FIRST_SOURCE.0 && source.0 <= i32::MAX as u32;
    fits.then_some((tracker, source))
}

/// An id for a phone: 64 random bits, as whoever knows it can report under it.
fn generate_device_id() -> Result<DeviceId, Failure> {
    DeviceId::new(&hex(&random::<8>()?)).ok_or(Failure::Crypto)
}
