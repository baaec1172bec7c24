//! Reading numbers, big-endian unless said otherwise, and texts from bytes that may end anywhere.

use std::borrow::Cow;

/// The bytes end before the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Truncated;

/// Takes values from the front of a slice.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// What is left, without taking it.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes all that is left.
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(|[b]| b)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Truncated> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn u24(&mut self) -> Result<u32, Truncated> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Truncated> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn u16_le(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn i16_le(&mut self) -> Result<i16, Truncated> {
        self.array().map(i16::from_le_bytes)
    }

    pub(crate) fn u32_le(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn i32_le(&mut self) -> Result<i32, Truncated> {
        self.array().map(i32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Truncated> {
        self.array().map(u64::from_be_bytes)
    }
}

/// Upper-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        text.push(char::from(DIGITS[usize::from(b >> 4)]));
        text.push(char::from(DIGITS[usize::from(b & 15)]));
    }
    text
}

/// What the bytes say as text, as Latin-1 when it is not UTF-8.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()),
    }
}

/// A text field: without surrounding blanks and NULs, as Latin-1 when it is not UTF-8, cut at `bytes_max`.
pub(crate) fn text(bytes: &[u8], bytes_max: usize) -> String {
    let decoded = decoded(bytes);
    let trimmed = match is_bare(bytes) {
        true => &*decoded,
        false => decoded.trim_matches(|c: char| c.is_whitespace() || c == '\0'),
    };
    cut(trimmed, bytes_max).to_owned()
}

/// Whether nothing stands around the text that would be taken away. So it is with most fields, and looking for all
/// blanks that Unicode knows takes long.
pub(crate) fn is_bare(field: &[u8]) -> bool {
    field.first().is_none_or(u8::is_ascii_graphic) && field.last().is_none_or(u8::is_ascii_graphic)
}

/// The longest start of `text` that has at most `bytes_max` bytes.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian_and_end_with_the_bytes() {
        assert_eq!(Reader::new(&[1, 2, 3]).u24(), Ok(0x01_0203));
        let mut r = Reader::new(&[1, 2, 0xFE, 0xFF, 1, 2, 3, 4]);
        assert_eq!(
            (r.u16_le(), r.i16_le(), r.u32_le(), r.i32_le()),
            (Ok(0x0201), Ok(-2), Ok(0x0403_0201), Err(Truncated))
        );
        let mut r = Reader::new(&[1, 2, 3, 0xFF, 0xFE, 9]);
        assert_eq!((r.u8(), r.u16(), r.i16()), (Ok(1), Ok(0x0203), Ok(-2)));
        assert_eq!((r.u16(), r.remaining()), (Err(Truncated), 1));
        assert_eq!((r.take(2), r.take(1)), (Err(Truncated), Ok(&[9u8][..])));
    }

    #[test]
    fn texts_are_trimmed_decoded_and_cut() {
        let check = |bytes: &[u8], wanted: &str| assert_eq!(text(bytes, 6), wanted);
        check(b" \0AB C\0\0", "AB C");
        check(b"caf\xE9", "caf\u{e9}");
        check("dépôt d'or".as_bytes(), "dépô");
        check(b"", "");
        assert_eq!(hex(&[0, 0x5E, 0xFF]), "005EFF");
    }
}
