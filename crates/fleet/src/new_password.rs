//! How users come to a new password: by the old one, by a mail, or by the administrator.

use std::sync::Arc;

use model::{SessionId, Timestamp, UserId};
use storage::catalog::{CatalogError, SessionOwner, SessionPurpose, SessionRow};

use crate::change::{Change, login_key};
use crate::digest::SessionHash;
use crate::error::{Failure, Field, HashError, Invalid, PasswordError, Problem, RestoreError};
use crate::event::EndCause;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::remembered::Purpose;
use crate::sessions::{Session, end_sessions, live_entry};
use crate::values::{Secret, User};
use crate::writer::Desk;

/// What a user needs who forgot its password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PasswordRestore {
    /// The token's number, to take it back with.
    pub token: SessionId,
    /// The token, which opens [`Fleet::authorize_password_change`] once.
    pub hash: SessionHash,
    /// Who asked for it.
    pub user: Arc<User>,
}

/// A token from a mail, live at the moment of [`Fleet::authorize_password_change`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PasswordToken {
    /// Its number.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
}

/// A password that the user may have next.
pub(crate) struct NewPassword {
    hash: Secret,
    /// How many of those before it are remembered.
    earlier_max: usize,
}

/// Why a password is not taken.
#[derive(Debug)]
pub(crate) enum Rejected {
    Invalid(Invalid),
    Busy,
    Failed(Failure),
}

