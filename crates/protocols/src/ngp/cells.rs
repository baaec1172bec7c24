//! Cell towers and Wi-Fi points: checked, then kept as the JSON that they are.

use super::fields::{Field, fault};
use crate::Limits;
use crate::json::{Item, compact, elements, item, members};
use crate::session::{FieldFault, Reject};

#[derive(Clone, Copy)]
enum Kind {
    Int,
    CellType,
    Mac,
}

/// A list of objects: its name, and the name, necessity and kind of their members.
pub(super) struct List {
    pub(super) name: &'static str,
    members: &'static [(&'static str, bool, Kind)],
}

pub(super) const MOBILE_CELLS: List = List {
    name: "mobile_cells",
    members: &[
        ("mcc", true, Kind::Int),
        ("mnc", true, Kind::Int),
        ("lac", true, Kind::Int),
        ("cell_id", true, Kind::Int),
        ("rssi", false, Kind::Int),
        ("type", false, Kind::CellType),
    ],
};

pub(super) const WIFI_POINTS: List = List {
    name: "wifi_points",
    members: &[
        ("mac", true, Kind::Mac),
        ("rssi", true, Kind::Int),
        ("age", false, Kind::Int),
        ("channel", false, Kind::Int),
    ],
};

impl List {
    /// Checks the list; its compact text.
    pub(super) fn read(&self, item: &Item<'_>, limits: &Limits) -> Result<String, Reject> {
        let Item::Array(raw) = item else { return Err(fault(self.name, FieldFault::WrongType)) };
        elements(raw, |one| self.check(one))?;
        compact(raw, limits.json_depth_max).ok_or(fault(self.name, FieldFault::OutOfRange))
    }

    fn check(&self, raw: &str) -> Result<(), Reject> {
        if !raw.starts_with('{') {
            return Err(fault(self.name, FieldFault::WrongType));
        }
        let mut seen = 0u32;
        members(raw, |name, value| {
            let Some(at) = self.members.iter().position(|(known, ..)| *known == name) else { return Ok(()) };
            match item(value)? {
                Item::Null => Ok(()),
                item => {
                    seen |= 1 << at;
                    check_member(Field { name: self.name, item }, self.members[at].2)
                }
            }
        })?;
        let missing = self.members.iter().enumerate().any(|(at, (_, needed, _))| *needed && seen & (1 << at) == 0);
        if missing { Err(fault(self.name, FieldFault::Missing)) } else { Ok(()) }
    }
}

fn check_member(field: Field<'_>, kind: Kind) -> Result<(), Reject> {
    let holds = match (kind, &field.item) {
        (Kind::Int, _) => return field.int(i64::MIN, i64::MAX).map(|_| ()),
        (Kind::CellType, Item::Text(t)) => matches!(t.as_ref(), "GSM" | "CDMA" | "WCDMA" | "LTE" | "NR"),
        (Kind::Mac, Item::Text(t)) => is_mac(t.as_bytes()),
        _ => return Err(field.wrong_type()),
    };
    if holds { Ok(()) } else { Err(field.out_of_range()) }
}

/// Six pairs of hexadecimal digits between colons.
fn is_mac(text: &[u8]) -> bool {
    text.len() == 17
        && text.iter().enumerate().all(|(at, b)| if at % 3 == 2 { *b == b':' } else { b.is_ascii_hexdigit() })
}
