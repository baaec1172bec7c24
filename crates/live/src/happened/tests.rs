use model::{AttributeId, Attributes, SourceId, SourceSettings, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{Timing, apply, initial};

fn report(events: &[u32], attributes: &[(AttributeId, Value)]) -> Report {
    let attributes: Attributes = attributes.iter().cloned().collect();
    Report { events: events.iter().map(|n| EventId(*n)).collect(), attributes, ..Report::default() }
}

/// What is told of a report, as text: `i1+` for input 1 that is on, `o8-(558)` for output 8 that event 558 says is off.
fn told(before: LastKnown, report: &Report) -> String {
    let say = |(kind, cause): (HappenedKind, Option<EventId>)| {
        let sign = |on| if on { '+' } else { '-' };
        let what = match kind {
            HappenedKind::Input { number, on } => format!("i{number}{}", sign(on)),
            HappenedKind::Output { number, on } => format!("o{number}{}", sign(on)),
            HappenedKind::OnBattery => "battery".to_owned(),
            HappenedKind::Powered => "powered".to_owned(),
            HappenedKind::Moving => "moving".to_owned(),
            HappenedKind::MovingWithoutDriver => "driverless".to_owned(),
        };
        what + &cause.map(|event| format!("({})", event.0)).unwrap_or_default()
    };
    happened(before, report).map(say).collect::<Vec<_>>().join(" ")
}

const UNKNOWN: LastKnown = LastKnown { inputs: None, outputs: None, moving: None, driver: None };

fn lines(inputs: u32, outputs: u32) -> LastKnown {
    LastKnown { inputs: Some(inputs), outputs: Some(outputs), ..UNKNOWN }
}

#[test]
fn a_line_is_told_of_when_its_level_is_new_or_it_is_the_cause() {
    let check = |before: LastKnown, events: &[u32], inputs: Option<i64>, outputs: Option<i64>, wanted: &str| {
        let mask = |id, mask: Option<i64>| mask.map(|mask| (id, Value::Int(mask)));
        let attributes: Vec<_> =
            mask(attr::INPUT_STATUS, inputs).into_iter().chain(mask(attr::OUTPUT_STATUS, outputs)).collect();
        assert_eq!(told(before, &report(events, &attributes)), wanted, "{before:?} {events:?} {inputs:?} {outputs:?}");
    };
    check(lines(0b01, 0), &[], Some(0b10), None, "i1- i2+");
    check(lines(0b01, 0b1000_0000), &[], Some(0b01), Some(0), "o8-");
    check(lines(0b01, 0), &[], Some(0b01), Some(0), "");
    check(lines(0b01, 0), &[], None, None, "");
    // Nothing to compare with.
    check(UNKNOWN, &[], Some(0b11), Some(0b11), "");
    // A cause is told also if its level is not new, and once if it is.
    check(lines(0b01, 0), &[501], Some(0b01), None, "i1+(501)");
    check(lines(0b00, 0), &[501], Some(0b01), None, "i1+(501)");
    check(lines(0b00, 0), &[501, 501], Some(0b11), None, "i1+(501) i2+");
    check(UNKNOWN, &[508, 551, 558], Some(0x80), Some(0x80), "i8+(508) o1-(551) o8+(558)");
    // Its level is the last known, or off.
    check(lines(0b01, 0), &[501], None, None, "i1+(501)");
    check(UNKNOWN, &[501], None, None, "i1-(501)");
    // Other events, and lines above the eighth.
    check(lines(0, 0), &[500, 509, 550, 559, 10_001], Some(0x100), Some(0xFF00), "");
}

#[test]
fn power_is_told_by_its_events() {
    let check = |events: &[u32], wanted: &str| {
        assert_eq!(told(UNKNOWN, &report(events, &[])), wanted, "{events:?}");
    };
    check(&[2], "battery(2)");
    check(&[4], "powered(4)");
    check(&[4, 2, 2], "battery(2) powered(4)");
    check(&[401, 3, 5], "");
}

#[test]
fn movement_is_told_when_it_begins_with_or_without_a_driver() {
    let moving = |moves: bool| (attr::IS_MOVING, Value::Bool(moves));
    let key = |key: &str| (attr::HARDWARE_KEY, Value::from(key));
    let known = |moving: Option<bool>, driver: Option<bool>| LastKnown { moving, driver, ..UNKNOWN };
    let check = |before: LastKnown, events: &[u32], attributes: &[(AttributeId, Value)], wanted: &str| {
        assert_eq!(told(before, &report(events, attributes)), wanted, "{before:?} {events:?} {attributes:?}");
    };
    check(known(Some(false), None), &[], &[moving(true)], "driverless");
    check(known(Some(true), None), &[], &[moving(true)], "");
    check(known(None, None), &[], &[moving(true)], "");
    check(known(Some(true), None), &[], &[moving(false)], "");
    check(known(Some(true), None), &[406], &[moving(true)], "driverless(406)");
    check(known(None, None), &[407], &[], "");
    // Who drives: what the report says, or else what was said last.
    check(known(None, None), &[406], &[key("0000001993887010")], "moving(406)");
    check(known(None, Some(true)), &[406], &[], "moving(406)");
    check(known(None, Some(true)), &[406], &[key("0000000000000000")], "driverless(406)");
    check(known(None, Some(true)), &[406], &[(attr::HARDWARE_KEY, Value::Int(0))], "driverless(406)");
    check(known(None, Some(false)), &[406], &[(attr::HARDWARE_KEY, Value::Int(7))], "moving(406)");
    check(known(None, Some(true)), &[406], &[key("")], "driverless(406)");
}

fn any_report() -> impl Strategy<Value = Report> {
    let lines = || prop::option::of(0..4_i64);
    let key = prop::option::of(prop_oneof![
        prop_oneof![Just("0"), Just("A1"), Just(""), Just("00-00")].prop_map(Value::from),
        (0..2_i64).prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![Just(0.0), Just(-0.0), Just(0.5)].prop_map(Value::Float),
        Just(Value::from("A".repeat(TEXT_BYTES_MAX + 1).as_str())),
    ]);
    let events = prop::collection::vec(prop_oneof![Just(2_u32), Just(4), Just(406), 501..504_u32, Just(551)], 0..3);
    (0..20_i64, lines(), lines(), prop::option::of(any::<bool>()), key, events).prop_map(
        |(s, inputs, outputs, moving, key, events)| {
            let mut attributes = Attributes::default();
            attributes.set_some(attr::INPUT_STATUS, inputs.map(Value::Int));
            attributes.set_some(attr::OUTPUT_STATUS, outputs.map(Value::Int));
            attributes.set_some(attr::IS_MOVING, moving.map(Value::Bool));
            attributes.set_some(attr::HARDWARE_KEY, key);
            Report { time: Timestamp::from_s(1_000 + s), ..report(&events, &[]) }.with(attributes)
        },
    )
}

trait With {
    fn with(self, attributes: Attributes) -> Self;
}

impl With for Report {
    fn with(self, attributes: Attributes) -> Self {
        Self { attributes, ..self }
    }
}

proptest! {
    /// Who has no state but the reports, in the order in which they were folded, knows what the state knows.
    #[test]
    fn what_is_known_is_what_the_reports_before_said(reports in prop::collection::vec(any_report(), 0..30)) {
        let (settings, timing) = (SourceSettings::default(), Timing::default());
        let start = Timestamp::from_s(1_000).expect("in range");
        let mut state = initial(SourceId(1), start, &settings, &timing, start);
        let mut known = LastKnown::default();
        for (seq, report) in (1..).zip(reports) {
            let kind = model::EntryKind::Report(Box::new(report.clone()));
            let received = start.plus_ms(60_000);
            let entry = model::Entry { seq: model::Seq(seq), source: SourceId(1), received, kind };
            if apply(&mut state, &entry, &settings, &timing) != crate::Applied::Late {
                known = LastKnown::said_by(&report).or(known);
            }
            prop_assert_eq!(LastKnown::of(&state), known);
        }
    }

    /// Without causes, an input is told of as often as its level changes.
    #[test]
    fn as_many_inputs_are_told_of_as_levels_change(masks in prop::collection::vec(0..=0x1FF_u32, 1..40)) {
        let mut known = LastKnown::default();
        let mut told = 0;
        for mask in &masks {
            let report = report(&[], &[(attr::INPUT_STATUS, Value::Int((*mask).into()))]);
            for (kind, cause) in happened(known, &report) {
                let HappenedKind::Input { number, on } = kind else { panic!("{kind:?}") };
                prop_assert_eq!((on, cause), (mask >> (number - 1) & 1 == 1, None));
                told += 1;
            }
            known = LastKnown::said_by(&report).or(known);
        }
        let changes: u32 = masks.windows(2).map(|pair| ((pair[0] ^ pair[1]) & 0xFF).count_ones()).sum();
        prop_assert_eq!(told, changes);
    }
}
