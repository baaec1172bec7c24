//! Commands that a user keeps ready for a tracker.

use model::TrackerId;
use serde::{Deserialize, Serialize};

use crate::check;
use crate::error::{EntityError, Field, Invalid, Problem};
use crate::fleet::Fleet;
use crate::sessions::Session;

/// The longest command, in characters.
pub const PRESET_TEXT_CHARS_MAX: usize = 4_096;

/// A command kept ready.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Preset {
    /// Its id, unique among the commands that its tracker ever had. Positive.
    pub id: u32,
    /// 1 to 60 printable characters.
    pub name: String,
    /// What the device is sent: 1 to [`PRESET_TEXT_CHARS_MAX`] characters.
    pub text: String,
    /// Whether it waits for a device that is not connected.
    pub reliable: bool,
}

impl Preset {
    fn check(&self) -> Result<(), Invalid> {
        check::line(&self.name, check::LABEL_CHARS_MAX).map_err(|problem| Invalid { field: Field::Name, problem })?;
        let problem = if self.text.is_empty() {
            Problem::Blank
        } else if self.text.chars().count() > PRESET_TEXT_CHARS_MAX {
            Problem::TooLong { chars_max: PRESET_TEXT_CHARS_MAX }
        } else {
            return Ok(());
        };
        Err(Invalid { field: Field::Command, problem })
    }
}

impl Fleet {
    /// The commands that are kept ready for a tracker, in the order of ids.
    pub fn presets(&self, tracker: TrackerId) -> Vec<Preset> {
        self.shared.memory().extras(tracker).map(|extras| extras.presets.clone()).unwrap_or_default()
    }

    /// Keeps a command ready; its id. `preset.id` is not looked at.
    pub async fn create_preset(
        &self,
        session: &Session,
        tracker: TrackerId,
        mut preset: Preset,
    ) -> Result<u32, EntityError> {
        preset.check()?;
        let count_max = self.options.commands_per_tracker_max;
        self.edit_extras(session, tracker, move |_, _, extras| {
            if extras.presets.len() >= count_max {
                return Err(EntityError::TooMany);
            }
            extras.last_preset += 1;
            preset.id = extras.last_preset;
            extras.presets.push(preset);
            Ok(extras.last_preset)
        })
        .await
    }

    /// Changes everything of a command but its id.
    pub async fn update_preset(
        &self,
        session: &Session,
        tracker: TrackerId,
        preset: Preset,
    ) -> Result<(), EntityError> {
        preset.check()?;
        self.edit_extras(session, tracker, move |_, _, extras| {
            let old = extras.presets.iter_mut().find(|old| old.id == preset.id).ok_or(EntityError::NotFound)?;
            *old = preset;
            Ok(())
        })
        .await
    }

    /// Keeps a command ready no longer.
    pub async fn delete_preset(&self, session: &Session, tracker: TrackerId, id: u32) -> Result<(), EntityError> {
        self.edit_extras(session, tracker, move |_, _, extras| {
            let at = extras.presets.iter().position(|old| old.id == id).ok_or(EntityError::NotFound)?;
            extras.presets.remove(at);
            Ok(())
        })
        .await
    }
}
