//! Clones, which are further views of a source in other users' accounts, and trackers that change hands.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Timestamp, TrackerId, UserId};

use super::trackers::find;
use crate::change::Change;
use crate::check;
use crate::error::{CloneError, Field, Invalid, UncloneError};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::{PanelSession, Session};
use crate::trackers::{next_trackers, withdraw};
use crate::values::{AccountId, Tracker};
use crate::writer::Desk;

/// What becomes of originals that the user has on its account already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Existing {
    /// Nothing is cloned at all.
    #[default]
    Refuse,
    /// They are passed over.
    Ignore,
}

/// What cloning many trackers came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cloned {
    /// The clones, in the order of their originals.
    pub clones: Vec<TrackerId>,
    /// The originals that were passed over.
    pub ignored: Vec<TrackerId>,
}

impl Fleet {
    /// Gives another user a view of a tracker's source, under a label of its own.
    pub async fn clone_tracker(
        &self,
        session: &PanelSession,
        original: TrackerId,
        user: UserId,
        label: String,
        now: Timestamp,
    ) -> Result<TrackerId, CloneError> {
        check::label(&label).map_err(|problem| Invalid { field: Field::Label, problem })?;
        let (account, trackers_max) = (session.account, self.options.trackers_max);
        self.write(move |desk| {
            let (id, clone) = {
                let memory = desk.memory();
                let original = find_original(&memory, account, original)?;
                check_taker(&memory, account, user, &original)?;
                if let Some(existing) = view_of(&memory, user, &original) {
                    return Err(CloneError::Exists(vec![existing]));
                }
                let id = next_trackers(&memory, 1, trackers_max).ok_or(CloneError::TooManyTrackers)?;
                (id, Tracker { label, ..clone_of(&original, id, user, now) })
            };
            commit_added(desk, vec![clone])?;
            Ok(id)
        })
        .await
    }

