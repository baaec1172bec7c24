//! Drives as other tools write them: CSV with a header, and GPX.

use std::fmt;

use model::Timestamp;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::geo::Place;
use crate::wire::unit::Fix;

/// More points than this are no drive of one vehicle.
pub const POINTS_MAX: usize = 1_000_000;
/// What a file does not say of the receiver: a fix in the open has about as many satellites.
const SATELLITES: u8 = 9;

/// Why a file is no drive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadDrive {
    /// The header has no column of this name, nor any other that is known for it.
    NoColumn(&'static str),
    /// This record is not as the header says; records count from 1.
    BadRecord(usize),
    /// Not XML from some byte on.
    BadXml(u64),
    /// Nothing but a header, or no track points with a time.
    Empty,
    /// More than [`POINTS_MAX`] points.
    TooLong,
}

impl fmt::Display for BadDrive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoColumn(name) => write!(f, "no column {name}"),
            Self::BadRecord(n) => write!(f, "record {n} has no time or no coordinates that can be read"),
            Self::BadXml(at) => write!(f, "not XML at byte {at}"),
            Self::Empty => f.write_str("no points with a time"),
            Self::TooLong => write!(f, "more than {POINTS_MAX} points"),
        }
    }
}

impl std::error::Error for BadDrive {}

/// One point of a file; what it does not say is worked out from its neighbours.
#[derive(Clone, Copy, Default)]
struct Point {
    time: Option<Timestamp>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    altitude_m: Option<f64>,
    speed_kmh: Option<f64>,
    heading_deg: Option<f64>,
    satellites: Option<u8>,
    ignition: Option<bool>,
}

/// Reads a drive: GPX when it begins as XML does, else CSV. Points come in the order of their times.
///
/// # Errors
///
/// See [`BadDrive`].
pub fn parse(text: &str) -> Result<Vec<Fix>, BadDrive> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let points = if text.trim_start().starts_with('<') { gpx(text)? } else { csv(text)? };
    let mut points: Vec<(Timestamp, Place, Point)> = points
        .into_iter()
        .filter_map(|p| Some((p.time?, Place { latitude: p.latitude?, longitude: p.longitude? }, p)))
        .collect();
    points.sort_by_key(|(time, ..)| *time);
    if points.is_empty() { Err(BadDrive::Empty) } else { Ok(fixes(&points)) }
}

/// The names that columns go by.
const COLUMNS: &[(&str, &[&str])] = &[
    ("time", &["time", "timestamp", "datetime", "date_time", "fix_time", "devicetime", "fixtime"]),
    ("latitude", &["latitude", "lat"]),
    ("longitude", &["longitude", "lon", "lng", "long"]),
    ("altitude", &["altitude", "altitude_m", "alt", "ele", "elevation"]),
    ("speed", &["speed_kmh", "speed", "speed_km_h", "kmh"]),
    ("heading", &["heading", "heading_deg", "course", "bearing", "angle"]),
    ("satellites", &["satellites", "sat", "sats"]),
    ("ignition", &["ignition", "acc"]),
];

fn csv(text: &str) -> Result<Vec<Point>, BadDrive> {
    let header_line = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| header_line.bytes().filter(|b| b == d).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| BadDrive::Empty)?.clone();
    let column = |name: &'static str| {
        let known = COLUMNS.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, names)| names);
        header.iter().position(|told| known.iter().any(|known| known.eq_ignore_ascii_case(told)))
    };
    let needed = |name: &'static str| column(name).ok_or(BadDrive::NoColumn(name));
    let (time, latitude, longitude) = (needed("time")?, needed("latitude")?, needed("longitude")?);
    let [altitude, speed, heading, satellites, ignition] =
        ["altitude", "speed", "heading", "satellites", "ignition"].map(column);
    let mut points = Vec::new();
    for (nth, record) in (1..).zip(reader.records()) {
        let record = record.map_err(|_| BadDrive::BadRecord(nth))?;
        let number = |at: Option<usize>| record.get(at?)?.parse::<f64>().ok().filter(|x| x.is_finite());
        let point = Point {
            time: record.get(time).and_then(instant),
            latitude: number(Some(latitude)).filter(|x| x.abs() <= 90.0),
            longitude: number(Some(longitude)).filter(|x| x.abs() <= 180.0),
            altitude_m: number(altitude),
            speed_kmh: number(speed).filter(|x| *x >= 0.0),
            heading_deg: number(heading),
            satellites: number(satellites).map(|x| x as u8),
            ignition: ignition.and_then(|at| record.get(at)).map(|text| matches!(text, "1" | "true" | "on")),
        };
        if point.time.is_none() || point.latitude.is_none() || point.longitude.is_none() {
            return Err(BadDrive::BadRecord(nth));
        }
        if points.len() >= POINTS_MAX {
            return Err(BadDrive::TooLong);
        }
        points.push(point);
    }
    Ok(points)
}

