//! What one connection subscribed to, and what it is still to be told.

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::{Access, Fleet};
use super::frames::Frame;
use super::source::Shown;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Event {
    State,
    StateBatch,
    ReadingsBatch,
}

impl Event {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::StateBatch => "state_batch",
            Self::ReadingsBatch => "readings_batch",
        }
    }
}

/// One request of a message.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) event: Event,
    /// `None` is all.
    pub(super) trackers: Option<Vec<u32>>,
    pub(super) compact: bool,
    pub(super) rate_ms: i64,
}

/// One tracker on one subscription.
struct Watch {
    /// No two are the same.
    number: u64,
    source: u32,
    /// It was lost, and the session has not been told yet.
    is_lost: bool,
    is_blocked: bool,
    /// Its present state is due, or something has changed for a batch.
    is_due: bool,
    /// The telling up to which the client has everything; `None` if it has nothing.
    has: Option<u32>,
}

struct Subscription {
    event: Event,
    all: bool,
    excluded: BTreeSet<u32>,
    compact: bool,
    rate_ms: i64,
    next_ms: i64,
    watches: BTreeMap<u32, Watch>,
}

struct Hold {
    session: usize,
    user: usize,
    is_iso: bool,
    has_ended: bool,
    subscriptions: Vec<Subscription>,
}

/// What waits, in the order in which it happened.
enum News {
    State { watch: u64, shown: Shown },
    Lifecycle { source: u32, what: &'static str },
    Logout(usize),
    Added(u32),
    Lost(u32),
}

#[derive(Default)]
pub(super) struct Client {
    holds: Vec<Hold>,
    news: Vec<News>,
    watches: u64,
}

impl Client {
    fn living(&mut self) -> impl Iterator<Item = &mut Hold> {
        self.holds.iter_mut().filter(|hold| !hold.has_ended)
    }

    /// Forgets the states that wait of some watches.
    fn void(&mut self, watches: &[u64]) {
        self.news.retain(|news| !matches!(news, News::State { watch, .. } if watches.contains(watch)));
    }

    /// A source shows something new.
    pub(super) fn publish(&mut self, source: u32, shown: Shown) {
        let mut waiting = Vec::new();
        for hold in self.living() {
            for subscription in &mut hold.subscriptions {
                for watch in subscription.watches.values_mut() {
                    if watch.source != source || watch.is_lost || watch.is_blocked {
                        continue;
                    }
                    watch.is_due = subscription.event != Event::State;
                    if subscription.event == Event::State {
                        waiting.push(News::State { watch: watch.number, shown });
                    }
                }
            }
        }
        self.news.extend(waiting);
    }

    /// Blocks or unblocks those of a source, or loses some of its trackers; tells so if anybody watches.
    fn happen(&mut self, source: u32, what: &'static str, concerns: impl Fn(u32) -> bool) {
        let (mut void, mut is_told) = (Vec::new(), false);
        for hold in &mut self.holds {
            for subscription in &mut hold.subscriptions {
                let watches = subscription.watches.iter_mut().filter(|(id, w)| w.source == source && concerns(**id));
                for (_, watch) in watches.filter(|(_, w)| !w.is_lost) {
                    void.push(watch.number);
                    watch.is_lost = what == "corrupt";
                    watch.is_blocked = what == "block";
                    watch.is_due = what == "unblock";
                    watch.has = None;
                    is_told |= !hold.has_ended;
                }
            }
        }
        self.void(&void);
        if is_told {
            self.news.push(News::Lifecycle { source, what });
        }
    }

    pub(super) fn block(&mut self, source: u32, blocked: bool) {
        self.happen(source, if blocked { "block" } else { "unblock" }, |_| true);
    }

    pub(super) fn corrupt(&mut self, source: u32, concerns: impl Fn(u32) -> bool) {
        self.happen(source, "corrupt", concerns);
    }

    /// A user sees a tracker more.
    pub(super) fn added(&mut self, user: usize, tracker: u32) {
        if self.living().any(|hold| hold.user == user) {
            self.news.push(News::Added(tracker));
        }
    }

    /// A user sees a tracker no longer, and is not told.
    pub(super) fn revoked(&mut self, user: usize, tracker: u32) {
        let mut void = Vec::new();
        for hold in self.holds.iter_mut().filter(|hold| hold.user == user) {
            for subscription in &mut hold.subscriptions {
                if let Some(watch) = subscription.watches.get_mut(&tracker) {
                    watch.is_lost = true;
                    void.push((watch.number, watch.source));
                }
            }
        }
        self.void(&void.iter().map(|(number, _)| *number).collect::<Vec<_>>());
        self.news.extend(void.into_iter().map(|(_, source)| News::Lost(source)));
    }

