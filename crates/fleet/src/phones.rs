//! The phones of drivers: paired with a tracker by a code that works once, then known by a token that lasts.

use std::sync::{Arc, MutexGuard, PoisonError};

use model::{SessionId, SourceId, Timestamp, TrackerId, UserId};
use serde::{Deserialize, Serialize};
use storage::catalog::{SessionOwner, SessionPurpose, SessionRow};

use crate::change::Change;
use crate::check;
use crate::digest::{Digest, DigestKey, SessionHash, hex, random};
use crate::entities::{EntityKind, Stored};
use crate::error::{Failure, Field, HashError, Invalid, OfficeError, PairError};
use crate::event::{EndCause, FleetEvent};
use crate::failures::LoginFailures;
use crate::fleet::Fleet;
use crate::keeper::{Keeper, Scope};
use crate::memory::Memory;
use crate::remembered::{Purpose, SessionEntry};
use crate::sessions::live_entry;
use crate::values::{Secret, Tracker};

/// How many digits a pairing code has.
pub const PAIRING_CODE_DIGITS: usize = 8;
/// How many codes there are.
const CODES: u64 = 10_u64.pow(PAIRING_CODE_DIGITS as u32);
/// How often a code is drawn that another tracker has at the moment, before the drawing itself must be at fault.
const DRAWINGS_MAX: usize = 16;

/// What a phone is paired with a tracker by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PairingCode {
    /// [`PAIRING_CODE_DIGITS`] digits.
    pub code: Secret,
    /// Until when it works.
    pub expires: Timestamp,
}

/// A driver's phone that is known at the moment of [`Fleet::authorize_driver`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DriverSession {
    /// Its number; the token is known to the phone only.
    pub id: SessionId,
    /// The tracker whose driver it is.
    pub tracker: TrackerId,
    /// What the tracker shows.
    pub source: SourceId,
    /// The tracker's owner.
    pub user: UserId,
    /// What the phone is called.
    pub phone_name: String,
}

/// A driver's phone, as the office sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DriverPhone {
    /// The number of its session.
    pub id: SessionId,
    /// What it is called.
    pub name: String,
    /// When it was paired.
    pub paired: Timestamp,
}

/// A code that was given out for a tracker, which has no other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct StoredCode {
    tracker: u32,
    /// Keyed digest of the code, as hexadecimal digits.
    digest: String,
    expires_ms: i64,
}

impl Stored for StoredCode {
    fn id(&self) -> u32 {
        self.tracker
    }
}

impl StoredCode {
    fn is_live(&self, now: Timestamp) -> bool {
        now.ms() < self.expires_ms
    }
}

impl Fleet {
    /// Gives out a code by which a phone becomes that of the tracker's driver, once and within
    /// [`crate::FleetOptions::pairing_code_lifetime_s`]. An earlier one of the tracker is void.
    pub async fn create_pairing_code(
        &self,
        keeper: Keeper<'_>,
        tracker: TrackerId,
        now: Timestamp,
    ) -> Result<PairingCode, OfficeError> {
        let scope = keeper.scope()?;
        let (codes_max, phones_max) = (self.options.pairing_codes_max, self.options.driver_phones_per_tracker_max);
        let expires = now.plus_ms(i64::from(self.options.pairing_code_lifetime_s) * model::MS_PER_SECOND);
        let key = self.key.clone();
        self.write(move |desk| {
            let (changes, code) = {
                let memory = desk.memory();
                let shown = scope.original(&memory, tracker)?;
                if shown.source.blocked && matches!(scope, Scope::Master(_)) {
                    return Err(OfficeError::Blocked);
                }
                let (live, over): (Vec<_>, Vec<_>) =
                    memory.entities.pairing_codes.iter().partition(|code| code.is_live(now));
                let others = live.iter().filter(|code| code.tracker != tracker.0).count();
                if others >= codes_max || memory.sessions.phones_of(tracker).count() >= phones_max {
                    return Err(OfficeError::TooMany);
                }
                let (code, digest) = draw(&key, &live)?;
                let removed =
                    |code: &Arc<StoredCode>| Change::EntityRemoved { kind: EntityKind::StoredCode, id: code.tracker };
                let mut changes: Vec<Change> = over.into_iter().map(removed).collect();
                let stored = StoredCode { tracker: tracker.0, digest, expires_ms: expires.ms() };
                changes.push(Change::Entity(stored.into()));
                (changes, code)
            };
            desk.commit(changes, &[])?;
            Ok(PairingCode { code, expires })
        })
        .await
    }

