//! A conversation on a socket of the web port: hands its actions to tasks, and their results back.

use std::sync::Arc;
use std::task::Waker;

use fleet::DriverSession;
use model::Timestamp;
use web::{CloseReason, Frames, Gathered, Message, Opening, SocketFactory, SocketSession};

use crate::conversation::{Action, Conversation, Turn};
use crate::driver::Shared;
use crate::hub::Place;
use crate::mailbox::{Mailbox, Outcome};

/// Makes sessions.
pub(crate) struct Sockets(pub(crate) Arc<Shared>);

impl SocketFactory for Sockets {
    fn open(&self, _: &Opening<'_>, now: Timestamp) -> Box<dyn SocketSession> {
        let shared = Arc::clone(&self.0);
        let file_bytes_max = shared.dispatch.options().file_bytes_max;
        let conversation = Conversation::new(Arc::clone(&shared.options), file_bytes_max, now);
        Box::new(DriverSocket { shared, conversation, mailbox: Arc::new(Mailbox::new()), entered: None })
    }
}

struct DriverSocket {
    shared: Arc<Shared>,
    conversation: Conversation,
    mailbox: Arc<Mailbox>,
    /// Whose it is, and its place among the connected.
    entered: Option<(Arc<DriverSession>, Place)>,
}

impl DriverSocket {
    /// Says what a turn says, and has done what it asks for.
    fn finish(&mut self, turn: Turn, out: &mut Frames<'_>) {
        turn.texts.iter().for_each(|text| out.text(&[text.as_bytes()]));
        turn.actions.into_iter().for_each(|action| self.start(action));
        if self.conversation.close().is_some() {
            // Whoever is told goodbye is not there any more.
            self.entered = None;
        }
    }

    fn start(&self, action: Action) {
        let (shared, mailbox) = (Arc::clone(&self.shared), Arc::clone(&self.mailbox));
        let session = self.entered.as_ref().map(|(session, _)| Arc::clone(session));
        tokio::spawn(async move {
            let outcome = match (action, session) {
                (Action::Enter { token }, _) => Outcome::Entered(shared.enter(&token, &mailbox).await.map(Box::new)),
                (Action::Ask(request), Some(session)) => Outcome::Answered(shared.ask(&session, request).await),
                (Action::Load(load), Some(session)) => Outcome::Loaded(shared.load(&session, load).await),
                // Nothing is asked for before somebody is let in.
                (_, None) => return,
            };
            mailbox.put(outcome);
        });
    }

    fn take(&mut self, now: Timestamp, outcome: Outcome, turn: &mut Turn) {
        match outcome {
            Outcome::Entered(Ok(entry)) => {
                self.entered = Some((entry.session, entry.place));
                self.conversation.entered(now, Ok(&entry.greeting), turn);
            }
            Outcome::Entered(Err(why)) => self.conversation.entered(now, Err(why), turn),
            Outcome::Answered(answer) => self.conversation.answered(now, answer, turn),
            Outcome::Loaded(loaded) => self.conversation.loaded(now, loaded, turn),
        }
    }
}

impl SocketSession for DriverSocket {
    fn opened(&mut self, _: Timestamp, _: &mut Frames<'_>) {}

    fn message(&mut self, now: Timestamp, message: Message<'_>, out: &mut Frames<'_>) {
        let mut turn = Turn::default();
        match message {
            Message::Text(text) => self.conversation.text(now, text, &mut turn),
            Message::Binary(_) => self.conversation.unusable(now, "binary frames are not understood", &mut turn),
            Message::TooBig => {}
        }
        self.finish(turn, out);
    }

    fn takes_messages(&self) -> bool {
        self.conversation.takes_messages()
    }

    fn register(&self, waker: &Waker) {
        self.mailbox.register(waker);
    }

    fn gather(&mut self, now: Timestamp, out: &mut Frames<'_>, _budget_bytes: usize) -> Gathered {
        let post = self.mailbox.take();
        let mut turn = Turn::default();
        post.outcomes.into_iter().for_each(|outcome| self.take(now, outcome, &mut turn));
        self.conversation.heard(now, post.news, &mut turn);
        if let Some(ending) = post.ending {
            self.conversation.end(ending, &mut turn);
        }
        self.finish(turn, out);
        self.conversation.close().map_or(Gathered::Done, Gathered::Close)
    }

    fn tick(&mut self, now: Timestamp, out: &mut Frames<'_>) -> Option<CloseReason> {
        let mut turn = Turn::default();
        self.conversation.tick(now, &mut turn);
        self.finish(turn, out);
        self.conversation.close()
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.conversation.next_deadline()
    }
}

impl Drop for DriverSocket {
    fn drop(&mut self) {
        // A task that lets somebody in may be under way: what it leaves then is dropped there.
        self.mailbox.close();
    }
}
