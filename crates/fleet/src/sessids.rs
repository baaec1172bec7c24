//! SESSIDs: names for the sessions of sockets, which clients bring along or have made for them.

use model::{SessionId, Timestamp, UserId};
use storage::catalog::{SessionOwner, SessionPurpose, SessionRow};

use crate::change::Change;
use crate::digest::{Digest, DigestKey, random};
use crate::error::{Failure, HashError, RenewError, SessidError};
use crate::event::{EndCause, FleetEvent};
use crate::fleet::Fleet;
use crate::remembered::Purpose;
use crate::sessions::{Session, SessionKind, live_entry};
use crate::values::Secret;

/// How many letters and digits a SESSID has.
pub const SESSID_CHARS: usize = 26;

/// A SESSID that is bound to a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bound {
    /// The SESSID.
    pub sessid: Secret,
    /// The number of its session, which stays when it is bound again.
    pub session: SessionId,
    /// Until when it is bound unless it is renewed.
    pub expires: Timestamp,
}

impl Fleet {
    /// Binds a SESSID to the session's user for [`crate::FleetOptions::sessid_lifetime_s`], or one that is made here
    /// when none is given: [`SESSID_CHARS`] of `0-9`, `A-Z` and `a-z`. One that is this user's already is bound for as
    /// long again. It opens [`Fleet::authorize_sessid`] and no other door.
    pub async fn bind_sessid(
        &self,
        session: &Session,
        sessid: Option<&str>,
        now: Timestamp,
    ) -> Result<Bound, SessidError> {
        let sessid = match sessid {
            Some(sessid) => is_well_formed(sessid).then(|| sessid.to_owned()).ok_or(SessidError::Malformed)?,
            None => generate()?,
        };
        let (digest, owner) = (sessid_digest(&self.key, &sessid), SessionOwner::User(session.user));
        let expires = self.sessid_expires(now);
        let (key, session, bound_max) = (self.key.clone(), session.clone(), self.options.sessids_per_user_max);
        let id = self
            .write(move |desk| {
                let (mut changes, mut events) = (Vec::new(), Vec::new());
                let id = {
                    let memory = desk.memory();
                    // While the password was compared, it may have been changed.
                    key.still_holds(&memory, &session, now).then_some(()).ok_or(SessidError::SessionEnded)?;
                    let sessions = &memory.sessions;
                    let found = sessions.find(&digest);
                    if found.is_some_and(|entry| entry.owner != owner && now < entry.expires) {
                        return Err(SessidError::Taken);
                    }
                    match found.filter(|entry| entry.owner == owner && entry.is_live(now)) {
                        Some(entry) => {
                            changes.push(Change::SessionRenewed { session: entry.id, expires });
                            entry.id
                        }
                        None => {
                            if sessions.live_count(owner, Purpose::Sessid, now) >= bound_max {
                                return Err(SessidError::TooMany);
                            }
                            if let Some(old) = found {
                                changes.push(Change::SessionForgotten(old.id));
                                // Its time is over, but it was not swept yet.
                                let told = FleetEvent::SessionEnded { session: old.id, cause: EndCause::Expired };
                                events.extend(old.ended.is_none().then_some(told));
                            }
                            let (id, purpose) = (sessions.next_id(), SessionPurpose::Sessid);
                            let row = SessionRow { id, digest, owner, purpose, created: now, expires, ended: None };
                            changes.push(Change::Session(row));
                            id
                        }
                    }
                };
                desk.commit(changes, &events)?;
                Ok::<_, SessidError>(id)
            })
            .await?;
        Ok(Bound { sessid: Secret::new(sessid), session: id, expires })
    }

    /// The session of a SESSID, if it is bound to this user.
    ///
    /// # Errors
    /// [`HashError::Malformed`], [`HashError::Unknown`] (also when it is another user's) or [`HashError::Ended`].
    pub fn authorize_sessid(&self, user: UserId, sessid: &str, now: Timestamp) -> Result<Session, HashError> {
        if !is_well_formed(sessid) {
            return Err(HashError::Malformed);
        }
        let digest = sessid_digest(&self.key, sessid);
        let memory = self.shared.memory();
        let found = memory.sessions.find(&digest).filter(|entry| entry.owner == SessionOwner::User(user));
        let entry = live_entry(found, now)?;
        let user = memory.user(user).filter(|user| memory.may_log_in(user)).ok_or(HashError::Ended)?;
        Ok(memory.session(entry.id, SessionKind::Sessid, user))
    }

    /// Lets a SESSID be bound as long again as a new one would. For sockets that live on.
    pub async fn renew_sessid(&self, session: SessionId, now: Timestamp) -> Result<(), RenewError> {
        let expires = self.sessid_expires(now);
        self.write(move |desk| {
            let entry = desk.memory().sessions.get(session).filter(|entry| entry.is_live(now));
            entry.filter(|entry| entry.purpose == Purpose::Sessid).ok_or(RenewError::Ended)?;
            Ok(desk.commit(vec![Change::SessionRenewed { session, expires }], &[])?)
        })
        .await
    }

    fn sessid_expires(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(i64::from(self.options.sessid_lifetime_s) * model::MS_PER_SECOND)
    }
}

/// Longer than any hash of a session, and begins like no other thing that is digested.
fn sessid_digest(key: &DigestKey, sessid: &str) -> Digest {
    key.digest(&format!("sessid {sessid}"))
}

fn is_well_formed(text: &str) -> bool {
    text.len() == SESSID_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn generate() -> Result<String, Failure> {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // The highest bytes are passed over: with them the first letters would come more often than the others.
    const FAIR: u8 = 62 * 4;
    let mut sessid = String::with_capacity(SESSID_CHARS);
    while sessid.len() < SESSID_CHARS {
        let fair = random::<32>()?.into_iter().filter(|byte| *byte < FAIR);
        let room = SESSID_CHARS - sessid.len();
        sessid.extend(fair.take(room).map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    Ok(sessid)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sessids_have_their_form() {
        let check = |text: &str, expected: bool| assert_eq!(is_well_formed(text), expected, "{text}");
        check("tjMzwqGgzNdDEyyswn3vZxFbWG", true);
        check("01234567890123456789012345", true);
        check("tjMzwqGgzNdDEyyswn3vZxFbW", false);
        check("tjMzwqGgzNdDEyyswn3vZxFbWGG", false);
        check("tjMzwqGgzNdDEyyswn3vZxFbW-", false);
        check("tjMzwqGgzNdDEyyswn3vZxFbé", false);
        check("", false);
    }

    #[test]
    fn made_ones_are_well_formed_and_use_the_whole_alphabet() {
        let made: Vec<String> = (0..200).map(|_| generate().expect("random")).collect();
        assert!(made.iter().all(|sessid| is_well_formed(sessid)), "{made:?}");
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len());
        let letters: BTreeSet<u8> = made.iter().flat_map(|sessid| sessid.bytes()).collect();
        assert_eq!(letters.len(), 62);
    }
}
