//! A restart leaves every state as it was.

use std::collections::BTreeMap;

use engine::EngineOptions;
use fleet::SettingsEdit;
use live::{advance, apply, initial};
use model::{Entry, EntryKind, Report, Seq, SourceId, SourceState};
use proptest::prelude::*;

use crate::stage::{Stage, alarm, now, options, report, set_now, until};

#[tokio::test]
async fn states_are_the_same_after_a_good_end_and_after_a_bad_one() {
    let mut stage = Stage::new().await;
    let mut ids = Vec::new();
    for device in 1..=5 {
        let (_, source) = stage.register(&device.to_string()).await;
        stage.store(&source, (0..device).map(report).collect()).await;
        stage.engine.contact(&source, now());
        ids.push(source.id());
    }
    set_now(90);
    stage.store(&stage.source(ids[0]), vec![alarm(80), report(79), report(10)]).await;
    stage.engine.flush().await;
    let states = |stage: &Stage| ids.iter().map(|id| (stage.state(*id), stage.values(*id))).collect::<Vec<_>>();
    let before = states(&stage);
    stage.kill().await;
    assert_eq!(states(&stage), before, "killed");
    stage.restart().await;
    assert_eq!(states(&stage), before, "stopped");
    stage.kill().await;
    assert_eq!(states(&stage), before, "killed with snapshots");
}

#[tokio::test]
async fn a_registration_that_only_the_catalog_kept_is_journaled_at_the_start() {
    let mut stage = Stage::new().await;
    stage.gate.break_down();
    let (tracker, source) = stage.register("1").await;
    stage.kill().await;
    set_now(200_000);
    stage.kill().await;
    let id = source.id();
    stage.store(&stage.source(id), vec![report(199_999)]).await;
    // Such a report would mean movement from now on.
    let edit = SettingsEdit::TripDetection {
        min_idle_minutes: 5,
        idle_speed_threshold_kmh: 0,
        ignition_aware: false,
        motion_sensor_aware: false,
    };
    stage.fleet.change_settings(&stage.session, tracker, edit).await.expect("changed");
    stage.engine.flush().await;
    let before = stage.state(id);
    assert_eq!(before.movement, model::MovementStatus::Parked);
    stage.kill().await;
    assert_eq!(stage.state(id), before);
}

#[tokio::test]
async fn what_time_did_while_the_server_was_down_is_done_at_its_start() {
    let mut stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![report(0)]).await;
    stage.kill().await;
    set_now(301);
    let mut alive = stage.state(source.id());
    until("the alarm", || {
        alive = stage.state(source.id());
        alive.connection == model::ConnectionStatus::Idle
    })
    .await;
    stage.kill().await;
    assert_eq!(stage.state(source.id()), alive);
}

/// The state that the reports in the journal make, taken one by one.
fn folded(stage: &Stage) -> BTreeMap<SourceId, SourceState> {
    let timing = &stage.options.timing;
    let infos = stage.fleet.sources();
    let start = |info: &fleet::SourceInfo| {
        (info.source, initial(info.source, info.registered, &info.settings, timing, info.registered))
    };
    let mut states: BTreeMap<_, _> = infos.iter().map(start).collect();
    let settings: BTreeMap<_, _> = infos.iter().map(|info| (info.source, info.settings.clone())).collect();
    for stored in stage.stored() {
        let entry = Entry {
            seq: stored.seq,
            source: stored.source,
            received: stored.received,
            kind: EntryKind::Report(Box::new(stored.report)),
        };
        if let Some(state) = states.get_mut(&stored.source) {
            apply(state, &entry, &settings[&stored.source], timing);
        }
    }
    for (source, state) in &mut states {
        advance(state, &settings[source], timing, now());
    }
    states
}

/// What happens next in a life.
#[derive(Clone, Debug)]
enum Step {
    Upload {
        device: usize,
        reports: Vec<(i64, bool)>,
    },
    /// The last upload once more.
    Again,
    Register,
    Pass(i64),
    Restart,
    /// With so many uploads under way.
    Kill(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let reports = prop::collection::vec((-300..300_i64, any::<bool>()), 1..6);
    prop_oneof![
        8 => (0..4_usize, reports).prop_map(|(device, reports)| Step::Upload { device, reports }),
        2 => Just(Step::Again),
        1 => Just(Step::Register),
        3 => (1..400_i64).prop_map(Step::Pass),
        1 => Just(Step::Restart),
        2 => (0..4_usize).prop_map(Step::Kill),
    ]
}

/// A life of the server, with what it promised.
struct Life {
    stage: Stage,
    ids: Vec<SourceId>,
    now_s: i64,
    last: Option<(SourceId, Vec<Report>)>,
    acknowledged: Vec<(SourceId, Report)>,
}

impl Life {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Upload { device, reports } => {
                let id = self.ids[device % self.ids.len()];
                let make =
                    |(s, notable): (i64, bool)| if notable { alarm(self.now_s + s) } else { report(self.now_s + s) };
                let reports: Vec<_> = reports.into_iter().map(make).collect();
                self.last = Some((id, reports));
                self.upload().await;
            }
            Step::Again => self.upload().await,
            Step::Register => {
                let (_, source) = self.stage.register(&format!("{}", self.ids.len())).await;
                self.ids.push(source.id());
            }
            Step::Pass(s) => {
                self.now_s += s;
                set_now(self.now_s);
            }
            Step::Restart => self.stage.restart().await,
            Step::Kill(under_way) => self.kill(under_way).await,
        }
    }

    async fn upload(&mut self) {
        let Some((id, reports)) = self.last.clone() else { return };
        self.stage.store(&self.stage.source(id), reports.clone()).await;
        self.acknowledged.extend(reports.into_iter().map(|report| (id, report)));
    }

    async fn kill(&mut self, under_way: usize) {
        self.stage.engine.flush().await;
        self.stage.gate.close();
        let mut receipts = Vec::new();
        for n in 0..under_way {
            let source = self.stage.source(self.ids[n % self.ids.len()]);
            // Like no report that is stored: a repeat may be acknowledged.
            let fresh = Report { time: Some(now().plus_ms(1 + n as i64)), ..alarm(self.now_s) };
            receipts.push(self.stage.ingest(&source, vec![fresh]).await);
        }
        self.stage.gate.break_down();
        for receipt in receipts {
            receipt.await.expect_err("nothing is acknowledged any more");
        }
        self.stage.kill().await;
    }

    /// Everything acknowledged is there once, and the states are what the journal says.
    async fn check(&mut self) {
        self.stage.kill().await;
        let stored = self.stage.stored();
        for (id, report) in &self.acknowledged {
            let copies = stored.iter().filter(|s| s.source == *id && s.report == *report).count();
            assert_eq!(copies, 1, "{id} {report:?}");
        }
        let expected = folded(&self.stage);
        for id in &self.ids {
            let mut state = self.stage.state(*id);
            if expected[id].seq == Seq(0) {
                // Only its registration, which is no report.
                state.seq = Seq(0);
            }
            assert_eq!(state, expected[id]);
        }
    }
}

#[test]
fn whatever_happens_the_states_are_what_the_journal_says() {
    let config = ProptestConfig { cases: 8, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..25))| {
        // Paused, so that the time between snapshots passes whenever nothing else is to do.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            set_now(0);
            let stage = Stage::with(EngineOptions { snapshot_s: 1, ..options() }).await;
            let (_, source) = stage.register("0").await;
            let mut life = Life { stage, ids: vec![source.id()], now_s: 0, last: None, acknowledged: Vec::new() };
            for step in steps {
                life.take(step).await;
            }
            life.check().await;
        });
    });
}