    /// Makes a phone that of a tracker's driver: its token, which is given out here and never again, and its session.
    /// The code is used up. Wrong codes count, whoever tries them; after
    /// [`crate::FleetOptions::pairing_failures_max`] within the lifetime of a code none is looked at for as long.
    pub async fn pair(
        &self,
        code: &str,
        phone_name: &str,
        now: Timestamp,
    ) -> Result<(Secret, DriverSession), PairError> {
        check::line(phone_name, check::LABEL_CHARS_MAX).map_err(|problem| Invalid { field: Field::Name, problem })?;
        let code = code_digest(&self.key, code);
        self.look_for_code(&code, now)?;
        let token = SessionHash::generate()?;
        let (digest, name) = (token_digest(&self.key, token.as_str()), phone_name.to_owned());
        let phones_max = self.options.driver_phones_per_tracker_max;
        let session = self
            .write(move |desk| {
                let (row, session) = {
                    let memory = desk.memory();
                    // Somebody may have used it meanwhile. Who knew it was not guessing.
                    let code = memory.pairing_code(&code, now).ok_or(PairError::WrongCode)?;
                    let tracker = memory.trackers.get(&TrackerId(code.tracker)).ok_or(PairError::WrongCode)?;
                    if memory.sessions.phones_of(tracker.id).count() >= phones_max {
                        return Err(PairError::TooManyPhones);
                    }
                    let session = DriverSession {
                        id: memory.sessions.next_id(),
                        tracker: tracker.id,
                        source: tracker.source.source,
                        user: tracker.user,
                        phone_name: name,
                    };
                    (session.row(digest, now), session)
                };
                let used = Change::EntityRemoved { kind: EntityKind::StoredCode, id: session.tracker.0 };
                desk.commit(vec![used, Change::Session(row)], &[])?;
                Ok(session)
            })
            .await?;
        Ok((Secret::new(token.as_str().to_owned()), session))
    }

    /// Counts a code that nobody was given.
    fn look_for_code(&self, code: &str, now: Timestamp) -> Result<(), PairError> {
        // All wrong codes are under one name, whoever tries them.
        const ANYBODY: Digest = [0; 32];
        let mut failures = self.pairing_failures();
        if failures.is_locked(&ANYBODY, now) {
            return Err(PairError::TooManyFailures);
        }
        if self.shared.memory().pairing_code(code, now).is_none() {
            failures.note(&ANYBODY, now);
            return Err(PairError::WrongCode);
        }
        Ok(())
    }

    fn pairing_failures(&self) -> MutexGuard<'_, LoginFailures> {
        self.pairing_failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose phone a token is of. It does not matter whether the tracker's owner may log in: devices report all the
    /// same.
    ///
    /// # Errors
    /// [`HashError::Malformed`], or [`HashError::Unknown`], which it is from the moment that the phone is removed.
    pub fn authorize_driver(&self, token: &str, now: Timestamp) -> Result<DriverSession, HashError> {
        if !SessionHash::is_well_formed(token) {
            return Err(HashError::Malformed);
        }
        let digest = token_digest(&self.key, token);
        let memory = self.shared.memory();
        let entry = live_entry(memory.sessions.find(&digest), now)?;
        memory.driver_session(&entry).ok_or(HashError::Unknown)
    }

    /// The phones of a tracker's drivers, the first that was paired first.
    pub fn driver_phones(&self, keeper: Keeper<'_>, tracker: TrackerId) -> Result<Vec<DriverPhone>, OfficeError> {
        let scope = keeper.scope()?;
        let memory = self.shared.memory();
        scope.original(&memory, tracker)?;
        let phones = memory.sessions.phones_of(tracker);
        Ok(phones.map(|(id, phone)| DriverPhone { id, name: phone.name.clone(), paired: phone.created }).collect())
    }

