//! Where frames end, and what stands at their beginning.

use crate::framed::Front;

/// A frame with nothing in it that ends it may be so long, in bytes.
const FRAME_BYTES_MAX: usize = 4_096;
/// So many digits behind a parenthesis begin a frame, also in the midst of another.
const SURE_DIGITS: usize = 8;
const COMMAND_BYTES: usize = 4;

/// A frame goes to the first closing parenthesis that is not inside of a text between two `$`.
pub(super) fn front(bytes: &[u8]) -> Front {
    match bytes[0] {
        b'(' => {}
        b'\r' | b'\n' | b' ' | 0 | 0xFF => return Front::Skip(1),
        _ => return Front::Noise(1),
    }
    let mut is_text = false;
    for (at, byte) in bytes.iter().enumerate().take(FRAME_BYTES_MAX).skip(1) {
        match byte {
            b')' if !is_text => return Front::Frame(at + 1),
            b'$' => is_text = !is_text,
            b'(' if begins(&bytes[at..]) => return Front::Noise(at),
            _ => {}
        }
        if at == 1 && !byte.is_ascii_digit() && *byte != b' ' {
            return Front::Noise(1);
        }
    }
    if bytes.len() < FRAME_BYTES_MAX { Front::More } else { Front::Noise(1) }
}

fn begins(bytes: &[u8]) -> bool {
    bytes.get(1..=SURE_DIGITS).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// The parts of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parts<'a> {
    /// The identifier as it stands there.
    pub(super) id: &'a str,
    /// A comma stands behind it: dates are written the other way round.
    pub(super) has_commas: bool,
    pub(super) command: &'a str,
    pub(super) content: &'a str,
    /// Where in the frame the content begins, in bytes.
    pub(super) at: usize,
}

impl<'a> Parts<'a> {
    /// The parts of a frame as text.
    pub(super) fn of(frame: &'a str) -> Option<Self> {
        let inside = frame.strip_prefix('(')?.strip_suffix(')')?;
        let id_bytes = inside.bytes().take_while(|b| b.is_ascii_digit() || *b == b' ').count();
        let (id, rest) = inside.split_at_checked(id_bytes)?;
        let has_commas = rest.starts_with(',');
        let rest = rest.strip_prefix(',').unwrap_or(rest);
        let (command, content) = rest.split_at_checked(COMMAND_BYTES.min(rest.len()))?;
        let stripped = content.strip_prefix(',').unwrap_or(content);
        let at = frame.len() - 1 - stripped.len();
        Some(Self { id, has_commas, command, content: stripped, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fronts_are_told() {
        let check = |input: &str, wanted: Front| assert_eq!(front(input.as_bytes()), wanted, "{input}");
        check("(013912345678BP00)(", Front::Frame(18));
        check("(013912345678,ZC03,140326,092653,$a)b$)", Front::Frame(39));
        check("(013912345678,ZC03,140326,092653,$a)b", Front::More);
        check("(0139(013912345678BP00)", Front::Noise(5));
        check("(013912345678,ZC03,$a(013912345678BP00)", Front::Noise(21));
        check("(013912345678,ZC03,$a(0139)$)", Front::Frame(29));
        check("(", Front::More);
        check("(abc)", Front::Noise(1));
        check(")", Front::Noise(1));
        check("\r", Front::Skip(1));
        check(&format!("(0{}", "x".repeat(4_093)), Front::More);
        check(&format!("(0{}", "x".repeat(4_094)), Front::Noise(1));
    }

    #[test]
    fn frames_have_parts() {
        let check = |frame: &str, id: &str, has_commas: bool, command: &str, content: &str| {
            let parts = Parts::of(frame).expect("is one");
            let wanted = Parts { id, has_commas, command, content, at: parts.at };
            assert_eq!((parts, &frame[parts.at..]), (wanted, format!("{content})").as_str()), "{frame}");
        };
        check("(013912345678BP00HSO)", "013912345678", false, "BP00", "HSO");
        check("(13912345678BP00)", "13912345678", false, "BP00", "");
        check("( 13912345678BP00)", " 13912345678", false, "BP00", "");
        check("(350000000000014,DW30,140326)", "350000000000014", true, "DW30", "140326");
        check("(350000000000014,ZC)", "350000000000014", true, "ZC", "");
        check("(1)", "1", false, "", "");
        assert_eq!(Parts::of("(1"), None);
    }
}
