//! SESSIDs and credentials of several users against a model of a few lines, through password changes, blocks, restarts
//! and time.

use model::{SessionId, UserId};
use proptest::prelude::*;

use super::{PASSWORD, Stage, at, cheap};
use crate::{EndCause, FleetEvent, FleetOptions, HashError, LoginError, SessidError, Session};

const LIFETIME_S: i64 = 100;
const PER_USER_MAX: usize = 2;
const SESSIDS: [&str; 4] = [
    "tjMzwqGgzNdDEyyswn3vZxFbWG",
    "tjMzwqGgzNdDEyyswn3vZxFbWg",
    "00000000000000000000000000",
    "zzzzzzzzzzzzzzzzzzzzzzzzzz",
];

#[derive(Clone, Debug)]
enum Op {
    Bind(usize, usize),
    Renew(usize),
    /// With the newest password, or one of those before.
    Verify(usize, usize),
    ChangePassword(usize),
    Activate(usize, bool),
    Wait(i64),
    Sweep,
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..3usize, 0..SESSIDS.len()).prop_map(|(user, sessid)| Op::Bind(user, sessid)),
        2 => (0..SESSIDS.len()).prop_map(Op::Renew),
        10 => (0..3usize, 0..2usize).prop_map(|(user, back)| Op::Verify(user, back)),
        3 => (0..3usize).prop_map(Op::ChangePassword),
        2 => (0..3usize, any::<bool>()).prop_map(|(user, on)| Op::Activate(user, on)),
        4 => (0..80i64).prop_map(Op::Wait),
        1 => Just(Op::Sweep),
        1 => Just(Op::Reopen),
    ]
}

/// A SESSID that somebody bound.
#[derive(Clone, Copy, Debug)]
struct Kept {
    user: usize,
    id: SessionId,
    expires_s: i64,
    is_ended: bool,
}

struct World {
    stage: Stage,
    users: Vec<UserId>,
    /// Of each user, the newest last.
    passwords: Vec<Vec<String>>,
    active: [bool; 3],
    now_s: i64,
    kept: [Option<Kept>; SESSIDS.len()],
}

impl World {
    async fn new() -> Self {
        let options = FleetOptions {
            sessid_lifetime_s: LIFETIME_S as u32,
            sessids_per_user_max: PER_USER_MAX,
            basic_cache_s: 60,
            basic_cache_max: 2,
            login_failures_max: 1_000,
            ..cheap()
        };
        let stage = Stage::with(options).await;
        let mut users = Vec::new();
        for name in ["ann", "bob", "eve"] {
            users.push(stage.user(&format!("{name}@example.com")).await);
        }
        let passwords = vec![vec![PASSWORD.to_owned()]; users.len()];
        Self { stage, users, passwords, active: [true; 3], now_s: 1, kept: [None; SESSIDS.len()] }
    }

    fn is_live(&self, kept: &Kept) -> bool {
        !kept.is_ended && self.now_s < kept.expires_s
    }

    fn live_of(&self, user: usize) -> usize {
        self.kept.iter().flatten().filter(|kept| kept.user == user && self.is_live(kept)).count()
    }

    async fn apply(&mut self, op: Op) {
        let now = at(self.now_s);
        match op {
            Op::Bind(user, sessid) => self.bind(user, sessid).await,
            Op::Renew(sessid) => {
                let Some(kept) = self.kept[sessid] else { return };
                let is_live = self.is_live(&kept);
                assert_eq!(self.stage.fleet.renew_sessid(kept.id, now).await.is_ok(), is_live, "{kept:?}");
                if is_live {
                    self.kept[sessid] = Some(Kept { expires_s: self.now_s + LIFETIME_S, ..kept });
                }
            }
            Op::Verify(user, back) => self.verify(user, back).await,
            Op::ChangePassword(user) => {
                let password = format!("Blue-Kite*{:06}", self.passwords[user].len());
                self.passwords[user].push(password.clone());
                let changed = self.stage.fleet.change_password(&self.stage.panel, self.users[user], &password, now);
                changed.await.expect("changed");
                self.end_all_of(user);
            }
            Op::Activate(user, on) => {
                let id = self.users[user];
                let changed = self.stage.fleet.update_user(&self.stage.panel, id, move |u| u.activated = on, now);
                changed.await.expect("changed");
                self.active[user] = on;
                if !on {
                    self.end_all_of(user);
                }
            }
            Op::Wait(s) => self.now_s += s,
            Op::Sweep => drop(self.stage.fleet.expire(now).await.expect("swept")),
            Op::Reopen => self.stage.reopen(now).await,
        }
    }

