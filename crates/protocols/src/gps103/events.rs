//! The words that devices begin their reports with.
//!
//! Names of the family's own: `gps103_photo` (a piece of a picture, or how many there are).

use model::attr;

use crate::draft::Draft;
use crate::fields::number;

/// Alarms without a place in the common list.
const OTHER_ALARM: u32 = 10_000;
/// What is said of no event at all.
const PERIODIC: &str = "tracker";
const EVENTS: &[(&str, u32)] = &[
    ("help me", 202),
    ("sos", 202),
    ("low battery", 1),
    ("move", 225),
    ("speed", 224),
    // The fence was broken through.
    ("stockade", 410),
    ("ac alarm", 2),
    ("door alarm", 109),
    ("sensor alarm", 113),
    ("acc alarm", 605),
    ("acc on", 605),
    ("acc off", 604),
    ("accident alarm", 242),
    ("DTC", 303),
];

/// Tells what the word means. `card` is the field that belongs to some of them.
pub(super) fn tell(d: &mut Draft, word: &str, card: &str) {
    if word == PERIODIC || word.is_empty() {
        return d.own_text("gps103_phone", card.as_bytes());
    }
    d.text(attr::EVENT_CODE, word.as_bytes());
    match EVENTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)) {
        Some((_, event)) => d.event(*event),
        None if word.ends_with("alarm") => d.event(OTHER_ALARM),
        None => {}
    }
    match word {
        "acc on" | "acc off" => d.set(attr::IGNITION, word == "acc on"),
        "rfid" => return d.text(attr::HARDWARE_KEY, card.as_bytes()),
        "DTC" => return d.text(attr::OBD_DTC_CODES, card.as_bytes()),
        _ => measured(d, word),
    }
    d.own_text("gps103_phone", card.as_bytes());
}

/// Words that carry what they tell.
fn measured(d: &mut Draft, word: &str) {
    if let Some(celsius) = word.strip_prefix("T:").and_then(number) {
        d.nth("temperature_", 1, celsius);
    } else if let Some(percent) = word.strip_prefix("oil").and_then(|rest| number(rest.trim().trim_end_matches('%'))) {
        d.nth("fuel_level_", 1, percent);
    } else if word.starts_with("vt") || word.starts_with("vr") {
        d.own_text("gps103_photo", word.as_bytes());
    } else if answered(word).is_some() {
        d.text(attr::COMMAND_REPLY, word.as_bytes());
    }
}

/// The letter of the command that the word answers: `jt` answers `J`.
pub(super) fn answered(word: &str) -> Option<char> {
    match word.as_bytes() {
        [letter @ b'a'..=b'z', b't'] => Some(char::from(letter.to_ascii_uppercase())),
        _ => None,
    }
}
