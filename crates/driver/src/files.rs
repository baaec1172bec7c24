//! Pictures in forms: what an app calls them, and where they are read.

use dispatch::FileId;

/// Digits of a file's id, after its first letter.
const DIGITS: usize = 16;

/// What an app is told that its file is called. Nothing that a driver types looks like it.
pub(crate) fn file_name(file: FileId) -> String {
    format!("f{:0DIGITS$x}", file.0)
}

/// The file that an app calls so.
pub(crate) fn file_by_name(name: &str) -> Option<FileId> {
    let digits = name.strip_prefix('f').filter(|digits| digits.len() == DIGITS)?;
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let id = digits.bytes().all(is_digit).then(|| u64::from_str_radix(digits, 16).ok())??;
    Some(FileId(id))
}

/// Where the office reads it.
pub(crate) fn file_address(file: FileId) -> String {
    format!("/ws/file/{}", file.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_nothing_else_is_one() {
        for id in [1, 0x2a, u64::MAX] {
            assert_eq!(file_by_name(&file_name(FileId(id))), Some(FileId(id)));
        }
        for text in
            ["", "f", "1", "f1", "F0000000000000001", "f000000000000000g", "f+00000000000001a", "f00000000000000001"]
        {
            assert_eq!(file_by_name(text), None, "{text:?}");
        }
        assert_eq!(file_address(FileId(17)), "/ws/file/17");
    }
}