    pub(super) fn ended(&mut self, session: usize) {
        for hold in self.holds.iter_mut().filter(|hold| hold.session == session && !hold.has_ended) {
            hold.has_ended = true;
            self.news.push(News::Logout(session));
        }
    }

    pub(super) fn holds(&self, session: usize) -> bool {
        self.holds.iter().any(|hold| hold.session == session)
    }

    fn hold(&mut self, fleet: &Fleet, session: usize, is_iso: bool) -> usize {
        if let Some(at) = self.holds.iter().position(|hold| hold.session == session) {
            return at;
        }
        let user = fleet.sessions[session].user;
        self.holds.push(Hold { session, user, is_iso, has_ended: false, subscriptions: Vec::new() });
        self.holds.len() - 1
    }

    fn let_go(&mut self, at: usize) {
        self.holds[at].subscriptions.retain(|s| s.all || !s.watches.is_empty());
        if self.holds[at].subscriptions.is_empty() {
            self.holds.remove(at);
        }
        // States that wait of what is not watched any more are dropped when they are looked at.
    }

    /// Requests of one type; the status of each tracker that is named.
    fn subscribe(&mut self, fleet: &Fleet, at: usize, requests: &[&Request]) -> Vec<(u32, Access)> {
        let (event, user) = (requests[0].event, self.holds[at].user);
        let mut named: Vec<u32> = Vec::new();
        for request in requests {
            match &request.trackers {
                None => named.extend(fleet.visible(user)),
                Some(ids) => named.extend(ids),
            }
        }
        let mut seen = BTreeSet::new();
        named.retain(|id| seen.insert(*id));
        let subscriptions = &mut self.holds[at].subscriptions;
        let place = subscriptions.iter().position(|s| s.event == event).unwrap_or_else(|| {
            let (excluded, watches) = (BTreeSet::new(), BTreeMap::new());
            let (all, compact, rate_ms, next_ms) = (false, false, 0, 0);
            subscriptions.push(Subscription { event, all, excluded, compact, rate_ms, next_ms, watches });
            subscriptions.len() - 1
        });
        let subscription = &mut subscriptions[place];
        for request in requests {
            subscription.all |= request.trackers.is_none();
            (subscription.compact, subscription.rate_ms) = (request.compact, request.rate_ms);
            subscription.next_ms = fleet.now_ms;
        }
        named.into_iter().map(|id| (id, watch(fleet, subscription, user, id, &mut self.watches))).collect()
    }

    fn unsubscribe(&mut self, fleet: &Fleet, at: usize, requests: &[&Request]) -> Vec<(u32, Access)> {
        let (event, user) = (requests[0].event, self.holds[at].user);
        let mut subscription = self.holds[at].subscriptions.iter_mut().find(|s| s.event == event);
        let mut named: Vec<u32> = Vec::new();
        for request in requests {
            match (&request.trackers, &mut subscription) {
                (Some(ids), _) => named.extend(ids),
                (None, None) => {}
                (None, Some(subscription)) => {
                    named.extend(std::mem::take(&mut subscription.watches).into_keys());
                    subscription.all = false;
                    subscription.excluded.clear();
                }
            }
        }
        let named: BTreeSet<u32> = named.into_iter().collect();
        if let Some(subscription) = subscription {
            subscription.watches.retain(|id, _| !named.contains(id));
            if subscription.all {
                let seen = named.iter().filter(|id| fleet.access(user, **id).is_seen());
                subscription.excluded.extend(seen);
            }
        }
        named.into_iter().map(|id| (id, fleet.access(user, id))).collect()
    }

    /// A message of a living session: for each type, in the order of first mention, what becomes of the trackers.
    pub(super) fn ask(
        &mut self,
        fleet: &Fleet,
        session: usize,
        is_iso: bool,
        unsubscribe: bool,
        requests: &[Request],
    ) -> Vec<(Event, Vec<(u32, Access)>)> {
        let at = self.hold(fleet, session, is_iso);
        let mut answered: Vec<(Event, Vec<(u32, Access)>)> = Vec::new();
        for request in requests {
            if answered.iter().any(|(event, _)| *event == request.event) {
                continue;
            }
            let same: Vec<_> = requests.iter().filter(|r| r.event == request.event).collect();
            let statuses = match unsubscribe {
                false => self.subscribe(fleet, at, &same),
                true => self.unsubscribe(fleet, at, &same),
            };
            answered.push((request.event, statuses));
        }
        self.let_go(at);
        answered
    }

