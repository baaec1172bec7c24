//! How a user wants things shown.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::zone::Zone;

/// How a user wants things shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preferences {
    /// Its time zone.
    pub zone: Arc<Zone>,
    /// Its locale: `en` or `en_US`.
    pub locale: String,
    /// Its system of units.
    pub measurement_system: MeasurementSystem,
    /// The rest, which only its client looks at.
    pub display: Display,
}

impl Preferences {
    /// The locale of users who chose none.
    pub const LOCALE_DEFAULT: &str = "en";

    /// Those of a user who chose nothing but a zone.
    pub fn new(zone: Arc<Zone>) -> Self {
        Self {
            zone,
            locale: Self::LOCALE_DEFAULT.to_owned(),
            measurement_system: MeasurementSystem::default(),
            display: Display::default(),
        }
    }
}

/// Preferences that the server keeps for the client and does not act upon itself. Stored as JSON: a field that a newer
/// server adds has a default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Display {
    /// How dates look; `None` leaves it to the locale.
    pub date_format: Option<DateFormat>,
    /// How the hours of a day are counted; `None` leaves it to the locale.
    pub hour_mode: Option<HourMode>,
    /// Who turns positions into addresses.
    pub geocoder: Geocoder,
    /// Who finds routes.
    pub route_provider: RouteProvider,
    /// Whether addresses are written in Latin letters.
    pub translit: bool,
    /// Whether a new file may take the place of the oldest when the store of files is full.
    pub overwrites_files: bool,
    /// Who is told of a low balance: at most [`BALANCE_ALERT_EMAILS_MAX`] e-mail addresses.
    pub balance_alert_emails: Vec<String>,
}

/// How many addresses may be told of a low balance.
pub const BALANCE_ALERT_EMAILS_MAX: usize = 20;

/// An enum whose variants have a word each, under which they are stored and spoken of.
macro_rules! words {
    ($(#[doc = $about:literal] $name:ident { $($(#[$attribute:meta])? $variant:ident $word:literal)+ })+) => {$(
        #[doc = $about]
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum $name {
            $($(#[$attribute])? #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// Their words.
            pub const WORDS: &[&str] = &[$($word),+];

            /// Its word.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The one of this word.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    )+};
}

words! {
    /// A system of units.
    MeasurementSystem {
        #[default] Metric "metric"
        Imperial "imperial"
        Us "us"
        MetricGalUs "metric_gal_us"
        Nautical "nautical"
    }
    /// How dates look.
    DateFormat {
        #[default] DayMonthYearDots "ddMMyyyy_dots"
        DayMonthYearSlashes "ddMMyyyy_slashes"
        MonthDayYearHyphens "MMddyyyy_hyphens"
        YearMonthDayHyphens "yyyyMMdd_hyphens"
        ShortMonthName "dMMMy"
        LongMonthName "dMMMMy"
    }
    /// How the hours of a day are counted.
    HourMode {
        #[default] TwentyFour "TWENTY_FOUR_HOURS"
        Twelve "TWELVE_HOURS"
    }
    /// Who turns positions into addresses.
    Geocoder {
        Google "google"
        Yandex "yandex"
        Progorod "progorod"
        #[default] Osm "osm"
        LocationIq "locationiq"
    }
    /// Who finds routes.
    RouteProvider {
        Google "google"
        Progorod "progorod"
        #[default] Osrm "osrm"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back() {
        for (one, word) in Geocoder::ALL.iter().zip(Geocoder::WORDS) {
            assert_eq!((one.name(), Geocoder::from_name(word)), (*word, Some(*one)));
        }
        assert_eq!(HourMode::from_name("twelve_hours"), None);
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let check = |text: &str, expected: Display| {
            assert_eq!(serde_json::from_str::<Display>(text).expect("readable"), expected, "{text}");
        };
        check("{}", Display::default());
        let chosen = Display {
            date_format: Some(DateFormat::LongMonthName),
            hour_mode: Some(HourMode::Twelve),
            geocoder: Geocoder::Google,
            route_provider: RouteProvider::Progorod,
            translit: true,
            overwrites_files: true,
            balance_alert_emails: vec!["ann@example.com".to_owned()],
        };
        check(&serde_json::to_string(&chosen).expect("writable"), chosen);
        check(
            r#"{"hour_mode":"TWELVE_HOURS","later":1}"#,
            Display { hour_mode: Some(HourMode::Twelve), ..Display::default() },
        );
    }
}