    /// Whatever is remembered of a pair, the answer is that of this moment.
    async fn verify(&self, user: usize, back: usize) {
        let Some(password) = self.passwords[user].iter().nth_back(back) else { return };
        let login = self.stage.fleet.user(self.users[user]).expect("there").login.clone();
        let verified = self.stage.fleet.verify(&login, password, at(self.now_s)).await;
        let expected = match (back, self.active[user]) {
            (0, true) => Ok(self.users[user]),
            (0, false) => Err(LoginError::NotActivated),
            _ => Err(LoginError::WrongLoginOrPassword),
        };
        assert_eq!(verified.map(|session| session.user), expected, "{login} {back}");
    }

    fn end_all_of(&mut self, user: usize) {
        self.kept.iter_mut().flatten().filter(|kept| kept.user == user).for_each(|kept| kept.is_ended = true);
    }

    async fn bind(&mut self, user: usize, sessid: usize) {
        // Who is deactivated gets no session to bind with.
        let session = self.stage.fleet.create_user_session(&self.stage.panel, self.users[user], at(self.now_s)).await;
        let Ok(hash) = session else { return };
        let session: Session = self.stage.fleet.authorize(hash.as_str(), at(self.now_s)).expect("live");
        self.stage.events();
        let bound = self.stage.fleet.bind_sessid(&session, Some(SESSIDS[sessid]), at(self.now_s)).await;
        let kept = self.kept[sessid];
        let own = kept.filter(|kept| kept.user == user && self.is_live(kept));
        if kept.is_some_and(|kept| kept.user != user && self.now_s < kept.expires_s) {
            assert_eq!(bound, Err(SessidError::Taken));
        } else if own.is_none() && self.live_of(user) >= PER_USER_MAX {
            assert_eq!(bound, Err(SessidError::TooMany));
        } else {
            let bound = bound.expect("bound");
            assert_eq!(bound.expires, at(self.now_s + LIFETIME_S));
            match own {
                Some(own) => assert_eq!(bound.session, own.id),
                None => assert!(self.kept.iter().flatten().all(|kept| kept.id < bound.session)),
            }
            let (id, expires_s) = (bound.session, self.now_s + LIFETIME_S);
            self.kept[sessid] = Some(Kept { user, id, expires_s, is_ended: false });
        }
        // Whose number goes away unswept is told of it, and nobody else.
        for event in self.stage.events() {
            let FleetEvent::SessionEnded { session, cause: EndCause::Expired } = event else { panic!("{event:?}") };
            assert_eq!(kept.map(|kept| (kept.id, self.is_live(&kept))), Some((session, false)));
        }
    }

    fn check(&self) {
        for (n, kept) in self.kept.iter().enumerate() {
            for (user, id) in self.users.iter().enumerate() {
                let found = self.stage.fleet.authorize_sessid(*id, SESSIDS[n], at(self.now_s));
                match kept.filter(|kept| kept.user == user) {
                    None => assert_eq!(found, Err(HashError::Unknown), "{n} {user}"),
                    Some(kept) if self.is_live(&kept) => assert_eq!(found.map(|s| s.id), Ok(kept.id), "{n} {user}"),
                    Some(_) => assert_eq!(found, Err(HashError::Ended), "{n} {user}"),
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sessids_are_as_the_model_says(ops in prop::collection::vec(op(), 1..80)) {
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
