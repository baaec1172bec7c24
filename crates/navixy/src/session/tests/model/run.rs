//! Does the same to the server and to the model.

use ::fleet::{Session, SubuserEdit, UserProfile, Zone};
use model::{AttributeId, Report, SourceId, TrackerId, UserId, Value, attr};

use super::super::stage::{Client as Real, Stage, moving};
use super::client::Client;
use super::fleet::{ANN, BOB, Fleet, SUB, Session as Naive, Tracker, ZONES};
use super::ops::Op;
use crate::session::SocketOptions;

pub(super) const DAY_MS: i64 = 86_400_000;
/// Dates are worked out up to the autumn only.
const HORIZON_MS: i64 = 200 * DAY_MS;
const BATTERY: AttributeId = attr::BATTERY_LEVEL;

pub(super) struct Run<'s> {
    pub(super) stage: &'s Stage,
    start_ms: i64,
    pub(super) fleet: Fleet,
    pub(super) clients: Vec<Client>,
    pub(super) real: Vec<Real<'s>>,
    /// The session that each client's subscribers have.
    pub(super) slots: Vec<[Option<usize>; 2]>,
    pub(super) hashes: Vec<String>,
    /// A session of each user, for what users do themselves.
    pub(super) keys: Vec<Session>,
    reports: i64,
}

pub(super) fn pick(n: u8, len: usize) -> usize {
    usize::from(n) % len.max(1)
}

impl<'s> Run<'s> {
    pub(super) async fn stage() -> Stage {
        Stage::with(0, SocketOptions { messages_per_second_max: u32::MAX, ..SocketOptions::default() }).await
    }

    pub(super) async fn new(stage: &'s Stage) -> Self {
        let now_ms = stage.now().ms();
        let ann = stage.session(&stage.hash().await);
        let bob = stage.session(&stage.hash_of(stage.user("bob@example.com").await).await);
        let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
        let new = SubuserEdit { login: "bo@example.com".into(), activated: true, profile, security_group: None };
        let sub = stage.fleet.create_subuser(&ann, new, "secret", stage.now()).await.expect("a sub-user");
        let hash = stage.fleet.create_subuser_session(&ann, sub, stage.now()).await.expect("a session");
        let sub = stage.session(hash.as_str());
        let mut run = Self {
            stage,
            start_ms: now_ms,
            fleet: Fleet::new(now_ms),
            clients: (0..3).map(|_| Client::default()).collect(),
            real: (0..3).map(|_| stage.client()).collect(),
            slots: vec![[None; 2]; 3],
            hashes: Vec::new(),
            keys: vec![ann, bob, sub],
            reports: 0,
        };
        for (user, zone) in [(ANN, 0), (BOB, 2), (SUB, 3)] {
            run.set_zone(user, zone).await;
        }
        for owner in [ANN, ANN, BOB] {
            run.register(owner).await;
        }
        for tracker in 0..2 {
            run.bind(tracker, true).await;
        }
        run
    }

    pub(super) async fn apply(&mut self, op: &Op) {
        match op {
            Op::Report(n, reports) => self.report(*n, reports).await,
            Op::Late(n) => self.tell(*n, 3_600_000, Some(77), None).await,
            Op::Battery(n, level) => self.tell(*n, 0, None, Some(i64::from(*level))).await,
            Op::Contact(n) => self.contact(*n),
            Op::Wait(ms) => self.wait(*ms).await,
            Op::Block(n, blocked) => self.block(*n, *blocked).await,
            Op::Hide(n, hidden) => self.hide(*n, *hidden).await,
            Op::Corrupt(n) => self.corrupt(*n).await,
            Op::Register(by_bob) => self.register(usize::from(*by_bob)).await,
            Op::Clone(n) => self.clone_tracker(*n).await,
            Op::Unclone(n) => self.unclone(*n).await,
            Op::Move(n) => self.move_tracker(*n).await,
            Op::Bind(n, bound) => self.bind(*n, *bound).await,
            Op::Lock(n, locked) => self.lock(pick(*n, 3), *locked).await,
            Op::Zone(n, zone) => self.set_zone(pick(*n, 3), pick(*zone, ZONES.len())).await,
            Op::Logout(n) => self.logout(*n).await,
            Op::Ask(ask) => self.ask(ask).await,
            Op::Look(client) => self.look(usize::from(*client)),
            Op::Reopen(client) => self.reopen(usize::from(*client)),
        }
    }

