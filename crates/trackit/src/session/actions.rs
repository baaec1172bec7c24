//! What a client asked for that takes its time: it is done elsewhere, and its outcome comes back into a mailbox.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use atomic_waker::AtomicWaker;
use dispatch::{MessageError, Sent};
use model::{CommandReply, Order, SourceId, Timestamp, TrackerId, UserId};
use tokio::runtime::Handle;
use tokio::task::unconstrained;

use super::Shared;
use super::commands::{Begun, CommandKey};
use crate::errors::{NotSent, Refusal};
use crate::wire::{self, GETIO, Text};

/// What became of something.
pub(super) enum Done {
    /// A command was written to its device, or will not be.
    Ordered { tracker: TrackerId, id: String, outcome: Result<(), NotSent> },
    /// The device answered a text.
    Replied { tracker: TrackerId, id: String, reply: CommandReply },
    /// A text to a driver is stored, or is not.
    Sent { tracker: TrackerId, text: Text, outcome: Result<Sent, Refusal> },
}

/// Outcomes on their way to the socket that asked. Bounded by what a socket may have under way.
#[derive(Default)]
pub(super) struct Mailbox {
    outcomes: Mutex<Outcomes>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct Outcomes {
    done: VecDeque<Done>,
    /// The texts under way, in the order in which they were sent. One text may be sent twice, and the answer to the
    /// repeat, which says how far the message is by then, must not come first.
    texts: VecDeque<Option<Done>>,
    /// How many texts were before those.
    texts_before: u64,
}

/// A text's place among those of its socket.
#[derive(Clone, Copy, Debug)]
struct Place(u64);

impl Mailbox {
    pub(super) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    pub(super) fn take(&self) -> Option<Done> {
        self.lock().done.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Outcomes> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, done: Done) {
        self.lock().done.push_back(done);
        self.waker.wake();
    }

    /// Keeps a place for what becomes of a text.
    fn line_up(&self) -> Place {
        let mut outcomes = self.lock();
        outcomes.texts.push_back(None);
        Place(outcomes.texts_before + outcomes.texts.len() as u64 - 1)
    }

    /// What became of a text: it can be taken once all before it were put.
    fn put_text(&self, place: Place, done: Done) {
        let mut outcomes = self.lock();
        let index = usize::try_from(place.0 - outcomes.texts_before).unwrap_or(usize::MAX);
        if let Some(text) = outcomes.texts.get_mut(index) {
            *text = Some(done);
        }
        while let Some(Some(_)) = outcomes.texts.front()
            && let Some(done) = outcomes.texts.pop_front()
        {
            outcomes.texts_before += 1;
            outcomes.done.extend(done);
        }
        drop(outcomes);
        self.waker.wake();
    }
}

/// Sends a command to a device. The outcome comes into the mailbox; a device's answer to `getio` does not, because all
/// who follow the mobile are told of it.
pub(super) fn order(
    shared: &Arc<Shared>,
    mailbox: &Arc<Mailbox>,
    user: UserId,
    (tracker, source): (TrackerId, SourceId),
    command: wire::Command,
    now: Timestamp,
) {
    let (shared, mailbox) = (Arc::clone(shared), Arc::clone(mailbox));
    let runtime = shared.runtime.clone();
    start(&runtime, async move {
        let key = CommandKey { user, tracker, id: command.id.clone() };
        let tell = |outcome| mailbox.put(Done::Ordered { tracker, id: key.id.clone(), outcome });
        let known = match shared.commands.begin(&key, source, now) {
            Err(why) => return tell(Err(why)),
            Ok(Begun::Again(mut outcome)) => {
                // Who knew the outcome is gone with its task only when the server ends.
                let known = outcome.wait_for(Option::is_some).await.map_or(None, |known| *known);
                return tell(known.unwrap_or(Err(NotSent::Offline)));
            }
            Ok(Begun::New(known)) => known,
        };
        let is_getio = command.cmd == GETIO;
        match shared.devices.order(source, order_of(command)).await {
            Err(why) => {
                shared.commands.failed(&key, source, now);
                known.send_replace(Some(Err(why)));
                tell(Err(why));
            }
            Ok(reply) => {
                known.send_replace(Some(Ok(())));
                tell(Ok(()));
                let reply = reply.await;
                shared.commands.over(&key, now);
                if let Some(reply) = reply.filter(|_| !is_getio) {
                    mailbox.put(Done::Replied { tracker, id: key.id.clone(), reply });
                }
            }
        }
    });
}

/// Does something as far as it gets without waiting, and lets it go on by itself: so what a client asks for stands in
/// line, at its device or at the store, before the client's next message is looked at.
fn start(runtime: &Handle, action: impl Future<Output = ()> + Send + 'static) {
    let _runtime = runtime.enter();
    let mut action = Box::pin(unconstrained(action));
    if action.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        // It is looked at anew there, and registers who is to be woken.
        runtime.spawn(action);
    }
}

