//! A server without sockets, devices that do as they are told, and clients that talk to it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use dispatch::{Dispatch, DispatchEvent, DispatchOptions};
use engine::{Engine, EngineMetrics, EngineOptions};
use fleet::{Fleet, FleetOptions, HashCost, NewTracker, NewUser, PanelSession, Session, UserProfile};
use http::{HeaderMap, Method};
use live::{OutboxLimits, Timing};
use model::{CommandReply, EventId, Order, Position, Push, Report, SourceId, Timestamp, TrackerId, UserId, attr};
use serde_json::{Value, json};
use storage::journal::{JournalOptions, LsmJournal};
use tempfile::TempDir;
use tokio::sync::oneshot;
use trackit::errors::NotSent;
use trackit::{Api, Devices, Ordered, Trackit, TrackitOptions};
use web::{CloseReason, Frames, Gathered, Handler, Message, Opening, Sign, SocketFactory, SocketSession};

/// 2022-04-02 10:00:00 UTC.
const START_MS: i64 = 1_648_893_600_000;
pub(crate) const PASSWORD: &str = "Blue-Kite*42x";
pub(crate) const SESSID: &str = "tjMzwqGgzNdDEyyswn3vZxFbWG";

pub(crate) fn start() -> Timestamp {
    Timestamp::from_ms_clamped(START_MS)
}

/// What a device that is told something does, and what it was told.
#[derive(Default)]
pub(crate) struct Puppets {
    pub(crate) orders: Mutex<Vec<(SourceId, Order)>>,
    /// What becomes of the next orders; without any the device is away.
    script: Mutex<VecDeque<Puppet>>,
}

/// One order's fate, told from outside.
struct Puppet {
    written: oneshot::Receiver<Result<(), NotSent>>,
    reply: oneshot::Receiver<CommandReply>,
}

/// The strings.
pub(crate) struct Strings {
    pub(crate) written: oneshot::Sender<Result<(), NotSent>>,
    pub(crate) reply: oneshot::Sender<CommandReply>,
}

impl Puppets {
    /// Another order will be taken, and its fate is told by these.
    pub(crate) fn expect(&self) -> Strings {
        let ((written, is_written), (reply, replied)) = (oneshot::channel(), oneshot::channel());
        self.script.lock().expect("whole").push_back(Puppet { written: is_written, reply: replied });
        Strings { written, reply }
    }

    pub(crate) fn told(&self) -> Vec<Order> {
        self.orders.lock().expect("whole").iter().map(|(_, order)| order.clone()).collect()
    }
}

impl Devices for Puppets {
    fn order(&self, source: SourceId, order: Order) -> Ordered {
        let Some(puppet) = self.script.lock().expect("whole").pop_front() else {
            return Box::pin(std::future::ready(Err(NotSent::Offline)));
        };
        self.orders.lock().expect("whole").push((source, order));
        Box::pin(async move {
            puppet.written.await.unwrap_or(Err(NotSent::Offline))?;
            let reply: trackit::Reply = Box::pin(async move { puppet.reply.await.ok() });
            Ok(reply)
        })
    }
}

