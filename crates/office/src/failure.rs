//! From what went wrong below to what the wire calls it. Each match is total.

use calls::{BadHash, FieldError, Unreadable, WrongParameters, field_error, problem_text};
use dispatch::{AdvanceError, QueueError, ServiceError, StoreError};
use fleet::{
    AdoptError, DeviceIdProblem, DeviceSettingsError, Failure, HashError, OfficeError, RegisterError, UserError,
};
use intake::QuarantineError;
use model::SettingRefused;

use crate::errors::{Condition, Refusal};

impl From<WrongParameters> for Refusal {
    fn from(WrongParameters(fields): WrongParameters) -> Self {
        Self::invalid(fields)
    }
}

impl From<Unreadable> for Refusal {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::TooLarge => Condition::TooLarge.into(),
            Unreadable::Format => Condition::WrongFormat.into(),
        }
    }
}

impl From<BadHash> for Refusal {
    fn from(_: BadHash) -> Self {
        Condition::WrongHash.into()
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Malformed
            | HashError::Unknown
            | HashError::WrongKind
            | HashError::OnlyToken
            | HashError::NoToken => Condition::WrongHash.into(),
            HashError::Ended => Condition::SessionEnded.into(),
        }
    }
}

impl From<Failure> for Condition {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Catalog(_) => Self::Database,
            Failure::Crypto => Self::Unexpected,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Condition::Database.into()
    }
}

/// Fields are named as they are within their object.
impl From<OfficeError> for Refusal {
    fn from(error: OfficeError) -> Self {
        let condition = match error {
            OfficeError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            OfficeError::NotPermitted => Condition::NotPermitted,
            OfficeError::NotFound => Condition::NotFound,
            OfficeError::Clone => Condition::NotForClones,
            OfficeError::Blocked => Condition::DeviceBlocked,
            OfficeError::TooMany => Condition::TooManyEntities,
            OfficeError::Failed(failure) => failure.into(),
        };
        condition.into()
    }
}

/// Of a user that is given something or no longer.
impl From<UserError> for Refusal {
    fn from(error: UserError) -> Self {
        let condition = match error {
            UserError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            UserError::NotFound | UserError::AlreadyRemoved => Condition::NotFound,
            UserError::LoginInUse => Condition::AlreadyExists,
            UserError::TooManyUsers => Condition::TooManyEntities,
            UserError::Busy => Condition::TooManyRequests,
            // Only whom somebody wants to remove has any in the way.
            UserError::HasClones(_) => Condition::Unexpected,
            UserError::Failed(failure) => failure.into(),
        };
        condition.into()
    }
}

impl From<AdoptError> for Refusal {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::UnknownUser => Condition::NotFound.into(),
            // Only devices that knock are turned down so.
            AdoptError::NotWanted => Condition::Unexpected.into(),
            AdoptError::Register(error) => error.into(),
        }
    }
}

/// Of a device that an administrator registers.
impl From<RegisterError> for Refusal {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::BadLabel(problem) => Self::invalid(vec![FieldError::new("label", problem_text(problem))]),
            RegisterError::UnknownModel => Self::wrong("model", "has an unknown value"),
            RegisterError::BadDeviceId(problem) => Self::wrong("model", device_id_problem(problem)),
            RegisterError::DeviceIdInUse => Condition::AlreadyExists.into(),
            RegisterError::TooManyTrackers => Condition::TooManyEntities.into(),
            // An administrator names no way of registering and no group, and brings no user's session.
            RegisterError::UnknownPlugin
            | RegisterError::WrongActivationCode
            | RegisterError::UnknownGroup
            | RegisterError::SessionEnded => Condition::Unexpected.into(),
            RegisterError::Failed(failure) => Condition::from(failure).into(),
        }
    }
}

/// Why the id of a device is none of a model's.
const fn device_id_problem(problem: DeviceIdProblem) -> &'static str {
    match problem {
        DeviceIdProblem::Missing => "has devices with ids of their own",
        DeviceIdProblem::Alphabet => "has ids of letters, digits and hyphens",
        DeviceIdProblem::Length { .. } => "has ids of another length",
        DeviceIdProblem::Imei => "has ids of 15 digits",
        DeviceIdProblem::Text => "has ids of 1 to 64 bytes",
    }
}

impl From<DeviceSettingsError> for Refusal {
    fn from(error: DeviceSettingsError) -> Self {
        match error {
            DeviceSettingsError::Kept(error) => error.into(),
            DeviceSettingsError::Setting { key, refused } => {
                let words = match refused {
                    SettingRefused::UnknownKey => "is no setting".to_owned(),
                    SettingRefused::BadValue { allowed } => format!("must be {allowed}"),
                };
                Self::invalid(vec![FieldError::new(format!("settings.{key}"), words)])
            }
        }
    }
}

impl From<QuarantineError> for Refusal {
    fn from(_: QuarantineError) -> Self {
        Condition::Database.into()
    }
}

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound => Condition::NotFound.into(),
            ServiceError::Blank => Self::wrong("service.title", "must not be blank"),
            ServiceError::TooLong => Self::wrong("service", "has a text that is too long"),
            ServiceError::BadPosition => Self::wrong("service.position", "must be a place on Earth"),
            ServiceError::TooMany => Condition::TooManyEntities.into(),
            ServiceError::Failed(error) => error.into(),
        }
    }
}

impl From<QueueError> for Refusal {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Empty => Self::wrong("command", "must not be empty"),
            QueueError::TooLong => Self::wrong("command", "is too long"),
            QueueError::Full => Condition::OverQuota.into(),
            QueueError::Failed(error) => error.into(),
        }
    }
}

impl From<AdvanceError> for Refusal {
    fn from(error: AdvanceError) -> Self {
        match error {
            AdvanceError::NotFound => Condition::NotFound.into(),
            AdvanceError::Failed(error) => error.into(),
        }
    }
}
