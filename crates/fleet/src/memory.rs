//! The memory copy of the catalog, with the indexes that requests look things up by.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::{Sensor, SessionId, SourceId, Timestamp, TrackerId, UserId};
use storage::catalog::{Contents, SessionOwner, SessionRow};

use crate::change::{self, Change, login_key};
use crate::digest::Digest;
use crate::entities::{Entities, Entity};
use crate::error::FleetError;
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
            Change::SessionEnded { session, at } => self.sessions.end(session, at),
            Change::SessionForgotten(session) => self.sessions.forget(session),
            Change::Entity(entity) => self.entities.put(entity),
            Change::EntityRemoved { kind, id } => self.entities.remove(kind, id),
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
            let device = Device { source: info.source, model: info.model };
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

    pub(crate) fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id).map(|entry| &entry.user)
    }

    /// The user with this login, whatever its case, if it is not removed.
    pub(crate) fn user_by_login(&self, login: &str) -> Option<&Arc<User>> {
        self.logins.get(&login_key(login)).and_then(|id| self.user(*id))
    }

    pub(crate) fn device(&self, id: &str) -> Option<Device> {
        self.devices.get(id).copied()
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

/// Sessions: the living ones and the ended ones that are still remembered.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Sessions {
    by_digest: HashMap<Digest, SessionEntry>,
    digests: HashMap<SessionId, Digest>,
    live: HashMap<SessionOwner, BTreeSet<SessionId>>,
    due: BTreeSet<(Timestamp, SessionId)>,
    ended: BTreeSet<(Timestamp, SessionId)>,
    /// The highest id ever given.
    pub(crate) last: SessionId,
}

/// What is known of a session.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct SessionEntry {
    pub(crate) id: SessionId,
    pub(crate) owner: SessionOwner,
    pub(crate) expires: Timestamp,
    pub(crate) ended: Option<Timestamp>,
}

impl SessionEntry {
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires
    }
}

impl Sessions {
    fn put(&mut self, row: SessionRow) {
        let entry = SessionEntry { id: row.id, owner: row.owner, expires: row.expires, ended: row.ended };
        self.last = self.last.max(row.id);
        self.by_digest.insert(row.digest, entry);
        self.digests.insert(row.id, row.digest);
        match row.ended {
            Some(at) => {
                self.ended.insert((at, row.id));
            }
            None => {
                self.live.entry(row.owner).or_default().insert(row.id);
                self.due.insert((row.expires, row.id));
            }
        }
    }

    fn end(&mut self, session: SessionId, at: Timestamp) {
        let Some(entry) = self.digests.get(&session).and_then(|digest| self.by_digest.get_mut(digest)) else {
            return;
        };
        if entry.ended.is_some() {
            return;
        }
        entry.ended = Some(at);
        let SessionEntry { owner, expires, .. } = *entry;
        self.due.remove(&(expires, session));
        self.ended.insert((at, session));
        if let Some(live) = self.live.get_mut(&owner) {
            live.remove(&session);
            if live.is_empty() {
                self.live.remove(&owner);
            }
        }
    }

    fn forget(&mut self, session: SessionId) {
        let Some(digest) = self.digests.remove(&session) else {
            return;
        };
        if let Some(at) = self.by_digest.remove(&digest).and_then(|entry| entry.ended) {
            self.ended.remove(&(at, session));
        }
    }

    pub(crate) fn find(&self, digest: &Digest) -> Option<SessionEntry> {
        self.by_digest.get(digest).copied()
    }

    pub(crate) fn get(&self, session: SessionId) -> Option<SessionEntry> {
        self.digests.get(&session).and_then(|digest| self.find(digest))
    }

    /// Those of an owner that have not ended, in the order of ids.
    pub(crate) fn live_of(&self, owner: SessionOwner) -> impl ExactSizeIterator<Item = SessionId> {
        static NONE: BTreeSet<SessionId> = BTreeSet::new();
        self.live.get(&owner).unwrap_or(&NONE).iter().copied()
    }

    /// How many of an owner's will still be live at an instant.
    pub(crate) fn live_count(&self, owner: SessionOwner, now: Timestamp) -> usize {
        self.live_of(owner).filter(|id| self.get(*id).is_some_and(|entry| entry.is_live(now))).count()
    }

    /// When the next live session's time is over.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Live sessions whose time is over, the longest overdue first.
    pub(crate) fn overdue(&self, now: Timestamp) -> impl Iterator<Item = SessionId> {
        self.due.iter().take_while(move |(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// Ended sessions that ended before an instant, or are too many; the oldest first.
    pub(crate) fn to_forget(&self, before: Timestamp, keep_max: usize) -> impl Iterator<Item = SessionId> {
        let surplus = self.ended.len().saturating_sub(keep_max);
        let oldest = self.ended.iter().enumerate();
        oldest.take_while(move |(n, (at, _))| *n < surplus || *at < before).map(|(_, (_, id))| *id)
    }
}
