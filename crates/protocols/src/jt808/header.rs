//! Headers of messages, in the forms of the standard's editions, read and written.

use super::digits::{PHONE_BYTES, PHONE_BYTES_2019, Phone};
use super::escape::{Dialect, xor};
use crate::bytes::{Reader, Truncated};

/// Bits of the properties.
const BODY_BYTES: u16 = 0x03FF;
const ENCRYPTION: u16 = 0x1C00;
/// Some devices send bodies that are longer than the length has bits, and let it run into those of the encryption.
const LONG_BODY_BYTES: u16 = BODY_BYTES | ENCRYPTION;
const IN_PARTS: u16 = 1 << 13;
const OF_2019: u16 = 1 << 14;
const WANTS_ANSWER: u16 = 1 << 15;

/// Bytes of the number in the locks' dialect.
const PHONE_BYTES_LOCK: usize = 7;

/// What the length field of the properties can say.
pub(super) const BODY_BYTES_MAX: usize = BODY_BYTES as usize;

/// Messages that count in one byte.
pub(super) const SHORT_LOCATION: u16 = 0x5501;
pub(super) const SHORT_LOCATION_BLIND: u16 = 0x5502;

/// Who a message is from, or for: what a header holds beside the message's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Peer {
    pub(super) dialect: Dialect,
    /// The protocol version, from the edition of 2019 on.
    pub(super) version: Option<u8>,
    pub(super) phone: Phone,
}

impl Peer {
    /// How a device is spoken to that has not spoken yet.
    pub(super) fn of(device: &model::DeviceId) -> Option<Self> {
        let phone = Phone::of(device)?;
        let version = (phone.bytes().len() == PHONE_BYTES_2019).then_some(1);
        Some(Self { dialect: Dialect::Standard, version, phone })
    }

    /// A message to it, as it is sent.
    pub(super) fn message(&self, id: u16, serial: u16, body: &[u8]) -> Vec<u8> {
        self.framed(id, &serial.to_be_bytes(), body)
    }

    /// The same with a counter of one byte.
    pub(super) fn short_message(&self, id: u16, serial: u8, body: &[u8]) -> Vec<u8> {
        self.framed(id, &[serial], body)
    }

    fn framed(&self, id: u16, serial: &[u8], body: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(body.len() + 18);
        let edition = if self.version.is_some() { OF_2019 } else { 0 };
        message.extend(id.to_be_bytes());
        message.extend((edition | (body.len() as u16 & BODY_BYTES)).to_be_bytes());
        message.extend(self.version);
        message.extend(self.phone.bytes());
        message.extend(serial);
        message.extend(body);
        message.push(xor(&message));
        self.dialect.escape(&message)
    }
}

/// Which part of a message that was sent in several; counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part {
    pub(super) total: u16,
    pub(super) index: u16,
}

/// One message, or one part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Message<'a> {
    pub(super) peer: Peer,
    pub(super) id: u16,
    pub(super) serial: u16,
    pub(super) part: Option<Part>,
    pub(super) is_encrypted: bool,
    pub(super) wants_answer: bool,
    pub(super) body: &'a [u8],
    /// Where the body begins.
    pub(super) body_at: usize,
    /// The header says how long the body is, and it is.
    pub(super) is_length_right: bool,
    /// The check byte, and what it should be.
    pub(super) found: u8,
    pub(super) computed: u8,
}

impl<'a> Message<'a> {
    /// Reads what lies between two delimiters, unescaped. The body is all that is between header and check byte: what
    /// the header says of its length is not always so.
    pub(super) fn read(dialect: Dialect, content: &'a [u8]) -> Result<Self, Truncated> {
        let (found, checked) = content.split_last().ok_or(Truncated)?;
        let mut r = Reader::new(checked);
        let (id, properties) = (r.u16()?, r.u16()?);
        let (version, phone_bytes) = match dialect {
            Dialect::Lock => (None, PHONE_BYTES_LOCK),
            Dialect::Standard if properties & OF_2019 != 0 => (Some(r.u8()?), PHONE_BYTES_2019),
            Dialect::Standard => (None, PHONE_BYTES),
        };
        let phone = Phone::new(r.take(phone_bytes)?);
        let serial = match id {
            SHORT_LOCATION | SHORT_LOCATION_BLIND => u16::from(r.u8()?),
            _ => r.u16()?,
        };
        let part = match properties & IN_PARTS {
            0 => None,
            _ => Some(Part { total: r.u16()?, index: r.u16()? }),
        };
        let body = r.rest();
        Ok(Self {
            peer: Peer { dialect, version, phone },
            id,
            serial,
            part,
            is_encrypted: properties & ENCRYPTION != 0 && usize::from(properties & LONG_BODY_BYTES) != body.len(),
            wants_answer: properties & WANTS_ANSWER != 0,
            body,
            body_at: checked.len() - body.len(),
            is_length_right: [BODY_BYTES, LONG_BODY_BYTES]
                .map(|bits| usize::from(properties & bits))
                .contains(&body.len()),
            found: *found,
            computed: xor(checked),
        })
    }

    /// The check byte matches.
    pub(super) const fn is_sound(&self) -> bool {
        self.found == self.computed
    }

    /// Neither the check byte nor the length is right: hardly a message at all.
    pub(super) const fn is_doubtful(&self) -> bool {
        !self.is_sound() && !self.is_length_right
    }
}
