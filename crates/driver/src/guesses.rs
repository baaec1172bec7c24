//! How often an address may name a wrong pairing code.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use model::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// Counts guesses by address. A guess counts from when it is begun, so that many at once are as many; one that turns
/// out right is taken back.
pub(crate) struct Guesses {
    per_minute_max: u32,
    addresses_max: usize,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    since: Timestamp,
    count: u32,
}

impl Window {
    fn is_over(self, now: Timestamp) -> bool {
        // A clock that was set back must not lock anybody out.
        !(0..MINUTE_MS).contains(&now.since_ms(self.since))
    }
}

impl Guesses {
    pub(crate) fn new(per_minute_max: u32, addresses_max: usize) -> Self {
        Self { per_minute_max, addresses_max, windows: Mutex::default() }
    }

    /// Counts a guess. False when the address has made as many as it may, or as many addresses guess as may.
    pub(crate) fn begin(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        if windows.len() >= self.addresses_max && !windows.contains_key(&address) {
            windows.retain(|_, window| !window.is_over(now));
            if windows.len() >= self.addresses_max {
                return false;
            }
        }
        let window = windows.entry(address).or_insert(Window { since: now, count: 0 });
        if window.is_over(now) {
            *window = Window { since: now, count: 0 };
        }
        let may = window.count < self.per_minute_max;
        window.count += u32::from(may);
        may
    }

    /// The guess was right.
    pub(crate) fn take_back(&self, address: IpAddr) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        if let Some(window) = windows.get_mut(&address) {
            window.count = window.count.saturating_sub(1);
            if window.count == 0 {
                windows.remove(&address);
            }
        }
    }
}

/// One host has a whole network of IPv6 to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_700_000_000 + s).expect("in range")
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_so_many_guesses_a_minute() {
        let guesses = Guesses::new(2, 10);
        let (ann, bob) = (ip("192.0.2.1"), ip("192.0.2.2"));
        assert!(guesses.begin(ann, at(0)) && guesses.begin(ann, at(1)));
        assert!(!guesses.begin(ann, at(2)) && !guesses.begin(ip("::ffff:192.0.2.1"), at(59)));
        assert!(guesses.begin(bob, at(3)), "another's are its own");
        assert!(guesses.begin(ann, at(60)), "a minute is over");
        assert!(guesses.begin(ann, at(-600)), "the clock was set back");
    }

    #[test]
    fn a_right_guess_does_not_count() {
        let guesses = Guesses::new(1, 10);
        for _ in 0..5 {
            assert!(guesses.begin(ip("192.0.2.1"), at(0)));
            guesses.take_back(ip("192.0.2.1"));
        }
        assert!(guesses.windows.lock().expect("not poisoned").is_empty(), "nothing is left of it");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let guesses = Guesses::new(1, 10);
        assert!(guesses.begin(ip("2001:db8:1:2::1"), at(0)));
        assert!(!guesses.begin(ip("2001:db8:1:2:ffff::9"), at(0)));
        assert!(guesses.begin(ip("2001:db8:1:3::1"), at(0)));
    }

    #[test]
    fn so_many_addresses_are_watched() {
        let guesses = Guesses::new(5, 2);
        assert!(guesses.begin(ip("192.0.2.1"), at(0)) && guesses.begin(ip("192.0.2.2"), at(30)));
        assert!(!guesses.begin(ip("192.0.2.3"), at(40)));
        assert!(guesses.begin(ip("192.0.2.2"), at(40)), "one that is watched goes on");
        assert!(guesses.begin(ip("192.0.2.3"), at(60)), "the first is forgotten");
    }
}
