//! What elements mean on the lines of devices, and under the device's settings.

use super::{LOGIN, bytes, decoded, float, frame, has, one_report, record_8e, teltonika, value};
use crate::testing::{Host, read_whole};
use crate::{DeviceSettings, Limits};
use model::{Report, Value};

fn decoded_with(set: &[(&str, &str)], elements: &[(u16, usize, u64)]) -> Report {
    read_with(set, &record_8e(0, elements))
}

fn read_with(set: &[(&str, &str)], packet: &[u8]) -> Report {
    let mut settings = DeviceSettings::default();
    set.iter().for_each(|(key, value)| assert_eq!(settings.set(key, value), Ok(())));
    let mut host = Host::with_settings(teltonika(), &Limits::default(), settings);
    host.feed(&[&bytes(LOGIN)[..], packet].concat());
    let trace = host.trace();
    assert!(trace.rejects().is_empty(), "{trace:?}");
    one_report(&trace)
}

#[test]
fn rows_of_a_line_hold_on_that_line_alone() {
    let has_it = |model: &str, element: (u16, usize, u64), name: &str| {
        let set: &[(&str, &str)] = if model.is_empty() { &[] } else { &[("model", model)] };
        value(&decoded_with(set, &[element]), name).is_some()
    };
    let check = |element: (u16, usize, u64), name: &str, on: &[&str], off: &[&str]| {
        on.iter().for_each(|model| assert!(has_it(model, element, name), "{name} on {model}"));
        off.iter().for_each(|model| assert!(!has_it(model, element, name), "{name} on {model}"));
    };
    check((239, 1, 1), "ignition", &["", "FMB920", "FMC650", "TAT100", "TFT100"], &[]);
    check((9, 2, 5_000), "analog_1", &["", "FMB920", "FMM640"], &["TAT100"]);
    check((6, 2, 5_000), "analog_2", &["", "FMU130"], &["FMB640", "TAT240"]);
    check((10, 2, 5_000), "analog_2", &["", "FMB640"], &[]);
    check((113, 1, 50), "battery_level", &["", "FMB001", "TAT141"], &["FMC640"]);
    check((36, 2, 900), "obd_rpm", &["", "fmb 120"], &["FMB630", "TAT100"]);
    check((310, 1, 1), "movement_event", &["TAT100"], &["", "FMB920", "FMB640"]);
    check((701, 2, 100), "ble_temp_sensor_1", &["FMB640"], &["", "FMB920", "TAT100"]);
    check((10_649, 2, 100), "temperature_6", &["FMB650", "TFT100"], &["", "FMB920", "TAT100"]);
    check((10_800, 2, 100), "ble_temp_sensor_1", &["", "FMC130"], &["FMB640"]);
    check((325, 1, 1), "vin", &[], &["", "FMB920"]);
}

#[test]
fn fuel_probes_tell_raw_counts_or_litres() {
    for (nth, id) in [201, 203, 210, 212, 214].into_iter().enumerate() {
        let (raw, litres) = (format!("lls_level_raw_{}", nth + 1), format!("fuel_level_{}", nth + 1));
        let r = decoded(0, &[(id, 2, 40_000)]);
        has(&r, &raw, 40_000);
        assert_eq!(value(&r, &litres), None);
        let r = decoded_with(&[("fuel_in_litres", "true")], &[(id, 2, 55)]);
        has(&r, &litres, 55);
        assert_eq!(value(&r, &raw), None);
        let r = decoded_with(&[("fuel_in_litres", "true")], &[(id, 2, 65_531)]);
        assert_eq!((value(&r, &litres), value(&r, &raw)), (None, None), "a fault");
        has(&r, &format!("avl_io_{id}"), -5);
    }
}

