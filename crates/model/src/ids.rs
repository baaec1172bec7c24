//! Identifiers. Each is a type of its own, so that a tracker can never be passed where a source is meant.

use std::fmt;
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// The stream of data that a tracker shows. Journal, state and hub are keyed by it; the device behind it can be
    /// replaced. Positive, and allotted from a range that no tracker id shares.
    SourceId(u32)
}
id! {
    /// What a user sees and subscribes to: one account's view of a source. Positive.
    TrackerId(u32)
}
id! {
    /// An account (a master user). Positive.
    UserId(u32)
}
id! {
    /// An authenticated client's session, as a number inside this server; never the hash that the client holds.
    SessionId(u64)
}
id! {
    /// A message between office and driver. Positive.
    MessageId(u64)
}
id! {
    /// A command to a device. Positive.
    CommandId(u64)
}
id! {
    /// Place of an entry in the journal: unique, and growing in the order in which entries of one source were folded.
    Seq(u64)
}

/// How a device names itself: an IMEI or another text of 1 to 64 bytes. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeviceId(Arc<str>);

impl DeviceId {
    /// The longest identifier that any family sends, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Takes the text when it has 1 to [`Self::MAX_BYTES`] bytes and no control characters, else `None`.
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::MAX_BYTES;
        (fits && !text.chars().any(char::is_control)).then(|| Self(Arc::from(text)))
    }

    /// The identifier as the device sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
