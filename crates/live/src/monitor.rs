//! The last messages of a source, attribute by attribute, for those who look at raw data.
//!
//! For each attribute there are two queues, newest message first: what the last messages said of it, gaps included,
//! and the last messages that said anything of it. The first follows from the second and from the times of the last
//! messages, so values are kept once.
//!
//! A monitor exists only while somebody watches. The order in which messages come does not matter: late ones are filed
//! where they belong, and one that is there already is passed over, so the journal's past and what arrives meanwhile
//! can be pushed as they come.

use std::collections::BTreeMap;

use model::{AttributeId, Report, Seq, Timestamp, Value};

use crate::reported_values;

#[cfg(test)]
mod tests;

/// What an entry takes in memory besides the text of its value.
const ENTRY_BYTES: usize = size_of::<MonitorEntry>();

/// The bounds of a monitor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonitorLimits {
    /// Messages in a queue.
    pub messages_max: usize,
    /// Attributes that have queues; of one message, no more than the first so many are looked at.
    pub attributes_max: usize,
    /// Longer texts are left out, in bytes.
    pub value_bytes_max: usize,
    /// All entries of all queues, in bytes. Beyond it, as beyond the number of attributes, those attributes go that
    /// have not been reported for longest.
    pub bytes_max: usize,
}

impl Default for MonitorLimits {
    fn default() -> Self {
        Self { messages_max: 12, attributes_max: 256, value_bytes_max: 1_024, bytes_max: 512 * 1_024 }
    }
}

/// Where a message stands among others of its source: by time, and of one time by arrival.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MessagePlace {
    /// When it counts in event time; see [`order_time`](crate::order_time).
    pub at: Timestamp,
    /// Its place in the journal.
    pub seq: Seq,
}

/// The times of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageTimes {
    /// Where it stands.
    pub place: MessagePlace,
    /// The device's time, or the arrival when it gave none.
    pub message: Timestamp,
    /// The server's time.
    pub received: Timestamp,
}

/// What a message said of an attribute.
#[derive(Clone, PartialEq, Debug)]
pub struct MonitorEntry {
    /// Of which message.
    pub times: MessageTimes,
    /// The value.
    pub value: Value,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Monitor {
    limits: MonitorLimits,
    /// The last messages, newest first.
    messages: Vec<MessageTimes>,
    /// Of each attribute the last messages that had it, newest first; none is empty.
    queues: BTreeMap<AttributeId, Vec<MonitorEntry>>,
    bytes: usize,
}

impl Monitor {
    /// An empty one.
    pub const fn new(limits: MonitorLimits) -> Self {
        Self { limits, messages: Vec::new(), queues: BTreeMap::new(), bytes: 0 }
    }

    /// Files a message that counts `at` this time. True if it is to be seen in any queue and was not before.
    pub fn push(&mut self, at: Timestamp, seq: Seq, received: Timestamp, report: &Report) -> bool {
        let message = report.time.unwrap_or(received);
        let times = MessageTimes { place: MessagePlace { at, seq }, message, received };
        let mut is_new = insert(&mut self.messages, self.limits.messages_max, times.place, |m| m.place, || times).0;
        for (id, value) in reported_values(report).take(self.limits.attributes_max) {
            let text_bytes = text_bytes(&value);
            if text_bytes > self.limits.value_bytes_max {
                continue;
            }
            let entry = || MonitorEntry { times, value: value.into_owned() };
            is_new |= self.file(id, times.place, text_bytes, entry);
        }
        // With no room for any message nothing was filed at all.
        self.queues.retain(|_, queue| !queue.is_empty());
        self.keep_within_limits();
        is_new
    }

    /// Files everything that is in another monitor, as if its messages had been pushed here.
    pub fn absorb(&mut self, other: Self) {
        for times in other.messages {
            insert(&mut self.messages, self.limits.messages_max, times.place, |m| m.place, || times);
        }
        for (id, queue) in other.queues {
            for entry in queue {
                self.file(id, entry.times.place, text_bytes(&entry.value), || entry);
            }
        }
        self.queues.retain(|_, queue| !queue.is_empty());
        self.keep_within_limits();
    }

    /// Files what a message said of an attribute. True if it is to be seen and was not before.
    fn file(
        &mut self,
        id: AttributeId,
        place: MessagePlace,
        text_bytes: usize,
        entry: impl FnOnce() -> MonitorEntry,
    ) -> bool {
        let queue = self.queues.entry(id).or_default();
        let (inserted, pushed_out) = insert(queue, self.limits.messages_max, place, |e| e.times.place, entry);
        if inserted {
            self.bytes += ENTRY_BYTES + text_bytes;
        }
        if let Some(out) = pushed_out {
            self.bytes -= ENTRY_BYTES + self::text_bytes(&out.value);
        }
        inserted
    }

    /// Lets the attributes go that were not reported for longest, as many as there are too many.
    fn keep_within_limits(&mut self) {
        if self.queues.len() <= self.limits.attributes_max && self.bytes <= self.limits.bytes_max {
            return;
        }
        let newest = |queue: &Vec<MonitorEntry>| queue.first().map(|e| e.times.place);
        let mut by_age: Vec<_> =
            self.queues.iter().map(|(id, queue)| (newest(queue), std::cmp::Reverse(*id))).collect();
        by_age.sort_unstable();
        for (_, std::cmp::Reverse(id)) in by_age {
            if self.queues.len() <= self.limits.attributes_max && self.bytes <= self.limits.bytes_max {
                break;
            }
            let gone = self.queues.remove(&id).unwrap_or_default();
            self.bytes -= gone.iter().map(|e| ENTRY_BYTES + text_bytes(&e.value)).sum::<usize>();
        }
    }

    /// Whether no message is in it.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// How many bytes its entries take, never more than [`MonitorLimits::bytes_max`].
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Of each attribute the last messages that had it, newest first.
    pub fn without_gaps(&self) -> impl Iterator<Item = (AttributeId, &[MonitorEntry])> {
        self.queues.iter().map(|(id, queue)| (*id, queue.as_slice()))
    }

    /// Of each attribute what each of the last messages said of it, newest first; attributes that none of them had
    /// are left out.
    pub fn with_gaps(
        &self,
    ) -> impl Iterator<Item = (AttributeId, impl Iterator<Item = (MessageTimes, Option<&Value>)>)> {
        let oldest = self.messages.last().map(|m| m.place);
        let is_recent = move |queue: &[MonitorEntry]| queue.first().map(|e| e.times.place) >= oldest;
        self.without_gaps().filter(move |(_, queue)| is_recent(queue)).map(|(id, queue)| {
            let value = |place: MessagePlace| queue.iter().find(|e| e.times.place == place).map(|e| &e.value);
            (id, self.messages.iter().map(move |times| (*times, value(times.place))))
        })
    }
}

/// Puts an item where it belongs in a queue that has the newest first, unless it is there or older than a full queue.
/// Whether it was put in, and what had to go for it.
fn insert<T>(
    queue: &mut Vec<T>,
    len_max: usize,
    place: MessagePlace,
    place_of: impl Fn(&T) -> MessagePlace,
    make: impl FnOnce() -> T,
) -> (bool, Option<T>) {
    match queue.binary_search_by(|item| place.cmp(&place_of(item))) {
        Err(index) if index < len_max => {
            let out = if queue.len() >= len_max { queue.pop() } else { None };
            queue.insert(index, make());
            (true, out)
        }
        _ => (false, None),
    }
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
    }
}
