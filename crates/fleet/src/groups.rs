//! Groups of trackers: how a user sorts them.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{TrackerId, UserId};
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::{EntityKind, Stored};
use crate::error::EntityError;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::Session;
use crate::values::Tracker;

/// A group of a user's trackers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its id. Positive.
    pub id: u32,
    /// Whose it is.
    owner: u32,
    /// 1 to 60 printable characters.
    pub title: String,
    /// Six hexadecimal digits: red, green, blue.
    pub color: String,
}

impl Group {
    /// Whose it is.
    pub const fn owner(&self) -> UserId {
        UserId(self.owner)
    }
}

impl Stored for Group {
    fn id(&self) -> u32 {
        self.id
    }
}

impl Memory {
    /// A group of this user.
    pub(crate) fn group_of(&self, owner: UserId, id: u32) -> Option<&Arc<Group>> {
        self.entities.groups.get(id).filter(|group| group.owner() == owner)
    }

    /// Whether a session sees a group: a sub-user does if it sees one of its trackers.
    pub(crate) fn sees_group(&self, session: &Session, id: u32) -> bool {
        let is_own = self.group_of(session.owner, id).is_some();
        is_own && (!session.is_subuser() || self.trackers_seen(session).any(|tracker| tracker.group == id))
    }

    /// The groups of the trackers that a session sees; 0 among them if one is in none.
    fn groups_seen(&self, session: &Session) -> BTreeSet<u32> {
        self.trackers_seen(session).map(|tracker| tracker.group).collect()
    }
}

impl Fleet {
    /// The groups of the session's account, in the order of ids. A sub-user sees those of the trackers that it sees.
    pub fn groups(&self, session: &Session) -> Vec<Arc<Group>> {
        let memory = self.shared.memory();
        let seen = session.is_subuser().then(|| memory.groups_seen(session));
        let is_seen =
            |group: &Group| group.owner() == session.owner && seen.as_ref().is_none_or(|seen| seen.contains(&group.id));
        memory.entities.groups.iter().filter(|group| is_seen(group)).map(Arc::clone).collect()
    }

    /// Makes a group; its id.
    pub async fn create_group(&self, session: &Session, title: String, color: String) -> Result<u32, EntityError> {
        check::title(&title)?;
        check::color(&color)?;
        let (owner, entities_max) = (session.owner, self.options.entities_max);
        self.write(move |desk| {
            let id = {
                let groups = &desk.memory().entities.groups;
                if groups.len() >= entities_max {
                    return Err(EntityError::TooMany);
                }
                groups.next_id()
            };
            desk.commit(vec![Change::Entity(Group { id, owner: owner.0, title, color }.into())], &[])?;
            Ok(id)
        })
        .await
    }

    /// Renames or recolours a group.
    pub async fn update_group(
        &self,
        session: &Session,
        id: u32,
        title: String,
        color: String,
    ) -> Result<(), EntityError> {
        check::title(&title)?;
        check::color(&color)?;
        let owner = session.owner;
        self.write(move |desk| {
            desk.memory().group_of(owner, id).ok_or(EntityError::NotFound)?;
            let group = Group { id, owner: owner.0, title, color };
            Ok(desk.commit(vec![Change::Entity(group.into())], &[])?)
        })
        .await
    }

    /// Removes a group; its trackers are in none afterwards.
    pub async fn delete_group(&self, session: &Session, id: u32) -> Result<(), EntityError> {
        let owner = session.owner;
        self.write(move |desk| {
            let mut changes = {
                let memory = desk.memory();
                memory.group_of(owner, id).ok_or(EntityError::NotFound)?;
                let members = memory.trackers_of(owner).filter(|t| t.group == id);
                members.map(|t| Change::Tracker(Tracker { group: 0, ..Tracker::clone(t) })).collect::<Vec<_>>()
            };
            changes.push(Change::EntityRemoved { kind: EntityKind::Group, id });
            Ok(desk.commit(changes, &[])?)
        })
        .await
    }

    /// Puts trackers into a group; 0 takes them out of theirs. All of them, or none if one is not the account's.
    pub async fn assign_group(&self, session: &Session, id: u32, trackers: Vec<TrackerId>) -> Result<(), EntityError> {
        let owner = session.owner;
        self.write(move |desk| {
            let changes = {
                let memory = desk.memory();
                if id != 0 {
                    memory.group_of(owner, id).ok_or(EntityError::NotFound)?;
                }
                let moved = |tracker: &TrackerId| {
                    let tracker = memory.trackers.get(tracker).filter(|t| t.user == owner && t.is_visible());
                    let tracker = tracker.ok_or(EntityError::UnknownTracker)?;
                    Ok(Change::Tracker(Tracker { group: id, ..Tracker::clone(tracker) }))
                };
                trackers.iter().map(moved).collect::<Result<Vec<_>, EntityError>>()?
            };
            Ok(desk.commit(changes, &[])?)
        })
        .await
    }
}
