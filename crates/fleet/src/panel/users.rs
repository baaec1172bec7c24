//! Users, as administrators make and change them.

use std::cmp::Ordering;
use std::sync::Arc;

use model::{Timestamp, UserId};

use super::page::{Page, Paging, holds};
use super::trackers::clones_of;
use crate::change::{Change, login_key};
use crate::check;
use crate::entities::EntityKind;
use crate::error::{Field, Invalid, Problem, UserError};
use crate::event::{EndCause, FleetEvent};
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::new_password::{misdirected_token, put_password};
use crate::preferences::Preferences;
use crate::sessions::{PanelSession, Session, end_sessions};
use crate::trackers::corruption;
use crate::values::{AccountId, LegalType, Tracker, User, UserProfile};
use crate::zone::Zone;

/// The first user's id. Ids go up from here without gaps.
const FIRST_USER: UserId = UserId(10_001);

/// What is needed to create a user.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Its e-mail address; no two users share one, whatever the case.
    pub login: String,
    /// Its password, as the policy wants it.
    pub password: String,
    /// Whether it may log in.
    pub activated: bool,
    /// Whether its e-mail address is confirmed; `None` follows `activated`.
    pub verified: Option<bool>,
    /// Names and addresses.
    pub profile: UserProfile,
    /// IANA name of its zone; `None` takes the server's setting.
    pub time_zone: Option<String>,
    /// Its locale, `en` or `en_US`.
    pub locale: String,
    /// The administrator's remark.
    pub comment: String,
}

/// Without the password.
impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("login", &self.login).finish_non_exhaustive()
    }
}

/// What an administrator may change of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserEdit {
    /// Its login.
    pub login: String,
    /// Whether it may log in. From true to false ends its sessions.
    pub activated: bool,
    /// Whether its e-mail address is confirmed.
    pub verified: bool,
    /// Names and addresses; the kind in law must stay.
    pub profile: UserProfile,
    /// The administrator's remark.
    pub comment: String,
}

/// What users are listed by. Ties are in the order of ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum UserOrder {
    #[default]
    Id,
    Login,
    LastName,
    Phone,
    PostCity,
}

/// Which users are listed, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UserQuery {
    /// A part of the id, login, a name or the phone number, whatever the case.
    pub filter: Option<String>,
    /// What they are listed by.
    pub order_by: UserOrder,
    /// Leave out those that may not log in.
    pub hide_inactive: bool,
    /// Which part of the list.
    pub paging: Paging,
}

