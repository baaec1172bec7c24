use proptest::prelude::*;

use super::*;
use crate::pack::{PackError, Row, pack};

fn embedded(lat: f64, lng: f64) -> Option<String> {
    Places::embedded().nearest(lat, lng).map(|place| place.to_string())
}

#[test]
fn positions_are_called_by_the_nearest_town() {
    let check = |lat: f64, lng: f64, expected: Option<&str>| {
        assert_eq!(embedded(lat, lng).as_deref(), expected, "{lat},{lng}");
    };
    check(38.7253, -9.1500, Some("Lisbon, Portugal"));
    check(41.2165983, 1.20606, Some("la Pobla de Mafumet, Catalonia, Spain"));
    check(37.7749, -122.4194, Some("San Francisco, California, United States"));
    check(-33.8679, 151.2073, Some("Sydney, New South Wales, Australia"));
    check(47.3667, 8.55, Some("Zurich, Switzerland"));
    check(1.2897, 103.8501, Some("Singapore"));
    check(-36.8485, 174.7633, Some("Auckland, New Zealand"));
    // At sea, at the poles, in the desert.
    check(0.0, -30.0, None);
    check(90.0, 0.0, None);
    check(-90.0, 180.0, None);
    check(23.5, 12.0, None);
    // No positions.
    for (lat, lng) in [(91.0, 0.0), (0.0, 180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY), (f64::MIN, f64::MAX)] {
        check(lat, lng, None);
    }
}

#[test]
fn every_town_of_the_data_is_whole_and_its_country_known() {
    let places = Places::embedded();
    let (mut towns, mut countries) = (0, std::collections::HashSet::new());
    for row in 0..180 {
        for column in 0..360 {
            let cell = Cell::of(f64::from(row) - 89.5, f64::from(column) - 179.5).0;
            let mut entries = places.entries(cell);
            for entry in entries.by_ref() {
                let (code, _) = places.region(entry.region).expect("a region");
                assert!(!entry.name.is_empty());
                assert!(countries::name(code).is_some(), "{code}");
                countries.insert(code);
                towns += 1;
            }
            assert!(entries.data.is_empty(), "a cell ends where its last town does");
        }
    }
    assert_eq!((towns, countries.len()), (144_561, 246));
}

#[test]
fn names_of_countries_are_in_order() {
    assert!(countries::NAMES.is_sorted_by(|a, b| a.0 < b.0));
}

fn row(lat: f64, lng: f64, name: &str, region: &str) -> Row {
    Row { lat, lng, name: name.to_owned(), region: region.to_owned(), country_code: "PT".to_owned() }
}

#[test]
fn a_town_beyond_the_date_line_is_near() {
    let data = pack(&[row(-16.8, -179.98, "East", ""), row(-16.8, 179.5, "West", "R")]).expect("packed");
    let places = Places::new(&data).expect("a gazetteer");
    let check = |lng: f64, expected: &str, metres: f64| {
        let place = places.nearest(-16.8, lng).expect("near");
        assert_eq!(place.to_string(), expected);
        assert!((place.distance_m - metres).abs() < 5.0, "{}", place.distance_m);
    };
    check(179.99, "East, Portugal", 3_193.5);
    check(-180.0, "East, Portugal", 2_129.0);
    check(180.0, "East, Portugal", 2_129.0);
    check(179.6, "West, R, Portugal", 10_645.0);
}

#[test]
fn rows_that_cannot_be_packed_are_refused() {
    let check = |row: Row| assert_eq!(pack(&[row]).map(|data| data.len()), Err(PackError::BadRow));
    check(row(90.1, 0.0, "a", ""));
    check(row(0.0, f64::NAN, "a", ""));
    check(row(0.0, 0.0, "", ""));
    check(row(0.0, 0.0, &"a".repeat(256), ""));
    check(row(0.0, 0.0, "a", &"a".repeat(256)));
    check(Row { country_code: "pt".to_owned(), ..row(0.0, 0.0, "a", "") });
    let many: Vec<Row> = (0..=65_536).map(|i| row(0.0, 0.0, "a", &i.to_string())).collect();
    assert_eq!(pack(&many).map(|data| data.len()), Err(PackError::TooManyRegions));
    assert!(Places::new(b"OGP1").is_none());
    assert!(Places::new(&[0; 300_000]).is_none());
}

/// The distance on a sphere, in metres.
fn great_circle_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let h = half(a.0, b.0) + a.0.to_radians().cos() * b.0.to_radians().cos() * half(a.1, b.1);
    2.0 * h.sqrt().min(1.0).asin().to_degrees() * M_PER_DEGREE
}

fn around() -> impl Strategy<Value = (f64, f64)> {
    (-75.0..75.0f64, -180.0..180.0f64)
}

proptest! {
    /// What is found is as near as what a search of everything finds, but for the flatness of the map.
    #[test]
    fn no_town_is_nearer(
        (lat, lng) in around(),
        offsets in prop::collection::vec((-1.2..1.2f64, -3.0..3.0f64), 1..40),
    ) {
        let towns: Vec<(f64, f64)> = offsets.iter().map(|(north, east)| {
            (lat + north, (lng + east + 180.0).rem_euclid(360.0) - 180.0)
        }).collect();
        let rows: Vec<Row> = towns.iter().enumerate().map(|(i, t)| row(t.0, t.1, &i.to_string(), "")).collect();
        let data = pack(&rows).expect("packed");
        let found = Places::new(&data).expect("a gazetteer").nearest(lat, lng);
        let least = towns.iter().map(|town| great_circle_m((lat, lng), *town)).fold(f64::INFINITY, f64::min);
        match found {
            Some(place) => {
                let town = towns[place.name.parse::<usize>().expect("a number")];
                let distance_m = great_circle_m((lat, lng), town);
                prop_assert!(distance_m <= least * 1.03 + 5.0, "{distance_m} {least}");
                prop_assert!((place.distance_m - distance_m).abs() <= distance_m * 0.03 + 5.0);
            }
            None => prop_assert!(least > DISTANCE_M_MAX * 0.97, "{least}"),
        }
    }

    /// Data that is not what it should be costs names, never a panic.
    #[test]
    fn mangled_data_does_no_harm(
        (lat, lng) in around(),
        wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let cell = Cell::of(lat, lng).0.number();
        let mut data = pack(&[row(lat, lng, "town", "region")]).expect("packed");
        let end = data.len();
        // What a lookup here reads: the header, this cell's index, the towns and the regions.
        let read: Vec<usize> = (4..8)
            .chain(HEADER_BYTES + cell * 4..HEADER_BYTES + cell * 4 + 8)
            .chain(HEADER_BYTES + INDEX_BYTES..end)
            .collect();
        for (at, byte) in &wrong {
            data[*at.get(&read)] = *byte;
        }
        data.truncate((HEADER_BYTES + INDEX_BYTES).max(cut.index(end + 40)));
        let found = Places::new(&data).expect("long enough").nearest(lat, lng);
        if wrong.is_empty() && data.len() == end {
            prop_assert_eq!(found.map(|place| place.name), Some("town"));
        }
    }
}
