//! The table of attribute names is the process's, so a test that fills it has a process of its own.

use model::{
    AttributeId, Attributes, IgnitionSource, InternError, MAX_DYNAMIC_NAMES, Metering, MeteringRules, MeteringType,
    Report, SourceChange, SourceSettings, Value, VirtualRule, attr,
};
use storage::codec::{decode_change, decode_report, encode_change, encode_report};

/// A change of settings that looks at an attribute of this name.
fn change(id: AttributeId, ignition: IgnitionSource) -> Vec<u8> {
    let odometer = Metering {
        sensor_type: MeteringType::Custom,
        input_name: "Weg".into(),
        input: Some(id),
        divider: 1.0,
        accuracy: 0.0,
        units: String::new(),
        units_type: "custom".into(),
        rules: MeteringRules::default(),
        calibration: Vec::new(),
    };
    let settings = SourceSettings {
        ignition,
        odometer_sensor: Some(odometer.into()),
        min_idle_s: 77,
        ..SourceSettings::default()
    };
    let mut bytes = Vec::new();
    encode_change(&SourceChange::Settings(settings), &mut bytes);
    bytes
}

/// As another process stored it, whose names are not ours.
fn renamed(mut bytes: Vec<u8>) -> Vec<u8> {
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(b"own_a") {
            bytes[at + 4] = b'b';
        }
    }
    bytes
}

#[test]
fn what_was_stored_is_readable_although_there_is_no_room_for_one_of_its_names() {
    let said = |own: &[(AttributeId, Value)]| Report { attributes: own.iter().cloned().collect(), ..Report::default() };
    let known = (attr::VIN, Value::from("W1"));
    let other = (AttributeId::intern("own_a").expect("room"), Value::Int(7));
    let mut bytes = Vec::new();
    encode_report(&said(&[other.clone(), known.clone()]), &mut bytes);
    // As another process stored it, whose names are not ours.
    let at = bytes.windows(5).position(|w| w == b"own_a").expect("by name");
    bytes[at + 4] = b'b';

    let id = other.0;
    let sources =
        [IgnitionSource::Attribute(id), IgnitionSource::Virtual { input: id, rule: VirtualRule::BitIndex(3) }];
    let changes = sources.map(|ignition| renamed(change(id, ignition)));

    for n in 1..MAX_DYNAMIC_NAMES {
        AttributeId::intern(&format!("filler_{n}")).expect("room");
    }
    assert_eq!(AttributeId::intern("own_b"), Err(InternError::TableFull));
    assert_eq!(decode_report(&bytes).map(|report| report.attributes), Ok(Attributes::from_iter([known.clone()])));
    bytes[at + 4] = b'a';
    assert_eq!(decode_report(&bytes).map(|report| report.attributes), Ok(Attributes::from_iter([other, known])));

    // Settings of another time, or the server would not start on their account.
    for bytes in changes {
        let Ok(SourceChange::Settings(found)) = decode_change(&bytes) else { panic!("readable") };
        assert_eq!((found.ignition, found.min_idle_s), (IgnitionSource::None, 77));
        assert_eq!(found.odometer_sensor.map(|sensor| (sensor.input, sensor.divider)), Some((None, 1.0)));
    }
}
