//! Eight characters of flags, and the mileage behind them.
//!
//! Names of the family's own: `tk103_blocked`, `tk103_panic`, `tk103_door`, `tk103_high_1` to `tk103_high_3` and
//! `tk103_low_1` to `tk103_low_3` (lines that are on when high, and when low). The fuel is a raw count.

use model::attr;

use super::scan::Scan;
use crate::draft::Draft;
use crate::own_names::OwnName;

const FLAGS_BYTES: usize = 8;
const SWITCHES: u8 = 3;

static PANIC: OwnName = OwnName::new("tk103_panic");
static BLOCKED: OwnName = OwnName::new("tk103_blocked");
static DOOR: OwnName = OwnName::new("tk103_door");
/// By their bits.
static HIGH: [OwnName; 3] = [OwnName::new("tk103_high_3"), OwnName::new("tk103_high_2"), OwnName::new("tk103_high_1")];
static LOW: [OwnName; 3] = [OwnName::new("tk103_low_3"), OwnName::new("tk103_low_2"), OwnName::new("tk103_low_1")];

/// Whether flags and a mileage stand here.
pub(super) fn is_there(text: &str) -> bool {
    let Some((flags, rest)) = text.split_at_checked(FLAGS_BYTES) else { return false };
    let is_switch = |b: &u8| matches!(b, b'0' | b'1');
    let has_flags = flags.as_bytes().iter().take(2).all(is_switch) && flags.bytes().all(|b| b.is_ascii_hexdigit());
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    has_flags && rest.strip_prefix('L').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()))
}

pub(super) fn read(s: &mut Scan<'_>, d: &mut Draft) {
    if !is_there(s.rest()) {
        return;
    }
    let Some(flags) = s.take(FLAGS_BYTES, |_| true) else { return };
    s.comma();
    s.take(1, |letter| letter == "L");
    let mileage = s.take_while(|b| b.is_ascii_hexdigit());
    let digit = |at: usize| u8::from_str_radix(&flags[at..=at], 16).unwrap_or(0);
    let bit = |at: usize, bit: u8| digit(at) >> bit & 1 == 1;
    // Nothing charges without external power.
    d.set(attr::CHARGING_STATUS, digit(0) == 0);
    d.set(attr::IGNITION, digit(1) == 1);
    d.line(attr::INPUT_STATUS, 2, bit(2, 0));
    d.own_named(&PANIC, bit(2, 1));
    if bit(2, 1) {
        d.event(202);
    }
    d.line(attr::OUTPUT_STATUS, 2, bit(2, 2));
    d.own_named(&BLOCKED, bit(2, 3));
    for n in 0..SWITCHES {
        let at = usize::from(n);
        d.own_named(&HIGH[at], bit(3, n));
        d.own_named(&LOW[at], bit(4, n + 1));
    }
    d.own_named(&DOOR, bit(3, 3));
    if let Ok(raw) = u32::from_str_radix(&flags[5..FLAGS_BYTES], 16) {
        d.nth("lls_level_raw_", 1, f64::from(raw));
    }
    if let Ok(m) = u32::from_str_radix(mileage, 16) {
        d.scaled(attr::HARDWARE_MILEAGE, m, 1_000.0);
    }
}
