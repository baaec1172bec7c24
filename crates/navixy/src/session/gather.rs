//! What is due, as frames: shared fragments with an envelope around each.

use std::sync::Arc;

use live::{Due, FragmentKey, Lane, Lifecycle, Overrun, Snapshot};
use model::{SessionId, Timestamp, TrackerId};
use web::{CloseReason, Frames, Gathered};

use super::NavixySession;
use super::opening::utf16_units;
use super::subscription::{Hold, Subscription};
use crate::encode::{
    BATCH_SEPARATOR, DateText, STATE_BATCH_SUFFIX, STATE_SUFFIX, lifecycle, logout, render_state, state_batch_prefix,
    state_prefix,
};
use crate::wire::{Dates, EventType, Format, LifecycleEvent};
use fleet::{Fleet, Zone};

const TOO_SLOW: CloseReason = CloseReason { code: 1013, reason: "too slow for what must be sent" };

/// Room for an event's envelope before its data.
const ENVELOPE_BYTES: usize = 128;

/// How a subscription wants its states: which fragments, and what stands before them.
struct Style {
    lane: Lane,
    format: Format,
    dates: Dates,
    zone: Arc<Zone>,
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
            _ => state_prefix(&user_time, &mut prefix),
        }
        Self { lane: subscription.lane, format, dates, key: key(format, dates, &zone), zone, prefix }
    }

    fn fragment(&self, snapshot: &Snapshot) -> Arc<[u8]> {
        snapshot.fragment(self.key, |state, out| render_state(state, self.format, &*self.zone, self.dates, out))
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
}

impl NavixySession {
    /// Writes what is due into `out`, up to about `budget_bytes`.
    pub(super) fn gather_due(&mut self, now: Timestamp, out: &mut Frames<'_>, budget_bytes: usize) -> Gathered {
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
                        let fragment = style.fragment(&snapshot);
                        self.atmosphere.frame(&[&style.prefix, &fragment, STATE_SUFFIX], out);
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
                Some(Due::Added(tracker)) => return Ok(Some(News::Added(tracker))),
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
                    let session = &hold.session;
                    hold.subscriptions.iter_mut().for_each(|s| s.forget_lost(&self.shared.fleet, session, source));
                }
            }
            News::Ended(session) => {
                while let Some(at) = self.holds.iter().position(|h| h.session.id == session) {
                    let hold = self.holds.remove(at);
                    hold.subscriptions.into_iter().for_each(|s| s.close(&self.connection));
                }
            }
            News::Added(tracker) => {
                for hold in &mut self.holds {
                    for subscription in hold.subscriptions.iter_mut().filter(|s| s.wants(tracker)) {
                        // Whether the session may see it is judged there.
                        subscription.add(&self.shared.engine, &self.connection, &hold.session, tracker);
                    }
                }
            }
        }
    }

    /// The batches whose time has come, and when the next one's will.
    fn gather_batches(&mut self, now: Timestamp, out: &mut Frames<'_>, end: usize) -> Gathered {
        self.batch = None;
        for at in 0..self.holds.len() {
            for number in 0..self.holds[at].subscriptions.len() {
                let subscription = &self.holds[at].subscriptions[number];
                let due = subscription.next_batch;
                if subscription.event != EventType::StateBatch
                    || !self.connection.outbox().has_changed(subscription.lane)
                {
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
            }
        }
        Gathered::Done
    }

    /// One batch. False if it had to be cut, and the rest is due at once.
    fn gather_batch(&mut self, at: usize, number: usize, now: Timestamp, out: &mut Frames<'_>) -> bool {
        let items_max = self.shared.options.batch_items_max;
        let hold = &self.holds[at];
        let style = Style::of(&self.shared.fleet, hold, &hold.subscriptions[number], now);
        let mut fragments = Vec::new();
        let mut outbox = self.connection.outbox();
        while fragments.len() < items_max
            && let Some(Due::State { snapshot, .. }) = outbox.next_changed(style.lane)
        {
            fragments.push(style.fragment(&snapshot));
        }
        let is_whole = !outbox.has_changed(style.lane);
        drop(outbox);
        if !fragments.is_empty() {
            self.frame_batch(&style.prefix, &fragments, out);
        }
        let subscription = &mut self.holds[at].subscriptions[number];
        if is_whole {
            subscription.next_batch = now.plus_ms(subscription.rate_limit_ms);
        }
        is_whole
    }

    fn frame_batch(&self, prefix: &[u8], fragments: &[Arc<[u8]>], out: &mut Frames<'_>) {
        let separators = fragments.len() - 1;
        let around = prefix.len() + separators * BATCH_SEPARATOR.len() + STATE_BATCH_SUFFIX.len();
        let bytes = around + fragments.iter().map(|f| f.len()).sum::<usize>();
        let length = self.atmosphere.has_length_prefix().then(|| {
            let units = around + fragments.iter().map(|f| utf16_units(f)).sum::<usize>();
            format!("{units}|")
        });
        let length = length.as_deref().unwrap_or_default();
        out.text_header(length.len() + bytes);
        out.push(length.as_bytes());
        out.push(prefix);
        for (n, fragment) in fragments.iter().enumerate() {
            if n > 0 {
                out.push(BATCH_SEPARATOR);
            }
            out.push(fragment);
        }
        out.push(STATE_BATCH_SUFFIX);
    }
}

fn lifecycle_event(what: Lifecycle) -> LifecycleEvent {
    match what {
        Lifecycle::Block => LifecycleEvent::Block,
        Lifecycle::Unblock => LifecycleEvent::Unblock,
        Lifecycle::Corrupt => LifecycleEvent::Corrupt,
    }
}
