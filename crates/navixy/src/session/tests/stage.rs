//! A server without sockets, and clients that talk to it.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use ::engine::{Engine, EngineMetrics, EngineOptions};
use ::fleet::{
    Fleet, FleetOptions, HashCost, NewTracker, NewUser, PanelSession, Session, SourceInfo, TrackerEdit, UserProfile,
};
use http::HeaderMap;
use live::{OutboxLimits, Timing};
use model::{AttributeId, CounterKind, EventId, Position, Report, Sensor, SourceId, Timestamp, TrackerId, UserId};
use serde_json::Value;
use storage::journal::{JournalOptions, LsmJournal};
use tempfile::TempDir;
use web::{Frames, Gathered, Message, Opening, SocketSession};

use crate::session::opening::Atmosphere;
use crate::session::socketless::Socketless;
use crate::session::{Fallback, FallbackMetrics, NavixySession, NavixySockets, SocketOptions};

/// 2026-03-02 09:15:41 UTC.
const START_MS: i64 = 1_772_442_941_000;

pub(super) const FIRST: u32 = 100_001;

thread_local! {
    /// What those see who read a clock themselves.
    static CLOCK: Cell<Timestamp> = Cell::new(start());
}

fn start() -> Timestamp {
    Timestamp::from_ms_clamped(START_MS)
}

pub(super) struct Stage {
    pub(super) fleet: Arc<Fleet>,
    pub(super) engine: Arc<Engine>,
    pub(super) panel: PanelSession,
    pub(super) user: UserId,
    sockets: NavixySockets,
    now: Cell<Timestamp>,
    reports: Cell<i64>,
    _dir: TempDir,
}

impl Stage {
    /// With so many trackers, [`FIRST`] and those after it.
    pub(super) async fn new(trackers: u32) -> Self {
        Self::with(trackers, SocketOptions::default()).await
    }

