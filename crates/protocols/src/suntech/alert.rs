//! What alerts, emergencies and events mean, as events of the Navixy Generic Protocol.

/// Codes without a place in the list begin here.
const VENDOR_BASE: u32 = 10_000;

/// The event of an alert, which has the same code in all lines.
pub(super) fn of_alert(code: u32) -> u32 {
    match code {
        1 => 224,
        5 => 410,
        6 => 409,
        14 => 1,
        15 => 113,
        16 => 242,
        33 => 605,
        34 => 604,
        40 => 4,
        41 => 2,
        42 => 202,
        46 => 240,
        47 => 241,
        50 => 117,
        132 => 109,
        _ => VENDOR_BASE.saturating_add(code),
    }
}

/// An alert that says whose key was held to the reader.
pub(super) const DRIVER: u32 = 59;

/// The event of an emergency.
pub(super) fn of_emergency(code: u32) -> u32 {
    match code {
        1 => 202,
        3 => 2,
        5 | 6 => 109,
        7 => 225,
        8 => 113,
        _ => VENDOR_BASE.saturating_add(code),
    }
}

/// The event of a change of an input: two codes each, on and off.
pub(super) fn of_event(code: u32) -> u32 {
    match code {
        1..=6 => 500 + code.div_ceil(2),
        _ => VENDOR_BASE.saturating_add(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_events() {
        assert_eq!([1, 5, 6, 14, 15, 16, 33, 34].map(of_alert), [224, 410, 409, 1, 113, 242, 605, 604]);
        assert_eq!([40, 41, 42, 46, 47, 50, 132, 59].map(of_alert), [4, 2, 202, 240, 241, 117, 109, 10_059]);
        assert_eq!([1, 2, 3, 5, 6, 7, 8].map(of_emergency), [202, 10_002, 2, 109, 109, 225, 113]);
        assert_eq!([1, 2, 3, 4, 5, 6, 7].map(of_event), [501, 501, 502, 502, 503, 503, 10_007]);
        assert_eq!(of_alert(u32::MAX), u32::MAX);
    }
}
