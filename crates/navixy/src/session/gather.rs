//! What is due, as frames: shared fragments with an envelope around each.

use std::sync::Arc;

use live::{Due, FragmentKey, Lane, Lifecycle, Overrun, Snapshot};
use model::{SessionId, SourceState, Timestamp, TrackerId};
use web::{CloseReason, Frames, Gathered};

use super::subscription::{Hold, Subscription};
use super::{NavixySession, SocketOptions};
use crate::encode::{
    BATCH_SEPARATOR, DateText, MONITOR_SUFFIX, STATE_BATCH_SUFFIX, STATE_SUFFIX, lifecycle, logout, monitor_prefix,
    readings_batch_prefix, render_state, state_batch_prefix, state_item, state_prefix,
};
use crate::wire::{Dates, EventType, Format, LifecycleEvent};
use fleet::{Fleet, Zone};

const TOO_SLOW: CloseReason = CloseReason { code: 1013, reason: "too slow for what must be sent" };

/// Room for an event's envelope before its data.
const ENVELOPE_BYTES: usize = 128;

/// What a state comes to, roughly.
const STATE_BYTES_USUAL: usize = 800;
/// States that go into a batch before the outbox is let go of for a moment.
const STATES_PER_LOCK: usize = 256;

/// What became of a batch.
pub(super) struct Written {
    pub(super) items: usize,
    /// Everything that was due when it was begun is in it; otherwise it was cut, and the rest is due at once.
    pub(super) is_whole: bool,
}

/// How a subscription wants its states: which fragments, and what stands before them.
pub(super) struct Style {
    pub(super) lane: Lane,
    format: Format,
    pub(super) dates: Dates,
    pub(super) zone: Arc<Zone>,
    /// Now, as dates are shown.
    pub(super) user_time: DateText,
    key: FragmentKey,
    prefix: Vec<u8>,
}

impl Style {
    fn of(fleet: &Fleet, hold: &Hold, subscription: &Subscription, now: Timestamp) -> Self {
        let zone = fleet.zone(hold.session.user);
        let (format, dates) = (subscription.format, hold.dates);
        let user_time = DateText::new(now, &*zone, dates);
        let mut prefix = Vec::with_capacity(ENVELOPE_BYTES);
        match subscription.event {
            EventType::StateBatch => state_batch_prefix(&user_time, &mut prefix),
            EventType::ReadingsBatch => readings_batch_prefix(&user_time, &mut prefix),
            EventType::IotMonitor => monitor_prefix(&mut prefix),
            _ => state_prefix(&user_time, &mut prefix),
        }
        Self { lane: subscription.lane, format, dates, key: key(format, dates, &zone), zone, user_time, prefix }
    }

    fn with_fragment<R>(&self, snapshot: &Snapshot, use_: impl FnOnce(&[u8]) -> R) -> R {
        let render = |state: &SourceState, out: &mut Vec<u8>| {
            render_state(state, self.format, &*self.zone, self.dates, out);
        };
        snapshot.with_fragment(self.key, render, use_)
    }
}

/// All that the bytes of a state depend on.
fn key(format: Format, dates: Dates, zone: &Zone) -> FragmentKey {
    let format = u64::from(format == Format::Compact);
    let dates = u64::from(dates == Dates::Iso);
    FragmentKey(u64::from(zone.id()) << 8 | dates << 1 | format)
}

/// What interrupts the gathering of states, because it changes what is subscribed.
enum News {
    Lost(model::SourceId),
    Ended(SessionId),
    Added(TrackerId),
    Review,
}

impl NavixySession {
    /// Writes what is due into `out`, up to about `budget_bytes`.
    pub(super) fn gather_due(&mut self, now: Timestamp, out: &mut Frames<'_>, budget_bytes: usize) -> Gathered {
        self.now = now;
        let before = out.len();
        let end = before + budget_bytes;
        let gathered = loop {
            match self.gather_queue(now, out, end) {
                Err(Overrun) => break Gathered::Close(TOO_SLOW),
                Ok(Some(news)) => self.hear(news),
                Ok(None) if out.len() >= end => break Gathered::More,
                Ok(None) => break self.gather_batches(now, out, end),
            }
        };
        if out.len() > before {
            self.spoke(now);
        }
        gathered
    }