    pub(super) async fn with(trackers: u32, options: SocketOptions) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let cheap = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
        let fleet_options = FleetOptions { hash_cost: cheap, hash_workers: 1, ..FleetOptions::default() };
        let fleet = Fleet::open(dir.path(), fleet_options, start()).await.expect("a fleet");
        fleet.ensure_admin(Some("correct horse"), start()).await.expect("an administrator");
        let hash = fleet.panel_login("admin", "correct horse", start()).await.expect("logged in");
        let panel = fleet.authorize_panel(hash.as_str(), start()).expect("live");
        let journal = LsmJournal::open(&dir.path().join("journal"), &JournalOptions::default()).expect("a journal");
        let engine_options = EngineOptions {
            timing: Timing::default(),
            outbox: OutboxLimits::default(),
            queue_bytes_max: 1 << 20,
            commit_gather_us: 0,
            reads: ::engine::ReadLimits::default(),
            monitor: live::MonitorLimits::default(),
            monitor_reports_max: 1_000,
            kept: ::engine::KeptLimits::default(),
            orders: engine::OrderLimits::default(),
            snapshot_s: 3600,
            retention_days: 0,
            disk_reserve_bytes: 0,
            blocked_reports: ::engine::BlockedReports::Keep,
            clock: start,
            on_failure: |error| panic!("{error}"),
        };
        let metrics = EngineMetrics::default();
        let engine = Engine::start(Arc::new(journal), fleet.clone(), dir.path(), engine_options, None, metrics);
        let engine = engine.expect("an engine");
        let sockets = NavixySockets::new(engine.clone(), options);
        let user = add_user(&fleet, &panel, "ann@example.com").await;
        CLOCK.set(start());
        let stage =
            Self { fleet, engine, panel, user, sockets, now: Cell::new(start()), reports: Cell::new(0), _dir: dir };
        for _ in 0..trackers {
            stage.register().await;
        }
        stage
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now.get()
    }

    pub(super) fn wait_ms(&self, ms: i64) {
        self.now.set(self.now().plus_ms(ms));
        CLOCK.set(self.now());
    }

    pub(super) async fn user(&self, login: &str) -> UserId {
        add_user(&self.fleet, &self.panel, login).await
    }

    pub(super) async fn hash_of(&self, user: UserId) -> String {
        let hash = self.fleet.create_user_session(&self.panel, user, start()).await.expect("a session");
        hash.as_str().to_owned()
    }

    pub(super) async fn hash(&self) -> String {
        self.hash_of(self.user).await
    }

    pub(super) fn session(&self, hash: &str) -> Session {
        self.fleet.authorize(hash, self.now()).expect("live")
    }

    pub(super) async fn logout(&self, hash: &str) {
        self.fleet.logout(self.session(hash).id, self.now()).await.expect("ended");
    }

    /// Another tracker of the first user.
    pub(super) async fn register(&self) -> TrackerId {
        let session = self.session(&self.hash().await);
        let number = self.fleet.trackers(&session).len();
        let new = NewTracker {
            label: format!("Van {number}"),
            group: 0,
            model: "navixy_ngp".into(),
            plugin: 44,
            device_id: Some(format!("device-{number}-{}", self.fleet.sources().len())),
        };
        self.fleet.register_tracker(&session, new, start()).await.expect("registered").id
    }

    /// Tracker and source have the same number.
    fn source(&self, tracker: u32) -> ::engine::Source {
        self.engine.source(SourceId(1_000_000_001 + tracker - FIRST)).expect("a source")
    }

    /// A report of a tracker, told from others by its speed, stored.
    pub(super) async fn report(&self, tracker: u32, speed: u16) {
        self.store(tracker, speed, false).await;
    }

    pub(super) async fn alarm(&self, tracker: u32, speed: u16) {
        self.store(tracker, speed, true).await;
    }

    async fn store(&self, tracker: u32, speed: u16, notable: bool) {
        // A time of its own, so that no report is a repeat.
        self.reports.set(self.reports.get() + 1);
        let report = moving(self.now().ms() + self.reports.get(), speed, notable);
        self.ingest(tracker, report).await;
    }

    /// A report of a tracker that says only this, stored.
    pub(super) async fn values(&self, tracker: u32, values: &[(AttributeId, model::Value)]) {
        self.reports.set(self.reports.get() + 1);
        let time = Some(self.now().plus_ms(self.reports.get()));
        let attributes = values.iter().cloned().collect();
        self.ingest(tracker, Report { time, attributes, ..Report::default() }).await;
    }

    async fn ingest(&self, tracker: u32, report: Report) {
        let receipt = self.engine.ingest(&self.source(tracker), self.now(), vec![report]).await.expect("taken in");
        receipt.await.expect("stored");
    }

    pub(super) fn set_sensors(&self, tracker: u32, sensors: Vec<Sensor>) {
        let info = self.fleet.source(self.source(tracker).id()).expect("a source");
        self.engine.apply_info(&SourceInfo { sensors: sensors.into(), ..info }, self.now());
    }

    pub(super) async fn set_odometer(&self, tracker: u32, value: f64) {
        let source = self.source(tracker);
        self.engine.set_counter(&source, CounterKind::Odometer, value, self.now()).await.expect("set");
    }

    pub(super) async fn block(&self, tracker: u32, blocked: bool) {
        let done = self.fleet.set_source_blocked(&self.panel, TrackerId(tracker), blocked).await;
        done.expect("changed");
    }

    pub(super) async fn hide(&self, tracker: u32, hidden: bool) {
        let edit = TrackerEdit { hidden: Some(hidden), ..TrackerEdit::default() };
        self.fleet.update_tracker(&self.panel, TrackerId(tracker), edit).await.expect("changed");
    }

    pub(super) async fn corrupt(&self, tracker: u32) {
        self.fleet.panel_corrupt_tracker(&self.panel, TrackerId(tracker), true).await.expect("removed");
    }

    /// Where clients without a WebSocket ask.
    pub(super) fn fallback(&self) -> Fallback {
        self.sockets.fallback(|| CLOCK.get(), FallbackMetrics::default())
    }

    /// A connection without parameters.
    pub(super) fn client(&self) -> Client<'_> {
        self.client_with("")
    }

    /// What a client asks for with this query.
    pub(super) fn asked(&self, query: &str) -> Atmosphere {
        let headers = HeaderMap::new();
        let peer = IpAddr::from([127, 0, 0, 1]);
        Atmosphere::of(&Opening { path: "/event/subscription", query, headers: &headers, peer })
    }

    /// A client without a WebSocket.
    pub(super) fn socketless(&self, asked: Atmosphere) -> Socketless {
        Socketless::new(self.sockets.0.clone(), asked, self.now())
    }

    pub(super) fn client_with(&self, query: &str) -> Client<'_> {
        let session = NavixySession::new(self.sockets.0.clone(), self.asked(query), self.now());
        Client { session, stage: self }
    }
}

