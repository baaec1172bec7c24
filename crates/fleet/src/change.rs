//! Changes of the fleet: one value that memory takes in and the catalog stores, so that the two cannot drift apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AttributeId, DeviceId, DeviceSettings, IgnitionSource, Metering, SessionId, SourceSettings, Timestamp, TrackerId,
    UserId, VirtualRule,
};
use serde::{Deserialize, Serialize};
use storage::catalog::{AccountRow, SessionRow, SourceRow, TrackerRow, UserRow, Write};

use crate::entities::{Entity, EntityKind};
use crate::error::FleetError;
use crate::models;
use crate::preferences::{MeasurementSystem, Preferences};
use crate::values::{Account, AccountId, Secret, SourceInfo, Tracker, User, UserProfile};
use crate::zone::Zone;

/// One change.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Account(Arc<Account>),
    User(Arc<User>),
    Source(SourceInfo),
    /// The source within is not looked at: memory has the newest.
    Tracker(Tracker),
    /// A tracker is bound to a sub-user, or no longer.
    Bound {
        user: UserId,
        tracker: TrackerId,
        bound: bool,
    },
    /// Nothing is bound to a sub-user any longer.
    AllUnbound(UserId),
    Session(SessionRow),
    SessionRenewed {
        session: SessionId,
        expires: Timestamp,
    },
    SessionEnded {
        session: SessionId,
        at: Timestamp,
    },
    SessionForgotten(SessionId),
    Entity(Entity),
    EntityRemoved {
        kind: EntityKind,
        id: u32,
    },
}

impl Change {
    pub(crate) fn to_write(&self) -> Write {
        match self {
            Self::Account(account) => Write::Account(AccountRow {
                id: account.id.0,
                login: account.login.to_string(),
                password_hash: account.password_hash.expose().to_owned(),
                created: account.created,
            }),
            Self::User(user) => Write::User(user_row(user)),
            Self::Source(source) => Write::Source(SourceRow {
                id: source.source,
                device: source.device.as_str().to_owned(),
                model: source.model.code.to_owned(),
                blocked: source.blocked,
                connected: source.connected,
                removed: source.removed,
                settings: json(&StoredSettings::from(&*source.settings)),
                device_settings: json(&source.device_settings.pairs().into_iter().collect::<BTreeMap<_, _>>()),
                registered: source.registered,
            }),
            Self::Tracker(tracker) => Write::Tracker(TrackerRow {
                id: tracker.id,
                user: tracker.user,
                source: tracker.source.source,
                label: tracker.label.clone(),
                group: tracker.group,
                clone: tracker.clone,
                hidden: tracker.hidden,
                removed: tracker.corrupted,
                comment: tracker.comment.clone(),
                created: tracker.created,
            }),
            Self::Bound { user, tracker, bound: true } => Write::Bound { user: *user, tracker: *tracker },
            Self::Bound { user, tracker, bound: false } => Write::Unbound { user: *user, tracker: *tracker },
            Self::AllUnbound(user) => Write::AllUnbound { user: *user },
            Self::Session(session) => Write::Session(session.clone()),
            Self::SessionRenewed { session, expires } => Write::SessionRenewed { session: *session, expires: *expires },
            Self::SessionEnded { session, at } => Write::SessionEnded { session: *session, at: *at },
            Self::SessionForgotten(session) => Write::SessionForgotten(*session),
            Self::Entity(entity) => entity.to_write(),
            Self::EntityRemoved { kind, id } => kind.to_removal(*id),
        }
    }
}

fn user_row(user: &User) -> UserRow {
    UserRow {
        id: user.id,
        account: user.account.0,
        master: user.master,
        security_group: user.security_group,
        login: user.login.clone(),
        login_key: login_key(&user.login),
        password_hash: user.password_hash.expose().to_owned(),
        earlier_passwords: json(&user.earlier_passwords.iter().map(Secret::expose).collect::<Vec<_>>()),
        activated: user.activated,
        verified: user.verified,
        removed: user.removed,
        time_zone: user.preferences.zone.name().to_owned(),
        locale: user.preferences.locale.clone(),
        measurement_system: user.preferences.measurement_system.name().to_owned(),
        settings: json(&user.preferences.display),
        profile: json(&user.profile),
        device_commands: user.device_commands,
        comment: user.comment.clone(),
        created: user.created,
    }
}

/// What two logins must not share.
pub(crate) fn login_key(login: &str) -> String {
    login.to_lowercase()
}

