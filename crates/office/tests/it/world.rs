//! A fleet of its own for each test: Ann with a van, a sub-user of hers, and Bob with a clone of the van.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use dispatch::{Dispatch, DispatchOptions};
use fleet::{
    Fleet, FleetOptions, HashCost, NewTracker, NewUser, PanelSession, Rights, Session, SubuserEdit, UserProfile,
};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use intake::{FrameQuery, Intake, IntakeMetrics, IntakeOptions, Knock, Knocked, Rejected};
use model::{DeviceId, SourceId, Timestamp, TrackerId, UserId};
use office::{Api, OfficeOptions};
use serde_json::{Value, json};
use tempfile::TempDir;
use web::{Answer, Call, Handler};

const ADMIN_PASSWORD: &str = "correct horse";
pub(crate) const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\n and what a picture has";

thread_local! {
    /// Each test runs on one thread of its own, with its own time.
    static NOW: Cell<Timestamp> = Cell::new(Timestamp::parse_iso("2026-03-02T09:15:41Z").expect("a time"));
}

pub(crate) fn now() -> Timestamp {
    NOW.get()
}

pub(crate) fn wait_s(s: i64) {
    NOW.set(NOW.get().plus_ms(s * 1_000));
}

/// What a test changes before the beginning.
pub(crate) struct Setup {
    pub(crate) fleet: FleetOptions,
    pub(crate) dispatch: DispatchOptions,
    pub(crate) intake: IntakeOptions,
    pub(crate) office: OfficeOptions,
}

pub(crate) struct World {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) intake: Arc<Intake>,
    api: Api,
    pub(crate) panel: PanelSession,
    /// Hashes.
    pub(crate) admin: String,
    pub(crate) ann: String,
    pub(crate) sub: String,
    pub(crate) bob: String,
    pub(crate) ann_id: UserId,
    pub(crate) sub_id: UserId,
    pub(crate) bob_id: UserId,
    /// Ann's.
    pub(crate) van: TrackerId,
    pub(crate) source: SourceId,
    /// Another of hers, with nothing about it.
    pub(crate) cab: TrackerId,
    /// Bob's clone of the van.
    pub(crate) clone: TrackerId,
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
    #[track_caller]
    pub(crate) fn code(&self) -> u64 {
        let success = self.body["success"].as_bool().expect("a success member");
        assert_eq!(success, self.status == 200, "{self:?}");
        let code = self.body["status"]["code"].as_u64();
        assert_eq!(success, code.is_none(), "{self:?}");
        code.unwrap_or(0)
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.code(), 0, "{self:?}");
        self.body
    }
}

fn tracker(device: &str) -> NewTracker {
    NewTracker {
        label: device.into(),
        group: 0,
        model: "navixy_ngp".into(),
        plugin: 44,
        device_id: Some(device.into()),
    }
}

fn new_user(login: &str) -> NewUser {
    NewUser {
        login: login.into(),
        password: "Battery-St4ple!!".into(),
        activated: true,
        verified: None,
        profile: UserProfile { first_name: "Ann".into(), last_name: "Lee".into(), ..UserProfile::default() },
        time_zone: Some("Europe/Madrid".into()),
        locale: "en_US".into(),
        comment: String::new(),
    }
}

