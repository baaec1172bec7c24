//! Pairing side by side: whatever the interleaving, a code makes one phone, and who has a token is who is listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{SessionId, TrackerId};
use proptest::prelude::*;

use super::{Stage, at, cheap};
use crate::{DriverSession, FleetOptions, Keeper, PairError, PairingCode, Secret, Session};

const PHONES_MAX: usize = 4;

/// What is begun at the same time as others.
#[derive(Clone, Debug)]
enum Op {
    Create(usize),
    /// With the newest code of a tracker, or one of those before.
    Pair(usize, usize),
    Unpair(usize),
    Leave(usize),
    Remove(usize),
}

#[derive(Clone, Debug)]
struct Round {
    ops: Vec<Op>,
    wait_s: i64,
    reopens: bool,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..3usize).prop_map(Op::Create),
        12 => (0..3usize, 0..2usize).prop_map(|(tracker, back)| Op::Pair(tracker, back)),
        2 => (0..8usize).prop_map(Op::Unpair),
        2 => (0..8usize).prop_map(Op::Leave),
        1 => (0..3usize).prop_map(Op::Remove),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    let ops = prop::collection::vec(op(), 1..12);
    (ops, prop_oneof![3 => Just(1), 1 => Just(500)], any::<bool>()).prop_map(|(ops, wait_s, reopens)| Round {
        ops,
        wait_s,
        reopens,
    })
}

struct World {
    stage: Stage,
    ann: Session,
    trackers: Vec<TrackerId>,
    now_s: i64,
    /// Those of each tracker, the newest last.
    codes: BTreeMap<TrackerId, Vec<PairingCode>>,
    /// By which code each phone was paired.
    used: BTreeMap<SessionId, String>,
    phones: Vec<(Secret, DriverSession)>,
}

/// What came of an operation.
enum Done {
    Created(TrackerId, PairingCode),
    Paired(String, Result<(Secret, DriverSession), PairError>),
    Nothing,
}

impl World {
    async fn new() -> Self {
        let options =
            FleetOptions { driver_phones_per_tracker_max: PHONES_MAX, pairing_failures_max: 100_000, ..cheap() };
        let stage = Stage::with(options).await;
        let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
        let mut trackers = Vec::new();
        for device in ["unit-000001", "unit-000002", "unit-000003"] {
            trackers.push(stage.register(&ann, device).await.id);
        }
        let (codes, used) = (BTreeMap::new(), BTreeMap::new());
        Self { stage, ann, trackers, now_s: 1, codes, used, phones: Vec::new() }
    }

    /// The operation as something that can run beside others.
    fn begin(&self, op: &Op) -> impl Future<Output = Done> + Send + use<> {
        let (fleet, ann, now) = (Arc::clone(&self.stage.fleet), self.ann.clone(), at(self.now_s));
        let phone = |n: usize| self.phones.get(n % self.phones.len().max(1)).map(|(_, phone)| phone.clone());
        let (op, trackers) = (op.clone(), self.trackers.clone());
        let code = match op {
            Op::Pair(tracker, back) => {
                let codes = self.codes.get(&trackers[tracker]);
                codes.and_then(|codes| codes.iter().nth_back(back)).map(|code| code.code.expose().to_owned())
            }
            _ => None,
        };
        let phone = match op {
            Op::Unpair(n) | Op::Leave(n) => phone(n),
            _ => None,
        };
        async move {
            let keeper = Keeper::Master(&ann);
            match (op, code, phone) {
                (Op::Create(n), ..) => {
                    let made = fleet.create_pairing_code(keeper, trackers[n], now).await;
                    return made.map_or(Done::Nothing, |code| Done::Created(trackers[n], code));
                }
                (Op::Pair(..), Some(code), _) => {
                    let paired = fleet.pair(&code, "Pixel", now).await;
                    return Done::Paired(code, paired);
                }
                (Op::Unpair(_), _, Some(phone)) => drop(fleet.unpair(keeper, phone.id).await),
                (Op::Leave(_), _, Some(phone)) => fleet.leave(&phone).await.expect("gone"),
                (Op::Remove(n), ..) => drop(fleet.corrupt_tracker(&ann, trackers[n]).await),
                _ => {}
            }
            Done::Nothing
        }
    }

    async fn run(&mut self, round: Round) {
        let mut running = tokio::task::JoinSet::new();
        for op in &round.ops {
            running.spawn(self.begin(op));
        }
        for done in running.join_all().await {
            match done {
                Done::Created(tracker, code) => self.codes.entry(tracker).or_default().push(code),
                Done::Paired(code, Ok((token, phone))) => {
                    let is_first = !self.used.values().any(|used| *used == code);
                    assert!(is_first, "a code that was used was taken again");
                    self.used.insert(phone.id, code);
                    self.phones.push((token, phone));
                }
                Done::Paired(_, Err(error)) => {
                    assert!(matches!(error, PairError::WrongCode | PairError::TooManyPhones), "{error:?}");
                }
                Done::Nothing => {}
            }
        }
        self.now_s += round.wait_s;
        if round.reopens {
            self.stage.fleet.expire(at(self.now_s)).await.expect("swept");
            let before = std::mem::take(&mut *self.stage.fleet.shared.memory_mut());
            self.stage.reopen(at(self.now_s)).await;
            assert_eq!(*self.stage.fleet.shared.memory(), before);
        }
    }

    fn check(&self) {
        let fleet = &self.stage.fleet;
        let listed = self.trackers.iter().filter_map(|id| fleet.driver_phones(Keeper::Master(&self.ann), *id).ok());
        let listed: Vec<_> = listed.inspect(|phones| assert!(phones.len() <= PHONES_MAX)).flatten().collect();
        let listed: BTreeSet<SessionId> = listed.iter().map(|phone| phone.id).collect();
        let tokens = self.phones.iter().filter_map(|(token, phone)| {
            let found = fleet.authorize_driver(token.expose(), at(self.now_s)).ok()?;
            assert_eq!(found, *phone);
            Some(phone.id)
        });
        assert_eq!(tokens.collect::<BTreeSet<_>>(), listed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_code_makes_one_phone_whatever_the_interleaving(rounds in prop::collection::vec(round(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        runtime.block_on(async {
            let mut world = World::new().await;
            for round in rounds {
                world.run(round).await;
                world.check();
            }
        });
    }

    /// One code, tried by many at once: one of them has it, and nobody else.
    #[test]
    fn of_many_who_try_a_code_one_has_it(count in 2..20usize) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        runtime.block_on(async {
            let mut world = World::new().await;
            world.run(Round { ops: vec![Op::Create(0)], wait_s: 1, reopens: false }).await;
            world.run(Round { ops: vec![Op::Pair(0, 0); count], wait_s: 1, reopens: true }).await;
            assert_eq!(world.phones.len(), 1);
            world.check();
        });
    }
}
