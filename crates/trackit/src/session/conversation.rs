//! What a message means where the conversation stands: who has not said who it is gets nothing, and who talks nonsense
//! is shown the door.

use std::collections::VecDeque;

use model::{MS_PER_SECOND, Timestamp};
use web::{CloseReason, Message};

use crate::decode;
use crate::errors::{BadRequest, Problem, Refusal};
use crate::options::TrackitOptions;
use crate::wire::{Auth, Command, Request, Text, close};

const MINUTE_MS: i64 = 60_000;

/// What is to be done about a message.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// It is refused.
    Refuse(Refusal),
    /// It is refused, and it was one too many.
    RefuseAndClose(Refusal, CloseReason),
    /// The client says who it is: to be found out, and told by [`Conversation::judged`].
    Authorize(Option<Auth>),
    /// A command to a device.
    Command(Command),
    /// A text to a driver.
    Text(Text),
}

/// One socket's conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    is_authorized: bool,
    /// When the socket is closed unless somebody is authorized by then.
    deadline: Timestamp,
    /// When messages made no sense, oldest first.
    bad: VecDeque<Timestamp>,
    bad_max: usize,
    bytes_max: usize,
}

impl Conversation {
    /// A socket has opened.
    pub fn new(options: &TrackitOptions, now: Timestamp) -> Self {
        Self {
            is_authorized: false,
            deadline: now.plus_ms(i64::from(options.auth_deadline_s) * MS_PER_SECOND),
            bad: VecDeque::new(),
            bad_max: options.bad_messages_per_minute_max.max(1),
            bytes_max: options.message_bytes_max,
        }
    }

    /// The client said something.
    pub fn hear(&mut self, now: Timestamp, message: Message<'_>) -> Step {
        let whole = |problem| Err(BadRequest { place: "", problem });
        let request = match message {
            Message::Text(text) if text.len() <= self.bytes_max => decode(text),
            Message::Text(_) | Message::TooBig => whole(Problem::TooBig { bytes_max: self.bytes_max }),
            Message::Binary(_) => whole(Problem::Binary),
        };
        match request {
            Ok(Request::Auth(auth)) => Step::Authorize(auth),
            Err(bad) if matches!(bad.problem, Problem::TooBig { .. }) => {
                Step::RefuseAndClose(Refusal::Bad(bad), close::TOO_BIG)
            }
            // Nobody learns by it what is understood here.
            _ if !self.is_authorized => Step::Refuse(Refusal::Unauthorized),
            Ok(Request::Command(command)) => Step::Command(command),
            Ok(Request::Text(text)) => Step::Text(text),
            Err(bad) if self.is_one_too_many(now) => Step::RefuseAndClose(Refusal::Bad(bad), close::TOO_MANY_BAD),
            Err(bad) => Step::Refuse(Refusal::Bad(bad)),
        }
    }

    fn is_one_too_many(&mut self, now: Timestamp) -> bool {
        while self.bad.front().is_some_and(|at| !(0..MINUTE_MS).contains(&now.since_ms(*at))) {
            self.bad.pop_front();
        }
        self.bad.push_back(now);
        self.bad.len() >= self.bad_max
    }

    /// Whether the client is who it said. If it is not, the socket is to be closed.
    pub fn judged(&mut self, is_right: bool) -> Option<CloseReason> {
        self.is_authorized = is_right;
        (!is_right).then_some(close::NOT_AUTHORIZED)
    }

    /// Why the socket is to be closed by now, if it is.
    pub fn tick(&self, now: Timestamp) -> Option<CloseReason> {
        self.next_deadline().filter(|deadline| *deadline <= now).map(|_| close::NO_AUTH)
    }

    /// When time next demands something.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        (!self.is_authorized).then_some(self.deadline)
    }
}
