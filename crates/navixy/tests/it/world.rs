//! A fleet of its own for each test, and calls to its handler without a socket.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dispatch::{Dispatch, DispatchOptions};
use engine::{OrderError, Refused, View};
use fleet::{Fleet, FleetOptions, HashCost};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use live::Timing;
use model::{
    ConnectionStatus, Counter, CounterKind, Order, Report, Seq, SourceId, SourceSettings, SourceState, Timestamp,
};
use navixy::{Api, NavixyOptions, Past, PastError, PastJob, Sending, Setting, States};
use serde_json::{Value, json};
use storage::codec::{content_hash, encode_report};
use storage::journal::{Journal, JournalOptions, LsmJournal, Record, ReportKey};
use tempfile::TempDir;
use web::{Answer, Call, Handler};

use crate::{readings, states};

pub(crate) const ADMIN_PASSWORD: &str = "correct horse";
pub(crate) const PASSWORD: &str = "Battery-St4ple!!";
const START: &str = "2026-03-02T09:15:41Z";

thread_local! {
    /// Each test runs on one thread of its own, with its own time.
    static NOW: Cell<Timestamp> = Cell::new(states::at(START));
}

thread_local! {
    /// What all sources of a test are.
    static CONNECTION: Cell<ConnectionStatus> = const { Cell::new(ConnectionStatus::Active) };
}

thread_local! {
    /// What becomes of orders.
    static ORDERED: Cell<Result<(), OrderError>> = const { Cell::new(Err(OrderError::Away)) };
}

thread_local! {
    /// The orders that were given.
    static ORDERS: RefCell<Vec<(SourceId, Order)>> = const { RefCell::new(Vec::new()) };
}

thread_local! {
    /// How often it was waited until the states are durable.
    pub(crate) static KEPT: Cell<usize> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    NOW.get()
}

/// Every source drives, as long as it is heard of, and has the same sensors and values; counters that were set are
/// remembered.
#[derive(Default)]
struct AllDrive(Mutex<HashMap<(SourceId, CounterKind), Counter>>);

impl States for AllDrive {
    fn read(&self, source: SourceId, read: &mut dyn FnMut(&SourceState)) {
        read(&SourceState { source, connection: CONNECTION.get(), ..states::driving() });
    }

    fn view(&self, source: SourceId, read: &mut dyn FnMut(View<'_>)) {
        let mut values = readings::values();
        let counters = self.0.lock().expect("not poisoned");
        let counter = |kind| counters.get(&(source, kind)).copied().or_else(|| readings::values().counter(kind));
        (values.odometer, values.engine_hours) = (counter(CounterKind::Odometer), counter(CounterKind::EngineHours));
        if source.0.is_multiple_of(2) {
            (values.odometer, values.engine_hours) = (counters.get(&(source, CounterKind::Odometer)).copied(), None);
        }
        let state = SourceState { source, ..states::driving() };
        read(View {
            state: &state,
            values: &values,
            settings: &SourceSettings::default(),
            sensors: &readings::sensors(),
            messages: None,
        });
    }

    fn order(&self, source: SourceId, order: Order) -> Sending<'_> {
        ORDERS.with_borrow_mut(|orders| orders.push((source, order)));
        Box::pin(std::future::ready(ORDERED.get()))
    }

    fn keep(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        KEPT.set(KEPT.get() + 1);
        Box::pin(std::future::ready(()))
    }

    fn set_counter(&self, source: SourceId, kind: CounterKind, value: f64, now: Timestamp) -> Setting<'_> {
        let counter = Counter { value, updated: now, version: 1 };
        self.0.lock().expect("not poisoned").insert((source, kind), counter);
        // One value stands for a journal that has failed.
        Box::pin(std::future::ready(if value == 666.0 { Err(Refused::JournalFailed) } else { Ok(()) }))
    }
}

/// A journal that is read at once.
pub(crate) struct Shelf {
    journal: LsmJournal,
    last: AtomicU64,
    pub(crate) is_busy: AtomicBool,
}

impl Past for Shelf {
    fn run(&self, job: PastJob) -> Pin<Box<dyn Future<Output = Result<(), PastError>> + Send + '_>> {
        if self.is_busy.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(PastError::Busy)));
        }
        Box::pin(std::future::ready(job(&self.journal).map_err(|_| PastError::Failed)))
    }

    fn timing(&self) -> Timing {
        Timing::default()
    }
}