    /// After long enough everything that was due has come.
    pub(super) async fn finish(&mut self) {
        for _ in 0..2 {
            (0..3).for_each(|client| self.look(client));
            self.wait(3_000).await;
        }
    }

    fn each(&mut self, mut tell: impl FnMut(&mut Client)) {
        self.clients.iter_mut().for_each(&mut tell);
    }

    fn publish(&mut self, source: u32) {
        let shown = self.fleet.source(source).shown();
        self.each(|client| client.publish(source, shown));
    }

    /// A tracker that is not removed.
    fn pick_tracker(&self, n: u8, is_meant: impl Fn(&Tracker) -> bool) -> Option<Tracker> {
        let trackers: Vec<_> = self.fleet.trackers.iter().filter(|t| !t.removed && is_meant(t)).collect();
        trackers.get(pick(n, trackers.len())).map(|tracker| Tracker::clone(tracker))
    }

    fn pick_source(&self, n: u8) -> Option<u32> {
        let sources: Vec<_> = self.fleet.source_ids().filter(|id| !self.fleet.source(*id).removed).collect();
        sources.get(pick(n, sources.len())).copied()
    }

    fn real_source(&self, id: u32) -> ::engine::Source {
        self.stage.engine.source(SourceId(id)).expect("a source")
    }

    /// A time of its own, so that no report is a repeat.
    fn report_ms(&mut self, ago_ms: i64) -> i64 {
        self.reports += 1;
        self.fleet.now_ms - ago_ms + self.reports
    }

    async fn upload(&self, source: u32, reports: Vec<Report>) {
        let source = self.real_source(source);
        let receipt = self.stage.engine.ingest(&source, self.stage.now(), reports).await.expect("taken in");
        receipt.await.expect("stored");
    }

    async fn report(&mut self, n: u8, reports: &[(u16, bool)]) {
        let Some(source) = self.pick_source(n) else { return };
        let mut upload = Vec::new();
        for (speed_kmh, notable) in reports {
            let at_ms = self.report_ms(0);
            upload.push(moving(at_ms, *speed_kmh, *notable));
            let now_ms = self.fleet.now_ms;
            let event = notable.then_some(("event_id", 4));
            self.fleet.source_mut(source).report(now_ms, at_ms, Some(*speed_kmh), event);
            self.publish(source);
        }
        self.upload(source, upload).await;
    }

    async fn tell(&mut self, n: u8, ago_ms: i64, speed_kmh: Option<u16>, battery: Option<i64>) {
        let Some(source) = self.pick_source(n) else { return };
        let (at_ms, now_ms) = (self.report_ms(ago_ms), self.fleet.now_ms);
        let reading = battery.map(|level| ("battery_level", level));
        self.fleet.source_mut(source).report(now_ms, at_ms, speed_kmh, reading);
        self.publish(source);
        let mut report = moving(at_ms, speed_kmh.unwrap_or(0), false);
        if speed_kmh.is_none() {
            report.position = None;
        }
        report.attributes = battery.map(|level| (BATTERY, Value::Int(level))).into_iter().collect();
        self.upload(source, vec![report]).await;
    }

    fn contact(&mut self, n: u8) {
        let Some(source) = self.pick_source(n) else { return };
        let now_ms = self.fleet.now_ms;
        if self.fleet.source_mut(source).contact(now_ms) {
            self.publish(source);
        }
        self.stage.engine.contact(&self.real_source(source), self.stage.now());
    }