impl World {
    /// Without limits of rate.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let cheap = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
        let mut setup = Setup {
            fleet: FleetOptions { hash_cost: cheap, hash_workers: 1, ..FleetOptions::default() },
            dispatch: DispatchOptions::default(),
            intake: IntakeOptions::default(),
            office: OfficeOptions {
                user_requests_per_second_max: 0,
                panel_requests_per_second_max: 0,
                ..OfficeOptions::new(now)
            },
        };
        change(&mut setup);
        let fleet = Fleet::open(dir.path(), setup.fleet, now()).await.expect("a fleet");
        fleet.ensure_admin(Some(ADMIN_PASSWORD), now()).await.expect("an administrator");
        let dispatch = Dispatch::open(dir.path(), setup.dispatch, now()).await.expect("messages");
        let admin = fleet.panel_login("admin", ADMIN_PASSWORD, now()).await.expect("logged in");
        let panel = fleet.authorize_panel(admin.as_str(), now()).expect("live");
        let (ann_id, ann) = user(&fleet, &panel, "ann@example.test").await;
        let (bob_id, bob) = user(&fleet, &panel, "bob@example.test").await;
        let session = fleet.authorize(&ann, now()).expect("live");
        let (sub_id, sub) = subuser(&fleet, &session).await;
        let van = fleet.register_tracker(&session, tracker("yard-unit-0007"), now()).await.expect("registered");
        let cab = fleet.register_tracker(&session, tracker("yard-unit-0008"), now()).await.expect("registered");
        fleet.bind_trackers(&session, sub_id, vec![van.id]).await.expect("bound");
        let clone = fleet.clone_tracker(&panel, van.id, bob_id, "Clone".into(), now()).await.expect("cloned");
        let intake = Intake::open(dir.path(), fleet.clone(), setup.intake, IntakeMetrics::default());
        let intake = intake.await.expect("a quarantine");
        let api = Api::new(fleet.clone(), dispatch.clone(), intake.clone(), setup.office);
        let (van, source, cab) = (van.id, van.source.source, cab.id);
        let admin = admin.as_str().to_owned();
        Self {
            fleet,
            dispatch,
            intake,
            api,
            panel,
            admin,
            ann,
            sub,
            bob,
            ann_id,
            sub_id,
            bob_id,
            van,
            source,
            cab,
            clone,
            _dir: dir,
        }
    }

    pub(crate) async fn raw(&self, method: Method, target: &str, body: &[u8], as_json: bool) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        if as_json {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let body = Ok(Bytes::copy_from_slice(body));
        let peer = IpAddr::from([192, 0, 2, 1]);
        self.api.call(Call { method, path: path.into(), query: query.into(), headers, body, peer }).await
    }

    /// A POST of JSON below the office's place.
    pub(crate) async fn call(&self, hash: &str, method: &str, mut body: Value) -> Answered {
        if !hash.is_empty() {
            body["hash"] = hash.into();
        }
        let text = body.to_string();
        let answer = self.raw(Method::POST, &format!("/panel/office/{method}"), text.as_bytes(), true).await;
        let body = serde_json::from_slice(answer.body.as_bytes()).expect("a JSON body");
        Answered { status: answer.status.as_u16(), body }
    }

    /// As Ann, who may.
    pub(crate) async fn ann(&self, method: &str, body: Value) -> Value {
        self.call(&self.ann, method, body).await.ok()
    }

    pub(crate) async fn check_code(&self, hash: &str, method: &str, body: Value, code: u64) {
        let answered = self.call(hash, method, body.clone()).await;
        assert_eq!(answered.code(), code, "{method} {body}: {answered:?}");
    }

    /// Calls as Ann and expects these parameters to be named as wrong, in this order.
    pub(crate) async fn check_invalid(&self, method: &str, body: Value, parameters: &[&str]) {
        let answered = self.call(&self.ann, method, body.clone()).await;
        assert_eq!(answered.code(), 7, "{method} {body}: {answered:?}");
        let errors = answered.body["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<&str> = errors.iter().filter_map(|e| e["parameter"].as_str()).collect();
        assert_eq!(named, parameters, "{method} {body}");
        assert!(errors.iter().all(|e| e["error"].as_str().is_some_and(|text| !text.is_empty())));
    }
}

async fn user(fleet: &Fleet, panel: &PanelSession, login: &str) -> (UserId, String) {
    let id = fleet.create_user(panel, new_user(login), now()).await.expect("created");
    let hash = fleet.create_user_session(panel, id, now()).await.expect("a session");
    (id, hash.as_str().to_owned())
}

/// A sub-user with every right that there is.
async fn subuser(fleet: &Fleet, master: &Session) -> (UserId, String) {
    let group = fleet.create_security_group(master, "All".into(), Rights::ALL).await.expect("a group");
    let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
    let new = SubuserEdit { login: "bo@example.test".into(), activated: true, profile, security_group: Some(group) };
    let id = fleet.create_subuser(master, new, "secret", now()).await.expect("created");
    let hash = fleet.create_subuser_session(master, id, now()).await.expect("a session");
    (id, hash.as_str().to_owned())
}

/// Ids of one of everything that Ann has.
pub(crate) struct Things {
    pub(crate) phone: u64,
    pub(crate) driver: u64,
    pub(crate) form: u64,
    pub(crate) text: u64,
    pub(crate) service: String,
    pub(crate) command: u64,
    pub(crate) file: u64,
    pub(crate) frame: u64,
}

/// Devices that nobody registered.
pub(crate) const UNKNOWN: [&str; 2] = ["350000000000014", "350000000000022"];
/// Where devices are.
pub(crate) const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), 50_023);

impl World {
    /// A device that speaks GT06 says who it is.
    pub(crate) async fn knock(&self, device: &str) -> Knocked {
        let id = DeviceId::new(device).expect("valid");
        self.intake.unknown(Knock { id, protocol: "gt06", peer: PEER, at: now() }).await
    }

    /// The van's device sends a frame that cannot be read; its number in quarantine.
    pub(crate) async fn quarantined(&self, frame: &[u8]) -> u64 {
        self.intake.reject(Rejected {
            device: DeviceId::new("yard-unit-0007"),
            source: Some(self.source),
            protocol: "gt06",
            transport: "tcp",
            peer: PEER,
            at: now(),
            frame: frame.to_vec(),
            offset: 18,
            reason: protocols::Reject::Truncated,
            forgiven: false,
        });
        for _ in 0..10_000 {
            let newest = self.intake.frames(FrameQuery::default(), 1, usize::MAX).await.expect("read");
            if let Some(row) = newest.first().filter(|row| row.frame.bytes == frame) {
                return row.id.0;
            }
            tokio::task::yield_now().await;
        }
        panic!("the frame is not kept");
    }

