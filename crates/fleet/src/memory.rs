//! The memory copy of the catalog, with the indexes that requests look things up by.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::{Sensor, SourceId, Timestamp, TrackerId, UserId};
use storage::catalog::Contents;

use crate::change::{self, Change, login_key};
use crate::entities::{Entities, Entity};
use crate::error::FleetError;
use crate::index::Index;
use crate::remembered::Sessions;
use crate::values::{Account, AccountId, Device, SourceInfo, Tracker, User};

/// The whole fleet. Made by applying changes only: the catalog's contents at the start, then every commit.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Memory {
    pub(crate) accounts: BTreeMap<AccountId, Arc<Account>>,
    pub(crate) users: BTreeMap<UserId, UserEntry>,
    /// Users that are not removed, by their login in lower case.
    logins: HashMap<String, UserId>,
    pub(crate) sources: BTreeMap<SourceId, SourceEntry>,
    /// Devices of sources that are not removed.
    devices: HashMap<Box<str>, Device>,
    pub(crate) trackers: BTreeMap<TrackerId, Arc<Tracker>>,
    pub(crate) sessions: Sessions,
    pub(crate) entities: Entities,
    pub(crate) index: Index,
}

#[derive(PartialEq, Debug)]
pub(crate) struct UserEntry {
    pub(crate) user: Arc<User>,
    /// In the order of ids, removed ones too.
    pub(crate) trackers: Vec<TrackerId>,
    /// In the order of ids, removed ones too.
    pub(crate) subusers: Vec<UserId>,
    /// Of a sub-user: its master's trackers that it sees, hidden and removed ones among them.
    pub(crate) bound: BTreeSet<TrackerId>,
}

#[derive(PartialEq, Debug)]
pub(crate) struct SourceEntry {
    pub(crate) info: SourceInfo,
    /// The trackers that show it or did, in the order of ids: the original, its clones, removed ones.
    pub(crate) trackers: Vec<TrackerId>,
}

impl Memory {
    pub(crate) fn load(contents: Contents) -> Result<Self, FleetError> {
        let mut memory = Self::default();
        for row in contents.accounts {
            memory.apply(Change::Account(Arc::new(change::account(row))));
        }
        for row in contents.users {
            let user = change::user(row)?;
            let has_master = user.master.is_none_or(|master| memory.users.contains_key(&master));
            has_master.then_some(()).ok_or(FleetError::Row { table: "users", id: user.id.0.into() })?;
            memory.apply(Change::User(Arc::new(user)));
        }
        for row in contents.sources {
            memory.apply(Change::Source(change::source(row)?));
        }
        for row in contents.trackers {
            let source = memory.sources.get(&row.source);
            let info = source.map(|s| s.info.clone()).filter(|_| memory.users.contains_key(&row.user));
            let info = info.ok_or(FleetError::Row { table: "trackers", id: row.id.0.into() })?;
            memory.apply(Change::Tracker(change::tracker(row, info)));
        }
        for (user, tracker) in contents.bindings {
            memory.apply(Change::Bound { user, tracker, bound: true });
        }
        for row in contents.sessions {
            memory.apply(Change::Session(row));
        }
        for row in &contents.entities {
            memory.apply(Change::Entity(Entity::read(row)?));
        }
        for (kind, last) in &contents.last_entities {
            memory.entities.note_last(kind, *last);
        }
        memory.give_sources_their_sensors()?;
        memory.sessions.last = memory.sessions.last.max(contents.last_session);
        Ok(memory)
    }

