//! What the items of single makers say.

use super::*;

fn check(items: &str, name: &str, wanted: f64) {
    has_float(&with_items(&[], items), name, wanted);
}

fn check_of(model: &str, items: &str, name: &str, wanted: f64) {
    has_float(&with_items(&[("model", model)], items), name, wanted);
}

fn check_text(items: &str, name: &str, wanted: &str) {
    has(&with_items(&[], items), name, wanted);
}

fn check_event(model: &str, items: &str, wanted: &[u32]) {
    let pairs = [("model", model)];
    let report = with_items(if model.is_empty() { &[] } else { &pairs }, items);
    assert_eq!(events(&report), wanted, "{model} {items}");
}

/// An item whose value is a text.
fn text_item(id: u8, text: &str) -> String {
    let digits: String = text.bytes().map(|b| format!("{b:02X}")).collect();
    format!("{id:02X}{:02X}{digits}", text.len())
}

#[test]
fn items_of_eighteen_bytes_are_items_whichever_comes_first() {
    check("0601 55 0104 00003039 3001 1F 3101 0B 3301 05", "battery_level", 85.0);
    check("1101 00 0104 00003039 3001 1F 3101 0B 3301 05", "hardware_mileage", 1_234.5);
    check("1105 01 00000009 0202 00C8 0202 00C8 3001 1F", "overspeed_area", 9.0);
    check("1206 04 00000005 01 0104 00003039 0202 00C8", "hardware_mileage", 1_234.5);
    check("1307 00000008 0064 01 0601 55 3001 1F 3101 0B", "route_segment", 8.0);
    check("1404 00000003 0104 00003039 3001 1F 3101 0B", "jt808_video_alarm", 3.0);
}

#[test]
fn batteries_and_voltages() {
    check("5602 0901", "battery_level", 90.0);
    check("5602 0901", "jt808_battery_state", 1.0);
    check("6102 04D2", "board_voltage", 12.34);
    check("6802 2134", "battery_level", 85.0);
    check("6902 0191", "battery_voltage", 4.01);
    check("8202 007C", "board_voltage", 12.4);
    check("D302 007C", "board_voltage", 12.4);
    check("A704 04D2 0064", "analog_1", 12.34);
    check("AC04 0012D644", "hardware_mileage", 1_234.5);
    check("D401 55", "battery_level", 85.0);
    has(&with_items(&[], "E101 FF"), "charging_status", true);
    check("E102 007C", "board_voltage", 12.4);
    check_text("E904 00ABCDEF", "hardware_key", "00ABCDEF");
    check("E204 000001F4", "fuel_level_1", 50.0);
    let not_fuel = with_items(&[("model", "DT800")], "E204 000001F4");
    assert_eq!(value(&not_fuel, "fuel_level_1"), None);
    has(&not_fuel, "jt808_item_e2", "000001F4");
    check("E304 01 55 0191", "battery_voltage", 4.01);
    check("E304 01 55 0191", "battery_level", 85.0);
    has(&with_items(&[], "E402 00 55"), "charging_status", true);
    has(&with_items(&[], "E402 01 55"), "charging_status", false);
    has(&with_items(&[], "E501 01"), "is_moving", true);
    check("EE06 1F 3039 0FAB 0B", "board_voltage", 12.345);
    check("EE06 1F 3039 0FAB 0B", "battery_voltage", 4.011);
    assert_eq!(with_items(&[], "EE06 1F 3039 0FAB 0B").position.and_then(|p| p.satellites), Some(11));
    check("F104 00003039", "board_voltage", 12.345);
    check("F704 00000FAB", "battery_voltage", 4.011);
    has(&with_items(&[], "F706 00000FAB 03 55"), "charging_status", true);
    check("F706 00000FAB 01 55", "battery_level", 85.0);
    has(&with_items(&[], "F706 00000FAB 01 55"), "charging_status", false);
    check("F702 01F4", "humidity_1", 50.0);
    check("FE01 55", "battery_level", 85.0);
    check("FE02 0029", "battery_voltage", 4.1);
    check("FE04 0012D644", "hardware_mileage", 1_234.5);
    check_event("", "FE07 7C 0104 0000001F", &[240, 241, 239, 242, 106]);
    check_event("", "D004 00000008", &[113]);
    check_text(&text_item(0xF2, "V1.2"), "firmware", "V1.2");
    check_text(&text_item(0xBC, "Driver 7"), "driver_name", "Driver 7");
    check_text(&text_item(0xBD, "ABC123"), "hardware_key", "ABC123");
    check_text(&text_item(0xED, "ABC124"), "hardware_key", "ABC124");
}

