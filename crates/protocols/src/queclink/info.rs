//! What a device says of itself: INF and VER.
//!
//! Own names: `queclink_bit_error`, `queclink_power_2` (V), `queclink_network` (its code), `queclink_charging` (its code), `hardware_version`,
//! `queclink_rest`; of a sensor over Bluetooth `ble_mac_1`.

use model::attr;

use super::sentence::{Sentence, hex_number, is_hex, number, volts};
use super::state::{self, float, nth, own_number};
use crate::draft::Draft;

/// INF.
pub(super) fn read(s: &Sentence<'_>, d: &mut Draft) {
    if let Some(code) = hex_number(s.at(1)).filter(|_| is_hex(s.at(1), 2)) {
        state::state(d, code);
    }
    d.text(attr::ICCID, s.at(2).as_bytes());
    if let Ok(csq) = s.at(3).parse() {
        d.csq(csq);
    }
    d.own_text("queclink_bit_error", s.at(4).as_bytes());
    match s.at(5) {
        "1" => d.set(attr::CHARGING_STATUS, true),
        "0" => d.set(attr::CHARGING_STATUS, false),
        _ => {}
    }
    match s.at(6) {
        km if km.contains('.') => float(d, attr::HARDWARE_MILEAGE, number(km)),
        mv => float(d, attr::BOARD_VOLTAGE, volts(mv)),
    }
    let mut at = 7;
    if is_hex(s.at(at), 12) {
        d.own_text("ble_mac_1", s.at(at).as_bytes());
        nth(d, "ble_temp_sensor_", 1, number(s.at(at + 1)));
        nth(d, "ble_humidity_", 1, number(s.at(at + 2)));
        at += 3;
    } else if s.line.is("GV310LAU") {
        d.own_text("queclink_network", s.at(at).as_bytes());
        at += 1;
    } else if !s.line.is("GV500VC") {
        own_number(d, "queclink_power_2", volts(s.at(at)));
        at += 1;
    }
    float(d, attr::BATTERY_VOLTAGE, number(s.at(at)).map(|v| if s.at(at).contains('.') { v } else { v / 1_000.0 }));
    d.own_text("queclink_charging", s.at(at + 1).as_bytes());
    at += 2;
    if s.line.is("GV310LAU") {
        state::rest(d, s.fields().get(at..at + 5).unwrap_or_default());
        (1..=3).for_each(|n| nth(d, "analog_", n, volts(s.at(at + 4 + n as usize))));
        at += 8;
    } else {
        state::rest(d, s.fields().get(at..).unwrap_or_default());
        at = s.fields().len();
    }
    let more = s.fields().get(at..).unwrap_or_default().join(",");
    if more.bytes().any(|b| b != b',') {
        d.own_text("queclink_fields", more.as_bytes());
    }
}

/// VER.
pub(super) fn version(s: &Sentence<'_>, d: &mut Draft) {
    d.text(attr::DEVICE_MODEL, s.at(1).as_bytes());
    d.text(attr::FIRMWARE, s.at(2).as_bytes());
    d.own_text("hardware_version", s.at(3).as_bytes());
    state::rest(d, s.fields().get(4..).unwrap_or_default());
}
