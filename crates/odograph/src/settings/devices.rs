//! Which device protocols are listened for, and where.

use std::net::SocketAddr;

use protocols::{FAMILIES, Family, family};

/// One port for devices.
#[derive(Clone, Copy)]
pub(crate) struct Listen {
    /// The protocol spoken there.
    pub(crate) family: &'static Family,
    /// Where.
    pub(crate) address: SocketAddr,
}

impl PartialEq for Listen {
    fn eq(&self, other: &Self) -> bool {
        (self.family.name, self.address) == (other.family.name, other.address)
    }
}

impl std::fmt::Debug for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.family.name, self.address)
    }
}

/// Every family where it listens when nothing else is said.
pub(crate) fn default_devices() -> Vec<Listen> {
    let listen = |family: &'static Family| Some(Listen { family, address: family.default_listen.parse().ok()? });
    FAMILIES.iter().filter_map(listen).collect()
}

/// The word for "no port".
pub(crate) const NONE: &str = "none";

/// Reads `NAME=ADDR`, or `none`.
pub(crate) fn parse_device(text: &str) -> Option<Option<Listen>> {
    if text == NONE {
        return Some(None);
    }
    let (name, address) = text.split_once('=')?;
    Some(Some(Listen { family: family(name.trim())?, address: address.trim().parse().ok()? }))
}

/// Reads the addresses of one family, separated by commas, or `none`.
pub(crate) fn parse_addresses(family: &'static Family, text: &str) -> Option<Vec<Listen>> {
    if text == NONE {
        return Some(Vec::new());
    }
    let listen = |address: &str| address.trim().parse().ok().map(|address| Listen { family, address });
    text.split(',').map(listen).collect()
}

/// What `NAME=ADDR` may be, in words.
pub(crate) fn allowed_device() -> String {
    let names: Vec<_> = FAMILIES.iter().map(|f| f.name).collect();
    format!("NAME=IP:PORT with NAME one of {}; or none", names.join(", "))
}

/// What the addresses of a family may be, in words.
pub(crate) const ALLOWED_ADDRESSES: &str = "an IP address with port, several of them, or none";
