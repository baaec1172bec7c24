//! The list of devices that knocked and are not registered.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use model::{DeviceId, Timestamp};

/// A device that knocked and is not registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownDevice {
    /// What it calls itself.
    pub id: DeviceId,
    /// The protocol that it spoke last.
    pub protocol: &'static str,
    /// Where it was last.
    pub peer: SocketAddr,
    /// When it was first heard.
    pub first: Timestamp,
    /// When it was last heard.
    pub last: Timestamp,
    /// How often it knocked.
    pub knocks: u64,
}

/// The list. Who was silent longest makes room for who is new.
#[derive(Default, Debug)]
pub(crate) struct UnknownDevices {
    devices_max: usize,
    /// Each with the number of its last knock.
    devices: HashMap<DeviceId, (u64, UnknownDevice)>,
    /// Who gave which knock, as far as it was the last of its device.
    order: BTreeMap<u64, DeviceId>,
    knocks: u64,
}

impl UnknownDevices {
    pub(crate) fn new(devices_max: usize) -> Self {
        Self { devices_max, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.devices.len()
    }

    /// Notes a knock.
    pub(crate) fn note(&mut self, id: &DeviceId, protocol: &'static str, peer: SocketAddr, at: Timestamp) {
        if self.devices_max == 0 {
            return;
        }
        let device = match self.take(id) {
            Some(known) => UnknownDevice { protocol, peer, last: at, knocks: known.knocks.saturating_add(1), ..known },
            None => {
                if self.devices.len() >= self.devices_max
                    && let Some((_, oldest)) = self.order.pop_first()
                {
                    self.devices.remove(&oldest);
                }
                UnknownDevice { id: id.clone(), protocol, peer, first: at, last: at, knocks: 1 }
            }
        };
        self.knocks += 1;
        self.order.insert(self.knocks, id.clone());
        self.devices.insert(id.clone(), (self.knocks, device));
    }

    pub(crate) fn get(&self, id: &DeviceId) -> Option<&UnknownDevice> {
        self.devices.get(id).map(|(_, device)| device)
    }

    /// Takes a device off the list.
    pub(crate) fn take(&mut self, id: &DeviceId) -> Option<UnknownDevice> {
        let (knock, device) = self.devices.remove(id)?;
        self.order.remove(&knock);
        Some(device)
    }

    /// Those that are kept by `keeps`, the newest first; the others go.
    pub(crate) fn list(&mut self, keeps: impl Fn(&UnknownDevice) -> bool) -> Vec<UnknownDevice> {
        self.devices.retain(|_, (_, device)| keeps(device));
        self.order.retain(|_, id| self.devices.contains_key(id));
        self.order.values().rev().filter_map(|id| self.get(id)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(n: u8) -> DeviceId {
        DeviceId::new(&format!("unit-{n}")).expect("valid")
    }

    fn peer(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_773_480_000 + s).expect("in range")
    }

    fn ids(list: &mut UnknownDevices) -> Vec<String> {
        list.list(|_| true).iter().map(|device| device.id.to_string()).collect()
    }

    #[test]
    fn a_device_is_listed_once_with_all_that_it_did() {
        let mut list = UnknownDevices::new(3);
        list.note(&id(1), "gt06", peer(1), at(0));
        list.note(&id(2), "gt06", peer(2), at(1));
        list.note(&id(1), "h02", peer(3), at(2));
        let expected =
            UnknownDevice { id: id(1), protocol: "h02", peer: peer(3), first: at(0), last: at(2), knocks: 2 };
        assert_eq!(list.list(|_| true)[0], expected);
        assert_eq!(list.get(&id(1)), Some(&expected));
        assert_eq!(ids(&mut list), ["unit-1", "unit-2"], "who was heard last is first");
        assert_eq!(list.take(&id(1)), Some(expected));
        assert_eq!((list.take(&id(1)), list.len()), (None, 1));
    }

    #[test]
    fn who_was_silent_longest_makes_room() {
        let mut list = UnknownDevices::new(2);
        for n in [1, 2, 1, 3] {
            list.note(&id(n), "gt06", peer(1), at(0));
        }
        assert_eq!(ids(&mut list), ["unit-3", "unit-1"]);
        let mut none = UnknownDevices::new(0);
        none.note(&id(1), "gt06", peer(1), at(0));
        assert_eq!(none.len(), 0);
    }

    #[test]
    fn whoever_is_not_kept_goes() {
        let mut list = UnknownDevices::new(9);
        (0..4).for_each(|n| list.note(&id(n), "gt06", peer(1), at(0)));
        assert_eq!(list.list(|device| device.id != id(2)).len(), 3);
        assert_eq!(ids(&mut list), ["unit-3", "unit-1", "unit-0"]);
        assert_eq!(list.order.len(), 3);
    }

    proptest! {
        /// The list is what a plain list of the last knocks would be.
        #[test]
        fn it_is_the_newest_of_each(knocks in proptest::collection::vec(0u8..12, 0..60), devices_max in 1usize..8) {
            let (mut list, mut plain) = (UnknownDevices::new(devices_max), Vec::<(u8, u64)>::new());
            for knock in knocks {
                list.note(&id(knock), "gt06", peer(1), at(0));
                let count = plain.iter().position(|(n, _)| *n == knock).map_or(0, |i| plain.remove(i).1);
                plain.insert(0, (knock, count + 1));
                plain.truncate(devices_max);
            }
            let found: Vec<_> = list.list(|_| true).into_iter().map(|device| (device.id, device.knocks)).collect();
            let expected: Vec<_> = plain.into_iter().map(|(n, count)| (id(n), count)).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(list.order.len(), list.devices.len());
        }
    }
}
