//! A device port with a fleet and a real journal behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::{Engine, EngineMetrics, EngineOptions};
use fleet::{Fleet, FleetOptions, HashCost, NewTracker, NewUser, Session, UserProfile};
use gateway::{AUTO, DeviceOptions, DevicePort, GatewayMetrics, Listener};
use intake::{Intake, IntakeMetrics, IntakeOptions};
use live::{OutboxLimits, Timing};
use model::{Seq, Timestamp, TrackerId};
use prometheus_client::registry::Registry;
use storage::journal::{JournalOptions, LsmJournal};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::gate::Gate;

/// Waits until something is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("in good time");
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const DEVICE: &str = "350000000000014";

pub(crate) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_ms(since.as_millis() as i64).expect("in range")
}

/// A port with one registered device.
pub(crate) struct Port {
    pub(crate) address: SocketAddr,
    pub(crate) engine: Arc<Engine>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) shutdown: watch::Sender<bool>,
    pub(crate) listener: JoinHandle<()>,
    pub(crate) session: Session,
    pub(crate) tracker: TrackerId,
    pub(crate) gate: Arc<Gate>,
    metrics: Registry,
    _dir: TempDir,
}

async fn fleet(dir: &TempDir) -> (Arc<Fleet>, Session, TrackerId) {
    let cheap = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
    let options = FleetOptions { hash_cost: cheap, hash_workers: 1, ..FleetOptions::default() };
    let fleet = Fleet::open(dir.path(), options, clock()).await.expect("a fleet");
    fleet.ensure_admin(Some("correct horse"), clock()).await.expect("an administrator");
    let hash = fleet.panel_login("admin", "correct horse", clock()).await.expect("logged in");
    let panel = fleet.authorize_panel(hash.as_str(), clock()).expect("live");
    let user = NewUser {
        login: "ann@example.com".into(),
        password: "Blue-Kite*42x".into(),
        activated: true,
        verified: None,
        profile: UserProfile { first_name: "Ann".into(), last_name: "Lee".into(), ..UserProfile::default() },
        time_zone: None,
        locale: "en_US".into(),
        comment: String::new(),
    };
    let user = fleet.create_user(&panel, user, clock()).await.expect("a user");
    let hash = fleet.create_user_session(&panel, user, clock()).await.expect("a session");
    let session = fleet.authorize(hash.as_str(), clock()).expect("live");
    let tracker = NewTracker {
        label: "Van".into(),
        group: 0,
        model: "navixy_ngp".into(),
        plugin: 44,
        device_id: Some(DEVICE.into()),
    };
    let tracker = fleet.register_tracker(&session, tracker, clock()).await.expect("registered").id;
    (fleet, session, tracker)
}

pub(crate) fn options() -> DeviceOptions {
    DeviceOptions { order_hold_ms: 15_000, ..DeviceOptions::new(clock) }
}

impl Port {
    pub(crate) async fn open(family: &str) -> Self {
        Self::with(family, options()).await
    }

    pub(crate) async fn with(family: &str, options: DeviceOptions) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let gate = LsmJournal::open(&dir.path().join("journal"), &JournalOptions::default()).expect("a journal");
        let gate = Arc::new(Gate::open(gate));
        let engine_options = EngineOptions {
            timing: Timing::default(),
            outbox: OutboxLimits::default(),
            queue_bytes_max: 1 << 20,
            // Long enough that a client can be done before its report is durable.
            commit_gather_us: 100_000,
            reads: engine::ReadLimits::default(),
            monitor: live::MonitorLimits::default(),
            monitor_reports_max: 1_000,
            kept: ::engine::KeptLimits::default(),
            orders: engine::OrderLimits::default(),
            snapshot_s: 3600,
            retention_days: 0,
            disk_reserve_bytes: 0,
            blocked_reports: ::engine::BlockedReports::Keep,
            clock,
            on_failure: |error| panic!("{error}"),
        };
        let (fleet, session, tracker) = fleet(&dir).await;
        let metrics = EngineMetrics::default();
        let intake = Intake::open(dir.path(), fleet.clone(), IntakeOptions::default(), IntakeMetrics::default());
        let intake = intake.await.expect("an intake");
        let engine = Engine::start(gate.clone(), fleet, dir.path(), engine_options, None, metrics);
        let engine = engine.expect("an engine");
        let (family, is_proxied) = family.strip_suffix(",proxy").map_or((family, false), |family| (family, true));
        let family = (family != AUTO).then(|| protocols::family(family).expect("a family"));
        let port = DevicePort { family, address: SocketAddr::from(([127, 0, 0, 1], 0)), is_proxied };
        let metrics = GatewayMetrics::default();
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let listener = Listener::bind(&port, engine.clone(), intake.clone(), options, &metrics).await.expect("bound");
        let (shutdown, down) = watch::channel(false);
        let address = listener.local_addr().expect("bound");
        Self {
            address,
            engine,
            intake,
            shutdown,
            listener: tokio::spawn(listener.run(down)),
            session,
            tracker,
            gate,
            metrics: registry,
            _dir: dir,
        }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }

    /// What is counted under this name for a protocol.
    pub(crate) fn counted(&self, name: &str, protocol: &str) -> u64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.metrics).expect("text");
        let start = format!("{name}{{protocol=\"{protocol}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.map_or(0, |value| value.parse().expect("a number"))
    }

    pub(crate) fn stored(&self) -> usize {
        self.engine.journal().by_seq(Seq(0)).count()
    }
}
