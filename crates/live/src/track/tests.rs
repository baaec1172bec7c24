use model::{EventId, MS_PER_SECOND, Position, Report, Seq, SourceId, SourceSettings, Timestamp, attr};
use proptest::prelude::*;

use super::*;
use crate::{Timing, distance_m};

/// Metres of a thousandth of a degree along the equator.
const MILLI_M: f64 = 111.195;

fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_770_000_000 + s).expect("in range")
}

fn second(at_: Timestamp) -> i64 {
    at_.since_ms(at(0)) / MS_PER_SECOND
}

fn replay(settings: &SourceSettings) -> Replay {
    Replay::new(SourceId(7), at(0), settings.clone(), Timing::default())
}

/// A report of a table: `second speed place`, the place in thousandths of a degree along the equator (`-`: no
/// position), then any of `in=3`, `out=1`, `ev=202`, `net` for a position from the network, `ign=0`.
fn report(line: &str) -> (Timestamp, Report) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [s, speed, place, ref more @ ..] = words[..] else { panic!("{line}") };
    let mut report = Report { time: Some(at(s.parse().expect(line))), ..Report::default() };
    report.position = place.parse().ok().map(|milli: f64| {
        let mut position = Position::new(0.0, 10.0 + milli / 1_000.0).expect(line);
        position.set_speed_kmh(speed.parse().expect(line));
        position.satellites = Some(9);
        position
    });
    for word in more {
        match word.split_once('=') {
            Some(("in", mask)) => report.attributes.set(attr::INPUT_STATUS, mask.parse::<i64>().expect(line)),
            Some(("out", mask)) => report.attributes.set(attr::OUTPUT_STATUS, mask.parse::<i64>().expect(line)),
            Some(("ign", on)) => report.attributes.set(attr::IGNITION, on == "1"),
            Some(("ev", number)) => report.events.push(EventId(number.parse().expect(line))),
            _ => report.position.as_mut().expect(line).origin = model::Origin::Network,
        }
    }
    (report.time.expect(line), report)
}

fn steps(settings: &SourceSettings, table: &str) -> Vec<Step> {
    let mut replay = replay(settings);
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    (1..)
        .zip(lines)
        .map(|(seq, line)| {
            let (at, report) = report(line);
            replay.push(Seq(seq), at, report)
        })
        .collect()
}

fn show(trip: &Trip) -> String {
    format!(
        "{}-{} {}p {}m max{} avg{}",
        second(trip.start),
        second(trip.end),
        trip.points,
        trip.length_m.round(),
        trip.max_speed_kmh,
        trip.average_speed_kmh()
    )
}

fn trips_of(steps: &[Step], mut trips: Trips) -> Vec<Trip> {
    let mut all: Vec<_> = steps.iter().filter_map(|step| trips.push(step)).collect();
    all.extend(trips.finish(None));
    all
}