pub(crate) struct Stage {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) devices: Arc<Puppets>,
    pub(crate) panel: PanelSession,
    /// The first user, with two trackers.
    pub(crate) ann: UserId,
    trackit: Trackit,
    api: Api,
    now: Cell<Timestamp>,
    _dir: TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(TrackitOptions::default()).await
    }

    pub(crate) async fn with(options: TrackitOptions) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let cheap = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
        let fleet_options = FleetOptions { hash_cost: cheap, hash_workers: 1, ..FleetOptions::default() };
        let fleet = Fleet::open(dir.path(), fleet_options, start()).await.expect("a fleet");
        fleet.ensure_admin(Some("correct horse"), start()).await.expect("an administrator");
        let hash = fleet.panel_login("admin", "correct horse", start()).await.expect("logged in");
        let panel = fleet.authorize_panel(hash.as_str(), start()).expect("live");
        let journal = LsmJournal::open(&dir.path().join("journal"), &JournalOptions::default()).expect("a journal");
        let metrics = EngineMetrics::default();
        let engine = Engine::start(Arc::new(journal), fleet.clone(), dir.path(), engine_options(), None, metrics);
        let engine = engine.expect("an engine");
        let dispatch = Dispatch::open(dir.path(), DispatchOptions::default(), start()).await.expect("messages");
        pass_on(&dispatch, &engine);
        let devices = Arc::new(Puppets::default());
        // Long ago, so that no session can be from before it.
        let started = start().plus_ms(-86_400_000);
        let trackit = Trackit::new(engine.clone(), dispatch.clone(), devices.clone(), options, started);
        let ann = add_user(&fleet, &panel, "ann@example.com").await;
        let api = Api::new(&trackit, start);
        let now = Cell::new(start());
        let stage = Self { fleet, engine, dispatch, devices, panel, ann, trackit, api, now, _dir: dir };
        stage.register("ann@example.com").await;
        stage.register("ann@example.com").await;
        stage
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now.get()
    }

    pub(crate) fn wait_ms(&self, ms: i64) {
        self.now.set(self.now().plus_ms(ms));
    }

    pub(crate) async fn user(&self, login: &str) -> UserId {
        add_user(&self.fleet, &self.panel, login).await
    }

    /// The session of somebody's credentials.
    pub(crate) async fn session(&self, login: &str) -> Session {
        self.fleet.verify(login, PASSWORD, self.now()).await.expect("the right password")
    }

    /// Another tracker of a user.
    pub(crate) async fn register(&self, login: &str) -> TrackerId {
        let number = self.fleet.sources().len();
        let new = NewTracker {
            label: format!("Van {number}"),
            group: 0,
            model: "navixy_ngp".into(),
            plugin: 44,
            device_id: Some(format!("device-{number}")),
        };
        self.fleet.register_tracker(&self.session(login).await, new, start()).await.expect("registered").id
    }

    /// The trackers of a user, in the order of ids.
    pub(crate) async fn trackers(&self, login: &str) -> Vec<TrackerId> {
        self.fleet.trackers(&self.session(login).await).iter().map(|tracker| tracker.id).collect()
    }

    pub(crate) async fn source(&self, login: &str, tracker: TrackerId) -> SourceId {
        self.fleet.tracker(&self.session(login).await, tracker).expect("visible").source.source
    }

    pub(crate) async fn bind(&self, login: &str, sessid: &str) {
        self.fleet.bind_sessid(&self.session(login).await, Some(sessid), self.now()).await.expect("bound");
    }

    /// Reports of a device, in one upload, stored.
    pub(crate) async fn upload(&self, source: SourceId, reports: Vec<Report>) {
        let source = self.engine.source(source).expect("a source");
        let receipt = self.engine.ingest(&source, self.now(), reports).await.expect("taken in");
        receipt.await.expect("stored");
    }

    pub(crate) fn push(&self, source: SourceId, push: Push) {
        self.engine.push(source, push);
    }

    pub(crate) fn client(&self) -> Client<'_> {
        let headers = HeaderMap::new();
        let opening = Opening { path: "/", query: "", headers: &headers, peer: IpAddr::from([192, 0, 2, 1]) };
        let session = self.trackit.open(&opening, self.now());
        Client { session, stage: self }
    }

    /// A client of the first user, who has said who it is.
    pub(crate) async fn authorized(&self) -> Client<'_> {
        self.bind("ann@example.com", SESSID).await;
        let mut client = self.client();
        assert_eq!(client.say(&auth(self.ann, SESSID)), [json!({"params": {"type": "auth", "success": true}})]);
        client
    }

    /// A call over HTTP: status, and the body as text.
    pub(crate) async fn call(&self, method: Method, target: &str, login: Option<&str>) -> (u16, String) {
        let answer = self.api.call(call(method, target, login, b"", "")).await;
        (answer.status.as_u16(), String::from_utf8(answer.body.as_bytes().to_vec()).expect("text"))
    }

    /// A GET that must succeed.
    pub(crate) async fn get(&self, target: &str, login: &str) -> Value {
        let (status, body) = self.call(Method::GET, target, Some(login)).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    pub(crate) async fn answer(&self, call: web::Call) -> web::Answer {
        self.api.call(call).await
    }
}

/// A request with these credentials.
pub(crate) fn call(method: Method, target: &str, login: Option<&str>, body: &[u8], kind: &str) -> web::Call {
    use base64::Engine as _;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    if let Some(login) = login {
        let pair = if login.contains(':') { login.to_owned() } else { format!("{login}:{PASSWORD}") };
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        headers.insert("authorization", format!("Basic {basic}").parse().expect("a header"));
    }
    if !kind.is_empty() {
        headers.insert("content-type", kind.parse().expect("a header"));
    }
    let body = Ok(bytes::Bytes::copy_from_slice(body));
    web::Call { method, path: path.into(), query: query.into(), headers, body, peer: IpAddr::from([192, 0, 2, 2]) }
}

fn engine_options() -> EngineOptions {
    EngineOptions {
        timing: Timing::default(),
        outbox: OutboxLimits::default(),
        queue_bytes_max: 1 << 20,
        commit_gather_us: 0,
        reads: engine::ReadLimits::default(),
        monitor: live::MonitorLimits::default(),
        monitor_reports_max: 1_000,
        kept: engine::KeptLimits::default(),
        orders: engine::OrderLimits::default(),
        snapshot_s: 3600,
        retention_days: 0,
        disk_reserve_bytes: 0,
        blocked_reports: engine::BlockedReports::Keep,
        clock: start,
        on_failure: |error| panic!("{error}"),
    }
}

/// What is told of messages and drivers goes to those who follow the source.
fn pass_on(dispatch: &Dispatch, engine: &Arc<Engine>) {
    let engine = Arc::downgrade(engine);
    dispatch.on_event(Box::new(move |event| {
        let Some(engine) = engine.upgrade() else { return };
        match event {
            DispatchEvent::Moved { source, message, submitted, status } => {
                engine.push(*source, Push::Moved { message: *message, submitted: *submitted, status: *status });
            }
            DispatchEvent::FromDriver { source, event } => engine.push(*source, Push::FromDriver(event.clone())),
            _ => {}
        }
    }));
}

