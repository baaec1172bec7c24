//! Sub-users: logins that a master user makes for others, and the trackers that it shows them.

use std::sync::Arc;

use model::{Timestamp, TrackerId, UserId};
use storage::catalog::SessionOwner;

use crate::change::Change;
use crate::check;
use crate::digest::SessionHash;
use crate::error::{Field, Invalid, Problem, SessionError, SubuserError};
use crate::event::{EndCause, FleetEvent};
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::new_password::misdirected_token;
use crate::panel::{next_user_id, removal};
use crate::sessions::{Session, end_sessions};
use crate::values::{User, UserProfile};

/// The fewest digits of a sub-user's phone number, if it has one.
const PHONE_DIGITS_MIN: usize = 10;

/// What a master says of a sub-user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubuserEdit {
    /// Its e-mail address; no two users share one, whatever the case.
    pub login: String,
    /// Whether it may log in. From true to false ends its sessions.
    pub activated: bool,
    /// Names and addresses; the kind in law is fixed at creation.
    pub profile: UserProfile,
    /// The security group that gives it its rights.
    pub security_group: Option<u32>,
}

impl Fleet {
    /// The sub-users of the session's user, in the order of ids.
    pub fn subusers(&self, session: &Session) -> Vec<Arc<User>> {
        self.shared.memory().subusers_of(session.user).map(Arc::clone).collect()
    }

    /// Makes a sub-user, who sees no tracker yet. It starts with its master's zone, locale and units.
    pub async fn create_subuser(
        &self,
        session: &Session,
        new: SubuserEdit,
        password: &str,
        now: Timestamp,
    ) -> Result<UserId, SubuserError> {
        check_fields(&new)?;
        let invalid = |problem| Invalid { field: Field::Password, problem };
        self.options.password_policy.check_subuser(password).map_err(invalid)?;
        let master = session.user;
        // Before the costly part; judged again when it is written.
        check_place(&self.shared.memory(), master, None, &new)?;
        let password_hash = self.hashers.hash(password).await.map_err(|_| SubuserError::Busy)??;
        let (users_max, subusers_max) = (self.options.users_max, self.options.subusers_per_user_max);
        self.write(move |desk| {
            let user = {
                let memory = desk.memory();
                check_place(&memory, master, None, &new)?;
                let master = master_of(&memory, master)?;
                if memory.subusers_of(master.id).count() >= subusers_max {
                    return Err(SubuserError::TooMany);
                }
                User {
                    id: next_user_id(&memory, users_max).ok_or(SubuserError::TooMany)?,
                    account: master.account,
                    master: Some(master.id),
                    security_group: new.security_group,
                    login: new.login,
                    activated: new.activated,
                    verified: new.activated,
                    removed: false,
                    profile: new.profile,
                    preferences: master.preferences.clone(),
                    device_commands: false,
                    comment: String::new(),
                    created: now,
                    password_hash,
                    earlier_passwords: Vec::new(),
                }
            };
            let id = user.id;
            desk.commit(vec![Change::User(Arc::new(user))], &[])?;
            Ok(id)
        })
        .await
    }

    /// Changes a sub-user: `edit` finds the fields as they are. Who is deactivated loses its sessions, and a
    /// new login voids a token for a new password that was sent to the old one.
    pub async fn update_subuser(
        &self,
        session: &Session,
        id: UserId,
        edit: impl FnOnce(&mut SubuserEdit) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), SubuserError> {
        let master = session.user;
        self.write(move |desk| {
            let (user, token, sessions) = {
                let memory = desk.memory();
                let old = subuser(&memory, master, id)?;
                let user = edited(&memory, master, old, edit)?;
                let token = misdirected_token(&memory, old, &user, now);
                let sessions: Vec<_> = match old.activated && !user.activated {
                    true => memory.sessions.passing_of(SessionOwner::User(id)).collect(),
                    false => Vec::new(),
                };
                (user, token, sessions)
            };
            let changes = [Change::User(Arc::new(user))].into_iter().chain(token).collect();
            Ok(end_sessions(desk, changes, &sessions, EndCause::UserDeactivated, &[], now)?)
        })
        .await
    }

    /// Removes a sub-user for good, with its sessions.
    pub async fn delete_subuser(&self, session: &Session, id: UserId, now: Timestamp) -> Result<(), SubuserError> {
        let master = session.user;
        self.write(move |desk| {
            let (changes, sessions) = {
                let memory = desk.memory();
                let changes = removal(subuser(&memory, master, id)?).to_vec();
                (changes, memory.sessions.passing_of(SessionOwner::User(id)).collect::<Vec<_>>())
            };
            Ok(end_sessions(desk, changes, &sessions, EndCause::UserRemoved, &[], now)?)
        })
        .await
    }

    /// A session for a sub-user without its password: what a master may have.
    pub async fn create_subuser_session(
        &self,
        session: &Session,
        id: UserId,
        now: Timestamp,
    ) -> Result<SessionHash, SessionError> {
        let (master, owner) = (session.user, SessionOwner::User(id));
        let new = self.new_session(owner)?;
        self.write(move |desk| {
            let row = {
                let memory = desk.memory();
                let user = subuser(&memory, master, id).map_err(|_| SessionError::NotFound)?;
                memory.may_log_in(user).then_some(()).ok_or(SessionError::NotActivated)?;
                new.row(&memory, owner, now).ok_or(SessionError::TooManySessions)?
            };
            desk.commit(vec![Change::Session(row)], &[])?;
            Ok(new.hash)
        })
        .await
    }

