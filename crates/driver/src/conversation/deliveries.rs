//! What the app is told without asking: messages of the office, and its lists.
//!
//! Nothing is queued. That something may be new is a mark; what it is, is looked up when the app is told, so that a
//! socket costs no more however much happens.

use std::collections::BTreeSet;

use model::{MessageId, Timestamp};

use super::Turn;
use crate::wire::{Form, OfficeMessage, Say, Service, Text};

/// How many messages are looked up at a time.
const MESSAGES_A_LOAD: usize = 8;

/// What may be new.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct News {
    pub(crate) messages: bool,
    pub(crate) texts: bool,
    pub(crate) forms: bool,
    pub(crate) services: bool,
}

impl News {
    /// Adds what else may be new.
    pub(crate) fn add(&mut self, other: Self) {
        self.messages |= other.messages;
        self.texts |= other.texts;
        self.forms |= other.forms;
        self.services |= other.services;
    }
}

/// What is to be looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Load {
    /// Messages that the app has yet to get, above this id, oldest first, at most so many.
    Messages {
        after: MessageId,
        limit: usize,
    },
    Texts,
    Forms,
    Services,
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Loaded {
    Messages(Vec<OfficeMessage>),
    Texts(Vec<Text>),
    Forms(Vec<Form>),
    Services(Vec<Service>),
}

/// What one socket was told, and is to be told.
#[derive(Default)]
pub(super) struct Deliveries {
    news: News,
    under_way: Option<Load>,
    /// The newest message that was sent.
    sent_up_to: MessageId,
    /// Messages that were sent, and of which the app has not said that it has them.
    unconfirmed: BTreeSet<u64>,
    /// Until then nothing is looked up, as it could not be read.
    retry_at: Option<Timestamp>,
}

impl Deliveries {
    /// The app is there: what waits for it is looked up.
    pub(super) fn begin(&mut self) {
        self.news.messages = true;
    }

    pub(super) fn heard(&mut self, news: News) {
        self.news.add(news);
    }

    pub(super) const fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at
    }

    /// The app has this message.
    pub(super) fn confirmed(&mut self, id: MessageId) {
        self.unconfirmed.remove(&id.0);
    }

    /// What to look up next, unless something is being looked up. The services wait while `services_wait`.
    pub(super) fn next(&mut self, now: Timestamp, services_wait: bool, ahead_max: usize) -> Option<Load> {
        if self.under_way.is_some() || self.retry_at.is_some_and(|at| now < at) {
            return None;
        }
        self.retry_at = None;
        let room = ahead_max.max(1).saturating_sub(self.unconfirmed.len());
        let news = &mut self.news;
        self.under_way = if news.messages && room > 0 {
            news.messages = false;
            Some(Load::Messages { after: self.sent_up_to, limit: room.min(MESSAGES_A_LOAD) })
        } else if std::mem::take(&mut news.texts) {
            Some(Load::Texts)
        } else if std::mem::take(&mut news.forms) {
            Some(Load::Forms)
        } else if news.services && !services_wait {
            news.services = false;
            Some(Load::Services)
        } else {
            None
        };
        self.under_way
    }

    /// Tells what was found; without, it is looked up again at `retry`.
    pub(super) fn loaded(&mut self, loaded: Option<Loaded>, retry: Timestamp, turn: &mut Turn) {
        let Some(asked) = self.under_way.take() else { return };
        match loaded {
            Some(Loaded::Messages(messages)) => {
                // There may be more, also after fewer than were asked for: the store bounds its answers, too.
                self.news.messages |= !messages.is_empty();
                messages.iter().for_each(|message| self.send(message, turn));
            }
            Some(Loaded::Texts(texts)) => turn.say(&Say::Texts { texts: &texts }),
            Some(Loaded::Forms(forms)) => turn.say(&Say::Forms { forms: &forms }),
            Some(Loaded::Services(services)) => turn.say(&Say::Services { services: &services }),
            None => {
                match asked {
                    Load::Messages { .. } => self.news.messages = true,
                    Load::Texts => self.news.texts = true,
                    Load::Forms => self.news.forms = true,
                    Load::Services => self.news.services = true,
                }
                self.retry_at = Some(retry);
            }
        }
    }

    fn send(&mut self, message: &OfficeMessage, turn: &mut Turn) {
        let OfficeMessage { id, text, time, from } = message;
        self.sent_up_to = self.sent_up_to.max(MessageId(*id));
        self.unconfirmed.insert(*id);
        turn.say(&Say::Message { id: *id, text, time: *time, from: from.as_deref() });
    }
}