#[test]
fn temperatures_have_a_sign_of_their_own() {
    let report = with_items(&[], "5108 00FA 80C8 FFFF 0352");
    has_float(&report, "temperature_1", 25.0);
    has_float(&report, "temperature_2", -20.0);
    assert_eq!(value(&report, "temperature_3"), None);
    has_float(&report, "temperature_4", 85.0);
    check("F802 02EE", "temperature_1", 25.0);
    check_of("C5L", "F802 02EE", "steps", 750.0);
    check("EA0C 00 1301 64 1502 01F4 1602 02EE", "temperature_1", 25.0);
    check("EA0C 00 1301 64 1502 01F4 1602 02EE", "humidity_1", 50.0);
    check("EA0C 00 1301 64 1502 01F4 1602 02EE", "light", 100.0);
    check("EA05 00 1402 03F5", "pressure", 1_013.0);
    has(&with_items(&[], "EA04 00 9901 64"), "jt808_item_ea", "00990164");
}

#[test]
fn locks_and_seals() {
    check("3301 02", "jt808_mode", 2.0);
    let report = with_items(&[], &text_item(0x33, "*M00,8,01,401,2#"));
    has_float(&report, "battery_voltage", 4.01);
    has(&report, "jt808_mode_text", "*M00,8,01,401,2#");
    let report = with_items(&[], &text_item(0x33, "*M00,"));
    assert_eq!(value(&report, "battery_voltage"), None);
    let opened = with_items(&[], "6010 0061 010203040506 3132333435363738");
    has(&opened, "hardware_key", "12345678");
    has(&opened, "lock_id_1", "010203040506");
    has(&opened, "event_code", 0x61);
    assert_eq!(events(&opened), [10_097]);
    assert_eq!(value(&with_items(&[], "6002 0007"), "hardware_key"), None);
    let seals = with_items(&[], "6316 010203040506 0FA0 31 0000 010203040507 0F00 30 0001");
    has(&seals, "lock_id_1", "010203040506");
    has_float(&seals, "lock_battery_voltage_1", 4.0);
    has(&seals, "lock_sealed_1", true);
    has(&seals, "lock_sealed_2", false);
    has_float(&seals, "lock_battery_voltage_2", 3.84);
    check_text(&text_item(0x67, "123456"), "lock_password", "123456");
    check("D502 0191", "battery_voltage", 4.01);
    let locks = with_items(&[], "D51B 02 0102030405 1112131415 55 0000 0102030406 1112131416 54 0020");
    has(&locks, "lock_id_1", "0102030405");
    has(&locks, "lock_card_2", "1112131416");
    has(&locks, "lock_battery_level_1", 85);
    has(&locks, "lock_locked_1", true);
    has(&locks, "lock_locked_2", false);
    let string = with_items(&[], "DA03 0002 05");
    has(&string, "string_cuts", 2);
    has(&string, "string_cut", true);
    has(&string, "is_moving", true);
    has(&string, "cover", false);
    check_text(&text_item(0xFB, "CSQU3054383"), "container", "CSQU3054383");
    check("FC01 09", "geofence_number", 9.0);
}

#[test]
fn driving_and_tyres() {
    check_event("", "5704 0700 0001", &[240, 241, 239]);
    check_event("MV710G", "5708 0000 0001 00010000", &[109]);
    check_event("", "5708 0000 0001 00010000", &[]);
    check("5708 0000 0001 00010000", "jt808_more_alarms", 65_536.0);
    check_event("", "6406 00000001 01 02", &[236]);
    check_event("", "6406 00000001 01 01", &[10_000 + 0x6401]);
    check_event("", "6506 00000001 01 01", &[230]);
    let label = "00".repeat(25) + "0102030405060708090A0B0C0D0E0F10";
    let labelled = with_items(&[], &format!("652F 00000007 01 01 {label}"));
    has(&labelled, "dsm_label", "0102030405060708090A0B0C0D0E0F10");
    has(&labelled, "dsm_alarm_id", 7);
    for (kind, event) in [("01", 240), ("02", 241), ("03", 239), ("16", 242), ("07", 10_000 + 0x7007)] {
        check_event("", &format!("7006 00000001 01 {kind}"), &[event]);
    }
    let tyres = with_items(&[], "7710 01 0A0B0C FC64 4B 00 02 0A0B0D 0064 32 03");
    has_float(&tyres, "tire_pressure_1", 250.0);
    has_float(&tyres, "tire_temperature_1", 25.0);
    has_float(&tyres, "tire_pressure_2", 250.0);
    has_float(&tyres, "tire_temperature_2", 0.0);
    has(&tyres, "tire_sensor_2", "0A0B0D");
    has(&tyres, "tire_state_2", 3);
    has_float(&with_items(&[], "7707 01 0A0B0C 0064 4B"), "tire_pressure_1", 250.0);
    check_text("6603 010203", "jt808_item_66", "010203");
    check_event("", "E708 000F 000000000000", &[113, 202]);
    check_event("", "E708 0004 000000000000", &[202]);
}

