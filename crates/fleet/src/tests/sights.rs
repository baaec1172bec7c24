//! Random masters, sub-users and bindings against a naive model: what each session sees is what the model says.

use std::collections::{BTreeMap, BTreeSet};

use model::{TrackerId, UserId};
use proptest::prelude::*;

use super::{Stage, at, ngp};
use crate::{Access, Session, SubuserEdit, TrackerEdit, UserProfile};

/// One operation; small numbers pick among what there is.
#[derive(Clone, Debug)]
enum Op {
    AddSub(u8),
    DeleteSub(u8),
    Register(u8),
    Bind(u8, u8),
    Unbind(u8, u8),
    Hide(u8, bool),
    Block(u8, bool),
    Corrupt(u8),
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    let two = || (any::<u8>(), any::<u8>());
    let on = || (any::<u8>(), any::<bool>());
    prop_oneof![
        2 => any::<u8>().prop_map(Op::AddSub),
        1 => any::<u8>().prop_map(Op::DeleteSub),
        4 => any::<u8>().prop_map(Op::Register),
        8 => two().prop_map(|(sub, tracker)| Op::Bind(sub, tracker)),
        4 => two().prop_map(|(sub, tracker)| Op::Unbind(sub, tracker)),
        2 => on().prop_map(|(n, on)| Op::Hide(n, on)),
        2 => on().prop_map(|(n, on)| Op::Block(n, on)),
        1 => any::<u8>().prop_map(Op::Corrupt),
        1 => Just(Op::Reopen),
    ]
}

/// What is known of a tracker.
#[derive(Clone, Copy, Default)]
struct Shown {
    owner: UserId,
    hidden: bool,
    blocked: bool,
    corrupted: bool,
}

/// The model, and the fleet that it is of.
struct World {
    stage: Stage,
    /// Sessions of masters first, then of sub-users, those that were deleted among them.
    sessions: Vec<Session>,
    deleted: BTreeSet<UserId>,
    trackers: BTreeMap<TrackerId, Shown>,
    bindings: BTreeSet<(UserId, TrackerId)>,
}

const MASTERS: usize = 2;

