//! Random operations: the memory copy is what a reopened fleet loads, and some things hold whatever happens.

use std::collections::{BTreeSet, HashMap};

use model::{DiscreteType, SensorId, SourceId, TrackerId, UserId};
use proptest::prelude::*;

use super::sensors::{discrete, metering};
use super::{Stage, at, cheap, new_user, ngp};
use crate::{
    Access, CloneError, Existing, FIRST_SOURCE, FIRST_TRACKER, FleetOptions, HashError, NewDevice, PasswordRestore,
    SessionHash, TrackerEdit,
};

/// One operation; small numbers pick among what there is.
#[derive(Clone, Debug)]
enum Op {
    CreateUser(u8),
    Activate(u8, bool),
    RemoveUser(u8, bool),
    ChangePassword(u8, u8),
    OpenSession(u8),
    Logout(u8),
    Renew(u8),
    CreateKey(u8),
    DeleteKey(u8, u8),
    BeginRestore(u8),
    CancelRestore(u8),
    Restore(u8, u8),
    KeepText(u8, u8),
    Register(u8, u8),
    Corrupt(u8),
    PanelCorrupt(u8, bool),
    Block(u8, bool),
    Hide(u8, bool),
    Clone(u8, u8),
    CloneMany(u8, u8, bool),
    DeleteClone(u8),
    DeleteClones(u8, u8),
    DeleteOwnClone(u8, u8),
    Move(u8, u8),
    Connect(u8),
    CreateSensor(u8, u8, u8),
    DeleteSensor(u8, u8),
    CopySensors(u8, u8),
    Replace(u8, u8),
    Rename(u8, u8),
    Wait(u16),
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..4u8).prop_map(Op::CreateUser),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(n, on)| Op::Activate(n, on)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(n, on)| Op::RemoveUser(n, on)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(n, password)| Op::ChangePassword(n, password)),
        4 => any::<u8>().prop_map(Op::OpenSession),
        2 => any::<u8>().prop_map(Op::Logout),
        1 => any::<u8>().prop_map(Op::Renew),
        2 => any::<u8>().prop_map(Op::CreateKey),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(n, key)| Op::DeleteKey(n, key)),
        2 => any::<u8>().prop_map(Op::BeginRestore),
        1 => any::<u8>().prop_map(Op::CancelRestore),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(n, password)| Op::Restore(n, password)),
        1 => (any::<u8>(), 0..6u8).prop_map(|(n, key)| Op::KeepText(n, key)),
        6 => (any::<u8>(), 0..6u8).prop_map(|(n, device)| Op::Register(n, device)),
        2 => any::<u8>().prop_map(Op::Corrupt),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(n, on)| Op::PanelCorrupt(n, on)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(n, on)| Op::Block(n, on)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(n, on)| Op::Hide(n, on)),
        5 => (any::<u8>(), any::<u8>()).prop_map(|(n, user)| Op::Clone(n, user)),
        1 => (any::<u8>(), any::<u8>(), any::<bool>()).prop_map(|(n, user, on)| Op::CloneMany(n, user, on)),
        1 => any::<u8>().prop_map(Op::DeleteClone),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(n, m)| Op::DeleteClones(n, m)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(session, n)| Op::DeleteOwnClone(session, n)),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(n, user)| Op::Move(n, user)),
        1 => any::<u8>().prop_map(Op::Connect),
        4 => (any::<u8>(), any::<u8>(), 1..5u8).prop_map(|(n, t, input)| Op::CreateSensor(n, t, input)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(n, t)| Op::DeleteSensor(n, t)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(n, t)| Op::CopySensors(n, t)),
        1 => (any::<u8>(), 0..6u8).prop_map(|(n, device)| Op::Replace(n, device)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(n, t)| Op::Rename(n, t)),
        2 => (0..400u16).prop_map(Op::Wait),
        1 => Just(Op::Reopen),
    ]
}

/// The fleet, and what was seen of it so far.
struct World {
    stage: Stage,
    now_s: i64,
    users: Vec<UserId>,
    hashes: Vec<SessionHash>,
    keys: Vec<SessionHash>,
    tokens: Vec<PasswordRestore>,
    ended: HashMap<usize, HashError>,
    trackers: Vec<(TrackerId, SourceId)>,
}

