//! What a setting may be: reading it from text or TOML, and saying what is allowed.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

/// What a setting holds and what it accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A whole number in this range, both ends included.
    Number(u64, u64),
    /// Yes or no.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An IP address with a port.
    Address,
    /// Addresses and networks.
    Networks,
    /// A file or folder; empty means none where that makes sense.
    Path,
    /// The IANA name of a time zone.
    Zone,
    /// What is logged: levels, by target if wanted.
    Filter,
    /// Where mails go. It may hold a password, so that no error repeats it.
    MailUrl,
    /// A password, which no error repeats.
    Password,
    /// Who mails are from.
    Sender,
    /// Any text.
    Text,
}

/// The value of a setting, of the shape that its [`Kind`] says.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// A word, a path or a name.
    Text(String),
    /// An address with a port.
    Address(SocketAddr),
    /// Addresses and networks.
    Networks(Vec<IpNet>),
}

impl Kind {
    /// Reads what stands in a variable or a flag; `None` when it is not allowed.
    pub(crate) fn read_text(self, text: &str) -> Option<Value> {
        match self {
            Self::Number(min, max) => text.parse().ok().filter(|n| (min..=max).contains(n)).map(Value::Number),
            Self::Flag => text.parse().ok().map(Value::Flag),
            Self::Choice(words) => words.contains(&text).then(|| Value::Text(text.to_owned())),
            Self::Address => text.parse().ok().map(Value::Address),
            Self::Networks => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(network).collect::<Option<_>>().map(Value::Networks)
            }
            Self::Path | Self::Text | Self::Password => Some(Value::Text(text.to_owned())),
            Self::MailUrl => (text.is_empty() || mail::is_url(text)).then(|| Value::Text(text.to_owned())),
            Self::Sender => (text.is_empty() || mail::is_sender(text)).then(|| Value::Text(text.to_owned())),
            Self::Zone => fleet::Zone::parse(text).ok().map(|_| Value::Text(text.to_owned())),
            Self::Filter => {
                let filter = text.parse::<tracing_subscriber::EnvFilter>();
                filter.ok().filter(|_| !text.is_empty()).map(|_| Value::Text(text.to_owned()))
            }
        }
    }

    /// Reads what stands in the file; `None` when it is not allowed.
    pub(crate) fn read_toml(self, value: &toml::Value) -> Option<Value> {
        match (self, value) {
            (Self::Number(..), toml::Value::Integer(n)) => self.read_text(&n.to_string()),
            (Self::Flag, toml::Value::Boolean(flag)) => Some(Value::Flag(*flag)),
            (Self::Networks, toml::Value::Array(items)) => {
                items.iter().map(|item| item.as_str().and_then(network)).collect::<Option<_>>().map(Value::Networks)
            }
            (Self::Number(..) | Self::Flag, _) => None,
            (_, toml::Value::String(text)) => self.read_text(text),
            _ => None,
        }
    }
}

/// A network, or an address as a network of its own.
fn network(text: &str) -> Option<IpNet> {
    text.parse().or_else(|_| text.parse().map(|address: std::net::IpAddr| IpNet::from(address))).ok()
}

/// What is allowed, in words.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(min, max) => write!(f, "a whole number from {min} to {max}"),
            Self::Flag => f.write_str("true or false"),
            Self::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Self::Address => f.write_str("an IP address with port, such as 127.0.0.1:8080 or [::]:8080"),
            Self::Networks => f.write_str("IP addresses and networks, such as 10.0.0.0/8; empty for none"),
            Self::Path => f.write_str("a path"),
            Self::Zone => f.write_str("the name of a time zone, such as Europe/Berlin"),
            Self::MailUrl => f.write_str("smtps://USER:PASSWORD@HOST, smtp://…, file:DIR, or empty for none"),
            Self::Sender => f.write_str("an e-mail address, such as Fleet <fleet@example.com>; empty for none"),
            Self::Text => f.write_str("a text"),
            Self::Password => f.write_str("a text; empty for none"),
            Self::Filter => f.write_str("error, warn, info, debug, trace or off, also by target: info,gateway=debug"),
        }
    }
}

/// As the file writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Text(text) => fmt::Display::fmt(&toml::Value::from(text.as_str()), f),
            Self::Address(address) => write!(f, "\"{address}\""),
            Self::Networks(networks) => {
                let items: Vec<_> = networks.iter().map(|n| format!("\"{n}\"")).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

/// A type that a setting is kept as.
pub(crate) trait Field: Sized {
    /// The value as this type, if it is of its shape and fits.
    fn take(value: Value) -> Option<Self>;
}

macro_rules! number_fields {
    ($($type:ty)*) => {$(
        impl Field for $type {
            fn take(value: Value) -> Option<Self> {
                match value {
                    Value::Number(n) => n.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

number_fields!(u8 u32 u64 usize i64);

impl Field for bool {
    fn take(value: Value) -> Option<Self> {
        match value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }
}

impl Field for String {
    fn take(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A text that is not for logs: its `Debug` hides it.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Hidden(String);

impl Hidden {
    /// The text.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Field for Hidden {
    fn take(value: Value) -> Option<Self> {
        String::take(value).map(Self)
    }
}

impl Field for PathBuf {
    fn take(value: Value) -> Option<Self> {
        String::take(value).map(Self::from)
    }
}

impl Field for SocketAddr {
    fn take(value: Value) -> Option<Self> {
        match value {
            Value::Address(address) => Some(address),
            _ => None,
        }
    }
}

impl Field for Vec<IpNet> {
    fn take(value: Value) -> Option<Self> {
        match value {
            Value::Networks(networks) => Some(networks),
            _ => None,
        }
    }
}
