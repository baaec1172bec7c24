//! Logging in and out, and who is at the door.

use std::sync::Arc;

use model::{SessionId, Timestamp, UserId};
use storage::catalog::{CatalogError, SessionOwner, SessionPurpose, SessionRow};

use crate::change::{Change, login_key};
use crate::digest::{Digest, SessionHash};
use crate::error::{Failure, HashError, LoginError, RenewError, SessionError};
use crate::event::{EndCause, FleetEvent};
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::remembered::{Purpose, SessionEntry};
use crate::rights::Rights;
use crate::values::{AccountId, Secret, User};
use crate::writer::Desk;
use crate::zone::Zone;

/// A user's session that is live at the moment of [`Fleet::authorize`]. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its number; the hash is known to the client only.
    pub id: SessionId,
    /// Who it is: dates, language and units are this user's.
    pub user: UserId,
    /// Whose trackers it is about: the user itself, or the master of a sub-user.
    pub owner: UserId,
    /// How it came about.
    pub kind: SessionKind,
    /// What it may do at that moment: a master may change the rights of its sub-users.
    pub rights: Rights,
    /// The user's zone at that moment; [`Fleet::zone`] gives the newest.
    pub zone: Arc<Zone>,
}

impl Session {
    /// Whether it is a sub-user's, who sees only what is bound to it.
    pub fn is_subuser(&self) -> bool {
        self.user != self.owner
    }
}

/// How a user's session came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionKind {
    /// By logging in, or made by somebody who may. Its time runs out.
    Standard,
    /// An API key. It lasts until it is deleted.
    ApiKey,
    /// A SESSID that was bound to the user. Its time runs out.
    Sessid,
    /// A request that brought login and password with it. Its number stands for these: it is no session of the
    /// catalog, and no event tells of its end.
    Basic,
}

/// An administrator's session that is live at the moment of [`Fleet::authorize_panel`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PanelSession {
    /// Its number.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
}

/// How many sessions one transaction ends or forgets.
const SWEEP_MAX: usize = 1_000;

/// A session that is still to be written.
pub(crate) struct NewSession {
    pub(crate) hash: SessionHash,
    digest: Digest,
    lifetime_s: u32,
    live_max: usize,
}

impl NewSession {
    /// The session's row, unless its owner has enough of them.
    pub(crate) fn row(&self, memory: &Memory, owner: SessionOwner, now: Timestamp) -> Option<SessionRow> {
        let (id, purpose) = (memory.sessions.next_id(), SessionPurpose::Standard);
        let expires = now.plus_ms(i64::from(self.lifetime_s) * model::MS_PER_SECOND);
        let fits = memory.sessions.live_count(owner, Purpose::Standard, now) < self.live_max;
        fits.then_some(SessionRow { id, digest: self.digest, owner, purpose, created: now, expires, ended: None })
    }
}

impl Memory {
    /// A session of a user as it stands.
    pub(crate) fn session(&self, id: SessionId, kind: SessionKind, user: &User) -> Session {
        Session {
            id,
            user: user.id,
            owner: user.master.unwrap_or(user.id),
            kind,
            rights: self.rights_of(user),
            zone: Arc::clone(&user.preferences.zone),
        }
    }
}

impl Fleet {
    /// Logs a user in: a new session, whose hash is given out here and never again. Failures count against the login
    /// name, whether or not there is such a user; successes do not.
    pub async fn login(&self, login: &str, password: &str, now: Timestamp) -> Result<SessionHash, LoginError> {
        let (user, known) = self.check_user_password(login, password, now).await?;
        self.start_session(SessionOwner::User(user), known, now).await
    }

    /// Logs an administrator in, by login or by the account's number.
    pub async fn panel_login(&self, login: &str, password: &str, now: Timestamp) -> Result<SessionHash, LoginError> {
        let number = login.parse().ok().map(AccountId);
        let account = {
            let memory = self.shared.memory();
            let is_meant = |a: &AccountId, l: &str| Some(*a) == number || l.eq_ignore_ascii_case(login);
            memory.accounts.values().find(|a| is_meant(&a.id, &a.login)).map(Arc::clone)
        };
        let owner = account.as_ref().map(|a| SessionOwner::Account(a.id.0));
        let known = account.as_ref().map(|a| a.password_hash.clone());
        // An account has many names: its login, and its number with any zeros before it. All share one count.
        let name = match account.map(|a| a.id).or(number) {
            Some(id) => format!("account {id}"),
            None => format!("panel {}", login_key(login)),
        };
        let name = self.key.digest(&name);
        let known = self.check_password(&name, password, known, now).await?;
        let owner = owner.ok_or(LoginError::WrongLoginOrPassword)?;
        self.start_session(owner, known, now).await
    }

