//! A server without sockets: fleet, journal and engine, which can be stopped, killed and started again.

use std::cell::Cell;
use std::future::Future;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use engine::{
    BlockedReports, Connection, Engine, EngineMetrics, EngineOptions, KeptLimits, ReadLimits, Receipt, Refused, Source,
    Watch,
};
use fleet::{
    Fleet, FleetOptions, HashCost, NewDevice, NewTracker, NewUser, PanelSession, Session, SessionHash, UserProfile,
};
use live::{Due, LaneKind, MonitorLimits, OutboxLimits, Timing};
use model::{
    EventId, Happened, HappenedKind, Position, Push, Report, SourceId, SourceState, SourceValues, Timestamp, TrackerId,
    attr,
};
use storage::journal::{Journal, JournalOptions, LsmJournal, StoredReport};
use tempfile::TempDir;

use crate::gate::Gate;

const PASSWORD: &str = "Blue-Kite*42x";

thread_local! {
    /// Each test runs its tasks on one thread, with a time of its own.
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::from_ms_clamped(1_770_000_000_000)) };
}

/// Calls of `on_failure`, by all tests of this process together.
pub(crate) static FAILURES: AtomicUsize = AtomicUsize::new(0);

/// `s` seconds after the tests' beginning of time.
pub(crate) fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_770_000_000 + s).expect("in range")
}

pub(crate) fn now() -> Timestamp {
    NOW.get()
}

pub(crate) fn set_now(s: i64) {
    NOW.set(at(s));
}

pub(crate) fn options() -> EngineOptions {
    EngineOptions {
        timing: Timing::default(),
        outbox: OutboxLimits::default(),
        queue_bytes_max: 1 << 20,
        commit_gather_us: 0,
        reads: ReadLimits::default(),
        monitor: MonitorLimits::default(),
        monitor_reports_max: 1_000,
        kept: KeptLimits::default(),
        orders: engine::OrderLimits::default(),
        snapshot_s: 3600,
        retention_days: 0,
        disk_reserve_bytes: 0,
        blocked_reports: BlockedReports::Keep,
        clock: now,
        on_failure: |_| {
            FAILURES.fetch_add(1, Ordering::SeqCst);
        },
    }
}

/// A plain report at a second, told from others by its place.
pub(crate) fn report(s: i64) -> Report {
    Report { time: Some(at(s)), position: Position::new(52.0, (s % 1000) as f64 / 100.0), ..Report::default() }
}

/// A report that says which inputs are on.
pub(crate) fn inputs(s: i64, mask: i64) -> Report {
    Report { attributes: [(attr::INPUT_STATUS, mask)].into_iter().collect(), ..report(s) }
}

/// A report that no watcher may be spared.
pub(crate) fn alarm(s: i64) -> Report {
    Report { events: vec![EventId(4)], ..report(s) }
}

pub(crate) struct Stage {
    /// Empty only between two lives.
    life: Option<Life>,
    pub(crate) panel: PanelSession,
    pub(crate) session: Session,
    pub(crate) options: EngineOptions,
    dir: TempDir,
}

/// What a restart makes anew.
pub(crate) struct Life {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) gate: Arc<Gate>,
}

impl Deref for Stage {
    type Target = Life;

    fn deref(&self) -> &Life {
        self.life.as_ref().expect("alive")
    }
}

