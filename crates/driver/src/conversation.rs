//! What goes over one socket of an app, as a function of messages, results and time.
//!
//! Nothing here waits or stores. What has to be done elsewhere is handed out as an [`Action`], and its result comes
//! back. At most two are under way: the oldest request of the app, and one look for what the app is to be told.

mod deliveries;
mod requests;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use model::{MS_PER_SECOND, Timestamp};
use web::CloseReason;

use crate::decode::{Bad, Said, decode};
use crate::options::DriverOptions;
use crate::wire::{Greeting, Limits, Say};
use deliveries::Deliveries;
pub(crate) use deliveries::{Load, Loaded, News};
use requests::Requests;
pub(crate) use requests::{Answer, Request};

const MINUTE_MS: i64 = 60_000;

const UNPAIRED: CloseReason = CloseReason { code: 4401, reason: "unpaired" };
const LATE_HELLO: CloseReason = CloseReason { code: 4408, reason: "no hello" };
const REPLACED: CloseReason = CloseReason { code: 4409, reason: "replaced" };
const TOO_BAD: CloseReason = CloseReason { code: 1008, reason: "too many messages that could not be understood" };
const TOO_BIG: CloseReason = CloseReason { code: 1009, reason: "message too big" };
const BUSY: CloseReason = CloseReason { code: 1013, reason: "try again later" };

/// Something that is to be done elsewhere.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Action {
    /// Find out whose token this is, and what its app is told first. Answered by [`Conversation::entered`].
    Enter { token: String },
    /// Do what the app asks for. Answered by [`Conversation::answered`].
    Ask(Request),
    /// Look for what the app is to be told. Answered by [`Conversation::loaded`].
    Load(Load),
}

/// Why nobody is let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoEntry {
    /// The token is not valid (any more).
    Unpaired,
    /// The server cannot read what the app is told first.
    Busy,
}

/// Why the socket ends, whatever the app does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// The phone is none of the tracker's any more.
    Unpaired,
    /// Another socket has the same token.
    Replaced,
}

/// What comes of one step.
#[derive(Default, Debug)]
pub(crate) struct Turn {
    /// What is said to the app, in order.
    pub(crate) texts: Vec<String>,
    /// What is to be done.
    pub(crate) actions: Vec<Action>,
}

impl Turn {
    fn say(&mut self, say: &Say<'_>) {
        self.texts.push(say.json());
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Until then the app has to say who it is.
    Silent {
        until: Timestamp,
    },
    /// It is being found out.
    Entering,
    Open,
    /// Nothing is said or heard any more.
    Closed(CloseReason),
}

/// One socket of an app.
pub(crate) struct Conversation {
    options: Arc<DriverOptions>,
    /// Largest picture, which the app is told.
    file_bytes_max: usize,
    stage: Stage,
    requests: Requests,
    deliveries: Deliveries,
    /// When the last messages came that could not be understood.
    bad: VecDeque<Timestamp>,
}

impl Conversation {
    pub(crate) fn new(options: Arc<DriverOptions>, file_bytes_max: usize, now: Timestamp) -> Self {
        let until = now.plus_ms(i64::from(options.hello_s) * MS_PER_SECOND);
        Self {
            requests: Requests::default(),
            deliveries: Deliveries::default(),
            bad: VecDeque::new(),
            stage: Stage::Silent { until },
            options,
            file_bytes_max,
        }
    }

    /// The app said something in a text frame.
    pub(crate) fn text(&mut self, now: Timestamp, text: &str, turn: &mut Turn) {
        if matches!(self.stage, Stage::Closed(_)) {
            return;
        }
        if text.len() > self.options.message_bytes_max {
            self.stage = Stage::Closed(TOO_BIG);
            return;
        }
        match decode(text, now, &self.options) {
            Ok(said) => self.said(now, said, turn),
            Err(Bad::Unusable(message)) => self.unusable(now, &message, turn),
            Err(Bad::Refused { guid, refusal }) if self.is_known(turn) => {
                self.requests.refuse(guid, refusal);
                self.go_on(now, turn);
            }
            Err(Bad::Refused { .. }) => {}
        }
    }

    /// The app said something that cannot be understood.
    pub(crate) fn unusable(&mut self, now: Timestamp, why: &str, turn: &mut Turn) {
        if matches!(self.stage, Stage::Closed(_)) {
            return;
        }
        turn.say(&Say::Error { name: None, code: "bad_request", message: why, retry_s: None });
        self.bad.push_back(now);
        let max = self.options.bad_messages_per_minute_max.max(1);
        if self.bad.len() > max {
            self.bad.pop_front();
        }
        if self.bad.len() == max && self.bad.front().is_some_and(|first| now.since_ms(*first) < MINUTE_MS) {
            self.stage = Stage::Closed(TOO_BAD);
        }
    }

