//! What a user's client wants kept for it: texts by key, which the server does not look into.

use std::collections::BTreeMap;

use model::UserId;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::Stored;
use crate::error::{Invalid, UiSettingError};
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::Session;

/// All texts of one user. They are few and small, so that they are stored together, under the user's number.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct UiSettings {
    user: u32,
    texts: BTreeMap<String, String>,
}

impl Stored for UiSettings {
    fn id(&self) -> u32 {
        self.user
    }
}

impl Memory {
    fn ui_settings(&self, user: UserId) -> Option<&UiSettings> {
        self.entities.ui_settings.get(user.0).map(|settings| &**settings)
    }
}

impl Fleet {
    /// The text under a key, if there is one. Errors when it cannot be a key.
    pub fn ui_setting(&self, session: &Session, key: &str) -> Result<Option<String>, Invalid> {
        check::ui_key(key)?;
        let memory = self.shared.memory();
        Ok(memory.ui_settings(session.user).and_then(|settings| settings.texts.get(key).cloned()))
    }

    /// Keeps a text under a key: 1 to 50 letters, digits, hyphens and underscores; the text has at most 8,192
    /// characters.
    pub async fn set_ui_setting(&self, session: &Session, key: String, text: String) -> Result<(), UiSettingError> {
        check::ui_key(&key)?;
        check::ui_text(&text)?;
        let (user, keys_max) = (session.user, self.options.ui_settings_per_user_max);
        self.write(move |desk| {
            let mut settings = {
                let memory = desk.memory();
                // A user who was removed meanwhile leaves nothing behind.
                memory.user(user).filter(|u| !u.removed).ok_or(UiSettingError::SessionEnded)?;
                memory.ui_settings(user).cloned().unwrap_or_default()
            };
            if settings.texts.len() >= keys_max && !settings.texts.contains_key(&key) {
                return Err(UiSettingError::TooMany);
            }
            settings.user = user.0;
            settings.texts.insert(key, text);
            Ok(desk.commit(vec![Change::Entity(settings.into())], &[])?)
        })
        .await
    }
}
