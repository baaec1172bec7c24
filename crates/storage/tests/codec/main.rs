//! The codec: nothing is lost, nothing is believed, and nothing changes silently.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they expect")]

mod arbitrary;

use model::{
    AttributeId, Attributes, DeviceId, EventId, InternError, Position, Report, Seq, SourceChange, SourceId, Timestamp,
    Value, attr,
};
use proptest::prelude::*;
use storage::codec::{
    CodecError, Saved, content_hash, decode_change, decode_report, decode_snapshot, encode_change, encode_report,
    encode_snapshot,
};

fn encoded<T>(encode: impl Fn(&T, &mut Vec<u8>), value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(value, &mut bytes);
    bytes
}

fn encode_saved(saved: &Saved, out: &mut Vec<u8>) {
    let settings = saved.settings.clone().unwrap_or_default();
    encode_snapshot(&saved.state, &saved.values, &settings, out);
}

/// What goes in comes out; every shorter piece and every longer one is refused.
fn check<T: PartialEq + std::fmt::Debug>(
    value: &T,
    encode: impl Fn(&T, &mut Vec<u8>),
    decode: impl Fn(&[u8]) -> Result<T, CodecError>,
) {
    let mut bytes = encoded(encode, value);
    assert_eq!(decode(&bytes).as_ref(), Ok(value));
    for cut in 0..bytes.len() {
        assert_eq!(decode(&bytes[..cut]), Err(CodecError::Truncated), "cut at {cut} of {}", bytes.len());
    }
    bytes.push(0);
    assert_eq!(decode(&bytes), Err(CodecError::TrailingBytes));
}

