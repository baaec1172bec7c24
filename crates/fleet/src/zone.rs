//! Time zones of users.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::{Civil, TimeError, Timestamp};

/// A time zone of the IANA database. One value a zone and process, shared.
pub struct Zone {
    id: u32,
    name: Box<str>,
    /// The offset of a zone that never changes it, which spares the search through its transitions.
    constant_offset_s: Option<i32>,
    rules: TimeZone,
}

/// The name is not that of a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownZone;

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of a time zone")
    }
}

impl std::error::Error for UnknownZone {}

/// The zones in use, by their canonical spelling. Bounded by the IANA database: nothing else is let in.
static ZONES: LazyLock<RwLock<HashMap<Box<str>, Arc<Zone>>>> = LazyLock::new(|| {
    let utc = Zone { id: 0, name: "UTC".into(), constant_offset_s: Some(0), rules: TimeZone::UTC };
    RwLock::new(HashMap::from([(utc.name.clone(), Arc::new(utc))]))
});

impl Zone {
    /// The zone of this name, whatever its case.
    pub fn parse(name: &str) -> Result<Arc<Self>, UnknownZone> {
        let find = |name: &str| ZONES.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        if let Some(zone) = find(name) {
            return Ok(zone);
        }
        // The database is asked for names only: a POSIX rule or an offset is not the name of a zone.
        let rules = jiff::tz::db().get(name).map_err(|_| UnknownZone)?;
        let canonical = rules.iana_name().ok_or(UnknownZone)?.to_owned();
        let mut zones = ZONES.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = zones.get(canonical.as_str()) {
            return Ok(Arc::clone(zone));
        }
        let id = u32::try_from(zones.len()).unwrap_or(u32::MAX);
        let constant_offset_s = rules.to_fixed_offset().ok().map(|o| o.seconds());
        let zone = Arc::new(Self { id, name: canonical.as_str().into(), constant_offset_s, rules });
        zones.insert(canonical.into(), Arc::clone(&zone));
        Ok(zone)
    }

    /// UTC.
    pub fn utc() -> Arc<Self> {
        let zones = ZONES.read().unwrap_or_else(PoisonError::into_inner);
        zones.get("UTC").map_or_else(
            || Arc::new(Self { id: 0, name: "UTC".into(), constant_offset_s: Some(0), rules: TimeZone::UTC }),
            Arc::clone,
        )
    }

    /// A small number that no other zone of this process has; 0 is UTC. For cache keys, not for storing.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The IANA name, in its usual spelling.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far clocks of the zone are ahead of UTC at an instant, in seconds.
    pub fn offset_s(&self, at: Timestamp) -> i32 {
        if let Some(offset_s) = self.constant_offset_s {
            return offset_s;
        }
        self.rules.to_offset(to_jiff(at)).seconds()
    }

    /// The instant at which clocks of the zone show `civil`. A time that a clock change skips moves forward by the
    /// length of the gap; of a time that comes twice the earlier instant is taken. Errors with
    /// [`TimeError::Range`] when there is no such date or time of day.
    pub fn to_instant(&self, civil: Civil) -> Result<Timestamp, TimeError> {
        let as_utc = Timestamp::from_civil(civil)?;
        if let Some(offset_s) = self.constant_offset_s {
            return Ok(as_utc.plus_ms(-i64::from(offset_s) * model::MS_PER_SECOND));
        }
        let date_time = DateTime::new(
            civil.year as i16,
            civil.month as i8,
            civil.day as i8,
            civil.hour as i8,
            civil.minute as i8,
            civil.second as i8,
            i32::from(civil.millisecond) * 1_000_000,
        )
        .map_err(|_| TimeError::Range)?;
        match self.rules.to_ambiguous_timestamp(date_time).compatible() {
            Ok(instant) => Ok(Timestamp::from_ms_clamped(instant.as_millisecond())),
            // Only the last day of the year 9999 lies beyond the library's range.
            Err(_) => Ok(as_utc),
        }
    }
}