    fn said(&mut self, now: Timestamp, said: Said, turn: &mut Turn) {
        match said {
            Said::Hello { token } => match self.stage {
                Stage::Silent { .. } => {
                    self.stage = Stage::Entering;
                    turn.actions.push(Action::Enter { token });
                }
                _ => self.unusable(now, "hello was said before", turn),
            },
            _ if !self.is_known(turn) => {}
            Said::Ping => turn.say(&Say::Pong { time: now }),
            said => {
                self.requests.ask(said);
                self.go_on(now, turn);
            }
        }
    }

    /// Whether the app has said hello; if not, it is told.
    fn is_known(&self, turn: &mut Turn) -> bool {
        let is_known = !matches!(self.stage, Stage::Silent { .. });
        if !is_known {
            let message = "the first message must be hello";
            turn.say(&Say::Error { name: None, code: "unauthorized", message, retry_s: None });
        }
        is_known
    }

    /// What came of [`Action::Enter`].
    pub(crate) fn entered(&mut self, now: Timestamp, entry: Result<&Greeting, NoEntry>, turn: &mut Turn) {
        if self.stage != Stage::Entering {
            return;
        }
        match entry {
            Ok(greeting) => {
                turn.say(&Say::Welcome { greeting, time: now, limits: self.limits() });
                self.stage = Stage::Open;
                self.deliveries.begin();
                self.go_on(now, turn);
            }
            Err(NoEntry::Unpaired) => self.end(Ending::Unpaired, turn),
            Err(NoEntry::Busy) => {
                let message = "the server cannot read what it should tell";
                let retry_s = Some(self.options.retry_s);
                turn.say(&Say::Error { name: None, code: "busy", message, retry_s });
                self.stage = Stage::Closed(BUSY);
            }
        }
    }

    /// What came of [`Action::Ask`].
    pub(crate) fn answered(&mut self, now: Timestamp, answer: Answer, turn: &mut Turn) {
        if self.stage == Stage::Open {
            let confirmed = self.requests.answered(answer, self.options.retry_s, turn);
            confirmed.into_iter().for_each(|id| self.deliveries.confirmed(id));
            self.go_on(now, turn);
        }
    }

    /// What came of [`Action::Load`].
    pub(crate) fn loaded(&mut self, now: Timestamp, loaded: Option<Loaded>, turn: &mut Turn) {
        if self.stage == Stage::Open {
            let retry = now.plus_ms(i64::from(self.options.retry_s) * MS_PER_SECOND);
            self.deliveries.loaded(loaded, retry, turn);
            self.go_on(now, turn);
        }
    }

    /// Something may be new.
    pub(crate) fn heard(&mut self, now: Timestamp, news: News, turn: &mut Turn) {
        self.deliveries.heard(news);
        self.go_on(now, turn);
    }

    /// The socket ends.
    pub(crate) fn end(&mut self, ending: Ending, turn: &mut Turn) {
        if matches!(self.stage, Stage::Closed(_)) {
            return;
        }
        let close = match ending {
            Ending::Unpaired => UNPAIRED,
            Ending::Replaced => REPLACED,
        };
        turn.say(&Say::Bye { reason: close.reason });
        self.stage = Stage::Closed(close);
    }

    /// Does what time demands.
    pub(crate) fn tick(&mut self, now: Timestamp, turn: &mut Turn) {
        if matches!(self.stage, Stage::Silent { until } if until <= now) {
            self.stage = Stage::Closed(LATE_HELLO);
        }
        self.go_on(now, turn);
    }

    /// When time next demands something.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Silent { until } => Some(until),
            Stage::Open => self.deliveries.retry_at(),
            Stage::Entering | Stage::Closed(_) => None,
        }
    }

    /// Whether it takes another message of the app now.
    pub(crate) fn takes_messages(&self) -> bool {
        self.requests.unanswered_count() < self.options.requests_waiting_max.max(1)
    }

    /// Whether the connection is to be ended, after what was said.
    pub(crate) const fn close(&self) -> Option<CloseReason> {
        match self.stage {
            Stage::Closed(close) => Some(close),
            _ => None,
        }
    }

    /// Starts what can be started.
    fn go_on(&mut self, now: Timestamp, turn: &mut Turn) {
        if self.stage != Stage::Open {
            return;
        }
        // The services are told after the answer to what changed them.
        let waits = self.requests.reports_service();
        let load = self.deliveries.next(now, waits, self.options.messages_ahead_max);
        turn.actions.extend(load.map(Action::Load));
        let request = self.requests.next(self.options.retry_s, turn);
        turn.actions.extend(request.map(Action::Ask));
    }

    fn limits(&self) -> Limits {
        let options = &self.options;
        Limits {
            message_bytes_max: options.message_bytes_max,
            text_chars_max: options.text_chars_max,
            note_chars_max: options.note_chars_max,
            value_chars_max: options.value_chars_max,
            points_max: options.points_max,
            file_bytes_max: self.file_bytes_max,
        }
    }
}
