//! Whose call it is.

use calls::Request;
use fleet::{HashError, PanelSession, PasswordToken, Session, SessionKind};

use crate::errors::Condition;
use crate::http::answer::Refusal;
use crate::http::{Api, Caller};

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
    /// The user's session of a call, counted against the user's rate, or the key's own.
    pub(super) fn session(&self, request: &Request<'_>) -> Result<Session, Refusal> {
        let session = self.fleet.authorize(&request.hash()?, request.now).map_err(Condition::from)?;
        let caller = match session.kind {
            SessionKind::Standard | SessionKind::Sessid | SessionKind::Basic => Caller::User(session.user),
            SessionKind::ApiKey => Caller::Key(session.id),
        };
        match self.rates_of_users.take(caller, request.now) {
            true => Ok(session),
            false => Err(Condition::TooManyRequests.into()),
        }
    }

    /// The token for a new password that a call comes with. It works once, so that nothing is counted.
    pub(super) fn password_token(&self, request: &Request<'_>) -> Result<PasswordToken, Refusal> {
        let token = self.fleet.authorize_password_change(&request.hash()?, request.now);
        Ok(token.map_err(Condition::from)?)
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
