//! From what went wrong below to what the wire calls it. Each match is total.

use calls::{BadHash, Unreadable, WrongParameters, field_error};
use dispatch::{AdvanceError, QueueError, ServiceError, StoreError};
use fleet::{Failure, HashError, OfficeError, UserError};

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
