//! The header of a client's frame: what its own bytes say, checked without knowing the frames before it.

use crate::{Error, Opcode, encode::MAX_CONTROL_PAYLOAD_BYTES};

/// The longest header: two bytes, a 64-bit length and the masking key.
pub(crate) const MAX_HEADER_BYTES: usize = 14;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) opcode: Opcode,
    /// Last frame of its message.
    pub(crate) fin: bool,
    pub(crate) mask: [u8; 4],
    pub(crate) payload_bytes: u64,
}

impl Header {
    /// The header at the start of `bytes` and how many bytes it takes; `None` while some of it is missing.
    ///
    /// Each byte is judged as soon as it is there, so a connection that cannot become valid is not waited on.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Error> {
        let Some((&first, after_first)) = bytes.split_first() else { return Ok(None) };
        let (opcode, fin) = first_byte(first)?;
        let Some((&second, after_second)) = after_first.split_first() else { return Ok(None) };
        if second & 0x80 == 0 {
            return Err(Error::Unmasked);
        }
        let short = second & 0x7F;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL_PAYLOAD_BYTES {
            return Err(Error::ControlTooLong);
        }
        let Some((payload_bytes, length_bytes)) = length(short, after_second)? else { return Ok(None) };
        let Some(&mask) = after_second[length_bytes..].first_chunk() else { return Ok(None) };
        Ok(Some((Self { opcode, fin, mask, payload_bytes }, 2 + length_bytes + mask.len())))
    }
}

fn first_byte(byte: u8) -> Result<(Opcode, bool), Error> {
    if byte & 0x70 != 0 {
        return Err(Error::ReservedBits);
    }
    let nibble = byte & 0x0F;
    let opcode = Opcode::from_nibble(nibble).ok_or(Error::UnknownOpcode(nibble))?;
    let fin = byte & 0x80 != 0;
    if opcode.is_control() && !fin {
        return Err(Error::FragmentedControl);
    }
    Ok((opcode, fin))
}

/// The payload's length and how many bytes after the first two say it; `None` while some of them are missing.
fn length(short: u8, after: &[u8]) -> Result<Option<(u64, usize)>, Error> {
    match short {
        126 => {
            let Some(&bytes) = after.first_chunk() else { return Ok(None) };
            let length = u16::from_be_bytes(bytes);
            if length < 126 {
                return Err(Error::NonMinimalLength);
            }
            Ok(Some((length.into(), bytes.len())))
        }
        127 => {
            let Some(&bytes) = after.first_chunk() else { return Ok(None) };
            let length = u64::from_be_bytes(bytes);
            if length <= u64::from(u16::MAX) {
                return Err(Error::NonMinimalLength);
            }
            if length >> 63 != 0 {
                return Err(Error::LengthOutOfRange);
            }
            Ok(Some((length, bytes.len())))
        }
        short => Ok(Some((short.into(), 0))),
    }
}
