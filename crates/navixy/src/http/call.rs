//! What this dialect makes of a call that was read.

use calls::{BadHash, Request, Unreadable};

use crate::errors::Condition;
use crate::http::answer::Refusal;
use crate::wire::Dates;

impl From<Unreadable> for Condition {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::TooLarge => Self::TooLarge,
            Unreadable::Format => Self::WrongFormat,
        }
    }
}

impl From<BadHash> for Refusal {
    fn from(_: BadHash) -> Self {
        Condition::WrongHash.into()
    }
}

/// How dates are to be written.
pub(super) fn asked_dates(request: &mut Request<'_>) -> Dates {
    if request.wants_iso_dates() { Dates::Iso } else { Dates::Plain }
}
