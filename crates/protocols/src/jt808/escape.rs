//! Delimiters of messages, and what stands for them inside.

use std::borrow::Cow;

/// How messages are marked off from each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    /// As the standard says.
    Standard,
    /// As some locks do it.
    Lock,
}

impl Dialect {
    /// The dialect whose messages begin and end with this byte.
    pub(super) const fn of(delimiter: u8) -> Option<Self> {
        match delimiter {
            0x7E => Some(Self::Standard),
            0xE7 => Some(Self::Lock),
            _ => None,
        }
    }

    /// What its messages begin and end with.
    pub(super) const fn delimiter(self) -> u8 {
        match self {
            Self::Standard => 0x7E,
            Self::Lock => 0xE7,
        }
    }

    /// The other one.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Standard => Self::Lock,
            Self::Lock => Self::Standard,
        }
    }

    /// Bytes and the two that stand for each.
    const fn escapes(self) -> &'static [(u8, [u8; 2])] {
        match self {
            Self::Standard => &[(0x7E, [0x7D, 2]), (0x7D, [0x7D, 1])],
            Self::Lock => &[(0xE6, [0xE6, 1]), (0xE7, [0xE6, 2]), (0x3E, [0x3E, 1]), (0x3D, [0x3E, 2])],
        }
    }

    /// What is meant by what was sent. Two bytes that stand for nothing are left as they are.
    pub(super) fn unescape(self, sent: &[u8]) -> Cow<'_, [u8]> {
        let first = match self {
            Self::Standard => memchr::memchr(0x7D, sent),
            Self::Lock => memchr::memchr2(0xE6, 0x3E, sent),
        };
        let Some(first) = first else { return Cow::Borrowed(sent) };
        let (plain, mut rest) = sent.split_at(first);
        let mut meant = Vec::with_capacity(sent.len());
        meant.extend(plain);
        while let Some((byte, after)) = rest.split_first() {
            match self.escapes().iter().find(|(_, pair)| rest.starts_with(pair)) {
                Some((stands_for, _)) => {
                    meant.push(*stands_for);
                    rest = &rest[2..];
                }
                None => {
                    meant.push(*byte);
                    rest = after;
                }
            }
        }
        Cow::Owned(meant)
    }

    /// A message as it is sent, with its delimiters.
    pub(super) fn escape(self, message: &[u8]) -> Vec<u8> {
        let mut sent = Vec::with_capacity(message.len() + 4);
        sent.push(self.delimiter());
        for byte in message {
            match self.escapes().iter().find(|(plain, _)| plain == byte) {
                Some((_, pair)) => sent.extend(pair),
                None => sent.push(*byte),
            }
        }
        sent.push(self.delimiter());
        sent
    }
}

/// All bytes combined bit by bit: the check byte of a message.
pub(super) fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |all, byte| all ^ byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_sent_and_what_is_meant() {
        let check = |dialect: Dialect, sent: &[u8], meant: &[u8]| {
            assert_eq!(dialect.unescape(sent), meant);
            let framed = [&[dialect.delimiter()], sent, &[dialect.delimiter()]].concat();
            assert_eq!(dialect.escape(meant), framed);
        };
        check(Dialect::Standard, &[1, 0x7D, 2, 0x7D, 1, 2, 0xE7], &[1, 0x7E, 0x7D, 2, 0xE7]);
        check(Dialect::Lock, &[0xE6, 1, 0xE6, 2, 0x3E, 1, 0x3E, 2, 0x7E], &[0xE6, 0xE7, 0x3E, 0x3D, 0x7E]);
        check(Dialect::Standard, &[], &[]);
        assert_eq!(*Dialect::Standard.unescape(&[0x7D, 3, 0x7D]), [0x7D, 3, 0x7D], "they stand for nothing");
        assert_eq!(xor(b"123456789"), 0x31);
    }

    proptest! {
        #[test]
        fn any_message_survives(message in proptest::collection::vec(any::<u8>(), 0..80), lock: bool) {
            let dialect = if lock { Dialect::Lock } else { Dialect::Standard };
            let sent = dialect.escape(&message);
            let inner = &sent[1..sent.len() - 1];
            prop_assert!(!inner.contains(&dialect.delimiter()));
            prop_assert_eq!(&*dialect.unescape(inner), &message[..]);
        }
    }
}