impl Fleet {
    /// Creates a user.
    pub async fn create_user(&self, session: &PanelSession, new: NewUser, now: Timestamp) -> Result<UserId, UserError> {
        check::login(&new.login)?;
        check::locale(&new.locale)?;
        check::profile(&new.profile)?;
        check::comment(&new.comment, check::USER_COMMENT_CHARS_MAX)?;
        let zone = match &new.time_zone {
            Some(name) => zone(name)?,
            None => Arc::clone(&self.default_zone),
        };
        self.check_new_password(&new.password)?;
        // Before the costly part; judged again when it is written.
        if self.shared.memory().user_by_login(&new.login).is_some() {
            return Err(UserError::LoginInUse);
        }
        let password_hash = self.hashers.hash(&new.password).await.map_err(|_| UserError::Busy)??;
        let (account, users_max) = (session.account, self.options.users_max);
        self.write(move |desk| {
            let user = {
                let memory = desk.memory();
                if memory.user_by_login(&new.login).is_some() {
                    return Err(UserError::LoginInUse);
                }
                User {
                    id: next_user_id(&memory, users_max).ok_or(UserError::TooManyUsers)?,
                    account,
                    master: None,
                    security_group: None,
                    activated: new.activated,
                    verified: new.verified.unwrap_or(new.activated),
                    removed: false,
                    login: new.login,
                    profile: new.profile,
                    preferences: Preferences { locale: new.locale, ..Preferences::new(zone) },
                    device_commands: false,
                    comment: new.comment,
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

    /// A user of the session's account that is not removed. Sub-users are their masters' business.
    pub fn panel_user(&self, session: &PanelSession, id: UserId) -> Option<Arc<User>> {
        self.user(id).filter(|user| is_master_of(user, session.account))
    }

    /// The account's users, without sub-users and removed ones.
    pub fn list_users(&self, session: &PanelSession, query: &UserQuery) -> Page<Arc<User>> {
        let needle = query.filter.as_deref().map(str::to_lowercase);
        let is_meant = |user: &User| {
            is_master_of(user, session.account)
                && !user.removed
                && (user.activated || !query.hide_inactive)
                && needle.as_ref().is_none_or(|needle| is_found(user, needle))
        };
        // Looking into so many texts takes its time, so it is done outside the lock.
        let mut users: Vec<_> = self.shared.memory().users.values().map(|entry| Arc::clone(&entry.user)).collect();
        users.retain(|user| is_meant(user));
        query.paging.page(users, |a, b| compare(query.order_by, a, b))
    }

    /// How many trackers of a user are not removed; hidden ones count.
    pub fn trackers_count(&self, user: UserId) -> usize {
        living(&self.shared.memory(), user).count()
    }

    /// Changes a user: `edit` finds the fields as they are. Who is deactivated loses its sessions, and so do its
    /// sub-users; a new login voids a token for a new password that was sent to the old one.
    pub async fn update_user(
        &self,
        session: &PanelSession,
        id: UserId,
        edit: impl FnOnce(&mut UserEdit) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), UserError> {
        let account = session.account;
        self.write(move |desk| {
            let cause = EndCause::UserDeactivated;
            let (user, token, (sessions, told)) = {
                let memory = desk.memory();
                let old = memory.user(id).filter(|u| is_master_of(u, account) && !u.removed);
                let old = old.ok_or(UserError::NotFound)?;
                let user = edited(&memory, old, edit)?;
                let token = misdirected_token(&memory, old, &user, now);
                let ended = match old.activated && !user.activated {
                    true => {
                        let sessions = memory.passing_of_family(id);
                        // The keys stay, but open no door until the user is activated again.
                        let keys = memory.sessions.keys_of(id);
                        let told = keys.map(|(session, _)| FleetEvent::SessionEnded { session, cause }).collect();
                        (sessions, told)
                    }
                    false => (Vec::new(), Vec::new()),
                };
                (user, token, ended)
            };
            let changes = [Change::User(Arc::new(user))].into_iter().chain(token).collect();
            Ok(end_sessions(desk, changes, &sessions, cause, &told, now)?)
        })
        .await
    }

    /// Gives a user a new password, and ends all its sessions. API keys stay.
    pub async fn change_password(
        &self,
        session: &PanelSession,
        id: UserId,
        password: &str,
        now: Timestamp,
    ) -> Result<(), UserError> {
        let old = self.panel_user(session, id).ok_or(UserError::NotFound)?;
        let new = self.hash_new(&old, password).await?;
        self.write(move |desk| put_password(desk, id, new, EndCause::PasswordChanged, now)?.ok_or(UserError::NotFound))
            .await
    }

    /// Removes a user for good, with its trackers, the clones that others have of them, its sub-users, its sessions and
    /// API keys; with `with_clones` false others' clones are a reason to refuse. `login` must be the user's: a safeguard
    /// against the wrong number.
    pub async fn corrupt_user(
        &self,
        session: &PanelSession,
        id: UserId,
        login: &str,
        with_clones: bool,
        now: Timestamp,
    ) -> Result<(), UserError> {
        let (account, key) = (session.account, login_key(login));
        self.write(move |desk| {
            let (mut changes, mut events) = (Vec::new(), Vec::new());
            let sessions: Vec<_> = {
                let memory = desk.memory();
                let is_meant = |u: &&Arc<User>| is_master_of(u, account) && login_key(&u.login) == key;
                let old = memory.user(id).filter(is_meant).ok_or(UserError::NotFound)?;
                if old.removed {
                    return Err(UserError::AlreadyRemoved);
                }
                let clones: Vec<_> = living(&memory, id).flat_map(|t| clones_of(&memory, t)).collect();
                if !with_clones && !clones.is_empty() {
                    return Err(UserError::HasClones(clones));
                }
                for tracker in living(&memory, id) {
                    let (gone, told) = corruption(&memory, tracker);
                    changes.extend(gone);
                    events.extend(told);
                }
                for (session, _) in memory.sessions.keys_of(id) {
                    changes.push(Change::SessionForgotten(session));
                    events.push(FleetEvent::SessionEnded { session, cause: EndCause::UserRemoved });
                }
                changes.extend(belongings(&memory, id));
                changes.extend(memory.subusers_of(id).flat_map(|subuser| removal(subuser)));
                changes.extend(removal(old));
                memory.passing_of_family(id)
            };
            Ok(end_sessions(desk, changes, &sessions, EndCause::UserRemoved, &events, now)?)
        })
        .await
    }

    /// Changes how a user wants things shown: `edit` finds the preferences as they are.
    pub async fn update_preferences(
        &self,
        session: &Session,
        edit: impl FnOnce(&mut Preferences) + Send + 'static,
    ) -> Result<(), UserError> {
        let id = session.user;
        self.write(move |desk| {
            let old = desk.memory().user(id).filter(|u| !u.removed).map(Arc::clone).ok_or(UserError::NotFound)?;
            let mut user = User::clone(&old);
            edit(&mut user.preferences);
            check::locale(&user.preferences.locale)?;
            check::balance_alert_emails(&user.preferences.display.balance_alert_emails)?;
            let is_moved = user.preferences.zone != old.preferences.zone;
            let told = is_moved.then_some(FleetEvent::ZoneChanged { user: id });
            Ok(desk.commit(vec![Change::User(Arc::new(user))], told.as_slice())?)
        })
        .await
    }
}

/// The trackers of a user that are not removed.
fn living(memory: &Memory, user: UserId) -> impl Iterator<Item = &Arc<Tracker>> {
    memory.trackers_of(user).filter(|t| !t.corrupted)
}

fn zone(name: &str) -> Result<Arc<Zone>, Invalid> {
    Zone::parse(name).map_err(|_| Invalid { field: Field::TimeZone, problem: Problem::Unknown })
}

/// The end of the groups, tags, security groups, drivers and forms that a user made. Left behind, they would count against what
/// others may make.
fn belongings(memory: &Memory, user: UserId) -> impl Iterator<Item = Change> {
    let entities = &memory.entities;
    let groups = entities.groups.iter().filter(move |g| g.owner() == user).map(|g| (EntityKind::Group, g.id));
    let tags = entities.tags.iter().filter(move |t| t.owner() == user).map(|t| (EntityKind::Tag, t.id));
    let rights = entities.security_groups.iter().filter(move |g| g.owner() == user);
    let drivers = memory.index.drivers_of(user).map(|id| (EntityKind::Driver, id));
    let forms = memory.index.forms_of(user).map(|id| (EntityKind::FormTemplate, id));
    let all = groups.chain(tags).chain(drivers).chain(forms).chain(rights.map(|g| (EntityKind::SecurityGroup, g.id)));
    all.map(|(kind, id)| Change::EntityRemoved { kind, id })
}

/// Whether an administrator's account has the say over this user itself.
fn is_master_of(user: &User, account: AccountId) -> bool {
    user.account == account && user.master.is_none()
}

/// What removing a user for good means, apart from its trackers and sessions.
pub(crate) fn removal(user: &User) -> [Change; 4] {
    let gone = User { removed: true, activated: false, ..user.clone() };
    let own = [EntityKind::UiSettings, EntityKind::PredefinedTexts];
    let [settings, texts] = own.map(|kind| Change::EntityRemoved { kind, id: user.id.0 });
    [settings, texts, Change::AllUnbound(user.id), Change::User(Arc::new(gone))]
}

pub(crate) fn next_user_id(memory: &Memory, users_max: usize) -> Option<UserId> {
    let id = memory.users.last_key_value().map_or(FIRST_USER, |(last, _)| UserId(last.0 + 1));
    (memory.users.len() < users_max && id.0 <= i32::MAX as u32).then_some(id)
}

fn edited(memory: &Memory, old: &User, edit: impl FnOnce(&mut UserEdit)) -> Result<User, UserError> {
    let mut new = UserEdit {
        login: old.login.clone(),
        activated: old.activated,
        verified: old.verified,
        profile: old.profile.clone(),
        comment: old.comment.clone(),
    };
    edit(&mut new);
    let UserEdit { login, activated, verified, profile, comment } = new;
    if profile.legal_type != old.profile.legal_type {
        return Err(Invalid { field: Field::LegalType, problem: Problem::Fixed }.into());
    }
    check::login(&login)?;
    check::profile(&profile)?;
    check::comment(&comment, check::USER_COMMENT_CHARS_MAX)?;
    if memory.user_by_login(&login).is_some_and(|other| other.id != old.id) {
        return Err(UserError::LoginInUse);
    }
    Ok(User { login, activated, verified, profile, comment, ..old.clone() })
}

fn is_found(user: &User, needle: &str) -> bool {
    let UserProfile { first_name, middle_name, last_name, legal_name, phone, .. } = &user.profile;
    let id = user.id.to_string();
    [&id, &user.login, first_name, middle_name, last_name, legal_name, phone].into_iter().any(|t| holds(t, needle))
}

fn compare(order: UserOrder, a: &User, b: &User) -> Ordering {
    let by = |key: fn(&User) -> &str| key(a).to_lowercase().cmp(&key(b).to_lowercase());
    let order = match order {
        UserOrder::Id => Ordering::Equal,
        UserOrder::Login => by(|u| &u.login),
        UserOrder::LastName => by(|u| &u.profile.last_name),
        UserOrder::Phone => by(|u| &u.profile.phone),
        UserOrder::PostCity => by(|u| &u.profile.post.city),
    };
    order.then(a.id.cmp(&b.id))
}

impl User {
    /// What it is called: a company's name, else first, middle and last name.
    pub fn title(&self) -> String {
        let UserProfile { legal_type, legal_name, first_name, middle_name, last_name, .. } = &self.profile;
        if *legal_type == LegalType::LegalEntity && !legal_name.is_empty() {
            return legal_name.clone();
        }
        let names = [first_name, middle_name, last_name].map(|name| name.trim());
        names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
