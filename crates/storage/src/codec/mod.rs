//! Stable bytes of reports, states and changes.
//!
//! The first byte names the format, so that an old journal stays readable when the format moves on. Numbers are
//! varints, coordinates and fractions are short where that loses nothing and raw where it would: what is decoded
//! equals what was encoded, bit for bit. Attribute names that every process knows are stored by number, others by
//! name. Decoding is total: any bytes are a value or a [`CodecError`], and no length found in them is believed
//! before the bytes are there.

mod attributes;
pub(crate) mod bytes;
mod change;
mod report;
mod settings;
mod snapshot;
mod state;
mod values;

use std::fmt;

use model::InternError;

pub use change::{decode_change, encode_change};
pub use report::{decode_report, encode_report};
pub use snapshot::{Saved, decode_snapshot, encode_snapshot};

/// Why bytes are not a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodecError {
    /// The first byte names a format that this version does not know.
    UnknownFormat(u8),
    /// The bytes end within the value.
    Truncated,
    /// Bytes are left over after the value.
    TrailingBytes,
    /// A number, length, text or choice that no encoder writes.
    Malformed,
    /// An attribute number that this version does not know: written by a later one.
    UnknownAttribute(u32),
    /// An attribute name that the process's table of names does not take.
    Name(InternError),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormat(byte) => write!(f, "format {byte} is not known to this version"),
            Self::Truncated => f.write_str("the bytes end within the value"),
            Self::TrailingBytes => f.write_str("bytes are left over after the value"),
            Self::Malformed => f.write_str("the bytes hold something that is never written"),
            Self::UnknownAttribute(number) => write!(f, "attribute {number} is not known to this version"),
            Self::Name(InternError::BadName) => f.write_str("an attribute name is not one"),
            Self::Name(InternError::TableFull) => f.write_str("the table of attribute names is full"),
        }
    }
}

impl std::error::Error for CodecError {}

/// The hash by which a report is recognised when it is sent again: the first 8 bytes of BLAKE3 over its encoded
/// bytes, as a little-endian number. It is part of stored keys and never changes.
pub fn content_hash(encoded: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(encoded).as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
