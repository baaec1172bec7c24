//! Messages between the office and the driver of a source.

use model::{MessageId, MessageStatus, SourceId, Timestamp, UserId};
use storage::dispatch::{Bounds, Message, MessageQuery, NewMessage, Sender, StoreError};

use crate::dispatch::Dispatch;
use crate::error::{AdvanceError, MessageError};
use crate::events::{DispatchEvent, moved};
use crate::line::Desk;

/// How many messages become pending in one step, so that no step holds up the writers for long.
const STEP_ROWS: usize = 100;

/// What was made of a message to a driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Its id.
    pub id: MessageId,
    /// When the server took it in.
    pub submitted: Timestamp,
    /// How far it has come.
    pub status: MessageStatus,
    /// Whether it was made now. If not, the same user has sent it before, and it is on its way or further.
    pub is_new: bool,
}

impl Dispatch {
    /// Takes in a message of a user to the driver of a source. Where `guid` is given and the same user sent the same
    /// text to the same driver under it before, that message is the answer, and no other is made. Where the driver's
    /// application is away, it is pending from the start.
    pub async fn send(
        &self,
        source: SourceId,
        author: UserId,
        text: String,
        guid: Option<String>,
        now: Timestamp,
    ) -> Result<Sent, MessageError> {
        self.check(&text, guid.as_deref())?;
        let undelivered_max = self.options.undelivered_per_source_max;
        let message = NewMessage {
            source,
            sender: Sender::Office(author),
            guid,
            text,
            submitted: now,
            status: MessageStatus::Stored,
        };
        self.write(move |desk| {
            if let Some(guid) = &message.guid
                && let Some(earlier) = desk.tables.message_by_guid(source, Some(author), guid, &message.text)?
            {
                return Ok(Some(Sent { is_new: false, ..sent(&earlier) }));
            }
            add_outgoing(desk, &message, undelivered_max)
        })
        .await?
        .ok_or(MessageError::TooManyWaiting)
    }

    /// Takes in one message of a user to the drivers of several sources. The answer has each source in the order
    /// given, with the message's id, or without where as many messages wait for that driver as may.
    pub async fn broadcast(
        &self,
        sources: Vec<SourceId>,
        author: UserId,
        text: String,
        now: Timestamp,
    ) -> Result<Vec<(SourceId, Option<MessageId>)>, MessageError> {
        self.check(&text, None)?;
        let undelivered_max = self.options.undelivered_per_source_max;
        let mut message = NewMessage {
            source: SourceId::default(),
            sender: Sender::Office(author),
            guid: None,
            text,
            submitted: now,
            status: MessageStatus::Stored,
        };
        let sent = self.write(move |desk| {
            let send = |&source: &SourceId| {
                message.source = source;
                Ok((source, add_outgoing(desk, &message, undelivered_max)?.map(|sent| sent.id)))
            };
            sources.iter().map(send).collect()
        });
        Ok(sent.await?)
    }

    /// Messages of a source, both ways; at most [`crate::DispatchOptions::messages_per_answer_max`], and as many as
    /// [`crate::DispatchOptions::answer_bytes_max`] allows.
    pub async fn messages(&self, query: MessageQuery) -> Result<Vec<Message>, StoreError> {
        let bounds = self.bounds(query.limit);
        self.read(move |desk| desk.tables.messages(&query, bounds)).await
    }

    /// Messages that the driver's application has yet to get, oldest first, above the id `after`; at most `limit`, and
    /// bounded as [`Self::messages`] is, so a caller asks again after the last one until there are none.
    pub async fn undelivered(
        &self,
        source: SourceId,
        after: MessageId,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        if self.summary(source).undelivered_count == 0 {
            return Ok(Vec::new());
        }
        let bounds = self.bounds(limit);
        self.read(move |desk| desk.tables.undelivered(source, after, bounds)).await
    }