    /// Removes a driver's phone: its token opens nothing any more.
    pub async fn unpair(&self, keeper: Keeper<'_>, phone: SessionId) -> Result<(), OfficeError> {
        let scope = keeper.scope()?;
        self.write(move |desk| {
            {
                let memory = desk.memory();
                let entry = memory.sessions.get(phone).and_then(|entry| memory.driver_session(&entry));
                let tracker = entry.ok_or(OfficeError::NotFound)?.tracker;
                scope.tracker(&memory, tracker)?;
            }
            let (gone, told) = removal(phone, EndCause::Unpaired);
            Ok(desk.commit(vec![gone], &[told])?)
        })
        .await
    }

    /// Removes a driver's phone that asks for it itself. One that is gone already stays so.
    pub async fn leave(&self, phone: &DriverSession) -> Result<(), Failure> {
        let phone = phone.id;
        self.write(move |desk| {
            let entry = desk.memory().sessions.get(phone);
            if !entry.is_some_and(|entry| matches!(entry.purpose, Purpose::DriverPhone(_))) {
                return Ok(());
            }
            let (gone, told) = removal(phone, EndCause::Unpaired);
            Ok(desk.commit(vec![gone], &[told])?)
        })
        .await
    }
}

impl DriverSession {
    fn row(&self, digest: Digest, now: Timestamp) -> SessionRow {
        SessionRow {
            id: self.id,
            digest,
            owner: SessionOwner::User(self.user),
            purpose: SessionPurpose::DriverPhone { tracker: self.tracker, name: self.phone_name.clone() },
            created: now,
            expires: Timestamp::MAX,
            ended: None,
        }
    }
}

impl Memory {
    /// The code with this digest, if it was given out and works. There are few at a time.
    fn pairing_code(&self, digest: &str, now: Timestamp) -> Option<&Arc<StoredCode>> {
        self.entities.pairing_codes.iter().find(|code| code.digest == digest && code.is_live(now))
    }

    fn driver_session(&self, entry: &SessionEntry) -> Option<DriverSession> {
        let Purpose::DriverPhone(id) = entry.purpose else { return None };
        let tracker = self.trackers.get(&id)?;
        let phone = self.sessions.phone(id, entry.id)?;
        let (source, user) = (tracker.source.source, tracker.user);
        Some(DriverSession { id: entry.id, tracker: id, source, user, phone_name: phone.name.clone() })
    }
}

/// The end of a tracker's code and of its drivers' phones, when the tracker goes.
pub(crate) fn removals(memory: &Memory, tracker: TrackerId) -> (Vec<Change>, Vec<FleetEvent>) {
    let phones = memory.sessions.phones_of(tracker).map(|(phone, _)| removal(phone, EndCause::TrackerRemoved));
    let (mut changes, events): (Vec<Change>, Vec<FleetEvent>) = phones.unzip();
    if memory.entities.pairing_codes.get(tracker.0).is_some() {
        changes.push(Change::EntityRemoved { kind: EntityKind::StoredCode, id: tracker.0 });
    }
    (changes, events)
}

fn removal(phone: SessionId, cause: EndCause) -> (Change, FleetEvent) {
    (Change::SessionForgotten(phone), FleetEvent::SessionEnded { session: phone, cause })
}

/// Neither begins like anything else that is digested.
fn code_digest(key: &DigestKey, code: &str) -> String {
    hex(&key.digest(&format!("pairing code {code}")))
}

fn token_digest(key: &DigestKey, token: &str) -> Digest {
    key.digest(&format!("driver token {token}"))
}

/// A code that none of these is, with its digest.
fn draw(key: &DigestKey, live: &[&Arc<StoredCode>]) -> Result<(Secret, String), Failure> {
    for _ in 0..DRAWINGS_MAX {
        // So many times more numbers than codes that each code is as likely as any other.
        let code = format!("{:0width$}", u64::from_be_bytes(random()?) % CODES, width = PAIRING_CODE_DIGITS);
        let digest = code_digest(key, &code);
        if live.iter().all(|other| other.digest != digest) {
            return Ok((Secret::new(code), digest));
        }
    }
    Err(Failure::Crypto)
}

impl Fleet {
    /// The tracker of a driver's phone, unless the phone is gone.
    pub fn phone_tracker(&self, phone: &DriverSession) -> Option<Arc<Tracker>> {
        let memory = self.shared.memory();
        memory.sessions.phone(phone.tracker, phone.id)?;
        memory.trackers.get(&phone.tracker).map(Arc::clone)
    }
}