/// Our own values have only text keys and finite numbers, so that writing them cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(crate) fn account(row: AccountRow) -> Account {
    Account {
        id: AccountId(row.id),
        login: row.login.into(),
        password_hash: Secret::new(row.password_hash),
        created: row.created,
    }
}

pub(crate) fn user(row: UserRow) -> Result<User, FleetError> {
    let misfit = || FleetError::Row { table: "users", id: row.id.0.into() };
    let earlier: Vec<String> = serde_json::from_str(&row.earlier_passwords).map_err(|_| misfit())?;
    let profile: UserProfile = serde_json::from_str(&row.profile).map_err(|_| misfit())?;
    let preferences = Preferences {
        zone: Zone::parse(&row.time_zone).map_err(|_| misfit())?,
        measurement_system: MeasurementSystem::from_name(&row.measurement_system).ok_or_else(misfit)?,
        locale: row.locale,
        display: serde_json::from_str(&row.settings).map_err(|_| misfit())?,
    };
    Ok(User {
        id: row.id,
        account: AccountId(row.account),
        master: row.master,
        security_group: row.security_group,
        login: row.login,
        activated: row.activated,
        verified: row.verified,
        removed: row.removed,
        profile,
        preferences,
        device_commands: row.device_commands,
        comment: row.comment,
        created: row.created,
        password_hash: Secret::new(row.password_hash),
        earlier_passwords: earlier.into_iter().map(Secret::new).collect(),
    })
}

pub(crate) fn source(row: SourceRow) -> Result<SourceInfo, FleetError> {
    let misfit = || FleetError::Row { table: "sources", id: row.id.0.into() };
    let settings: StoredSettings = serde_json::from_str(&row.settings).map_err(|_| misfit())?;
    Ok(SourceInfo {
        source: row.id,
        device: DeviceId::new(&row.device).ok_or_else(misfit)?,
        model: models::model(&row.model).ok_or_else(misfit)?,
        registered: row.registered,
        blocked: row.blocked,
        connected: row.connected,
        removed: row.removed,
        settings: Arc::new(settings.into()),
        device_settings: Arc::new(device_settings(&row.device_settings).ok_or_else(misfit)?),
        sensors: Arc::default(),
    })
}

fn device_settings(text: &str) -> Option<DeviceSettings> {
    let pairs: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    let mut settings = DeviceSettings::default();
    pairs.iter().try_for_each(|(key, value)| settings.set(key, value)).ok()?;
    Some(settings)
}

pub(crate) fn tracker(row: TrackerRow, source: SourceInfo) -> Tracker {
    Tracker {
        id: row.id,
        user: row.user,
        label: row.label,
        group: row.group,
        clone: row.clone,
        hidden: row.hidden,
        corrupted: row.removed,
        comment: row.comment,
        created: row.created,
        source,
    }
}

/// [`SourceSettings`] as stored. Fields that a newer server adds must have a default.
#[derive(Serialize, Deserialize)]
struct StoredSettings {
    inputs_count: u8,
    outputs_count: u8,
    ignition: StoredIgnition,
    min_idle_s: u32,
    idle_speed_threshold_kmh: u16,
    ignition_aware: bool,
    motion_sensor_aware: bool,
    offline_s: Option<u32>,
    network_radius_max_m: u32,
    waits_forever: bool,
    #[serde(default = "unchanged")]
    odometer_multiplier: f64,
    #[serde(default)]
    odometer_sensor: Option<Metering>,
    #[serde(default = "unchanged")]
    engine_hours_multiplier: f64,
}