impl Shelf {
    /// Puts a report there; its place in the journal.
    pub(crate) fn add(&self, source: u64, received: Timestamp, flags: u8, report: &Report) -> u64 {
        let seq = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut body = Vec::new();
        encode_report(report, &mut body);
        let source = SourceId(u32::try_from(source).expect("an id"));
        let key = ReportKey { source, time: report.time.unwrap_or(received), hash: content_hash(&body) };
        let record = Record::Report { key, seq: Seq(seq), received, flags, body: &body };
        self.journal.append(&[record]).expect("written");
        seq
    }
}

pub(crate) struct World {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) past: Arc<Shelf>,
    api: Api,
    _dir: TempDir,
}

/// An answer, as far as tests look at it.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answered {
    /// The code of an error; 0 for a success. Envelope and status must agree.
    pub(crate) fn code(&self) -> u64 {
        let success = self.body["success"].as_bool().expect("a success member");
        assert_eq!(success, self.status == 200, "{self:?}");
        let code = self.body["status"]["code"].as_u64();
        assert_eq!(success, code.is_none(), "{self:?}");
        code.unwrap_or(0)
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("{member} in {self:?}")).to_owned()
    }
}

/// A call before it is made.
pub(crate) struct Draft(Call);

impl Draft {
    pub(crate) fn new(method: Method, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self(Call {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: Ok(Bytes::new()),
            peer: IpAddr::from([192, 0, 2, 1]),
        })
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new(Method::GET, target)
    }

    pub(crate) fn post(target: &str, content_type: &'static str, body: &str) -> Self {
        let draft = Self::new(Method::POST, target).body(body);
        if content_type.is_empty() { draft } else { draft.header(CONTENT_TYPE, content_type) }
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        self.0.body = Ok(Bytes::copy_from_slice(body.as_bytes()));
        self
    }

    pub(crate) fn no_body(mut self, error: web::BodyError) -> Self {
        self.0.body = Err(error);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.0.headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    pub(crate) fn hash(self, hash: &str) -> Self {
        self.header(AUTHORIZATION, &format!("NVX {hash}"))
    }

    pub(crate) fn from(mut self, peer: [u8; 4]) -> Self {
        self.0.peer = IpAddr::from(peer);
        self
    }
}

/// Whether a call that matches no method is this dialect's all the same.
pub(crate) fn is_claimed(draft: &Draft) -> bool {
    Api::claims(&draft.0)
}

impl World {
    /// Without limits of rate.
    pub(crate) async fn new() -> Self {
        Self::with(|options| NavixyOptions {
            user_requests_per_second_max: 0,
            panel_requests_per_second_max: 0,
            ..options
        })
        .await
    }

    pub(crate) async fn with(change: fn(NavixyOptions) -> NavixyOptions) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let cheap = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
        let options = FleetOptions { hash_cost: cheap, hash_workers: 1, ..FleetOptions::default() };
        let fleet = Fleet::open(dir.path(), options, clock()).await.expect("a fleet");
        fleet.ensure_admin(Some(ADMIN_PASSWORD), clock()).await.expect("an administrator");
        let dispatch = Dispatch::open(dir.path(), DispatchOptions::default(), clock()).await.expect("messages");
        let journal = LsmJournal::open(&dir.path().join("journal"), &JournalOptions::default()).expect("a journal");
        let past = Arc::new(Shelf { journal, last: AtomicU64::new(0), is_busy: AtomicBool::new(false) });
        let options = change(NavixyOptions::new(clock));
        let states = Arc::new(AllDrive::default());
        let api = Api::new(fleet.clone(), dispatch.clone(), states, past.clone(), options);
        Self { fleet, dispatch, past, api, _dir: dir }
    }

    pub(crate) fn now(&self) -> Timestamp {
        clock()
    }

    /// With somebody who takes mails.
    pub(crate) fn with_postman(self, postman: impl navixy::Postman) -> Self {
        Self { api: self.api.with_mail(postman, String::new()), ..self }
    }

    pub(crate) fn wait_ms(&self, ms: i64) {
        NOW.set(NOW.get().plus_ms(ms));
    }

    pub(crate) fn connection_is(&self, connection: ConnectionStatus) {
        CONNECTION.set(connection);
    }

    /// What becomes of orders from now on.
    pub(crate) fn orders_end(&self, with: Result<(), OrderError>) {
        ORDERED.set(with);
    }

    /// The orders that were given until now.
    pub(crate) fn take_orders(&self) -> Vec<(SourceId, Order)> {
        ORDERS.take()
    }

    pub(crate) async fn raw(&self, draft: Draft) -> Answer {
        self.api.call(draft.0).await
    }