async fn add_user(fleet: &Fleet, panel: &PanelSession, login: &str) -> UserId {
    let new = NewUser {
        login: login.into(),
        password: "Blue-Kite*42x".into(),
        activated: true,
        verified: None,
        profile: UserProfile { first_name: "Ann".into(), last_name: "Lee".into(), ..UserProfile::default() },
        time_zone: Some("Europe/Berlin".into()),
        locale: "en_US".into(),
        comment: String::new(),
    };
    fleet.create_user(panel, new, start()).await.expect("a user")
}

/// A report of an instant, told from others by its speed; a notable one is never skipped.
pub(super) fn moving(at_ms: i64, speed_kmh: u16, notable: bool) -> Report {
    let mut position = Position::new(52.5, 13.4).expect("on Earth");
    position.satellites = Some(9);
    position.set_speed_kmh(f64::from(speed_kmh));
    let events = if notable { vec![EventId(4)] } else { Vec::new() };
    Report { time: Timestamp::from_ms(at_ms), position: Some(position), events, ..Report::default() }
}

pub(super) struct Client<'a> {
    pub(super) session: NavixySession,
    pub(super) stage: &'a Stage,
}

/// The texts in these frames, which must be whole.
fn texts(mut frames: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let [0x81, length, rest @ ..] = frames {
        let (bytes, rest) = match length {
            126 => (u64::from(u16::from_be_bytes(rest[..2].try_into().expect("2 bytes"))), &rest[2..]),
            127 => (u64::from_be_bytes(rest[..8].try_into().expect("8 bytes")), &rest[8..]),
            short => (u64::from(*short), rest),
        };
        let (text, rest) = rest.split_at(bytes as usize);
        texts.push(std::str::from_utf8(text).expect("text").to_owned());
        frames = rest;
    }
    assert!(frames.is_empty(), "{frames:?}");
    texts
}