#[test]
fn diagnosis() {
    let items = "8000 01 0104 0000303A 0202 01F4 0302 0276 5602 0155 6102 04D2 6902 0191 8001 3F 8102 0BB8 8301 32 8401 78 \
                 8502 0007 8601 41 8702 0009 8801 64 8901 14 8D02 0010 8E01 55";
    let report = with_items(&[], items);
    for (name, wanted) in [
        ("hardware_mileage", 1_234.6),
        ("fuel_level_1", 50.0),
        ("battery_level", 85.0),
        ("board_voltage", 12.34),
        ("battery_voltage", 4.01),
        ("obd_speed", 63.0),
        ("obd_rpm", 3_000.0),
        ("obd_engine_load", 50.0),
        ("obd_coolant_t", 80.0),
        ("obd_consumption", 7.0),
        ("obd_intake_air_t", 25.0),
        ("obd_air_flow", 9.0),
        ("obd_intake_pressure", 100.0),
        ("obd_throttle", 20.0),
        ("trip_mileage", 16.0),
        ("obd_fuel", 85.0),
    ] {
        has_float(&report, name, wanted);
    }
    let more =
        "80FF 01 8202 007C 8C04 0000303A 8B11 3157304C30303030303030303030303031 A005 5030333031 CC04 38393836 7701 01";
    let report = with_items(&[], more);
    has_float(&report, "board_voltage", 12.4);
    has_float(&report, "obd_mileage", 1_234.6);
    has(&report, "vin", "1W0L0000000000001");
    has(&report, "obd_dtc_codes", "P0301");
    has(&report, "iccid", "8986");
    assert!(value(&report, "jt808_item_80").is_some(), "77 is not known");
    let fixed = with_items(&[], "9116 007C 0BB8 3F 33 80 78 0000 0352 0000 00000000 0000 04D2");
    for (name, wanted) in [
        ("board_voltage", 12.4),
        ("obd_rpm", 3_000.0),
        ("obd_speed", 63.0),
        ("obd_throttle", 20.0),
        ("obd_engine_load", 128.0 * 100.0 / 255.0),
        ("obd_coolant_t", 80.0),
        ("obd_consumption", 8.5),
        ("obd_fuel_used", 12.34),
    ] {
        has_float(&fixed, name, wanted);
    }
    check_text(&text_item(0x94, "1W0L0000000000001"), "vin", "1W0L0000000000001");
    let text = with_items(&[], &text_item(0xE6, "$OBD-RT,12.4,3000,63,20,50,80,7.1,8.5,16.2,1234.6,1.5,99.5"));
    for (name, wanted) in [
        ("board_voltage", 12.4),
        ("obd_rpm", 3_000.0),
        ("obd_coolant_t", 80.0),
        ("obd_consumption_now", 7.1),
        ("obd_consumption_average", 8.5),
        ("trip_mileage", 16.2),
        ("obd_mileage", 1_234.6),
        ("trip_fuel", 1.5),
        ("obd_fuel_used", 99.5),
    ] {
        has_float(&text, name, wanted);
    }
    let listed = "F34E 000202 0276 000302 0BB8 000402 3039 000504 0000303A 000702 0055 000802 01F4 000901 78 000B01 64 \
                  000C01 41 000D01 09 000E01 33 005002 3157 010004 000000A2 010202 000F 011202 0003 9999 01 00";
    let report = with_items(
        &[],
        &listed.replace("F34E", &format!("F3{:02X}", (listed.split_whitespace().collect::<String>().len() - 4) / 2)),
    );
    for (name, wanted) in [
        ("obd_speed", 63.0),
        ("obd_rpm", 3_000.0),
        ("board_voltage", 12.345),
        ("obd_mileage", 1_234.6),
        ("obd_consumption", 8.5),
        ("obd_engine_load", 50.0),
        ("obd_coolant_t", 80.0),
        ("obd_intake_pressure", 100.0),
        ("obd_intake_air_t", 25.0),
        ("obd_air_flow", 9.0),
        ("obd_throttle", 20.0),
        ("trip_mileage", 16.2),
        ("trip_fuel", 1.5),
        ("jt808_obd_0112", 3.0),
    ] {
        has_float(&report, name, wanted);
    }
    has(&report, "vin", "1W");
    assert!(value(&report, "jt808_item_f3").is_some(), "9999 is not known");
}

