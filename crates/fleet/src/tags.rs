//! Tags: words that a user puts on trackers to find them by.

use std::collections::HashSet;
use std::sync::Arc;

use model::{TrackerId, UserId};
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::{EntityKind, Stored};
use crate::error::{EntityError, Field, Invalid, Problem};
use crate::extras::TrackerExtras;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::Session;
use crate::values::Tracker;

/// How many tags a tracker may have, and the highest place among them.
pub const TAGS_PER_TRACKER_MAX: u8 = 5;

/// A tag.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tag {
    /// Its id. Positive.
    pub id: u32,
    /// Whose it is.
    owner: u32,
    /// 1 to 60 printable characters.
    pub name: String,
    /// Six hexadecimal digits: red, green, blue.
    pub color: String,
}

/// A tag on a tracker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TagBinding {
    /// Which tag.
    pub tag: u32,
    /// Its place among the tracker's tags: 1 to [`TAGS_PER_TRACKER_MAX`], each once.
    pub ordinal: u8,
}

impl Tag {
    /// Whose it is.
    pub const fn owner(&self) -> UserId {
        UserId(self.owner)
    }
}

impl Stored for Tag {
    fn id(&self) -> u32 {
        self.id
    }
}

impl Memory {
    fn tag_of(&self, owner: UserId, id: u32) -> Option<&Arc<Tag>> {
        self.entities.tags.get(id).filter(|tag| tag.owner() == owner)
    }
}

fn check_tag(name: &str, color: &str) -> Result<(), Invalid> {
    check::line(name, check::LABEL_CHARS_MAX).map_err(|problem| Invalid { field: Field::Name, problem })?;
    check::color(color)
}

impl Fleet {
    /// The tags of the session's account, in the order of ids.
    pub fn tags(&self, session: &Session) -> Vec<Arc<Tag>> {
        let memory = self.shared.memory();
        memory.entities.tags.iter().filter(|tag| tag.owner() == session.owner).map(Arc::clone).collect()
    }

    /// The tags on a tracker, by their place.
    pub fn tags_on(&self, tracker: TrackerId) -> Vec<TagBinding> {
        self.shared.memory().extras(tracker).map(|extras| extras.tags.clone()).unwrap_or_default()
    }

    /// The trackers that the session sees and that carry all of these tags.
    pub fn tagged_trackers(&self, session: &Session, tags: &[u32]) -> Vec<Arc<Tracker>> {
        let mut trackers = self.trackers(session);
        let memory = self.shared.memory();
        trackers.retain(|tracker| {
            let on = memory.extras(tracker.id).map_or(&[][..], |extras| &extras.tags);
            tags.iter().all(|tag| on.iter().any(|binding| binding.tag == *tag))
        });
        trackers
    }

    /// Makes a tag; its id.
    pub async fn create_tag(&self, session: &Session, name: String, color: String) -> Result<u32, EntityError> {
        check_tag(&name, &color)?;
        let (owner, entities_max) = (session.owner, self.options.entities_max);
        self.write(move |desk| {
            let id = {
                let tags = &desk.memory().entities.tags;
                if tags.len() >= entities_max {
                    return Err(EntityError::TooMany);
                }
                tags.next_id()
            };
            desk.commit(vec![Change::Entity(Tag { id, owner: owner.0, name, color }.into())], &[])?;
            Ok(id)
        })
        .await
    }

    /// Renames or recolours a tag.
    pub async fn update_tag(&self, session: &Session, id: u32, name: String, color: String) -> Result<(), EntityError> {
        check_tag(&name, &color)?;
        let owner = session.owner;
        self.write(move |desk| {
            desk.memory().tag_of(owner, id).ok_or(EntityError::NotFound)?;
            Ok(desk.commit(vec![Change::Entity(Tag { id, owner: owner.0, name, color }.into())], &[])?)
        })
        .await
    }

    /// Removes those of these tags that are the account's, and takes them off all trackers; how many they were.
    pub async fn delete_tags(&self, session: &Session, ids: Vec<u32>) -> Result<usize, EntityError> {
        let owner = session.owner;
        self.write(move |desk| {
            let (count, changes) = {
                let memory = desk.memory();
                let gone: HashSet<u32> = ids.into_iter().filter(|id| memory.tag_of(owner, *id).is_some()).collect();
                let is_gone = |binding: &TagBinding| gone.contains(&binding.tag);
                let tagged = memory.trackers_of(owner).filter_map(|tracker| memory.extras(tracker.id));
                let mut changes: Vec<Change> = tagged
                    .filter(|extras| extras.tags.iter().any(is_gone))
                    .map(|extras| {
                        let mut extras = TrackerExtras::clone(extras);
                        extras.tags.retain(|binding| !is_gone(binding));
                        Change::Entity(extras.into())
                    })
                    .collect();
                changes.extend(gone.iter().map(|id| Change::EntityRemoved { kind: EntityKind::Tag, id: *id }));
                (gone.len(), changes)
            };
            desk.commit(changes, &[])?;
            Ok(count)
        })
        .await
    }

    /// Puts tags on a tracker in place of those that it has.
    pub async fn set_tags(
        &self,
        session: &Session,
        tracker: TrackerId,
        mut bindings: Vec<TagBinding>,
    ) -> Result<(), EntityError> {
        let invalid = |problem| EntityError::from(Invalid { field: Field::TagBindings, problem });
        bindings.sort_by_key(|binding| binding.ordinal);
        if bindings.iter().any(|binding| !(1..=TAGS_PER_TRACKER_MAX).contains(&binding.ordinal)) {
            return Err(invalid(Problem::OutOfRange { min: 1, max: TAGS_PER_TRACKER_MAX.into() }));
        }
        let mut seen = HashSet::new();
        let repeats = bindings.windows(2).any(|pair| pair[0].ordinal == pair[1].ordinal);
        if repeats || !bindings.iter().all(|binding| seen.insert(binding.tag)) {
            return Err(invalid(Problem::Repeated));
        }
        let owner = session.owner;
        self.edit_extras(session, tracker, move |memory, _, extras| {
            if bindings.iter().any(|binding| memory.tag_of(owner, binding.tag).is_none()) {
                return Err(invalid(Problem::Dangling));
            }
            extras.tags = bindings;
            Ok(())
        })
        .await
    }
}