#[test]
fn trips_begin_with_movement_and_end_with_parking() {
    let check = |settings: &SourceSettings, table: &str, expected: &[&str]| {
        let found: Vec<_> = trips_of(&steps(settings, table), Trips::new(true, 10)).iter().map(show).collect();
        assert_eq!(found, expected, "{table}");
    };
    let plain = SourceSettings::default();
    check(&plain, "", &[]);
    check(&plain, "0 0 0\n 10 0 0\n 900 0 0", &[]);
    check(&plain, "0 0 0\n 60 40 6\n 120 50 12", &["60-120 2p 667m max50 avg40"]);
    check(&plain, "0 30 0", &["0-0 1p 0m max30 avg0"]);
    // Parked five minutes after it stopped, by the clock: the next report comes later.
    check(&plain, "0 30 0\n 60 30 5\n 70 0 5\n 1000 0 5", &["0-370 3p 556m max30 avg29"]);
    // Parked by a report that comes at the very moment: it belongs to the trip.
    check(&plain, "0 30 0\n 60 0 5\n 200 0 5\n 360 0 5", &["0-360 3p 556m max30 avg10"]);
    // A short stop does not end a trip; nor does silence.
    check(&plain, "0 30 0\n 60 0 5\n 359 30 6\n 9000 30 7", &["0-9000 4p 778m max30 avg0"]);
    // Two trips: the second begins with the report that shows the first is over.
    check(
        &plain,
        "0 30 0\n 60 0 5\n 361 30 6\n 400 40 9",
        &["0-360 2p 556m max30 avg33", "361-400 2p 334m max40 avg31"],
    );
    // No position: no point, but time passes.
    check(
        &plain,
        "0 30 0\n 10 0 1\n 200 0 -\n 320 0 -\n 500 50 9",
        &["0-310 2p 111m max30 avg40", "500-500 1p 0m max50 avg0"],
    );
    // From the network: a point, but no way and no movement.
    check(&plain, "0 90 0 net\n 5 30 0\n 10 90 50 net\n 15 30 1", &["5-15 3p 111m max90 avg40"]);
    let aware = SourceSettings {
        ignition_aware: true,
        ignition: model::IgnitionSource::Attribute(attr::IGNITION),
        ..SourceSettings::default()
    };
    check(&aware, "0 30 0 ign=1\n 30 30 2 ign=1\n 40 30 3 ign=0\n 50 30 4", &["0-40 3p 334m max30 avg30"]);
    let never = SourceSettings { idle_speed_threshold_kmh: 0, ..SourceSettings::default() };
    check(&never, "0 0 0\n 9000 0 1", &["0-9000 2p 111m max0 avg0"]);
}

#[test]
fn what_is_not_wanted_is_not_counted() {
    let table = "5 30 0\n 10 90 50 net\n 15 30 1";
    let found = trips_of(&steps(&SourceSettings::default(), table), Trips::new(false, 10));
    assert_eq!(found.iter().map(show).collect::<Vec<_>>(), ["5-15 2p 111m max30 avg40"]);
    assert!(trips_of(&steps(&SourceSettings::default(), table), Trips::new(true, 0))[0].shape.is_empty());
}

#[test]
fn trips_taken_as_one() {
    let table = "0 30 0\n 60 0 5\n 361 30 6\n 400 40 9";
    let mut trips = trips_of(&steps(&SourceSettings::default(), table), Trips::new(true, 10)).into_iter();
    let mut all = trips.next().expect("a trip");
    trips.for_each(|trip| all.append(trip));
    assert_eq!(show(&all), "0-400 4p 890m max40 avg32");
    assert_eq!((all.bounds.west, all.bounds.east, all.bounds.north), (10.0, 10.009, 0.0));
    assert_eq!(all.shape.iter().map(|p| second(p.at)).collect::<Vec<_>>(), [0, 60, 361, 400]);
}

#[test]
fn a_trip_under_way_begins_where_the_reader_comes_in() {
    let all = steps(&SourceSettings::default(), "0 30 0\n 60 30 5\n 120 30 10\n 180 30 15");
    let found: Vec<_> = trips_of(&all[2..], Trips::new(true, 10)).iter().map(show).collect();
    assert_eq!(found, ["120-180 2p 556m max30 avg33"], "the way to its first point is not in it");
}

#[test]
fn points_tell_of_trips_and_of_the_way() {
    let found = steps(&SourceSettings::default(), "0 0 0\n 60 30 5\n 120 30 10\n 130 0 10\n 500 0 10\n 510 9 11");
    let points: Vec<_> = found.iter().filter_map(|s| s.point).collect();
    let shown: Vec<_> = points.iter().map(|p| (p.in_trip, (p.driven_m / MILLI_M).round())).collect();
    assert_eq!(shown, [(false, 0.0), (true, 0.0), (true, 5.0), (true, 5.0), (false, 5.0), (true, 5.0)]);
}

