//! Bytes that begin no frame.

use crate::session::{Output, REJECTED_FRAME_BYTES_MAX, Reject};

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
        if self.first.len() < REJECTED_FRAME_BYTES_MAX {
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
            out.push(Output::reject(&first, Reject::Noise { bytes }));
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

    #[test]
    fn noise_is_told_once_and_counted_until_a_frame_is_good() {
        let mut noise = Noise::new(3);
        let mut out = Vec::new();
        assert!(!noise.is_too_much(1, &mut out) && !noise.is_too_much(2, &mut out));
        assert!(noise.is_under_way());
        noise.end(&mut out);
        noise.end(&mut out);
        assert!(!noise.is_under_way());
        assert_eq!(out, [Output::reject(&[1, 2], Reject::Noise { bytes: 2 })]);
        assert!(!noise.is_too_much(3, &mut out));
        assert!(noise.is_too_much(4, &mut out), "a frame that was not good has not forgiven the first two");
        assert_eq!(out[1], Output::reject(&[3, 4], Reject::Noise { bytes: 2 }));
        noise.forgive();
        assert!(!noise.is_too_much(5, &mut out));
    }
}
