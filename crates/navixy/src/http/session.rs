//! Whose call it is.

use fleet::{HashError, PanelSession, Session};

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::Refusal;
use crate::http::call::Request;

impl From<HashError> for Condition {
    /// A panel's hash is no hash for a user's methods, and the reverse.
    fn from(error: HashError) -> Self {
        match error {
            HashError::Malformed | HashError::Unknown | HashError::WrongKind => Self::WrongHash,
            HashError::Ended | HashError::NoToken => Self::SessionEnded,
            HashError::OnlyToken => Self::WrongSessionKind,
        }
    }
}

impl Api {
    /// The user's session of a call, counted against the user's rate.
    pub(super) fn session(&self, request: &Request<'_>) -> Result<Session, Refusal> {
        let session = self.fleet.authorize(&request.hash()?, request.now).map_err(Condition::from)?;
        match self.rates_of_users.take(session.user, request.now) {
            true => Ok(session),
            false => Err(Condition::TooManyRequests.into()),
        }
    }

    /// The administrator's session of a call, counted against the account's rate.
    pub(super) fn panel_session(&self, request: &Request<'_>) -> Result<PanelSession, Refusal> {
        let session = self.fleet.authorize_panel(&request.hash()?, request.now).map_err(Condition::from)?;
        match self.rates_of_accounts.take(session.account, request.now) {
            true => Ok(session),
            false => Err(Condition::TooManyRequests.into()),
        }
    }
}
