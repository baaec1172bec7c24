//! Codec 12, the unit's side: commands as the server sends them, and answers to them.

use super::CRC;

const CODEC_12: u8 = 0x0C;
const COMMAND: u8 = 0x05;
const RESPONSE: u8 = 0x06;
/// Four zero bytes and the length.
const HEAD_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;
/// Codec, quantity, type, size and quantity again around a text.
const AROUND_TEXT_BYTES: usize = 8;
/// What a unit takes of a command, in bytes.
const DATA_BYTES_MAX: usize = 2_048;

/// What bytes that begin with four zeros are.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Front {
    /// Not all of it is there.
    More,
    /// A command of so many bytes; without a text when it cannot be read.
    Command { bytes: usize, text: Option<String> },
    /// No command.
    Other,
}

/// Looks at bytes that begin with four zeros.
pub(super) fn front(bytes: &[u8]) -> Front {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else { return Front::More };
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let Some(&codec) = rest.first() else { return Front::More };
    if codec != CODEC_12 || !(AROUND_TEXT_BYTES..=DATA_BYTES_MAX).contains(&length) {
        return Front::Other;
    }
    let Some(data) = rest.get(..length + CHECKSUM_BYTES) else { return Front::More };
    let (data, checksum) = data.split_at(length);
    let is_right = u32::from(CRC.checksum(data)).to_be_bytes() == checksum;
    let text = if is_right { text(data) } else { None };
    Front::Command { bytes: HEAD_BYTES + length + CHECKSUM_BYTES, text }
}

fn text(data: &[u8]) -> Option<String> {
    let &[_, _, COMMAND, a, b, c, d, ref rest @ ..] = data else { return None };
    let text = rest.get(..u32::from_be_bytes([a, b, c, d]) as usize)?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// Writes the answer to a command.
pub fn encode_response(text: &str, out: &mut Vec<u8>) {
    let start = out.len() + HEAD_BYTES;
    out.extend([0; 4]);
    out.extend(((text.len() + AROUND_TEXT_BYTES) as u32).to_be_bytes());
    out.extend([CODEC_12, 1, RESPONSE]);
    out.extend((text.len() as u32).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(1);
    let checksum = CRC.checksum(&out[start..]);
    out.extend(u32::from(checksum).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_framed_as_the_vendor_describes() {
        let mut out = Vec::new();
        encode_response("DI1:1", &mut out);
        assert_eq!(out[..15], [0, 0, 0, 0, 0, 0, 0, 13, 0x0C, 1, 6, 0, 0, 0, 5]);
        assert_eq!(&out[15..21], b"DI1:1\x01");
        assert_eq!(out[21..], u32::from(CRC.checksum(&out[8..21])).to_be_bytes());
    }

    #[test]
    fn what_is_no_command_is_left() {
        let check = |bytes: &[u8], wanted: Front| assert_eq!(front(bytes), wanted, "{bytes:?}");
        check(&[0, 0, 0, 0, 0], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 15], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 5, 0], Front::Other);
        check(&[0, 0, 0, 0, 0, 0, 0, 3, 0x0C], Front::Other);
        check(&[0, 0, 0, 0, 0xFF, 0, 0, 15, 0x0C], Front::Other);
        check(&[0, 0, 0, 0, 0, 0, 0, 15, 0x0C, 1], Front::More);
    }
}
