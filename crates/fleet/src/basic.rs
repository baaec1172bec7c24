//! Logins and passwords that come with every request, instead of a session that was started with them once.

use std::collections::HashMap;

use model::{SessionId, Timestamp, UserId};

use crate::change::login_key;
use crate::digest::{Digest, DigestKey};
use crate::error::LoginError;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::{Session, SessionKind};
use crate::values::{Secret, User};

/// Pairs of login and password that were found right not long ago, so that not every request costs a password hash.
/// Each is kept as a keyed digest, together with the hash that it was compared with: with a new password it is void.
pub(crate) struct Credentials {
    lifetime_ms: i64,
    count_max: usize,
    pairs: HashMap<Digest, Credential>,
}

struct Credential {
    user: UserId,
    known: Secret,
    expires: Timestamp,
}

impl Credentials {
    pub(crate) fn new(lifetime_s: u32, count_max: usize) -> Self {
        Self { lifetime_ms: i64::from(lifetime_s) * model::MS_PER_SECOND, count_max, pairs: HashMap::new() }
    }

    /// Whose pair it is, and the hash that it was compared with.
    fn find(&mut self, pair: &Digest, now: Timestamp) -> Option<(UserId, Secret)> {
        let found = self.pairs.get(pair)?;
        if now < found.expires {
            return Some((found.user, found.known.clone()));
        }
        self.pairs.remove(pair);
        None
    }

    fn keep(&mut self, pair: Digest, user: UserId, known: Secret, now: Timestamp) {
        if self.lifetime_ms == 0 || self.count_max == 0 {
            return;
        }
        // Each pair has cost a password hash, next to which this is nothing.
        if self.pairs.len() >= self.count_max {
            self.pairs.retain(|_, kept| now < kept.expires);
        }
        if self.pairs.len() >= self.count_max {
            let oldest = self.pairs.iter().min_by_key(|(_, kept)| kept.expires).map(|(pair, _)| *pair);
            oldest.and_then(|oldest| self.pairs.remove(&oldest));
        }
        self.pairs.insert(pair, Credential { user, known, expires: now.plus_ms(self.lifetime_ms) });
    }

    fn forget(&mut self, pair: &Digest) {
        self.pairs.remove(pair);
    }
}

impl Fleet {
    /// Whose login and password these are, for one request. A pair that was right is remembered for
    /// [`crate::FleetOptions::basic_cache_s`], unless the password is changed meanwhile. Failures count as those of
    /// [`Fleet::login`] do, and a login name that is locked is refused here too.
    ///
    /// # Errors
    /// As [`Fleet::login`], but for too many sessions: none is started.
    pub async fn verify(&self, login: &str, password: &str, now: Timestamp) -> Result<Session, LoginError> {
        // A locked name learns nothing, whether or not its pair is remembered.
        if self.failures().is_locked(&self.login_name(login), now) {
            return Err(LoginError::TooManyFailures);
        }
        let key = login_key(login);
        let pair = self.key.digest(&format!("credentials {} {key} {password}", key.len()));
        let remembered = self.credentials().find(&pair, now);
        if let Some((user, known)) = remembered {
            match self.basic_session(user, &known) {
                // The password is another by now, or the user is gone: the pair is judged anew.
                Err(LoginError::WrongLoginOrPassword) => self.credentials().forget(&pair),
                judged => return judged,
            }
        }
        let (user, known) = self.check_user_password(login, password, now).await?;
        let session = self.basic_session(user, &known)?;
        self.credentials().keep(pair, user, known, now);
        Ok(session)
    }

    fn basic_session(&self, user: UserId, known: &Secret) -> Result<Session, LoginError> {
        let memory = self.shared.memory();
        let user = memory.user(user).filter(|user| !user.removed && user.password_hash == *known);
        let user = user.ok_or(LoginError::WrongLoginOrPassword)?;
        memory.may_log_in(user).then_some(()).ok_or(LoginError::NotActivated)?;
        Ok(memory.session(self.key.number_of(user), SessionKind::Basic, user))
    }
}

impl DigestKey {
    /// The number of a session by login and password: another one after each change of the password. Those of the
    /// catalog never have the highest bit.
    fn number_of(&self, user: &User) -> SessionId {
        let digest = self.digest(&format!("number {} {}", user.id, user.password_hash.expose()));
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        SessionId(u64::from_be_bytes(number) | 1 << 63)
    }

    /// Whether a session that was authorized some time ago would be so now.
    pub(crate) fn still_holds(&self, memory: &Memory, session: &Session, now: Timestamp) -> bool {
        let Some(user) = memory.user(session.user).filter(|user| memory.may_log_in(user)) else { return false };
        match session.kind {
            SessionKind::Basic => self.number_of(user) == session.id,
            SessionKind::Standard | SessionKind::ApiKey | SessionKind::Sessid => {
                memory.sessions.get(session.id).is_some_and(|entry| entry.is_live(now))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_000_000 + s).expect("in range")
    }

    fn pair(letter: char) -> Digest {
        [letter as u8; 32]
    }

    fn kept(credentials: &mut Credentials, now: Timestamp) -> String {
        ('a'..='e').filter(|letter| credentials.find(&pair(*letter), now).is_some()).collect()
    }

    fn keep(credentials: &mut Credentials, letter: char, s: i64) {
        credentials.keep(pair(letter), UserId(7), Secret::new("hash".into()), at(s));
    }

    #[test]
    fn a_pair_is_remembered_for_a_while() {
        let mut credentials = Credentials::new(300, 10);
        keep(&mut credentials, 'a', 0);
        assert_eq!(credentials.find(&pair('a'), at(299)), Some((UserId(7), Secret::new("hash".into()))));
        assert_eq!(credentials.find(&pair('b'), at(299)), None);
        assert_eq!(credentials.find(&pair('a'), at(300)), None);
        assert!(credentials.pairs.is_empty(), "what is over is not kept");
    }

    #[test]
    fn the_oldest_pair_makes_room() {
        let mut credentials = Credentials::new(300, 2);
        keep(&mut credentials, 'a', 0);
        keep(&mut credentials, 'b', 1);
        keep(&mut credentials, 'c', 2);
        assert_eq!(kept(&mut credentials, at(2)), "bc");
        // What is over goes first, and makes room for all.
        keep(&mut credentials, 'd', 302);
        assert_eq!((kept(&mut credentials, at(302)).as_str(), credentials.pairs.len()), ("d", 1));
    }

    #[test]
    fn it_can_be_switched_off() {
        for (lifetime_s, count_max) in [(0, 10), (300, 0)] {
            let mut credentials = Credentials::new(lifetime_s, count_max);
            keep(&mut credentials, 'a', 0);
            assert_eq!(kept(&mut credentials, at(0)), "", "{lifetime_s} {count_max}");
        }
    }
}