impl Fleet {
    /// Gives the session's user a new password in place of the old one, and ends all its sessions, this one too. API
    /// keys stay. Too many wrong old ones lock this way for a while, so that a stolen session does not become a way to
    /// guess the password.
    pub async fn set_password(
        &self,
        session: &Session,
        old: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<(), PasswordError> {
        let user = self.user(session.user).ok_or(PasswordError::SessionEnded)?;
        let name = self.key.digest(&format!("password {}", user.id));
        if self.failures().is_locked(&name, now) {
            return Err(PasswordError::TooManyFailures);
        }
        let known = vec![user.password_hash.clone()];
        if !self.hashers.matches_any(old, known).await.map_err(|_| PasswordError::Busy)? {
            self.failures().note(&name, now);
            return Err(PasswordError::WrongPassword);
        }
        // Guesses made side by side: those after the last that was allowed learn nothing, even if they are right.
        if self.failures().is_locked(&name, now) {
            return Err(PasswordError::TooManyFailures);
        }
        if new == old {
            return Err(PasswordError::Unchanged);
        }
        let hash = self.hash_new(&user, new).await?;
        self.write(move |desk| {
            let is_as_it_was = desk.memory().user(user.id).is_some_and(|u| u.password_hash == user.password_hash);
            is_as_it_was.then_some(()).ok_or(PasswordError::WrongPassword)?;
            put_password(desk, user.id, hash, EndCause::PasswordChanged, now)?.ok_or(PasswordError::SessionEnded)
        })
        .await
    }

    /// Makes a token with which the user of this login may choose a new password, to be sent to it by mail. At most
    /// one for a user in [`crate::FleetOptions::password_mail_interval_s`]; an earlier one is void.
    pub async fn begin_restore(&self, login: &str, now: Timestamp) -> Result<PasswordRestore, RestoreError> {
        let user = self.shared.memory().user_by_login(login).map(|u| u.id).ok_or(RestoreError::NotFound)?;
        let hash = SessionHash::generate()?;
        let digest = self.key.digest(hash.as_str());
        let interval_ms = i64::from(self.options.password_mail_interval_s) * model::MS_PER_SECOND;
        let lifetime_ms = i64::from(self.options.password_token_lifetime_s) * model::MS_PER_SECOND;
        self.write(move |desk| {
            let (user, earlier, token) = {
                let memory = desk.memory();
                let user = memory.user(user).filter(|u| !u.removed && u.activated).map(Arc::clone);
                let user = user.ok_or(RestoreError::NotFound)?;
                let earlier = memory.sessions.last_token(user.id);
                if earlier.is_some_and(|e| now.since_ms(e.created) < interval_ms) {
                    return Err(RestoreError::TooSoon);
                }
                (user, earlier.filter(|e| e.ended.is_none()), memory.sessions.next_id())
            };
            let mut changes = vec![Change::Session(SessionRow {
                id: token,
                digest,
                owner: SessionOwner::User(user.id),
                purpose: SessionPurpose::PasswordChange,
                created: now,
                expires: now.plus_ms(lifetime_ms),
                ended: None,
            })];
            changes.extend(earlier.map(|e| Change::SessionEnded { session: e.id, at: now }));
            desk.commit(changes, &[])?;
            Ok(PasswordRestore { token, hash, user })
        })
        .await
    }

    /// Takes a token back that did not reach its user, who may ask for another at once.
    pub async fn cancel_restore(&self, token: SessionId) -> Result<(), Failure> {
        self.write(move |desk| Ok(desk.commit(vec![Change::SessionForgotten(token)], &[])?)).await
    }

    /// Whose token a hash is of, if it is one that allows a new password, and live.
    pub fn authorize_password_change(&self, hash: &str, now: Timestamp) -> Result<PasswordToken, HashError> {
        if !SessionHash::is_well_formed(hash) {
            return Err(HashError::Malformed);
        }
        let digest = self.key.digest(hash);
        let entry = live_entry(self.shared.memory().sessions.find(&digest), now)?;
        match (entry.owner, entry.purpose) {
            (SessionOwner::Account(_), _) => Err(HashError::WrongKind),
            (SessionOwner::User(user), Purpose::PasswordChange) => Ok(PasswordToken { id: entry.id, user }),
            (SessionOwner::User(_), _) => Err(HashError::NoToken),
        }
    }

    /// Gives the token's user a new password, and ends all its sessions and the token. API keys stay.
    pub async fn restore_password(
        &self,
        token: PasswordToken,
        password: &str,
        now: Timestamp,
    ) -> Result<(), PasswordError> {
        let user = self.user(token.user).ok_or(PasswordError::SessionEnded)?;
        let hash = self.hash_new(&user, password).await?;
        self.write(move |desk| {
            let is_live = desk.memory().sessions.get(token.id).is_some_and(|entry| entry.is_live(now));
            is_live.then_some(()).ok_or(PasswordError::SessionEnded)?;
            put_password(desk, token.user, hash, EndCause::PasswordRestored, now)?.ok_or(PasswordError::SessionEnded)
        })
        .await
    }

    /// Whether a user may have a password next.
    pub(crate) async fn hash_new(&self, user: &User, password: &str) -> Result<NewPassword, Rejected> {
        self.check_new_password(password).map_err(Rejected::Invalid)?;
        let recent = [&user.password_hash].into_iter().chain(&user.earlier_passwords);
        let remembered = self.options.password_policy.remembered;
        let recent: Vec<Secret> = recent.take(remembered).cloned().collect();
        if self.hashers.matches_any(password, recent).await.map_err(|_| Rejected::Busy)? {
            return Err(Rejected::Invalid(Invalid { field: Field::Password, problem: Problem::Reused }));
        }
        let hash = self.hashers.hash(password).await.map_err(|_| Rejected::Busy)?.map_err(Rejected::Failed)?;
        // The current one counts among those that are remembered.
        Ok(NewPassword { hash, earlier_max: remembered.saturating_sub(1) })
    }

    pub(crate) fn check_new_password(&self, password: &str) -> Result<(), Invalid> {
        let checked = self.options.password_policy.check_user(password);
        checked.map_err(|problem| Invalid { field: Field::Password, problem })
    }
}

/// The end of the token for a new password that was sent to an address which is the user's no longer.
pub(crate) fn misdirected_token(memory: &Memory, old: &User, new: &User, now: Timestamp) -> Option<Change> {
    let is_moved = login_key(&old.login) != login_key(&new.login);
    let token = memory.sessions.last_token(old.id).filter(|entry| is_moved && entry.ended.is_none())?;
    Some(Change::SessionEnded { session: token.id, at: now })
}

/// Puts a password in the place of the old one and ends what its user was logged in with; `None` when the user is gone.
pub(crate) fn put_password(
    desk: &mut Desk,
    id: UserId,
    new: NewPassword,
    cause: EndCause,
    now: Timestamp,
) -> Result<Option<()>, CatalogError> {
    let found = {
        let memory = desk.memory();
        memory.user(id).filter(|u| !u.removed).map(|old| {
            let earlier = [&old.password_hash].into_iter().chain(&old.earlier_passwords).cloned();
            let earlier_passwords = earlier.take(new.earlier_max).collect();
            let sessions: Vec<_> = memory.sessions.passing_of(SessionOwner::User(id)).collect();
            (User { password_hash: new.hash, earlier_passwords, ..User::clone(old) }, sessions)
        })
    };
    let Some((user, sessions)) = found else { return Ok(None) };
    end_sessions(desk, vec![Change::User(Arc::new(user))], &sessions, cause, &[], now).map(Some)
}
