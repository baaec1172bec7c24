//! Fields of a line, one after the other.

use std::str;

use model::Timestamp;

use crate::bytes::is_bare;
use crate::draft::moment;
use crate::fields::{is_digits, number};

/// Takes fields from the front of a line.
pub(super) struct Cursor<'a> {
    /// `None` after the last field.
    rest: Option<&'a [u8]>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a [u8]) -> Self {
        Self { rest: Some(line) }
    }

    /// What is left; `None` after the last field.
    pub(super) fn rest(&self) -> Option<&'a [u8]> {
        self.rest
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_none()
    }

    /// The next field as it is; empty after the last.
    pub(super) fn raw(&mut self) -> &'a [u8] {
        let Some(rest) = self.rest else { return &[] };
        match rest.iter().position(|b| *b == b';') {
            Some(at) => {
                self.rest = Some(&rest[at + 1..]);
                &rest[..at]
            }
            None => {
                self.rest = None;
                rest
            }
        }
    }

    /// The next field without the blanks around it; empty after the last, or if it is no text.
    pub(super) fn next(&mut self) -> &'a str {
        let raw = self.raw();
        let field = str::from_utf8(raw).unwrap_or_default();
        if is_bare(raw) { field } else { field.trim() }
    }

    /// Passes over so many fields.
    pub(super) fn skip(&mut self, count: usize) {
        (0..count).for_each(|_| {
            self.raw();
        });
    }

    /// The next field, without taking it.
    pub(super) fn peek(&self) -> &'a str {
        Self { rest: self.rest }.next()
    }

    /// So many bytes, whatever is in them, and the separator after them.
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let rest = self.rest.unwrap_or_default();
        let (taken, after) = rest.split_at(count.min(rest.len()));
        self.rest = match after {
            [] => None,
            [b';', after @ ..] | after => Some(after),
        };
        taken
    }

    /// All fields that are left.
    pub(super) fn all(mut self) -> Vec<&'a str> {
        let mut all = Vec::new();
        while !self.is_done() {
            all.push(self.next());
        }
        all
    }

    pub(super) fn number(&mut self) -> Option<f64> {
        number(self.next())
    }

    pub(super) fn whole(&mut self) -> Option<i64> {
        self.next().parse().ok()
    }

    pub(super) fn hexadecimal(&mut self) -> Option<u64> {
        hexadecimal(self.next())
    }

    /// A date and a time, two fields.
    pub(super) fn moment(&mut self, utc_offset_s: i32) -> Option<Timestamp> {
        let (date, time) = (self.next(), self.next());
        moment_of(date, time, utc_offset_s)
    }
}

/// The moment of a date and a time.
pub(super) fn moment_of(date: &str, time: &str, utc_offset_s: i32) -> Option<Timestamp> {
    let two = |text: &str, at: usize| text.get(at..at + 2)?.parse::<u8>().ok();
    if !is_date(date) || time.len() != 8 {
        return None;
    }
    let year = date.get(..4)?.parse::<u16>().ok().filter(|year| *year >= 1_980)?;
    let clock = (two(time, 0)?, two(time, 3)?, two(time, 6)?);
    moment((year, two(date, 4)?, two(date, 6)?), clock, utc_offset_s)
}

/// Eight digits.
pub(super) fn is_date(field: &str) -> bool {
    is_digits(field, 8)
}

/// A number that is written in hexadecimal.
pub(super) fn hexadecimal(field: &str) -> Option<u64> {
    u64::from_str_radix(field, 16).ok().filter(|_| !field.starts_with('+'))
}

/// Whether lines of these models name the model.
pub(super) fn model_stands(model: &str) -> bool {
    model.starts_with("ST3") || model == "ST500" || model == "ST600"
}

/// The bit of the universal map that stands for the first of three fields which depend on the type.
pub(super) const OWN_FIELDS: u32 = 19;

/// How many fields of the universal form stand before the length of serial data; `None` if the map has none.
pub(super) fn universal_fields_before(map: u64) -> Option<usize> {
    let has = |bit: u32| map >> bit & 1 == 1;
    let is_told = has(OWN_FIELDS) && has(OWN_FIELDS + 1);
    is_told.then(|| (1..OWN_FIELDS).filter(|bit| has(*bit)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_one_by_one() {
        let mut c = Cursor::new(b" a ;\xFF;1F;-2.5;;b;c;de;f");
        assert_eq!(
            (c.peek(), c.next(), c.next(), c.hexadecimal(), c.number(), c.next()),
            ("a", "a", "", Some(31), Some(-2.5), "")
        );
        assert_eq!((c.take(3), c.take(2), c.next(), c.is_done(), c.next()), (&b"b;c"[..], &b"de"[..], "f", true, ""));
        assert_eq!(Cursor::new(b"a;b").take(9), b"a;b");
        assert_eq!(Cursor::new(b"a;;b").all(), ["a", "", "b"]);
    }

    #[test]
    fn moments_take_two_fields() {
        let check = |line: &str, wanted: Option<i64>| {
            assert_eq!(Cursor::new(line.as_bytes()).moment(3_600).map(|t| t.s()), wanted, "{line}");
        };
        check("20260314;10:26:53", Some(1_773_480_413));
        check("20260314;25:26:53", None);
        check("00000000;00:00:00", None);
        check("20260314;092653", None);
        check(";", None);
    }
}