#[test]
fn sixteen_byte_elements_are_read_where_they_are_set() {
    let gps = "0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F";
    let data = format!("0801 {gps} 00 02 01 EF01 00 00 00 01 C8 00112233445566778899AABBCCDDEEFF 01");
    let r = read_with(&[("wide_elements", "true")], &frame(&bytes(&data)));
    has(&r, "avl_io_200", "00112233445566778899AABBCCDDEEFF");
    has(&r, "ignition", true);
    let data = format!("1001 {gps} 0000 07 01 00 00 00 00 01 4E20 00112233445566778899AABBCCDDEEFF 01");
    let r = read_with(&[("wide_elements", "true")], &frame(&bytes(&data)));
    has(&r, "avl_io_20000", "00112233445566778899AABBCCDDEEFF");
    // Codec 8 Extended has its own way.
    has(&decoded_with(&[("wide_elements", "true")], &[(239, 1, 1)]), "ignition", true);
}

#[test]
fn cells_that_asset_trackers_see() {
    let cell = |mnc: u16, lac: u16, signal: u64| {
        let [lac, cell, rssi] = [lac, lac + 1, lac + 2];
        [(mnc, 2, 2), (lac, 2, 8_080), (cell, 4, 3_000), (rssi, 1, signal)]
    };
    let all = [&cell(1_200, 287, 0xB0)[..], &cell(1_203, 296, 14), &[(241, 4, 73_002), (290, 2, 5)]].concat();
    let r = decoded_with(&[("model", "TAT100")], &all);
    let first = r#"{"mcc":730,"mnc":2,"lac":8080,"cell_id":3000,"rssi":-80}"#;
    let last = r#"{"mcc":730,"mnc":2,"lac":8080,"cell_id":3000}"#;
    has(&r, "mobile_cells", Value::Json(format!("[{first},{last}]").into()));
    has(&r, "avl_io_298", 14);
    let r = decoded_with(&[("model", "TAT100")], &[(287, 2, 7), (288, 4, 8)]);
    has(&r, "mobile_cells", Value::Json(r#"[{"lac":7,"cell_id":8}]"#.into()));
    let r = decoded_with(&[("model", "TAT100")], &[(287, 2, 0), (288, 4, 0)]);
    assert_eq!(value(&r, "mobile_cells"), None, "nothing was heard there");
    assert_eq!(value(&decoded(0, &all), "mobile_cells"), None, "other lines mean something else by them");
}

#[test]
fn an_element_that_comes_twice_counts_last_and_loses_nothing() {
    let r = decoded(0, &[(21, 1, 3), (21, 1, 5), (66, 2, 12_000), (66, 2, 12_500), (66, 2, 13_000)]);
    has(&r, "avl_io_21", 5);
    has(&r, "gsm_signal_level", 100);
    has(&r, "board_voltage", float(13.0));
    let before = r#"[{"id":21,"value":3},{"id":66,"value":12000},{"id":66,"value":12500}]"#;
    has(&r, "avl_io_repeated", Value::Json(before.into()));
    let many: Vec<_> = (0..300).map(|n| (21, 1, n % 6)).collect();
    let Some(Value::Json(kept)) = value(&decoded(0, &many), "avl_io_repeated") else { panic!("has one") };
    assert_eq!(kept.matches("id").count(), 64);
}

/// Rows that no other test reads: id, width, raw value, name, value.
#[rustfmt::skip]
const ROWS: &[(u16, usize, u64, &str, Value)] = &[
    (3, 1, 1, "input_status", Value::Int(4)),
    (180, 1, 1, "output_status", Value::Int(2)),
    (6, 2, 1_500, "analog_2", Value::Float(1.5)),
    (12, 4, 777, "fuel_used_gps", Value::Int(777)),
    (13, 2, 850, "fuel_rate_gps", Value::Float(8.5)),
    (15, 2, 950, "eco_score", Value::Float(9.5)),
    (18, 2, 0x8000, "axis_y", Value::Int(-32_768)),
    (19, 2, 1_000, "axis_z", Value::Int(1_000)),
    (20, 1, 90, "ble_battery_level_2", Value::Int(90)),
    (22, 1, 80, "ble_battery_level_3", Value::Int(80)),
    (23, 1, 70, "ble_battery_level_4", Value::Int(70)),
    (29, 1, 60, "ble_battery_level_1", Value::Int(60)),
    (28, 2, 2_150, "ble_temp_sensor_4", Value::Float(21.5)),
    (30, 1, 2, "obd_dtc_number", Value::Int(2)),
    (31, 1, 44, "obd_engine_load", Value::Int(44)),
    (33, 1, 0xFE, "obd_fuel_trim_short", Value::Int(-2)),
    (34, 2, 350, "obd_fuel_pressure", Value::Int(350)),
    (35, 1, 101, "obd_intake_map", Value::Int(101)),
    (37, 1, 63, "obd_speed", Value::Int(63)),
    (38, 1, 0xF6, "obd_timing_advance", Value::Int(-10)),
    (39, 1, 0xEC, "obd_intake_air_t", Value::Int(-20)),
    (40, 2, 1_234, "obd_maf", Value::Float(12.34)),
    (41, 1, 33, "obd_throttle", Value::Int(33)),
    (42, 2, 600, "obd_run_time_s", Value::Int(600)),
    (43, 2, 12, "obd_mil_mileage", Value::Int(12)),
    (48, 1, 55, "obd_fuel", Value::Int(55)),
    (49, 2, 99, "obd_cleared_mileage", Value::Int(99)),
    (50, 1, 96, "obd_barometric_pressure", Value::Int(96)),
    (51, 2, 14_100, "obd_module_voltage", Value::Float(14.1)),
    (52, 2, 20, "obd_absolute_load", Value::Int(20)),
    (53, 1, 0xFB, "obd_ambient_air_t", Value::Int(-5)),
    (57, 1, 66, "obd_hybrid_battery", Value::Int(66)),
    (58, 1, 90, "obd_oil_t", Value::Int(90)),
    (60, 2, 525, "obd_fuel_rate", Value::Float(5.25)),
    (68, 2, 150, "battery_current", Value::Int(150)),
    (69, 1, 4, "gnss_status", Value::Int(4)),
    (75, 4, 0xFFFF_FDDA, "temperature_4", Value::Float(-55.0)),
    (80, 1, 3, "data_mode", Value::Int(3)),
    (81, 1, 60, "can_speed", Value::Int(60)),
    (82, 1, 100, "can_throttle", Value::Int(100)),
    (83, 4, 12_345, "can_consumption", Value::Float(1_234.5)),
    (84, 2, 405, "can_fuel_litres", Value::Float(40.5)),
    (85, 2, 1_800, "can_rpm", Value::Int(1_800)),
    (86, 2, 455, "ble_humidity_1", Value::Float(45.5)),
    (104, 2, 455, "ble_humidity_2", Value::Float(45.5)),
    (106, 2, 455, "ble_humidity_3", Value::Float(45.5)),
    (108, 2, 1_000, "ble_humidity_4", Value::Float(100.0)),
    (89, 1, 42, "can_fuel_1", Value::Int(42)),
    (90, 2, 0x300, "can_door_state", Value::Int(0x300)),
    (100, 4, 11, "can_program", Value::Int(11)),
    (103, 4, 30, "can_engine_hours_counted", Value::Float(0.5)),
    (105, 4, 2_500, "can_mileage_counted", Value::Float(2.5)),
    (107, 4, 25, "can_consumption_counted", Value::Float(2.5)),
    (110, 2, 125, "can_fuel_rate", Value::Float(12.5)),
    (111, 1, 70, "can_adblue_level", Value::Int(70)),
    (112, 2, 255, "can_adblue_litres", Value::Float(25.5)),
    (114, 1, 40, "can_engine_load", Value::Int(40)),
    (115, 2, 0xFFCE, "can_coolant_t", Value::Float(-5.0)),
    (118, 2, 7_000, "can_axle_load_1", Value::Int(7_000)),
    (122, 2, 5_000, "can_axle_load_5", Value::Int(5_000)),
    (123, 4, 1 << 31, "can_control_flags", Value::Int(1 << 31)),
    (132, 8, 1 << 40, "can_security_flags", Value::Int(1 << 40)),
    (182, 2, 9, "hdop", Value::Float(0.9)),
    (200, 1, 2, "sleep_mode", Value::Int(2)),
    (205, 2, 3_000, "cell_id", Value::Int(3_000)),
    (206, 2, 8_080, "lac", Value::Int(8_080)),
    (636, 4, 123_456_789, "cell_id", Value::Int(123_456_789)),
    (237, 1, 2, "network_type", Value::Int(2)),
    (238, 8, 77, "user_id", Value::Int(77)),
    (247, 1, 6, "crash", Value::Int(6)),
    (248, 1, 1, "immobilizer", Value::Bool(true)),
    (249, 1, 1, "jamming", Value::Bool(true)),
    (250, 1, 3, "trip", Value::Int(3)),
    (253, 1, 2, "harsh_driving", Value::Int(2)),
    (254, 1, 45, "harsh_value", Value::Float(0.45)),
    (255, 1, 130, "overspeed", Value::Int(130)),
    (270, 2, 512, "ble_lls_level_1", Value::Int(512)),
    (279, 2, 512, "ble_lls_level_4", Value::Int(512)),
    (303, 1, 1, "instant_movement", Value::Bool(true)),
    (309, 2, 900, "ble_lls_frequency_4", Value::Int(900)),
    (317, 4, 3, "crash_count", Value::Int(3)),
    (335, 2, 450, "ble_luminosity_1", Value::Int(450)),
    (338, 2, 450, "ble_luminosity_4", Value::Int(450)),
    (389, 4, 123_456, "obd_mileage", Value::Int(123_456)),
    (390, 4, 455, "obd_fuel_litres", Value::Float(45.5)),
    (449, 4, 3_600, "ignition_on_s", Value::Int(3_600)),
    (662, 1, 1, "door_status", Value::Int(1)),
    (1_148, 4, 4, "connectivity_quality", Value::Int(4)),
    (10_808, 1, 1, "ble_magnet_1", Value::Bool(true)),
    (10_815, 1, 0, "ble_movement_4", Value::Bool(false)),
    (10_820, 1, 1, "ble_low_battery_1", Value::Bool(true)),
    (10_827, 2, 2_950, "ble_battery_voltage_4", Value::Float(2.95)),
    (10_832, 2, 0xFF4C, "ble_roll_1", Value::Int(-180)),
    (10_839, 2, 17, "ble_movement_count_4", Value::Int(17)),
    (10_843, 2, 18, "ble_magnet_count_4", Value::Int(18)),
];

#[test]
fn rows_of_the_table() {
    for (id, width, raw, name, wanted) in ROWS {
        has(&decoded(0, &[(*id, *width, *raw)]), name, wanted.clone());
    }
}

#[test]
fn elements_of_any_length() {
    let with = |id: u16, content: &[u8]| {
        let mut data =
            bytes("8E01 0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F 0000 0001 0000 0000 0000 0000 0001");
        data.extend(id.to_be_bytes());
        data.extend((content.len() as u16).to_be_bytes());
        data.extend(content);
        data.push(1);
        one_report(&read_whole(teltonika(), &[bytes(LOGIN), frame(&data)].concat()))
    };
    has(&with(281, b"P0420,P0171, "), "obd_dtc_codes", "P0420 P0171");
    has(&with(264, b"4006381333931"), "barcode", "4006381333931");
    has(&with(325, b"WDB9634031L123456"), "vin", "WDB9634031L123456");
    assert_eq!(value(&with(256, b"\0\0"), "vin"), None);
    has(&with(331, &[0xAB, 0xCD]), "ble_custom_1", "ABCD");
    has(&with(548, &[1, 3, 0, 1, 0xB0]), "ble_beacons_1", Value::Json(r#"[{"rssi":-80}]"#.into()));
    has(&with(548, &[1, 3, 0, 1, 0xB0]), "avl_io_548", "01030001B0");
    has(&with(30_000, &[]), "avl_io_30000", "");
}
