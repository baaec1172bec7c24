//! What the catalog holds, as plain rows.

use model::{SessionId, SourceId, Timestamp, TrackerId, UserId};

/// An administrator's account, which users belong to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountRow {
    /// Its id.
    pub id: u32,
    /// Its login, unique.
    pub login: String,
    /// Hash of its password, as a PHC string.
    pub password_hash: String,
    /// When it was created.
    pub created: Timestamp,
}

/// A user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserRow {
    /// Its id.
    pub id: UserId,
    /// The account it belongs to.
    pub account: u32,
    /// Whose sub-user it is, if it is one.
    pub master: Option<UserId>,
    /// The security group that a sub-user is in.
    pub security_group: Option<u32>,
    /// Its login as it was entered.
    pub login: String,
    /// The login in lower case: unique among users that are not removed.
    pub login_key: String,
    /// Hash of its password, as a PHC string.
    pub password_hash: String,
    /// Hashes of earlier passwords, as JSON.
    pub earlier_passwords: String,
    /// Whether it may log in.
    pub activated: bool,
    /// Whether its e-mail address was confirmed.
    pub verified: bool,
    /// Whether it was removed for good.
    pub removed: bool,
    /// IANA name of its zone.
    pub time_zone: String,
    /// Its locale, such as `en_US`.
    pub locale: String,
    /// Name of its system of units.
    pub measurement_system: String,
    /// How it wants things shown otherwise, as JSON.
    pub settings: String,
    /// Names and addresses, as JSON.
    pub profile: String,
    /// Whether it may send devices commands of its own wording.
    pub device_commands: bool,
    /// The administrator's remark.
    pub comment: String,
    /// When it was created.
    pub created: Timestamp,
}

/// A source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceRow {
    /// Its id.
    pub id: SourceId,
    /// The device behind it: unique among sources that are not removed.
    pub device: String,
    /// Code of the device's model.
    pub model: String,
    /// Whether its states are withheld.
    pub blocked: bool,
    /// Whether its device ever made contact.
    pub connected: bool,
    /// Whether it was removed for good.
    pub removed: bool,
    /// What its state is folded with, as JSON.
    pub settings: String,
    /// What decoding its device depends on, as JSON.
    pub device_settings: String,
    /// When it was registered.
    pub registered: Timestamp,
}

/// A tracker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrackerRow {
    /// Its id.
    pub id: TrackerId,
    /// Its owner.
    pub user: UserId,
    /// The source it shows.
    pub source: SourceId,
    /// Its name.
    pub label: String,
    /// The group it is in; 0 is none.
    pub group: u32,
    /// Whether it is a further view of a source that another tracker owns.
    pub clone: bool,
    /// Whether it is hidden, which can be undone.
    pub hidden: bool,
    /// Whether it was removed for good.
    pub removed: bool,
    /// The administrator's remark.
    pub comment: String,
    /// When it was created.
    pub created: Timestamp,
}

/// Whose a session is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SessionOwner {
    /// A user's.
    User(UserId),
    /// An administrator's.
    Account(u32),
}

/// What a session is for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum SessionPurpose {
    /// Whatever its owner may do.
    #[default]
    Standard,
    /// The same, for programs; it lasts until it is deleted.
    ApiKey {
        /// What its owner calls it.
        title: String,
        /// What the hash that the client holds is made of, together with a key that is not in the catalog.
        seed: [u8; 16],
    },
    /// Giving the owner a new password, once.
    PasswordChange,
    /// A socket whose client brings a name for its session.
    Sessid,
    /// A driver's application on a phone. It lasts until somebody ends it.
    DriverPhone {
        /// The tracker whose driver it is.
        tracker: TrackerId,
        /// What the phone is called.
        name: String,
    },
}

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Keyed digest of the hash that the client holds.
    pub digest: [u8; 32],
    /// Whose it is.
    pub owner: SessionOwner,
    /// What it is for.
    pub purpose: SessionPurpose,
    /// When it was created.
    pub created: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// A small thing that hangs on a user or a source: a group, a tag, a sensor. The catalog does not look into it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntityRow {
    /// What it is. A lower-case word that is never given to another kind of thing.
    pub kind: String,
    /// Its id, unique within its kind.
    pub id: u32,
    /// Everything else, as JSON.
    pub body: String,
}

/// Everything the catalog holds, each list in the order of ids.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contents {
    /// All accounts.
    pub accounts: Vec<AccountRow>,
    /// All users, removed ones too.
    pub users: Vec<UserRow>,
    /// All sources, removed ones too.
    pub sources: Vec<SourceRow>,
    /// All trackers, removed ones too.
    pub trackers: Vec<TrackerRow>,
    /// Which trackers are bound to which sub-users, in the order of users and trackers.
    pub bindings: Vec<(UserId, TrackerId)>,
    /// All sessions that are not forgotten.
    pub sessions: Vec<SessionRow>,
    /// All entities, in the order of kinds and ids.
    pub entities: Vec<EntityRow>,
    /// The highest id that each kind of entity ever had.
    pub last_entities: Vec<(String, u32)>,
    /// The highest id that a session ever had; 0 when there was none.
    pub last_session: SessionId,
}

/// One change. A row that is written takes the place of the one with its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// An account.
    Account(AccountRow),
    /// A user.
    User(UserRow),
    /// A source.
    Source(SourceRow),
    /// A tracker.
    Tracker(TrackerRow),
    /// A tracker is bound to a sub-user.
    Bound {
        /// The sub-user.
        user: UserId,
        /// The tracker.
        tracker: TrackerId,
    },
    /// A tracker is no longer bound to a sub-user.
    Unbound {
        /// The sub-user.
        user: UserId,
        /// The tracker.
        tracker: TrackerId,
    },
    /// Nothing is bound to a sub-user any longer.
    AllUnbound {
        /// The sub-user.
        user: UserId,
    },
    /// A session.
    Session(SessionRow),
    /// A session lives longer.
    SessionRenewed {
        /// Which.
        session: SessionId,
        /// When it ends at the latest.
        expires: Timestamp,
    },
    /// A session has ended.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// When.
        at: Timestamp,
    },
    /// A session is not remembered any longer.
    SessionForgotten(SessionId),
    /// An entity.
    Entity(EntityRow),
    /// An entity is gone. Its id is not given again.
    EntityRemoved {
        /// What it was.
        kind: String,
        /// Its id.
        id: u32,
    },
}