    /// Everything that is due now.
    pub(super) fn look(&mut self, fleet: &Fleet) -> Vec<Frame> {
        let mut frames = Vec::new();
        for news in std::mem::take(&mut self.news) {
            self.hear(fleet, news, &mut frames);
        }
        for hold in self.holds.iter_mut().filter(|hold| !hold.has_ended) {
            let user_time = fleet.date(fleet.now_ms, hold.user, hold.is_iso);
            for subscription in &mut hold.subscriptions {
                if subscription.event == Event::State {
                    for watch in subscription.watches.values_mut().filter(|w| w.is_due) {
                        watch.is_due = false;
                        let shown = fleet.source(watch.source).shown();
                        let item = fleet.state(&shown, subscription.compact, hold.user, hold.is_iso);
                        frames.push(Frame::State { user_time: user_time.clone(), source: watch.source, item });
                    }
                } else if subscription.next_ms <= fleet.now_ms {
                    let items = batch(fleet, subscription, hold.user, hold.is_iso);
                    if !items.is_empty() {
                        subscription.next_ms = fleet.now_ms + subscription.rate_ms;
                        let event = subscription.event.name().to_owned();
                        frames.push(Frame::Batch { event, user_time: user_time.clone(), items });
                    }
                }
            }
        }
        frames
    }

    fn hear(&mut self, fleet: &Fleet, news: News, frames: &mut Vec<Frame>) {
        match news {
            News::State { watch: number, shown } => {
                for hold in self.holds.iter().filter(|hold| !hold.has_ended) {
                    for subscription in &hold.subscriptions {
                        let Some(watch) = subscription.watches.values().find(|w| w.number == number) else { continue };
                        let user_time = fleet.date(fleet.now_ms, hold.user, hold.is_iso);
                        let item = fleet.state(&shown, subscription.compact, hold.user, hold.is_iso);
                        frames.push(Frame::State { user_time, source: watch.source, item });
                    }
                }
            }
            News::Lifecycle { source, what } => {
                frames.push(Frame::Lifecycle { source, what: what.to_owned() });
                if what == "corrupt" {
                    self.forget(source);
                }
            }
            News::Lost(source) => self.forget(source),
            News::Logout(session) => {
                frames.push(Frame::Logout);
                self.holds.retain(|hold| hold.session != session);
            }
            News::Added(tracker) => {
                let numbers = &mut self.watches;
                for hold in self.holds.iter_mut().filter(|hold| !hold.has_ended) {
                    for s in &mut hold.subscriptions {
                        if s.all && !s.excluded.contains(&tracker) && !s.watches.contains_key(&tracker) {
                            watch(fleet, s, hold.user, tracker, numbers);
                        }
                    }
                }
            }
        }
    }

    fn forget(&mut self, source: u32) {
        for subscription in self.holds.iter_mut().flat_map(|hold| &mut hold.subscriptions) {
            subscription.watches.retain(|_, watch| watch.source != source || !watch.is_lost);
        }
    }
}

/// Watches one more tracker, if it may be seen, or has all of it sent again.
fn watch(fleet: &Fleet, subscription: &mut Subscription, user: usize, id: u32, numbers: &mut u64) -> Access {
    let access = fleet.access(user, id);
    if !access.is_seen() {
        return access;
    }
    subscription.excluded.remove(&id);
    let is_blocked = access == Access::Blocked;
    match subscription.watches.get_mut(&id).filter(|watch| !watch.is_lost) {
        Some(watch) => (watch.is_due, watch.has) = (!is_blocked, None),
        None => {
            *numbers += 1;
            let source = fleet.tracker(id).map_or(0, |tracker| tracker.source);
            let watch = Watch { number: *numbers, source, is_lost: false, is_blocked, is_due: !is_blocked, has: None };
            subscription.watches.insert(id, watch);
        }
    }
    access
}

fn batch(fleet: &Fleet, subscription: &mut Subscription, user: usize, is_iso: bool) -> Vec<(u32, String)> {
    let mut items = Vec::new();
    for watch in subscription.watches.values_mut().filter(|watch| watch.is_due) {
        watch.is_due = false;
        let source = fleet.source(watch.source);
        if subscription.event == Event::StateBatch {
            items.push((watch.source, fleet.state(&source.shown(), subscription.compact, user, is_iso)));
            continue;
        }
        let had = watch.has.replace(source.tellings);
        let new = source.readings.iter().filter(|(_, (_, telling))| had.is_none_or(|had| had < *telling));
        let new: String = new.map(|(name, (value, _))| format!(" {name}={value}")).collect();
        match had {
            None => items.push((watch.source, format!("inputs, states{new}, virtual_sensors, counters]"))),
            Some(_) if !new.is_empty() => items.push((watch.source, format!("states{new}]"))),
            Some(_) => {}
        }
    }
    items
}
