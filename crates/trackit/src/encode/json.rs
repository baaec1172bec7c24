//! JSON, written straight into the buffer that is sent: what this dialect has beside what all share.

pub(crate) use calls::write::{Object, array};
use calls::write::{float, int};

/// Writes a number: whole ones without a fraction, others with the fewest digits that read back as the same. What is
/// not finite, which attributes and positions rule out, is 0.
pub(crate) fn number(x: f64, out: &mut Vec<u8>) {
    if x.fract() == 0.0 && x.abs() < 9e15 {
        int(x as i64, out);
    } else {
        float(x, out);
    }
}

/// Writes an object.
pub(crate) fn object(out: &mut Vec<u8>, write: impl FnOnce(&mut Object<'_>)) {
    let mut object = Object::open(out);
    write(&mut object);
    object.close();
}

/// Members of further kinds.
pub(crate) trait Members {
    /// A text, or `null`.
    fn string_or_null(&mut self, name: &str, value: Option<&str>) -> &mut Self;
    /// A number.
    fn number(&mut self, name: &str, value: f64) -> &mut Self;
    /// An object.
    fn object(&mut self, name: &str, write: impl FnOnce(&mut Object<'_>)) -> &mut Self;
}

impl Members for Object<'_> {
    fn string_or_null(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.string(name, value),
            None => self.raw(name, "null"),
        }
    }

    fn number(&mut self, name: &str, value: f64) -> &mut Self {
        number(value, self.member(name));
        self
    }

    fn object(&mut self, name: &str, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        object(self.member(name), write);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_whole_where_they_can_be() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (38.5787133, "38.5787133"),
            (-9.0127133, "-9.0127133"),
            (41.0, "41"),
            (f64::NAN, "0"),
        ];
        for (x, expected) in cases {
            let mut out = Vec::new();
            number(x, &mut out);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
        }
    }
}
