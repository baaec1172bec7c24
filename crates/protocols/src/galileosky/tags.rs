//! Tags: their numbers, how many bytes follow each, and how they are walked.

pub(super) const HARDWARE: u8 = 0x01;
pub(super) const SOFTWARE: u8 = 0x02;
pub(super) const IMEI: u8 = 0x03;
pub(super) const NUMBER: u8 = 0x04;
pub(super) const RECORD: u8 = 0x10;
pub(super) const TIME: u8 = 0x20;
pub(super) const COMMAND_NUMBER: u8 = 0xE0;
pub(super) const COMMAND_TEXT: u8 = 0xE1;

/// How many bytes a tag's value has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Size {
    Fixed(usize),
    /// As the byte says that comes first.
    Byte,
    /// As the two bytes say that come first.
    Word,
}

/// How many bytes follow this tag; `None` if that is not known.
pub(super) const fn size(tag: u8) -> Option<Size> {
    Some(match tag {
        0x01 | 0x02 | 0x35 | 0x43 | 0x88..=0x8C | 0xA0..=0xAF | 0xC4..=0xD2 | 0xD5 => Size::Fixed(1),
        0x04 | 0x10 | 0x21 | 0x34 | 0x40..=0x42 | 0x45 | 0x46 | 0x48 | 0x50..=0x59 | 0x60..=0x62 | 0x70..=0x7D => {
            Size::Fixed(2)
        }
        0xB0..=0xB9 | 0xD6..=0xDA => Size::Fixed(2),
        0x5D | 0x63..=0x6F | 0x80..=0x87 | 0xFA => Size::Fixed(3),
        0x20 | 0x33 | 0x44 | 0x47 | 0x5A | 0x90 | 0xC0..=0xC3 | 0xD3 | 0xD4 | 0xDB..=0xE0 => Size::Fixed(4),
        0xE2..=0xE9 | 0xF0..=0xF9 => Size::Fixed(4),
        0x5B => Size::Fixed(7),
        0xFD => Size::Fixed(8),
        0x30 => Size::Fixed(9),
        0x03 => Size::Fixed(15),
        0x5C => Size::Fixed(68),
        0xE1 | 0xEA => Size::Byte,
        0xFE => Size::Word,
        _ => return None,
    })
}

/// Why walking ended before the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// Nobody knows how long this tag is.
    Unknown(u8),
    /// The content ends within a value.
    Truncated,
}

/// Walks the tags of a packet's content.
pub(super) struct Tags<'a> {
    rest: &'a [u8],
    /// Bytes from the beginning of the content to the next tag, or to the one that broke it.
    pub(super) at: usize,
}

/// The tags of this content.
pub(super) fn walk(content: &[u8]) -> Tags<'_> {
    Tags { rest: content, at: 0 }
}

impl<'a> Iterator for Tags<'a> {
    /// A tag and its value, without its count. After an error there is nothing.
    type Item = Result<(u8, &'a [u8]), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, after) = self.rest.split_first()?;
        match value(tag, after) {
            Ok((value, rest)) => {
                self.at += self.rest.len() - rest.len();
                self.rest = rest;
                Some(Ok((tag, value)))
            }
            Err(broken) => {
                self.rest = &[];
                Some(Err(broken))
            }
        }
    }
}

fn value(tag: u8, after: &[u8]) -> Result<(&[u8], &[u8]), Broken> {
    let (bytes, after) = match size(tag).ok_or(Broken::Unknown(tag))? {
        Size::Fixed(bytes) => (bytes, after),
        Size::Byte => {
            let (count, after) = after.split_first().ok_or(Broken::Truncated)?;
            (usize::from(*count), after)
        }
        Size::Word => {
            let (count, after) = after.split_first_chunk::<2>().ok_or(Broken::Truncated)?;
            (usize::from(u16::from_le_bytes(*count)), after)
        }
    };
    after.split_at_checked(bytes).ok_or(Broken::Truncated)
}

/// The first tag whose length nobody knows.
pub(super) fn find_unknown(content: &[u8]) -> Option<u8> {
    walk(content).find_map(|tag| if let Err(Broken::Unknown(tag)) = tag { Some(tag) } else { None })
}

/// The IMEI. Tags ascend, so it is among the first.
pub(super) fn imei(content: &[u8]) -> Option<&[u8]> {
    walk(content).map_while(Result::ok).take_while(|(tag, _)| *tag <= IMEI).find(|(tag, _)| *tag == IMEI).map(|t| t.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_walked_to_the_end_or_to_what_breaks_it() {
        let check = |content: &[u8], count: usize, broken: Option<Broken>, at: usize| {
            let mut tags = walk(content);
            let mut good = 0;
            let mut end = None;
            for tag in tags.by_ref() {
                match tag {
                    Ok(_) => good += 1,
                    Err(broken) => end = Some(broken),
                }
            }
            assert_eq!((good, end, tags.at), (count, broken, at), "{content:02X?}");
        };
        check(&[], 0, None, 0);
        check(&[1, 9, 2, 8], 2, None, 4);
        check(&[0xE1, 2, 65, 66, 1, 9], 2, None, 6);
        check(&[0xFE, 1, 0, 7, 0xEA, 0], 2, None, 6);
        check(&[1, 9, 0x22, 8], 1, Some(Broken::Unknown(0x22)), 2);
        check(&[1, 9, 0x20, 8], 1, Some(Broken::Truncated), 2);
        check(&[0xE1, 3, 65], 0, Some(Broken::Truncated), 0);
        check(&[0xFE, 1], 0, Some(Broken::Truncated), 0);
        assert_eq!(imei(&[4, 0, 0, 3]), None);
    }
}
