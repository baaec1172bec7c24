//! The small parts that values are made of.

use model::Timestamp;

use super::CodecError;

/// Seven bits a byte, lowest first; the high bit says that more follow.
pub(crate) fn put_varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// A signed number, folded so that small ones of either sign are short.
pub(crate) fn put_signed(n: i64, out: &mut Vec<u8>) {
    put_varint(((n << 1) ^ (n >> 63)) as u64, out);
}

pub(crate) fn put_time(t: Timestamp, out: &mut Vec<u8>) {
    put_signed(t.ms(), out);
}

pub(crate) fn put_f64(x: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(&x.to_le_bytes());
}

/// Length in bytes, then the bytes.
pub(crate) fn put_text(text: &str, out: &mut Vec<u8>) {
    put_varint(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// One byte 0 or 1, and after 1 the value.
pub(crate) fn put_option<T>(value: Option<T>, out: &mut Vec<u8>, put: impl FnOnce(T, &mut Vec<u8>)) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            put(value, out);
        }
    }
}

/// What is left to decode.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts behind the format byte, which must be `format`.
    pub(crate) fn open(bytes: &'a [u8], format: u8) -> Result<Self, CodecError> {
        match bytes.split_first() {
            Some((first, rest)) if *first == format => Ok(Self(rest)),
            Some((first, _)) => Err(CodecError::UnknownFormat(*first)),
            None => Err(CodecError::Truncated),
        }
    }

    /// Starts behind the format byte, whatever it is, and says it.
    pub(crate) fn open_any(bytes: &'a [u8]) -> Result<(u8, Self), CodecError> {
        let (format, rest) = bytes.split_first().ok_or(CodecError::Truncated)?;
        Ok((*format, Self(rest)))
    }

    /// Ends; nothing may be left.
    pub(crate) fn close(self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError::TrailingBytes) }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, CodecError> {
        self.array::<1>().map(|[b]| b)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, CodecError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::Malformed),
        }
    }

    pub(crate) fn varint(&mut self) -> Result<u64, CodecError> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(CodecError::Malformed);
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(CodecError::Malformed)
    }

    /// A varint that fits the type asked for.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self) -> Result<T, CodecError> {
        T::try_from(self.varint()?).map_err(|_| CodecError::Malformed)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, CodecError> {
        let n = self.varint()?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, CodecError> {
        Timestamp::from_ms(self.signed()?).ok_or(CodecError::Malformed)
    }

    /// A number that is finite, as all stored ones are.
    pub(crate) fn finite(&mut self) -> Result<f64, CodecError> {
        let x = f64::from_le_bytes(self.array()?);
        if x.is_finite() { Ok(x) } else { Err(CodecError::Malformed) }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, CodecError> {
        let len = self.number()?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CodecError::Malformed)
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Option<T>, CodecError> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_bytes_they_need() {
        let check = |n: u64, bytes: &[u8]| {
            let mut out = Vec::new();
            put_varint(n, &mut out);
            assert_eq!(out, bytes, "{n}");
            assert_eq!(Reader(&out).varint(), Ok(n));
        };
        check(0, &[0]);
        check(127, &[0x7f]);
        check(128, &[0x80, 1]);
        check(u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
    }

    #[test]
    fn a_number_beyond_64_bits_is_malformed() {
        assert_eq!(Reader(&[0xff; 9]).varint(), Err(CodecError::Truncated));
        assert_eq!(Reader(&[0xff; 11]).varint(), Err(CodecError::Malformed));
        let two_to_the_64 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2];
        assert_eq!(Reader(&two_to_the_64).varint(), Err(CodecError::Malformed));
    }

    #[test]
    fn signed_numbers_fold_around_zero() {
        let check = |n: i64, len: usize| {
            let mut out = Vec::new();
            put_signed(n, &mut out);
            assert_eq!((out.len(), Reader(&out).signed()), (len, Ok(n)));
        };
        check(0, 1);
        check(-64, 1);
        check(64, 2);
        check(i64::MIN, 10);
        check(i64::MAX, 10);
    }

    #[test]
    fn a_length_is_not_believed() {
        assert_eq!(Reader(&[0xff, 0xff, 0xff, 0xff, 0x0f, b'a']).text(), Err(CodecError::Truncated));
        assert_eq!(Reader(&[1, 0xff]).text(), Err(CodecError::Malformed));
    }
}
