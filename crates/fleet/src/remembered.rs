//! Sessions in memory: the living ones, and the ended ones that are still remembered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{SessionId, Timestamp, TrackerId, UserId};
use storage::catalog::{SessionOwner, SessionPurpose, SessionRow};

use crate::digest::Digest;

/// Sessions: the living ones and the ended ones that are still remembered.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Sessions {
    by_digest: HashMap<Digest, SessionEntry>,
    digests: HashMap<SessionId, Digest>,
    live: HashMap<SessionOwner, BTreeSet<SessionId>>,
    due: BTreeSet<(Timestamp, SessionId)>,
    ended: BTreeSet<(Timestamp, SessionId)>,
    /// The API keys, which are neither due nor ever ended.
    keys: BTreeMap<(UserId, SessionId), KeyEntry>,
    /// The tokens for a new password, ended ones too.
    tokens: BTreeSet<(UserId, SessionId)>,
    /// The phones of drivers, which are neither due nor ever ended.
    phones: BTreeMap<(TrackerId, SessionId), PhoneEntry>,
    /// The highest id ever given.
    pub(crate) last: SessionId,
}

/// What is known of a session.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct SessionEntry {
    pub(crate) id: SessionId,
    pub(crate) owner: SessionOwner,
    pub(crate) purpose: Purpose,
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) ended: Option<Timestamp>,
}

/// What a session is for, without what is only known of API keys.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Purpose {
    Standard,
    ApiKey,
    PasswordChange,
    Sessid,
    DriverPhone(TrackerId),
}

/// What is known of an API key besides.
#[derive(PartialEq, Debug)]
pub(crate) struct KeyEntry {
    pub(crate) title: String,
    pub(crate) seed: [u8; 16],
    pub(crate) created: Timestamp,
}

/// What is known of a driver's phone besides.
#[derive(PartialEq, Debug)]
pub(crate) struct PhoneEntry {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
}

impl Purpose {
    /// Whether it lasts until somebody ends it, and is forgotten then.
    const fn is_lasting(self) -> bool {
        matches!(self, Self::ApiKey | Self::DriverPhone(_))
    }
}

impl SessionEntry {
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires
    }
}

impl Sessions {
    pub(crate) fn put(&mut self, row: SessionRow) {
        let purpose = self.put_purpose(&row);
        let SessionRow { id, owner, created, expires, ended, .. } = row;
        let entry = SessionEntry { id, owner, purpose, created, expires, ended };
        self.last = self.last.max(row.id);
        self.by_digest.insert(row.digest, entry);
        self.digests.insert(row.id, row.digest);
        match row.ended {
            Some(at) => {
                self.ended.insert((at, row.id));
            }
            None => {
                self.live.entry(row.owner).or_default().insert(row.id);
                if !purpose.is_lasting() {
                    self.due.insert((row.expires, row.id));
                }
            }
        }
    }

    /// Notes what is peculiar to the session's purpose.
    fn put_purpose(&mut self, row: &SessionRow) -> Purpose {
        match (&row.purpose, row.owner) {
            (SessionPurpose::ApiKey { title, seed }, SessionOwner::User(user)) => {
                let key = KeyEntry { title: title.clone(), seed: *seed, created: row.created };
                self.keys.insert((user, row.id), key);
                Purpose::ApiKey
            }
            (SessionPurpose::PasswordChange, SessionOwner::User(user)) => {
                self.tokens.insert((user, row.id));
                Purpose::PasswordChange
            }
            (SessionPurpose::Sessid, SessionOwner::User(_)) => Purpose::Sessid,
            (SessionPurpose::DriverPhone { tracker, name }, SessionOwner::User(_)) => {
                let phone = PhoneEntry { name: name.clone(), created: row.created };
                self.phones.insert((*tracker, row.id), phone);
                Purpose::DriverPhone(*tracker)
            }
            // Administrators have nothing else.
            (_, SessionOwner::Account(_)) | (SessionPurpose::Standard, _) => Purpose::Standard,
        }
    }

    pub(crate) fn renew(&mut self, session: SessionId, expires: Timestamp) {
        let Some(entry) = self.digests.get(&session).and_then(|digest| self.by_digest.get_mut(digest)) else {
            return;
        };
        if self.due.remove(&(entry.expires, session)) {
            self.due.insert((expires, session));
        }
        entry.expires = expires;
    }

