//! Tests of the fleet as a whole, on a real catalog in a folder of their own.

mod accounts;
mod admin;
mod adoption;
mod basic;
mod clones;
mod counters;
mod device_settings;
mod drivers;
mod extras;
mod failing;
mod forms;
mod groups;
mod office_model;
mod phones;
mod phones_model;
mod predefined_texts;
mod properties;
mod sensors;
mod sessids;
mod sessids_model;
mod sessions;
mod sights;
mod source_settings;
mod subusers;
mod trackers;
mod users;
mod vehicles;

use std::sync::{Arc, Mutex};

use model::{Timestamp, UserId};
use tempfile::TempDir;

use crate::{
    Fleet, FleetEvent, FleetOptions, HashCost, NewTracker, NewUser, PanelSession, Session, SubuserEdit, Tracker,
    UserProfile,
};

pub(super) const ADMIN_PASSWORD: &str = "correct horse";
pub(super) const PASSWORD: &str = "Blue-Kite*42x";

/// A fleet with an administrator, and what it has told.
pub(super) struct Stage {
    pub(super) fleet: Arc<Fleet>,
    pub(super) panel: PanelSession,
    events: Arc<Mutex<Vec<FleetEvent>>>,
    dir: TempDir,
    options: FleetOptions,
}

/// `s` seconds after the tests' beginning of time.
pub(super) fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_770_000_000 + s).expect("in range")
}

/// Hashes that cost next to nothing.
pub(super) fn cheap() -> FleetOptions {
    FleetOptions { hash_cost: HashCost { memory_kib: 8, passes: 1, lanes: 1 }, ..FleetOptions::default() }
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::with(cheap()).await
    }

    pub(super) async fn with(options: FleetOptions) -> Self {
        let dir = tempfile::tempdir().expect("folder");
        let fleet = Fleet::open(dir.path(), options.clone(), at(0)).await.expect("opened");
        fleet.ensure_admin(Some(ADMIN_PASSWORD), at(0)).await.expect("created");
        let hash = fleet.panel_login("admin", ADMIN_PASSWORD, at(0)).await.expect("logged in");
        let panel = fleet.authorize_panel(hash.as_str(), at(0)).expect("live");
        let events = listen(&fleet);
        Self { fleet, panel, events, dir, options }
    }

    /// Closes the fleet and opens it again.
    pub(super) async fn reopen(&mut self, now: Timestamp) {
        let Self { dir, options, .. } = self;
        let closed = tempfile::tempdir().expect("folder");
        // Another takes its place while it closes, so that no two have the same files open.
        self.fleet = Fleet::open(closed.path(), cheap(), now).await.expect("opened");
        self.fleet = Fleet::open(dir.path(), options.clone(), now).await.expect("opened");
        self.events = listen(&self.fleet);
    }

    /// What was told since the last call.
    pub(super) fn events(&self) -> Vec<FleetEvent> {
        std::mem::take(&mut *self.events.lock().expect("not poisoned"))
    }

    pub(super) async fn user(&self, login: &str) -> UserId {
        self.fleet.create_user(&self.panel, new_user(login), at(0)).await.expect("created")
    }

    pub(super) async fn session(&self, user: UserId, now: Timestamp) -> Session {
        let hash = self.fleet.create_user_session(&self.panel, user, now).await.expect("created");
        self.fleet.authorize(hash.as_str(), now).expect("live")
    }

    /// A session of a new sub-user, who sees no tracker yet.
    pub(super) async fn subuser(&self, master: &Session, login: &str) -> Session {
        let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
        let new = SubuserEdit { login: login.into(), activated: true, profile, security_group: None };
        let id = self.fleet.create_subuser(master, new, "secret", at(1)).await.expect("created");
        let hash = self.fleet.create_subuser_session(master, id, at(1)).await.expect("created");
        self.fleet.authorize(hash.as_str(), at(1)).expect("live")
    }

    pub(super) async fn register(&self, session: &Session, device: &str) -> Arc<Tracker> {
        self.fleet.register_tracker(session, ngp(device), at(1)).await.expect("registered")
    }
}

fn listen(fleet: &Fleet) -> Arc<Mutex<Vec<FleetEvent>>> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    fleet.on_event(Box::new(move |event| heard.lock().expect("not poisoned").push(event.clone())));
    events
}

pub(super) fn new_user(login: &str) -> NewUser {
    NewUser {
        login: login.into(),
        password: PASSWORD.into(),
        activated: true,
        verified: None,
        profile: UserProfile { first_name: "Ann".into(), last_name: "Lee".into(), ..UserProfile::default() },
        time_zone: Some("Europe/Berlin".into()),
        locale: "en_US".into(),
        comment: String::new(),
    }
}

pub(super) fn ngp(device: &str) -> NewTracker {
    NewTracker {
        label: format!("Van {device}"),
        group: 0,
        model: "navixy_ngp".into(),
        plugin: 44,
        device_id: Some(device.into()),
    }
}
