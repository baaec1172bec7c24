//! Bytes that begin no frame.

use crate::session::{Output, Reject};

/// How much of it is handed on, in bytes.
const KEPT_BYTES_MAX: usize = 1024;

/// Bytes that begin no frame: reported as one piece, when the next frame begins or there are too many.
pub(crate) struct Noise {
    first: Vec<u8>,
    bytes: usize,
    /// How many since the last good frame, reported or not.
    since_good: usize,
    bytes_max: usize,
}

impl Noise {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { first: Vec::new(), bytes: 0, since_good: 0, bytes_max }
    }

    /// Takes one more; whether there are too many now, which are then reported.
    pub(crate) fn is_too_much(&mut self, byte: u8, out: &mut Vec<Output>) -> bool {
        if self.first.len() < KEPT_BYTES_MAX {
            self.first.push(byte);
        }
        self.bytes += 1;
        self.since_good += 1;
        let too_much = self.since_good > self.bytes_max;
        if too_much {
            self.end(out);
        }
        too_much
    }

    /// Whether the last byte was one.
    pub(crate) fn is_under_way(&self) -> bool {
        self.bytes > 0
    }

    /// A frame begins: what came before it is reported.
    pub(crate) fn end(&mut self, out: &mut Vec<Output>) {
        let first = std::mem::take(&mut self.first);
        let bytes = std::mem::take(&mut self.bytes);
        if bytes > 0 {
            // They were all used up before what is being looked at now, but the last when there were too many.
            let back = bytes as u64 - u64::from(self.since_good > self.bytes_max);
            let (offset, reason) = (0u64.wrapping_sub(back), Reject::Noise { bytes });
            out.push(Output::Reject { frame: first, offset, reason, forgiven: false });
        }
    }

    /// A frame was good: counting begins again.
    pub(crate) fn forgive(&mut self) {
        self.since_good = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(bytes: &[u8], offset: u64) -> Output {
        let reason = Reject::Noise { bytes: bytes.len() };
        Output::Reject { frame: bytes.to_vec(), offset, reason, forgiven: false }
    }

    #[test]
    fn noise_is_told_once_and_counted_until_a_frame_is_good() {
        let mut noise = Noise::new(3);
        let mut out = Vec::new();
        assert!(!noise.is_too_much(1, &mut out) && !noise.is_too_much(2, &mut out));
        assert!(noise.is_under_way());
        noise.end(&mut out);
        noise.end(&mut out);
        assert!(!noise.is_under_way());
        assert_eq!(out, [piece(&[1, 2], 0u64.wrapping_sub(2))]);
        assert!(!noise.is_too_much(3, &mut out));
        assert!(noise.is_too_much(4, &mut out), "a frame that was not good has not forgiven the first two");
        assert_eq!(out[1], piece(&[3, 4], 0u64.wrapping_sub(1)), "the last is being looked at");
        noise.forgive();
        assert!(!noise.is_too_much(5, &mut out));
    }
}
