//! The Earth in cells of one degree by one degree.

/// Rows of cells, from south to north.
pub(crate) const ROWS: usize = 180;
/// Cells of a row, from west to east.
pub(crate) const COLUMNS: usize = 360;

/// Parts that a degree is divided in for positions within a cell: 1.7 m of latitude each.
const PARTS: f64 = 65_536.0;

/// A cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    row: usize,
    column: usize,
}

impl Cell {
    /// The cell that a position is in, and how far it is from its south-western corner, in parts of a degree.
    pub(crate) fn of(lat: f64, lng: f64) -> (Self, u16, u16) {
        let (row, north) = divide(lat + 90.0, ROWS);
        let (column, east) = divide(lng + 180.0, COLUMNS);
        (Self { row, column }, north, east)
    }

    /// Its place in the index.
    pub(crate) fn number(self) -> usize {
        self.row * COLUMNS + self.column
    }

    pub(crate) fn south(self) -> f64 {
        self.row as f64 - 90.0
    }

    pub(crate) fn west(self) -> f64 {
        self.column as f64 - 180.0
    }
}

/// Whole degrees, fewer than `count`, and parts of one.
fn divide(degrees: f64, count: usize) -> (usize, u16) {
    let parts = (degrees * PARTS) as u32;
    let whole = (parts >> 16) as usize;
    if whole >= count { (count - 1, u16::MAX) } else { (whole, (parts & 0xFFFF) as u16) }
}

/// Parts of a degree as degrees.
pub(crate) fn degrees(parts: u16) -> f64 {
    (f64::from(parts) + 0.5) / PARTS
}

/// A difference of longitudes, the short way round.
pub(crate) fn turn(degrees: f64) -> f64 {
    if degrees > 180.0 {
        degrees - 360.0
    } else if degrees < -180.0 {
        degrees + 360.0
    } else {
        degrees
    }
}

/// The cells that hold everything within so many degrees of latitude of a position, each once.
pub(crate) fn cells_around(lat: f64, lng: f64, reach: f64) -> impl Iterator<Item = Cell> {
    let (south, north) = ((lat - reach).max(-90.0), (lat + reach).min(90.0));
    // Of both edges the one nearer to a pole has the longest way round.
    let shrink = south.abs().max(north.abs()).to_radians().cos();
    let wide = if shrink * 180.0 > reach { reach / shrink } else { 180.0 };
    let rows = Cell::of(south, lng).0.row..=Cell::of(north, lng).0.row;
    let west = (lng - wide + 180.0).floor();
    let count = ((lng + wide + 180.0).floor() - west + 1.0).min(COLUMNS as f64) as usize;
    let west = west.rem_euclid(COLUMNS as f64) as usize;
    rows.flat_map(move |row| (0..count).map(move |i| Cell { row, column: (west + i) % COLUMNS }))
}