/// What a counter is multiplied by until somebody says otherwise.
const fn unchanged() -> f64 {
    1.0
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredIgnition {
    None,
    Input(u8),
    /// By name: the numbers of names that are not shared differ between processes.
    Attribute(String),
    Virtual {
        /// By name too.
        input: String,
        rule: VirtualRule,
    },
}

impl From<&SourceSettings> for StoredSettings {
    fn from(s: &SourceSettings) -> Self {
        Self {
            inputs_count: s.inputs_count,
            outputs_count: s.outputs_count,
            ignition: match s.ignition {
                IgnitionSource::None => StoredIgnition::None,
                IgnitionSource::Input(n) => StoredIgnition::Input(n),
                IgnitionSource::Attribute(id) => StoredIgnition::Attribute(id.name().into_owned()),
                IgnitionSource::Virtual { input, rule } => {
                    StoredIgnition::Virtual { input: input.name().into_owned(), rule }
                }
            },
            min_idle_s: s.min_idle_s,
            idle_speed_threshold_kmh: s.idle_speed_threshold_kmh,
            ignition_aware: s.ignition_aware,
            motion_sensor_aware: s.motion_sensor_aware,
            offline_s: s.offline_s,
            network_radius_max_m: s.network_radius_max_m,
            waits_forever: s.waits_forever,
            odometer_multiplier: s.odometer_multiplier,
            odometer_sensor: s.odometer_sensor.as_deref().cloned(),
            engine_hours_multiplier: s.engine_hours_multiplier,
        }
    }
}

impl From<StoredSettings> for SourceSettings {
    fn from(s: StoredSettings) -> Self {
        Self {
            inputs_count: s.inputs_count,
            outputs_count: s.outputs_count,
            ignition: match s.ignition {
                StoredIgnition::None => IgnitionSource::None,
                StoredIgnition::Input(n) => IgnitionSource::Input(n),
                // A name that no longer finds room in the table of names is one that no report can bring either.
                StoredIgnition::Attribute(name) => {
                    AttributeId::intern(&name).map_or(IgnitionSource::None, IgnitionSource::Attribute)
                }
                StoredIgnition::Virtual { input, rule } => AttributeId::intern(&input)
                    .map_or(IgnitionSource::None, |input| IgnitionSource::Virtual { input, rule }),
            },
            min_idle_s: s.min_idle_s,
            idle_speed_threshold_kmh: s.idle_speed_threshold_kmh,
            ignition_aware: s.ignition_aware,
            motion_sensor_aware: s.motion_sensor_aware,
            offline_s: s.offline_s,
            network_radius_max_m: s.network_radius_max_m,
            waits_forever: s.waits_forever,
            odometer_multiplier: s.odometer_multiplier,
            odometer_sensor: s.odometer_sensor.map(Arc::new),
            engine_hours_multiplier: s.engine_hours_multiplier,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{CalibrationPoint, MeteringRules, MeteringType, attr};

    use super::*;

    fn metering() -> Metering {
        Metering {
            sensor_type: MeteringType::Custom,
            input_name: "hw_mileage".into(),
            input: Some(attr::HARDWARE_MILEAGE),
            divider: 1000.0,
            accuracy: 0.25,
            units: "km".into(),
            units_type: "custom".into(),
            rules: MeteringRules { min: Some(0.5), ..MeteringRules::default() },
            calibration: vec![CalibrationPoint { raw: 0.0, real: 0.1 }, CalibrationPoint { raw: 9.0, real: 8.2 }],
        }
    }

    /// What an earlier server stored.
    #[test]
    fn settings_without_counters_have_their_defaults() {
        let text = r#"{"inputs_count":8,"outputs_count":3,"ignition":{"input":2},"min_idle_s":300,
            "idle_speed_threshold_kmh":3,"ignition_aware":false,"motion_sensor_aware":false,"offline_s":null,
            "network_radius_max_m":10000,"waits_forever":false}"#;
        let stored: StoredSettings = serde_json::from_str(text).expect("readable");
        let expected = SourceSettings {
            inputs_count: 8,
            outputs_count: 3,
            ignition: IgnitionSource::Input(2),
            ..SourceSettings::default()
        };
        assert_eq!(SourceSettings::from(stored), expected);
    }

    #[test]
    fn settings_survive_the_round_trip() {
        let check = |settings: SourceSettings| {
            let text = json(&StoredSettings::from(&settings));
            let back: StoredSettings = serde_json::from_str(&text).expect("readable");
            assert_eq!(SourceSettings::from(back), settings, "{text}");
        };
        check(SourceSettings::default());
        check(SourceSettings {
            inputs_count: 8,
            outputs_count: 3,
            ignition: IgnitionSource::Attribute(attr::IGNITION),
            min_idle_s: 61,
            idle_speed_threshold_kmh: 7,
            ignition_aware: true,
            motion_sensor_aware: true,
            offline_s: Some(90),
            network_radius_max_m: 250,
            waits_forever: true,
            odometer_multiplier: 1.07,
            odometer_sensor: Some(Arc::new(metering())),
            engine_hours_multiplier: 0.5,
        });
        let own = AttributeId::intern("acc line 2").expect("room");
        check(SourceSettings { ignition: IgnitionSource::Attribute(own), ..SourceSettings::default() });
        check(SourceSettings { ignition: IgnitionSource::Input(32), ..SourceSettings::default() });
        let rule = VirtualRule::InRange { from: Some(13.2), to: None };
        let ignition = IgnitionSource::Virtual { input: attr::BOARD_VOLTAGE, rule };
        check(SourceSettings { ignition, ..SourceSettings::default() });
    }
}
