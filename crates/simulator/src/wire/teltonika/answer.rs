//! What the server sends: a byte for the login, then a count for each packet, and commands in codec 12 at any time.

use super::command;

/// What the server sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The login was accepted.
    Accepted,
    /// The login was refused.
    Refused,
    /// Neither: the server does not speak this protocol.
    Strange(u8),
    /// So many records of a packet are stored.
    Stored(u32),
    /// A command, in words.
    Command(String),
}

/// Reads what the server sends on one connection, however it is cut.
///
/// A command begins with four zero bytes, as the count 0 does. A server writes a command in one piece: four zeros, or
/// four zeros and one more count, with nothing after them are counts.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    logged_in: bool,
    /// What has begun and not ended; empty between answers.
    held: Vec<u8>,
}

impl Answers {
    /// Takes the next answer off the front of `bytes`; `None` when more are needed.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Answer> {
        if !self.logged_in {
            let (&first, rest) = bytes.split_first()?;
            *bytes = rest;
            self.logged_in = first == 1;
            return Some(match first {
                0 => Answer::Refused,
                1 => Answer::Accepted,
                other => Answer::Strange(other),
            });
        }
        // Whole at once, as nearly always, nothing is held.
        self.held.extend_from_slice(std::mem::take(bytes));
        let answer = self.front();
        if self.held.is_empty() {
            self.held = Vec::new();
        }
        answer
    }

    /// Takes the first answer off what is held.
    fn front(&mut self) -> Option<Answer> {
        loop {
            let &[a, b, c, d, ref rest @ ..] = &self.held[..] else { return None };
            let count = u32::from_be_bytes([a, b, c, d]);
            if count == 0 && !matches!(rest.len(), 0 | 4) {
                match command::front(&self.held) {
                    command::Front::More => return None,
                    command::Front::Command { bytes, text } => {
                        self.held.drain(..bytes);
                        match text {
                            Some(text) => return Some(Answer::Command(text)),
                            None => continue,
                        }
                    }
                    command::Front::Other => {}
                }
            }
            self.held.drain(..4);
            return Some(Answer::Stored(count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(all: &[u8], size: usize) -> Vec<Answer> {
        let mut answers = Answers::default();
        let mut seen = Vec::new();
        for mut cut in all.chunks(size) {
            while let Some(answer) = answers.next(&mut cut) {
                seen.push(answer);
            }
        }
        seen
    }

    #[test]
    fn reads_answers_however_they_are_cut() {
        let all = [1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 255];
        let expected = [Answer::Accepted, Answer::Stored(5), Answer::Stored(0), Answer::Stored(255)];
        for size in 1..=all.len() {
            assert_eq!(read(&all, size), expected, "cut into {size}");
        }
        assert_eq!(Answers::default().next(&mut &[0u8][..]), Some(Answer::Refused));
        assert_eq!(Answers::default().next(&mut &b"H"[..]), Some(Answer::Strange(b'H')));
    }

    #[test]
    fn a_command_comes_between_counts() {
        // The vendor's own example of a command.
        let getinfo = b"\0\0\0\0\0\0\0\x0f\x0c\x01\x05\0\0\0\x07getinfo\x01\0\0\x43\x12";
        let all = [&[1, 0, 0, 0, 5][..], getinfo, &[0, 0, 0, 9]].concat();
        let expected = [Answer::Accepted, Answer::Stored(5), Answer::Command("getinfo".to_owned()), Answer::Stored(9)];
        // Not into 3, 5 or such: a piece that ends right after the zeros is a count.
        for size in [all.len(), 17, 20, 26] {
            assert_eq!(read(&all, size), expected, "cut into {size}");
        }
        let mut broken = all.clone();
        broken[20] ^= 1;
        let expected = [Answer::Accepted, Answer::Stored(5), Answer::Stored(9)];
        assert_eq!(read(&broken, broken.len()), expected, "a command with a wrong checksum is passed over");
    }
}
