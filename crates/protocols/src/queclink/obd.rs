//! What the vehicle's diagnostic port says.
//!
//! Own names: `obd_report_mask`, `obd_supported_pids`, `obd_mil_km`, `obd_mil_status`, `obd_protocol`,
//! `queclink_report_type`.

use model::attr;

use super::block::{self, Form};
use super::sentence::{Sentence, number, volts};
use super::state::{self, float};
use crate::draft::Draft;

/// Where the field stands that ends what is always there: the fuel level.
const FUEL_AT: usize = 18;

/// OBD. The vehicle's number before the name is taken off already.
pub(super) fn read(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    let fields = s.fields();
    d.own_text("queclink_report_type", s.at(1).as_bytes());
    d.own_text("obd_report_mask", s.at(2).as_bytes());
    d.text(attr::VIN, s.at(3).as_bytes());
    d.own_text("obd_connected", s.at(4).as_bytes());
    float(d, attr::OBD_MODULE_VOLTAGE, volts(s.at(5)));
    d.own_text("obd_supported_pids", s.at(6).as_bytes());
    let numbers = [
        (7, attr::OBD_RPM),
        (8, attr::OBD_SPEED),
        (9, attr::OBD_COOLANT_T),
        (10, attr::OBD_CONSUMPTION),
        (11, attr::OBD_CLEARED_MILEAGE),
        (14, attr::OBD_DTC_NUMBER),
        (16, attr::OBD_THROTTLE),
        (17, attr::OBD_ENGINE_LOAD),
        (FUEL_AT, attr::OBD_FUEL),
    ];
    numbers.into_iter().for_each(|(at, id)| float(d, id, number(s.at(at))));
    d.own_text("obd_mil_km", s.at(12).as_bytes());
    d.own_text("obd_mil_status", s.at(13).as_bytes());
    d.text(attr::OBD_DTC_CODES, fault_codes(s.at(15)).as_bytes());
    let Some(start) = block::find(fields, FUEL_AT + 2) else {
        return state::rest(d, fields.get(FUEL_AT + 1..).unwrap_or_default());
    };
    // A protocol may stand before the odometer, which stands before the block.
    if start > FUEL_AT + 2 {
        d.own_text("obd_protocol", s.at(start - 2).as_bytes());
    }
    if start > FUEL_AT + 1 {
        float(d, attr::OBD_MILEAGE, number(s.at(start - 1)));
    }
    let (block, next) = block::read(fields, start, form);
    block.put(d);
    float(d, attr::HARDWARE_MILEAGE, number(s.at(next)));
    state::rest(d, fields.get(next + 1..).unwrap_or_default());
}

/// Codes of four hexadecimal digits, whose first two bits are the letter.
fn fault_codes(digits: &str) -> String {
    let mut codes = Vec::new();
    for at in (0..digits.len()).step_by(4) {
        let Some(code) = digits.get(at..at + 4).and_then(|four| u16::from_str_radix(four, 16).ok()) else { continue };
        let letter = ['P', 'C', 'B', 'U'][usize::from(code >> 14)];
        codes.push(format!("{letter}{:04X}", code & 0x3FFF));
    }
    codes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_codes_have_letters() {
        assert_eq!(fault_codes("0300412380014001C100"), "P0300 C0123 B0001 C0001 U0100");
        assert_eq!(fault_codes("03"), "");
        assert_eq!(fault_codes("zzzz0301"), "P0301");
    }
}