impl Life {
    async fn begin(dir: &TempDir, options: &EngineOptions) -> Self {
        let cheap = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
        let fleet_options = FleetOptions { hash_cost: cheap, hash_workers: 1, ..FleetOptions::default() };
        let fleet = Fleet::open(dir.path(), fleet_options, now()).await.expect("a fleet");
        let journal = LsmJournal::open(&dir.path().join("journal"), &JournalOptions::default()).expect("a journal");
        let gate = Arc::new(Gate::open(journal));
        let metrics = EngineMetrics::default();
        let engine = Engine::start(gate.clone(), fleet.clone(), dir.path(), options.clone(), None, metrics);
        Self { engine: engine.expect("an engine"), fleet, gate }
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: EngineOptions) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let life = Life::begin(&dir, &options).await;
        let fleet = &life.fleet;
        fleet.ensure_admin(Some("correct horse"), now()).await.expect("an administrator");
        let hash = fleet.panel_login("admin", "correct horse", now()).await.expect("logged in");
        let panel = fleet.authorize_panel(hash.as_str(), now()).expect("live");
        let session = user(fleet, &panel, "ann@example.com").await;
        Self { life: Some(life), panel, session, options, dir }
    }

    /// Another user, with a session.
    pub(crate) async fn user(&self, login: &str) -> Session {
        user(&self.fleet, &self.panel, login).await
    }

    /// Stops, and starts again on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.engine.stop().await;
        self.life = None;
        self.life = Some(Life::begin(&self.dir, &self.options).await);
    }

    /// As if killed: from here on nothing reaches the journal. Then starts again.
    pub(crate) async fn kill(&mut self) {
        self.gate.break_down();
        self.restart().await;
    }

    pub(crate) async fn session_of_user(&self) -> (SessionHash, Session) {
        let hash = self.fleet.create_user_session(&self.panel, self.session.user, now()).await.expect("a session");
        let session = self.fleet.authorize(hash.as_str(), now()).expect("live");
        (hash, session)
    }

    pub(crate) async fn register(&self, device: &str) -> (TrackerId, Source) {
        let new = NewTracker {
            label: format!("Van {device}"),
            group: 0,
            model: "navixy_ngp".into(),
            plugin: 44,
            device_id: Some(format!("device-{device}")),
        };
        let tracker = self.fleet.register_tracker(&self.session, new, now()).await.expect("registered");
        (tracker.id, self.source(tracker.source.source))
    }

    pub(crate) fn source(&self, id: SourceId) -> Source {
        self.engine.source(id).expect("a source")
    }

    pub(crate) fn state(&self, id: SourceId) -> SourceState {
        self.source(id).snapshot().state.clone()
    }

    pub(crate) fn values(&self, id: SourceId) -> SourceValues {
        self.source(id).read(|view| view.values.clone())
    }

    pub(crate) async fn ingest(&self, source: &Source, reports: Vec<Report>) -> Receipt {
        self.engine.ingest(source, now(), reports).await.expect("taken in")
    }

    /// Takes reports in and waits until they are durable.
    pub(crate) async fn store(&self, source: &Source, reports: Vec<Report>) {
        self.ingest(source, reports).await.await.expect("stored");
    }

    pub(crate) fn stored(&self) -> Vec<StoredReport> {
        self.gate.by_seq(model::Seq(0)).map(|report| report.expect("readable")).collect()
    }

    /// A connection that watches a source through a tracker, as a session.
    pub(crate) fn watch(&self, session: &Session, tracker: TrackerId, source: &Source) -> (Arc<Connection>, Watch) {
        let connection = self.engine.connect();
        self.engine.attach(session.id, session.user, &connection);
        let lane = connection.open_lane(session.id, LaneKind::Stream).expect("a lane");
        let (watch, _) = connection.watch(lane, tracker, source);
        (connection, watch)
    }

    /// A new connection that follows a source through a tracker, as a session.
    pub(crate) fn follow(
        &self,
        session: &Session,
        tracker: TrackerId,
        source: &Source,
        since: Option<u64>,
    ) -> Follower {
        let connection = self.engine.connect();
        self.engine.attach(session.id, session.user, &connection);
        let lane = connection.open_lane(session.id, LaneKind::Feed).expect("a lane");
        let (watch, blocked, missed) = self.engine.follow(&connection, lane, tracker, source, since);
        let missed = missed.iter().map(|missed| pushed(&missed.push)).collect();
        Follower { connection, watch, blocked, missed }
    }

    pub(crate) async fn replace(&self, tracker: TrackerId, device: &str) {
        let new = NewDevice { model: "navixy_ngp".into(), plugin: 44, device_id: Some(device.into()) };
        // Only a device that was heard of can be replaced.
        self.engine.write_connected().await;
        self.fleet.replace_device(&self.session, tracker, new).await.expect("replaced");
    }
}

