//! What devices call an event, as an event of the Navixy Generic Protocol.

use model::EventId;

/// Vendor codes without a place in the list begin here.
const VENDOR_BASE: u32 = 10_000;

/// The event of a Teltonika record that was caused by I/O element `id`, which has this value. `None` for periodic
/// records, and for crash traces that follow an alarm already given.
pub(crate) fn of_teltonika(id: u16, value: Option<u64>) -> Option<EventId> {
    let vendor = VENDOR_BASE + u32::from(id);
    // Without its value nobody knows whether something began or ended.
    let either = |active: u32, inactive: u32| match value {
        Some(0) => Some(inactive),
        Some(_) => Some(active),
        None => Some(vendor),
    };
    let number = match id {
        0 => None,
        1..=4 => Some(500 + u32::from(id)),
        179..=180 => Some(551 + u32::from(id) - 179),
        380 => Some(553),
        175 => either(409, 410),
        236 => either(202, vendor),
        239 => either(605, 604),
        240 => either(406, 407),
        246 => either(101, 102),
        247 => match value {
            Some(1 | 6) => Some(242),
            Some(2..=5) => None,
            _ => Some(vendor),
        },
        249 => either(117, vendor),
        251 => either(302, 301),
        252 => either(2, 4),
        253 => Some(match value {
            Some(1) => 240,
            Some(2) => 241,
            Some(3) => 239,
            _ => vendor,
        }),
        255 => either(224, vendor),
        318 => either(116, 121),
        _ => Some(vendor),
    };
    number.map(EventId)
}

/// Alarm names as phone apps send them.
const ALARMS: &[(&str, u32)] = &[
    ("sos", 202),
    ("general", 104),
    ("vibration", 113),
    ("movement", 225),
    ("overspeed", 224),
    ("lowBattery", 1),
    ("lowPower", 7),
    ("powerCut", 2),
    ("powerRestored", 4),
    ("powerOff", 14),
    ("powerOn", 15),
    ("door", 109),
    ("lock", 110),
    ("unlock", 111),
    ("geofenceEnter", 409),
    ("geofenceExit", 410),
    ("gpsAntennaCut", 601),
    ("accident", 242),
    ("fallDown", 242),
    ("tow", 101),
    ("idle", 302),
    ("hardAcceleration", 240),
    ("hardBraking", 241),
    ("hardCornering", 239),
    ("laneChange", 236),
    ("fatigueDriving", 230),
    ("fault", 303),
    ("jamming", 116),
    ("removing", 103),
    ("tampering", 106),
];

/// The event of an alarm that has a name; of an unknown name, the first of the vendors' own.
pub(crate) fn of_alarm(name: &str) -> EventId {
    let known = ALARMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    EventId(known.map_or(VENDOR_BASE, |(_, number)| *number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarm_names_become_events() {
        let check = |name: &str, wanted: u32| assert_eq!(of_alarm(name), EventId(wanted), "{name}");
        check("sos", 202);
        check("SOS", 202);
        check("hardBraking", 241);
        check("who knows", 10_000);
    }

    #[test]
    fn teltonika_elements_become_events() {
        let check = |id: u16, value: Option<u64>, wanted: Option<u32>| {
            assert_eq!(of_teltonika(id, value), wanted.map(EventId), "element {id} = {value:?}");
        };
        check(0, None, None);
        check(3, Some(0), Some(503));
        check(180, Some(1), Some(552));
        check(380, Some(1), Some(553));
        check(175, Some(1), Some(409));
        check(175, Some(0), Some(410));
        check(236, Some(1), Some(202));
        check(239, Some(1), Some(605));
        check(239, Some(0), Some(604));
        check(247, Some(6), Some(242));
        check(247, Some(3), None);
        check(252, Some(0), Some(4));
        check(253, Some(2), Some(241));
        check(253, Some(3), Some(239));
        check(255, Some(90), Some(224));
        check(21, Some(3), Some(10_021));
        check(11_317, None, Some(21_317));
    }

    #[test]
    fn an_element_without_a_value_is_not_taken_for_the_end_of_something() {
        for id in [175, 239, 240, 246, 251, 252, 255, 318] {
            assert_eq!(of_teltonika(id, None), Some(EventId(10_000 + u32::from(id))), "element {id}");
        }
    }
}
