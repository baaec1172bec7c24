//! From numbered I/O elements to normalised attributes and events.

mod collector;
mod table;

pub(super) use collector::Collector;

use std::sync::LazyLock;

use super::line::Line;
use model::AttributeId;

/// Lines of devices, as a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Lines(u8);

impl Lines {
    const FMX1: Self = Self(1);
    const FM6: Self = Self(2);
    const TAT: Self = Self(4);
    const ALL: Self = Self(7);

    /// What an element must be meant for to be read. Devices of unknown line are taken for vehicle trackers.
    fn of(line: Option<Line>) -> Self {
        match line {
            None | Some(Line::Fmx1) => Self::FMX1,
            Some(Line::Fm6) => Self::FM6,
            Some(Line::Tat) => Self::TAT,
        }
    }

    fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// How the value of an element is read.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Meaning {
    /// A number: raw values from `min` to `max` but for `faults`, times `times`, divided by `divisor`. A divisor of 0
    /// keeps it whole.
    Number { divisor: f64, times: i64, min: i64, max: i64, faults: &'static [i64] },
    /// 0 is false, anything else true.
    Flag,
    /// Digital input, by its bit.
    Input(u8),
    /// Digital output, by its bit.
    Output(u8),
    /// Upper-case hexadecimal; 0 is no value when it is a number.
    Hex,
    /// The eight bytes of an iButton, last first, in hexadecimal; 0 is no key.
    ReversedKey,
    /// Text.
    Text,
    /// Text in which commas separate codes.
    Codes,
    /// First (0) or second (1) half of the SIM card's number.
    Iccid(u8),
    /// First (0) or second (1) half of a driver's card.
    Driver(u8),
    /// Bluetooth beacons, by the form of the list.
    Beacons(u8),
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
struct Element {
    id: u16,
    /// The attribute that it becomes; empty for those that are folded into another.
    name: &'static str,
    signed: bool,
    /// The only width in bytes in which it means this; 0 for any.
    width: u8,
    lines: Lines,
    meaning: Meaning,
}

/// An element with its name looked up.
#[derive(Clone, Copy)]
struct Known {
    element: &'static Element,
    attribute: Option<AttributeId>,
}

/// Ids below this are found by index, the rest by search.
const DIRECT_IDS: usize = 768;

struct Index {
    known: Vec<Known>,
    /// Place in `known` plus one, by id; 0 for none.
    direct: [u8; DIRECT_IDS],
    /// How many of `known` have ids below [`DIRECT_IDS`].
    direct_count: usize,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let known: Vec<Known> =
        table::ELEMENTS.iter().map(|element| Known { element, attribute: AttributeId::find(element.name) }).collect();
    let mut direct = [0u8; DIRECT_IDS];
    let mut direct_count = 0;
    for (place, k) in known.iter().enumerate() {
        if let Some(slot) = direct.get_mut(usize::from(k.element.id)) {
            *slot = u8::try_from(place + 1).unwrap_or(0);
            direct_count = place + 1;
        }
    }
    Index { known, direct, direct_count }
});

impl Index {
    fn find(&self, id: u16) -> Option<&Known> {
        match self.direct.get(usize::from(id)) {
            Some(0) => None,
            Some(place) => self.known.get(usize::from(*place) - 1),
            None => {
                let rest = self.known.get(self.direct_count..)?;
                rest.binary_search_by_key(&id, |k| k.element.id).ok().map(|at| &rest[at])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ascends_and_every_name_is_shared() {
        assert!(table::ELEMENTS.is_sorted_by(|a, b| a.id < b.id));
        for e in table::ELEMENTS {
            let shared = AttributeId::find(e.name).is_some_and(AttributeId::is_shared);
            assert!(e.name.is_empty() || shared, "{} has no shared number", e.name);
            assert_eq!(INDEX.find(e.id).map(|k| k.element.id), Some(e.id));
        }
        let low = table::ELEMENTS.iter().filter(|e| usize::from(e.id) < DIRECT_IDS).count();
        assert!(low <= usize::from(u8::MAX) && low == INDEX.direct_count, "{low} rows are found by index");
        assert!(INDEX.find(0).is_none() && INDEX.find(700).is_none() && INDEX.find(65_535).is_none());
    }
}
