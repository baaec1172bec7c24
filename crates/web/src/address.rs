//! Who is at the other end: trusted proxies, and how many connections an address holds.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use ipnet::IpNet;

/// Addresses whose `X-Forwarded-For` counts.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These addresses or networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The client behind a connection from `peer`: the last hop that is not itself a trusted proxy.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        let hops = headers.get_all("x-forwarded-for").iter().rev().filter_map(|v| v.to_str().ok());
        for hop in hops.flat_map(|list| list.rsplit(',')) {
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        client
    }
}

/// Counts connections by address. A limit of 0 counts nothing and refuses nobody.
#[derive(Clone, Debug)]
pub struct AddressLimit {
    max: u32,
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// A place among the connections of an address; dropping it frees the place.
#[derive(Debug)]
pub struct AddressPlace {
    limit: AddressLimit,
    address: IpAddr,
}

impl AddressLimit {
    /// At most `max` connections an address; 0 means no limit.
    pub fn new(max: u32) -> Self {
        Self { max, open: Arc::default() }
    }

    /// Takes a place, or `None` when the address has used up its own.
    pub fn enter(&self, address: IpAddr) -> Option<AddressPlace> {
        let address = address.to_canonical();
        if self.max > 0 {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.entry(address).or_insert(0);
            if *count >= self.max {
                return None;
            }
            *count += 1;
        }
        Some(AddressPlace { limit: self.clone(), address })
    }
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        if self.limit.max == 0 {
            return;
        }
        let mut open = self.limit.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        let check = |peer: &str, forwarded: &'static str, client: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
            assert_eq!(proxies.client(ip(peer), &headers), ip(client), "{peer} {forwarded}");
        };
        check("192.0.2.1", "198.51.100.7", "192.0.2.1");
        check("10.0.0.1", "198.51.100.7", "198.51.100.7");
        check("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7");
        check("10.0.0.1", "nonsense", "10.0.0.1");
        check("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7");
    }

    #[test]
    fn places_are_limited_and_come_back() {
        let limit = AddressLimit::new(2);
        let first = limit.enter(ip("192.0.2.1"));
        let second = limit.enter(ip("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(limit.enter(ip("192.0.2.1")).is_none());
        assert!(limit.enter(ip("192.0.2.2")).is_some());
        drop(first);
        assert!(limit.enter(ip("192.0.2.1")).is_some());
    }
}
