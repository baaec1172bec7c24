use super::{AT, WHERE, check, check_with};

const PLACE: &str = "260314A3326.9335S07040.1560W063.0092653187.00";
const PLACE_WITH_COMMAS: &str = "140326,A,3326.9335S,07040.1560W,63.0,092653,187.0";

#[test]
fn commands_are_events() {
    let check_event = |command: &str, wanted: &str| {
        let line = format!(",{command},{PLACE_WITH_COMMAS}");
        check(&line, &format!("{WHERE} 63km/h 187deg{wanted}"));
    };
    for plain in ["DW30", "DW50", "ZC99"] {
        check_event(plain, "");
    }
    for (event, commands) in [
        (225, ["ZC11", "DW31", "DW51"]),
        (1, ["ZC12", "DW32", "DW52"]),
        (2, ["ZC13", "DW33", "DW53"]),
        (103, ["ZC17", "DW37", "DW57"]),
        (202, ["ZC25", "DW3E", "DW5E"]),
        (106, ["ZC26", "DW3F", "DW5F"]),
        (7, ["ZC27", "DW40", "DW60"]),
    ] {
        for command in commands {
            check_event(command, &format!(" !{event} event_code={command}"));
        }
    }
    for command in ["ZC15", "DW35", "DW55", "ZC29", "DW42", "DW62"] {
        check_event(command, &format!(" !605 ignition=true event_code={command}"));
    }
    for command in ["ZC16", "DW36", "DW56"] {
        check_event(command, &format!(" !604 ignition=false event_code={command}"));
    }
}

#[test]
fn alarms_have_numbers() {
    for (number, event) in [(0, 2), (1, 242), (2, 202), (3, 113), (4, 10_004), (5, 224), (6, 410), (9, 10_009)] {
        let wanted = format!("{WHERE} 63km/h 187deg !{event} event_code=BO01,{number}");
        check(&format!("BO01{number}{PLACE}"), &wanted);
    }
    for (number, event) in [(0, 1), (1, 224), (2, 302), (3, 240), (4, 241), (5, 10_005)] {
        let wanted = format!("{WHERE} 63km/h 187deg !{event} event_code=BQ81,{number}");
        check(&format!(",BQ81,ALARM,{number},202,{PLACE_WITH_COMMAS}"), &wanted);
    }
}

#[test]
fn the_highest_alarm_number_does_not_overflow() {
    let highest = format!("!{0} event_code=BO01,{0}", u32::MAX);
    check(&format!("BO01ALARM,{},1,{PLACE}", u32::MAX), &format!("{WHERE} 63km/h 187deg {highest}"));
}

#[test]
fn what_stands_before_the_date() {
    check(&format!("BP05350000000000014{PLACE}"), &format!("{WHERE} 63km/h 187deg tk103_imei=350000000000014"));
    check(&format!("BR0212{PLACE}"), &format!("{WHERE} 63km/h 187deg tk103_before=12"));
    check(&format!("BX99ab{PLACE}"), &format!("{WHERE} 63km/h 187deg tk103_other=BX99ab"));
}

#[test]
fn batteries() {
    let line = |rest: &str| format!(",ZC20,140326,092653,{rest}");
    for (level, percent) in [(6, 100), (5, 80), (4, 50), (3, 20), (2, 10)] {
        let wanted = format!("{AT} battery_level={percent} battery_voltage=4.02 board_voltage=12.6 tk103_installed=1");
        check(&line(&format!("{level},402,126,1")), &wanted);
    }
    check(&line("255,65535,65535,0"), &format!("{AT} tk103_installed=0"));
    check(&line("1,402,65535,0"), &format!("{AT} tk103_battery=1 battery_voltage=4.02 tk103_installed=0"));
    check_with(&[("time_zone", "-3")], ",ZC20,140326,062653,255,402,65535,", &format!("{AT} battery_voltage=4.02"));
}

#[test]
fn a_battery_pack() {
    let cells = format!("A00FA10F{}", "0000".repeat(22));
    let pack = format!(
        "000000{:02X}{cells}00FF007B1457010001AABB2C0107{}02{}{}{}",
        2,
        "00".repeat(6),
        "4128",
        "292A0000000000",
        "102788130000"
    );
    let wanted = "battery_cell_1=4 battery_cell_2=4.001 charging_status=true battery_current=25500 battery_voltage=52.43 \
        battery_level=87 tk103_overheated=true tk103_charge_protection=false tk103_discharge_protection=true \
        battery_cycles=300 tk103_pack_fault=7 tk103_power_temperature=25 tk103_balance_temperature=0 temperature_1=1 \
        temperature_2=2 battery_capacity=100000 tk103_pack_discharged=5000";
    check(&format!("BS50{pack}"), wanted);
    check("BS50xyz", "tk103_other=BS50xyz");
    check("BS51020304", "tk103_other=BS51020304");
}

#[test]
fn cells_stations_and_names() {
    let cell = r#"mobile_cells=[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394}]"#;
    check("BZ00,730,2,2B1F,A1B2", cell);
    check("BV003VWFE21C04M000001", "vin=3VWFE21C04M000001");
    check("BV003VW", "tk103_other=BV003VW");
    let stations = r#"wifi_points=[{"mac":"01:02:03:04:05:AB","rssi":-51},{"mac":"01:02:03:04:05:AC","rssi":-70}]"#;
    let told = ",DW51,730,2,11039,41394,2,01:02:03:04:05:AB*-51*6,01:02:03:04:05:AC*-70*11,140326,092653";
    check(told, &format!("{AT} !225 event_code=DW51 {cell} {stations}"));
    check(",DW50,730,2,11039,41394,0,140326,092653", &format!("{AT} {cell}"));
    check(",DW50,730,2,11039,41394,0,,140326,092653", &format!("{AT} {cell}"));
    check("BR00{730,2,11039,41394}0012D687", &format!("hardware_mileage=1234.567 {cell}"));
    check("BR00{730,2}rest", "tk103_rest=rest");
}

#[test]
fn texts_and_what_is_not_known() {
    check(",ZC03,140326,092653,$all (is) well, and more$", &format!("{AT} command_reply=all (is) well, and more"));
    check(",ZC03,140326,092653,$$", AT_NOTHING);
    check("BX01ok", "tk103_other=BX01ok");
    check("BX01", "");
    check(",ZC13", "!2 event_code=ZC13");
    check("BR00", "");
}

/// A time alone is nothing.
const AT_NOTHING: &str = "";