    /// Gives another user views of several trackers' sources, under the labels of these. All of them or none, but for
    /// what [`Existing::Ignore`] passes over. What is named twice is cloned once.
    pub async fn clone_trackers(
        &self,
        session: &PanelSession,
        originals: Vec<TrackerId>,
        user: UserId,
        existing: Existing,
        now: Timestamp,
    ) -> Result<Cloned, CloneError> {
        let (account, trackers_max) = (session.account, self.options.trackers_max);
        self.write(move |desk| {
            let (clones, ignored) = {
                let memory = desk.memory();
                let (mut fresh, mut ignored, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
                for id in each_once(originals) {
                    let original = find_original(&memory, account, id)?;
                    check_taker(&memory, account, user, &original)?;
                    match view_of(&memory, user, &original) {
                        Some(view) => {
                            ignored.push(id);
                            conflicts.push(view);
                        }
                        None => fresh.push(original),
                    }
                }
                if existing == Existing::Refuse && !conflicts.is_empty() {
                    return Err(CloneError::Exists(conflicts));
                }
                let first = next_trackers(&memory, fresh.len(), trackers_max).ok_or(CloneError::TooManyTrackers)?;
                let ids = (first.0..).map(TrackerId);
                let clones: Vec<_> = ids.zip(&fresh).map(|(id, original)| clone_of(original, id, user, now)).collect();
                (clones, ignored)
            };
            let ids = clones.iter().map(|clone| clone.id).collect();
            commit_added(desk, clones)?;
            Ok(Cloned { clones: ids, ignored })
        })
        .await
    }

    /// Gives a tracker to another user, who gets it under a new id and in no group. The source goes on as it is, and
    /// so do its clones.
    pub async fn move_tracker(
        &self,
        session: &PanelSession,
        id: TrackerId,
        user: UserId,
        now: Timestamp,
    ) -> Result<TrackerId, CloneError> {
        let (account, trackers_max) = (session.account, self.options.trackers_max);
        self.write(move |desk| {
            let (id, changes, events) = {
                let memory = desk.memory();
                let old = find_original(&memory, account, id)?;
                check_taker(&memory, account, user, &old)?;
                if let Some(existing) = view_of(&memory, user, &old) {
                    return Err(CloneError::Exists(vec![existing]));
                }
                let id = next_trackers(&memory, 1, trackers_max).ok_or(CloneError::TooManyTrackers)?;
                let new = Tracker { id, user, group: 0, created: now, ..Tracker::clone(&old) };
                let (mut changes, mut events) = (Vec::new(), vec![FleetEvent::SourceGiven(old.source.source)]);
                withdraw(&memory, &old, &mut changes, &mut events);
                add(new, &mut changes, &mut events);
                // The vehicle is the same, whoever sees it. It is put after it was taken away with the old tracker.
                match memory.vehicle_of(old.id) {
                    Some(vehicle) => changes.push(Change::Entity(vehicle.moved(id).into())),
                    None => changes.extend(memory.new_vehicles(&[id])),
                }
                (id, changes, events)
            };
            desk.commit(changes, &events)?;
            Ok(id)
        })
        .await
    }

    /// Removes a clone for good. The source goes on.
    pub async fn delete_clone(&self, session: &PanelSession, id: TrackerId) -> Result<(), UncloneError> {
        let account = session.account;
        self.write(move |desk| {
            let clone = find_clone(&desk.memory(), account, id)?;
            commit_withdrawn(desk, &[clone])
        })
        .await
    }

    /// Removes those of several trackers that are clones; what kept each of the others. Of each once, however often it
    /// is named.
    pub async fn delete_clones(
        &self,
        session: &PanelSession,
        ids: Vec<TrackerId>,
    ) -> Result<Vec<(TrackerId, Result<(), UncloneError>)>, UncloneError> {
        let account = session.account;
        self.write(move |desk| {
            let mut clones = Vec::new();
            let outcomes = {
                let memory = desk.memory();
                let outcome = |id| (id, find_clone(&memory, account, id).map(|clone| clones.push(clone)));
                each_once(ids).map(outcome).collect()
            };
            commit_withdrawn(desk, &clones)?;
            Ok(outcomes)
        })
        .await
    }

    /// Removes a clone from the session's account for good.
    pub async fn delete_own_clone(&self, session: &Session, id: TrackerId) -> Result<(), UncloneError> {
        let session = session.clone();
        self.write(move |desk| {
            let own = desk.memory().tracker_of(&session, id).filter(|t| t.is_visible()).map(Arc::clone);
            let clone = own.ok_or(UncloneError::NotFound)?;
            if !clone.clone {
                return Err(UncloneError::Original);
            }
            commit_withdrawn(desk, &[clone])
        })
        .await
    }
}

/// These, in the order of first mention.
fn each_once(ids: Vec<TrackerId>) -> impl Iterator<Item = TrackerId> {
    let mut seen = BTreeSet::new();
    ids.into_iter().filter(move |id| seen.insert(*id))
}

fn find_original(memory: &Memory, account: AccountId, id: TrackerId) -> Result<Arc<Tracker>, CloneError> {
    let tracker = find(memory, account, id)?.tracker;
    if tracker.clone { Err(CloneError::Clone) } else { Ok(tracker) }
}

fn find_clone(memory: &Memory, account: AccountId, id: TrackerId) -> Result<Arc<Tracker>, UncloneError> {
    let tracker = find(memory, account, id)?.tracker;
    if tracker.clone { Ok(tracker) } else { Err(UncloneError::Original) }
}

/// Whether this user may be given this tracker.
fn check_taker(memory: &Memory, account: AccountId, user: UserId, original: &Tracker) -> Result<(), CloneError> {
    // Sub-users own nothing.
    let is_there = memory.user(user).is_some_and(|u| u.account == account && u.master.is_none() && !u.removed);
    if is_there && user != original.user { Ok(()) } else { Err(CloneError::WrongUser) }
}

/// The tracker by which a user sees the original's source, hidden or not.
fn view_of(memory: &Memory, user: UserId, original: &Tracker) -> Option<TrackerId> {
    memory.trackers_on(original.source.source).find(|t| t.user == user).map(|t| t.id)
}

fn clone_of(original: &Tracker, id: TrackerId, user: UserId, now: Timestamp) -> Tracker {
    Tracker { id, user, group: 0, clone: true, hidden: false, comment: String::new(), created: now, ..original.clone() }
}

fn add(tracker: Tracker, changes: &mut Vec<Change>, events: &mut Vec<FleetEvent>) {
    if tracker.is_visible() {
        let Tracker { id, user, .. } = tracker;
        events.push(FleetEvent::TrackerAdded { tracker: id, source: tracker.source.source, user });
    }
    changes.push(Change::Tracker(tracker));
}

fn commit_added(desk: &mut Desk, trackers: Vec<Tracker>) -> Result<(), CloneError> {
    let (mut changes, mut events) = (Vec::new(), Vec::new());
    let ids: Vec<_> = trackers.iter().map(|tracker| tracker.id).collect();
    let vehicles = desk.memory().new_vehicles(&ids);
    for tracker in trackers {
        add(tracker, &mut changes, &mut events);
    }
    changes.extend(vehicles);
    Ok(desk.commit(changes, &events)?)
}

fn commit_withdrawn(desk: &mut Desk, clones: &[Arc<Tracker>]) -> Result<(), UncloneError> {
    let (mut changes, mut events) = (Vec::new(), Vec::new());
    {
        let memory = desk.memory();
        clones.iter().for_each(|clone| withdraw(&memory, clone, &mut changes, &mut events));
    }
    Ok(desk.commit(changes, &events)?)
}
