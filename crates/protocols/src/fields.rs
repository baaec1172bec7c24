//! Lines of text whose fields stand between separators.

use model::Timestamp;

use crate::draft::moment;

/// The fields of a line.
pub(crate) struct Fields<'a> {
    line: &'a str,
    all: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(line: &'a str, separator: char) -> Self {
        /// Most lines have fewer.
        const USUAL: usize = 24;
        let mut all = Vec::with_capacity(USUAL);
        all.extend(line.split(separator));
        Self { line, all }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// A field without the blanks around it; empty when it is not there.
    pub(crate) fn get(&self, nth: usize) -> &'a str {
        self.all.get(nth).map_or("", |field| field.trim())
    }

    /// A finite number; `None` also when there is none.
    pub(crate) fn number(&self, nth: usize) -> Option<f64> {
        number(self.get(nth))
    }

    /// A whole number.
    pub(crate) fn whole<N: std::str::FromStr>(&self, nth: usize) -> Option<N> {
        self.get(nth).parse().ok()
    }

    /// Where in the line a field begins, in bytes.
    pub(crate) fn at(&self, nth: usize) -> usize {
        self.all.iter().take(nth).map(|field| field.len() + 1).sum::<usize>().min(self.line.len())
    }

    /// The piece of the line from one field to before another.
    pub(crate) fn piece(&self, from: usize, to: usize) -> &'a str {
        if from >= to {
            return "";
        }
        let end = if to < self.len() { self.at(to) - 1 } else { self.line.len() };
        self.line.get(self.at(from)..end).unwrap_or("")
    }
}

/// A finite number in decimal digits.
pub(crate) fn number(text: &str) -> Option<f64> {
    short_number(text).or_else(|| text.parse().ok().filter(|number: &f64| number.is_finite()))
}

/// A number of few digits without an exponent, as nearly all are: both sides of the division are exact, so that it
/// rounds once, as the general way does, which takes several times as long.
fn short_number(text: &str) -> Option<f64> {
    const POWERS: [f64; 16] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    /// So many digits stay below 2^53.
    const DIGITS_MAX: usize = 15;
    let (is_negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.len() > DIGITS_MAX + 1 {
        return None;
    }
    let (mut whole, mut point) = (0u64, None);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let count = digits.len() - usize::from(point.is_some());
    if !(1..=DIGITS_MAX).contains(&count) {
        return None;
    }
    let decimals = point.map_or(0, |at| digits.len() - at - 1);
    let number = whole as f64 / POWERS.get(decimals)?;
    Some(if is_negative { -number } else { number })
}

/// Whether it is digits, and so many.
pub(crate) fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// Three numbers of two digits each.
pub(crate) fn pairs(text: &str) -> Option<(u8, u8, u8)> {
    if !is_digits(text, 6) {
        return None;
    }
    let pair = |at: usize| text[at..at + 2].parse().ok();
    Some((pair(0)?, pair(2)?, pair(4)?))
}

/// A moment of this century, whose date is written `ymd` in two digits each; `None` for what no clock shows. Receivers
/// that know no date yet tell one of the last century.
pub(crate) fn moment_of(ymd: (u8, u8, u8), time: (u8, u8, u8), utc_offset_s: i32) -> Option<Timestamp> {
    let (year, month, day) = ymd;
    if year >= 80 {
        return None;
    }
    moment((year.into(), month, day), time, utc_offset_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_with_their_places() {
        let fields = Fields::of("ab, 1.5 ,,x", ',');
        assert_eq!(
            (fields.len(), fields.get(0), fields.get(1), fields.get(2), fields.get(9)),
            (4, "ab", "1.5", "", "")
        );
        assert_eq!((fields.number(1), fields.number(3), fields.whole::<u8>(1)), (Some(1.5), None, None));
        assert_eq!((0..6).map(|n| fields.at(n)).collect::<Vec<_>>(), [0, 3, 9, 10, 11, 11]);
        assert_eq!((fields.piece(1, 3), fields.piece(1, 9), fields.piece(3, 3)), (" 1.5 ,", " 1.5 ,,x", ""));
        assert_eq!(fields.piece(9, 12), "");
    }

    proptest::proptest! {
        /// The short way gives what the general way does, to the last bit, and nothing where that gives nothing.
        #[test]
        fn short_numbers_are_exact(text in "[+-]?[0-9]{0,10}([.][0-9]{0,10})?") {
            let general = text.parse::<f64>().ok().map(f64::to_bits);
            let short = short_number(&text).map(f64::to_bits);
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            proptest::prop_assert_eq!(short, general.filter(|_| digits <= 15));
        }
    }

    #[test]
    fn numbers_and_pairs() {
        assert_eq!((number("+2.5"), number("nan"), number("inf"), number("1e999")), (Some(2.5), None, None, None));
        assert_eq!(
            (pairs("092653"), pairs("09265"), pairs("09é5"), pairs("+92653")),
            (Some((9, 26, 53)), None, None, None)
        );
        let at = |ymd| moment_of(ymd, (9, 26, 53), -10_800).map(|t| t.to_string());
        assert_eq!(at((26, 3, 14)).as_deref(), Some("2026-03-14T12:26:53.000Z"));
        assert_eq!((at((80, 1, 6)), at((0, 0, 0))), (None, None));
    }
}
