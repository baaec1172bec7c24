//! What is set about the device behind a source, on which decoding its bytes depends.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DeviceSettings, SettingRefused, TrackerId};

use crate::change::Change;
use crate::error::DeviceSettingsError;
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::keeper::Keeper;
use crate::values::SourceInfo;

impl Fleet {
    /// The settings of the device behind a tracker.
    ///
    /// # Errors
    /// As [`Fleet::kept_tracker`].
    pub fn device_settings(
        &self,
        keeper: Keeper<'_>,
        tracker: TrackerId,
    ) -> Result<Arc<DeviceSettings>, DeviceSettingsError> {
        let scope = keeper.scope()?;
        let memory = self.shared.memory();
        Ok(Arc::clone(&scope.kept(&memory, tracker)?.source.device_settings))
    }

    /// Changes settings of the device behind a tracker, all that are named or none: to a value, or to none, which means
    /// what is usual in the family. A device that is connected is made to connect again.
    ///
    /// # Errors
    /// As [`Fleet::kept_tracker`], and for a key or value that is not allowed.
    pub async fn change_device_settings(
        &self,
        keeper: Keeper<'_>,
        tracker: TrackerId,
        edits: Vec<(String, Option<String>)>,
    ) -> Result<Arc<DeviceSettings>, DeviceSettingsError> {
        let scope = keeper.scope()?;
        self.write(move |desk| {
            let source = scope.kept(&desk.memory(), tracker)?.source.clone();
            let device_settings = Arc::new(edited(&source.device_settings, &edits)?);
            if device_settings != source.device_settings {
                let info = SourceInfo { device_settings: Arc::clone(&device_settings), ..source };
                desk.commit(vec![Change::Source(info.clone())], &[FleetEvent::SourceChanged(info)])?;
            }
            Ok(device_settings)
        })
        .await
    }
}

/// Settings after some edits.
fn edited(old: &DeviceSettings, edits: &[(String, Option<String>)]) -> Result<DeviceSettings, DeviceSettingsError> {
    let wrong = |key: &str| {
        let key = key.to_owned();
        |refused: SettingRefused| DeviceSettingsError::Setting { key, refused }
    };
    // Each is judged, also one that a later edit of the same takes back.
    let mut pairs: BTreeMap<&str, String> = old.pairs().into_iter().collect();
    for (key, value) in edits {
        let known = model::SETTING_KEYS.iter().find(|known| known.key == key);
        let known = known.ok_or(SettingRefused::UnknownKey).map_err(wrong(key))?.key;
        match value {
            Some(value) => {
                DeviceSettings::default().set(known, value).map_err(wrong(key))?;
                pairs.insert(known, value.clone());
            }
            None => {
                pairs.remove(known);
            }
        }
    }
    let mut settings = DeviceSettings::default();
    for (key, value) in pairs {
        settings.set(key, &value).map_err(wrong(key))?;
    }
    Ok(settings)
}