/// A time as files have them: ISO 8601 with a zone, the same with a blank and in UTC without one, or Unix seconds or
/// milliseconds.
fn instant(text: &str) -> Option<Timestamp> {
    /// Seconds stay below this until the year 5138; milliseconds were above it from 1973 on.
    const SECONDS_BELOW: i64 = 100_000_000_000;
    if let Ok(number) = text.parse::<i64>() {
        return if number.abs() < SECONDS_BELOW { Timestamp::from_s(number) } else { Timestamp::from_ms(number) };
    }
    let iso = text.replacen(' ', "T", 1);
    Timestamp::parse_iso(&iso).or_else(|_| Timestamp::parse_iso(&format!("{iso}Z"))).ok()
}

fn gpx(text: &str) -> Result<Vec<Point>, BadDrive> {
    let mut reader = Reader::from_str(text);
    let mut points = Vec::new();
    let mut point: Option<Point> = None;
    let mut element = String::new();
    loop {
        let bad = |reader: &Reader<&[u8]>| BadDrive::BadXml(reader.buffer_position());
        match reader.read_event().map_err(|_| bad(&reader))? {
            Event::Start(start) => match start.local_name().as_ref() {
                "trkpt" | "rtept" => point = Some(coordinates(&start)),
                name => name.clone_into(&mut element),
            },
            Event::Text(words) => {
                if let Some(point) = &mut point {
                    tell(point, &element, words.trim());
                }
            }
            Event::End(end) => {
                element.clear();
                if matches!(end.local_name().as_ref(), "trkpt" | "rtept") {
                    if points.len() >= POINTS_MAX {
                        return Err(BadDrive::TooLong);
                    }
                    points.extend(point.take());
                }
            }
            Event::Eof => return Ok(points),
            _ => {}
        }
    }
}

fn coordinates(start: &BytesStart<'_>) -> Point {
    let number = |name: &str| {
        let attribute = start.try_get_attribute(name).ok().flatten()?;
        attribute.value.trim().parse::<f64>().ok()
    };
    Point {
        latitude: number("lat").filter(|x| x.abs() <= 90.0),
        longitude: number("lon").filter(|x| x.abs() <= 180.0),
        ..Point::default()
    }
}

fn tell(point: &mut Point, element: &str, words: &str) {
    const KMH_PER_M_S: f64 = 3.6;
    let number = || words.parse::<f64>().ok().filter(|x| x.is_finite());
    match element {
        "time" => point.time = instant(words),
        "ele" => point.altitude_m = number(),
        "speed" => point.speed_kmh = number().map(|m_s| m_s * KMH_PER_M_S).filter(|x| *x >= 0.0),
        "course" => point.heading_deg = number(),
        "sat" => point.satellites = words.parse().ok(),
        _ => {}
    }
}