fn pick<T: Copy>(list: &[T], n: u8) -> Option<T> {
    (!list.is_empty()).then(|| list[usize::from(n) % list.len()])
}

impl World {
    async fn new() -> Self {
        let options =
            FleetOptions { user_lifetime_s: 600, live_sessions_per_user_max: 4, ended_sessions_max: 8, ..cheap() };
        let stage = Stage::with(options).await;
        Self {
            stage,
            now_s: 0,
            users: vec![],
            hashes: vec![],
            keys: vec![],
            tokens: vec![],
            ended: HashMap::new(),
            trackers: vec![],
        }
    }

    /// Does the operation. Whether it is refused does not matter here: what it leaves behind does.
    async fn apply(&mut self, op: Op) {
        let (fleet, panel, now) = (self.stage.fleet.clone(), self.stage.panel, at(self.now_s));
        let tracker = |n| pick(&self.trackers, n).map_or(TrackerId(1), |(tracker, _)| tracker);
        let user = |n| pick(&self.users, n).unwrap_or(UserId(1));
        match op {
            Op::CreateUser(n) => {
                self.users.extend(fleet.create_user(&panel, new_user(&format!("u{n}@example.com")), now).await);
            }
            Op::Activate(n, on) => drop(fleet.update_user(&panel, user(n), move |u| u.activated = on, now).await),
            Op::RemoveUser(n, with_clones) => {
                let login = fleet.user(user(n)).map(|u| u.login.clone()).unwrap_or_default();
                drop(fleet.corrupt_user(&panel, user(n), &login, with_clones, now).await);
            }
            Op::ChangePassword(n, p) => {
                drop(fleet.change_password(&panel, user(n), &format!("Blue-Kite*{p:04}"), now).await);
            }
            Op::OpenSession(n) => self.hashes.extend(fleet.create_user_session(&panel, user(n), now).await),
            Op::Logout(n) => {
                if let Some(session) = self.live_session(n) {
                    fleet.logout(session.id, now).await.expect("ended");
                }
            }
            Op::Register(n, device) => {
                if let Some(session) = self.live_session(n) {
                    let made = fleet.register_tracker(&session, ngp(&format!("unit-{device}")), now).await;
                    self.trackers.extend(made.map(|t| (t.id, t.source.source)));
                }
            }
            Op::Renew(n) => {
                if let Some(session) = self.live_session(n) {
                    fleet.renew_session(&session, now).await.expect("renewed");
                }
            }
            Op::CreateKey(_)
            | Op::DeleteKey(..)
            | Op::BeginRestore(_)
            | Op::CancelRestore(_)
            | Op::Restore(..)
            | Op::KeepText(..) => self.apply_to_account(op).await,
            Op::Corrupt(n) => {
                if let Some(session) = self.live_session(n) {
                    drop(fleet.corrupt_tracker(&session, tracker(n)).await);
                }
            }
            Op::PanelCorrupt(n, on) => drop(fleet.panel_corrupt_tracker(&panel, tracker(n), on).await),
            Op::Block(n, on) => drop(fleet.set_source_blocked(&panel, tracker(n), on).await),
            Op::Hide(n, on) => {
                let edit = TrackerEdit { hidden: Some(on), ..TrackerEdit::default() };
                drop(fleet.update_tracker(&panel, tracker(n), edit).await);
            }
            Op::Clone(n, to) => {
                let made = fleet.clone_tracker(&panel, tracker(n), user(to), "Theirs".into(), now).await;
                self.seen(made);
            }
            Op::CloneMany(n, to, ignore) => {
                let existing = if ignore { Existing::Ignore } else { Existing::Refuse };
                let many = vec![tracker(n), tracker(n.wrapping_add(1))];
                if let Ok(cloned) = fleet.clone_trackers(&panel, many, user(to), existing, now).await {
                    cloned.clones.into_iter().for_each(|id| self.seen(Ok(id)));
                }
            }
            Op::DeleteClone(n) => drop(fleet.delete_clone(&panel, tracker(n)).await),
            Op::DeleteClones(n, m) => drop(fleet.delete_clones(&panel, vec![tracker(n), tracker(m)]).await),
            Op::DeleteOwnClone(session, n) => {
                if let Some(session) = self.live_session(session) {
                    drop(fleet.delete_own_clone(&session, tracker(n)).await);
                }
            }
            Op::Move(n, to) => {
                let made = fleet.move_tracker(&panel, tracker(n), user(to), now).await;
                self.seen(made);
            }
            Op::Connect(n) => {
                let source = pick(&self.trackers, n).map_or(SourceId(1), |(_, source)| source);
                fleet.note_connected(vec![source]).await.expect("noted");
            }
            Op::CreateSensor(n, t, input) => {
                if let Some(session) = self.live_session(n) {
                    let sensor = discrete(DiscreteType::Ignition, input);
                    drop(fleet.create_sensor(&session, tracker(t), sensor).await);
                    let sensor = metering(&format!("temperature_{input}"));
                    drop(fleet.create_sensor(&session, tracker(t), sensor).await);
                }
            }
            Op::DeleteSensor(n, t) => {
                if let Some(session) = self.live_session(n) {
                    drop(fleet.delete_sensor(&session, tracker(t), SensorId((n / 16).into())).await);
                }
            }
            Op::CopySensors(n, t) => {
                if let Some(session) = self.live_session(n) {
                    drop(fleet.copy_sensors(&session, tracker(t), vec![tracker(t.wrapping_add(1))]).await);
                }
            }
            Op::Replace(n, device) => {
                if let Some(session) = self.live_session(n) {
                    let device_id = Some(format!("unit-{device}"));
                    let new = NewDevice { model: "navixy_ngp".into(), plugin: 44, device_id };
                    drop(fleet.replace_device(&session, tracker(n), new).await);
                }
            }
            Op::Rename(n, t) => {
                if let Some(session) = self.live_session(n) {
                    drop(fleet.rename_tracker(&session, tracker(t), format!("Van {n}"), 0).await);
                    drop(fleet.set_output_title(&session, tracker(t), 1, format!("Horn {n}")).await);
                }
            }
            Op::Wait(s) => {
                self.now_s += i64::from(s);
                fleet.expire(at(self.now_s)).await.expect("swept");
            }
            Op::Reopen => {
                drop(fleet);
                self.reopen().await;
            }
        }
    }

