//! Trackers, as administrators see and change them.

use std::cmp::Ordering;
use std::sync::Arc;

use model::{TrackerId, UserId};

use super::page::{Page, Paging, holds};
use crate::change::Change;
use crate::check;
use crate::error::{Field, Invalid, Missing, TrackerError};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::PanelSession;
use crate::trackers::corruption;
use crate::values::{AccountId, SourceInfo, Tracker, User};

/// A tracker with its owner.
#[derive(Clone, PartialEq, Debug)]
pub struct PanelTracker {
    /// The tracker.
    pub tracker: Arc<Tracker>,
    /// Whose it is.
    pub owner: Arc<User>,
}

/// What trackers are listed by. Ties are in the order of ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TrackerOrder {
    #[default]
    Id,
    Label,
    DeviceId,
    Model,
    Created,
    Owner,
    User,
    Comment,
}

/// Which trackers are listed, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrackerQuery {
    /// Only this user's.
    pub user: Option<UserId>,
    /// Only clones, or only originals; `None` is either.
    pub clones: Option<bool>,
    /// A part of the label, device id or model, or of the id of tracker, source or user, whatever the case.
    pub filter: Option<String>,
    /// What they are listed by.
    pub order_by: TrackerOrder,
    /// Which part of the list.
    pub paging: Paging,
}

/// What an administrator changes of a tracker; `None` leaves it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrackerEdit {
    /// Its name.
    pub label: Option<String>,
    /// Whether it is hidden from its owner. From true to false shows it again.
    pub hidden: Option<bool>,
    /// The administrator's remark.
    pub comment: Option<String>,
}

impl Fleet {
    /// The account's trackers: hidden ones too, removed ones not.
    pub fn list_trackers(&self, session: &PanelSession, query: &TrackerQuery) -> Page<PanelTracker> {
        let needle = query.filter.as_deref().map(str::to_lowercase);
        let is_meant = |t: &Tracker| {
            !t.corrupted
                && query.user.is_none_or(|user| t.user == user)
                && query.clones.is_none_or(|clones| t.clone == clones)
                && needle.as_ref().is_none_or(|needle| is_found(t, needle))
        };
        // Looking into so many texts takes its time, so it is done outside the lock.
        let mut all = self.all_trackers(session.account);
        all.retain(|found| is_meant(&found.tracker));
        query.paging.page(all, |a, b| compare(query.order_by, a, b))
    }

    fn all_trackers(&self, account: AccountId) -> Vec<PanelTracker> {
        let memory = self.shared.memory();
        memory.trackers.values().filter_map(|tracker| with_owner(&memory, account, tracker)).collect()
    }

    /// One of the account's trackers.
    pub fn panel_tracker(&self, session: &PanelSession, id: TrackerId) -> Result<PanelTracker, TrackerError> {
        Ok(find(&self.shared.memory(), session.account, id)?)
    }

    /// Withholds the states of a tracker's source from everybody, or shows them again. A value that it has already
    /// is no change and no event.
    pub async fn set_source_blocked(
        &self,
        session: &PanelSession,
        id: TrackerId,
        blocked: bool,
    ) -> Result<(), TrackerError> {
        let account = session.account;
        self.write(move |desk| {
            let source = find(&desk.memory(), account, id)?.tracker.source.clone();
            if source.blocked == blocked {
                return Ok(());
            }
            let event = FleetEvent::SourceBlocked { source: source.source, blocked };
            Ok(desk.commit(vec![Change::Source(SourceInfo { blocked, ..source })], &[event])?)
        })
        .await
    }

