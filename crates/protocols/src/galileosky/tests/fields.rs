use super::*;

fn decoded(hex: &str) -> Report {
    one_report(&after_login(&format!("20DD29B569 {hex}")))
}

#[test]
fn tags_become_attributes() {
    let check = |hex: &str, wanted: &[(&str, Value)]| {
        let r = decoded(hex);
        wanted.iter().for_each(|(name, wanted)| has(&r, name, wanted.clone()));
        assert_eq!(r.attributes.len(), wanted.len(), "{hex}: {r:?}");
    };
    let float = Value::Float;
    let text = |text: &str| Value::from(text);
    check("35FF", &[("hdop", float(25.5))]);
    check("43 81", &[("temperature_internal", Value::Int(-127))]);
    check(
        "44 01040030",
        &[
            ("acceleration_raw_x", Value::Int(1)),
            ("acceleration_raw_y", Value::Int(1)),
            ("acceleration_raw_z", Value::Int(768)),
        ],
    );
    check("45 0180", &[("output_status", Value::Int(0x8001))]);
    check(
        "47 01020304",
        &[
            ("driving_acceleration", Value::Int(1)),
            ("driving_braking", Value::Int(2)),
            ("driving_cornering", Value::Int(3)),
            ("driving_bumps", Value::Int(4)),
        ],
    );
    check("48 0102", &[("extended_status", Value::Int(0x0201))]);
    check("57 FFFF", &[("analog_8", float(65.535))]);
    check("78 E803 7D D007", &[("analog_9", float(1.0)), ("analog_14", float(2.0))]);
    check("58 0100 59 0200", &[("lls_level_raw_17", float(1.0)), ("lls_level_raw_18", float(2.0))]);
    check("5A 04030201", &[("electric_meter", Value::Int(0x0102_0304))]);
    check("5B 01020304050607", &[("refrigerator", text("01020304050607"))]);
    check(&format!("5C {}", "AB".repeat(68)), &[("tyres", text(&"AB".repeat(68)))]);
    check("5D 010203", &[("dosimeter", text("010203"))]);
    check("60 FF0F 62 0100", &[("lls_level_raw_1", float(4_095.0)), ("lls_level_raw_3", float(1.0))]);
    check("63 0100F6", &[("lls_level_raw_4", float(1.0)), ("fuel_temperature_4", float(-10.0))]);
    check("6F 010005", &[("lls_level_raw_16", float(1.0)), ("fuel_temperature_16", float(5.0))]);
    check("77 09C9", &[("temperature_sensor_id_8", Value::Int(9)), ("temperature_8", float(-55.0))]);
    check("70 7F80", &[("temperature_sensor_id_1", Value::Int(127))]);
    check(
        "80 0719FF",
        &[("humidity_sensor_id_1", Value::Int(7)), ("temperature_9", float(25.0)), ("humidity_1", float(100.0))],
    );
    check(
        "87 07F633",
        &[("humidity_sensor_id_8", Value::Int(7)), ("temperature_16", float(-10.0)), ("humidity_8", float(20.0))],
    );
    check("88 05 89 06", &[("fuel_temperature_17", float(5.0)), ("fuel_temperature_18", float(6.0))]);
    check("8A 05 8C FF", &[("fuel_temperature_1", float(5.0)), ("fuel_temperature_3", float(-1.0))]);
    check("90 EFBEADDE", &[("hardware_key", text("DEADBEEF"))]);
    check("D3 01000000", &[("hardware_key_2", text("00000001"))]);
    check("A0 01 AF 02", &[("can_8bit_r15", Value::Int(1)), ("can_8bit_r30", Value::Int(2))]);
    check("B0 0100 B9 0200", &[("can_16bit_r5", Value::Int(1)), ("can_16bit_r14", Value::Int(2))]);
    check("C0 03000000", &[("can_consumption", float(1.5))]);
    check(
        "C1 FA8240 1F",
        &[("can_fuel_1", float(100.0)), ("can_coolant_t", Value::Int(90)), ("can_rpm", float(1_000.0))],
    );
    check("C2 C8000000", &[("can_mileage", float(1.0))]);
    check("C3 01000080", &[("can_b1", Value::Int(0x8000_0001))]);
    check("C4 01 D2 FF", &[("can_8bit_r0", Value::Int(1)), ("can_8bit_r14", Value::Int(255))]);
    check("D4 87D61200", &[("hardware_mileage", float(1_234.567))]);
    check("D5 01", &[("key_state", Value::Int(1))]);
    check("D6 0100 DA 0200", &[("can_16bit_r0", Value::Int(1)), ("can_16bit_r4", Value::Int(2))]);
    check("DB 01000000 DF FFFFFFFF", &[("can_32bit_r0", Value::Int(1)), ("can_32bit_r4", Value::Int(0xFFFF_FFFF))]);
    check("F0 01000000 F9 02000000", &[("can_32bit_r5", Value::Int(1)), ("can_32bit_r14", Value::Int(2))]);
    check("E2 01000000 E9 02000000", &[("user_data_1", Value::Int(1)), ("user_data_8", Value::Int(2))]);
    check("EA 03 010203", &[("user_array", text("010203"))]);
    check("FA 010203", &[("galileosky_fa", text("010203"))]);
    check("FD 0102030405060708", &[("galileosky_fd", text("0102030405060708"))]);
    check("FE 0300 010005 35 09", &[("galileosky_fe", text("010005")), ("hdop", float(0.9))]);
}

