//! What the vehicle's bus says. A mask says which fields follow; one of them may be a second mask.
//!
//! Own names: `can_engine_on`, `can_impulses`, `can_consumption_l_100km`, `can_consumption_l_h`, `can_range_km`,
//! `can_driving_h`, `can_idle_h`, `can_idle_fuel_l`, `can_tachograph`, `can_indicators`, `can_lights`,
//! `can_overspeed_h`, `can_engine_overspeed_h`, `driver_card_n`, `driver_name_n`, `vehicle_registration`,
//! `can_analog_v`, `can_field_b` (also where a field lacks the letters that tell its unit) and `can_extension_b` and `can_third_b` (bit b of the masks, as it is written),
//! `queclink_can_device`, `queclink_can_state`, `queclink_rest`.

use model::attr;

use super::block::{self, Form};
use super::eri::Fields;
use super::sentence::{Sentence, hex_number, number, volts};
use super::state::{self, float, nth, own_number};
use crate::draft::Draft;

/// The order in which the fields of the first mask stand: by bit, but for engine speed and road speed.
const ORDER: [u32; 29] =
    [0, 1, 2, 3, 5, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28];
const EXTENSION: u32 = 29;
const PLACE: u32 = 30;
const NETWORK: u32 = 31;
/// The last bit of the second mask announces a third.
const THIRD: u32 = 31;
const THIRD_FIELDS: u32 = 3;

fn has(mask: u64, bit: u32) -> bool {
    mask >> bit & 1 == 1
}

/// CAN.
pub(super) fn read(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    d.own_text("queclink_can_device", s.at(1).as_bytes());
    d.own_text("queclink_can_state", s.at(2).as_bytes());
    let mask = hex_number(s.at(3)).unwrap_or(0);
    let mut f = Fields::new(s.fields().get(4..).unwrap_or_default());
    for bit in ORDER.into_iter().filter(|bit| has(mask, *bit)) {
        first(d, bit, f.next());
    }
    if has(mask, EXTENSION) {
        extension(d, &mut f);
    }
    if has(mask, PLACE) && !s.line.is("GV355CEU") && block::is_at(f.rest(), 0, false) {
        // Only the place stands here; the network has a bit of its own.
        let mut fields: Vec<&str> = (0..7).map(|_| f.next()).collect();
        // Where other sentences tell the quality, this one tells whether the place is valid.
        if let "0" | "1" = fields[0] {
            d.valid(fields[0] == "1");
            fields[0] = "";
        }
        block::read(&fields, 0, form).0.put(d);
    } else if has(mask, PLACE) && !s.line.is("GV355CEU") {
        f.skip(7);
    }
    if has(mask, NETWORK) {
        super::cells::read(d, f.rest().get(..4).unwrap_or_default(), false);
        f.skip(5);
    }
    state::rest(d, f.rest());
}

/// A field of the first mask.
fn first(d: &mut Draft, bit: u32, field: &str) {
    let value = number(field);
    match bit {
        0 => d.text(attr::VIN, field.as_bytes()),
        1 => ignition(d, field),
        2 => mileage(d, field),
        // What was used, as opposed to what is left.
        3 => float(d, attr::CAN_CONSUMPTION, value),
        4 => float(d, attr::CAN_SPEED, value),
        5 => float(d, attr::CAN_RPM, value),
        6 => float(d, attr::CAN_COOLANT_T, value),
        7 => consumption(d, field),
        8 => level(d, field),
        // Hundreds of metres.
        9 => own_number(d, "can_range_km", value.map(|hm| hm / 10.0)),
        10 => float(d, attr::CAN_THROTTLE, value),
        11 => float(d, attr::CAN_ENGINE_HOURS, value),
        12 => own_number(d, "can_driving_h", value),
        13 => own_number(d, "can_idle_h", value),
        14 => own_number(d, "can_idle_fuel_l", value),
        // The second axle; the others have bits of the second mask.
        15 => nth(d, "can_axle_load_", 2, value),
        16 => d.own_text("can_tachograph", field.as_bytes()),
        17 => d.own_text("can_indicators", field.as_bytes()),
        18 => d.own_text("can_lights", field.as_bytes()),
        19 => doors(d, field),
        20 => own_number(d, "can_overspeed_h", value),
        21 => own_number(d, "can_engine_overspeed_h", value),
        _ => d.own_text(&format!("can_field_{bit}"), field.as_bytes()),
    }
}

