//! From numbered I/O elements to normalised attributes and events.

mod collector;
mod table;

pub(super) use collector::Collector;

use std::sync::LazyLock;

use model::{AttributeId, DeviceSettings};

use super::line::Line;
use crate::Limits;

/// Lines of devices, as a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Lines(u8);

impl Lines {
    const FMX1: Self = Self(1);
    const FM6: Self = Self(2);
    const TAT: Self = Self(4);
    const TFT: Self = Self(8);
    const ALL: Self = Self(15);

    /// What an element must be meant for to be read. Devices of unknown line are taken for vehicle trackers.
    fn of(line: Option<Line>) -> Self {
        match line {
            None | Some(Line::Fmx1) => Self::FMX1,
            Some(Line::Fm6) => Self::FM6,
            Some(Line::Tat) => Self::TAT,
            // They share the platform of the common vehicle trackers, and have elements of their own.
            Some(Line::Tft) => Self(Self::FMX1.0 | Self::TFT.0),
        }
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
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
    /// Level of the fuel probe of this number: litres or a raw count, as the device is set up.
    FuelProbe(u8),
    /// Part of the cell tower of this number, counted from 0: network, area, cell and signal.
    Cell(u8, u8),
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
struct Known {
    element: &'static Element,
    attribute: Option<AttributeId>,
    /// Which of the names in the table it is: equal for elements of the same name.
    name_slot: u8,
}

/// Ids from 0 to this are found by index,
const LOW_IDS: u16 = 768;
/// and those from here,
const HIGH_IDS_FROM: u16 = 10_624;
/// as many as these. The others, a few, by search.
const HIGH_IDS: u16 = 256;
const SLOTS: usize = LOW_IDS as usize + HIGH_IDS as usize;

/// The place of an id among those that are found by index.
#[inline]
fn slot(id: u16) -> Option<usize> {
    if id < LOW_IDS {
        return Some(usize::from(id));
    }
    let high = id.wrapping_sub(HIGH_IDS_FROM);
    (high < HIGH_IDS).then_some(usize::from(LOW_IDS) + usize::from(high))
}

struct Index {
    known: Vec<Known>,
    /// Place in `known` plus one, by slot; 0 for none.
    direct: [u8; SLOTS],
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut names: Vec<&str> = Vec::new();
    let mut known = Vec::with_capacity(table::ELEMENTS.len());
    let mut direct = [0u8; SLOTS];
    for (place, element) in table::ELEMENTS.iter().enumerate() {
        let named = names.iter().position(|name| *name == element.name).unwrap_or_else(|| {
            names.push(element.name);
            names.len() - 1
        });
        if let Some(at) = slot(element.id) {
            direct[at] = (place + 1) as u8;
        }
        known.push(Known { element, attribute: AttributeId::find(element.name), name_slot: named as u8 });
    }
    Index { known, direct }
});

impl Index {
    #[inline]
    fn find(&self, id: u16) -> Option<&Known> {
        match slot(id) {
            Some(at) => self.known.get(usize::from(self.direct[at]).wrapping_sub(1)),
            None => self.known.binary_search_by_key(&id, |k| k.element.id).ok().map(|at| &self.known[at]),
        }
    }
}

/// What reading the records of a device depends on: looked up once a packet.
pub(super) struct Reading {
    index: &'static Index,
    lines: Lines,
    fuel_in_litres: bool,
    has_16_byte_group: bool,
    text_bytes_max: usize,
}

impl Reading {
    pub(super) fn of(settings: &DeviceSettings, limits: &Limits) -> Self {
        Self {
            index: &INDEX,
            lines: Lines::of(Line::of(settings)),
            fuel_in_litres: settings.fuel_in_litres == Some(true),
            has_16_byte_group: settings.wide_elements == Some(true),
            text_bytes_max: limits.text_bytes_max,
        }
    }

    #[inline]
    fn find(&self, id: u16) -> Option<&'static Known> {
        self.index.find(id).filter(|k| k.element.lines.overlaps(self.lines))
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
        assert!(table::ELEMENTS.len() <= usize::from(u8::MAX), "places and names are counted in a byte");
        assert!(INDEX.find(0).is_none() && INDEX.find(700).is_none() && INDEX.find(65_535).is_none());
    }

    #[test]
    fn every_id_is_found_in_one_way() {
        assert_eq!((slot(0), slot(767), slot(768)), (Some(0), Some(767), None));
        assert_eq!((slot(10_623), slot(10_624), slot(10_879), slot(10_880)), (None, Some(768), Some(1_023), None));
    }
}