async fn add_user(fleet: &Fleet, panel: &PanelSession, login: &str) -> UserId {
    let new = NewUser {
        login: login.into(),
        password: PASSWORD.into(),
        activated: true,
        verified: None,
        profile: UserProfile { first_name: "Ann".into(), last_name: "Lee".into(), ..UserProfile::default() },
        time_zone: Some("Europe/Lisbon".into()),
        locale: "en_US".into(),
        comment: String::new(),
    };
    fleet.create_user(panel, new, start()).await.expect("a user")
}

/// What a client says to say who it is.
pub(crate) fn auth(user: UserId, sessid: &str) -> String {
    json!({"type": "auth", "query": {"user_id": user.0, "SESSID": sessid}}).to_string()
}

/// A report of so many seconds after the start, with these inputs.
pub(crate) fn report(s: i64, inputs: Option<i64>, event: Option<u32>) -> Report {
    let mut position = Position::new(38.578_713_3, -9.012_713_3).expect("on Earth");
    position.set_speed_kmh(41.0);
    position.satellites = Some(9);
    let mut report = Report { time: Some(start().plus_ms(s * 1_000)), position: Some(position), ..Report::default() };
    report.events = event.map(EventId).into_iter().collect();
    if let Some(inputs) = inputs {
        report.attributes.set(attr::INPUT_STATUS, inputs);
    }
    report
}

pub(crate) struct Client<'a> {
    session: Box<dyn SocketSession>,
    stage: &'a Stage,
}

/// The messages in these frames, which must be whole.
fn messages(mut frames: &[u8]) -> Vec<Value> {
    let mut all = Vec::new();
    while let [0x81, length, rest @ ..] = frames {
        let (bytes, rest) = match length {
            126 => (usize::from(u16::from_be_bytes(rest[..2].try_into().expect("2 bytes"))), &rest[2..]),
            127 => panic!("no message is so long"),
            short => (usize::from(*short), rest),
        };
        let (text, rest) = rest.split_at(bytes);
        all.push(serde_json::from_slice(text).expect("JSON"));
        frames = rest;
    }
    assert!(frames.is_empty(), "{frames:?}");
    all
}

impl Client<'_> {
    /// What is answered to a message at once, without what is due.
    pub(crate) fn hear(&mut self, message: Message<'_>) -> Vec<Value> {
        let mut buf = Vec::new();
        self.session.message(self.stage.now(), message, &mut Frames::new(&mut buf));
        messages(&buf)
    }

    /// Says something that is answered when it is done, and no sooner.
    pub(crate) fn send(&mut self, text: &str) {
        assert_eq!(self.hear(Message::Text(text)), Vec::<Value>::new());
    }

    /// Says something; the answer, with whatever is due then.
    pub(crate) fn say(&mut self, text: &str) -> Vec<Value> {
        let mut all = self.hear(Message::Text(text));
        let (due, _) = self.gather();
        all.extend(due);
        all
    }

    /// Everything that is due, and why the connection ends, if it does.
    pub(crate) fn gather(&mut self) -> (Vec<Value>, Option<CloseReason>) {
        let mut all = Vec::new();
        loop {
            let mut buf = Vec::new();
            let gathered = self.session.gather(self.stage.now(), &mut Frames::new(&mut buf), 1 << 20);
            all.extend(messages(&buf));
            match gathered {
                Gathered::Done => return (all, None),
                Gathered::More => {}
                Gathered::Close(reason) => return (all, Some(reason)),
            }
        }
    }

    /// One turn of at most about so many bytes.
    pub(crate) fn gather_some(&mut self, budget_bytes: usize) -> Vec<Value> {
        let mut buf = Vec::new();
        self.session.gather(self.stage.now(), &mut Frames::new(&mut buf), budget_bytes);
        messages(&buf)
    }

    /// What is due, when nothing is to end.
    pub(crate) fn due(&mut self) -> Vec<Value> {
        let (due, close) = self.gather();
        assert_eq!(close, None, "{due:?}");
        due
    }

    /// The close code that is due.
    pub(crate) fn close_code(&mut self) -> Option<u16> {
        self.gather().1.map(|reason| reason.code)
    }

    /// What is due until so many messages have come, however long stores and devices take.
    pub(crate) async fn next(&mut self, count: usize) -> Vec<Value> {
        let begin = std::time::Instant::now();
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(self.due());
            assert!(begin.elapsed().as_secs() < 60, "{count} messages were due, and these came: {all:?}");
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(all.len(), count, "{all:?}");
        all
    }

    pub(crate) fn tick(&mut self) -> Option<u16> {
        let mut buf = Vec::new();
        let close = self.session.tick(self.stage.now(), &mut Frames::new(&mut buf));
        assert!(buf.is_empty(), "time alone says nothing");
        close.map(|reason| reason.code)
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.session.next_deadline()
    }

    pub(crate) fn sign(&mut self, sign: Sign) {
        self.session.sign(sign);
    }

    pub(crate) fn takes_messages(&self) -> bool {
        self.session.takes_messages()
    }
}