    /// Whose login and password these are, and the hash on record with which the password was compared.
    pub(crate) async fn check_user_password(
        &self,
        login: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<(UserId, Secret), LoginError> {
        let (user, known) = {
            let memory = self.shared.memory();
            let user = memory.user_by_login(login);
            (user.map(|u| u.id), user.map(|u| u.password_hash.clone()))
        };
        let known = self.check_password(&self.login_name(login), password, known, now).await?;
        // A hash to compare with exists only together with its owner.
        user.map(|user| (user, known)).ok_or(LoginError::WrongLoginOrPassword)
    }

    /// What a user's failed logins are counted under.
    pub(crate) fn login_name(&self, login: &str) -> Digest {
        self.key.digest(&format!("user {}", login_key(login)))
    }

    /// Compares a password with the hash on record, and gives the hash back. Without a record it takes as long and
    /// fails.
    async fn check_password(
        &self,
        name: &Digest,
        password: &str,
        known: Option<Secret>,
        now: Timestamp,
    ) -> Result<Secret, LoginError> {
        if self.failures().is_locked(name, now) {
            return Err(LoginError::TooManyFailures);
        }
        let compared = known.clone().unwrap_or_else(|| self.hashers.decoy());
        let matches = self.hashers.matches_any(password, vec![compared]).await.map_err(|_| LoginError::Busy)?;
        let mut failures = self.failures();
        // Guesses made side by side: those after the last that was allowed learn nothing, even if they are right.
        if failures.is_locked(name, now) {
            return Err(LoginError::TooManyFailures);
        }
        match known.filter(|_| matches) {
            Some(known) => Ok(known),
            None => {
                failures.note(name, now);
                Err(LoginError::WrongLoginOrPassword)
            }
        }
    }

    async fn start_session(
        &self,
        owner: SessionOwner,
        known: Secret,
        now: Timestamp,
    ) -> Result<SessionHash, LoginError> {
        let new = self.new_session(owner)?;
        self.write(move |desk| {
            let row = {
                let memory = desk.memory();
                // While the password was compared, it may have been changed and the user removed.
                match owner {
                    SessionOwner::User(id) => match memory.user(id) {
                        Some(user) if !user.removed && user.password_hash == known => {
                            memory.may_log_in(user).then_some(()).ok_or(LoginError::NotActivated)?;
                        }
                        _ => return Err(LoginError::WrongLoginOrPassword),
                    },
                    SessionOwner::Account(id) => match memory.accounts.get(&AccountId(id)) {
                        Some(account) if account.password_hash == known => {}
                        _ => return Err(LoginError::WrongLoginOrPassword),
                    },
                }
                new.row(&memory, owner, now).ok_or(LoginError::TooManySessions)?
            };
            desk.commit(vec![Change::Session(row)], &[])?;
            Ok(new.hash)
        })
        .await
    }

    pub(crate) fn new_session(&self, owner: SessionOwner) -> Result<NewSession, Failure> {
        let hash = SessionHash::generate()?;
        Ok(NewSession {
            digest: self.key.digest(hash.as_str()),
            hash,
            lifetime_s: match owner {
                SessionOwner::User(_) => self.options.user_lifetime_s,
                SessionOwner::Account(_) => self.options.panel_lifetime_s,
            },
            live_max: self.options.live_sessions_per_user_max,
        })
    }

    /// A session for a user without its password: what an administrator may have.
    pub async fn create_user_session(
        &self,
        session: &PanelSession,
        user: UserId,
        now: Timestamp,
    ) -> Result<SessionHash, SessionError> {
        let owner = SessionOwner::User(user);
        let new = self.new_session(owner)?;
        let account = session.account;
        self.write(move |desk| {
            let row = {
                let memory = desk.memory();
                let user = memory.user(user).filter(|u| !u.removed && u.account == account && u.master.is_none());
                let user = user.ok_or(SessionError::NotFound)?;
                user.activated.then_some(()).ok_or(SessionError::NotActivated)?;
                new.row(&memory, owner, now).ok_or(SessionError::TooManySessions)?
            };
            desk.commit(vec![Change::Session(row)], &[])?;
            Ok(new.hash)
        })
        .await
    }

    /// Whose session a hash is of, if it is a user's and live.
    pub fn authorize(&self, hash: &str, now: Timestamp) -> Result<Session, HashError> {
        if !SessionHash::is_well_formed(hash) {
            return Err(HashError::Malformed);
        }
        let digest = self.key.digest(hash);
        let memory = self.shared.memory();
        let entry = live_entry(memory.sessions.find(&digest), now)?;
        match entry.owner {
            SessionOwner::User(id) => {
                // A key outlives the time in which its user is deactivated, but opens no door then.
                let user = memory.user(id).filter(|user| user.activated).ok_or(HashError::Ended)?;
                let kind = match entry.purpose {
                    Purpose::Standard => SessionKind::Standard,
                    Purpose::ApiKey => SessionKind::ApiKey,
                    Purpose::PasswordChange => return Err(HashError::OnlyToken),
                    // Their digests are made otherwise than those of hashes, so that none is found here.
                    Purpose::Sessid | Purpose::DriverPhone(_) => return Err(HashError::Unknown),
                };
                Ok(memory.session(entry.id, kind, user))
            }
            SessionOwner::Account(_) => Err(HashError::WrongKind),
        }
    }

    /// Whose session a hash is of, if it is an administrator's and live.
    pub fn authorize_panel(&self, hash: &str, now: Timestamp) -> Result<PanelSession, HashError> {
        if !SessionHash::is_well_formed(hash) {
            return Err(HashError::Malformed);
        }
        let digest = self.key.digest(hash);
        let entry = live_entry(self.shared.memory().sessions.find(&digest), now)?;
        match entry.owner {
            SessionOwner::Account(id) => Ok(PanelSession { id: entry.id, account: AccountId(id) }),
            SessionOwner::User(_) => Err(HashError::WrongKind),
        }
    }

    /// Ends a session. One that has ended already stays as it is.
    pub async fn logout(&self, session: SessionId, now: Timestamp) -> Result<(), Failure> {
        self.write(move |desk| {
            let is_live = desk.memory().sessions.get(session).is_some_and(|entry| entry.ended.is_none());
            match is_live {
                true => Ok(end_sessions(desk, vec![], &[session], EndCause::Logout, &[], now)?),
                false => Ok(()),
            }
        })
        .await
    }

    /// Lets a session live as long again as a new one would.
    pub async fn renew_session(&self, session: &Session, now: Timestamp) -> Result<(), RenewError> {
        let expires = now.plus_ms(i64::from(self.options.user_lifetime_s) * model::MS_PER_SECOND);
        let id = session.id;
        self.write(move |desk| {
            let entry = desk.memory().sessions.get(id).filter(|entry| entry.is_live(now));
            entry.filter(|entry| entry.purpose == Purpose::Standard).ok_or(RenewError::Ended)?;
            Ok(desk.commit(vec![Change::SessionRenewed { session: id, expires }], &[])?)
        })
        .await
    }

    /// Ends the sessions whose time is over and forgets those that ended long ago; says when the next is due. To be
    /// called at that time, and at least every second for sessions that are made meanwhile: it costs next to
    /// nothing when there is nothing to do.
    ///
    /// # Errors
    /// When the catalog does not take the change. Overdue sessions do not open the door in any case.
    pub async fn expire(&self, now: Timestamp) -> Result<Option<Timestamp>, CatalogError> {
        let kept_ms = i64::from(self.options.ended_sessions_kept_days) * model::MS_PER_DAY;
        let (before, keep_max) = (now.plus_ms(-kept_ms), self.options.ended_sessions_max);
        let is_idle = |memory: &Memory| {
            memory.sessions.overdue(now).next().is_none()
                && memory.sessions.to_forget(before, keep_max).next().is_none()
        };
        while !is_idle(&self.shared.memory()) {
            let sweep = move |desk: &mut Desk| -> Result<(), CatalogError> {
                let (overdue, old) = {
                    let sessions = &desk.memory().sessions;
                    let overdue: Vec<SessionId> = sessions.overdue(now).take(SWEEP_MAX).collect();
                    let old = sessions.to_forget(before, keep_max).take(SWEEP_MAX).map(Change::SessionForgotten);
                    (overdue, old.collect())
                };
                end_sessions(desk, old, &overdue, EndCause::Expired, &[], now)
            };
            self.write(sweep).await?;
        }
        Ok(self.shared.memory().sessions.next_due())
    }
}

pub(crate) fn live_entry(entry: Option<SessionEntry>, now: Timestamp) -> Result<SessionEntry, HashError> {
    let entry = entry.ok_or(HashError::Unknown)?;
    entry.is_live(now).then_some(entry).ok_or(HashError::Ended)
}

/// Commits the changes together with the end of the sessions, and tells of the other events first.
pub(crate) fn end_sessions(
    desk: &mut Desk,
    mut changes: Vec<Change>,
    sessions: &[SessionId],
    cause: EndCause,
    events: &[FleetEvent],
    now: Timestamp,
) -> Result<(), CatalogError> {
    changes.extend(sessions.iter().map(|session| Change::SessionEnded { session: *session, at: now }));
    let mut events = events.to_vec();
    events.extend(sessions.iter().map(|session| FleetEvent::SessionEnded { session: *session, cause }));
    desk.commit(changes, &events)
}
