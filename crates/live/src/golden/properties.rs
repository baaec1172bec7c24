//! What holds for any sequence of entries.

use model::{
    DeviceId, Entry, EntryKind, EventId, Fix, IgnitionSource, MS_PER_DAY, MovementStatus, Origin, Position, Report,
    Seq, SourceChange, SourceSettings, SourceState, Timestamp, attr,
};
use proptest::option;
use proptest::prelude::*;

use super::notation::seconds;
use super::{Folding, SOURCE};
use crate::{Applied, Timing, is_future, order_time};

/// An entry and how long after the one before it arrives, in milliseconds.
type Arrival = (i64, Draft);

/// An entry before its arrival is known: times in it are relative to that.
#[derive(Clone, Debug)]
enum Draft {
    Report { ahead_ms: Option<i64>, gnss_ahead_ms: Option<i64>, report: Report },
    Contact,
    Replaced,
    Settings(SourceSettings),
}

fn gap_ms() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(0), 4 => 0..60_000i64, 2 => 60_000..1_000_000i64, 1 => 0..2 * MS_PER_DAY]
}

fn ahead_ms() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => -5_000..1_000i64,
        4 => -1_000_000..200_000i64,
        1 => 119_990..120_010i64,
        1 => -MS_PER_DAY * 40_000..MS_PER_DAY * 40_000,
    ]
}

prop_compose! {
    fn position()(
        place in (-95.0..95.0f64, -185.0..185.0f64),
        speed_kmh in option::of(prop_oneof![Just(0.0f32), 0.0..8.0f32, 0.0..1e9f32]),
        altitude_m in option::of(any::<f32>()),
        radius_m in option::of(0..20_000u32),
        flags in (prop::bool::weighted(0.9), 0..8u8, prop::bool::weighted(0.2)),
    ) -> Position {
        let mut position = Position::new(0.0, 0.0).unwrap();
        (position.latitude, position.longitude) = place;
        position.speed_kmh = speed_kmh;
        position.altitude_m = altitude_m;
        position.precision_m = radius_m;
        position.valid = flags.0;
        position.fix = match flags.1 {
            0 => Fix::NoFix,
            1 => Fix::LastKnown,
            _ => Fix::HasFix,
        };
        position.origin = if flags.2 { Origin::Network } else { Origin::Gnss };
        position
    }
}