#[test]
fn what_is_not_there_is_left_out() {
    for hex in ["90 00000000", "C0 FFFFFFFF", "C1 FFFFFFFF", "C2 FFFFFFFF", "EA 00"] {
        assert!(after_login(&format!("20DD29B569 {hex}")).reports().is_empty(), "{hex}");
    }
}

#[test]
fn every_flag_has_a_word() {
    let check = |status: u16, names: &[&str], events: &[u32]| {
        let [low, high] = status.to_le_bytes();
        let r = decoded(&format!("40 {low:02X}{high:02X}"));
        has(&r, "galileosky_status", i64::from(status));
        names.iter().for_each(|name| has(&r, name, true));
        assert_eq!(
            r.attributes.len(),
            names.len() + 4 - names.iter().filter(|n| ["ignition", "armed"].contains(n)).count()
        );
        assert_eq!(r.events, events.iter().map(|e| EventId(*e)).collect::<Vec<_>>());
        r
    };
    check(0, &[], &[]);
    let names = ["vibration", "inclination", "key_known", "sim_missing", "in_geofence", "battery_low"];
    names.iter().enumerate().for_each(|(bit, name)| {
        check(1 << bit, &[name], &[]);
    });
    check(1 << 6 | 1 << 7 | 1 << 8, &["gps_antenna_off", "internal_bus_low", "board_voltage_low"], &[]);
    check(1 << 9, &["ignition"], &[]);
    check(1 << 10 | 1 << 15, &["impact", "alarm"], &[104, 113]);
    check(1 << 14, &["armed"], &[]);
    has(&check(3 << 12, &[], &[]), "gsm_signal_level", 100);
    has(&check(1 << 12, &[], &[]), "gsm_signal_level", 33);
}

#[test]
fn places_are_judged() {
    let check = |hex: &str, wanted: Option<(bool, Origin)>| {
        let report = after_login(&format!("20DD29B569 {hex} 3509")).reports()[0].clone();
        assert_eq!(report.position.map(|p| (p.valid, p.origin)), wanted, "{hex}");
    };
    check("300B459C01FE2EACC9FB", Some((true, Origin::Gnss)));
    check("301B459C01FE2EACC9FB", Some((false, Origin::Gnss)));
    check("3020459C01FE2EACC9FB", Some((true, Origin::Network)));
    check("3000459C01FE2EACC9FB", Some((false, Origin::Gnss)));
    check("300B0000000000000000", None);
    check("300BC08B6C05 2EACC9FB", None);
    check("300B459C01FE2EACC9FB 33FFFFFFFF", None);
    let p = decoded("300B459C01FE2EACC9FB 3300 00100E 34 18FC").position.expect("has one");
    assert_eq!((p.speed_kmh, p.heading_deg, p.altitude_m), (Some(0.0), Some(0), Some(-1_000.0)));
    let p = decoded("300B459C01FE2EACC9FB 3300 00110E 34 17FC").position.expect("has one");
    assert_eq!((p.heading_deg, p.altitude_m), (None, None));
    let r = decoded("21 FA00 3509");
    assert_eq!(r.time.map(|t| t.ms()), Some(1_773_480_413_250));
}