    async fn wait(&mut self, ms: i64) {
        if self.fleet.now_ms + ms - self.start_ms > HORIZON_MS {
            return;
        }
        self.fleet.now_ms += ms;
        let now_ms = self.fleet.now_ms;
        for source in self.fleet.source_ids() {
            if !self.fleet.source(source).removed && self.fleet.source_mut(source).settle(now_ms) {
                self.publish(source);
            }
        }
        self.end(|session| session.ends_ms <= now_ms);
        self.stage.wait_ms(ms);
        self.stage.engine.let_time_pass(self.stage.now());
        self.stage.fleet.expire(self.stage.now()).await.expect("swept");
    }

    /// Ends sessions of the model.
    fn end(&mut self, is_meant: impl Fn(&Naive) -> bool) {
        for session in 0..self.fleet.sessions.len() {
            if self.fleet.sessions[session].is_live && is_meant(&self.fleet.sessions[session]) {
                self.fleet.sessions[session].is_live = false;
                self.each(|client| client.ended(session));
            }
        }
    }

    async fn block(&mut self, n: u8, blocked: bool) {
        let Some(tracker) = self.pick_tracker(n, |_| true) else { return };
        if self.fleet.source(tracker.source).blocked != blocked {
            self.fleet.source_mut(tracker.source).blocked = blocked;
            self.each(|client| client.block(tracker.source, blocked));
        }
        self.stage.block(tracker.id, blocked).await;
    }

    /// Who sees a tracker that has come, or come back, hears so.
    fn gained(&mut self, tracker: u32) {
        let found = self.fleet.tracker(tracker).cloned().expect("a tracker");
        self.each(|client| client.added(found.owner, tracker));
        if found.owner == ANN && found.bound {
            self.each(|client| client.added(SUB, tracker));
        }
    }

    fn lost(&mut self, tracker: &Tracker) {
        self.each(|client| client.corrupt(tracker.source, |id| id == tracker.id));
    }

    async fn hide(&mut self, n: u8, hidden: bool) {
        let Some(tracker) = self.pick_tracker(n, |_| true) else { return };
        if tracker.hidden != hidden {
            self.fleet.tracker_mut(tracker.id).hidden = hidden;
            if hidden {
                self.lost(&tracker);
            } else {
                self.gained(tracker.id);
            }
        }
        self.stage.hide(tracker.id, hidden).await;
    }

    async fn corrupt(&mut self, n: u8) {
        let Some(tracker) = self.pick_tracker(n, |t| !t.is_clone) else { return };
        self.fleet.source_mut(tracker.source).removed = true;
        self.fleet.trackers.iter_mut().filter(|t| t.source == tracker.source).for_each(|t| t.removed = true);
        self.each(|client| client.corrupt(tracker.source, |_| true));
        self.stage.corrupt(tracker.id).await;
    }

    async fn register(&mut self, owner: usize) {
        if !self.fleet.active[owner] {
            return;
        }
        let id = self.fleet.add(owner, None, false);
        self.gained(id);
        let new = ::fleet::NewTracker {
            label: "Van".into(),
            group: 0,
            model: "navixy_ngp".into(),
            plugin: 44,
            device_id: Some(format!("device-{id}")),
        };
        let made = self.stage.fleet.register_tracker(&self.keys[owner], new, self.stage.now()).await;
        assert_eq!(made.expect("registered").id, TrackerId(id));
    }

    /// The other master, if it has no tracker on this source.
    fn taker(&self, tracker: &Tracker) -> Option<(usize, UserId)> {
        let other = if tracker.owner == ANN { BOB } else { ANN };
        let has = |t: &Tracker| t.source == tracker.source && t.owner == other && !t.removed;
        (!self.fleet.trackers.iter().any(has)).then(|| (other, self.keys[other].user))
    }

