//! What an owner may set about a tracker and its source, and the change of the device behind a source.

use std::sync::Arc;

use model::{SourceSettings, TrackerId};

use crate::change::Change;
use crate::check;
use crate::error::{Field, Invalid, Problem, ReplaceError, SettingsError};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::models::{self, PluginRefusal};
use crate::own::{changeable, open_tracker};
use crate::sensors;
use crate::sessions::Session;
use crate::trackers::generate_device_id;
use crate::values::{SourceInfo, Tracker};

/// One group of settings of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsEdit {
    /// When a vehicle counts as moving and as parked.
    TripDetection {
        /// 1 to 1,440.
        min_idle_minutes: u32,
        /// 0 to 200; 0: it never parks.
        idle_speed_threshold_kmh: u16,
        /// A vehicle moves only with its ignition on.
        ignition_aware: bool,
        /// A vehicle moves only when its motion sensor says so.
        motion_sensor_aware: bool,
    },
    /// How uncertain a network position may be: 0 to 10,000 metres.
    NetworkRadius {
        /// Metres.
        max_m: u32,
    },
    /// Silence after which it is offline: 1 to 4,320,000 minutes.
    OfflineTimeout {
        /// `None` takes the server's setting.
        minutes: Option<u32>,
    },
}

impl SettingsEdit {
    fn check(self) -> Result<(), Invalid> {
        let range = |field, value: u32, min: u32, max: u32| match (min..=max).contains(&value) {
            true => Ok(()),
            false => Err(Invalid { field, problem: Problem::OutOfRange { min: min as i32, max: max as i32 } }),
        };
        match self {
            Self::TripDetection { min_idle_minutes, idle_speed_threshold_kmh, .. } => {
                range(Field::MinIdle, min_idle_minutes, 1, 1_440)?;
                range(Field::IdleSpeed, idle_speed_threshold_kmh.into(), 0, 200)
            }
            Self::NetworkRadius { max_m } => range(Field::NetworkRadius, max_m, 0, 10_000),
            Self::OfflineTimeout { minutes } => range(Field::OfflineTimeout, minutes.unwrap_or(1), 1, 4_320_000),
        }
    }

    fn apply(self, settings: &mut SourceSettings) {
        match self {
            Self::TripDetection { min_idle_minutes, idle_speed_threshold_kmh, ignition_aware, motion_sensor_aware } => {
                settings.min_idle_s = min_idle_minutes * 60;
                settings.idle_speed_threshold_kmh = idle_speed_threshold_kmh;
                settings.ignition_aware = ignition_aware;
                settings.motion_sensor_aware = motion_sensor_aware;
            }
            Self::NetworkRadius { max_m } => settings.network_radius_max_m = max_m,
            Self::OfflineTimeout { minutes } => settings.offline_s = minutes.map(|minutes| minutes * 60),
        }
    }
}

/// The device that takes the place of another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDevice {
    /// Code of its model.
    pub model: String,
    /// The way of registering, as in [`crate::NewTracker::plugin`].
    pub plugin: u32,
    /// Its id; ignored for models whose ids the server makes.
    pub device_id: Option<String>,
}

impl Fleet {
    /// Gives a tracker a name and a group (0: none). The owner of a clone may do so too: both are its own.
    pub async fn rename_tracker(
        &self,
        session: &Session,
        tracker: TrackerId,
        label: String,
        group: u32,
    ) -> Result<(), SettingsError> {
        check::label(&label).map_err(|problem| Invalid { field: Field::Label, problem })?;
        let session = session.clone();
        self.write(move |desk| {
            let tracker = {
                let memory = desk.memory();
                let tracker = open_tracker(&memory, &session, tracker)?;
                if group != 0 && !memory.sees_group(&session, group) {
                    return Err(SettingsError::UnknownGroup);
                }
                Tracker { label, group, ..Tracker::clone(&tracker) }
            };
            Ok(desk.commit(vec![Change::Tracker(tracker)], &[])?)
        })
        .await
    }

    /// Changes one group of a source's settings.
    pub async fn change_settings(
        &self,
        session: &Session,
        tracker: TrackerId,
        edit: SettingsEdit,
    ) -> Result<(), SettingsError> {
        edit.check()?;
        let session = session.clone();
        self.write(move |desk| {
            let source = changeable(&desk.memory(), &session, tracker)?.source.clone();
            let mut settings = SourceSettings::clone(&source.settings);
            edit.apply(&mut settings);
            if settings == *source.settings {
                return Ok(());
            }
            let info = SourceInfo { settings: settings.into(), ..source };
            Ok(desk.commit(vec![Change::Source(info.clone())], &[FleetEvent::SourceChanged(info)])?)
        })
        .await
    }

    /// Puts another device behind a source, which keeps its id, its history and what was set about it. From then on
    /// the old device is not known any more.
    pub async fn replace_device(
        &self,
        session: &Session,
        tracker: TrackerId,
        new: NewDevice,
    ) -> Result<(), ReplaceError> {
        let model = models::model(&new.model).ok_or(ReplaceError::UnknownModel)?;
        model.check_plugin(new.plugin).map_err(|refusal| match refusal {
            PluginRefusal::Unknown => ReplaceError::UnknownPlugin,
            PluginRefusal::NeedsCode => ReplaceError::WrongActivationCode,
        })?;
        let given = model.id_pattern.check(new.device_id.as_deref()).map_err(ReplaceError::BadDeviceId)?;
        let device = match given {
            Some(device) => device,
            None => generate_device_id()?,
        };
        let session = session.clone();
        self.write(move |desk| {
            let info = {
                let memory = desk.memory();
                let source = changeable(&memory, &session, tracker)?.source.clone();
                if !source.connected {
                    return Err(ReplaceError::NeverConnected);
                }
                if memory.device(device.as_str()).is_some() {
                    return Err(ReplaceError::DeviceIdInUse);
                }
                let of_model = model.settings();
                let settings = SourceSettings {
                    inputs_count: of_model.inputs_count,
                    outputs_count: of_model.outputs_count,
                    ignition: sensors::ignition(&source.sensors, model),
                    waits_forever: of_model.waits_forever,
                    ..SourceSettings::clone(&source.settings)
                };
                // It stays connected: there is a history now, which only an administrator may remove, and a wrong id
                // can be put right by replacing once more.
                let device_settings = Arc::default();
                SourceInfo { device, model, settings: settings.into(), device_settings, ..source }
            };
            Ok(desk.commit(vec![Change::Source(info.clone())], &[FleetEvent::SourceChanged(info)])?)
        })
        .await
    }
}
