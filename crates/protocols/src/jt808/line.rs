//! Lines of text that locks send beside their messages: fields between commas, the first of which names the lock.

use model::{DeviceId, Timestamp};

/// What a line ends with that asks for the time, and the word in it that stands for the time.
const ASKS_TIME: &str = "BASE,2,TIME";
const TIME: &str = "TIME";

/// The lock that a line names.
pub(super) fn device(words: &[u8]) -> Option<(DeviceId, Option<DeviceId>)> {
    let text = std::str::from_utf8(words).ok()?;
    let name = text.split(',').next()?.trim();
    let digits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return None;
    }
    let plain = name.trim_start_matches('0');
    let full = (plain.len() < name.len()).then(|| DeviceId::new(name)).flatten();
    Some((DeviceId::new(plain)?, full))
}

/// The answer to a line that asks for the time; `None` for others.
pub(super) fn time(words: &str, now: Timestamp) -> Option<Vec<u8>> {
    let asking = words.strip_suffix(TIME).filter(|_| words.ends_with(ASKS_TIME))?;
    let now = now.civil(0);
    let time =
        format!("{:04}{:02}{:02}{:02}{:02}{:02}", now.year, now.month, now.day, now.hour, now.minute, now.second);
    Some(format!("({asking}{time})").into_bytes())
}

/// Whether a command is one of these lines, to be sent as it is.
pub(super) fn is_one(command: &str) -> bool {
    command.starts_with('(') && command.ends_with(')')
}

/// Whether the first bytes of a connection are such a line: a name of twelve digits, and the lock's own command.
pub(super) fn may_begin(bytes: &[u8]) -> crate::Likeness {
    const NAME_BYTES: usize = 12;
    const COMMAND: &[u8] = b",1,001,";
    let Some(rest) = bytes.strip_prefix(b"(") else { return crate::Likeness::No };
    let name = &rest[..rest.len().min(NAME_BYTES)];
    let command = &rest[name.len()..];
    if !name.iter().all(u8::is_ascii_digit) {
        return crate::Likeness::No;
    }
    crate::Likeness::starts_with(command, &[COMMAND])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Likeness;

    #[test]
    fn lines_name_their_lock_and_may_ask_for_the_time() {
        let now = Timestamp::from_s(1_773_480_413).expect("is a time");
        let names = device(b"013912345678,1,001,BASE,2,TIME").expect("names one");
        assert_eq!((names.0.as_str(), names.1.as_ref().map(DeviceId::as_str)), ("13912345678", Some("013912345678")));
        assert_eq!((device(b"abc,1"), device(b""), device(b"000,1")), (None, None, None));
        let answer =
            time("013912345678,1,001,BASE,2,TIME", now).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(answer.as_deref(), Some("(013912345678,1,001,BASE,2,20260314092653)"));
        assert_eq!(time("013912345678,1,001,BASE,1", now), None);
    }

    #[test]
    fn first_bytes_may_be_a_lock() {
        let check = |bytes: &[u8], wanted: Likeness| assert_eq!(may_begin(bytes), wanted, "{bytes:?}");
        check(b"(", Likeness::Perhaps);
        check(b"(013912", Likeness::Perhaps);
        check(b"(013912345678,1,0", Likeness::Perhaps);
        check(b"(013912345678,1,001,B", Likeness::Yes);
        check(b"(013912345678BP05", Likeness::No);
        check(b"(0139,1,001,", Likeness::No);
        check(b"x", Likeness::No);
    }
}
