//! How the gazetteer is made: `cargo run -p places --example pack`.
//!
//! The form, numbers with the low byte first: four letters; where the table of regions begins; for each cell, from
//! the south-west on, where its towns begin, and where the last ends; the towns, each with its position within the
//! cell (two times 16 bits), its region (16) and its name after the length (8); the regions' texts, each a country
//! code of two letters and a name after the length (8); the table of where they begin.

use std::collections::HashMap;
use std::fmt;

use crate::grid::{COLUMNS, Cell, ROWS};

/// How the data begins.
pub(crate) const MAGIC: &[u8; 4] = b"OGP1";
/// What stands before the index.
pub(crate) const HEADER_BYTES: usize = 8;
/// For each cell and for the end of the last one.
pub(crate) const INDEX_BYTES: usize = (ROWS * COLUMNS + 1) * 4;

/// A town on its way into the gazetteer.
#[derive(Clone, Debug)]
pub struct Row {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// 1 to 255 bytes.
    pub name: String,
    /// At most 255 bytes; may be empty.
    pub region: String,
    /// ISO 3166, two letters.
    pub country_code: String,
}

/// Why rows cannot be packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PackError {
    /// A row is not as its fields say.
    BadRow,
    /// More regions than 65,536.
    TooManyRegions,
    /// More bytes than 4 GiB.
    TooLarge,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadRow => "a row has no position or no name, a text that is too long or a wrong country code",
            Self::TooManyRegions => "more than 65,536 regions",
            Self::TooLarge => "more than 4 GiB",
        })
    }
}

impl std::error::Error for PackError {}

/// The gazetteer of these towns, in whatever order they come: the same rows in the same order give the same bytes.
///
/// # Errors
/// When a row is wrong, or there are too many.
pub fn pack(rows: &[Row]) -> Result<Vec<u8>, PackError> {
    let mut regions = Regions::default();
    let mut cells: Vec<Vec<u8>> = vec![Vec::new(); ROWS * COLUMNS];
    for row in rows {
        let is_position = (-90.0..=90.0).contains(&row.lat) && (-180.0..=180.0).contains(&row.lng);
        if !is_position || row.name.is_empty() {
            return Err(PackError::BadRow);
        }
        let (cell, north, east) = Cell::of(row.lat, row.lng);
        let region = regions.number(row)?;
        let out = cells.get_mut(cell.number()).ok_or(PackError::BadRow)?;
        [north, east, region].iter().for_each(|number| out.extend(number.to_le_bytes()));
        text(&row.name, out)?;
    }
    let mut out = MAGIC.to_vec();
    let mut at = HEADER_BYTES + INDEX_BYTES;
    let towns_end = at + cells.iter().map(Vec::len).sum::<usize>();
    out.extend(offset(towns_end + regions.texts.len())?);
    for cell in &cells {
        out.extend(offset(at)?);
        at += cell.len();
    }
    out.extend(offset(at)?);
    cells.iter().for_each(|cell| out.extend(cell));
    out.extend(&regions.texts);
    for begin in regions.begins {
        out.extend(offset(towns_end + begin)?);
    }
    Ok(out)
}

#[derive(Default)]
struct Regions {
    numbers: HashMap<(String, String), u16>,
    texts: Vec<u8>,
    begins: Vec<usize>,
}

impl Regions {
    fn number(&mut self, row: &Row) -> Result<u16, PackError> {
        let key = (row.country_code.clone(), row.region.clone());
        if let Some(number) = self.numbers.get(&key) {
            return Ok(*number);
        }
        let number = u16::try_from(self.numbers.len()).map_err(|_| PackError::TooManyRegions)?;
        let is_code = row.country_code.len() == 2 && row.country_code.bytes().all(|b| b.is_ascii_uppercase());
        if !is_code {
            return Err(PackError::BadRow);
        }
        self.begins.push(self.texts.len());
        self.texts.extend(row.country_code.as_bytes());
        text(&row.region, &mut self.texts)?;
        self.numbers.insert(key, number);
        Ok(number)
    }
}

fn text(text: &str, out: &mut Vec<u8>) -> Result<(), PackError> {
    out.push(u8::try_from(text.len()).map_err(|_| PackError::BadRow)?);
    out.extend(text.as_bytes());
    Ok(())
}

fn offset(at: usize) -> Result<[u8; 4], PackError> {
    u32::try_from(at).map(u32::to_le_bytes).map_err(|_| PackError::TooLarge)
}