impl World {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let mut sessions = Vec::new();
        for login in ["ann@example.com", "eve@example.com"] {
            let user = stage.user(login).await;
            sessions.push(stage.session(user, at(0)).await);
        }
        Self { stage, sessions, deleted: BTreeSet::new(), trackers: BTreeMap::new(), bindings: BTreeSet::new() }
    }

    fn master(&self, n: u8) -> Session {
        self.sessions[usize::from(n) % MASTERS].clone()
    }

    fn sub(&self, n: u8) -> Option<Session> {
        let subs = &self.sessions[MASTERS..];
        (!subs.is_empty()).then(|| subs[usize::from(n) % subs.len()].clone())
    }

    fn tracker(&self, n: u8) -> Option<TrackerId> {
        let at = usize::from(n) % self.trackers.len().max(1);
        self.trackers.keys().nth(at).copied()
    }

    async fn apply(&mut self, op: Op) {
        match op {
            Op::AddSub(n) => self.add_sub(n).await,
            Op::DeleteSub(n) => {
                let Some(sub) = self.sub(n) else { return };
                let done = self.stage.fleet.delete_subuser(&self.master_of(&sub), sub.user, at(1)).await;
                assert_eq!(done.is_ok(), self.deleted.insert(sub.user));
                self.bindings.retain(|(user, _)| *user != sub.user);
            }
            Op::Register(n) => {
                let session = self.sessions[usize::from(n) % self.sessions.len()].clone();
                let device = format!("unit-{:06}", self.trackers.len());
                let made = self.stage.fleet.register_tracker(&session, ngp(&device), at(1)).await;
                assert_eq!(made.is_err(), self.deleted.contains(&session.user));
                let Ok(tracker) = made else { return };
                self.trackers.insert(tracker.id, Shown { owner: session.owner, ..Shown::default() });
                if session.is_subuser() {
                    self.bindings.insert((session.user, tracker.id));
                }
            }
            Op::Bind(sub, tracker) => self.bind(sub, tracker, true).await,
            Op::Unbind(sub, tracker) => self.bind(sub, tracker, false).await,
            Op::Hide(n, on) => {
                let Some(id) = self.tracker(n) else { return };
                let edit = TrackerEdit { hidden: Some(on), ..TrackerEdit::default() };
                if self.stage.fleet.update_tracker(&self.stage.panel, id, edit).await.is_ok() {
                    self.trackers.entry(id).or_default().hidden = on;
                }
            }
            Op::Block(n, on) => {
                let Some(id) = self.tracker(n) else { return };
                if self.stage.fleet.set_source_blocked(&self.stage.panel, id, on).await.is_ok() {
                    self.trackers.entry(id).or_default().blocked = on;
                }
            }
            Op::Corrupt(n) => {
                let Some(id) = self.tracker(n) else { return };
                if self.stage.fleet.panel_corrupt_tracker(&self.stage.panel, id, true).await.is_ok() {
                    self.trackers.entry(id).or_default().corrupted = true;
                }
            }
            Op::Reopen => self.stage.reopen(at(2)).await,
        }
    }

    async fn add_sub(&mut self, n: u8) {
        let master = self.master(n);
        let login = format!("sub{}@example.com", self.sessions.len());
        let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
        let new = SubuserEdit { login, activated: true, profile, security_group: None };
        let sub = self.stage.fleet.create_subuser(&master, new, "secret", at(1)).await.expect("made");
        let hash = self.stage.fleet.create_subuser_session(&master, sub, at(1)).await.expect("a session");
        self.sessions.push(self.stage.fleet.authorize(hash.as_str(), at(1)).expect("live"));
    }

    fn master_of(&self, sub: &Session) -> Session {
        self.sessions.iter().find(|s| s.user == sub.owner).expect("its master").clone()
    }

    async fn bind(&mut self, sub: u8, tracker: u8, on: bool) {
        let (Some(sub), Some(id)) = (self.sub(sub), self.tracker(tracker)) else { return };
        let (fleet, master, shown) = (&self.stage.fleet, self.master_of(&sub), self.trackers[&id]);
        let done = match on {
            true => fleet.bind_trackers(&master, sub.user, vec![id]).await,
            false => fleet.unbind_trackers(&master, sub.user, vec![id]).await,
        };
        let is_seen = !shown.hidden && !shown.corrupted;
        let may = !self.deleted.contains(&sub.user) && shown.owner == sub.owner && (is_seen || !on);
        assert_eq!(done.is_ok(), may, "{done:?}");
        if may && on {
            self.bindings.insert((sub.user, id));
        } else if may {
            self.bindings.remove(&(sub.user, id));
        }
    }

    fn expected(&self, session: &Session, id: TrackerId, shown: Shown) -> Access {
        let source = self.stage.fleet.panel_tracker(&self.stage.panel, id).map(|t| t.tracker.source.source);
        match source {
            Ok(source) if shown.owner == session.owner && !shown.hidden && !shown.corrupted => {
                let is_bound = session.user == session.owner || self.bindings.contains(&(session.user, id));
                match (is_bound, shown.blocked) {
                    (false, _) => Access::Disallowed,
                    (true, true) => Access::Blocked(source),
                    (true, false) => Access::Normal(source),
                }
            }
            _ => Access::Unknown,
        }
    }

    fn check(&self) {
        let fleet = &self.stage.fleet;
        for session in &self.sessions {
            let mut seen = Vec::new();
            for (id, shown) in &self.trackers {
                let expected = self.expected(session, *id, *shown);
                assert_eq!(fleet.access(session, *id), expected, "{session:?} {id}");
                let is_seen = matches!(expected, Access::Normal(_) | Access::Blocked(_));
                assert_eq!(fleet.tracker(session, *id).is_some(), is_seen);
                let is_own = session.user == session.owner || self.bindings.contains(&(session.user, *id));
                assert_eq!(fleet.owned_tracker(session, *id).is_some(), is_own && shown.owner == session.owner);
                seen.extend(is_seen.then_some(*id));
            }
            assert_eq!(fleet.trackers(session).iter().map(|t| t.id).collect::<Vec<_>>(), seen);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_session_sees_what_the_model_says(ops in prop::collection::vec(op(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let mut world = World::new().await;
            for op in ops {
                world.apply(op).await;
                world.check();
            }
        });
    }
}
