//! What can go wrong, one small enum an operation. Every variant is a condition; texts are the dialects' business.

mod devices;
mod invalid;
mod office;

use std::fmt;

use model::TrackerId;
use storage::catalog::CatalogError;

use crate::new_password::Rejected;

pub use devices::{AdoptError, DeviceSettingsError};
pub use invalid::{Field, Invalid, Problem};
pub use office::{OfficeError, PairError, SessidError};

/// The server's fault, not the caller's: nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The catalog did not take the change.
    Catalog(CatalogError),
    /// The system gave no random bytes, or hashing failed.
    Crypto,
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catalog(error) => error.fmt(f),
            Self::Crypto => f.write_str("the system's random numbers or the password hashing failed"),
        }
    }
}

impl std::error::Error for Failure {}

/// Gives an error type its two ways in from below.
macro_rules! from_failure {
    ($($error:ident)*) => {$(
        impl From<Failure> for $error {
            fn from(failure: Failure) -> Self {
                Self::Failed(failure)
            }
        }

        impl From<CatalogError> for $error {
            fn from(error: CatalogError) -> Self {
                Self::Failed(Failure::Catalog(error))
            }
        }
    )*};
}

from_failure!(LoginError UserError TrackerError RegisterError CorruptError CloneError UncloneError SessionError);
from_failure!(AdminError EntityError SubuserError CounterError);
from_failure!(SensorError SettingsError ReplaceError);
from_failure!(SessidError OfficeError PairError ApiKeyError PasswordError RestoreError UiSettingError RenewError);

/// Why a fleet did not open.
#[derive(Debug)]
pub enum FleetError {
    /// A file of the data folder could not be read or written.
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The catalog did not open, or cannot be read.
    Catalog(CatalogError),
    /// A row of the catalog does not fit this server: an unknown model, a tracker without a source.
    Row {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: u64,
    },
    /// [`crate::FleetOptions::default_zone`] is not the name of a zone.
    DefaultZone,
    /// [`crate::FleetOptions::hash_cost`] is outside argon2's ranges.
    HashCost,
    /// The system gave no random bytes or no thread.
    System,
}

impl From<CatalogError> for FleetError {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

impl fmt::Display for FleetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Catalog(error) => error.fmt(f),
            Self::Row { table, id } => write!(f, "row {id} of the catalog's {table} does not fit this server"),
            Self::DefaultZone => f.write_str("the default time zone is not the name of a zone"),
            Self::HashCost => f.write_str("the cost of password hashes is out of range"),
            Self::System => f.write_str("the system gave no random bytes or no thread"),
        }
    }
}

impl std::error::Error for FleetError {}

/// Why a login was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoginError {
    /// No such login, or not its password.
    WrongLoginOrPassword,
    /// The password is right, but the user is not activated, or was deactivated.
    NotActivated,
    /// The login name is locked after too many failures.
    TooManyFailures,
    /// The user has as many live sessions as it may.
    TooManySessions,
    /// Too many logins are being checked: try again.
    Busy,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why a session hash does not open the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashError {
    /// Not 32 lower-case hexadecimal digits.
    Malformed,
    /// Never given out, or forgotten.
    Unknown,
    /// Of a session that has ended.
    Ended,
    /// Of a session of another kind: a panel's where a user's is asked for, or the reverse.
    WrongKind,
    /// Of a token that only allows a new password, where a session is asked for.
    OnlyToken,
    /// Of a session, where a token that allows a new password is asked for.
    NoToken,
}

/// Why a user was not created, changed or removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UserError {
    /// A field is wrong.
    Invalid(Invalid),
    /// Another user has this login.
    LoginInUse,
    /// No such user, or not this account's.
    NotFound,
    /// The user was removed before.
    AlreadyRemoved,
    /// Others have clones of its trackers: these. They were to be left alone.
    HasClones(Vec<TrackerId>),
    /// There are as many users as there may be.
    TooManyUsers,
    /// Too many passwords are being hashed: try again.
    Busy,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for UserError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Rejected> for UserError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Invalid(invalid) => Self::Invalid(invalid),
            Rejected::Busy => Self::Busy,
            Rejected::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// Why an administrator's operation on a tracker was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TrackerError {
    /// A field is wrong.
    Invalid(Invalid),
    /// No such tracker, or not this account's.
    NotFound,
    /// The tracker was removed for good.
    Corrupted,
    /// It is a clone: what is asked for is done to the original.
    Clone,
    /// Others have clones of it: these. They were to be left alone.
    HasClones(Vec<TrackerId>),
    /// Nothing was changed.
    Failed(Failure),
}

