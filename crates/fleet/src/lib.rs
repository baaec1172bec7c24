//! The fleet: administrators, users, sessions, trackers and the sources that they show.
//!
//! [`Fleet`] keeps a memory copy of the catalog. Reads are synchronous and quick. Writes are asynchronous and go, one
//! after another, to the catalog, then into memory, then to the listeners as [`FleetEvent`]s; a write that fails has
//! changed nothing. A write goes on when its caller stops waiting. Time comes in as an argument; no method reads a
//! clock.
//!
//! | for | call |
//! | --- | --- |
//! | starting | [`Fleet::open`], [`Fleet::ensure_admin`], [`Fleet::on_event`], [`Fleet::expire`] once a second |
//! | devices | [`Fleet::device`], [`Fleet::source`], [`Fleet::sources`], [`Fleet::note_connected`] |
//! | user sessions | [`Fleet::login`], [`Fleet::authorize`], [`Fleet::renew_session`], [`Fleet::logout`], [`Fleet::zone`], [`Fleet::user`], [`Fleet::update_preferences`], [`Fleet::ui_setting`], [`Fleet::set_ui_setting`] |
//! | SESSIDs, Basic credentials | [`Fleet::verify`], [`Fleet::bind_sessid`], [`Fleet::authorize_sessid`], [`Fleet::renew_sessid`] |
//! | commands in own words | [`Fleet::may_order_freely`], [`Fleet::set_device_commands`] |
//! | drivers' phones | [`Fleet::create_pairing_code`], [`Fleet::pair`], [`Fleet::authorize_driver`], [`Fleet::driver_phones`], [`Fleet::unpair`], [`Fleet::leave`] |
//! | vehicles, drivers | [`Fleet::vehicle_of`], [`Fleet::vehicles`], [`Fleet::set_vehicle`], [`Fleet::delete_vehicle`], [`Fleet::driver_of`], [`Fleet::drivers`], [`Fleet::list_drivers`], [`Fleet::create_driver`], [`Fleet::update_driver`], [`Fleet::delete_driver`] |
//! | texts and forms for drivers | [`Fleet::predefined_texts`], [`Fleet::list_predefined_texts`], [`Fleet::create_predefined_text`], [`Fleet::update_predefined_text`], [`Fleet::delete_predefined_text`], [`Fleet::forms`], [`Fleet::list_forms`], [`Fleet::create_form`], [`Fleet::update_form`], [`Fleet::delete_form`] |
//! | API keys | [`Fleet::create_api_key`], [`Fleet::api_keys`], [`Fleet::delete_api_key`] |
//! | new passwords | [`Fleet::set_password`], [`Fleet::begin_restore`], [`Fleet::cancel_restore`], [`Fleet::authorize_password_change`], [`Fleet::restore_password`] |
//! | a user's trackers | [`Fleet::access`], [`Fleet::trackers`], [`Fleet::tracker`], [`Fleet::owned_tracker`], [`Fleet::register_tracker`], [`Fleet::corrupt_tracker`] |
//! | sub-users | [`Fleet::subusers`], [`Fleet::create_subuser`], [`Fleet::update_subuser`], [`Fleet::delete_subuser`], [`Fleet::create_subuser_session`], [`Fleet::bind_trackers`], [`Fleet::unbind_trackers`], [`Fleet::subuser_trackers`] |
//! | their rights | [`Fleet::security_groups`], [`Fleet::create_security_group`], [`Fleet::update_security_group`], [`Fleet::delete_security_group`], [`Fleet::assign_security_group`] |
//! | panel sessions | [`Fleet::panel_login`], [`Fleet::authorize_panel`], [`Fleet::logout`], [`Fleet::set_admin_password`] |
//! | panel, users | [`Fleet::create_user`], [`Fleet::panel_user`], [`Fleet::list_users`], [`Fleet::trackers_count`], [`Fleet::update_user`], [`Fleet::change_password`], [`Fleet::corrupt_user`], [`Fleet::create_user_session`] |
//! | devices not registered | [`Fleet::adoption`], [`Fleet::panel_adoption`], [`Fleet::set_adoption`], [`Fleet::adopt`], [`Fleet::register_for`] |
//! | settings of devices | [`Fleet::device_settings`], [`Fleet::change_device_settings`] |
//! | panel, trackers | [`Fleet::list_trackers`], [`Fleet::panel_tracker`], [`Fleet::set_source_blocked`], [`Fleet::update_tracker`], [`Fleet::panel_corrupt_tracker`] |
//! | clones | [`Fleet::clone_tracker`], [`Fleet::clone_trackers`], [`Fleet::delete_clone`], [`Fleet::delete_clones`], [`Fleet::delete_own_clone`], [`Fleet::move_tracker`] |
//!
//! Two things that a dialect calls by other names: a tracker that an administrator *hides* can be shown again
//! (Navixy: `deleted`), one that is *corrupted* is gone for good.
//!
//! **Secrets.** Passwords are kept as argon2id hashes, made in a pool of [`FleetOptions::hash_workers`] with
//! [`FleetOptions::hash_queue_max`] places to wait. Session hashes are kept as digests under a key that lies beside
//! the catalog, not in it. Neither is ever part of a `Debug` text.
#![deny(missing_docs)]

