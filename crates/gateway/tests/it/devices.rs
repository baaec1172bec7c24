//! Device ports over real sockets, with a real journal behind them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::{Engine, EngineMetrics, EngineOptions};
use fleet::{Fleet, FleetOptions, HashCost, NewDevice, NewTracker, NewUser, Session, UserProfile};
use gateway::{DeviceOptions, GatewayMetrics, Listener};
use live::{OutboxLimits, Timing};
use model::{Seq, Timestamp, TrackerId};
use protocols::Limits;
use storage::journal::{JournalOptions, LsmJournal};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(20);
const DEVICE: &str = "device-1";

fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_ms(since.as_millis() as i64).expect("in range")
}

/// An OsmAnd port with one registered device.
struct Port {
    address: SocketAddr,
    engine: Arc<Engine>,
    shutdown: watch::Sender<bool>,
    listener: JoinHandle<()>,
    session: Session,
    tracker: TrackerId,
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

impl Port {
    async fn open() -> Self {
        Self::with(DeviceOptions {
            limits: Limits::default(),
            connections_per_address_max: 0,
            unauthenticated_s: 60,
            silence_s: 0,
            clock,
        })
        .await
    }

    async fn with(options: DeviceOptions) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let journal = LsmJournal::open(&dir.path().join("journal"), &JournalOptions::default()).expect("a journal");
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
            snapshot_s: 3600,
            retention_days: 0,
            disk_reserve_bytes: 0,
            blocked_reports: ::engine::BlockedReports::Keep,
            clock,
            on_failure: |error| panic!("{error}"),
        };
        let (fleet, session, tracker) = fleet(&dir).await;
        let metrics = EngineMetrics::default();
        let engine = Engine::start(Arc::new(journal), fleet, dir.path(), engine_options, None, metrics);
        let engine = engine.expect("an engine");
        let family = protocols::family("osmand").expect("a family");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let metrics = GatewayMetrics::default();
        let listener = Listener::bind(family, any, engine.clone(), options, &metrics).await.expect("bound");
        let (shutdown, down) = watch::channel(false);
        let address = listener.local_addr().expect("bound");
        Self { address, engine, shutdown, listener: tokio::spawn(listener.run(down)), session, tracker, _dir: dir }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }

    fn stored(&self) -> usize {
        self.engine.journal().by_seq(Seq(0)).count()
    }
}

fn request(device: &str, second: i64) -> String {
    let time = clock().s() - 100 + second;
    format!("GET /?id={device}&lat=52&lon=13&timestamp={time} HTTP/1.1\r\nHost: here\r\n\r\n")
}

/// Reads until the other side is done; the statuses of the answers.
async fn statuses(stream: &mut TcpStream) -> Vec<String> {
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("in good time").expect("read");
    let text = String::from_utf8(bytes).expect("text");
    let lines = text.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    lines.map(|line| line[..3].to_owned()).collect()
}

#[tokio::test]
async fn a_device_that_is_done_sending_gets_its_acknowledgements_all_the_same() {
    let port = Port::open().await;
    let mut device = port.connect().await;
    let requests: String = (0..5).map(|second| request(DEVICE, second)).collect();
    device.write_all(requests.as_bytes()).await.expect("written");
    device.shutdown().await.expect("done sending");
    assert_eq!(statuses(&mut device).await, ["200"; 5]);
    assert_eq!(port.stored(), 5);
}

#[tokio::test]
async fn answers_come_in_the_order_of_requests() {
    let port = Port::open().await;
    let mut device = port.connect().await;
    // A refusal is known at once, an acknowledgement only after the commit.
    let requests = [request(DEVICE, 0), request("nobody", 1), request(DEVICE, 2)].concat();
    device.write_all(requests.as_bytes()).await.expect("written");
    device.shutdown().await.expect("done sending");
    let statuses = statuses(&mut device).await;
    assert_eq!((statuses.len(), &*statuses[0], &*statuses[2]), (3, "200", "200"));
    assert_ne!(statuses[1], "200");
    assert_eq!(port.stored(), 2);
}

#[tokio::test]
async fn who_does_not_say_who_he_is_or_falls_silent_is_closed() {
    let options = |unauthenticated_s, silence_s| DeviceOptions {
        limits: Limits::default(),
        connections_per_address_max: 0,
        unauthenticated_s,
        silence_s,
        clock,
    };
    let port = Port::with(options(1, 0)).await;
    let mut stranger = port.connect().await;
    assert_eq!(statuses(&mut stranger).await, [""; 0]);

    let port = Port::with(options(60, 1)).await;
    let mut device = port.connect().await;
    device.write_all(request(DEVICE, 0).as_bytes()).await.expect("written");
    assert_eq!(statuses(&mut device).await, ["200"], "and not before it was silent");
}

#[tokio::test]
async fn a_stop_acknowledges_what_was_taken_in_and_then_ends() {
    let port = Port::open().await;
    let mut device = port.connect().await;
    device.write_all(request(DEVICE, 0).as_bytes()).await.expect("written");
    while port.engine.metrics().reports.get() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    port.shutdown.send(true).expect("the listener listens");
    assert_eq!(statuses(&mut device).await, ["200"]);
    tokio::time::timeout(PATIENCE, port.listener).await.expect("in good time").expect("no panic");
}

#[tokio::test]
async fn a_replaced_device_is_let_go_and_the_new_one_is_known_at_once() {
    let port = Port::open().await;
    let mut old = port.connect().await;
    old.write_all(request(DEVICE, 0).as_bytes()).await.expect("written");
    while port.stored() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    port.engine.write_connected().await;
    let fleet = port.engine.fleet();
    let new = NewDevice { model: "osmand".into(), plugin: 44, device_id: Some("device-2".into()) };
    fleet.replace_device(&port.session, port.tracker, new).await.expect("replaced");
    assert_eq!(statuses(&mut old).await, ["200"], "its report is acknowledged, and the connection ends");

    let mut both = port.connect().await;
    let requests = [request(DEVICE, 1), request("device-2", 2)].concat();
    both.write_all(requests.as_bytes()).await.expect("written");
    both.shutdown().await.expect("done sending");
    let statuses = statuses(&mut both).await;
    assert_ne!(statuses[0], "200");
    assert_eq!(statuses[1], "200");
}