fn ignition(d: &mut Draft, field: &str) {
    if let Ok(code @ 0..=2) = field.parse::<u8>() {
        d.set(attr::IGNITION, code != 0);
        d.own("can_engine_on", code == 2);
    }
}

/// Hundreds of metres after an `H`, impulses after an `I`.
fn mileage(d: &mut Draft, field: &str) {
    if let Some(hm) = field.strip_prefix('H') {
        float(d, attr::CAN_MILEAGE, number(hm).map(|hm| hm / 10.0));
    } else if let Some(impulses) = field.strip_prefix('I') {
        own_number(d, "can_impulses", number(impulses));
    } else {
        d.own_text("can_field_2", field.as_bytes());
    }
}

fn consumption(d: &mut Draft, field: &str) {
    if let Some(litres) = field.strip_prefix("L/100") {
        own_number(d, "can_consumption_l_100km", number(litres.trim()));
    } else if let Some(litres) = field.strip_prefix("L/H") {
        own_number(d, "can_consumption_l_h", number(litres.trim()));
    } else {
        d.own_text("can_field_7", field.as_bytes());
    }
}

/// A level in per cent after a `P`, in litres after an `L`.
fn level(d: &mut Draft, field: &str) {
    if let Some(value) = field.strip_prefix('P') {
        nth(d, "can_fuel_", 1, number(value));
    } else if let Some(value) = field.strip_prefix('L') {
        float(d, attr::CAN_FUEL_LITRES, number(value));
    } else {
        d.own_text("can_field_8", field.as_bytes());
    }
}

fn doors(d: &mut Draft, field: &str) {
    if let Some(doors) = hex_number(field).and_then(|doors| i64::try_from(doors).ok()) {
        d.set(attr::CAN_DOOR_STATE, doors);
    }
}

/// The second mask, its fields, and those of the third.
fn extension(d: &mut Draft, f: &mut Fields<'_, '_>) {
    let mask = hex_number(f.next()).unwrap_or(0);
    for bit in (0..THIRD).filter(|bit| has(mask, *bit)) {
        let field = f.next();
        let value = number(field);
        match bit {
            0 => adblue(d, field),
            1 => nth(d, "can_axle_load_", 1, value),
            2 | 3 => nth(d, "can_axle_load_", bit + 1, value),
            7 => own_number(d, "can_analog_v", volts(field)),
            15 | 16 => d.own_text(&format!("driver_card_{}", bit - 14), field.as_bytes()),
            17 | 18 => d.own_text(&format!("driver_name_{}", bit - 16), field.as_bytes()),
            19 => d.own_text("vehicle_registration", field.as_bytes()),
            _ => d.own_text(&format!("can_extension_{bit}"), field.as_bytes()),
        }
    }
    if has(mask, THIRD) {
        let third = hex_number(f.next()).unwrap_or(0);
        for bit in (0..THIRD_FIELDS).filter(|bit| has(third, *bit)) {
            d.own_text(&format!("can_third_{bit}"), f.next().as_bytes());
        }
    }
}

fn adblue(d: &mut Draft, field: &str) {
    if let Some(percent) = field.strip_prefix('P') {
        float(d, attr::CAN_ADBLUE_LEVEL, number(percent));
    } else if let Some(litres) = field.strip_prefix('L') {
        float(d, attr::CAN_ADBLUE_LITRES, number(litres));
    } else {
        d.own_text("can_extension_0", field.as_bytes());
    }
}
