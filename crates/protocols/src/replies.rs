//! Replies leave in the order of their requests, whenever the uploads behind them are stored.

use std::collections::VecDeque;

use crate::session::{Output, Ticket};

enum Slot<T> {
    /// Will be answered when this upload is stored; `T` is what the family needs to word the answer.
    Waiting(Ticket, T),
    /// An answer, and what is to be said once it has left.
    Ready(Vec<u8>, Option<Output>),
    Close,
}

/// The replies of one connection that have not left yet.
pub(crate) struct Replies<T> {
    slots: VecDeque<Slot<T>>,
    last_ticket: u32,
    closing: bool,
}

impl<T> Replies<T> {
    pub(crate) fn new() -> Self {
        Self { slots: VecDeque::new(), last_ticket: 0, closing: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the connection is to be closed: nothing more is to be read.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// What answers that wait for an upload will be worded with.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| if let Slot::Waiting(_, detail) = slot { Some(detail) } else { None })
    }

    /// A place in the line for an upload's answer.
    pub(crate) fn wait(&mut self, detail: T) -> Ticket {
        self.last_ticket = self.last_ticket.wrapping_add(1);
        let ticket = Ticket(self.last_ticket);
        self.slots.push_back(Slot::Waiting(ticket, detail));
        ticket
    }

    /// A reply that is known already.
    pub(crate) fn ready(&mut self, bytes: Vec<u8>, out: &mut Vec<Output>) {
        if self.slots.is_empty() {
            out.push(Output::Reply(bytes));
        } else {
            self.slots.push_back(Slot::Ready(bytes, None));
        }
    }

    /// Closes after everything before has been answered.
    pub(crate) fn close(&mut self, out: &mut Vec<Output>) {
        if !std::mem::replace(&mut self.closing, true) {
            self.slots.push_back(Slot::Close);
            self.flush(out);
        }
    }

    /// Settles an upload, and sends what need wait no longer.
    pub(crate) fn settle(&mut self, ticket: Ticket, word: impl FnOnce(T) -> Vec<u8>, out: &mut Vec<Output>) {
        self.settle_and_say(ticket, |detail| (word(detail), None), out);
    }

    /// The same with something that is to be said once the answer has left.
    pub(crate) fn settle_and_say(
        &mut self,
        ticket: Ticket,
        word: impl FnOnce(T) -> (Vec<u8>, Option<Output>),
        out: &mut Vec<Output>,
    ) {
        let found = self.slots.iter_mut().find(|s| matches!(s, Slot::Waiting(t, _) if *t == ticket));
        let Some(slot) = found else { return };
        if let Slot::Waiting(_, detail) = std::mem::replace(slot, Slot::Close) {
            let (bytes, said) = word(detail);
            *slot = Slot::Ready(bytes, said);
        }
        self.flush(out);
    }

    fn flush(&mut self, out: &mut Vec<Output>) {
        while let Some(slot) = self.slots.pop_front() {
            match slot {
                Slot::Ready(bytes, said) => {
                    // An upload may be one that its device wants to hear nothing of.
                    if !bytes.is_empty() {
                        out.push(Output::Reply(bytes));
                    }
                    out.extend(said);
                }
                Slot::Close => out.push(Output::Close),
                waiting @ Slot::Waiting(..) => {
                    self.slots.push_front(waiting);
                    return;
                }
            }
        }
        // An idle connection holds no buffer.
        self.slots = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_keep_the_order_of_their_requests() {
        let mut replies = Replies::new();
        let mut out = Vec::new();
        let a = replies.wait('a');
        replies.ready(vec![b'!'], &mut out);
        let b = replies.wait('b');
        replies.close(&mut out);
        assert_eq!(out, [], "everything waits for the first");
        replies.settle(b, |c| vec![c as u8], &mut out);
        replies.settle(b, |c| vec![c as u8], &mut out);
        assert_eq!(out, []);
        replies.settle(a, |c| vec![c as u8], &mut out);
        let sent = [b'a', b'!', b'b'].map(|b| Output::Reply(vec![b]));
        assert_eq!((&out[..3], &out[3..]), (&sent[..], &[Output::Close][..]));
        assert_eq!((replies.len(), replies.is_closing()), (0, true));
    }
}