/// Why a counter's settings are not changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CounterError {
    /// No such tracker, or the session does not see it.
    NotFound,
    /// The tracker is blocked.
    Blocked,
    /// It is a clone: its counters are the original's.
    Clone,
    /// The multiplier is out of range.
    BadMultiplier,
    /// No metering sensor of this tracker, or one that cannot drive this counter.
    BadSensor,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for TrackerError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a tracker was not cloned, or not moved. Judged in the order of the variants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CloneError {
    /// The label is wrong.
    Invalid(Invalid),
    /// No such tracker, or not this account's.
    NotFound,
    /// The tracker was removed for good.
    Corrupted,
    /// The tracker is a clone itself.
    Clone,
    /// No such user, or not this account's, or the tracker's owner.
    WrongUser,
    /// The user has trackers on these sources: these.
    Exists(Vec<TrackerId>),
    /// There are as many trackers as there may be.
    TooManyTrackers,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for CloneError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a clone was not removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UncloneError {
    /// No such tracker, or not the caller's.
    NotFound,
    /// It was removed before.
    Corrupted,
    /// It is no clone.
    Original,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why a tracker is not there for an administrator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    Unknown,
    Corrupted,
}

macro_rules! from_missing {
    ($($error:ident)*) => {$(
        impl From<Missing> for $error {
            fn from(missing: Missing) -> Self {
                match missing {
                    Missing::Unknown => Self::NotFound,
                    Missing::Corrupted => Self::Corrupted,
                }
            }
        }
    )*};
}

from_missing!(TrackerError CloneError UncloneError);

/// What is wrong with a device id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeviceIdProblem {
    /// The model has an id of its own, and none was given.
    Missing,
    /// Not of 1 to 64 letters, digits and hyphens. Judged before [`Self::Length`].
    Alphabet,
    /// Too few or too many characters.
    Length {
        /// The fewest.
        chars_min: usize,
        /// The most.
        chars_max: usize,
    },
    /// Not 15 digits.
    Imei,
    /// Not 1 to 64 bytes without control characters.
    Text,
}