/// Bytes at the edge of being a value: one byte of a real one is another, or a piece of it is twice there.
fn damaged<T: std::fmt::Debug>(
    values: impl Strategy<Value = T>,
    encode: impl Fn(&T, &mut Vec<u8>),
) -> impl Strategy<Value = Vec<u8>> {
    (values, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(move |(value, at, byte, again)| {
        let mut bytes = encoded(&encode, &value);
        let at = at.index(bytes.len());
        if again {
            bytes.extend_from_within(at..);
        } else {
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn reports_survive(report in arbitrary::report()) {
        check(&report, encode_report, decode_report);
    }

    #[test]
    fn snapshots_survive(saved in arbitrary::saved()) {
        check(&saved, encode_saved, decode_snapshot);
    }

    #[test]
    fn changes_survive(change in arbitrary::change()) {
        check(&change, encode_change, decode_change);
    }

    #[test]
    fn whatever_decodes_is_a_value(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|mut bytes| { bytes.insert(0, 1); bytes }),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|mut bytes| { bytes.insert(0, 2); bytes }),
            damaged(arbitrary::report(), encode_report),
            damaged(arbitrary::saved(), encode_saved),
            damaged(arbitrary::change(), encode_change),
        ]
    ) {
        // Through bytes: what is decoded may hold NaN, which does not equal itself.
        if let Ok(report) = decode_report(&bytes) {
            let again = encoded(encode_report, &report);
            prop_assert_eq!(encoded(encode_report, &decode_report(&again).unwrap()), again);
        }
        if let Ok(saved) = decode_snapshot(&bytes) {
            let again = encoded(encode_saved, &saved);
            prop_assert_eq!(encoded(encode_saved, &decode_snapshot(&again).unwrap()), again);
        }
        if let Ok(change) = decode_change(&bytes) {
            prop_assert_eq!(decode_change(&encoded(encode_change, &change)), Ok(change));
        }
    }
}

/// A report as trackers send them.
fn golden_report() -> Report {
    let mut position = Position::new(52.520_008_3, 13.404_954_1).unwrap();
    position.set_altitude_m(34.0);
    position.set_speed_kmh(63.0);
    position.set_heading_deg(271.0);
    position.satellites = Some(14);
    let mut attributes = Attributes::default();
    attributes.set(attr::IGNITION, true);
    attributes.set(attr::BOARD_VOLTAGE, Value::Float(13.842));
    attributes.set(attr::GSM_SIGNAL_LEVEL, 80);
    attributes.set(AttributeId::avl_io(239), 1);
    attributes.set(attr::VIN, "WVWZZZ1JZ3W386752");
    attributes.set(AttributeId::intern("golden own name").unwrap(), Value::Float(0.1 + 0.2));
    Report {
        time: Some(Timestamp::parse_iso("2026-03-14T09:26:53.250Z").unwrap()),
        position: Some(position),
        events: vec![EventId(11)],
        archived: true,
        attributes,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Stored keys depend on these bytes. If this test fails, a new format is needed, not a new expectation.
#[test]
fn the_bytes_of_a_report_and_its_hash_never_change() {
    let bytes = encoded(encode_report, &golden_report());
    let expected = [
        "010f84a1dcba9d67",                                                     // format, what it has, time
        "f107d3ea4d1f056ffd07447e8f020e",                                       // position
        "010b",                                                                 // event
        "06597ca4d801e201a001fa8e2002c501115756575a5a5a314a5a3357333836373532", // attributes, to the VIN
        "030f676f6c64656e206f776e206e616d65343333333333d33f",                   // a name of its own, and a raw double
    ];
    assert_eq!((hex(&bytes), content_hash(&bytes)), (expected.concat(), 3_160_911_813_638_200_375));
    assert_eq!(decode_report(&bytes), Ok(golden_report()));
    assert_eq!(content_hash(b""), u64::from_le_bytes([0xaf, 0x13, 0x49, 0xb9, 0xf5, 0xf9, 0xa1, 0xa6]));
}

#[test]
fn the_bytes_of_a_change_never_change() {
    let change = SourceChange::Replaced(DeviceId::new("356307042441013").unwrap());
    assert_eq!(hex(&encoded(encode_change, &change)), "02020f333536333037303432343431303133");
    assert_eq!(decode_change(&bytes("01020f333536333037303432343431303133")), Ok(change));
    let change = SourceChange::Settings(model::SourceSettings::default());
    let one = "000000000000f03f";
    assert_eq!(hex(&encoded(encode_change, &change)), format!("0201000000ac0203000000904e00{one}00{one}"));
    assert_eq!(decode_change(&bytes("0101000000ac0203000000904e00")), Ok(change));
    let change = SourceChange::Counter { kind: model::CounterKind::EngineHours, value: 1.0 };
    assert_eq!(hex(&encoded(encode_change, &change)), format!("0204{one}"));
    assert_eq!(decode_change(&bytes("0203000000000000f07f")), Err(CodecError::Malformed));
}

/// What the first version saved: a state alone.
#[test]
fn a_state_saved_without_values_is_read() {
    let old = "018794ebdc03058090c5c38367000302000000000000000000000157c0b9ccc383670000080400";
    let saved = decode_snapshot(&bytes(old)).unwrap();
    assert_eq!((saved.state.source, saved.state.seq), (SourceId(1_000_000_007), Seq(5)));
    assert_eq!(saved.state.battery, Some((87, Timestamp::from_s(1_770_000_060).unwrap())));
    assert_eq!((saved.state.inputs_count, saved.state.outputs_count), (8, 4));
    assert_eq!((saved.values, saved.settings), (model::SourceValues::default(), None));
}

#[test]
fn what_devices_send_is_short() {
    let check = |report: &Report, len: usize| assert_eq!(encoded(encode_report, report).len(), len, "{report:?}");
    check(&Report::default(), 3);
    let fixed = Position::new(52.520_008_3, -13.404_954_1).unwrap();
    let raw = Position::new(52.520_008_31, -13.404_954_1).unwrap();
    let at = |position| Report { position: Some(position), ..Report::default() };
    check(&at(fixed), 13);
    check(&at(raw), 21);
    let with = |value: Value| Report { attributes: [(attr::HDOP, value)].into_iter().collect(), ..Report::default() };
    check(&with(Value::Bool(true)), 4);
    check(&with(Value::Int(63)), 5);
    check(&with(Value::Float(0.9)), 6);
    check(&with(Value::Float(1.0 / 3.0)), 12);
    check(&with(Value::Float(-0.0)), 12);
}

#[test]
fn damage_is_told_apart() {
    let state = |bytes: &[u8]| decode_snapshot(bytes).map(|saved| (saved.state.source, saved.state.seq));
    let refused = Err::<(SourceId, Seq), _>;
    assert_eq!(state(&[]), refused(CodecError::Truncated));
    assert_eq!(state(&[3]), refused(CodecError::UnknownFormat(3)));
    assert_eq!(decode_change(&[3]), Err(CodecError::UnknownFormat(3)));
    let check = |bytes: &[u8], error: CodecError| assert_eq!(decode_report(bytes), Err(error), "{bytes:?}");
    check(&[], CodecError::Truncated);
    check(&[0, 0, 0], CodecError::UnknownFormat(0));
    check(&[1, 0x10, 0], CodecError::Malformed);
    check(&[1, 0, 0, 0], CodecError::TrailingBytes);
    // An attribute number between the shared ones and a process's own.
    check(&[1, 0, 1, 0x80, 0x80, 0x40], CodecError::UnknownAttribute(0x2_0000));
    check(&[1, 0, 1, 0, 0], CodecError::Name(InternError::BadName));
    // The same attribute twice.
    check(&[1, 0, 2, 11 << 3, 11 << 3], CodecError::Malformed);
    // A fix that is both missing and the last known; a whole altitude that is not there.
    check(&[1, 2, 0b110, 0, 0], CodecError::Malformed);
    check(&[1, 2, 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], CodecError::Malformed);
    // Counts far beyond the bytes that are there.
    check(&[1, 4, 0xff, 0xff, 0xff, 0xff, 0x0f], CodecError::Truncated);
    check(&[1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f], CodecError::Truncated);
}
