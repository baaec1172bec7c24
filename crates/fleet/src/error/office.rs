//! What can go wrong with sockets' sessions, with what the office keeps, and with the phones of drivers.

use super::{Failure, Invalid};

/// Why a SESSID was not bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessidError {
    /// Not [`crate::SESSID_CHARS`] letters and digits of ASCII.
    Malformed,
    /// It is another user's, or was and its time is not over.
    Taken,
    /// The user has as many bound as it may.
    TooMany,
    /// The user's password was changed, or it was deactivated or removed, since it was asked for.
    SessionEnded,
    /// Nothing was changed.
    Failed(Failure),
}

/// Why something that the office keeps (vehicles, drivers, texts, forms, phones) was not shown or changed. Judged in the
/// order of the variants, but for [`Self::Invalid`], which may come before any.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfficeError {
    /// A field is wrong.
    Invalid(Invalid),
    /// The session is a sub-user's, or its user was deactivated meanwhile.
    NotPermitted,
    /// No such user, tracker or thing, or another's.
    NotFound,
    /// The tracker is a clone: drivers and their phones belong to the original.
    Clone,
    /// The tracker's source is blocked.
    Blocked,
    /// There are as many of these as there may be.
    TooMany,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for OfficeError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a phone was not paired. Judged in the order of the variants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PairError {
    /// The phone's name is wrong.
    Invalid(Invalid),
    /// Too many wrong codes were tried, by whomever: no code is looked at for a while.
    TooManyFailures,
    /// Never given out, used before, or its time is over.
    WrongCode,
    /// The tracker has as many phones as it may.
    TooManyPhones,
    /// Nothing was changed.
    Failed(Failure),
}

impl From<Invalid> for PairError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}
