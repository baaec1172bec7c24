//! Taking the elements of a text that has no separators, or may have some.

/// What is left of a text.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    rest: &'a str,
    whole_bytes: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, whole_bytes: text.len() }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    /// How much was taken, in bytes.
    pub(super) fn at(&self) -> usize {
        self.whole_bytes - self.rest.len()
    }

    /// Takes so many bytes if they please.
    pub(super) fn take(&mut self, bytes: usize, pleases: impl Fn(&str) -> bool) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        if !pleases(taken) {
            return None;
        }
        self.rest = rest;
        Some(taken)
    }

    /// Takes the bytes that please, from the first to before the first that does not.
    pub(super) fn take_while(&mut self, pleases: impl Fn(u8) -> bool) -> &'a str {
        let bytes = self.rest.bytes().take_while(|b| b.is_ascii() && pleases(*b)).count();
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// Takes a comma, if there is one.
    pub(super) fn comma(&mut self) {
        self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
    }
}

/// Whether all of it is part of a number that blanks may pad.
pub(super) fn is_padded(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b' ')
}

pub(super) fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}