    pub(crate) fn end(&mut self, session: SessionId, at: Timestamp) {
        let Some(entry) = self.digests.get(&session).and_then(|digest| self.by_digest.get_mut(digest)) else {
            return;
        };
        if entry.ended.is_some() {
            return;
        }
        entry.ended = Some(at);
        let SessionEntry { owner, expires, .. } = *entry;
        self.ended.insert((at, session));
        self.bury(owner, expires, session);
    }

    /// Takes a session out of the living.
    fn bury(&mut self, owner: SessionOwner, expires: Timestamp, session: SessionId) {
        self.due.remove(&(expires, session));
        if let Some(live) = self.live.get_mut(&owner) {
            live.remove(&session);
            if live.is_empty() {
                self.live.remove(&owner);
            }
        }
    }

    pub(crate) fn forget(&mut self, session: SessionId) {
        let Some(entry) = self.digests.remove(&session).and_then(|digest| self.by_digest.remove(&digest)) else {
            return;
        };
        match entry.ended {
            Some(at) => {
                self.ended.remove(&(at, session));
            }
            None => self.bury(entry.owner, entry.expires, session),
        }
        if let SessionOwner::User(user) = entry.owner {
            self.keys.remove(&(user, session));
            self.tokens.remove(&(user, session));
        }
        if let Purpose::DriverPhone(tracker) = entry.purpose {
            self.phones.remove(&(tracker, session));
        }
    }

    /// An id that no session ever had.
    pub(crate) fn next_id(&self) -> SessionId {
        SessionId(self.last.0 + 1)
    }

    pub(crate) fn find(&self, digest: &Digest) -> Option<SessionEntry> {
        self.by_digest.get(digest).copied()
    }

    pub(crate) fn get(&self, session: SessionId) -> Option<SessionEntry> {
        self.digests.get(&session).and_then(|digest| self.find(digest))
    }

    /// Those of an owner that have not ended, in the order of ids.
    fn live_of(&self, owner: SessionOwner) -> impl Iterator<Item = SessionEntry> {
        static NONE: BTreeSet<SessionId> = BTreeSet::new();
        self.live.get(&owner).unwrap_or(&NONE).iter().filter_map(|id| self.get(*id))
    }

    /// Those of an owner that have not ended but will some time: all but API keys and drivers' phones.
    pub(crate) fn passing_of(&self, owner: SessionOwner) -> impl Iterator<Item = SessionId> {
        self.live_of(owner).filter(|entry| !entry.purpose.is_lasting()).map(|entry| entry.id)
    }

    /// The API keys of a user, the oldest first.
    pub(crate) fn keys_of(&self, user: UserId) -> impl Iterator<Item = (SessionId, &KeyEntry)> {
        let all = (user, SessionId(0))..=(user, SessionId(u64::MAX));
        self.keys.range(all).map(|((_, id), key)| (*id, key))
    }

    /// The newest token for a new password that a user was sent, if it is still remembered.
    pub(crate) fn last_token(&self, user: UserId) -> Option<SessionEntry> {
        let all = (user, SessionId(0))..=(user, SessionId(u64::MAX));
        self.tokens.range(all).next_back().and_then(|(_, id)| self.get(*id))
    }

    /// The phones of a tracker's drivers, the first that was paired first.
    pub(crate) fn phones_of(&self, tracker: TrackerId) -> impl Iterator<Item = (SessionId, &PhoneEntry)> {
        let all = (tracker, SessionId(0))..=(tracker, SessionId(u64::MAX));
        self.phones.range(all).map(|((_, id), phone)| (*id, phone))
    }

    /// One of them.
    pub(crate) fn phone(&self, tracker: TrackerId, session: SessionId) -> Option<&PhoneEntry> {
        self.phones.get(&(tracker, session))
    }

    /// How many of an owner's that are for one purpose will still be live at an instant.
    pub(crate) fn live_count(&self, owner: SessionOwner, purpose: Purpose, now: Timestamp) -> usize {
        self.live_of(owner).filter(|entry| entry.purpose == purpose && entry.is_live(now)).count()
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
