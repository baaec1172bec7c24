//! From what `fleet` says went wrong to what the wire calls it.

use calls::{FieldError, WrongParameters, field_error, problem_text};
use dispatch::{MessageError, QueueError, StoreError};
use fleet::{
    CloneError, CorruptError, CounterError, DeviceIdProblem, EntityError, Failure, Invalid, LoginError, RegisterError,
    ReplaceError, SensorError, SessionError, SettingsError, SubuserError, TrackerError, UncloneError, UserError,
};

use crate::errors::Condition;
use crate::http::answer::Refusal;

pub(super) fn failed(failure: &Failure) -> Condition {
    match failure {
        Failure::Catalog(_) => Condition::Database,
        Failure::Crypto => Condition::Unexpected,
    }
}

impl From<WrongParameters> for Refusal {
    fn from(WrongParameters(fields): WrongParameters) -> Self {
        Self::invalid(fields)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        failed(&failure).into()
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        let condition = match error {
            LoginError::WrongLoginOrPassword => Condition::WrongCredentials,
            LoginError::NotActivated => Condition::NotActivated,
            LoginError::TooManyFailures => Condition::LoginAttemptsExceeded,
            LoginError::TooManySessions => Condition::SessionsExceeded,
            LoginError::Busy => Condition::TooManyRequests,
            LoginError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<EntityError> for Refusal {
    fn from(error: EntityError) -> Self {
        let condition = match error {
            EntityError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            EntityError::NotFound => Condition::NotFound,
            EntityError::UnknownTracker => Condition::ListHasNonexistent,
            EntityError::Blocked => Condition::DeviceBlocked,
            EntityError::TooMany => Condition::TooManyEntities,
            EntityError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Condition::Database.into()
    }
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        let invalid = |text| Self::invalid(vec![FieldError::new("message", text)]);
        match error {
            MessageError::Blank => invalid("must not be blank"),
            MessageError::TooLong => invalid("is too long"),
            MessageError::BadGuid => Self::invalid(vec![FieldError::new("guid", "is too long")]),
            MessageError::TooManyWaiting => Condition::OverQuota.into(),
            MessageError::Failed(error) => error.into(),
        }
    }
}

impl From<QueueError> for Refusal {
    fn from(error: QueueError) -> Self {
        let invalid = |text| Self::invalid(vec![FieldError::new("command", text)]);
        match error {
            QueueError::Empty => invalid("must not be empty"),
            QueueError::TooLong => invalid("is too long"),
            QueueError::Full => Condition::OverQuota.into(),
            QueueError::Failed(error) => error.into(),
        }
    }
}

impl From<SensorError> for Refusal {
    fn from(error: SensorError) -> Self {
        let condition = match error {
            SensorError::Invalid(all) => {
                return Self::invalid(all.into_iter().map(|one| field_error(sensor_prefix(one), one)).collect());
            }
            SensorError::NotFound => Condition::NotFound,
            SensorError::Blocked => Condition::DeviceBlocked,
            SensorError::Clone => Condition::NotForClones,
            SensorError::Unsupported => Condition::SensorUnsupported,
            SensorError::OtherModel => Condition::OtherModel,
            SensorError::InputInUse => Condition::InputInUse,
            SensorError::TooManyOfType => Condition::TooManySensors,
            SensorError::TooMany => Condition::TooManyEntities,
            SensorError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

/// In the words of the newer methods; the older ones tell a missing tracker apart themselves.
impl From<SettingsError> for Refusal {
    fn from(error: SettingsError) -> Self {
        let condition = match error {
            SettingsError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            SettingsError::NotFound | SettingsError::UnknownGroup => Condition::EntityNotFound,
            SettingsError::Blocked => Condition::DeviceBlocked,
            SettingsError::Clone => Condition::NotForClones,
            SettingsError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<ReplaceError> for Refusal {
    fn from(error: ReplaceError) -> Self {
        let condition = match error {
            ReplaceError::BadDeviceId(problem) => {
                return Self::invalid(vec![FieldError::new("device_id", device_id_text(problem))]);
            }
            ReplaceError::UnknownModel => Condition::UnknownModel,
            ReplaceError::UnknownPlugin => Condition::PluginNotFound,
            ReplaceError::WrongActivationCode => Condition::WrongActivationCode,
            ReplaceError::NotFound => Condition::NotFound,
            ReplaceError::Blocked => Condition::DeviceBlocked,
            ReplaceError::Clone => Condition::NotForClones,
            ReplaceError::NeverConnected => Condition::WrongStatus,
            ReplaceError::DeviceIdInUse => Condition::DeviceIdInUse,
            ReplaceError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        let condition = match error {
            SessionError::NotFound => Condition::NotFound,
            SessionError::NotActivated => Condition::NotActivated,
            SessionError::TooManySessions => Condition::SessionsExceeded,
            SessionError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<RegisterError> for Refusal {
    fn from(error: RegisterError) -> Self {
        let condition = match error {
            RegisterError::BadLabel(problem) => {
                return Self::invalid(vec![FieldError::new("label", problem_text(problem))]);
            }
            RegisterError::BadDeviceId(problem) => {
                return Self::invalid(vec![FieldError::new("device_id", device_id_text(problem))]);
            }
            RegisterError::UnknownModel => Condition::UnknownModel,
            RegisterError::UnknownPlugin => Condition::PluginNotFound,
            RegisterError::WrongActivationCode => Condition::WrongActivationCode,
            RegisterError::UnknownGroup => Condition::EntityNotFound,
            RegisterError::SessionEnded => Condition::SessionEnded,
            RegisterError::DeviceIdInUse => Condition::DeviceIdInUse,
            RegisterError::TooManyTrackers => Condition::TooManyDevices,
            RegisterError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<CounterError> for Refusal {
    fn from(error: CounterError) -> Self {
        let condition = match error {
            CounterError::NotFound => Condition::EntityNotFound,
            CounterError::Blocked => Condition::DeviceBlocked,
            CounterError::Clone => Condition::NotForClones,
            CounterError::BadMultiplier => {
                return Self::invalid(vec![FieldError::new("multiplier", "must be above 0 and up to 1000000")]);
            }
            CounterError::BadSensor => {
                let what = "must be a metering sensor of this tracker, and the counter its odometer";
                return Self::invalid(vec![FieldError::new("sensor_id", what)]);
            }
            CounterError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<CorruptError> for Refusal {
    fn from(error: CorruptError) -> Self {
        let condition = match error {
            CorruptError::NotFound => Condition::NotFound,
            CorruptError::AlreadyCorrupted => Condition::AlreadyRemoved,
            CorruptError::Blocked => Condition::DeviceBlocked,
            CorruptError::Clone => Condition::NotForClones,
            CorruptError::AlreadyConnected => Condition::AlreadyConnected,
            CorruptError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<TrackerError> for Refusal {
    fn from(error: TrackerError) -> Self {
        let condition = match error {
            TrackerError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            TrackerError::NotFound => Condition::NotFound,
            TrackerError::Corrupted => Condition::AlreadyRemoved,
            TrackerError::Clone => Condition::NotForClones,
            TrackerError::HasClones(clones) => return Self::because_of(Condition::HasClones, &clones),
            TrackerError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<CloneError> for Refusal {
    fn from(error: CloneError) -> Self {
        let condition = match error {
            CloneError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            CloneError::NotFound => Condition::NotFound,
            CloneError::Corrupted => Condition::AlreadyRemoved,
            CloneError::Clone => Condition::NotForClones,
            CloneError::WrongUser => Condition::WrongUserId,
            CloneError::Exists(trackers) => return Self::because_of(Condition::AlreadyExists, &trackers),
            CloneError::TooManyTrackers => Condition::TooManyDevices,
            CloneError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<UncloneError> for Refusal {
    fn from(error: UncloneError) -> Self {
        let condition = match error {
            UncloneError::NotFound => Condition::NotFound,
            UncloneError::Corrupted => Condition::AlreadyRemoved,
            UncloneError::Original => Condition::ForClonesOnly,
            UncloneError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<UserError> for Refusal {
    fn from(error: UserError) -> Self {
        let condition = match error {
            UserError::Invalid(invalid) => return Self::invalid(vec![field_error(user_prefix(invalid), invalid)]),
            UserError::LoginInUse => Condition::LoginInUse,
            UserError::NotFound => Condition::NotFound,
            UserError::AlreadyRemoved => Condition::AlreadyRemoved,
            UserError::HasClones(clones) => return Self::because_of(Condition::HasClones, &clones),
            UserError::TooManyUsers => Condition::TooManyEntities,
            UserError::Busy => Condition::TooManyRequests,
            UserError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

impl From<SubuserError> for Refusal {
    fn from(error: SubuserError) -> Self {
        let condition = match error {
            SubuserError::Invalid(invalid) => return Self::invalid(vec![field_error(user_prefix(invalid), invalid)]),
            SubuserError::NotPermitted => Condition::NotPermitted,
            SubuserError::NotFound => Condition::NotFound,
            SubuserError::UnknownTracker => Condition::ListMissesEntries,
            SubuserError::LoginInUse => Condition::LoginInUse,
            SubuserError::TooMany => Condition::TooManyEntities,
            SubuserError::Busy => Condition::TooManyRequests,
            SubuserError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

/// Where a user's field stands in a request: most in the object `user`, some beside it.
const fn user_prefix(invalid: Invalid) -> &'static str {
    use fleet::Field;
    match invalid.field {
        Field::Password | Field::TimeZone | Field::Locale | Field::Comment | Field::BalanceAlertEmails => "",
        Field::Label => "group.",
        _ => "user.",
    }
}

/// Where a field of a sensor stands in a request: in the object `sensor`, or deeper.
const fn sensor_prefix(invalid: Invalid) -> &'static str {
    use fleet::Field;
    match invalid.field {
        Field::Calibration => "",
        Field::ParentIds | Field::CalcMethod | Field::BitIndex | Field::ValueTitles => "sensor.parameters.",
        _ => "sensor.",
    }
}

/// The first two texts are published word for word.
fn device_id_text(problem: DeviceIdProblem) -> String {
    match problem {
        DeviceIdProblem::Alphabet => r#"must match "^[0-9a-zA-Z\-]{1,64}$""#.to_owned(),
        DeviceIdProblem::Length { chars_min, chars_max } => {
            format!("must consist of {chars_min}-{chars_max} alphanumeric symbols or hyphens")
        }
        DeviceIdProblem::Missing => calls::params::REQUIRED.to_owned(),
        DeviceIdProblem::Imei => "must consist of 15 digits".to_owned(),
        DeviceIdProblem::Text => "must have 1-64 bytes without control characters".to_owned(),
    }
}