    async fn clone_tracker(&mut self, n: u8) {
        let Some(original) = self.pick_tracker(n, |t| !t.is_clone) else { return };
        let Some((taker, user)) = self.taker(&original) else { return };
        let id = self.fleet.add(taker, Some(original.source), true);
        self.gained(id);
        let (panel, label) = (&self.stage.panel, "Theirs".to_owned());
        let made = self.stage.fleet.clone_tracker(panel, TrackerId(original.id), user, label, self.stage.now()).await;
        assert_eq!(made, Ok(TrackerId(id)));
    }

    async fn unclone(&mut self, n: u8) {
        let Some(clone) = self.pick_tracker(n, |t| t.is_clone) else { return };
        self.fleet.tracker_mut(clone.id).removed = true;
        self.lost(&clone);
        self.stage.fleet.delete_clone(&self.stage.panel, TrackerId(clone.id)).await.expect("removed");
    }

    async fn move_tracker(&mut self, n: u8) {
        let Some(old) = self.pick_tracker(n, |t| !t.is_clone) else { return };
        let Some((taker, user)) = self.taker(&old) else { return };
        self.fleet.tracker_mut(old.id).removed = true;
        self.lost(&old);
        let id = self.fleet.add(taker, Some(old.source), false);
        self.fleet.tracker_mut(id).hidden = old.hidden;
        if !old.hidden {
            self.gained(id);
        }
        let moved = self.stage.fleet.move_tracker(&self.stage.panel, TrackerId(old.id), user, self.stage.now()).await;
        assert_eq!(moved, Ok(TrackerId(id)));
    }

    async fn bind(&mut self, n: u8, bound: bool) {
        // What masters do, they do logged in.
        if !self.fleet.active[ANN] {
            return;
        }
        let Some(tracker) = self.pick_tracker(n, |t| t.owner == ANN && (!t.hidden || !bound)) else { return };
        self.fleet.tracker_mut(tracker.id).bound = bound;
        if bound && !tracker.bound {
            self.each(|client| client.added(SUB, tracker.id));
        } else if !bound && tracker.bound {
            self.each(|client| client.revoked(SUB, tracker.id));
        }
        let (master, sub, ids) = (&self.keys[ANN], self.keys[SUB].user, vec![TrackerId(tracker.id)]);
        let done = match bound {
            true => self.stage.fleet.bind_trackers(master, sub, ids).await,
            false => self.stage.fleet.unbind_trackers(master, sub, ids).await,
        };
        done.expect("changed");
    }

    async fn lock(&mut self, user: usize, locked: bool) {
        if user == SUB && !self.fleet.active[ANN] {
            return;
        }
        let was_active = self.fleet.active[user];
        self.fleet.active[user] = !locked;
        if locked && was_active {
            self.end(|session| session.user == user || (user == ANN && session.user == SUB));
        }
        let (fleet, now, id) = (&self.stage.fleet, self.stage.now(), self.keys[user].user);
        if user == SUB {
            fleet.update_subuser(&self.keys[ANN], id, move |u| u.activated = !locked, now).await.expect("changed");
        } else {
            fleet.update_user(&self.stage.panel, id, move |u| u.activated = !locked, now).await.expect("changed");
        }
    }

    async fn set_zone(&mut self, user: usize, zone: usize) {
        self.fleet.zones[user] = zone;
        let zone = Zone::parse(ZONES[zone]).expect("a zone");
        let done = self.stage.fleet.update_preferences(&self.keys[user], move |preferences| preferences.zone = zone);
        done.await.expect("changed");
    }

    async fn logout(&mut self, n: u8) {
        let live: Vec<_> = (0..self.fleet.sessions.len()).filter(|s| self.fleet.sessions[*s].is_live).collect();
        let Some(session) = live.get(pick(n, live.len())).copied() else { return };
        self.fleet.sessions[session].is_live = false;
        self.each(|client| client.ended(session));
        self.stage.logout(&self.hashes[session]).await;
    }
}
