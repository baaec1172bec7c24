//! Recorded taxi drives that lie beside the project in some checkouts.

use std::path::PathBuf;

/// One fix of a drive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// With a fare.
    pub occupied: bool,
    /// Seconds since the Unix epoch.
    pub time_s: i64,
}

/// The folder of the drives; `Err` says in one line why the test has to be skipped.
pub fn folder() -> Result<PathBuf, String> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/cabs"));
    if path.is_dir() { Ok(path) } else { Err(format!("skipped: the recorded drives are not at {}", path.display())) }
}

/// The fixes of one drive, oldest first.
///
/// # Panics
/// When the file cannot be read or a line is not a fix.
pub fn fixes(name: &str) -> Vec<Fix> {
    let path = folder().expect("looked for before").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(fix).collect()
}

fn fix(line: &str) -> Fix {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [latitude, longitude, occupied, time_s] = words[..] else { panic!("not a fix: {line}") };
    Fix {
        latitude: latitude.parse().expect("degrees"),
        longitude: longitude.parse().expect("degrees"),
        occupied: occupied == "1",
        time_s: time_s.parse().expect("seconds"),
    }
}
