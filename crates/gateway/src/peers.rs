//! Who sent datagrams lately: by address, the one that was silent longest first to go.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

/// A bounded table of values by address.
pub(crate) struct Peers<V> {
    places: HashMap<SocketAddr, Place<V>>,
    /// The addresses by when they were last heard of.
    order: BTreeMap<u64, SocketAddr>,
    /// Counts what was heard.
    heard: u64,
    peers_max: usize,
}

struct Place<V> {
    value: V,
    heard: u64,
}

impl<V> Peers<V> {
    pub(crate) fn new(peers_max: usize) -> Self {
        Self { places: HashMap::new(), order: BTreeMap::new(), heard: 0, peers_max: peers_max.max(1) }
    }

    /// The value of an address that was heard of now, if it has one.
    pub(crate) fn hear(&mut self, address: SocketAddr) -> Option<&V> {
        let place = self.places.get_mut(&address)?;
        self.order.remove(&place.heard);
        self.heard += 1;
        place.heard = self.heard;
        self.order.insert(self.heard, address);
        Some(&place.value)
    }

    /// Gives an address a value. What has to go for it is returned: its own former one, or that of whoever was silent
    /// longest.
    pub(crate) fn put(&mut self, address: SocketAddr, value: V) -> Option<V> {
        let former = self.remove(address);
        let is_full = self.places.len() >= self.peers_max;
        let gone = former.or_else(|| is_full.then(|| self.remove_oldest()).flatten());
        self.heard += 1;
        self.order.insert(self.heard, address);
        self.places.insert(address, Place { value, heard: self.heard });
        gone
    }

    /// Forgets an address, if what it has is what `is_it` looks for.
    pub(crate) fn forget(&mut self, address: SocketAddr, is_it: impl FnOnce(&V) -> bool) {
        if self.places.get(&address).is_some_and(|place| is_it(&place.value)) {
            self.remove(address);
        }
    }

    fn remove_oldest(&mut self) -> Option<V> {
        let address = *self.order.first_key_value()?.1;
        self.remove(address)
    }

    fn remove(&mut self, address: SocketAddr) -> Option<V> {
        let place = self.places.remove(&address)?;
        self.order.remove(&place.heard);
        Some(place.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn who_was_silent_longest_goes() {
        let mut peers = Peers::new(2);
        assert_eq!(peers.put(address(1), 'a'), None);
        assert_eq!(peers.put(address(2), 'b'), None);
        assert_eq!(peers.hear(address(1)), Some(&'a'));
        assert_eq!(peers.put(address(3), 'c'), Some('b'));
        assert_eq!(peers.hear(address(2)), None);
        assert_eq!(peers.put(address(3), 'd'), Some('c'), "its own former one, and no other's");
        assert_eq!(peers.put(address(4), 'e'), Some('a'));
        assert_eq!((peers.places.len(), peers.order.len()), (2, 2));
    }

    #[test]
    fn only_what_is_meant_is_forgotten() {
        let mut peers = Peers::new(8);
        peers.put(address(1), 'a');
        peers.forget(address(1), |value| *value == 'b');
        assert_eq!(peers.hear(address(1)), Some(&'a'));
        peers.forget(address(1), |value| *value == 'a');
        assert_eq!(peers.hear(address(1)), None);
        assert_eq!((peers.places.len(), peers.order.len()), (0, 0));
    }
}
