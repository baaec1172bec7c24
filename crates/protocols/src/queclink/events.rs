//! What kinds of sentences mean, as events of the Navixy Generic Protocol.

/// The event of a kind that is one whatever else it says.
pub(super) fn of(kind: &str) -> Option<u32> {
    Some(match kind {
        "IGN" | "VGN" => 605,
        "IGF" | "VGF" => 604,
        "SOS" => 202,
        "SPD" => 224,
        "TOW" => 101,
        "IDL" | "IDN" => 302,
        "IDF" => 301,
        "PNA" => 15,
        "PFA" => 14,
        "EPN" | "MPN" => 4,
        "EPF" | "MPF" => 2,
        "BPL" => 1,
        "SWG" => 409,
        "JDR" | "JDS" => 117,
        "CRA" => 242,
        "LSA" => 103,
        _ => return None,
    })
}

/// The event of a change of movement, by the state of the device.
pub(super) fn of_state(state: u64) -> Option<u32> {
    match state {
        0x16 => Some(101),
        0x12 | 0x22 | 0x42 => Some(406),
        0x11 | 0x21 | 0x41 => Some(407),
        _ => None,
    }
}

/// The event of harsh driving.
pub(super) fn of_harsh(kind: u64) -> Option<u32> {
    match kind {
        0 | 3 => Some(241),
        1 | 4 => Some(240),
        2 => Some(239),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_become_events() {
        let check = |kind: &str, wanted: Option<u32>| assert_eq!(of(kind), wanted, "{kind}");
        check("IGN", Some(605));
        check("VGF", Some(604));
        check("EPF", Some(2));
        check("JDS", Some(117));
        check("FRI", None);
        assert_eq!([0, 1, 2, 3, 4, 5].map(of_harsh), [Some(241), Some(240), Some(239), Some(241), Some(240), None]);
        assert_eq!([0x16, 0x12, 0x21, 0x1A].map(of_state), [Some(101), Some(406), Some(407), None]);
    }
}
