//! What the event codes mean, as events of the Navixy Generic Protocol.

/// Vendor codes without a place in the list begin here.
const VENDOR_BASE: u32 = 10_000;

/// The events of a code, the more telling one first.
pub(super) fn of(code: u16) -> Vec<u32> {
    let number = match code {
        // None, a heartbeat, an answer to a request.
        0 | 31 | 34 => return Vec::new(),
        // The alarm button is input 1.
        1 => return vec![202, 501],
        2..=8 => 500 + u32::from(code),
        9..=16 => 500 + u32::from(code) - 8,
        17 => 1,
        18 => 7,
        19 => 224,
        20 => 409,
        21 => 410,
        22 => 4,
        23 => 2,
        24 => 609,
        25 => 608,
        26 => 9,
        27 => 8,
        28 => 601,
        29 => 15,
        32 => 405,
        33 => 404,
        35 => 403,
        36 => 101,
        40 => 14,
        41 => 407,
        42 => 406,
        44 => 116,
        78 => 242,
        90 | 91 => 239,
        129 => 241,
        130 => 240,
        133 => 302,
        135 => 230,
        144 => 605,
        145 => 604,
        _ => VENDOR_BASE + u32::from(code),
    };
    vec![number]
}
