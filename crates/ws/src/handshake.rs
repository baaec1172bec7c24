//! The rules of the opening handshake (RFC 6455 section 4.2) as functions of header values.
//!
//! Which headers a request has, and how it is answered, is the business of whoever speaks HTTP. The order is: no
//! [`is_upgrade`], no WebSocket; not [`is_supported_version`], answer 426 with `Sec-WebSocket-Version: 13`; not
//! [`is_valid_key`], answer 400; otherwise 101 with [`accept_key`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

/// The only version of the protocol there is, for `Sec-WebSocket-Version`.
pub const VERSION: &str = "13";

/// The constant that makes an answer one of a WebSocket server (RFC 6455 section 1.3).
const ACCEPT_SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Accept` for a client's `Sec-WebSocket-Key`: 28 characters of base64.
#[must_use]
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.trim_ascii().as_bytes());
    hash.update(ACCEPT_SALT.as_bytes());
    STANDARD.encode(hash.finalize())
}

/// Whether a request asks to become a WebSocket: `Connection` names `upgrade` and `Upgrade` names `websocket`.
///
/// Both are lists, compared without case. A header sent several times is given joined with commas.
#[must_use]
pub fn is_upgrade(connection: &str, upgrade: &str) -> bool {
    names(connection, "upgrade") && names(upgrade, "websocket")
}

/// Whether `Sec-WebSocket-Version` is the one that this crate speaks.
#[must_use]
pub fn is_supported_version(version: &str) -> bool {
    version.trim_ascii() == VERSION
}

/// Whether `Sec-WebSocket-Key` is the base64 of 16 bytes.
///
/// The bits that the last character has to spare are not looked at: the key is echoed in a hash, never decoded.
#[must_use]
pub fn is_valid_key(key: &str) -> bool {
    let digits = key.trim_ascii().strip_suffix("==").unwrap_or_default();
    digits.len() == 22 && digits.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'+' || c == b'/')
}

fn names(list: &str, name: &str) -> bool {
    list.split(',').any(|item| item.trim_ascii().eq_ignore_ascii_case(name))
}
