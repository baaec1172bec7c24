//! What a position is called: the nearest town of an embedded gazetteer, without a network.
//!
//! The data lies in the binary in the form in which it is searched, so that nothing is loaded, parsed or kept: a
//! lookup reads a few hundred neighbours where they are. They are from GeoNames, under CC BY 4.0: see NOTICE.

mod countries;
mod grid;
pub mod pack;

use std::fmt;

use grid::{Cell, cells_around};
use pack::{HEADER_BYTES, INDEX_BYTES, MAGIC};

/// How far away the nearest town may be, in metres, for a position to be called by its name.
pub const DISTANCE_M_MAX: f64 = 50_000.0;

/// Metres in a degree of latitude, on a sphere of the Earth's mean radius.
const M_PER_DEGREE: f64 = 111_195.08;

/// The gazetteer that is built in.
static EMBEDDED: &[u8] = include_bytes!("../data/places.bin");

/// A gazetteer: towns by position.
///
/// Cheap to copy. Data that is not what [`pack`] makes costs names, never a panic.
#[derive(Clone, Copy, Debug)]
pub struct Places<'d> {
    data: &'d [u8],
}

/// A town.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place<'d> {
    /// Its name, in Latin letters.
    pub name: &'d str,
    /// The state, province or district that it is in; empty where none is known.
    pub region: &'d str,
    /// The country in English, or its code of two letters where the name is not known.
    pub country: &'d str,
    /// How far the position that was asked for is from its middle, in metres.
    pub distance_m: f64,
}

/// `Name, Region, Country`, without a region that is unknown or called as the town is.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if !self.region.is_empty() && self.region != self.name {
            write!(f, ", {}", self.region)?;
        }
        if self.country != self.name {
            write!(f, ", {}", self.country)?;
        }
        Ok(())
    }
}

impl Places<'static> {
    /// The one that is built in.
    pub fn embedded() -> Self {
        Self { data: EMBEDDED }
    }
}

impl<'d> Places<'d> {
    /// What [`pack::pack`] made; `None` if it begins otherwise.
    pub fn new(data: &'d [u8]) -> Option<Self> {
        (data.starts_with(MAGIC) && data.len() >= HEADER_BYTES + INDEX_BYTES).then_some(Self { data })
    }

    /// The nearest town within [`DISTANCE_M_MAX`] of a position in degrees; none in the wild, at sea, and for what is
    /// no position.
    ///
    /// Distances are those of a flat map around the position, which at this range are off by less than one in a
    /// hundred wherever people live.
    pub fn nearest(&self, lat: f64, lng: f64) -> Option<Place<'d>> {
        let is_position = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
        if !is_position {
            return None;
        }
        let shrink = lat.to_radians().cos();
        let mut best: Option<(f64, Entry<'d>)> = None;
        for cell in cells_around(lat, lng, DISTANCE_M_MAX / M_PER_DEGREE) {
            for entry in self.entries(cell) {
                let north = entry.lat - lat;
                let east = grid::turn(entry.lng - lng) * shrink;
                let squared = north * north + east * east;
                if best.as_ref().is_none_or(|(least, _)| squared < *least) {
                    best = Some((squared, entry));
                }
            }
        }
        let (squared, entry) = best?;
        let distance_m = squared.sqrt() * M_PER_DEGREE;
        if distance_m > DISTANCE_M_MAX {
            return None;
        }
        let (code, region) = self.region(entry.region)?;
        let country = countries::name(code).unwrap_or(code);
        Some(Place { name: entry.name, region, country, distance_m })
    }

    /// The towns of a cell.
    fn entries(&self, cell: Cell) -> Entries<'d> {
        let at = HEADER_BYTES + cell.number() * 4;
        let (from, to) = (self.u32_at(at), self.u32_at(at + 4));
        let data = from.zip(to).and_then(|(from, to)| self.data.get(from..to)).unwrap_or_default();
        Entries { cell, data }
    }

    /// A region's country code and name.
    fn region(&self, number: u16) -> Option<(&'d str, &'d str)> {
        let regions = self.u32_at(MAGIC.len())?;
        let at = self.u32_at(regions + usize::from(number) * 4)?;
        let (code, rest) = self.data.get(at..)?.split_at_checked(2)?;
        let (length, rest) = rest.split_first()?;
        let name = rest.get(..usize::from(*length))?;
        Some((std::str::from_utf8(code).ok()?, std::str::from_utf8(name).ok()?))
    }

    fn u32_at(&self, at: usize) -> Option<usize> {
        let bytes = self.data.get(at..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    }
}

/// A town as it lies in a cell.
#[derive(Clone, Copy)]
struct Entry<'d> {
    lat: f64,
    lng: f64,
    region: u16,
    name: &'d str,
}

/// The towns of a cell, one after the other.
struct Entries<'d> {
    cell: Cell,
    data: &'d [u8],
}

impl<'d> Iterator for Entries<'d> {
    type Item = Entry<'d>;

    fn next(&mut self) -> Option<Entry<'d>> {
        let ([lat0, lat1, lng0, lng1, region0, region1, length], rest) = self.data.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        self.data = rest;
        Some(Entry {
            lat: self.cell.south() + grid::degrees(u16::from_le_bytes([*lat0, *lat1])),
            lng: self.cell.west() + grid::degrees(u16::from_le_bytes([*lng0, *lng1])),
            region: u16::from_le_bytes([*region0, *region1]),
            name: std::str::from_utf8(name).ok()?,
        })
    }
}

#[cfg(test)]
mod tests;
