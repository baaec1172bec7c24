//! Texts: UTF-8 where they are that, else GBK.

use encoding_rs::GBK;
use model::{AttributeId, Value};

use crate::bytes::cut;
use crate::draft::Draft;

/// A text without surrounding blanks and NULs, cut at `bytes_max`.
pub(super) fn decode(raw: &[u8], bytes_max: usize) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.into(),
        Err(_) => GBK.decode_without_bom_handling(raw).0,
    };
    cut(text.trim_matches(|c: char| c.is_whitespace() || c == '\0'), bytes_max).to_owned()
}

/// A text as devices take it; `None` if it has characters that GBK lacks.
pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
    let (bytes, _, is_lossy) = GBK.encode(text);
    (!is_lossy).then(|| bytes.into_owned())
}

/// Whether these are letters, digits and signs only.
pub(super) fn is_printable(raw: &[u8]) -> bool {
    !raw.is_empty() && raw.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
}

impl Draft {
    /// Sets a text, unless it is empty.
    pub(super) fn words(&mut self, id: AttributeId, raw: &[u8]) {
        let text = decode(raw, self.text_bytes_max());
        if !text.is_empty() {
            self.set(id, Value::Text(text.into()));
        }
    }

    /// Sets number `n` of attributes that are numbered, also where there are no such names.
    pub(super) fn numbered(&mut self, prefix: &str, n: u32, value: f64) {
        let id = AttributeId::nth(prefix, n).or_else(|| AttributeId::intern(&format!("{prefix}{n}")).ok());
        if let Some(id) = id {
            self.float(id, value);
        }
    }

    /// The same under the family's own name.
    pub(super) fn own_words(&mut self, name: &str, raw: &[u8]) {
        if let Ok(id) = AttributeId::intern(name) {
            self.words(id, raw);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_utf_8_or_gbk() {
        let check = |raw: &[u8], wanted: &str| assert_eq!(decode(raw, 12), wanted, "{raw:02x?}");
        check(b" B12345\0\0", "B12345");
        check(b"\xBE\xA9A12345", "\u{4EAC}A12345");
        check("\u{4EAC}B".as_bytes(), "\u{4EAC}B");
        check(b"\xFF\xFF", "\u{FFFD}\u{FFFD}");
        check(b"\xBE\xA9\xBE\xA9\xBE\xA9\xBE\xA9\xBE\xA9", "\u{4EAC}\u{4EAC}\u{4EAC}\u{4EAC}");
        assert_eq!(encode("STATUS#").as_deref(), Some(&b"STATUS#"[..]));
        assert_eq!(encode("\u{4EAC}").as_deref(), Some(&b"\xBE\xA9"[..]));
        assert_eq!(encode("\u{1F697}"), None);
    }
}
