//! Pushes that must not overtake an answer: what moves a message on waits for the answer that names the message, and
//! what a device says for the word that it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use model::{Push, TrackerId};

/// Pushes that may wait. The answers are seldom far.
const PUSHES_MAX: usize = 256;

/// A push on its way to a client.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    pub(super) tracker: TrackerId,
    pub(super) number: u64,
    pub(super) push: Arc<Push>,
}

/// What is under way for a mobile on this socket.
#[derive(Clone, Copy, Default, Debug)]
struct UnderWay {
    texts: usize,
    commands: usize,
}

/// What kind of thing a client asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    Text,
    Command,
}

/// More waits than may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Overrun;

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Held {
    under_way: HashMap<TrackerId, UnderWay>,
    pushes: VecDeque<Pushed>,
    under_way_count: usize,
}

impl Held {
    /// How much is under way.
    pub(super) fn len(&self) -> usize {
        self.under_way_count
    }

    /// Something is under way.
    pub(super) fn begin(&mut self, tracker: TrackerId, asked: Asked) {
        let count = self.under_way.entry(tracker).or_default();
        match asked {
            Asked::Text => count.texts += 1,
            Asked::Command => count.commands += 1,
        }
        self.under_way_count += 1;
    }

    /// It was answered. Gives what need not wait any longer, in order.
    pub(super) fn end(&mut self, tracker: TrackerId, asked: Asked) -> Vec<Pushed> {
        if let Some(count) = self.under_way.get_mut(&tracker) {
            match asked {
                Asked::Text => count.texts = count.texts.saturating_sub(1),
                Asked::Command => count.commands = count.commands.saturating_sub(1),
            }
            if count.texts + count.commands == 0 {
                self.under_way.remove(&tracker);
            }
            self.under_way_count = self.under_way_count.saturating_sub(1);
        }
        let (stay, go): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.pushes).into_iter().partition(|pushed| self.must_wait(pushed));
        self.pushes = stay;
        go.into()
    }

    /// Gives a push back that need not wait.
    pub(super) fn pass(&mut self, pushed: Pushed) -> Result<Option<Pushed>, Overrun> {
        if !self.must_wait(&pushed) {
            return Ok(Some(pushed));
        }
        if self.pushes.len() >= PUSHES_MAX {
            return Err(Overrun);
        }
        self.pushes.push_back(pushed);
        Ok(None)
    }

    /// The number of the first that waits.
    pub(super) fn first_number(&self) -> Option<u64> {
        self.pushes.iter().map(|pushed| pushed.number).min()
    }

    fn must_wait(&self, pushed: &Pushed) -> bool {
        let Some(count) = self.under_way.get(&pushed.tracker) else { return false };
        match *pushed.push {
            Push::Moved { .. } => count.texts > 0,
            Push::Levels(_) => count.commands > 0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{MessageId, MessageStatus, Timestamp};

    use super::*;

    fn moved(tracker: u32, number: u64) -> Pushed {
        let push = Push::Moved {
            message: MessageId(number),
            submitted: Timestamp::default(),
            status: MessageStatus::Delivered,
        };
        Pushed { tracker: TrackerId(tracker), number, push: Arc::new(push) }
    }

    fn numbers(all: &[Pushed]) -> Vec<u64> {
        all.iter().map(|pushed| pushed.number).collect()
    }

    #[test]
    fn what_moves_a_message_waits_for_every_text_under_way() {
        let mut held = Held::default();
        held.begin(TrackerId(1), Asked::Text);
        held.begin(TrackerId(1), Asked::Text);
        assert!(matches!(held.pass(moved(1, 5)), Ok(None)) && matches!(held.pass(moved(1, 6)), Ok(None)));
        assert!(matches!(held.pass(moved(2, 7)), Ok(Some(_))), "another mobile");
        let up = Pushed { tracker: TrackerId(1), number: 8, push: Arc::new(Push::Device { up: true }) };
        assert!(matches!(held.pass(up), Ok(Some(_))), "of another kind");
        assert_eq!((held.len(), held.first_number()), (2, Some(5)));
        assert!(held.end(TrackerId(1), Asked::Text).is_empty());
        assert_eq!(numbers(&held.end(TrackerId(1), Asked::Text)), [5, 6]);
        assert_eq!((held.len(), held.first_number()), (0, None));
        assert!(matches!(held.pass(moved(1, 9)), Ok(Some(_))));
    }

    #[test]
    fn no_more_waits_than_may() {
        let mut held = Held::default();
        held.begin(TrackerId(1), Asked::Text);
        for number in 0..PUSHES_MAX as u64 {
            assert!(matches!(held.pass(moved(1, number)), Ok(None)));
        }
        assert_eq!(held.pass(moved(1, 999)).err(), Some(Overrun));
    }
}