    pub(crate) async fn things(&self) -> Things {
        let van = self.van.0;
        let id = |body: &Value, name: &str| body[name].as_u64().expect(name);
        let code = self.ann("pairing/create", json!({"tracker_id": van})).await["code"].clone();
        self.fleet.pair(code.as_str().expect("a code"), "Pixel", now()).await.expect("paired");
        let phones = self.ann("pairing/list", json!({"tracker_id": van})).await;
        let driver = self.ann("driver/create", json!({"driver": {"name": "Cy"}})).await;
        let form = json!({"name": "Goods", "fields": [{"label": "How many", "type": "number"}]});
        let form = self.ann("form/create", json!({"form": form})).await;
        let text = self.ann("text/create", json!({"text": "Traffic"})).await;
        let service = self.ann("service/create", json!({"tracker_id": van, "service": {"title": "Bread"}})).await;
        let command = json!({"tracker_id": van, "command": "getinfo"});
        let command = self.call(&self.admin, "command/queue", command).await.ok();
        self.knock(UNKNOWN[0]).await;
        self.knock(UNKNOWN[1]).await;
        let file = self.dispatch.keep_file(self.source, "g".into(), PHOTO.to_vec(), now()).await.expect("kept");
        Things {
            phone: id(&phones["list"][0], "id"),
            driver: id(&driver, "id"),
            form: id(&form, "id"),
            text: id(&text, "number"),
            service: service["value"]["id"].as_str().expect("an id").to_owned(),
            command: id(&command, "id"),
            file: file.0,
            frame: self.quarantined(b"xx\x0d\x01").await,
        }
    }

    /// Right parameters of each method, about Ann's things. What is asked for comes before what takes it away.
    pub(crate) fn right(&self, things: &Things) -> Vec<(&'static str, Value)> {
        let (van, user) = (self.van.0, self.ann_id.0);
        let form = json!({"name": "Goods", "fields": [{"label": "Photo", "type": "photo"}]});
        let service = json!({"title": "Milk"});
        let span = json!({"tracker_id": van, "from": "2026-03-01 00:00:00", "to": "2026-03-03 00:00:00"});
        let command = json!({"tracker_id": van, "command_id": things.command});
        vec![
            ("pairing/list", json!({"tracker_id": van})),
            ("pairing/create", json!({"tracker_id": van})),
            ("pairing/delete", json!({"phone_id": things.phone})),
            ("device_commands/read", json!({"user_id": user})),
            ("device_commands/set", json!({"user_id": user, "enabled": false})),
            ("vehicle/list", json!({"user_id": user})),
            ("vehicle/update", json!({"tracker_id": van, "vehicle": {"plate": "AB-12"}})),
            ("vehicle/delete", json!({"tracker_id": van})),
            ("driver/list", json!({"user_id": user})),
            ("driver/create", json!({"user_id": user, "driver": {"name": "Di"}})),
            ("driver/update", json!({"driver_id": things.driver, "driver": {"name": "Di"}})),
            ("driver/delete", json!({"driver_id": things.driver})),
            ("text/list", json!({"user_id": user})),
            ("text/create", json!({"user_id": user, "text": "Late"})),
            ("text/update", json!({"user_id": user, "number": things.text, "text": "Later"})),
            ("text/delete", json!({"user_id": user, "number": things.text})),
            ("form/list", json!({"user_id": user})),
            ("form/create", json!({"user_id": user, "form": form})),
            ("form/update", json!({"form_id": things.form, "form": form})),
            ("form/delete", json!({"form_id": things.form})),
            ("service/list", json!({"tracker_id": van})),
            ("service/create", json!({"tracker_id": van, "service": service})),
            ("service/update", json!({"tracker_id": van, "service_id": things.service, "service": service})),
            ("service/delete", json!({"tracker_id": van, "service_id": things.service})),
            ("driver_event/list", span),
            ("file/read", json!({"tracker_id": van, "file_id": things.file})),
            ("command/queue", json!({"tracker_id": van, "command": "getver"})),
            ("command/list", json!({"tracker_id": van})),
            ("command/read", command.clone()),
            ("command/delete", command),
            ("unknown_device/list", json!({})),
            ("unknown_device/register", json!({"device_id": UNKNOWN[0], "user_id": user})),
            ("unknown_device/forget", json!({"device_id": UNKNOWN[1]})),
            ("adoption/read", json!({})),
            ("adoption/update", json!({"enabled": true, "user_id": user, "protocols": ["gt06"]})),
            ("device_settings/read", json!({"tracker_id": van})),
            ("device_settings/update", json!({"tracker_id": van, "settings": {"checksum": "warn"}})),
            ("quarantine/list", json!({})),
            ("quarantine/read", json!({"frame_id": things.frame})),
            ("quarantine/delete", json!({"frame_id": things.frame})),
        ]
    }
}