#[test]
fn sensors_and_beacons() {
    let tags = with_items(&[], "E616 01 0A0B0C0D0E0F 1980 32FF 02 0A0B0C0D0E10 EC00 3200");
    has(&tags, "ble_mac_1", "0A:0B:0C:0D:0E:0F");
    has_float(&tags, "ble_temp_sensor_1", 25.0 + 128.0 / 255.0);
    has_float(&tags, "ble_humidity_1", 51.0);
    has_float(&tags, "ble_temp_sensor_2", -20.0);
    let beacons =
        with_items(&[("model", "AL300")], "F31D FF 0A0B0C0D0E0F C4 4E414D45000000000000 0000 0BB8 FF38 01F4 010203");
    assert!(value(&beacons, "jt808_item_f3").is_some(), "it is cut off");
    let beacons = with_items(&[("model", "GL100")], "F318 1D 0A0B0C0D0E0F C4 4E414D45000000000000 0BB8 FF38 01F4");
    has(&beacons, "ble_mac_1", "0A:0B:0C:0D:0E:0F");
    has(&beacons, "ble_rssi_1", -60);
    has(&beacons, "ble_name_1", "NAME");
    has_float(&beacons, "ble_battery_voltage_1", 3.0);
    has_float(&beacons, "ble_temp_sensor_1", -20.0);
    has_float(&beacons, "ble_humidity_1", 50.0);
    check("F502 0064", "light", 100.0);
    check("F602 03F5", "pressure", 1_013.0);
    check_text("F608 0350000000000014", "jt808_imei", "350000000000014");
    let as_long_as_an_imei = with_items(&[], "F608 02 07 0064 FF38 01F4");
    has_float(&as_long_as_an_imei, "temperature_1", -20.0);
    assert_eq!((value(&as_long_as_an_imei, "jt808_imei"), events(&as_long_as_an_imei)), (None, vec![225]));
    let sensors = with_items(&[], "F610 02 2F 0064 FF38 01F4 0001 FFFE 0003 03F5");
    assert_eq!(events(&sensors), [225]);
    for (name, wanted) in [
        ("light", 100.0),
        ("temperature_1", -20.0),
        ("humidity_1", 50.0),
        ("jt808_axis_x", 1.0),
        ("jt808_axis_y", -2.0),
        ("pressure", 1_013.0),
    ] {
        has_float(&sensors, name, wanted);
    }
    let card = with_items(&[("model", "AL300")], "F813 01 0350000000000014 89860123456789012345");
    has(&card, "jt808_imei", "350000000000014");
    has(&card, "iccid", "89860123456789012345");
    let precision = with_items(&[], "F90A 0044 0009 00FA 00000000");
    has_float(&precision, "hdop", 0.9);
    has_float(&precision, "temperature_1", 25.0);
}