    /// Takes note of a tracker on a source that there was before.
    fn seen(&mut self, made: Result<TrackerId, CloneError>) {
        let Ok(id) = made else { return };
        let source = self.stage.fleet.panel_tracker(&self.stage.panel, id).expect("made").tracker.source.source;
        self.trackers.push((id, source));
    }

    /// What concerns keys, tokens and texts.
    async fn apply_to_account(&mut self, op: Op) {
        let (fleet, now) = (self.stage.fleet.clone(), at(self.now_s));
        let hash = |list: &[SessionHash], n: u8| list.get(usize::from(n) % list.len().max(1)).cloned();
        match op {
            Op::CreateKey(n) => {
                if let Some(session) = self.live_session(n) {
                    self.keys.extend(fleet.create_api_key(&session, "key".into(), now).await.map(|key| key.hash));
                }
            }
            Op::DeleteKey(n, key) => {
                if let (Some(session), Some(key)) = (self.live_session(n), hash(&self.keys, key)) {
                    drop(fleet.delete_api_key(&session, key.as_str()).await);
                }
            }
            Op::BeginRestore(n) => {
                self.tokens.extend(fleet.begin_restore(&format!("u{}@example.com", n % 4), now).await);
            }
            Op::CancelRestore(n) => {
                if let Some(token) = self.tokens.get(usize::from(n) % self.tokens.len().max(1)) {
                    fleet.cancel_restore(token.token).await.expect("taken back");
                }
            }
            Op::Restore(n, password) => {
                let token = self.tokens.get(usize::from(n) % self.tokens.len().max(1));
                let token = token.and_then(|t| fleet.authorize_password_change(t.hash.as_str(), now).ok());
                if let Some(token) = token {
                    drop(fleet.restore_password(token, &format!("Blue-Kite*{password:04}"), now).await);
                }
            }
            Op::KeepText(n, key) => {
                if let Some(session) = self.live_session(n) {
                    drop(fleet.set_ui_setting(&session, format!("k{key}"), "text".into()).await);
                }
            }
            other => panic!("{other:?} is for somebody else"),
        }
    }

