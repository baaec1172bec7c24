//! What the server sends back: a byte for the login, then a count for each packet.

/// What the server answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The login was accepted.
    Accepted,
    /// The login was refused.
    Refused,
    /// Neither: the server does not speak this protocol.
    Strange(u8),
    /// So many records of a packet are stored.
    Stored(u32),
}

/// Reads the server's answers of one connection, however they are cut: a byte for the login, then counts.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    logged_in: bool,
    part: [u8; 4],
    len: usize,
}

impl Answers {
    /// Takes the next answer off the front of `bytes`; `None` when more are needed.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Answer> {
        while let Some((&first, rest)) = bytes.split_first() {
            *bytes = rest;
            if !self.logged_in {
                self.logged_in = first == 1;
                return Some(match first {
                    0 => Answer::Refused,
                    1 => Answer::Accepted,
                    other => Answer::Strange(other),
                });
            }
            self.part[self.len] = first;
            self.len += 1;
            if self.len == self.part.len() {
                self.len = 0;
                return Some(Answer::Stored(u32::from_be_bytes(self.part)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_answers_however_they_are_cut() {
        let all = [1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 255];
        let expected = [Answer::Accepted, Answer::Stored(5), Answer::Stored(0), Answer::Stored(255)];
        for size in 1..=all.len() {
            let mut answers = Answers::default();
            let mut seen = Vec::new();
            for mut cut in all.chunks(size) {
                while let Some(answer) = answers.next(&mut cut) {
                    seen.push(answer);
                }
            }
            assert_eq!(seen, expected, "cut into {size}");
        }
        assert_eq!(Answers::default().next(&mut &[0u8][..]), Some(Answer::Refused));
        assert_eq!(Answers::default().next(&mut &b"H"[..]), Some(Answer::Strange(b'H')));
    }
}