impl Client<'_> {
    pub(super) fn opened(&mut self) -> Vec<String> {
        self.write(|session, now, out| session.opened(now, out)).1
    }

    pub(super) fn write<R>(
        &mut self,
        write: impl FnOnce(&mut NavixySession, Timestamp, &mut Frames<'_>) -> R,
    ) -> (R, Vec<String>) {
        let mut buf = Vec::new();
        let result = write(&mut self.session, self.stage.now(), &mut Frames::new(&mut buf));
        (result, texts(&buf))
    }

    /// What is answered to a message at once.
    pub(super) fn answers(&mut self, message: Message<'_>) -> Vec<String> {
        self.write(|session, now, out| session.message(now, message, out)).1
    }

    /// Everything that is due, as text and told in short.
    pub(super) fn due_texts(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let (gathered, texts) = self.write(|session, now, out| session.gather(now, out, 1 << 20));
            all.extend(texts);
            match gathered {
                Gathered::Done => return all,
                Gathered::More => {}
                Gathered::Close(reason) => panic!("{reason:?}"),
            }
        }
    }

    pub(super) fn due(&mut self) -> Vec<String> {
        self.due_texts().iter().map(|text| in_short(text)).collect()
    }

    /// Says something, and takes the answer with everything that is due after it.
    pub(super) fn say(&mut self, text: &str) -> Vec<String> {
        let mut all: Vec<_> = self.answers(Message::Text(text)).iter().map(|text| in_short(text)).collect();
        all.extend(self.due());
        all
    }

    /// What is due next, however long the journal takes.
    pub(super) async fn due_in_time(&mut self) -> Vec<String> {
        let start = std::time::Instant::now();
        loop {
            let due = self.due();
            if !due.is_empty() {
                return due;
            }
            assert!(start.elapsed().as_secs() < 20, "nothing is due");
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// In the first form: `subscribe` or `unsubscribe` to states of these trackers.
    pub(super) fn legacy(&mut self, action: &str, hash: &str, trackers: &[u32]) -> Vec<String> {
        self.say(&format!(r#"{{"action":"{action}","hash":"{hash}","events":["state"],"trackers":{trackers:?}}}"#))
    }

    /// In the second form.
    pub(super) fn requests(&mut self, action: &str, hash: &str, requests: &str) -> Vec<String> {
        self.say(&format!(r#"{{"action":"{action}","hash":"{hash}","requests":[{requests}]}}"#))
    }
}

/// A request for states in the second form; without ids, of all trackers.
pub(super) fn of(event: &str, ids: Option<&[u32]>, more: &str) -> String {
    let target = match ids {
        None => r#"{"type":"all"}"#.to_owned(),
        Some(ids) => format!(r#"{{"type":"selected","tracker_ids":{ids:?}}}"#),
    };
    format!(r#"{{"type":"{event}","target":{target}{more}}}"#)
}

/// `1@50`: the first tracker's source, at 50 km/h.
fn state(state: &Value) -> String {
    let source = state["source_id"].as_u64().expect("a source") - 1_000_000_000;
    format!("{source}@{}", state["gps"]["speed"])
}

/// `1[inputs 771=5, states moving=true]`: the first tracker, and what its groups say.
pub(super) fn readings(item: &Value) -> String {
    let (tracker, groups) = item.as_object().and_then(|item| item.iter().next()).expect("a tracker");
    let tracker: u32 = tracker.parse().expect("an id");
    let groups = groups.as_object().expect("groups");
    let known = ["inputs", "states", "virtual_sensors", "counters"].into_iter();
    let said = known.filter_map(|group| Some((group, groups.get(group)?))).map(|(group, items)| {
        let said = items.as_array().expect("an array").iter().map(|item| {
            let name = ["sensor_id", "field", "type"].into_iter().find_map(|name| item.get(name)).expect("a name");
            format!(" {}={}", name.to_string().trim_matches('"'), item["value"].to_string().trim_matches('"'))
        });
        format!("{group}{}", said.collect::<String>())
    });
    let said: Vec<_> = said.collect();
    assert_eq!(said.len(), groups.len(), "{item}");
    format!("{}[{}]", tracker + 1 - FIRST, said.join(", "))
}

/// `1[50,40]`: the first tracker, and the speeds of its last messages.
fn messages(item: &Value) -> String {
    let tracker = item["tracker_id"].as_u64().expect("a tracker") - u64::from(FIRST) + 1;
    let speeds = item["nonnull_fields"]["speed"].as_array().cloned().unwrap_or_default();
    let speeds: Vec<_> = speeds.iter().map(|entry| entry["value"].to_string()).collect();
    format!("{tracker}[{}]", speeds.join(","))
}

/// A message, as far as most tests look at it.
pub(super) fn in_short(text: &str) -> String {
    let message: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let data = &message["data"];
    assert!(!data.is_null(), "every message has data: {text}");
    match (message["type"].as_str(), message["event"].as_str()) {
        (Some("response"), _) => format!("ok {data}"),
        (Some("error"), _) => format!("error {}", message["status"]["code"]),
        (_, Some("state")) => format!("state {}", state(data)),
        (_, Some("state_batch")) => {
            let states: Vec<_> = data.as_array().expect("an array").iter().map(state).collect();
            format!("batch {}", states.join(" "))
        }
        (_, Some("readings_batch")) => {
            let items: Vec<_> = data.as_array().expect("an array").iter().map(readings).collect();
            format!("readings {}", items.join(" "))
        }
        (_, Some("iot_monitor")) => {
            let items = data["iot_last_values"].as_array().expect("an array").iter().map(messages);
            format!("messages {}", items.collect::<Vec<_>>().join(" "))
        }
        (_, Some("lifecycle")) => {
            let source = data["source_id"].as_u64().expect("a source") - 1_000_000_000;
            format!("{} {source}", data["lifecycle_event"].as_str().expect("text"))
        }
        (_, Some("logout")) => format!("logout {data}"),
        _ => panic!("{text}"),
    }
}
