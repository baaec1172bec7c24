//! From values to JSON, written straight into the buffer that is sent: no tree of values in between.

use crate::params::FieldError;

/// Writes a text as a JSON string.
pub fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if b >= 0x20 && b != b'"' && b != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain_from..i]);
        plain_from = i + 1;
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', b]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let hex = |n: u8| b"0123456789abcdef"[usize::from(n)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(b >> 4), hex(b & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}

/// Writes a whole number.
pub fn int(n: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Writes a number with the fewest digits that read back as the same; what is not finite as 0, which positions and
/// attributes rule out.
pub fn float(x: f64, out: &mut Vec<u8>) {
    if x.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(x).as_bytes());
    } else {
        out.push(b'0');
    }
}

/// Writes true or false.
pub fn boolean(b: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if b { b"true" } else { b"false" });
}

/// An object under construction: writes the commas and the names.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    /// Begins one.
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// The buffer, where the caller now writes the value of this member.
    pub fn member(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        string(name, self.out);
        self.out.push(b':');
        self.out
    }

    /// A member whose value is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.member(name).extend_from_slice(json.as_bytes());
        self
    }

    /// A text.
    pub fn string(&mut self, name: &str, value: &str) -> &mut Self {
        string(value, self.member(name));
        self
    }

    /// A whole number.
    pub fn int(&mut self, name: &str, value: impl itoa::Integer) -> &mut Self {
        int(value, self.member(name));
        self
    }

    /// True or false.
    pub fn boolean(&mut self, name: &str, value: bool) -> &mut Self {
        boolean(value, self.member(name));
        self
    }

    /// Members that are JSON already, without braces; there may be none.
    pub fn members(&mut self, members: &[u8]) {
        if members.is_empty() {
            return;
        }
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.out.extend_from_slice(members);
    }

    /// Ends it.
    pub fn close(self) {
        self.out.push(b'}');
    }
}

/// Writes an array, its elements by `each`.
pub fn array<T>(items: impl IntoIterator<Item = T>, out: &mut Vec<u8>, mut each: impl FnMut(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        each(item, out);
    }
    out.push(b']');
}

/// Writes a list of wrong parameters.
pub fn field_errors(fields: &[FieldError], out: &mut Vec<u8>) {
    array(fields, out, |field, out| {
        let mut object = Object::open(out);
        object.string("parameter", &field.parameter).string("error", &field.error);
        object.close();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn numbers_are_short_and_exact() {
        let check = |x: f64, text: &str| assert_eq!(written(|out| float(x, out)), text);
        check(14.330065796228606, "14.330065796228606");
        check(-90.99037259141691, "-90.99037259141691");
        check(0.1 + 0.2, "0.30000000000000004");
        check(f64::NAN, "0");
        assert_eq!(written(|out| int(-5, out)), "-5");
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in any::<String>()) {
            let json = written(|out| string(&text, out));
            prop_assert_eq!(serde_json::from_str::<String>(&json).expect("a JSON string"), text);
        }

        #[test]
        fn any_number_reads_back(x in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            let json = written(|out| float(x, out));
            prop_assert!(serde_json::from_str::<f64>(&json).is_ok());
            // The standard library rounds exactly, which the JSON reader does not promise.
            prop_assert_eq!(json.parse::<f64>(), Ok(x));
        }
    }
}
