//! Makes the gazetteer from an extract of GeoNames: lines of `lat,lon,name,admin1,admin2,cc` on standard input, the
//! packed form on standard output.
//!
//! ```console
//! $ cargo run --release -p places --example pack < cities.csv > crates/places/data/places.bin
//! ```

use std::error::Error;
use std::io::{Read, Write};

use places::pack::{Row, pack};

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut rows = text.lines().skip(1).map(row).collect::<Result<Vec<_>, _>>()?;
    // A few have no name in plain letters.
    rows.retain(|row| !row.name.is_empty());
    std::io::stdout().write_all(&pack(&rows)?)?;
    Ok(())
}

fn row(line: &str) -> Result<Row, Box<dyn Error>> {
    let [lat, lng, name, region, _, code] =
        <[String; 6]>::try_from(fields(line)).map_err(|_| format!("not six fields: {line}"))?;
    Ok(Row { lat: lat.parse()?, lng: lng.parse()?, name, region, country_code: code })
}

/// The fields of a line, of which some stand in quotes because they have commas.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    for c in line.trim_end().chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            _ => {
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}
