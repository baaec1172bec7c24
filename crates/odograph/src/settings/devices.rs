//! Which device protocols are listened for, and where.

use std::fmt;

use gateway::{AUTO, DevicePort};
use protocols::{FAMILIES, FURTHER, Family};

/// One port for devices.
#[derive(Clone, Copy)]
pub(crate) struct Listen(pub(crate) DevicePort);

impl PartialEq for Listen {
    fn eq(&self, other: &Self) -> bool {
        let key = |Self(port): &Self| (port.name(), port.address, port.is_proxied);
        key(self) == key(other)
    }
}

impl fmt::Debug for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(port) = self;
        write!(f, "{}={}{}", port.name(), port.address, if port.is_proxied { ",proxy" } else { "" })
    }
}

/// What is spoken on a port: one family's protocol, or any.
#[derive(Clone, Copy)]
pub(crate) enum Spoken {
    /// This one.
    Family(&'static Family),
    /// Whichever is recognised.
    Any,
}

impl Spoken {
    /// All that ports can be for, in the order in which they are listed.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        FAMILIES.iter().chain(FURTHER).map(Self::Family).chain([Self::Any])
    }

    /// By its name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::all().find(|spoken| spoken.name() == name)
    }

    /// By the end of an environment variable's name.
    pub(crate) fn of_variable(name: &str) -> Option<Self> {
        Self::all().find(|spoken| spoken.name().replace('-', "_").to_uppercase() == name)
    }

    /// Its name as a key.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Family(family) => family.name,
            Self::Any => AUTO,
        }
    }

    /// Where it is listened for when nothing else is said.
    pub(crate) fn default_listen(self) -> &'static str {
        match self {
            Self::Family(family) if FAMILIES.iter().any(|known| known.name == family.name) => family.default_listen,
            _ => NONE,
        }
    }

    /// What such ports are for.
    #[cfg(test)]
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Family(family) if family.open_udp.is_some() => {
                "Where devices that speak this protocol connect, or send datagrams."
            }
            Self::Family(_) => "Where devices that speak this protocol connect.",
            Self::Any => {
                "Where devices of every protocol connect, or send datagrams: the protocol is told from their first bytes."
            }
        }
    }

    fn listen(self, address: &str) -> Option<Listen> {
        let family = match self {
            Self::Family(family) => Some(family),
            Self::Any => None,
        };
        Some(Listen(DevicePort { family, address: address.trim().parse().ok()?, is_proxied: false }))
    }
}

/// Every family with a port of its own, where it listens when nothing else is said.
pub(crate) fn default_devices() -> Vec<Listen> {
    Spoken::all().filter_map(|spoken| spoken.listen(spoken.default_listen())).collect()
}

/// The word for "no port".
pub(crate) const NONE: &str = "none";
/// The word for a port whose connections come through a proxy that says where they are from.
const PROXY: &str = "proxy";

/// Reads ports separated by commas: `NAME=ADDR` each, or `none`. `proxy` after a port is said of that one.
pub(crate) fn parse_devices(text: &str) -> Option<Vec<Listen>> {
    parse_list(text, |item| {
        let (name, address) = item.split_once('=')?;
        Spoken::of(name.trim())?.listen(address)
    })
}

/// Reads the addresses of one protocol, separated by commas, or `none`. `proxy` after an address is said of that one.
pub(crate) fn parse_addresses(spoken: Spoken, text: &str) -> Option<Vec<Listen>> {
    parse_list(text, |item| spoken.listen(item))
}

fn parse_list(text: &str, parse: impl Fn(&str) -> Option<Listen>) -> Option<Vec<Listen>> {
    let mut listens: Vec<Listen> = Vec::new();
    for item in text.split(',').map(str::trim) {
        match item {
            NONE => {}
            PROXY => {
                let Listen(port) = listens.last_mut().filter(|listen| !listen.0.is_proxied)?;
                port.is_proxied = true;
            }
            _ => listens.push(parse(item)?),
        }
    }
    Some(listens)
}

/// What `NAME=ADDR` may be, in words.
pub(crate) fn allowed_device() -> String {
    let names: Vec<_> = Spoken::all().map(Spoken::name).collect();
    format!("NAME=IP:PORT or NAME=IP:PORT,proxy with NAME one of {}; or none", names.join(", "))
}

/// What the addresses of a family may be, in words.
pub(crate) const ALLOWED_ADDRESSES: &str =
    "an IP address with port, with ,proxy if it is behind a proxy, several of them, or none";
