//! What the server's own frames say, for carrying it over something other than a WebSocket.

use crate::Opcode;

/// The texts among whole frames as this crate writes them, in order; frames of other kinds are passed over. Ends at
/// whatever is no such frame.
pub fn texts(frames: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = frames;
    std::iter::from_fn(move || {
        loop {
            let (opcode, payload, after) = split(rest)?;
            rest = after;
            if opcode == Opcode::Text {
                return Some(payload);
            }
        }
    })
}

/// The first frame: its opcode, its payload, and what follows it.
fn split(frames: &[u8]) -> Option<(Opcode, &[u8], &[u8])> {
    let (&[first, second], after) = frames.split_first_chunk()?;
    let (payload_bytes, after) = match second {
        126 => after.split_first_chunk().map(|(length, after)| (u64::from(u16::from_be_bytes(*length)), after))?,
        127 => after.split_first_chunk().map(|(length, after)| (u64::from_be_bytes(*length), after))?,
        short => (u64::from(short), after),
    };
    let (payload, after) = after.split_at_checked(usize::try_from(payload_bytes).ok()?)?;
    Some((Opcode::from_nibble(first & 0x0F)?, payload, after))
}