    /// The message with this id.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.read(move |desk| desk.tables.message(id)).await
    }

    /// The sources of these messages, in the order given; `None` for a message that is not there. They never change,
    /// so a caller can ask here first whether it may do something to the messages.
    pub async fn sources_of(&self, ids: Vec<MessageId>) -> Result<Vec<Option<SourceId>>, StoreError> {
        self.read(move |desk| {
            ids.iter().map(|id| Ok(desk.tables.message(*id)?.map(|message| message.source))).collect()
        })
        .await
    }

    /// Notes that the office has read these messages. Ids of no message are passed over.
    pub async fn mark_read(&self, ids: Vec<MessageId>) -> Result<(), StoreError> {
        self.write(move |desk| {
            for id in &ids {
                if let Some(message) = desk.tables.message(*id)?.filter(|message| !message.is_read) {
                    desk.tables.mark_read(*id)?;
                    desk.touch(message.source);
                }
            }
            Ok(())
        })
        .await
    }

    /// Notes that the office has read everything of these sources.
    pub async fn mark_all_read(&self, sources: Vec<SourceId>) -> Result<(), StoreError> {
        self.write(move |desk| {
            for source in &sources {
                desk.tables.mark_all_read(*source)?;
                desk.touch(*source);
            }
            Ok(())
        })
        .await
    }

    /// Notes how far a message to a driver has come. True if that was a step forward ([`MessageStatus::next`]);
    /// otherwise nothing is changed.
    pub async fn advance(&self, id: MessageId, to: MessageStatus, now: Timestamp) -> Result<bool, AdvanceError> {
        let moved = self.write(move |desk| {
            let message = desk.tables.message(id)?.filter(|message| message.sender != Sender::Driver);
            message.map(|message| advance(desk, &message, to, now)).transpose()
        });
        moved.await?.ok_or(AdvanceError::NotFound)
    }

    /// Notes that the application of a source's driver is away: what waits for it is pending from now on, unless it
    /// is back meanwhile. Answers when that is so for all of it.
    pub async fn app_gone(&self, source: SourceId, now: Timestamp) -> Result<(), StoreError> {
        self.wait_for_app(Some(source), now).await
    }

    /// Notes that the applications of all drivers are away, as they are when the server starts.
    pub async fn apps_gone(&self, now: Timestamp) -> Result<(), StoreError> {
        self.wait_for_app(None, now).await
    }

    async fn wait_for_app(&self, source: Option<SourceId>, now: Timestamp) -> Result<(), StoreError> {
        let step = move |desk: &Desk<'_>| {
            let mut stored = desk.tables.stored_messages(source, STEP_ROWS)?;
            stored.retain(|message| !desk.is_up(message.source));
            for message in &stored {
                advance(desk, message, MessageStatus::Pending, now)?;
            }
            Ok(stored.len())
        };
        // A step that leaves out those that are back is the last one: whoever goes next is looked at then.
        while self.write(step).await? == STEP_ROWS {}
        Ok(())
    }

    pub(crate) fn bounds(&self, limit: usize) -> Bounds {
        let options = &self.options;
        Bounds { count_max: limit.min(options.messages_per_answer_max), text_bytes_max: options.answer_bytes_max }
    }

    fn check(&self, text: &str, guid: Option<&str>) -> Result<(), MessageError> {
        if text.trim().is_empty() {
            return Err(MessageError::Blank);
        }
        if text.chars().count() > self.options.message_chars_max {
            return Err(MessageError::TooLong);
        }
        match guid {
            Some(guid) if guid.is_empty() || guid.len() > self.options.guid_bytes_max => Err(MessageError::BadGuid),
            _ => Ok(()),
        }
    }
}

/// Adds a message to a driver, unless as many wait as may.
fn add_outgoing(desk: &Desk<'_>, message: &NewMessage, undelivered_max: u32) -> Result<Option<Sent>, StoreError> {
    let source = message.source;
    if desk.tables.summary(source)?.undelivered_count >= undelivered_max {
        return Ok(None);
    }
    let status = if desk.is_away(source) { MessageStatus::Pending } else { MessageStatus::Stored };
    let new = NewMessage { status, ..message.clone() };
    let id = desk.tables.add_message(&new)?;
    desk.touch(source);
    let NewMessage { sender, guid, text, submitted, .. } = new;
    let message = Message { id, source, sender, guid, text, submitted, status, delivered: None, is_read: true };
    let sent = sent(&message);
    desk.tell(DispatchEvent::Sent { source, message });
    Ok(Some(sent))
}

/// A message that was made now.
const fn sent(message: &Message) -> Sent {
    Sent { id: message.id, submitted: message.submitted, status: message.status, is_new: true }
}

/// Moves a message on, if that is a step forward.
pub(crate) fn advance(
    desk: &Desk<'_>,
    message: &Message,
    to: MessageStatus,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(status) = message.status.next(to) else { return Ok(false) };
    let has_it = matches!(status, MessageStatus::Delivered | MessageStatus::Read);
    desk.tables.set_message_status(message.id, status, now, has_it.then_some(now))?;
    desk.touch(message.source);
    desk.tell(moved(&Message { status, ..message.clone() }));
    Ok(true)
}
