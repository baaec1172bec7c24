//! Passwords that are compared and never shown.

use std::fmt;
use std::hint::black_box;

/// A password. It is not shown when it is printed for debugging.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Keeps a password; `None` if it is empty, which is none.
    pub fn new(password: &str) -> Option<Self> {
        (!password.is_empty()).then(|| Self(password.into()))
    }

    /// Whether this is it. How long that takes tells nothing of where they differ.
    pub fn is(&self, presented: &[u8]) -> bool {
        is_same(self.0.as_bytes(), presented)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Compares in a time that depends on the length of what is presented alone.
pub(crate) fn is_same(expected: &[u8], presented: &[u8]) -> bool {
    let mut difference = u8::from(expected.len() != presented.len());
    for (at, byte) in presented.iter().enumerate() {
        let other = expected.get(at % expected.len().max(1)).copied().unwrap_or(0);
        difference |= black_box(byte ^ other);
    }
    black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_is_the_same() {
        let secret = Secret::new("open sesame").expect("is not empty");
        assert!(secret.is(b"open sesame"));
        for other in [&b""[..], b"open", b"open sesamE", b"open sesameopen sesame", b"pen sesame"] {
            assert!(!secret.is(other), "{other:?}");
        }
        assert_eq!((Secret::new(""), format!("{secret:?}").as_str()), (None, "Secret(…)"));
        assert!(is_same(b"", b"") && !is_same(b"", b"\0"));
    }
}
