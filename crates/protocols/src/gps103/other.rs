//! Reports in other forms: what the engine's own bus tells, and a line that ends with a star.
//!
//! Names of the family's own: `gps103_average_consumption`, `gps103_name`, `gps103_sensor`, `gps103_sensor_voltage`,
//! `gps103_error`.

use model::attr;

use super::report::{percent, switch};
use super::{clock, events};
use crate::draft::Draft;
use crate::fields::{Fields, moment_of, pairs};
use crate::framed::Context;

/// What the engine's bus tells. Nothing, if it does not tell how fast the engine turns or what the battery has.
pub(super) fn obd(f: &Fields<'_>, context: &Context<'_>) -> Option<Draft> {
    const CODES: usize = 13;
    let mut d = Draft::new(context.limits.text_bytes_max);
    let (rpm, battery_v) = f.number(11).zip(f.number(12))?;
    d.time = clock::moment(f.get(2), "", context.settings.utc_offset_s);
    let numbers = [
        (attr::OBD_MILEAGE, 3),
        (attr::OBD_CONSUMPTION, 4),
        (attr::ENGINE_HOURS, 6),
        (attr::OBD_SPEED, 7),
        (attr::OBD_ENGINE_LOAD, 8),
        (attr::OBD_COOLANT_T, 9),
        (attr::OBD_THROTTLE, 10),
    ];
    for (id, nth) in numbers {
        if let Some(told) = percent(f.get(nth)) {
            d.float(id, told);
        }
    }
    d.own_text("gps103_average_consumption", f.get(5).as_bytes());
    d.float(attr::OBD_RPM, rpm);
    d.float(attr::BOARD_VOLTAGE, battery_v);
    let codes: Vec<&str> = (CODES..f.len()).map(|nth| f.get(nth)).filter(|code| !code.is_empty()).collect();
    if !codes.is_empty() {
        d.text(attr::OBD_DTC_CODES, codes.join(" ").as_bytes());
        d.set(attr::OBD_DTC_NUMBER, codes.len() as i64);
    }
    Some(d)
}

/// A line that ends with a star. Fields of dashes are empty.
pub(super) fn starred(f: &Fields<'_>, context: &Context<'_>) -> Draft {
    let mut d = Draft::new(context.limits.text_bytes_max);
    let get = |nth: usize| Some(f.get(nth)).filter(|field| !field.bytes().all(|b| b == b'-')).unwrap_or("");
    d.own_text("gps103_name", get(1).as_bytes());
    events::tell(&mut d, get(2), "");
    d.own_text("gps103_sensor", get(3).as_bytes());
    d.own_text("gps103_sensor_voltage", get(4).as_bytes());
    let offset_s = context.settings.utc_offset_s.unwrap_or(0);
    let told = pairs(get(5)).zip(pairs(get(6)));
    d.time = told.and_then(|(time, (day, month, year))| moment_of((year, month, day), time, offset_s));
    if let Some(csq) = f.whole(7) {
        d.csq(csq);
    }
    d.valid(f.number(8).is_some_and(|fix| fix > 0.0));
    if let (Some(latitude), Some(longitude)) = (f.number(9), f.number(10)) {
        d.at(latitude, longitude);
    }
    if let Some(speed_kmh) = f.number(11) {
        d.speed_kmh(speed_kmh);
    }
    if let Some(course) = f.number(12) {
        d.heading_deg(course);
    }
    if let Some(altitude_m) = f.number(13) {
        d.altitude_m(altitude_m);
    }
    if let Some(hdop) = f.number(14) {
        d.float(attr::HDOP, hdop);
    }
    if let Some(satellites) = f.whole(15) {
        d.satellites(satellites);
    }
    for (id, nth) in [(attr::IGNITION, 16), (attr::CHARGING_STATUS, 17)] {
        if let Some(on) = switch(get(nth)) {
            d.set(id, on);
        }
    }
    d.own_text("gps103_error", get(18).as_bytes());
    d
}