    /// States and news until nothing is due, the budget is used up, or news want to be heard.
    fn gather_queue(&self, now: Timestamp, out: &mut Frames<'_>, end: usize) -> Result<Option<News>, Overrun> {
        let mut style: Option<Style> = None;
        let mut outbox = self.connection.outbox();
        while out.len() < end {
            match outbox.take_next()? {
                None => break,
                Some(Due::State { lane, snapshot, .. }) => {
                    if style.as_ref().is_none_or(|s| s.lane != lane) {
                        style = self.style(lane, now);
                    }
                    if let Some(style) = &style {
                        style.with_fragment(&snapshot, |fragment| {
                            self.atmosphere.frame(&[&style.prefix, fragment, STATE_SUFFIX], out);
                        });
                    }
                }
                Some(Due::Lifecycle { source, what }) => {
                    let mut text = Vec::with_capacity(ENVELOPE_BYTES);
                    lifecycle(source, lifecycle_event(what), &mut text);
                    self.atmosphere.frame(&[&text], out);
                    if what == Lifecycle::Corrupt {
                        return Ok(Some(News::Lost(source)));
                    }
                }
                Some(Due::Logout(session)) => {
                    self.atmosphere.frame(&[logout()], out);
                    return Ok(Some(News::Ended(session)));
                }
                // No lane of this dialect is told of these.
                Some(Due::Records { .. } | Due::Push { .. }) => {}
                Some(Due::Added(tracker)) => return Ok(Some(News::Added(tracker))),
                Some(Due::Lost(source)) => return Ok(Some(News::Lost(source))),
                Some(Due::Review) => return Ok(Some(News::Review)),
            }
        }
        Ok(None)
    }

    fn style(&self, lane: Lane, now: Timestamp) -> Option<Style> {
        let (hold, subscription) = self.all_subscriptions().find(|(_, s)| s.lane == lane)?;
        Some(Style::of(&self.shared.fleet, hold, subscription, now))
    }