#[test]
fn changes_of_lines_and_device_events_are_seen() {
    let settings = SourceSettings { inputs_count: 2, outputs_count: 1, ..SourceSettings::default() };
    // The first masks are no change; line 3 is one that the model does not have.
    let found = steps(&settings, "0 0 - in=1 out=0\n 1 0 - in=6\n 2 0 - in=6 out=3\n 3 0 - ev=202\n 4 0 - in=2");
    let lines: Vec<_> = found.iter().map(|s| (s.inputs, s.outputs, s.events.len())).collect();
    let toggled = |changed, now| Some(Toggled { changed, now });
    assert_eq!(
        lines,
        [(None, None, 0), (toggled(3, 6), None, 0), (None, toggled(1, 3), 0), (None, None, 1), (None, None, 0)]
    );
}

#[test]
fn what_happened_is_told_once_and_numbered() {
    let settings = SourceSettings { inputs_count: 8, outputs_count: 1, ..SourceSettings::default() };
    let check = |table: &str, expected: &[&str]| {
        let found: Vec<_> = steps(&settings, table).iter().flat_map(happenings).collect();
        let shown: Vec<_> = found.iter().map(|h| format!("{} {:?}", second(h.at), h.kind)).collect();
        assert_eq!(shown, expected, "{table}");
        let ids: std::collections::BTreeSet<_> = found.iter().map(Happening::id).collect();
        assert!(ids.len() == found.len() && ids.first().is_none_or(|id| *id > 0), "{ids:?}");
    };
    check("0 0 0 in=0\n 1 0 0 ev=401", &[]);
    check("0 30 0\n 9 0 1\n 400 0 1", &["0 TrackStart", "309 TrackEnd"]);
    check(
        "0 30 0 in=0 out=0 ev=202 ev=4\n 9 0 1 in=130 out=1",
        &[
            "0 TrackStart",
            "0 Device(EventId(202))",
            "0 Device(EventId(4))",
            "9 Input { number: 2, on: true }",
            "9 Input { number: 8, on: true }",
            "9 Output { number: 1, on: true }",
        ],
    );
    // The event says the same as the mask; without a mask it is all there is.
    check(
        "0 0 - in=1\n 1 0 - in=0 ev=501\n 2 0 - ev=502",
        &["1 Input { number: 1, on: false }", "2 Device(EventId(502))"],
    );
}

#[test]
fn ids_follow_from_place_and_kind() {
    let settings = SourceSettings { inputs_count: 32, ..SourceSettings::default() };
    let found = steps(&settings, "0 0 0 in=0\n 1 30 0 in=2147483649 ev=202 ev=401 ev=4");
    assert_eq!(found.iter().flat_map(happenings).map(|h| h.id()).collect::<Vec<_>>(), [513, 545, 576, 640, 642]);
    let end = Happening::track_end(TripEnd { at: at(5), seq: Seq(u64::MAX) });
    assert_eq!(end.id(), i64::MAX - 255 + 2);
}

#[test]
fn ends_name_the_report_with_which_the_stop_began() {
    let found =
        steps(&SourceSettings::default(), "0 30 0\n 60 0 5\n 100 0 5\n 1000 0 5\n 1010 30 5\n 1020 0 6\n 1320 0 6");
    let ends: Vec<_> = found.iter().map(|s| s.ended_before.or(s.ends).map(|e| (second(e.at), e.seq.0))).collect();
    assert_eq!(ends, [None, None, None, Some((360, 2)), None, None, Some((1320, 6))]);
    let mut open = replay(&SourceSettings::default());
    for (seq, line) in (1..).zip(["0 30 0", "60 0 5"]) {
        let (at, report) = report(line);
        open.push(Seq(seq), at, report);
    }
    assert_eq!(open.settle(at(359)), None);
    assert_eq!(open.settle(at(9_000)), Some(TripEnd { at: at(360), seq: Seq(2) }));
    assert_eq!(open.settle(at(9_999)), None, "told once");
}