pub(crate) fn to_jiff(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.ms()).unwrap_or(jiff::Timestamp::MAX)
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Arc<Zone> {
        Zone::parse(name).expect(name)
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso(text).expect(text)
    }

    #[test]
    fn offsets_follow_the_calendar() {
        let check = |name: &str, instant: &str, offset_s: i32| {
            assert_eq!(zone(name).offset_s(at(instant)), offset_s, "{name} {instant}");
        };
        check("UTC", "2026-07-01T00:00:00Z", 0);
        check("Europe/Berlin", "2026-03-29T00:59:59.999Z", 3_600);
        check("Europe/Berlin", "2026-03-29T01:00:00Z", 7_200);
        check("Europe/Berlin", "2026-10-25T00:59:59Z", 7_200);
        check("Europe/Berlin", "2026-10-25T01:00:00Z", 3_600);
        check("Asia/Kathmandu", "2026-01-01T00:00:00Z", 20_700);
        check("America/St_Johns", "2026-01-01T00:00:00Z", -12_600);
        check("Asia/Tashkent", "2026-07-01T00:00:00Z", 18_000);
        check("Europe/Berlin", "9999-12-31T23:59:59.999Z", 3_600);
    }

    #[test]
    fn local_times_become_instants() {
        let check = |name: &str, local: &str, instant: &str| {
            let civil: Civil = local.parse().expect(local);
            assert_eq!(zone(name).to_instant(civil), Ok(at(instant)), "{name} {local}");
        };
        check("UTC", "2026-03-14 09:26:53", "2026-03-14T09:26:53Z");
        check("Europe/Berlin", "2026-01-14 09:26:53", "2026-01-14T08:26:53Z");
        check("Europe/Berlin", "2026-07-14 09:26:53.250", "2026-07-14T07:26:53.250Z");
        // The hour from two to three is skipped: half past two is half past three.
        check("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T01:30:00Z");
        check("America/New_York", "2026-03-08 02:00:00", "2026-03-08T07:00:00Z");
        // The hour from two to three comes twice: the first.
        check("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z");
        check("America/New_York", "2026-11-01 01:59:59", "2026-11-01T05:59:59Z");
    }

    #[test]
    fn impossible_dates_are_refused_in_every_zone() {
        let civil = Civil { year: 2026, month: 2, day: 30, hour: 0, minute: 0, second: 0, millisecond: 0 };
        for name in ["UTC", "Europe/Berlin"] {
            assert_eq!(zone(name).to_instant(civil), Err(TimeError::Range), "{name}");
            assert_eq!(zone(name).to_instant(Civil { day: 1, hour: 24, ..civil }), Err(TimeError::Range), "{name}");
        }
    }

    #[test]
    fn a_zone_has_one_value_and_one_number() {
        let (a, b) = (zone("Europe/Berlin"), zone("europe/berlin"));
        assert!(Arc::ptr_eq(&a, &b));
        assert_eq!((a.name(), b.id()), ("Europe/Berlin", a.id()));
        assert_ne!(a.id(), zone("Europe/Paris").id());
        assert_eq!((zone("UTC").id(), zone("utc").id()), (0, 0));
        assert!(Arc::ptr_eq(&Zone::utc(), &zone("UTC")));
    }

    #[test]
    fn only_names_are_zones() {
        for text in ["", "Europe/Atlantis", "+03:00", "CET-1CEST,M3.5.0,M10.5.0/3", "../../etc/passwd", "\0"] {
            assert_eq!(Zone::parse(text).err(), Some(UnknownZone), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_clock_shows_leads_back_to_an_instant_that_shows_it(
            ms in 0i64..4_102_444_800_000,
            name in prop::sample::select(&["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"][..]),
        ) {
            let zone = zone(name);
            let instant = Timestamp::from_ms(ms).expect("in range");
            let shown = instant.civil(zone.offset_s(instant));
            let back = zone.to_instant(shown).expect("a real date");
            prop_assert_eq!(back.civil(zone.offset_s(back)), shown);
            // In an overlap the earlier one is taken, never the later.
            prop_assert!(back <= instant);
        }
    }
}