    /// The trackers that a sub-user sees, in the order of ids.
    pub fn subuser_trackers(&self, session: &Session, id: UserId) -> Result<Vec<TrackerId>, SubuserError> {
        let memory = self.shared.memory();
        subuser(&memory, session.user, id)?;
        Ok(memory.bound_to(id).filter(|t| t.is_visible()).map(|t| t.id).collect())
    }

    /// Lets a sub-user see trackers: all of them, or none if one is not its master's.
    pub async fn bind_trackers(
        &self,
        session: &Session,
        id: UserId,
        trackers: Vec<TrackerId>,
    ) -> Result<(), SubuserError> {
        let session = session.clone();
        self.write(move |desk| {
            let (mut changes, mut events) = (Vec::new(), Vec::new());
            {
                let memory = desk.memory();
                subuser(&memory, session.user, id)?;
                for tracker in trackers {
                    let shown = memory.tracker_of(&session, tracker).filter(|t| t.is_visible());
                    let source = shown.ok_or(SubuserError::UnknownTracker)?.source.source;
                    if !memory.is_bound(id, tracker) {
                        changes.push(Change::Bound { user: id, tracker, bound: true });
                        events.push(FleetEvent::TrackerAdded { tracker, source, user: id });
                    }
                }
            }
            Ok(desk.commit(changes, &events)?)
        })
        .await
    }

    /// Shows a sub-user trackers no longer: all of them, or none if one is not its master's. One that it did not see is
    /// no error.
    pub async fn unbind_trackers(
        &self,
        session: &Session,
        id: UserId,
        trackers: Vec<TrackerId>,
    ) -> Result<(), SubuserError> {
        let session = session.clone();
        self.write(move |desk| {
            let (mut changes, mut events) = (Vec::new(), Vec::new());
            {
                let memory = desk.memory();
                subuser(&memory, session.user, id)?;
                for tracker in trackers {
                    // Hidden ones too: what is shown again must not come back to this sub-user.
                    let known = memory.tracker_of(&session, tracker).ok_or(SubuserError::UnknownTracker)?;
                    if memory.is_bound(id, tracker) {
                        changes.push(Change::Bound { user: id, tracker, bound: false });
                        events.push(FleetEvent::AccessLost { tracker, source: known.source.source, user: id });
                    }
                }
            }
            Ok(desk.commit(changes, &events)?)
        })
        .await
    }
}

/// A user that may have sub-users.
pub(crate) fn master_of(memory: &Memory, id: UserId) -> Result<&Arc<User>, SubuserError> {
    let user = memory.user(id).filter(|user| user.master.is_none() && memory.may_log_in(user));
    user.ok_or(SubuserError::NotPermitted)
}

/// A sub-user of this master.
pub(crate) fn subuser(memory: &Memory, master: UserId, id: UserId) -> Result<&Arc<User>, SubuserError> {
    master_of(memory, master)?;
    let user = memory.user(id).filter(|user| user.master == Some(master) && !user.removed);
    user.ok_or(SubuserError::NotFound)
}

fn edited(
    memory: &Memory,
    master: UserId,
    old: &User,
    edit: impl FnOnce(&mut SubuserEdit),
) -> Result<User, SubuserError> {
    let mut new = SubuserEdit {
        login: old.login.clone(),
        activated: old.activated,
        profile: old.profile.clone(),
        security_group: old.security_group,
    };
    edit(&mut new);
    if new.profile.legal_type != old.profile.legal_type {
        return Err(Invalid { field: Field::LegalType, problem: Problem::Fixed }.into());
    }
    check_fields(&new)?;
    check_place(memory, master, Some(old.id), &new)?;
    let SubuserEdit { login, activated, profile, security_group } = new;
    Ok(User { login, activated, profile, security_group, ..old.clone() })
}

fn check_fields(new: &SubuserEdit) -> Result<(), Invalid> {
    check::login(&new.login)?;
    check::profile(&new.profile)?;
    let digits = new.profile.phone.len();
    match digits > 0 && digits < PHONE_DIGITS_MIN {
        true => Err(Invalid { field: Field::Phone, problem: Problem::TooShort { chars_min: PHONE_DIGITS_MIN } }),
        false => Ok(()),
    }
}

/// Whether the master may have a sub-user with this login in this group; `own` is who that sub-user is already.
fn check_place(memory: &Memory, master: UserId, own: Option<UserId>, new: &SubuserEdit) -> Result<(), SubuserError> {
    master_of(memory, master)?;
    if new.security_group.is_some_and(|group| memory.security_group_of(master, group).is_none()) {
        return Err(SubuserError::NotFound);
    }
    match memory.user_by_login(&new.login).is_some_and(|other| Some(other.id) != own) {
        true => Err(SubuserError::LoginInUse),
        false => Ok(()),
    }
}