    fn all_subscriptions(&self) -> impl Iterator<Item = (&Hold, &Subscription)> {
        self.holds.iter().flat_map(|hold| hold.subscriptions.iter().map(move |s| (hold, s)))
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Lost(source) => {
                for hold in &mut self.holds {
                    hold.subscriptions.iter_mut().for_each(|s| s.forget_lost(source));
                }
            }
            News::Ended(session) => self.end(session),
            News::Review => {
                for hold in &mut self.holds {
                    for subscription in &mut hold.subscriptions {
                        subscription.review(&self.shared.engine, &self.connection, &hold.session);
                    }
                }
            }
            News::Added(tracker) => {
                for hold in &mut self.holds {
                    for subscription in hold.subscriptions.iter_mut().filter(|s| s.wants(tracker)) {
                        // Whether the session may see it is judged there.
                        subscription.add(&self.shared.engine, &self.connection, &hold.session, [tracker.into()]);
                    }
                }
            }
        }
    }

    /// The batches whose time has come, and when the next one's will.
    pub(super) fn gather_batches(&mut self, now: Timestamp, out: &mut Frames<'_>, end: usize) -> Gathered {
        self.batch = None;
        for at in 0..self.holds.len() {
            for number in 0..self.holds[at].subscriptions.len() {
                let subscription = &mut self.holds[at].subscriptions[number];
                let due = subscription.next_batch;
                let is_batch = subscription.event != EventType::State && subscription.is_known();
                if !is_batch || !self.connection.outbox().has_changed(subscription.lane) {
                    continue;
                }
                if due > now {
                    self.batch = Some(self.batch.map_or(due, |batch| batch.min(due)));
                    continue;
                }
                let is_whole = self.gather_batch(at, number, now, out);
                if !is_whole || out.len() >= end {
                    return Gathered::More;
                }
                // What has changed while the batch was written is for the next.
                let subscription = &self.holds[at].subscriptions[number];
                let next = subscription.next_batch;
                if self.connection.outbox().has_changed(subscription.lane) {
                    if next <= now {
                        return Gathered::More;
                    }
                    self.batch = Some(self.batch.map_or(next, |batch| batch.min(next)));
                }
            }
        }
        Gathered::Done
    }

    /// One batch. False if it had to be cut, and the rest is due at once.
    fn gather_batch(&mut self, at: usize, number: usize, now: Timestamp, out: &mut Frames<'_>) -> bool {
        let hold = &self.holds[at];
        let style = Style::of(&self.shared.fleet, hold, &hold.subscriptions[number], now);
        let items_max = self.shared.options.batch_items_max;
        let due = self.connection.outbox().changed_len(style.lane);
        let expected_bytes = ENVELOPE_BYTES + due.min(items_max) * STATE_BYTES_USUAL;
        let mut written = Written { items: 0, is_whole: false };
        let mut write = |text: &mut Vec<u8>| {
            written = self.write_batch(at, number, &style, due, text);
            written.items > 0
        };
        if self.atmosphere.has_length_prefix() {
            let mut text = Vec::with_capacity(expected_bytes);
            if write(&mut text) {
                self.atmosphere.frame(&[&text], out);
            }
        } else {
            out.text_with(expected_bytes, write);
        }
        // A batch that turned out empty was none, and the next change need not wait for it.
        if written.is_whole && written.items > 0 {
            let subscription = &mut self.holds[at].subscriptions[number];
            subscription.next_batch = now.plus_ms(subscription.rate_limit_ms);
        }
        written.is_whole
    }

    fn write_batch(&self, at: usize, number: usize, style: &Style, due: usize, text: &mut Vec<u8>) -> Written {
        let hold = &self.holds[at];
        let subscription = &hold.subscriptions[number];
        text.extend_from_slice(&style.prefix);
        let (written, suffix) = match subscription.event {
            EventType::ReadingsBatch => (self.write_readings(hold, subscription, style, due, text), STATE_BATCH_SUFFIX),
            EventType::IotMonitor => (self.write_messages(style, due, text), MONITOR_SUFFIX),
            _ => (self.write_states(style, due, text), STATE_BATCH_SUFFIX),
        };
        text.extend_from_slice(suffix);
        written
    }

    /// The states go straight into the text: there may be thousands, and each is cold in the processor's caches. There
    /// may be none after all, because what was marked is blocked or gone, or news have to go first.
    fn write_states(&self, style: &Style, due: usize, text: &mut Vec<u8>) -> Written {
        let SocketOptions { batch_item_shape: shape, batch_items_max, .. } = self.shared.options;
        let items_max = batch_items_max.min(due);
        let mut items = 0;
        let mut more = true;
        while more && items < items_max {
            // The outbox is let go of in between, so that reports do not wait for a long batch.
            let mut outbox = self.connection.outbox();
            // A source that was just unblocked is marked already, but the news goes first.
            if outbox.has_urgent() {
                return Written { items, is_whole: false };
            }
            for _ in 0..STATES_PER_LOCK.min(items_max - items) {
                let Some(Due::State { tracker, snapshot, .. }) = outbox.next_changed(style.lane) else {
                    more = false;
                    break;
                };
                if items > 0 {
                    text.extend_from_slice(BATCH_SEPARATOR);
                }
                let source = snapshot.state.source;
                style.with_fragment(&snapshot, |fragment| state_item(shape, tracker, source, fragment, text));
                items += 1;
            }
        }
        Written { items, is_whole: !more || items == due }
    }
}

fn lifecycle_event(what: Lifecycle) -> LifecycleEvent {
    match what {
        Lifecycle::Block => LifecycleEvent::Block,
        Lifecycle::Unblock => LifecycleEvent::Unblock,
        Lifecycle::Corrupt => LifecycleEvent::Corrupt,
    }
}
