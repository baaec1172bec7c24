//! Messages that come in several parts, until all of them are there.

use model::Timestamp;

use super::header::Part;
use crate::Limits;

/// One message of which some parts are there.
struct Unfinished {
    id: u16,
    total: u16,
    /// When the first of its parts came.
    since: Timestamp,
    /// Serial number and content of each part, by place.
    parts: Vec<Option<(u16, Vec<u8>)>>,
}

/// A message that is whole now.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Whole {
    pub(super) body: Vec<u8>,
    /// The serial numbers of its parts, in their order.
    pub(super) serials: Vec<u16>,
}

/// Why a part was not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PartRefused {
    /// It is none of as many as it says.
    NoSuchPart,
    /// More parts than the limit.
    TooMany,
    /// More bytes in all than the limit.
    TooLarge,
}

/// The unfinished messages of one connection.
#[derive(Default)]
pub(super) struct Parts {
    unfinished: Vec<Unfinished>,
    bytes: usize,
}

impl Parts {
    /// Takes one part; the message, if this was the last that was missing. All that is kept of messages that are
    /// unfinished has at most `jt808_parts_bytes_max` bytes; one that finds no room takes its message's parts along.
    pub(super) fn take(
        &mut self,
        (id, serial, part): (u16, u16, Part),
        content: &[u8],
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Option<Whole>, PartRefused> {
        let Part { total, index } = part;
        if index == 0 || index > total {
            return Err(PartRefused::NoSuchPart);
        }
        if usize::from(total) > limits.jt808_parts_max {
            return Err(PartRefused::TooMany);
        }
        self.tick(now, limits);
        let nth = match self.unfinished.iter().position(|m| (m.id, m.total) == (id, total)) {
            Some(nth) => nth,
            None => {
                let parts = vec![None; usize::from(total)];
                self.unfinished.push(Unfinished { id, total, since: now, parts });
                self.unfinished.len() - 1
            }
        };
        let place = &self.unfinished[nth].parts[usize::from(index - 1)];
        if place.as_ref().is_some_and(|(held_serial, held)| *held_serial != serial && held != content) {
            // Not sent again, but of the next message: some of the one before were lost, and never come.
            self.begin_anew(nth, now);
        }
        let place = &mut self.unfinished[nth].parts[usize::from(index - 1)];
        self.bytes -= place.take().map_or(0, |(_, bytes)| bytes.len());
        let refused = match self.bytes + content.len() > limits.jt808_parts_bytes_max {
            true => Some(PartRefused::TooLarge),
            false => (self.count() >= limits.jt808_parts_max).then_some(PartRefused::TooMany),
        };
        if let Some(refused) = refused {
            self.forget(nth);
            return Err(refused);
        }
        self.bytes += content.len();
        self.unfinished[nth].parts[usize::from(index - 1)] = Some((serial, content.to_vec()));
        if self.unfinished[nth].parts.iter().any(Option::is_none) {
            return Ok(None);
        }
        let whole = self.forget(nth);
        let serials = whole.parts.iter().flatten().map(|(serial, _)| *serial).collect();
        Ok(Some(Whole { body: whole.parts.into_iter().flatten().flat_map(|(_, bytes)| bytes).collect(), serials }))
    }

    /// Lets go of a message's parts: another of as many begins.
    fn begin_anew(&mut self, nth: usize, now: Timestamp) {
        let message = &mut self.unfinished[nth];
        self.bytes -= message.parts.iter().flatten().map(|(_, bytes)| bytes.len()).sum::<usize>();
        message.parts.fill(None);
        message.since = now;
    }

    /// How many parts are there.
    fn count(&self) -> usize {
        self.unfinished.iter().map(|m| m.parts.iter().flatten().count()).sum()
    }

    fn forget(&mut self, nth: usize) -> Unfinished {
        let gone = self.unfinished.swap_remove(nth);
        self.bytes -= gone.parts.iter().flatten().map(|(_, bytes)| bytes.len()).sum::<usize>();
        if self.unfinished.is_empty() {
            // An idle connection holds no buffer.
            self.unfinished = Vec::new();
        }
        gone
    }

    /// Lets go of messages whose parts take too long.
    pub(super) fn tick(&mut self, now: Timestamp, limits: &Limits) {
        while let Some(nth) = self.unfinished.iter().position(|m| m.since.plus_ms(limits.jt808_parts_ms_max) <= now) {
            self.forget(nth);
        }
    }

    /// When that is next.
    pub(super) fn next_deadline(&self, limits: &Limits) -> Option<Timestamp> {
        self.unfinished.iter().map(|m| m.since.plus_ms(limits.jt808_parts_ms_max)).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms_clamped(1_773_480_413_000 + ms)
    }

    fn part(index: u16, total: u16) -> (u16, u16, Part) {
        (0x0801, 100 + index, Part { total, index })
    }

    #[test]
    fn parts_make_a_whole_in_any_order() {
        let limits = Limits::default();
        let mut parts = Parts::default();
        assert_eq!(parts.take(part(3, 3), b"c", &limits, at(0)), Ok(None));
        assert_eq!(parts.take(part(1, 3), b"x", &limits, at(1)), Ok(None));
        assert_eq!(parts.take(part(1, 3), b"a", &limits, at(2)), Ok(None), "sent again");
        assert_eq!(
            parts.take((0x0704, 9, Part { total: 1, index: 1 }), b"!", &limits, at(3)).map(|w| w.is_some()),
            Ok(true)
        );
        let whole = Whole { body: b"abc".to_vec(), serials: vec![101, 102, 103] };
        assert_eq!(parts.take(part(2, 3), b"b", &limits, at(4)), Ok(Some(whole)));
        assert_eq!((parts.bytes, parts.next_deadline(&limits)), (0, None));
    }

    #[test]
    fn parts_of_two_messages_do_not_mix() {
        let limits = Limits::default();
        let mut parts = Parts::default();
        let later = |index: u16| (0x0801, 200 + index, Part { total: 3, index });
        for (index, content) in [(1, b"a"), (3, b"c")] {
            assert_eq!(parts.take(part(index, 3), content, &limits, at(0)), Ok(None));
        }
        assert_eq!(parts.take(later(1), b"x", &limits, at(5)), Ok(None));
        assert_eq!((parts.bytes, parts.next_deadline(&limits)), (1, Some(at(60_005))));
        assert_eq!(parts.take(later(2), b"y", &limits, at(6)), Ok(None), "the other's third is gone");
        let whole = Whole { body: b"xyz".to_vec(), serials: vec![201, 202, 203] };
        assert_eq!(parts.take(later(3), b"z", &limits, at(7)), Ok(Some(whole)));
        assert_eq!(parts.bytes, 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let limits = Limits { jt808_parts_max: 4, jt808_parts_bytes_max: 10, ..Limits::default() };
        let mut parts = Parts::default();
        for (index, total) in [(0, 3), (4, 3), (1, 0)] {
            assert_eq!(parts.take(part(index, total), b"", &limits, at(0)), Err(PartRefused::NoSuchPart));
        }
        assert_eq!(parts.take(part(1, 5), b"", &limits, at(0)), Err(PartRefused::TooMany));
        assert_eq!(parts.take(part(1, 3), &[0; 6], &limits, at(0)), Ok(None));
        assert_eq!(parts.take(part(2, 3), &[0; 6], &limits, at(0)), Err(PartRefused::TooLarge));
        assert_eq!((parts.bytes, parts.unfinished.len()), (0, 0), "the message is given up");
        for total in 2..=4 {
            assert_eq!(parts.take(part(1, total), b"", &limits, at(0)), Ok(None));
        }
        assert_eq!(parts.take(part(3, 4), b"", &limits, at(0)), Ok(None));
        assert_eq!(parts.take(part(2, 4), b"", &limits, at(0)), Err(PartRefused::TooMany));
        assert_eq!(parts.next_deadline(&limits), Some(at(60_000)));
        parts.tick(at(59_999), &limits);
        assert_eq!(parts.unfinished.len(), 2);
        parts.tick(at(60_000), &limits);
        assert_eq!((parts.unfinished.len(), parts.next_deadline(&limits)), (0, None));
    }

    proptest! {
        #[test]
        fn bytes_are_counted_right(
            sent in proptest::collection::vec((0u16..6, 0u16..6, 0usize..9, 0i64..3_000), 0..60)
        ) {
            let limits = Limits { jt808_parts_bytes_max: 20, jt808_parts_ms_max: 9_000, ..Limits::default() };
            let (mut parts, mut now) = (Parts::default(), at(0));
            for (index, total, length, ms) in sent {
                now = now.plus_ms(ms);
                let _ = parts.take(part(index, total), &vec![1; length], &limits, now);
                let held: usize = parts.unfinished.iter().flat_map(|m| m.parts.iter().flatten()).map(|(_, b)| b.len()).sum();
                prop_assert_eq!(held, parts.bytes);
                prop_assert!(held <= 20);
            }
        }
    }
}
