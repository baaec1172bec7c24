//! The list of time zones that a user may choose from.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use model::Timestamp;

use crate::zone::{Zone, to_jiff};

/// A time zone to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneInfo {
    /// Its IANA name.
    pub name: &'static str,
    /// The country in which its clocks are, as ISO 3166-1 has it: two letters. Empty for those of no country.
    pub country: &'static str,
    /// Other names of the same zone.
    pub aliases: &'static [&'static str],
    /// How far its clocks are ahead of UTC outside daylight saving time, in seconds.
    pub base_offset_s: i32,
    /// How much further in daylight saving time, in seconds; 0 where there is none within a year.
    pub saving_s: i32,
}

/// A line a zone: country or `-`, name, other names. From the files `zone.tab` and `backward` of the IANA database,
/// which are in the public domain.
const LIST: &str = include_str!("zones.txt");

struct Named {
    name: &'static str,
    country: &'static str,
    aliases: Vec<&'static str>,
    rules: TimeZone,
}

/// Read once: the list and the database are part of the program.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| LIST.lines().filter_map(read).collect());

fn read(line: &'static str) -> Option<Named> {
    let mut words = line.split(' ');
    let country = words.next().filter(|country| *country != "-").unwrap_or_default();
    let name = words.next()?;
    // A name that the database in this program does not have is none to choose.
    let rules = jiff::tz::db().get(name).ok()?;
    Some(Named { name, country, aliases: words.collect(), rules })
}

impl Zone {
    /// All zones to choose from, by name, with the offsets of the year that begins at `now`.
    pub fn list(now: Timestamp) -> impl Iterator<Item = ZoneInfo> {
        NAMED.iter().map(move |zone| {
            let (base_offset_s, saving_s) = offsets_s(&zone.rules, now);
            ZoneInfo { name: zone.name, country: zone.country, aliases: &zone.aliases, base_offset_s, saving_s }
        })
    }
}

/// The least offset of a year, and how much more the greatest is. Which of the two a country calls its usual time does
/// not matter: in Ireland the law says summer, here it is winter as everywhere.
fn offsets_s(rules: &TimeZone, now: Timestamp) -> (i32, i32) {
    let end = to_jiff(now.plus_ms(366 * model::MS_PER_DAY));
    let first = rules.to_offset(to_jiff(now)).seconds();
    let changes = rules.following(to_jiff(now)).take_while(|change| change.timestamp() < end);
    let (least, most) = changes.fold((first, first), |(least, most), change| {
        let offset_s = change.offset().seconds();
        (least.min(offset_s), most.max(offset_s))
    });
    (least, most - least)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse_iso("2026-07-01T00:00:00Z").expect("a date")
    }

    #[test]
    fn the_list_is_whole_and_every_name_in_it_is_a_zone() {
        let zones: Vec<_> = Zone::list(now()).collect();
        assert_eq!(zones.len(), LIST.lines().count());
        assert!(zones.is_sorted_by_key(|zone| zone.name));
        let mut seen = HashSet::new();
        for zone in &zones {
            for name in [&zone.name].into_iter().chain(zone.aliases) {
                assert!(Zone::parse(name).is_ok() && seen.insert(*name), "{name}");
            }
            assert!(zone.country.is_empty() || zone.country.bytes().all(|b| b.is_ascii_uppercase()), "{zone:?}");
        }
    }

    #[test]
    fn offsets_are_those_of_a_year() {
        let check = |name: &str, country: &str, base_offset_s: i32, saving_s: i32| {
            let zone = Zone::list(now()).find(|zone| zone.name == name).expect(name);
            let found = (zone.country, zone.base_offset_s, zone.saving_s);
            assert_eq!(found, (country, base_offset_s, saving_s), "{name}");
        };
        check("UTC", "", 0, 0);
        check("Europe/Berlin", "DE", 3_600, 3_600);
        check("Europe/Dublin", "IE", 0, 3_600);
        check("Asia/Kolkata", "IN", 19_800, 0);
        check("America/St_Johns", "CA", -12_600, 3_600);
        check("Australia/Sydney", "AU", 36_000, 3_600);
        check("Australia/Lord_Howe", "AU", 37_800, 1_800);
    }

    #[test]
    fn other_names_lead_to_their_zone() {
        let kyiv = Zone::list(now()).find(|zone| zone.name == "Europe/Kyiv").expect("there");
        assert!(kyiv.aliases.contains(&"Europe/Kiev"), "{kyiv:?}");
    }
}