#[test]
fn networks() {
    let cells = |items: &str, wanted: &str| {
        has(&with_items(&[], items), "mobile_cells", Value::Json(wanted.into()));
    };
    let two = r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394,"rssi":-51},{"mcc":730,"mnc":2,"lac":11039,"cell_id":41395,"rssi":-80}]"#;
    cells("E114 02DA 0002 002B1F 0000A1B2 1F 002B1F 0000A1B3 B0", two);
    let one = r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394,"rssi":-90}]"#;
    cells("F00D 02DA 0002 0000A1B2 00002B1F 5A", one);
    cells("EB08 02DA 02 2B1F A1B2 5A", one);
    cells("EB0D 000B 00D8 02DA 02 2B1F 0000A1B2", &one.replace(r#","rssi":-90"#, ""));
    let stations = Value::Json(r#"[{"mac":"0A:0B:0C:0D:0E:0F","rssi":-60}]"#.into());
    for id in ["EC", "F4"] {
        has(&with_items(&[], &format!("{id}07 0A0B0C0D0E0F C4")), "wifi_points", stations.clone());
    }
    let text: String = "0a:0b:0c:0d:0e:0f,-60".bytes().map(|b| format!("{b:02X}")).collect();
    has(&with_items(&[], &format!("EB1A 0018 00B9 01 {text}")), "wifi_points", stations);
}

#[test]
fn the_list_within_an_item() {
    check_text(&text_item(0xEB, "UTC-04:00"), "jt808_time_zone", "UTC-04:00");
    check("EB06 0004 0001 01F4", "fuel_level_1", 50.0);
    check("EB0A 0008 0023 3032352E3530", "fuel_level_2", 25.5);
    check("EB06 0004 002D 0FAB", "battery_voltage", 4.011);
    check("EB08 0006 002D 00003039", "board_voltage", 12.345);
    check_event("", "EB08 0006 0089 FFFFEFFE", &[14, 103]);
    check_event("", "EB08 0006 0089 FFFFFFFF", &[]);
    check("EB05 0003 00A8 55", "battery_level", 85.0);
    check("EB05 0003 00E1 55", "battery_level", 85.0);
    check_text("EB0E 000C 00B2 89860123456789012345", "iccid", "89860123456789012345");
    let still = with_items(&[], "EB08 0006 00C5 FEBFFFBF");
    assert_eq!((events(&still), value(&still, "is_moving")), (vec![113], Some(Value::Bool(false))).clone());
    let moving = with_items(&[], "EB08 0006 00C5 FE3FFFFF");
    assert_eq!((events(&moving), value(&moving, "is_moving")), (vec![], Some(Value::Bool(true))));
    check_event("", "EB05 0003 00C6 03", &[1]);
    check_event("", "EB05 0003 00C6 01", &[]);
    check("EB06 0004 00CE 0191", "battery_voltage", 4.01);
    let unknown = with_items(&[], "EB0B 0003 9999 01 0004 00CE 0191");
    has(&unknown, "jt808_item_eb", "0003999901000400CE0191");
    has_float(&unknown, "battery_voltage", 4.01);
}

#[test]
fn jimis_terminals() {
    let of = |items: &str| with_items(&[("model", "JC450")], items);
    let power = of("E80F 2002 02 01 05 2003 07 01 05 0191 1F 04D2");
    has(&power, "jt808_mode", 1);
    has(&power, "jt808_buffered", 5);
    has(&power, "charging_status", true);
    has(&power, "battery_level", 83);
    has_float(&power, "battery_voltage", 4.01);
    has(&power, "gsm_signal_level", 100);
    has_float(&power, "board_voltage", 12.34);
    let list = of(
        "E82B 2005 28 000102 0191 000202 0007 000301 55 000401 00 00050A 89860123456789012345 000701 09 200102 007C",
    );
    for (name, wanted) in
        [("battery_voltage", 4.01), ("data_use", 7.0), ("battery_level", 85.0), ("hdop", 0.9), ("board_voltage", 12.4)]
    {
        has_float(&list, name, wanted);
    }
    has(&list, "charging_status", true);
    has(&list, "iccid", "89860123456789012345");
    let alarms = [
        (0x0001, 303),
        (0x0400, 240),
        (0x0412, 240),
        (0x0401, 241),
        (0x0413, 241),
        (0x0402, 239),
        (0x0414, 239),
        (0x0403, 224),
        (0x0405, 242),
        (0x0416, 242),
        (0x0417, 242),
        (0x0406, 113),
        (0x0407, 101),
        (0x0408, 409),
        (0x0409, 410),
        (0x040C, 109),
        (0x0415, 236),
        (0x0C01, 202),
        (0x0C02, 7),
        (0x0C03, 605),
        (0x0C04, 604),
        (0x0C0E, 2),
        (0x0C0F, 1),
        (0x0C10, 14),
        (0x0C12, 106),
        (0x0C99, 10_000 + 0x0C99),
    ];
    for (code, event) in alarms {
        check_event("JC181", &format!("E803 {code:04X} 00"), &[event]);
    }
    has(&of("E803 0C01 00"), "event_code", 0x0C01);
    has(&with_items(&[], "E803 0C01 00"), "jt808_item_e8", "0C0100");
}

#[test]
fn items_of_every_number_and_length_are_kept_or_read() {
    for id in 0u8..=255 {
        for length in 0..40u8 {
            let items: Vec<u8> = [id, length].into_iter().chain((0..length).map(|n| n.wrapping_mul(37) ^ id)).collect();
            let trace = said_with(&[], &message(0x0200, 3, &[&bytes(BODY)[..], &items].concat()));
            assert_eq!((trace.reports().len(), trace.rejects().len()), (1, 0), "{id:02x} {length}");
        }
    }
}