    async fn reopen(&mut self) {
        // Opening sweeps; what is to be swept now must not make the difference.
        self.stage.fleet.expire(at(self.now_s)).await.expect("swept");
        let before = std::mem::take(&mut *self.stage.fleet.shared.memory_mut());
        self.stage.reopen(at(self.now_s)).await;
        assert_eq!(*self.stage.fleet.shared.memory(), before);
    }

    fn live_session(&self, n: u8) -> Option<crate::Session> {
        let at = usize::from(n) % self.hashes.len().max(1);
        let hash = self.hashes.get(at)?;
        self.stage.fleet.authorize(hash.as_str(), super::at(self.now_s)).ok()
    }

    /// A source that lives has one original, and no user two views of it; one that does not has none.
    fn check_sources(&self) {
        let memory = self.stage.fleet.shared.memory();
        let sources: BTreeSet<SourceId> = self.trackers.iter().map(|(_, source)| *source).collect();
        assert!(sources.iter().map(|s| s.0).eq((0..sources.len() as u32).map(|n| FIRST_SOURCE.0 + n)));
        for source in sources {
            let views: Vec<_> = memory.trackers_on(source).collect();
            let originals = views.iter().filter(|t| !t.clone).count();
            let is_gone = memory.source(source).is_none_or(|s| s.removed);
            assert_eq!((originals, views.is_empty()), (usize::from(!is_gone), is_gone), "{source}: {views:?}");
            let owners: BTreeSet<UserId> = views.iter().map(|t| t.user).collect();
            assert_eq!(owners.len(), views.len(), "{source}: {views:?}");
            for owner in owners {
                assert!(memory.user(owner).is_some_and(|u| !u.removed));
            }
        }
    }

    fn check(&mut self) {
        let fleet = &self.stage.fleet;
        for (n, hash) in self.hashes.iter().enumerate() {
            match (fleet.authorize(hash.as_str(), at(self.now_s)), self.ended.get(&n)) {
                (Ok(session), None) => assert!(fleet.user(session.user).is_some_and(|u| u.activated)),
                (Ok(_), Some(_)) => panic!("session {n} came back to life"),
                (Err(HashError::Ended), Some(HashError::Unknown)) => panic!("session {n} was remembered again"),
                (Err(error), _) => drop(self.ended.insert(n, error)),
            }
        }
        for key in &self.keys {
            if let Ok(session) = fleet.authorize(key.as_str(), at(self.now_s)) {
                assert!(fleet.user(session.user).is_some_and(|u| u.activated));
                assert!(fleet.api_keys(&session).iter().any(|listed| listed.hash == *key));
            }
        }
        let ids = self.trackers.iter().map(|(tracker, _)| tracker.0);
        assert!(ids.eq((0..self.trackers.len() as u32).map(|n| FIRST_TRACKER.0 + n)), "{:?}", self.trackers);
        self.check_sources();
        for source in fleet.sources() {
            assert_eq!(fleet.device(source.device.as_str()).map(|d| d.source), Some(source.source));
        }
        for n in 0..self.hashes.len().min(255) as u8 {
            let Some(session) = self.live_session(n) else { continue };
            let seen = fleet.trackers(&session);
            assert!(seen.is_sorted_by_key(|t| t.id));
            for (tracker, _) in &self.trackers {
                let is_seen = seen.iter().any(|t| t.id == *tracker);
                assert_eq!(fleet.access(&session, *tracker) != Access::Unknown, is_seen);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn memory_is_what_the_catalog_holds(ops in prop::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let mut world = World::new().await;
            for op in ops {
                world.apply(op).await;
                world.check();
            }
            world.reopen().await;
            world.check();
        });
    }
}
