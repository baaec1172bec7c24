//! What the app asks for: done one after the other, and answered in that order.

use std::collections::VecDeque;

use dispatch::NewDriverEvent;
use model::{DriverEventKind, MessageId, MessageStatus, Report};

use super::Turn;
use crate::decode::Said;
use crate::wire::{Name, Refusal, Say};

/// Something that an app asks the server to do.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Request {
    /// Take in what the driver did; of a form with the office's number.
    Record { event: NewDriverEvent, form: Option<u32> },
    /// Take in where the phone was.
    Positions { guid: String, points: Vec<Report> },
    /// Note that a message of the office was stored, or read.
    Confirm { id: MessageId, status: MessageStatus },
    /// End the pairing.
    Unpair,
}

/// What came of a [`Request`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// It is durable.
    Done,
    /// It will never be.
    Refused(Refusal),
    /// The server cannot do it now.
    Busy,
}

/// One that waits for its turn.
enum Waiting {
    Ask(Request),
    Refuse { guid: String, refusal: Refusal },
}

/// What an answer has to say of the request under way.
#[derive(Debug)]
enum UnderWay {
    Event { guid: String, is_service: bool },
    Positions { guid: String },
    Confirm { id: MessageId, status: MessageStatus },
    Unpair,
}

/// The requests of one socket.
#[derive(Default)]
pub(super) struct Requests {
    waiting: VecDeque<Waiting>,
    under_way: Option<UnderWay>,
    /// What could not be stored. Until the app sends it again nothing that it did later is, so that the order stays.
    stuck_at: Option<String>,
}

impl Requests {
    /// Takes in what an app says.
    pub(super) fn ask(&mut self, said: Said) {
        let request = match said {
            Said::Event { event, form } => Request::Record { event, form },
            Said::Positions { guid, points } => Request::Positions { guid, points },
            Said::Confirm { id, status } => Request::Confirm { id, status },
            Said::Unpair => Request::Unpair,
            Said::Hello { .. } | Said::Ping => return,
        };
        self.waiting.push_back(Waiting::Ask(request));
    }

    /// Takes in something that will be refused when its turn comes.
    pub(super) fn refuse(&mut self, guid: String, refusal: Refusal) {
        self.waiting.push_back(Waiting::Refuse { guid, refusal });
    }

    /// How many have no answer yet.
    pub(super) fn unanswered_count(&self) -> usize {
        self.waiting.len() + usize::from(self.under_way.is_some())
    }

    /// Whether a service is being reported.
    pub(super) const fn reports_service(&self) -> bool {
        matches!(self.under_way, Some(UnderWay::Event { is_service: true, .. }))
    }

    /// The next to be done, if none is under way. Refuses what was refused before.
    pub(super) fn next(&mut self, retry_s: u32, turn: &mut Turn) -> Option<Request> {
        while self.under_way.is_none() {
            match self.waiting.pop_front()? {
                Waiting::Refuse { guid, refusal } => {
                    turn.say(&Say::Refused { guid: &guid, refusal: &refusal });
                    self.move_on(&guid);
                }
                Waiting::Ask(request) => {
                    if let Some(guid) = request.guid()
                        && !self.move_on(guid)
                    {
                        say_busy(Some(&Name::Guid(guid.to_owned())), retry_s, turn);
                        continue;
                    }
                    self.under_way = Some(UnderWay::of(&request));
                    return Some(request);
                }
            }
        }
        None
    }

    /// Whether something that the driver did may be stored now, or is what all others wait for.
    fn move_on(&mut self, guid: &str) -> bool {
        if self.stuck_at.as_deref() == Some(guid) {
            self.stuck_at = None;
        }
        self.stuck_at.is_none()
    }

    /// Says what came of the request under way. The message of the office that it was about, if it is confirmed.
    pub(super) fn answered(&mut self, answer: Answer, retry_s: u32, turn: &mut Turn) -> Option<MessageId> {
        let under_way = self.under_way.take()?;
        let name = under_way.name();
        match (answer, &under_way) {
            // The end of the socket is the answer.
            (Answer::Done, UnderWay::Unpair) => {}
            (Answer::Done, _) => {
                let status = under_way.word();
                name.iter().for_each(|name| turn.say(&Say::Ok { name, status }));
            }
            (Answer::Refused(refusal), UnderWay::Event { guid, .. } | UnderWay::Positions { guid }) => {
                turn.say(&Say::Refused { guid, refusal: &refusal });
            }
            (Answer::Refused(_) | Answer::Busy, _) => {
                say_busy(name.as_ref(), retry_s, turn);
                if let UnderWay::Event { guid, .. } = under_way {
                    self.stuck_at = Some(guid);
                }
                return None;
            }
        }
        match under_way {
            UnderWay::Confirm { id, .. } => Some(id),
            UnderWay::Event { .. } | UnderWay::Positions { .. } | UnderWay::Unpair => None,
        }
    }
}

impl Request {
    /// Of something whose order counts, its guid. Positions are put in their order by their own times.
    fn guid(&self) -> Option<&str> {
        match self {
            Self::Record { event, .. } => Some(&event.guid),
            Self::Positions { .. } | Self::Confirm { .. } | Self::Unpair => None,
        }
    }
}

fn say_busy(name: Option<&Name>, retry_s: u32, turn: &mut Turn) {
    let message = "the server cannot store it now";
    turn.say(&Say::Error { name, code: "busy", message, retry_s: Some(retry_s) });
}

impl UnderWay {
    fn of(request: &Request) -> Self {
        match request {
            Request::Record { event, .. } => Self::Event {
                guid: event.guid.clone(),
                is_service: matches!(event.kind, DriverEventKind::Service { .. }),
            },
            Request::Positions { guid, .. } => Self::Positions { guid: guid.clone() },
            Request::Confirm { id, status } => Self::Confirm { id: *id, status: *status },
            Request::Unpair => Self::Unpair,
        }
    }

    fn name(&self) -> Option<Name> {
        match self {
            Self::Event { guid, .. } | Self::Positions { guid } => Some(Name::Guid(guid.clone())),
            Self::Confirm { id, .. } => Some(Name::Id(id.0)),
            Self::Unpair => None,
        }
    }

    /// What is confirmed of a message.
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Confirm { status: MessageStatus::Read, .. } => Some("read"),
            Self::Confirm { .. } => Some("got"),
            Self::Event { .. } | Self::Positions { .. } | Self::Unpair => None,
        }
    }
}