    /// A row of a source does not hold its sensors, which are entities.
    fn give_sources_their_sensors(&mut self) -> Result<(), FleetError> {
        let mut by_source: BTreeMap<SourceId, Vec<Sensor>> = BTreeMap::new();
        for stored in self.entities.sensors.iter() {
            by_source.entry(SourceId(stored.source)).or_default().push(stored.sensor.clone());
        }
        for (id, sensors) in by_source {
            let misfit = FleetError::Row { table: "sources", id: id.0.into() };
            let info = self.source(id).filter(|info| !info.removed).cloned().ok_or(misfit)?;
            self.put_source(SourceInfo { sensors: sensors.into(), ..info });
        }
        Ok(())
    }

    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Account(account) => {
                self.accounts.insert(account.id, account);
            }
            Change::User(user) => self.put_user(user),
            Change::Source(info) => self.put_source(info),
            Change::Tracker(tracker) => self.put_tracker(tracker),
            Change::Bound { user, tracker, bound } => {
                if let Some(entry) = self.users.get_mut(&user) {
                    if bound {
                        entry.bound.insert(tracker)
                    } else {
                        entry.bound.remove(&tracker)
                    };
                }
            }
            Change::AllUnbound(user) => {
                if let Some(entry) = self.users.get_mut(&user) {
                    entry.bound = BTreeSet::new();
                }
            }
            Change::Session(row) => self.sessions.put(row),
            Change::SessionRenewed { session, expires } => self.sessions.renew(session, expires),
            Change::SessionEnded { session, at } => self.sessions.end(session, at),
            Change::SessionForgotten(session) => self.sessions.forget(session),
            Change::Entity(entity) => {
                self.index.put(&self.entities, &entity);
                self.entities.put(entity);
            }
            Change::EntityRemoved { kind, id } => {
                self.index.remove(&self.entities, kind, id);
                self.entities.remove(kind, id);
            }
        }
    }

    fn put_user(&mut self, user: Arc<User>) {
        if let Some(old) = self.users.get(&user.id).filter(|old| !old.user.removed) {
            self.logins.remove(&login_key(&old.user.login));
        }
        if !user.removed {
            self.logins.insert(login_key(&user.login), user.id);
        }
        match self.users.get_mut(&user.id) {
            Some(entry) => entry.user = user,
            None => {
                // Who is whose sub-user is settled once and for all.
                if let Some(master) = user.master.and_then(|id| self.users.get_mut(&id)) {
                    master.subusers.push(user.id);
                }
                let entry = UserEntry { user, trackers: Vec::new(), subusers: Vec::new(), bound: BTreeSet::new() };
                self.users.insert(entry.user.id, entry);
            }
        }
    }

    fn put_source(&mut self, info: SourceInfo) {
        if let Some(old) = self.sources.get(&info.source).filter(|old| !old.info.removed) {
            self.devices.remove(old.info.device.as_str());
        }
        if !info.removed {
            let settings = Arc::clone(&info.device_settings);
            let device = Device { source: info.source, model: info.model, settings };
            self.devices.insert(info.device.as_str().into(), device);
        }
        match self.sources.get_mut(&info.source) {
            Some(entry) => {
                for id in &entry.trackers {
                    if let Some(tracker) = self.trackers.get_mut(id) {
                        let shown = Tracker { source: info.clone(), ..Tracker::clone(tracker) };
                        *tracker = Arc::new(shown);
                    }
                }
                entry.info = info;
            }
            None => {
                self.sources.insert(info.source, SourceEntry { info, trackers: Vec::new() });
            }
        }
    }

    fn put_tracker(&mut self, mut tracker: Tracker) {
        let id = tracker.id;
        let is_new = !self.trackers.contains_key(&id);
        if let Some(source) = self.sources.get_mut(&tracker.source.source) {
            tracker.source = source.info.clone();
            if is_new {
                source.trackers.push(id);
            }
        }
        if is_new && let Some(owner) = self.users.get_mut(&tracker.user) {
            owner.trackers.push(id);
        }
        self.trackers.insert(id, Arc::new(tracker));
    }

    /// The trackers that show a source and are not removed, in the order of ids.
    pub(crate) fn trackers_on(&self, source: SourceId) -> impl Iterator<Item = &Arc<Tracker>> {
        let ids = self.sources.get(&source).map_or(&[][..], |entry| &entry.trackers);
        ids.iter().filter_map(|id| self.trackers.get(id)).filter(|t| !t.corrupted)
    }

    /// When a source was last given from one owner to another.
    pub(crate) fn given_since(&self, source: SourceId) -> Option<Timestamp> {
        let ids = &self.sources.get(&source)?.trackers;
        // Each owner had an original of its own.
        let mut originals = ids.iter().filter_map(|id| self.trackers.get(id)).filter(|t| !t.clone);
        originals.next()?;
        originals.next_back().map(|newest| newest.created)
    }

    pub(crate) fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id).map(|entry| &entry.user)
    }

    /// The user with this login, whatever its case, if it is not removed.
    pub(crate) fn user_by_login(&self, login: &str) -> Option<&Arc<User>> {
        self.logins.get(&login_key(login)).and_then(|id| self.user(*id))
    }

    pub(crate) fn device(&self, id: &str) -> Option<Device> {
        self.devices.get(id).cloned()
    }

    pub(crate) fn source(&self, id: SourceId) -> Option<&SourceInfo> {
        self.sources.get(&id).map(|entry| &entry.info)
    }

    /// All trackers of a user, in the order of ids, removed ones too.
    pub(crate) fn trackers_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Tracker>> {
        let ids = self.users.get(&user).map_or(&[][..], |entry| &entry.trackers);
        ids.iter().filter_map(|id| self.trackers.get(id))
    }
}