mod access;
mod adoption;
mod api_keys;
mod basic;
mod change;
mod check;
mod counters;
mod device_commands;
mod device_settings;
mod digest;
mod drivers;
mod entities;
mod error;
mod event;
mod extras;
mod failures;
mod fleet;
mod forms;
mod groups;
mod index;
mod keeper;
mod memory;
mod models;
mod new_password;
mod options;
mod outputs;
mod own;
mod panel;
mod password;
mod phones;
mod predefined_texts;
mod preferences;
mod presets;
mod remembered;
mod rights;
mod security_groups;
mod sensors;
mod sessids;
mod sessions;
mod source_settings;
mod subusers;
mod tags;
#[cfg(test)]
mod tests;
mod trackers;
mod ui_settings;
mod values;
mod vehicles;
mod writer;
mod zone;
mod zones;

pub use adoption::Adoption;
pub use api_keys::ApiKey;
pub use check::{LABEL_CHARS_MAX, LOGIN_CHARS_MAX, TRACKER_COMMENT_CHARS_MAX, USER_COMMENT_CHARS_MAX};
pub use counters::COUNTER_MULTIPLIER_MAX;
pub use digest::SessionHash;
pub use drivers::{Driver, DriverEdit};
pub use error::{
    AdminError, AdoptError, ApiKeyError, CloneError, CorruptError, CounterError, DeviceIdProblem, DeviceSettingsError,
    EntityError, Failure, Field, FleetError, HashError, Invalid, LoginError, OfficeError, PairError, PasswordError,
    Problem, RegisterError, RenewError, ReplaceError, RestoreError, SensorError, SessidError, SessionError,
    SettingsError, SubuserError, TrackerError, UiSettingError, UncloneError, UserError,
};
pub use event::{EndCause, FleetEvent};
pub use fleet::Fleet;
pub use forms::{FORM_CHARS_MAX, FORM_CHOICES_MAX, FORM_FIELDS_MAX, FormEdit, FormField, FormFieldKind, FormTemplate};
pub use groups::Group;
pub use keeper::Keeper;
pub use models::{IdPattern, MODELS, Model, model, model_of_protocol};
pub use new_password::{PasswordRestore, PasswordToken};
pub use options::{FleetOptions, HashCost, PasswordPolicy};
pub use panel::{
    ADMIN_LOGIN, AdminSetup, Cloned, Existing, NewUser, Page, Paging, PanelTracker, TrackerEdit, TrackerOrder,
    TrackerQuery, UserEdit, UserOrder, UserQuery,
};
pub use phones::{DriverPhone, DriverSession, PAIRING_CODE_DIGITS, PairingCode};
pub use predefined_texts::{PREDEFINED_NUMBER_MAX, PREDEFINED_TEXT_CHARS_MAX, PredefinedText};
pub use preferences::{
    BALANCE_ALERT_EMAILS_MAX, DateFormat, Display, Geocoder, HourMode, MeasurementSystem, Preferences, RouteProvider,
};
pub use presets::{PRESET_TEXT_CHARS_MAX, Preset};
pub use rights::{Right, Rights};
pub use security_groups::SecurityGroup;
pub use sensors::{SENSOR_NAME_CHARS_MAX, VALUE_TITLES_MAX};
pub use sessids::{Bound, SESSID_CHARS};
pub use sessions::{PanelSession, Session, SessionKind};
pub use source_settings::{NewDevice, SettingsEdit};
pub use subusers::SubuserEdit;
pub use tags::{TAGS_PER_TRACKER_MAX, Tag, TagBinding};
pub use trackers::{FIRST_SOURCE, FIRST_TRACKER};
pub use values::{
    Access, Account, AccountId, Address, Device, LegalType, NewTracker, Secret, SourceInfo, Tracker, User, UserProfile,
};
pub use vehicles::{FIRST_VEHICLE, Vehicle, VehicleEdit};
pub use zone::{UnknownZone, Zone};
pub use zones::ZoneInfo;