/// Why a tracker was not registered. Judged in the order of the variants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RegisterError {
    /// The label is wrong.
    BadLabel(Problem),
    /// No model has this code.
    UnknownModel,
    /// No such way of registering, or not for this model.
    UnknownPlugin,
    /// The way of registering asks for an activation code, and this one was never given out.
    WrongActivationCode,
    /// The id is not one for this model.
    BadDeviceId(DeviceIdProblem),
    /// No such group.
    UnknownGroup,
    /// The session's user was removed or deactivated meanwhile.
    SessionEnded,
    /// Another tracker has this device.
    DeviceIdInUse,
    /// There are as many trackers as there may be.
    TooManyTrackers,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why a user could not remove its tracker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CorruptError {
    /// No such tracker, or not this user's.
    NotFound,
    /// It was removed before.
    AlreadyCorrupted,
    /// It is blocked.
    Blocked,
    /// It is a clone, which is not removed this way.
    Clone,
    /// Its device has made contact: only an administrator may remove it.
    AlreadyConnected,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why something small that hangs on a user or tracker (a group, a tag, a sensor) was not changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntityError {
    /// A field is wrong.
    Invalid(Invalid),
    /// No such thing, or not this account's.
    NotFound,
    /// A tracker that is named is not one of the account's.
    UnknownTracker,
    /// The tracker's source is blocked.
    Blocked,
    /// There are as many of these as there may be.
    TooMany,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why a session may not change a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Barred {
    NotFound,
    Blocked,
    Clone,
}

macro_rules! from_barred {
    ($($error:ident)*) => {$(
        impl From<Barred> for $error {
            fn from(barred: Barred) -> Self {
                match barred {
                    Barred::NotFound => Self::NotFound,
                    Barred::Blocked => Self::Blocked,
                    Barred::Clone => Self::Clone,
                }
            }
        }
    )*};
}

from_barred!(CounterError SensorError SettingsError ReplaceError);

/// Why a sensor was not made, changed or removed. Judged in the order of the variants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SensorError {
    /// Fields are wrong: all of them that are.
    Invalid(Vec<Invalid>),
    /// No such tracker, or it has no such sensor.
    NotFound,
    /// The source is blocked.
    Blocked,
    /// The tracker is a clone, whose sensors only the owner of the original changes.
    Clone,
    /// It is not a sensor of a kind that can be calibrated.
    Unsupported,
    /// The trackers are not all of one model.
    OtherModel,
    /// Another sensor has this input, or is the ignition already.
    InputInUse,
    /// The tracker has as many sensors of this type as it may.
    TooManyOfType,
    /// There are as many sensors as there may be.
    TooMany,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why the settings of a tracker or its source were not changed. Judged in the order of the variants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsError {
    /// A field is wrong.
    Invalid(Invalid),
    /// No such tracker.
    NotFound,
    /// The source is blocked.
    Blocked,
    /// The tracker is a clone: its owner may name it, but the source is another's.
    Clone,
    /// No such group.
    UnknownGroup,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for SettingsError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a device was not put in the place of another. Judged in the order of the variants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplaceError {
    /// No model has this code.
    UnknownModel,
    /// No such way of registering, or not for this model.
    UnknownPlugin,
    /// The way of registering asks for an activation code.
    WrongActivationCode,
    /// The id is not one for this model.
    BadDeviceId(DeviceIdProblem),
    /// No such tracker.
    NotFound,
    /// The source is blocked.
    Blocked,
    /// The tracker is a clone.
    Clone,
    /// The old device never made contact: there is nothing to continue.
    NeverConnected,
    /// A source has this device already.
    DeviceIdInUse,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for EntityError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a master's operation on sub-users and their security groups was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SubuserError {
    /// A field is wrong.
    Invalid(Invalid),
    /// The session is not a master's, or its user was deactivated meanwhile.
    NotPermitted,
    /// No such sub-user or security group, or another master's.
    NotFound,
    /// A tracker that is named is not one of the master's.
    UnknownTracker,
    /// Another user has this login.
    LoginInUse,
    /// There are as many of these as there may be.
    TooMany,
    /// Too many passwords are being hashed: try again.
    Busy,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for SubuserError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why an API key was not made or deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ApiKeyError {
    /// The title is wrong.
    Invalid(Invalid),
    /// No such key, or not this account's.
    NotFound,
    /// The account has as many keys as it may.
    TooMany,
    /// The session's user was removed or deactivated meanwhile.
    SessionEnded,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for ApiKeyError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a text of a user's client was not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UiSettingError {
    /// The key or the text is wrong.
    Invalid(Invalid),
    /// The user has as many of them as it may.
    TooMany,
    /// The session's user was removed meanwhile.
    SessionEnded,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for UiSettingError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a session was not renewed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RenewError {
    /// It has ended, or has no end.
    Ended,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why a user did not get a new password. Judged in the order of the variants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PasswordError {
    /// Too many wrong old passwords were given.
    TooManyFailures,
    /// The old password is not the user's.
    WrongPassword,
    /// The new password is the old one.
    Unchanged,
    /// The policy does not allow the new password.
    Invalid(Invalid),
    /// The session or token has ended meanwhile.
    SessionEnded,
    /// Too many passwords are being hashed: try again.
    Busy,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Rejected> for PasswordError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Invalid(invalid) => Self::Invalid(invalid),
            Rejected::Busy => Self::Busy,
            Rejected::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// Why a user who forgot its password got no token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RestoreError {
    /// No user has this login, or it may not log in.
    NotFound,
    /// The user got one not long ago.
    TooSoon,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why there is no session for a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessionError {
    /// No such user, or not this account's.
    NotFound,
    /// The user may not log in.
    NotActivated,
    /// The user has as many live sessions as it may.
    TooManySessions,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why an administrator's password was not set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AdminError {
    /// The password is wrong.
    Password(Problem),
    /// Too many passwords are being hashed: try again.
    Busy,
    /// Nothing was changed.
    Failed(Failure),
}

macro_rules! plain_errors {
    ($($error:ident $what:literal)*) => {$(
        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($what, ": {:?}"), self)
            }
        }

        impl std::error::Error for $error {}
    )*};
}

plain_errors! {
    AdoptError "device not registered"
    DeviceSettingsError "settings of the device not changed"
    LoginError "login refused"
    HashError "session hash refused"
    UserError "user not changed"
    TrackerError "tracker not changed"
    RegisterError "tracker not registered"
    CorruptError "tracker not removed"
    CloneError "tracker not cloned"
    UncloneError "clone not removed"
    SessionError "no session"
    SessidError "SESSID not bound"
    OfficeError "not kept"
    PairError "phone not paired"
    AdminError "administrator's password not set"
    EntityError "not changed"
    SubuserError "sub-user not changed"
    SensorError "sensor not changed"
    SettingsError "settings not changed"
    ReplaceError "device not replaced"
    ApiKeyError "API key not changed"
    UiSettingError "setting not kept"
    RenewError "session not renewed"
    PasswordError "password not changed"
    RestoreError "no token for a new password"
    CounterError "counter not changed"
}