/// Who follows a source, and what it was told that it had missed.
pub(crate) struct Follower {
    pub(crate) connection: Arc<Connection>,
    pub(crate) watch: Watch,
    pub(crate) blocked: bool,
    pub(crate) missed: Vec<String>,
}

async fn user(fleet: &Fleet, panel: &PanelSession, login: &str) -> Session {
    let new = NewUser {
        login: login.into(),
        password: PASSWORD.into(),
        activated: true,
        verified: None,
        profile: UserProfile { first_name: "Ann".into(), last_name: "Lee".into(), ..UserProfile::default() },
        time_zone: None,
        locale: "en_US".into(),
        comment: String::new(),
    };
    let user = fleet.create_user(panel, new, now()).await.expect("a user");
    let hash = fleet.create_user_session(panel, user, now()).await.expect("a session");
    fleet.authorize(hash.as_str(), now()).expect("live")
}

/// Everything that is due on a connection.
pub(crate) fn drain(connection: &Connection) -> Vec<Due> {
    let mut outbox = connection.outbox();
    std::iter::from_fn(|| outbox.take_next().expect("no overrun")).collect()
}

/// Everything that is due, as text: `s12` for a state with a report of second 12, else what happened.
pub(crate) fn said(connection: &Connection) -> Vec<String> {
    let say = |due: Due| match due {
        Due::State { snapshot, .. } => format!("s{}", snapshot.state.newest.map_or(-1, |t| t.since_ms(at(0)) / 1000)),
        Due::Records { total, last, .. } => format!("{total}r{}", last.at.since_ms(at(0)) / 1000),
        Due::Push { push, .. } => pushed(&push),
        Due::Lifecycle { what, .. } => format!("{what:?}").to_lowercase(),
        Due::Logout(_) => "logout".to_owned(),
        Due::Added(tracker) => format!("added {tracker}"),
        Due::Lost(_) => "lost".to_owned(),
        Due::Review => "review".to_owned(),
    };
    drain(connection).into_iter().map(say).collect()
}

/// A push as text; `@12` for a report of second 12.
pub(crate) fn pushed(push: &Push) -> String {
    let level = |on| if on { "on" } else { "off" };
    let is_up = |up| if up { "up" } else { "down" };
    match push {
        Push::Happened(Happened { kind, record, .. }) => {
            let what = match *kind {
                HappenedKind::Input { number, on } => format!("input {number} {}", level(on)),
                HappenedKind::Output { number, on } => format!("output {number} {}", level(on)),
                HappenedKind::OnBattery => "on battery".to_owned(),
                HappenedKind::Powered => "powered".to_owned(),
                HappenedKind::Moving => "moving".to_owned(),
                HappenedKind::MovingWithoutDriver => "moving without driver".to_owned(),
            };
            format!("{what} @{}", record.at.since_ms(at(0)) / 1000)
        }
        Push::Device { up } => format!("device {}", is_up(*up)),
        Push::Driver { up } => format!("driver {}", is_up(*up)),
        Push::Moved { message, status, .. } => format!("message {message} {status:?}"),
        other => format!("{other:?}"),
    }
}

/// Whether a receipt has come by now.
pub(crate) fn is_ready(receipt: &mut Receipt) -> bool {
    matches!(pin!(receipt).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())))
}

/// What becomes of a receipt, in good time.
pub(crate) async fn finish(receipt: Receipt) -> Result<(), Refused> {
    tokio::time::timeout(Duration::from_secs(20), receipt).await.expect("an answer in good time")
}

/// Waits for something that another thread or task brings about.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
