//! The two words of bits that every location begins with.
//!
//! Names of the family's own: `jt808_status` (the status word as it is), `out_of_service`, `coordinates_encrypted`,
//! `circuit_cut`, `doors_locked`.

use std::sync::LazyLock;

use model::{AttributeId, DeviceSettings, attr};

use crate::draft::Draft;

/// Vendor codes without a place in the list of events begin here.
pub(super) const VENDOR_BASE: u32 = 10_000;

/// Bits of the status word.
const ACC: u32 = 0;
const FIX: u32 = 1;
const SOUTH: u32 = 2;
const WEST: u32 = 3;
const OUT_OF_SERVICE: u32 = 4;
const ENCRYPTED: u32 = 5;
const OIL_CUT: u32 = 10;
const CIRCUIT_CUT: u32 = 11;
const DOORS_LOCKED: u32 = 12;
const DOORS: u32 = 13;
const DOORS_MASK: u32 = 0x1F;
const CHARGING: u32 = 26;

/// The output that cuts the oil.
const OIL_OUTPUT: u8 = 1;

/// Bits of the alarm word whose direction an item tells.
const AREA: u32 = 20;
const ROUTE: u32 = 21;
pub(super) const WITH_DIRECTION: u32 = 1 << AREA | 1 << ROUTE;

const LOCKS: &[&str] = &["G360P", "G508P"];
const BARE: &[&str] = &["AL300", "GL100"];

static STATUS: LazyLock<Option<AttributeId>> = LazyLock::new(|| AttributeId::intern("jt808_status").ok());

/// Whether bit `at` is set.
pub(super) const fn bit(word: u32, at: u32) -> bool {
    word >> at & 1 == 1
}

/// Takes the alarm word. `direction` is the event of entering or leaving, if the message says which it was.
pub(super) fn alarms(word: u32, settings: &DeviceSettings, direction: Option<u32>, draft: &mut Draft) {
    if word == 0 {
        return;
    }
    draft.set(attr::EVENT_CODE, i64::from(word));
    let event = of_model(settings);
    for at in (0..u32::BITS).filter(|at| bit(word, *at)) {
        match direction {
            Some(number) if matches!(at, AREA | ROUTE) => draft.event(number),
            _ => draft.event(event(at)),
        }
    }
}

/// What the bits of an alarm word mean to this model.
fn of_model(settings: &DeviceSettings) -> fn(u32) -> u32 {
    if settings.model.is_none() {
        usual
    } else if settings.is_model(LOCKS) {
        of_lock
    } else if settings.is_model(BARE) {
        of_bare
    } else {
        usual
    }
}

fn of_lock(at: u32) -> u32 {
    match at {
        0 | 4 => 103,
        1 => 106,
        _ => usual(at),
    }
}

fn of_bare(at: u32) -> u32 {
    if at == 16 { 225 } else { VENDOR_BASE + at }
}

/// The event of one bit.
fn usual(at: u32) -> u32 {
    match at {
        0 => 202,
        1 => 224,
        2 => 230,
        3 => 104,
        4 => 609,
        5 | 6 => 601,
        7 => 7,
        8 => 2,
        15 => 113,
        16 | 17 => 106,
        28 => 225,
        29 | 30 => 242,
        31 => 109,
        _ => VENDOR_BASE + at,
    }
}

/// Which hemispheres a status word means: what coordinates are to be multiplied by.
pub(super) fn hemispheres(word: u32) -> (f64, f64) {
    let sign = |at| if bit(word, at) { -1.0 } else { 1.0 };
    (sign(SOUTH), sign(WEST))
}

/// Takes the status word.
pub(super) fn status(word: u32, draft: &mut Draft) {
    draft.valid(bit(word, FIX));
    draft.set(attr::IGNITION, bit(word, ACC));
    draft.line(attr::OUTPUT_STATUS, OIL_OUTPUT, bit(word, OIL_CUT));
    draft.set(attr::DOOR_STATUS, i64::from(word >> DOORS & DOORS_MASK));
    if let Some(id) = *STATUS {
        draft.set(id, i64::from(word));
    }
    // The standard reserves the bit: only where it is set has a maker given it this meaning.
    if bit(word, CHARGING) {
        draft.set(attr::CHARGING_STATUS, true);
    }
    let rare = [
        (OUT_OF_SERVICE, "out_of_service"),
        (ENCRYPTED, "coordinates_encrypted"),
        (CIRCUIT_CUT, "circuit_cut"),
        (DOORS_LOCKED, "doors_locked"),
    ];
    for (at, name) in rare {
        if bit(word, at) {
            draft.own(name, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_mean_what_the_model_means() {
        let check = |model: &str, wanted: [(u32, u32); 5]| {
            let mut settings = DeviceSettings::default();
            settings.set("model", model).expect("is a name");
            for (at, event) in wanted {
                assert_eq!(of_model(&settings)(at), event, "bit {at} of {model}");
            }
        };
        check("T1", [(0, 202), (1, 224), (4, 609), (16, 106), (18, 10_018)]);
        check("G-360P", [(0, 103), (1, 106), (4, 103), (16, 106), (8, 2)]);
        check("AL300", [(0, 10_000), (1, 10_001), (4, 10_004), (16, 225), (8, 10_008)]);
        let wanted = [
            (0, 202),
            (1, 224),
            (2, 230),
            (3, 104),
            (4, 609),
            (5, 601),
            (6, 601),
            (7, 7),
            (8, 2),
            (9, 10_009),
            (15, 113),
            (16, 106),
            (17, 106),
            (18, 10_018),
            (19, 10_019),
            (20, 10_020),
            (21, 10_021),
            (22, 10_022),
            (23, 10_023),
            (24, 10_024),
            (25, 10_025),
            (26, 10_026),
            (27, 10_027),
            (28, 225),
            (29, 242),
            (30, 242),
            (31, 109),
        ];
        for (at, event) in wanted {
            assert_eq!(usual(at), event, "bit {at}");
        }
    }
}
