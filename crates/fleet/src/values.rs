//! Users, trackers and sources as others see them.

use std::fmt;
use std::sync::Arc;

use model::{DeviceId, DeviceSettings, Sensor, SourceId, SourceSettings, Timestamp, TrackerId, UserId};
use serde::{Deserialize, Serialize};

use crate::models::Model;
use crate::preferences::Preferences;

/// An administrator's account. Positive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AccountId(pub u32);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that is not for logs: its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// An administrator's account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its login.
    pub login: Box<str>,
    /// Hash of its password.
    pub(crate) password_hash: Secret,
    /// When it was created.
    pub created: Timestamp,
}

/// A user: a master, which owns trackers, or a sub-user, which sees those of its master's trackers that are bound to
/// it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The administrator's account that it belongs to.
    pub account: AccountId,
    /// Whose sub-user it is, if it is one.
    pub master: Option<UserId>,
    /// The security group that gives a sub-user its rights; without one it has none.
    pub security_group: Option<u32>,
    /// Its login, an e-mail address, as entered.
    pub login: String,
    /// Whether it may log in.
    pub activated: bool,
    /// Whether its e-mail address was confirmed.
    pub verified: bool,
    /// Whether it was removed for good.
    pub(crate) removed: bool,
    /// Names and addresses.
    pub profile: UserProfile,
    /// How it wants things shown.
    pub preferences: Preferences,
    /// Whether an administrator lets it send devices commands of its own wording. Of a sub-user: only if its master
    /// may, too.
    pub device_commands: bool,
    /// The administrator's remark.
    pub comment: String,
    /// When it was created.
    pub created: Timestamp,
    pub(crate) password_hash: Secret,
    /// Newest first.
    pub(crate) earlier_passwords: Vec<Secret>,
}

/// Kind of a user in law.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalType {
    /// A person.
    #[default]
    Individual,
    /// A company.
    LegalEntity,
    /// A person in business.
    SoleTrader,
}

/// Names and addresses of a user. Empty where not known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UserProfile {
    /// Kind in law; fixed at creation.
    pub legal_type: LegalType,
    /// First name, at most 100 characters.
    pub first_name: String,
    /// Middle name, at most 100 characters.
    pub middle_name: String,
    /// Last name, at most 100 characters.
    pub last_name: String,
    /// At most 15 digits.
    pub phone: String,
    /// Where post goes.
    pub post: Address,
    /// Where it is registered.
    pub registered: Address,
    /// Taxpayer's number, at most 50 characters.
    pub tin: String,
    /// A company's name, at most 200 characters.
    pub legal_name: String,
    /// A company's second number, at most 50 characters.
    pub iec: String,
    /// Its number in the state's register, at most 15 characters.
    pub state_reg_num: String,
}

/// An address; each part at most 200 characters.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Address {
    pub country: String,
    pub region: String,
    pub city: String,
    pub street_address: String,
    pub index: String,
}

/// A registered device, as a listener for devices sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its stream of data.
    pub source: SourceId,
    /// Its model.
    pub model: &'static Model,
    /// What decoding its bytes depends on besides them.
    pub settings: Arc<DeviceSettings>,
}

/// A source. Cheap to clone.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceInfo {
    /// Its id.
    pub source: SourceId,
    /// The device behind it.
    pub device: DeviceId,
    /// The device's model.
    pub model: &'static Model,
    /// When it was registered.
    pub registered: Timestamp,
    /// Whether its states are withheld from everybody.
    pub blocked: bool,
    /// Whether its device ever made contact.
    pub connected: bool,
    /// Whether it was removed for good.
    pub removed: bool,
    /// What its state is folded with.
    pub settings: Arc<SourceSettings>,
    /// What decoding its device's bytes depends on besides them. Another device begins without any.
    pub device_settings: Arc<DeviceSettings>,
    /// What its attributes mean, in the order of ids.
    pub sensors: Arc<[Sensor]>,
}

/// A tracker: one user's view of a source.
#[derive(Clone, PartialEq, Debug)]
pub struct Tracker {
    /// Its id.
    pub id: TrackerId,
    /// Its owner.
    pub user: UserId,
    /// Its name: 1 to 60 printable characters without `<` and `>`.
    pub label: String,
    /// The group it is in; 0 is none.
    pub group: u32,
    /// Whether it is a further view of a source that belongs to another user's tracker.
    pub clone: bool,
    /// Whether an administrator hid it, which can be undone.
    pub hidden: bool,
    /// Whether it was removed for good.
    pub corrupted: bool,
    /// The administrator's remark.
    pub comment: String,
    /// When it was created.
    pub created: Timestamp,
    /// The source it shows.
    pub source: SourceInfo,
}

impl Tracker {
    /// Whether it can be seen at all: it was neither hidden nor removed.
    pub fn is_visible(&self) -> bool {
        !self.hidden && !self.corrupted
    }
}

/// What is needed to register a tracker.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewTracker {
    /// Its name.
    pub label: String,
    /// The group it goes to; 0 is none.
    pub group: u32,
    /// Code of the device's model.
    pub model: String,
    /// The way of registering: 44 is free of charge (35 for the phone app).
    pub plugin: u32,
    /// The device's id; ignored for models whose ids the server makes.
    pub device_id: Option<String>,
}

/// What a session may see of a tracker. The first that holds, in the order of the variants but [`Self::Normal`] last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// No such tracker, or hidden, removed, or another user's.
    Unknown,
    /// The master's, but it is not bound to this sub-user.
    Disallowed,
    /// Its source is blocked.
    Blocked(SourceId),
    /// Everything.
    Normal(SourceId),
}