fn order_of(command: wire::Command) -> Order {
    let wire::Command { mut cmd, with_return, .. } = command;
    if cmd == GETIO {
        return Order::ReadLevels;
    }
    if with_return {
        cmd.push('\r');
    }
    Order::Do(model::Command::Text(cmd))
}

/// Hands a text to a driver in.
pub(super) fn send(
    shared: &Arc<Shared>,
    mailbox: &Arc<Mailbox>,
    user: UserId,
    (tracker, source): (TrackerId, SourceId),
    text: Text,
    now: Timestamp,
) {
    let (shared, mailbox) = (Arc::clone(shared), Arc::clone(mailbox));
    let runtime = shared.runtime.clone();
    let place = mailbox.line_up();
    start(&runtime, async move {
        let sent = shared.dispatch.send(source, user, text.txt.clone(), Some(text.guid.clone()), now).await;
        mailbox.put_text(place, Done::Sent { tracker, text, outcome: sent.map_err(Refusal::from) });
    });
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        use crate::errors::{BadRequest, Problem};
        let bad = |place, problem| Self::Bad(BadRequest { place, problem });
        match error {
            MessageError::Blank => bad("query.content.txt", Problem::Blank),
            MessageError::TooLong => bad("query.content.txt", Problem::TooLong { chars_max: wire::TEXT_CHARS_MAX }),
            MessageError::BadGuid => bad("query.content.guid", Problem::TooLong { chars_max: wire::GUID_CHARS_MAX }),
            MessageError::TooManyWaiting => Self::TooManyWaiting,
            MessageError::Failed(_) => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(guid: &str) -> Done {
        let (txt, user_name) = ("x".to_owned(), String::new());
        let text = Text { uid: 1, txt, user_id: 1, user_name, guid: guid.to_owned() };
        Done::Sent { tracker: TrackerId(1), text, outcome: Err(Refusal::Unavailable) }
    }

    fn taken(mailbox: &Mailbox) -> Vec<String> {
        std::iter::from_fn(|| mailbox.take())
            .map(|done| match done {
                Done::Sent { text, .. } => text.guid,
                Done::Ordered { id, .. } | Done::Replied { id, .. } => id,
            })
            .collect()
    }

    #[test]
    fn a_repeated_text_is_answered_after_the_first() {
        let mailbox = Mailbox::default();
        let (first, repeat, other) = (mailbox.line_up(), mailbox.line_up(), mailbox.line_up());
        mailbox.put_text(repeat, refused("repeat"));
        assert!(taken(&mailbox).is_empty(), "the answer to the first is still to come");
        mailbox.put(Done::Ordered { tracker: TrackerId(1), id: "command".to_owned(), outcome: Ok(()) });
        assert_eq!(taken(&mailbox), ["command"], "which waits for no text");
        mailbox.put_text(first, refused("first"));
        assert_eq!(taken(&mailbox), ["first", "repeat"]);
        let next = mailbox.line_up();
        mailbox.put_text(next, refused("next"));
        mailbox.put_text(other, refused("other"));
        assert_eq!(taken(&mailbox), ["other", "next"]);
    }
}
