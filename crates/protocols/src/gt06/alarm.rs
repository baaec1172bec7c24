//! What the alarm codes mean, as events of the Navixy Generic Protocol.

use super::line::Line;
use model::EventId;

/// Vendor codes without a place in the list begin here.
const VENDOR_BASE: u32 = 10_000;

/// The event of an alarm code; `None` for none. The second byte of the code is an extension that few kinds have.
pub(super) fn event(code: u16, line: Option<Line>) -> Option<EventId> {
    let number = match (code, line) {
        (0, _) => return None,
        (0x09, Some(Line::Vl100 | Line::Vl103)) => 101,
        (0x18, Some(Line::Lw)) => 242,
        (0x19, Some(Line::Lw)) => 240,
        (0x28, Some(Line::Seeworld)) => 239,
        (0x29, Some(Line::Seeworld)) => 242,
        (0x28, Some(Line::Vl103)) => 14,
        (0x30, Some(Line::Vl103)) => 241,
        _ => common(code),
    };
    Some(EventId(number))
}

fn common(code: u16) -> u32 {
    match code {
        0x01 => 202,
        0x02 => 2,
        0x03 | 0x09 => 113,
        0x04 => 409,
        0x05 => 410,
        0x06 => 224,
        0x0C | 0x13 | 0x25 | 0x32 => 106,
        0x0D => 608,
        0x0E | 0x0F => 7,
        0x11 => 14,
        0x14 => 109,
        0x18 => 103,
        0x19 => 1,
        0x1A | 0x27 | 0x28 | 0xF1 => 241,
        0x1B | 0x2A | 0x2B | 0x2E => 239,
        0x20 => 9,
        0x23 | 0x2C | 0x2D | 0xF2 => 242,
        0x26 | 0x29 | 0xF0 => 240,
        0x30 | 0x107 | 0x10B => 116,
        0x33 => 110,
        0x34 => 111,
        0xC9 => 302,
        0xFE => 605,
        0xFF => 604,
        _ => VENDOR_BASE + u32::from(code),
    }
}

/// The event of the three alarm bits of a terminal information byte.
pub(super) fn of_information(bits: u8) -> Option<EventId> {
    match bits {
        1 => Some(EventId(113)),
        2 => Some(EventId(2)),
        3 => Some(EventId(1)),
        4 => Some(EventId(202)),
        7 => Some(EventId(103)),
        // 6 says that a fence was crossed, and not in which direction: the alarm code beside it does.
        _ => None,
    }
}

/// The event of a dashcam.
pub(super) fn of_dashcam(code: u8, has_position: bool) -> EventId {
    EventId(match code {
        0x01 if has_position => 202,
        0x01 => 104,
        0x0E => 7,
        0x80 => 113,
        0x87 => 224,
        0x88 => 2,
        0x90 => 240,
        0x91 => 241,
        0x92 => 239,
        0x93 => 242,
        _ => VENDOR_BASE + u32::from(code),
    })
}

/// The event of an asset tracker or lock.
pub(super) fn of_asset(code: u8) -> EventId {
    EventId(match code {
        0x10 => 109,
        0x12 => 103,
        0x14 => 409,
        0x15 => 410,
        0x1A => 1,
        0x1B => 224,
        0x1C => 15,
        0x1D => 14,
        0x20 => 113,
        0x21 => 2,
        0x23 => 106,
        _ => VENDOR_BASE + u32::from(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_events_by_line() {
        let check = |code: u16, line: Option<Line>, wanted: Option<u32>| {
            assert_eq!(event(code, line), wanted.map(EventId), "{code:02X} of {line:?}");
        };
        check(0, None, None);
        check(0x01, None, Some(202));
        check(0x02, Some(Line::Lw), Some(2));
        check(0x09, None, Some(113));
        check(0x09, Some(Line::Vl103), Some(101));
        check(0x18, None, Some(103));
        check(0x18, Some(Line::Lw), Some(242));
        check(0x28, None, Some(241));
        check(0x28, Some(Line::Seeworld), Some(239));
        check(0x28, Some(Line::Vl103), Some(14));
        check(0x30, None, Some(116));
        check(0x30, Some(Line::Vl103), Some(241));
        check(0x53, None, Some(10_083));
        check(0x107, None, Some(116));
        check(0xFE, None, Some(605));
        check(0x1FF, None, Some(10_511));
    }
}
