//! A frame whose payload is coming in.

use crate::Opcode;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) payload_bytes: usize,
    pub(crate) received_bytes: usize,
    pub(crate) mask: [u8; 4],
    pub(crate) opcode: Opcode,
    pub(crate) fin: bool,
}

impl Frame {
    pub(crate) const fn missing_bytes(&self) -> usize {
        self.payload_bytes - self.received_bytes
    }

    /// A whole message or a control frame, with nothing before or after it that belongs to it.
    pub(crate) fn stands_alone(&self) -> bool {
        self.fin && self.opcode != Opcode::Continuation
    }

    /// Counts `part`, at most [`missing_bytes`](Self::missing_bytes), as received and takes the mask off it.
    pub(crate) fn receive(&mut self, part: &mut [u8]) {
        let mut mask = self.mask;
        mask.rotate_left(self.received_bytes % 4);
        unmask(part, mask);
        self.received_bytes += part.len();
    }
}

/// Eight bytes at a time, which the compiler widens further.
fn unmask(part: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide_mask = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = part.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide_mask).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}
