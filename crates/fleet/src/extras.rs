//! What a user hangs on a tracker without any effect on its states: tags, titles of outputs, commands kept ready.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::TrackerId;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::entities::Stored;
use crate::error::{Barred, EntityError};
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::own::tracker_of;
use crate::presets::Preset;
use crate::sessions::Session;
use crate::tags::TagBinding;
use crate::values::Tracker;

/// The extras of one tracker. There are none until something is set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TrackerExtras {
    pub(crate) tracker: u32,
    pub(crate) tags: Vec<TagBinding>,
    /// By the output's number.
    pub(crate) output_titles: BTreeMap<u8, String>,
    pub(crate) presets: Vec<Preset>,
    /// The highest id that a preset of this tracker ever had.
    pub(crate) last_preset: u32,
}

impl Stored for TrackerExtras {
    fn id(&self) -> u32 {
        self.tracker
    }
}

impl Memory {
    pub(crate) fn extras(&self, tracker: TrackerId) -> Option<&Arc<TrackerExtras>> {
        self.entities.extras.get(tracker.0)
    }
}

impl From<Barred> for EntityError {
    fn from(barred: Barred) -> Self {
        match barred {
            // No extra belongs to the source, so that a clone has its own like any tracker.
            Barred::NotFound | Barred::Clone => Self::NotFound,
            Barred::Blocked => Self::Blocked,
        }
    }
}

impl Fleet {
    /// Changes the extras of a tracker that the session sees.
    pub(crate) async fn edit_extras<T: Send + 'static>(
        &self,
        session: &Session,
        tracker: TrackerId,
        edit: impl FnOnce(&Memory, &Tracker, &mut TrackerExtras) -> Result<T, EntityError> + Send + 'static,
    ) -> Result<T, EntityError> {
        let session = session.clone();
        self.write(move |desk| {
            let (value, extras) = {
                let memory = desk.memory();
                let tracker = tracker_of(&memory, &session, tracker)?;
                let mut extras = memory.extras(tracker.id).map(|e| TrackerExtras::clone(e)).unwrap_or_default();
                extras.tracker = tracker.id.0;
                let value = edit(&memory, &tracker, &mut extras)?;
                (value, extras)
            };
            desk.commit(vec![Change::Entity(extras.into())], &[])?;
            Ok(value)
        })
        .await
    }
}