prop_compose! {
    fn report()(
        ahead_ms in option::weighted(0.95, ahead_ms()),
        gnss_ahead_ms in option::weighted(0.2, ahead_ms()),
        position in option::weighted(0.8, position()),
        event in option::weighted(0.2, any::<u32>()),
        mask in option::weighted(0.3, -1..4i64),
        moves in option::weighted(0.2, any::<bool>()),
        battery in option::weighted(0.2, -1.0..110.0f64),
        cells in option::weighted(0.2, r#"\[\{"rssi":-?[0-9]{1,3}\}\]|\PC{0,12}"#),
    ) -> Draft {
        let mut report = Report { position, events: event.map(EventId).into_iter().collect(), ..Report::default() };
        let attributes = &mut report.attributes;
        attributes.set_some(attr::INPUT_STATUS, mask.map(model::Value::Int));
        attributes.set_some(attr::IS_MOVING, moves.map(model::Value::Bool));
        attributes.set_some(attr::BATTERY_LEVEL, battery.map(model::Value::Float));
        attributes.set_some(attr::MOBILE_CELLS, cells.map(|json| model::Value::Json(json.into())));
        Draft::Report { ahead_ms, gnss_ahead_ms, report }
    }
}

prop_compose! {
    fn settings()(
        min_idle_s in prop_oneof![0..400u32, any::<u32>()],
        threshold_kmh in 0..6u16,
        flags in any::<(bool, bool, bool)>(),
        offline_s in option::of(prop_oneof![1..900u32, any::<u32>()]),
        ignition in 0..4u8,
    ) -> SourceSettings {
        SourceSettings {
            min_idle_s,
            idle_speed_threshold_kmh: threshold_kmh,
            ignition_aware: flags.0,
            motion_sensor_aware: flags.1,
            waits_forever: flags.2,
            offline_s,
            ignition: match ignition {
                0 => IgnitionSource::None,
                1 => IgnitionSource::Attribute(attr::IS_MOVING),
                n => IgnitionSource::Input(n - 1),
            },
            ..SourceSettings::default()
        }
    }
}

fn timing() -> impl Strategy<Value = Timing> {
    let short = (1..400u32, 1..900u32, 1..90_000u32, 0..200u32);
    prop_oneof![
        2 => Just(Timing::default()),
        1 => short.prop_map(|(idle_s, offline_s, lost_s, future_tolerance_s)| Timing { idle_s, offline_s, lost_s, future_tolerance_s }),
    ]
}

fn draft() -> impl Strategy<Value = Draft> {
    prop_oneof![
        20 => report(),
        3 => Just(Draft::Contact),
        1 => Just(Draft::Replaced),
        1 => settings().prop_map(Draft::Settings),
    ]
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    prop::collection::vec((gap_ms(), draft()), 0..60)
}

/// Sets the drafts into time, the first of them after second 0 of the tables.
fn entries(arrivals: Vec<Arrival>) -> Vec<Entry> {
    let mut received = seconds(0.0);
    let mut all = Vec::new();
    for (number, (gap_ms, draft)) in arrivals.into_iter().enumerate() {
        received = received.plus_ms(gap_ms);
        let kind = match draft {
            Draft::Report { ahead_ms, gnss_ahead_ms, mut report } => {
                report.time = ahead_ms.map(|ms| received.plus_ms(ms));
                if let Some(position) = &mut report.position {
                    position.gnss_time = gnss_ahead_ms.map(|ms| received.plus_ms(ms));
                }
                EntryKind::Report(Box::new(report))
            }
            Draft::Contact => EntryKind::Contact,
            Draft::Replaced => EntryKind::Change(SourceChange::Replaced(DeviceId::new("860123").unwrap())),
            Draft::Settings(settings) => EntryKind::Change(SourceChange::Settings(settings)),
        };
        all.push(Entry { seq: Seq(number as u64 + 1), source: SOURCE, received, kind });
    }
    all
}

/// Between two instants, wherever `share` (of 256) says.
fn between(from: Timestamp, to: Timestamp, share: u8) -> Timestamp {
    from.plus_ms(to.since_ms(from) * i64::from(share) / 256)
}

/// The state without what a sign of life may change.
fn shown(state: &SourceState) -> SourceState {
    let untold = SourceState { seq: Seq(0), last_contact: None, last_update: None, ..state.clone() };
    SourceState { connection: Default::default(), ..untold }
}

proptest! {
    /// The server looks at the clock whenever it likes, is stopped, and goes on from a snapshot: the state is the same
    /// as that of a replay that never looks.
    #[test]
    fn a_replay_gives_the_state_that_was_shown_live(
        arrivals in arrivals(), settings in settings(), timing in timing(),
        looks in prop::collection::vec((any::<u8>(), any::<u8>()), 60), rest_ms in gap_ms(), stop in 0..60usize,
    ) {
        let mut live = Folding::new(&settings, timing);
        let mut replay = live.clone();
        let mut snapshot = live.clone();
        let entries = entries(arrivals);
        let mut now = seconds(0.0);
        for (at, entry) in entries.iter().enumerate() {
            let (first, second) = looks[at];
            for share in [first.min(second), first.max(second)] {
                live.advance(between(now, entry.received, share));
            }
            now = entry.received;
            prop_assert_eq!(live.apply(entry), replay.apply(entry));
            if at < stop {
                snapshot.apply(entry);
            }
        }
        for entry in entries.iter().skip(stop) {
            snapshot.apply(entry);
        }
        let end = now.plus_ms(rest_ms);
        for folding in [&mut live, &mut replay, &mut snapshot] {
            folding.advance(end);
        }
        prop_assert_eq!(&live.state, &replay.state);
        prop_assert_eq!(&live.state, &snapshot.state);
    }

    #[test]
    fn time_may_pass_in_any_steps(
        arrivals in arrivals(), settings in settings(), timing in timing(), steps_ms in prop::collection::vec(gap_ms(), 1..6),
    ) {
        let mut once = Folding::new(&settings, timing);
        let entries = entries(arrivals);
        entries.iter().for_each(|entry| { once.apply(entry); });
        let mut now = entries.last().map_or(seconds(0.0), |entry| entry.received);
        prop_assert!(!once.advance(now), "the last entry left something to do");
        let mut stepwise = once.clone();
        for ms in steps_ms {
            now = now.plus_ms(ms);
            let before = stepwise.state.clone();
            let changed = stepwise.advance(now);
            prop_assert_eq!(changed, before != stepwise.state);
            prop_assert!(!stepwise.advance(now), "a second look changed something");
        }
        once.advance(now);
        prop_assert_eq!(once.state, stepwise.state);
    }

    #[test]
    fn the_next_change_is_due_when_it_happens(arrivals in arrivals(), settings in settings(), timing in timing()) {
        let mut folding = Folding::new(&settings, timing);
        let mut now = seconds(0.0);
        for entry in entries(arrivals) {
            now = entry.received;
            folding.apply(&entry);
        }
        // Idle or parked, offline, and then nothing: a source that is silent comes to rest.
        for _ in 0..4 {
            let Some(due) = folding.next_due() else { break };
            prop_assert!(due > now, "{due} is not after {now}");
            prop_assert!(!folding.advance(due.plus_ms(-1)), "something changed before {due}");
            prop_assert!(folding.advance(due), "nothing changed at {due}");
            now = due;
        }
        prop_assert_eq!(folding.next_due(), None);
        prop_assert!(!folding.advance(Timestamp::MAX));
    }

    #[test]
    fn a_late_report_shows_nothing_and_others_move_on(arrivals in arrivals(), settings in settings(), timing in timing()) {
        let mut folding = Folding::new(&settings, timing);
        for entry in entries(arrivals) {
            folding.advance(entry.received);
            let before = folding.state.clone();
            let applied = folding.apply(&entry);
            let after = &folding.state;
            prop_assert_eq!(after.seq, entry.seq);
            prop_assert!(after.newest >= before.newest);
            let EntryKind::Report(report) = &entry.kind else { continue };
            let at = order_time(report, entry.received, &timing);
            prop_assert_eq!((after.last_contact, after.last_update), (Some(entry.received), Some(entry.received)));
            let is_dated = report.time.is_some() && !is_future(report, entry.received, &timing);
            let expected = if is_dated && before.newest.is_some_and(|newest| at < newest) { Applied::Late } else { Applied::State };
            prop_assert_eq!(applied, expected);
            if applied == Applied::Late {
                prop_assert_eq!(shown(after), shown(&before));
            } else {
                let has_place_in_time = report.time.is_some() || report.position.is_some();
                let moves_on = if has_place_in_time { after.newest >= Some(at) } else { after.newest == before.newest };
                prop_assert!(moves_on);
            }
        }
    }

    #[test]
    fn a_state_is_in_itself_consistent(arrivals in arrivals(), settings in settings(), timing in timing()) {
        let mut folding = Folding::new(&settings, timing);
        for entry in entries(arrivals) {
            folding.apply(&entry);
            let state = &folding.state;
            let latest = entry.received.plus_ms(i64::from(timing.future_tolerance_s) * 1000);
            prop_assert_eq!(state.idle_since.is_some(), state.movement == MovementStatus::Stopped);
            prop_assert!(state.newest <= Some(latest));
            prop_assert!(state.gps.is_none_or(|gps| gps.updated <= latest));
            prop_assert!(state.movement_update.is_none_or(|at| at <= latest));
            prop_assert!(state.gps.is_none_or(|gps| gps.latitude.abs() <= 90.0 && gps.longitude.abs() <= 180.0));
            prop_assert!(state.additional.len() <= 5);
            prop_assert_eq!(state.ignition.is_some() && folding.settings.ignition == IgnitionSource::None, false);
        }
    }

    /// Clocks that jump by years, durations of a century: nothing here may panic, and a look at the clock settles.
    #[test]
    fn no_clock_is_too_wrong(
        drafts in prop::collection::vec((any::<i64>(), draft()), 0..40), settings in settings(),
        timing in any::<[u32; 4]>(),
    ) {
        let [idle_s, offline_s, lost_s, future_tolerance_s] = timing;
        let mut folding = Folding::new(&settings, Timing { idle_s, offline_s, lost_s, future_tolerance_s });
        for (ms, draft) in drafts {
            let mut entry = entries(vec![(0, draft)]).remove(0);
            entry.received = Timestamp::from_ms_clamped(ms);
            folding.apply(&entry);
            prop_assert!(!folding.advance(entry.received));
            folding.next_due();
        }
    }
}