#[test]
fn a_report_out_of_order_has_no_point() {
    let found = steps(&SourceSettings::default(), "60 30 0\n 0 30 50\n 120 30 1");
    assert_eq!(found.iter().map(|s| s.point.is_some()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(found[2].driven_m.round(), MILLI_M.round());
}

fn line(places: &[(f64, f64)]) -> Vec<TrackPoint> {
    let found = steps(&SourceSettings::default(), "0 30 0");
    let one = found[0].point.expect("a point");
    (0..)
        .zip(places)
        .map(|(s, (latitude, longitude))| TrackPoint { at: at(s), latitude: *latitude, longitude: *longitude, ..one })
        .collect()
}

#[test]
fn the_points_that_bear_the_shape_stay() {
    let check = |places: &[(f64, f64)], points_max: usize, stay: &[i64]| {
        let mut points = line(places);
        simplify(&mut points, points_max);
        assert_eq!(points.iter().map(|p| second(p.at)).collect::<Vec<_>>(), stay, "{places:?} {points_max}");
    };
    let corner = [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (1.0, 2.0), (2.0, 2.0)];
    check(&corner, 5, &[0, 1, 2, 3, 4]);
    check(&corner, 3, &[0, 2, 4]);
    check(&corner, 2, &[0, 4]);
    check(&corner, 0, &[0, 4]);
    check(&[], 2, &[]);
    check(&[(1.0, 1.0)], 2, &[0]);
    // Straight across the 180th meridian, then a bend: the bend stays.
    check(&[(0.0, 179.0), (0.0, 179.9), (0.0, -179.0), (0.5, -178.0), (0.0, -177.0)], 4, &[0, 2, 3, 4]);
}

/// A recorded drive that lies beside the project in some checkouts, as reports. Speeds follow from the places.
fn recorded(name: &str) -> Option<Vec<Report>> {
    let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/cabs")).join(name);
    let text = std::fs::read_to_string(path).ok()?;
    let mut before: Option<((f64, f64), i64)> = None;
    let reports = text.lines().map(|line| {
        let words: Vec<f64> = line.split_whitespace().map(|word| word.parse().expect(line)).collect();
        let [latitude, longitude, occupied, s] = words[..] else { panic!("{line}") };
        let (place, s) = ((latitude, longitude), s as i64);
        let speed =
            before.filter(|(_, t)| s > *t).map_or(0.0, |(from, t)| distance_m(from, place) / (s - t) as f64 * 3.6);
        before = Some((place, s));
        let mut position = Position::new(latitude, longitude).expect(line);
        position.set_speed_kmh(speed.min(200.0));
        let attributes = [(attr::INPUT_STATUS, occupied as i64)].into_iter().collect();
        Report { time: Timestamp::from_s(s), position: Some(position), attributes, ..Report::default() }
    });
    Some(reports.collect())
}

/// The trips of recorded taxis, as a file that a person can check against a map.
#[test]
#[allow(clippy::print_stdout, reason = "says why there is nothing to test")]
fn recorded_drives_become_the_trips_that_were_written_down() {
    let (mut checked, golden) = (0, include_str!("golden/trips.txt"));
    for name in ["abboip.txt", "aiwalb.txt"] {
        let Some(reports) = recorded(name) else {
            println!("skipped: the recorded drive {name} is not beside the project");
            continue;
        };
        let settings = SourceSettings { inputs_count: 1, ..SourceSettings::default() };
        let mut replay = Replay::new(SourceId(7), at(0), settings, Timing::default());
        let (mut trips, mut all, mut fares) = (Trips::new(true, 0), Vec::new(), 0);
        for (seq, report) in (1..).zip(reports) {
            let step = replay.push(Seq(seq), report.time.expect("a time"), report);
            fares += usize::from(step.inputs.is_some());
            all.extend(trips.push(&step));
        }
        all.extend(trips.finish(None));
        let kilometres = all.iter().map(|t| t.length_m).sum::<f64>() / 1_000.0;
        let mut found = format!("{name}: {} trips, {kilometres:.1} km, {fares} changes of fare\n", all.len());
        for trip in all.iter().take(40) {
            let minutes = trip.end.since_ms(trip.start) as f64 / 60_000.0;
            found += &format!("{} {minutes:.1} min {:.2} km {}p\n", trip.start, trip.length_m / 1_000.0, trip.points);
        }
        assert!(golden.contains(&found), "{found}");
        checked += 1;
    }
    // The recordings are not part of this repository: without them there is nothing to look at here.
    assert!(checked == 2 || recorded("abboip.txt").is_none());
}

fn reports() -> impl Strategy<Value = Vec<(i64, u16, i32)>> {
    prop::collection::vec((1..400_i64, prop_oneof![Just(0), 0..80_u16], -50..50_i32), 0..60)
}

fn replayed(drafts: &[(i64, u16, i32)]) -> Vec<Step> {
    let mut s = 0;
    let lines: Vec<_> = drafts
        .iter()
        .map(|(pause, speed, place)| {
            s += pause;
            format!("{s} {speed} {place}")
        })
        .collect();
    steps(&SourceSettings::default(), &lines.join("\n"))
}

proptest! {
    #[test]
    fn trips_cover_all_movement_and_nothing_twice(drafts in reports()) {
        let all = replayed(&drafts);
        let trips = trips_of(&all, Trips::new(true, 10_000));
        prop_assert!(trips.windows(2).all(|pair| pair[0].end <= pair[1].start));
        let moving = all.iter().zip(&drafts).filter(|(_, (_, speed, _))| *speed >= 3);
        for (step, _) in moving {
            prop_assert!(trips.iter().any(|t| t.start <= step.at && step.at <= t.end));
        }
        let driven: f64 = all.iter().map(|s| s.driven_m).sum();
        let length: f64 = trips.iter().map(|t| t.length_m).sum();
        prop_assert!((driven - length).abs() < 1e-6);
        prop_assert_eq!(all.iter().filter(|s| s.in_trip).count() as u64, trips.iter().map(|t| t.points).sum::<u64>());
        for trip in &trips {
            let by_hand: f64 = trip.shape.windows(2).map(|p| distance_m(p[0].place(), p[1].place())).sum();
            prop_assert!((by_hand - trip.length_m).abs() < 1e-6);
            prop_assert!(trip.shape.iter().all(|p| (trip.bounds.west..=trip.bounds.east).contains(&p.longitude)));
        }
    }

    #[test]
    fn starts_and_ends_alternate(drafts in reports()) {
        let mut under_way = false;
        for step in replayed(&drafts) {
            if step.ended_before.is_some() {
                prop_assert!(std::mem::replace(&mut under_way, false));
            }
            if step.starts {
                prop_assert!(!std::mem::replace(&mut under_way, true));
            }
            prop_assert_eq!(step.in_trip, under_way);
            if step.ends.is_some() {
                prop_assert!(std::mem::replace(&mut under_way, false));
            }
        }
    }

    #[test]
    fn a_thinned_line_is_part_of_the_line(
        places in prop::collection::vec((-90.0..90.0_f64, -180.0..180.0_f64), 0..200),
        points_max in 0..60_usize,
    ) {
        let points = line(&places);
        let mut thinned = points.clone();
        simplify(&mut thinned, points_max);
        prop_assert_eq!(thinned.len(), points.len().min(points_max.max(2)));
        prop_assert_eq!(thinned.first(), points.first());
        prop_assert_eq!(thinned.last(), points.last());
        let mut rest = points.iter();
        prop_assert!(thinned.iter().all(|p| rest.any(|q| q == p)));
    }

    #[test]
    fn a_thinner_holds_no_more_than_it_may(len in 0..4_000_usize, points_max in 0..50_usize) {
        let places: Vec<_> = (0..len).map(|i| ((i as f64 / 7.0).sin(), i as f64 / 100.0)).collect();
        let mut thinner = Thinner::new(points_max);
        let points = line(&places);
        points.iter().for_each(|p| thinner.push(*p));
        let thinned = thinner.finish();
        let kept = if points_max == 0 { 0 } else { len.min(points_max.max(2)) };
        prop_assert_eq!(thinned.len(), kept);
        if kept > 1 {
            prop_assert_eq!((thinned.first(), thinned.last()), (points.first(), points.last()));
        }
    }
}
