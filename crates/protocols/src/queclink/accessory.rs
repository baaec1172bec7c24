//! Sensors over Bluetooth. A mask says which fields one of them has.
//!
//! Own names, n being the sensor's place in the list: `ble_name_n`, `ble_mac_n`, `ble_status_n`, `ble_io_n`,
//! `ble_event_n`, `ble_pressure_n`, `ble_time_n`, `ble_relay_n`, `ble_model_n` (type and model), `ble_raw_n`,
//! `ble_field_n_b` (bit b of the mask, if it is none of these).

use super::block::{self, Form};
use super::eri::Fields;
use super::sentence::{Sentence, hex_number, is_hex, number};
use super::state;
use crate::draft::Draft;

const MASK_BITS: u32 = 16;

/// A sensor in a list: index, type, model, raw bytes, mask, and the fields of the mask.
pub(super) fn sensor(d: &mut Draft, f: &mut Fields<'_, '_>, n: u32, has_raw_length: bool) {
    // The index.
    f.next();
    let model = [f.next(), f.next()].join("/");
    if model.len() > 1 {
        d.own_text(&format!("ble_model_{n}"), model.as_bytes());
    }
    if has_raw_length {
        f.next();
    }
    d.own_text(&format!("ble_raw_{n}"), f.next().as_bytes());
    let mask = hex_number(f.next()).unwrap_or(0);
    masked(d, f, n, mask);
}

/// The fields of a mask.
fn masked(d: &mut Draft, f: &mut Fields<'_, '_>, n: u32, mask: u64) {
    for bit in (0..MASK_BITS).filter(|bit| mask >> bit & 1 == 1) {
        if f.is_done() {
            return;
        }
        let field = f.next();
        let value = number(field);
        match bit {
            3 => state::nth(d, "ble_battery_voltage_", n, value.map(|mv| mv / 1_000.0)),
            // The second is the precise one, and comes later.
            4 | 11 => state::nth(d, "ble_temp_sensor_", n, value),
            5 => state::nth(d, "ble_humidity_", n, value),
            12 => state::nth(d, "ble_magnet_", n, value),
            13 => state::nth(d, "ble_battery_level_", n, value),
            _ => d.own_text(&own_name(bit, n), field.as_bytes()),
        }
    }
}

fn own_name(bit: u32, n: u32) -> String {
    let name = match bit {
        0 => "name",
        1 => "mac",
        2 => "status",
        7 => "io",
        8 => "event",
        9 => "pressure",
        10 => "time",
        14 => "relay",
        _ => return format!("ble_field_{n}_{bit}"),
    };
    format!("ble_{name}_{n}")
}

/// BAA and BID: what one sensor says, and then where. The mask is found by how many fields it announces.
pub(super) fn alone(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    let fields = s.fields();
    let announced = |at: usize| {
        let mask = fields.get(at).filter(|f| is_hex(f, 4) || is_hex(f, 8)).and_then(|f| hex_number(f))?;
        let start = at + 1 + mask.count_ones() as usize;
        block::is_at(fields, start, true).then_some((at, mask, start))
    };
    let Some((at, mask, start)) = (1..fields.len()).find_map(announced) else {
        return super::single::generic(s, form, d);
    };
    let before = fields[1..at].join(",");
    if before.bytes().any(|b| b != b',') {
        d.own_text("queclink_fields", before.as_bytes());
    }
    masked(d, &mut Fields::new(&fields[at + 1..start]), 1, mask);
    let (block, next) = block::read(fields, start, form);
    block.put(d);
    state::rest(d, &fields[next..]);
}