    /// Changes a tracker. To its owner hiding looks like removing, and showing again like a new tracker.
    pub async fn update_tracker(
        &self,
        session: &PanelSession,
        id: TrackerId,
        edit: TrackerEdit,
    ) -> Result<(), TrackerError> {
        if let Some(label) = &edit.label {
            check::label(label).map_err(|problem| Invalid { field: Field::Label, problem })?;
        }
        if let Some(comment) = &edit.comment {
            check::comment(comment, check::TRACKER_COMMENT_CHARS_MAX)?;
        }
        let account = session.account;
        self.write(move |desk| {
            let old = find(&desk.memory(), account, id)?.tracker;
            let mut new = Tracker::clone(&old);
            new.label = edit.label.unwrap_or(new.label);
            new.hidden = edit.hidden.unwrap_or(new.hidden);
            new.comment = edit.comment.unwrap_or(new.comment);
            let (tracker, source, user) = (new.id, new.source.source, new.user);
            let events = match (old.hidden, new.hidden) {
                (false, true) => vec![FleetEvent::TrackerRemoved { tracker, source, user }],
                (true, false) => desk.memory().tracker_added(tracker, source, user),
                _ => Vec::new(),
            };
            Ok(desk.commit(vec![Change::Tracker(new)], &events)?)
        })
        .await
    }

    /// Removes a tracker for good, whether or not its device ever made contact, with all clones of it; `with_clones`
    /// false refuses if there are any. The device may be registered anew.
    pub async fn panel_corrupt_tracker(
        &self,
        session: &PanelSession,
        id: TrackerId,
        with_clones: bool,
    ) -> Result<(), TrackerError> {
        let account = session.account;
        self.write(move |desk| {
            let (changes, events) = {
                let memory = desk.memory();
                let tracker = find(&memory, account, id)?.tracker;
                if tracker.clone {
                    return Err(TrackerError::Clone);
                }
                let clones = clones_of(&memory, &tracker);
                if !with_clones && !clones.is_empty() {
                    return Err(TrackerError::HasClones(clones));
                }
                corruption(&memory, &tracker)
            };
            Ok(desk.commit(changes, &events)?)
        })
        .await
    }
}

pub(super) fn find(memory: &Memory, account: AccountId, id: TrackerId) -> Result<PanelTracker, Missing> {
    let found = memory.trackers.get(&id).and_then(|tracker| with_owner(memory, account, tracker));
    match found {
        None => Err(Missing::Unknown),
        Some(found) if found.tracker.corrupted => Err(Missing::Corrupted),
        Some(found) => Ok(found),
    }
}

/// The clones of an original that are not removed, in the order of ids; none of a clone.
pub(super) fn clones_of(memory: &Memory, tracker: &Tracker) -> Vec<TrackerId> {
    match tracker.clone {
        true => Vec::new(),
        false => memory.trackers_on(tracker.source.source).filter(|t| t.clone).map(|t| t.id).collect(),
    }
}

pub(super) fn with_owner(memory: &Memory, account: AccountId, tracker: &Arc<Tracker>) -> Option<PanelTracker> {
    let owner = memory.user(tracker.user).filter(|owner| owner.account == account)?;
    Some(PanelTracker { tracker: Arc::clone(tracker), owner: Arc::clone(owner) })
}

fn is_found(tracker: &Tracker, needle: &str) -> bool {
    let ids = [tracker.id.0, tracker.source.source.0, tracker.user.0];
    [&*tracker.label, tracker.source.device.as_str(), tracker.source.model.code, tracker.source.model.name]
        .into_iter()
        .any(|text| holds(text, needle))
        || ids.iter().any(|id| holds(&id.to_string(), needle))
}

fn compare(order: TrackerOrder, a: &PanelTracker, b: &PanelTracker) -> Ordering {
    let by = |key: fn(&PanelTracker) -> String| key(a).to_lowercase().cmp(&key(b).to_lowercase());
    let order = match order {
        TrackerOrder::Id => Ordering::Equal,
        TrackerOrder::Label => by(|t| t.tracker.label.clone()),
        TrackerOrder::DeviceId => a.tracker.source.device.cmp(&b.tracker.source.device),
        TrackerOrder::Model => a.tracker.source.model.name.cmp(b.tracker.source.model.name),
        TrackerOrder::Created => a.tracker.created.cmp(&b.tracker.created),
        TrackerOrder::Owner => by(|t| t.owner.title()),
        TrackerOrder::User => a.owner.id.cmp(&b.owner.id),
        TrackerOrder::Comment => by(|t| t.tracker.comment.clone()),
    };
    order.then(a.tracker.id.cmp(&b.tracker.id))
}