fn fixes(points: &[(Timestamp, Place, Point)]) -> Vec<Fix> {
    let mut mileage_km = 0.0;
    let mut fixes: Vec<Fix> = Vec::with_capacity(points.len());
    for (nth, (time, place, point)) in points.iter().enumerate() {
        let before = nth.checked_sub(1).map(|n| &points[n]);
        let (mut speed_kmh, mut heading_deg) = (0.0, fixes.last().map_or(0, |fix| fix.heading_deg));
        if let Some((then, there, _)) = before {
            let driven_m = there.distance_m(*place);
            mileage_km += driven_m / 1_000.0;
            let hours = time.since_ms(*then) as f64 / 3_600_000.0;
            if hours > 0.0 {
                speed_kmh = (driven_m / 1_000.0 / hours).min(250.0);
            }
            if driven_m > 1.0 {
                heading_deg = there.bearing_deg(*place);
            }
        }
        let told = point.heading_deg.filter(|deg| (0.0..=360.0).contains(deg));
        fixes.push(Fix {
            time: *time,
            latitude: place.latitude,
            longitude: place.longitude,
            altitude_m: point.altitude_m.unwrap_or_default(),
            speed_kmh: point.speed_kmh.unwrap_or(speed_kmh),
            heading_deg: told.map_or(heading_deg, |deg| deg.round() as u16 % 360),
            satellites: point.satellites.unwrap_or(SATELLITES),
            hdop: 0.9,
            ignition: point.ignition.unwrap_or(true),
            mileage_km,
            board_v: 12.6,
            battery_v: 4.0,
            battery_level: 100,
        });
    }
    fixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_whatever_its_columns_are_called() {
        let check = |text: &str| {
            let fixes = parse(text).unwrap();
            assert_eq!(fixes.len(), 2, "{text}");
            assert_eq!(fixes[0].time.to_string(), "2026-03-14T09:26:53.000Z");
            assert_eq!((fixes[0].latitude, fixes[0].longitude), (-33.448_891, -70.669_266));
            assert_eq!(fixes[1].time.since_ms(fixes[0].time), 10_000);
        };
        check(
            "time,latitude,longitude\n2026-03-14T09:26:53Z,-33.448891,-70.669266\n2026-03-14T09:27:03Z,-33.449,-70.67\n",
        );
        check("Lat;Lon;Timestamp\n-33.449;-70.67;1773480423\n-33.448891;-70.669266;1773480413000\n");
        check(
            "lon\tlat\tdatetime\tspeed\n-70.669266\t-33.448891\t2026-03-14 09:26:53\t63\n-70.67\t-33.449\t2026-03-14 09:27:03\t\n",
        );
    }

    #[test]
    fn what_is_not_told_follows_from_the_neighbours() {
        let fixes = parse("time,lat,lon\n0,10,20\n3600,10.5,20\n3600,10.5,20\n").unwrap();
        assert!((fixes[1].speed_kmh - 55.6).abs() < 0.1, "{}", fixes[1].speed_kmh);
        assert_eq!((fixes[0].speed_kmh, fixes[1].heading_deg, fixes[2].speed_kmh), (0.0, 0, 0.0));
        assert!((fixes[2].mileage_km - 55.6).abs() < 0.1);
        let told = parse("time,lat,lon,speed,heading,alt,sat,acc\n0,1,2,63,360,542,11,0\n").unwrap()[0];
        assert_eq!((told.speed_kmh, told.heading_deg, told.altitude_m), (63.0, 0, 542.0));
        assert_eq!((told.satellites, told.ignition), (11, false));
    }

    #[test]
    fn tracks_are_read() {
        let text = r#"<?xml version="1.0"?><gpx><metadata><time>2020-01-01T00:00:00Z</time></metadata><trk><trkseg>
            <trkpt lat="-33.448891" lon="-70.669266"><ele>542</ele><time>2026-03-14T09:26:53Z</time><extensions>
            <g:TrackPointExtension><g:speed>17.5</g:speed><g:course>187</g:course></g:TrackPointExtension></extensions>
            </trkpt><trkpt lat="1" lon="2"/><trkpt lat="99" lon="2"><time>2026-03-14T09:26:54Z</time></trkpt>
            </trkseg></trk></gpx>"#;
        let fixes = parse(text).unwrap();
        assert_eq!(fixes.len(), 1);
        assert_eq!((fixes[0].altitude_m, fixes[0].speed_kmh, fixes[0].heading_deg), (542.0, 63.0, 187));
        assert_eq!(fixes[0].time.to_string(), "2026-03-14T09:26:53.000Z");
    }

    #[test]
    fn what_is_no_drive_is_refused() {
        assert_eq!(parse(""), Err(BadDrive::NoColumn("time")));
        assert_eq!(parse("lat,lon\n1,2\n"), Err(BadDrive::NoColumn("time")));
        assert_eq!(parse("time,lat,lon\n"), Err(BadDrive::Empty));
        assert_eq!(parse("time,lat,lon\n0,1,2\nx,1,2\n"), Err(BadDrive::BadRecord(2)));
        assert_eq!(parse("time,lat,lon\n0,91,2\n"), Err(BadDrive::BadRecord(1)));
        assert_eq!(parse("<gpx></gpx>"), Err(BadDrive::Empty));
        assert!(matches!(parse("<gpx><trk></gpx>"), Err(BadDrive::BadXml(_))));
    }
}
