//! How many calls a second are answered: for each address, each user and each administrator's account.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use model::Timestamp;

const US_PER_S: i64 = 1_000_000;

/// A limit for each key: so many calls a second, and as many at once after a second of silence.
///
/// For each key one number is kept: when the calls answered so far would have come at an even pace. A key that has
/// been silent for a second is forgotten, and the table is bounded: while it is full of keys that are not, calls of
/// further keys are refused.
pub struct Rates<K> {
    /// 0: no limit.
    per_second_max: u32,
    keys_max: usize,
    table: Mutex<Table<K>>,
}

struct Table<K> {
    due_us: HashMap<K, i64>,
    swept_us: i64,
}

impl<K: Eq + Hash> Rates<K> {
    /// So many calls a second of each key, 0 for no limit, and so many keys at a time.
    pub fn new(per_second_max: u32, keys_max: usize) -> Self {
        let table = Mutex::new(Table { due_us: HashMap::new(), swept_us: i64::MIN });
        Self { per_second_max, keys_max, table }
    }

    /// Counts a call; false when it is one too many.
    pub fn take(&self, key: K, now: Timestamp) -> bool {
        if self.per_second_max == 0 {
            return true;
        }
        let interval_us = (US_PER_S / i64::from(self.per_second_max)).max(1);
        let now_us = now.ms() * 1_000;
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.due_us.len() >= self.keys_max {
            table.sweep(now_us);
        }
        let is_full = table.due_us.len() >= self.keys_max;
        let due_us = match table.due_us.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if is_full => return false,
            Entry::Vacant(entry) => entry.insert(now_us),
        };
        // More than a second ahead cannot be earned; the clock was set back.
        if *due_us < now_us || *due_us > now_us + US_PER_S {
            *due_us = now_us;
        }
        let fits = *due_us + interval_us <= now_us + US_PER_S;
        if fits {
            *due_us += interval_us;
        }
        fits
    }
}

impl<K: Eq + Hash> Table<K> {
    /// Forgets the silent ones, at most once a second.
    fn sweep(&mut self, now_us: i64) {
        if (now_us.saturating_sub(self.swept_us)).abs() < US_PER_S {
            return;
        }
        self.swept_us = now_us;
        self.due_us.retain(|_, due_us| *due_us > now_us && *due_us <= now_us + US_PER_S);
    }
}

/// Whose calls are counted together: an IPv4 address, or the IPv6 network that one customer has.
pub fn address_key(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms).expect("in range")
    }

    #[test]
    fn so_many_a_second_and_a_second_of_them_at_once() {
        let rates = Rates::new(50, 100);
        let allowed = |ms: i64, calls: usize| (0..calls).filter(|_| rates.take("a", at(ms))).count();
        assert_eq!(allowed(0, 200), 50);
        assert_eq!(allowed(20, 200), 1);
        assert_eq!(allowed(100, 200), 4);
        assert_eq!(allowed(1_100, 200), 50);
        assert!(rates.take("b", at(1_100)), "another key has its own count");
        assert_eq!(allowed(-1_000_000, 10), 10, "a clock set back locks nobody out");
    }

    #[test]
    fn no_limit_is_no_limit() {
        let rates = Rates::new(0, 1);
        assert!((0..1_000).all(|i| rates.take(i, at(0))));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_silent() {
        let rates = Rates::new(10, 3);
        let taken: Vec<bool> = (0..5).map(|i| rates.take(i, at(0))).collect();
        assert_eq!(taken, [true, true, true, false, false]);
        assert!(rates.take(0, at(0)), "who is in the table stays");
        assert!(rates.take(4, at(2_000)));
        assert_eq!(rates.table.lock().expect("not poisoned").due_us.len(), 1);
    }

    #[test]
    fn an_ipv6_customer_is_one() {
        let key = |text: &str| address_key(text.parse().expect(text));
        assert_eq!(key("2001:db8:1:2:aaaa::1"), key("2001:db8:1:2:bbbb::2"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
