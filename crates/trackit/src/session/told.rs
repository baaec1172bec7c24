//! How far messages have come by what a client was told of them: it is told of no step back, and of none twice.

use std::collections::VecDeque;

use model::{MessageId, MessageStatus};

/// Messages that are remembered. Those of which nothing is to come need not be, and few others move at a time.
const MESSAGES_MAX: usize = 512;

/// The last status told of each of the last messages.
#[derive(Debug, Default)]
pub(super) struct Told(VecDeque<(MessageId, MessageStatus)>);

impl Told {
    /// Whether the client is to be told that a message is there now, which it then is.
    pub(super) fn moves(&mut self, message: MessageId, to: MessageStatus) -> bool {
        match self.0.iter_mut().find(|(known, _)| *known == message) {
            Some((_, status)) => match status.next(to) {
                Some(next) => {
                    *status = next;
                    true
                }
                None => false,
            },
            None => {
                self.remember(message, to);
                true
            }
        }
    }

    fn remember(&mut self, message: MessageId, status: MessageStatus) {
        if self.0.len() >= MESSAGES_MAX {
            self.0.pop_front();
        }
        self.0.push_back((message, status));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_message_goes_forward_or_is_not_told_of(moves in proptest::collection::vec((0_u64..4, 0_u8..6), 0..100)) {
            let mut told = Told::default();
            let mut last: [Option<MessageStatus>; 4] = [None; 4];
            for (message, number) in moves {
                let to = MessageStatus::from_number(number).expect("a status");
                let before = last[message as usize];
                let is_step = before.is_none_or(|before| before.next(to).is_some());
                prop_assert_eq!(told.moves(MessageId(message), to), is_step);
                if is_step {
                    last[message as usize] = Some(to);
                }
            }
        }
    }

    #[test]
    fn few_are_remembered() {
        let mut told = Told::default();
        (0..10_000).for_each(|id| {
            told.moves(MessageId(id), MessageStatus::Stored);
        });
        assert_eq!(told.0.len(), MESSAGES_MAX);
        assert!(!told.moves(MessageId(9_999), MessageStatus::Stored));
        assert!(told.moves(MessageId(9_999), MessageStatus::Read));
    }
}
