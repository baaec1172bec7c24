//! Counting refused attempts to prove who one is, over HTTP and on sockets together. Successes never count.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use calls::address_key;
use fleet::LOGIN_CHARS_MAX;
use model::Timestamp;

use crate::options::TrackitOptions;

const MINUTE_MS: i64 = 60_000;

/// As many attempts as may be were refused within the last minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyRefused {
    /// Whole seconds until the next attempt is heard.
    pub retry_s: u32,
}

/// The refused attempts of the last minute, by address and by login.
pub struct Refused {
    addresses: Mutex<Counts<IpAddr>>,
    logins: Mutex<Counts<String>>,
}

impl Refused {
    /// With nothing refused yet.
    pub fn new(options: &TrackitOptions) -> Self {
        let keys_max = options.refused_keys_max.max(1);
        Self {
            addresses: Mutex::new(Counts::new(options.refused_per_address_per_minute_max, keys_max)),
            logins: Mutex::new(Counts::new(options.refused_per_login_per_minute_max, keys_max)),
        }
    }

    /// Whether an attempt is heard at all.
    pub fn check(&self, peer: IpAddr, login: Option<&str>, now: Timestamp) -> Result<(), TooManyRefused> {
        lock(&self.addresses).check(&address_key(peer), now)?;
        login.map_or(Ok(()), |login| lock(&self.logins).check(&login_key(login), now))
    }

    /// An attempt was refused.
    pub fn note(&self, peer: IpAddr, login: Option<&str>, now: Timestamp) {
        lock(&self.addresses).note(address_key(peer), now);
        if let Some(login) = login {
            lock(&self.logins).note(login_key(login), now);
        }
    }
}

/// What calls bring may be much longer than any user's login, and is not kept whole.
fn login_key(login: &str) -> String {
    login.chars().take(LOGIN_CHARS_MAX).flat_map(char::to_lowercase).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When what was refused, of each key, oldest first; at most as many as count.
struct Counts<K> {
    max: usize,
    keys_max: usize,
    times: HashMap<K, VecDeque<Timestamp>>,
}

impl<K: Eq + Hash + Clone> Counts<K> {
    fn new(max: usize, keys_max: usize) -> Self {
        Self { max, keys_max, times: HashMap::new() }
    }

    fn check(&mut self, key: &K, now: Timestamp) -> Result<(), TooManyRefused> {
        let Some(times) = self.times.get_mut(key) else { return Ok(()) };
        drop_old(times, now);
        match times.front() {
            Some(first) if times.len() >= self.max => {
                let left_ms = MINUTE_MS - now.since_ms(*first);
                Err(TooManyRefused { retry_s: u32::try_from((left_ms + 999) / 1_000).unwrap_or(1).max(1) })
            }
            _ => Ok(()),
        }
    }

    fn note(&mut self, key: K, now: Timestamp) {
        if self.times.len() >= self.keys_max && !self.times.contains_key(&key) {
            self.make_room(now);
        }
        let times = self.times.entry(key).or_default();
        drop_old(times, now);
        times.push_back(now);
        if times.len() > self.max {
            times.pop_front();
        }
    }

    /// Forgets those whose minute is over, and if that is not enough the one that was refused longest ago.
    fn make_room(&mut self, now: Timestamp) {
        self.times.retain(|_, times| {
            drop_old(times, now);
            !times.is_empty()
        });
        if self.times.len() >= self.keys_max
            && let Some(oldest) = self.times.iter().min_by_key(|(_, times)| times.back().copied()).map(|(key, _)| key)
        {
            let oldest = oldest.clone();
            self.times.remove(&oldest);
        }
    }
}

fn drop_old(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    // What lies in the future is from before the clock was set back.
    while times.front().is_some_and(|at| !(0..MINUTE_MS).contains(&now.since_ms(*at))) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_000_000 + s).expect("in range")
    }

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn refused() -> Refused {
        let options = TrackitOptions {
            refused_per_address_per_minute_max: 4,
            refused_per_login_per_minute_max: 2,
            refused_keys_max: 3,
            ..TrackitOptions::default()
        };
        Refused::new(&options)
    }

    #[test]
    fn a_login_is_heard_again_a_minute_after_the_first_that_counts() {
        let refused = refused();
        for s in [0, 20] {
            assert_eq!(refused.check(peer(1), Some("Ann"), at(s)), Ok(()));
            refused.note(peer(1), Some("Ann"), at(s));
        }
        assert_eq!(refused.check(peer(2), Some("ann"), at(30)), Err(TooManyRefused { retry_s: 30 }));
        assert_eq!(refused.check(peer(2), Some("bob"), at(30)), Ok(()));
        assert_eq!(refused.check(peer(2), Some("ann"), at(60)), Ok(()));
    }

    #[test]
    fn an_address_counts_whatever_the_login() {
        let refused = refused();
        for (s, login) in [(0, Some("a")), (1, Some("b")), (2, None), (3, None)] {
            refused.note(peer(1), login, at(s));
        }
        assert!(refused.check(peer(1), None, at(59)).is_err() && refused.check(peer(1), Some("c"), at(59)).is_err());
        assert_eq!(refused.check(peer(1), None, at(60)), Ok(()));
    }

    #[test]
    fn the_tables_are_bounded() {
        let refused = refused();
        for last in 0..100 {
            refused.note(peer(last), Some(&format!("user {last}")), at(0));
        }
        assert_eq!((lock(&refused.addresses).times.len(), lock(&refused.logins).times.len()), (3, 3));
    }

    #[test]
    fn a_login_without_end_is_kept_short() {
        let refused = refused();
        for end in ["a", "b"] {
            refused.note(peer(1), Some(&("Å".repeat(4_000) + end)), at(0));
        }
        assert!(refused.check(peer(2), Some(&"å".repeat(4_000)), at(0)).is_err());
        assert!(lock(&refused.logins).times.keys().all(|login| login.chars().count() == LOGIN_CHARS_MAX));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out_for_long() {
        let refused = refused();
        refused.note(peer(1), Some("ann"), at(1_000));
        refused.note(peer(1), Some("ann"), at(1_000));
        assert_eq!(refused.check(peer(1), Some("ann"), at(0)), Ok(()));
    }
}