    pub(crate) async fn call(&self, draft: Draft) -> Answered {
        let answer = self.raw(draft).await;
        let body = serde_json::from_slice(answer.body.as_bytes()).expect("a JSON body");
        assert!(answer.headers.iter().any(|(n, v)| n == "access-control-allow-origin" && v == "*"));
        assert!(answer.headers.iter().any(|(n, v)| n == CONTENT_TYPE && v == "application/json; charset=utf-8"));
        Answered { status: answer.status.as_u16(), body }
    }

    /// A POST of JSON under the first base.
    pub(crate) async fn post(&self, method: &str, body: Value) -> Answered {
        self.call(Draft::post(&format!("/v2/{method}"), "application/json", &body.to_string())).await
    }

    pub(crate) async fn check_code(&self, method: &str, body: Value, code: u64) {
        let answered = self.post(method, body.clone()).await;
        assert_eq!(answered.code(), code, "{method} {body}: {answered:?}");
    }

    /// Calls and expects E7 about these parameters, in this order.
    pub(crate) async fn check_invalid(&self, method: &str, body: Value, parameters: &[&str]) {
        let answered = self.post(method, body.clone()).await;
        assert_eq!(answered.code(), 7, "{method} {body}: {answered:?}");
        let errors = answered.body["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<&str> = errors.iter().filter_map(|e| e["parameter"].as_str()).collect();
        assert_eq!(named, parameters, "{method} {body}");
        assert!(errors.iter().all(|e| e["error"].as_str().is_some_and(|text| !text.is_empty())));
    }

    pub(crate) async fn admin(&self) -> String {
        let answered = self.post("panel/account/auth", json!({"login": "admin", "password": ADMIN_PASSWORD})).await;
        answered.text("hash")
    }

    /// A new user's id.
    pub(crate) async fn user(&self, admin: &str, login: &str) -> u64 {
        let user = json!({"legal_type": "individual", "login": login, "first_name": "Ann", "last_name": "Lee",
                          "activated": true});
        let body = json!({"hash": admin, "user": user, "password": PASSWORD, "time_zone": "Europe/Madrid",
                          "locale": "en_US"});
        let answered = self.post("panel/user/create", body).await;
        answered.body["id"].as_u64().unwrap_or_else(|| panic!("{answered:?}"))
    }

    /// A user with a session: its hash.
    pub(crate) async fn logged_in(&self, login: &str) -> String {
        let admin = self.admin().await;
        self.user(&admin, login).await;
        self.post("user/auth", json!({"login": login, "password": PASSWORD})).await.text("hash")
    }

    /// A session of a new sub-user with these trackers and rights.
    pub(crate) async fn subuser(&self, hash: &str, login: &str, trackers: &[u64], rights: &[&str]) -> String {
        let user = json!({"login": login, "first_name": "Sub", "last_name": "User", "legal_type": "individual",
                          "activated": true});
        let made = self.post("subuser/register", json!({"hash": hash, "user": user, "password": PASSWORD})).await;
        let id = made.body["id"].as_u64().unwrap_or_else(|| panic!("{made:?}"));
        let bind = json!({"hash": hash, "subuser_id": id, "trackers": trackers});
        self.check_code("subuser/tracker/bind", bind, 0).await;
        let group = json!({"label": login, "privileges": {"rights": rights}});
        let group = self.post("subuser/security_group/create", json!({"hash": hash, "group": group})).await;
        let assign = json!({"hash": hash, "group_id": group.body["id"], "subuser_ids": [id]});
        self.check_code("subuser/security_group/assign", assign, 0).await;
        self.post("subuser/session/create", json!({"hash": hash, "subuser_id": id})).await.text("hash")
    }

    /// A registered phone, whose driver can be written to: its ids as tracker and as source.
    pub(crate) async fn phone(&self, hash: &str, label: &str) -> (u64, u64) {
        let body = json!({"hash": hash, "label": label, "group_id": 0, "model": "mobile_unknown_xgps",
                          "plugin_id": 35});
        let value = self.post("tracker/register", body).await.body["value"].clone();
        let id = |value: &Value| value["id"].as_u64().expect("an id");
        (id(&value), id(&value["source"]))
    }

    /// A registered tracker: its ids as tracker and as source.
    pub(crate) async fn tracker(&self, hash: &str, label: &str, device_id: &str) -> (u64, u64) {
        let body = json!({"hash": hash, "label": label, "group_id": 0, "model": "navixy_ngp", "plugin_id": 44,
                          "device_id": device_id});
        let value = self.post("tracker/register", body).await.body["value"].clone();
        let id = |value: &Value| value["id"].as_u64().expect("an id");
        (id(&value), id(&value["source"]))
    }
}
