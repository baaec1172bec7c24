//! What decoding a device's bytes depends on besides the bytes, because the device's own configuration decides it.

use std::fmt;

/// What is set for one device. The default suits a device of which nothing is known: each family then does as most of
/// its devices do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeviceSettings {
    /// The device's model, as its maker writes it. Families look for the lines that they must tell apart.
    pub model: Option<Box<str>>,
    /// How far ahead of UTC the device's clock is, in seconds.
    pub utc_offset_s: Option<i32>,
    /// The unit in which the device tells its speed.
    pub speed_unit: Option<SpeedUnit>,
    /// What becomes of frames with a wrong checksum.
    pub checksum: Option<ChecksumPolicy>,
    /// The device's password: expected at login where the family has one, given with commands where devices want it.
    pub password: Option<Box<str>>,
    /// Commands carry a word on their language.
    pub command_language: Option<bool>,
    /// Every frame is acknowledged, also those whose acknowledgement the family leaves to the device's configuration.
    pub acknowledge_all: Option<bool>,
    /// The code that the server gave at registration must come back.
    pub strict_login: Option<bool>,
    /// The length of the family's binary frames, in bytes, where frames do not say it.
    pub frame_bytes: Option<u16>,
    /// Lines end with the fields that the maker calls H bytes.
    pub h_bytes: Option<bool>,
    /// Fuel probes report litres instead of raw counts.
    pub fuel_in_litres: Option<bool>,
    /// Records have a group of 16-byte elements.
    pub wide_elements: Option<bool>,
    /// Times that lie whole cycles of 1,024 GPS weeks back are brought forward.
    pub gps_week_rollover: Option<bool>,
}

/// One setting: its key, what it allows and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct SettingKey {
    /// Its key.
    pub key: &'static str,
    /// What it allows, in words.
    pub allowed: &'static str,
    /// What it is for, and what holds without it.
    pub about: &'static str,
    /// The families that look at it; none means all.
    pub families: &'static [&'static str],
    put: fn(&mut DeviceSettings, &str) -> bool,
    get: fn(&DeviceSettings) -> Option<String>,
}

/// Why a setting was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingRefused {
    /// There is none of that name.
    UnknownKey,
    /// Its value is not allowed; this is what is.
    BadValue {
        /// What the key allows, in words.
        allowed: &'static str,
    },
}

impl fmt::Display for SettingRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey => f.write_str("no such setting"),
            Self::BadValue { allowed } => write!(f, "not allowed; allowed is {allowed}"),
        }
    }
}

impl std::error::Error for SettingRefused {}

/// What becomes of frames with a wrong checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChecksumPolicy {
    /// They are not read, and not acknowledged.
    Enforce,
    /// They are counted, and read all the same.
    Warn,
}

/// A unit of speed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpeedUnit {
    /// Nautical miles an hour.
    Knots,
    /// Kilometres an hour.
    KilometresPerHour,
    /// Metres a second.
    MetresPerSecond,
    /// Statute miles an hour.
    MilesPerHour,
}

impl SpeedUnit {
    /// Kilometres an hour in one of this unit.
    pub const fn kmh(self) -> f64 {
        match self {
            Self::Knots => 1.852,
            Self::KilometresPerHour => 1.0,
            Self::MetresPerSecond => 3.6,
            Self::MilesPerHour => 1.609_344,
        }
    }
}

const TEXT_BYTES_MAX: usize = 64;
const SWITCH: &str = "true or false";

macro_rules! switch {
    ($key:ident, $families:expr, $about:literal) => {
        SettingKey {
            key: stringify!($key),
            allowed: SWITCH,
            about: $about,
            families: $families,
            put: |s, text| put(&mut s.$key, switch(text)),
            get: |s| s.$key.map(|on| on.to_string()),
        }
    };
}

/// All settings of devices, in the order in which they are listed to people.
pub const SETTING_KEYS: &[SettingKey] = &[
    SettingKey {
        key: "model",
        allowed: "up to 64 characters",
        about: "The model, as its maker writes it. Without it, what most devices of the family do is taken.",
        families: &[],
        put: |s, text| put(&mut s.model, name(text)),
        get: |s| s.model.as_deref().map(str::to_owned),
    },
    SettingKey {
        key: "time_zone",
        allowed: "UTC, or hours ahead of it as +08:00, or seconds as 28800; from -14 to +14 hours",
        about: "How far the device's clock is ahead of UTC. Without it, what the device says at login holds, then what is usual in the family.",
        families: &["gt06", "jt808", "gps103", "h02", "tk103", "meitrack", "suntech", "queclink"],
        put: |s, text| put(&mut s.utc_offset_s, utc_offset_s(text)),
        get: |s| s.utc_offset_s.map(|offset_s| offset_s.to_string()),
    },
    SettingKey {
        key: "speed_unit",
        allowed: "knots, kmh, ms or mph",
        about: "The unit of the speeds that the device tells. Without it, the one that is usual in the family.",
        families: &["osmand", "gps103", "h02", "tk103"],
        put: |s, text| put(&mut s.speed_unit, speed_unit(text)),
        get: |s| s.speed_unit.map(|unit| speed_unit_name(unit).to_owned()),
    },
    SettingKey {
        key: "checksum",
        allowed: "enforce or warn",
        about: "What becomes of frames with a wrong checksum. Without it, what is usual in the family.",
        families: &[],
        put: |s, text| put(&mut s.checksum, checksum(text)),
        get: |s| s.checksum.map(|policy| checksum_name(policy).to_owned()),
    },
    SettingKey {
        key: "password",
        allowed: "up to 64 characters",
        about: "The device's password: expected at login where the family has one, given with commands where devices want it.",
        families: &["gt06", "jt808", "queclink", "ruptela", "wialon-ips", "ngp"],
        put: |s, text| put(&mut s.password, name(text)),
        get: |s| s.password.as_deref().map(str::to_owned),
    },
    switch!(command_language, &["gt06"], "Commands carry a word on their language. Without it: they do."),
    switch!(
        acknowledge_all,
        &["queclink", "h02"],
        "Every frame is acknowledged, also where the device must be set up for that. Without it: only what always is."
    ),
    switch!(
        strict_login,
        &["jt808"],
        "The code that was given at registration must come back. Without it: any code of a known device will do."
    ),
    SettingKey {
        key: "frame_bytes",
        allowed: "32, 42 or 45",
        about: "The length of binary frames. Without it, it is told from the first one.",
        families: &["h02"],
        put: |s, text| put(&mut s.frame_bytes, text.parse().ok().filter(|n| [32, 42, 45].contains(n))),
        get: |s| s.frame_bytes.map(|bytes| bytes.to_string()),
    },
    switch!(h_bytes, &["suntech"], "Lines end with H bytes. Without it, it is told from the number of fields."),
    switch!(fuel_in_litres, &["teltonika"], "Fuel probes report litres. Without it: raw counts."),
    switch!(
        wide_elements,
        &["teltonika"],
        "Codec 8 records have a group of 16-byte elements. Without it: they do not."
    ),
    switch!(
        gps_week_rollover,
        &[],
        "Times that lie whole cycles of 1,024 weeks in the past are brought forward. Without it: they are not."
    ),
];

fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_allowed = value.is_some();
    if is_allowed {
        *place = value;
    }
    is_allowed
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn name(text: &str) -> Option<Box<str>> {
    let fits = !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control);
    fits.then(|| text.into())
}

fn speed_unit(text: &str) -> Option<SpeedUnit> {
    match text.to_ascii_lowercase().as_str() {
        "knots" | "kn" | "kt" => Some(SpeedUnit::Knots),
        "kmh" | "km/h" => Some(SpeedUnit::KilometresPerHour),
        "ms" | "m/s" | "mps" => Some(SpeedUnit::MetresPerSecond),
        "mph" => Some(SpeedUnit::MilesPerHour),
        _ => None,
    }
}

const fn speed_unit_name(unit: SpeedUnit) -> &'static str {
    match unit {
        SpeedUnit::Knots => "knots",
        SpeedUnit::KilometresPerHour => "kmh",
        SpeedUnit::MetresPerSecond => "ms",
        SpeedUnit::MilesPerHour => "mph",
    }
}

fn checksum(text: &str) -> Option<ChecksumPolicy> {
    match text {
        "enforce" => Some(ChecksumPolicy::Enforce),
        "warn" => Some(ChecksumPolicy::Warn),
        _ => None,
    }
}

const fn checksum_name(policy: ChecksumPolicy) -> &'static str {
    match policy {
        ChecksumPolicy::Enforce => "enforce",
        ChecksumPolicy::Warn => "warn",
    }
}

/// Seconds ahead of UTC: `UTC`, `Z`, `+08:00`, `-3`, `UTC+5:30`, or seconds when it is more than 14 either way.
fn utc_offset_s(text: &str) -> Option<i32> {
    const HOURS_MAX: i32 = 14;
    const S_PER_HOUR: i32 = 3_600;
    let rest = ["UTC", "GMT", "Z"].iter().find_map(|zone| text.strip_prefix(zone)).unwrap_or(text);
    if rest.is_empty() {
        return (!text.is_empty()).then_some(0);
    }
    let (sign, digits) = match rest.as_bytes()[0] {
        b'-' => (-1, &rest[1..]),
        b'+' => (1, &rest[1..]),
        _ => (1, rest),
    };
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i32>().ok()).flatten();
    let offset_s = match digits.split_once(':') {
        Some((hours, minutes)) => {
            let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
            number(hours).filter(|hours| *hours <= HOURS_MAX)? * S_PER_HOUR + minutes * 60
        }
        None => match number(digits)? {
            hours @ 0..=HOURS_MAX => hours * S_PER_HOUR,
            seconds => seconds,
        },
    };
    (offset_s <= HOURS_MAX * S_PER_HOUR).then_some(sign * offset_s)
}

impl DeviceSettings {
    /// Sets what is called `key` to what `text` says. `utc_offset_s` and `timezone` are other names of `time_zone`.
    ///
    /// # Errors
    ///
    /// See [`SettingRefused`]; nothing is changed then.
    pub fn set(&mut self, key: &str, text: &str) -> Result<(), SettingRefused> {
        let key = if matches!(key, "utc_offset_s" | "timezone" | "utc_offset") { "time_zone" } else { key };
        let known = SETTING_KEYS.iter().find(|known| known.key == key).ok_or(SettingRefused::UnknownKey)?;
        match (known.put)(self, text.trim()) {
            true => Ok(()),
            false => Err(SettingRefused::BadValue { allowed: known.allowed }),
        }
    }

    /// What is set, by key: what [`Self::set`] takes again.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        SETTING_KEYS.iter().filter_map(|known| Some((known.key, (known.get)(self)?))).collect()
    }

    /// Whether the model's name begins with one of these, whatever the case of letters and the blanks and hyphens in it.
    pub fn is_model(&self, prefixes: &[&str]) -> bool {
        let Some(model) = &self.model else { return false };
        let plain: String = model.chars().filter(char::is_ascii_alphanumeric).collect();
        prefixes.iter().any(|p| plain.get(..p.len()).is_some_and(|start| start.eq_ignore_ascii_case(p)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_told_and_taken_again() {
        let all = [
            ("model", "VL103"),
            ("time_zone", "-10800"),
            ("speed_unit", "mph"),
            ("checksum", "warn"),
            ("password", "gv55"),
            ("command_language", "false"),
            ("acknowledge_all", "true"),
            ("strict_login", "true"),
            ("frame_bytes", "45"),
            ("h_bytes", "true"),
            ("fuel_in_litres", "true"),
            ("wide_elements", "false"),
            ("gps_week_rollover", "true"),
        ];
        assert_eq!(all.map(|(key, _)| key).as_slice(), SETTING_KEYS.iter().map(|k| k.key).collect::<Vec<_>>());
        let mut settings = DeviceSettings::default();
        for (key, value) in all {
            assert_eq!(settings.set(key, value), Ok(()), "{key}");
        }
        let pairs = settings.pairs();
        assert_eq!(pairs, all.map(|(key, value)| (key, value.to_owned())));
        let mut again = DeviceSettings::default();
        pairs.iter().for_each(|(key, value)| assert_eq!(again.set(key, value), Ok(())));
        assert_eq!(again, settings);
    }

    #[test]
    fn what_is_not_allowed_changes_nothing() {
        let mut settings = DeviceSettings::default();
        assert_eq!(settings.set("colour", "red"), Err(SettingRefused::UnknownKey));
        for (key, value) in [
            ("speed_unit", "furlongs"),
            ("frame_bytes", "33"),
            ("model", ""),
            ("model", "a\nb"),
            ("strict_login", "yes"),
            ("checksum", "none"),
            ("time_zone", "+15:00"),
            ("time_zone", "8:60"),
            ("time_zone", ""),
            ("time_zone", "+-3"),
            ("time_zone", "99999"),
        ] {
            assert!(matches!(settings.set(key, value), Err(SettingRefused::BadValue { .. })), "{key}={value}");
        }
        assert_eq!(settings, DeviceSettings::default());
    }

    #[test]
    fn zones_are_written_in_many_ways() {
        let check = |text: &str, wanted: i32| assert_eq!(utc_offset_s(text), Some(wanted), "{text}");
        check("UTC", 0);
        check("Z", 0);
        check("+08:00", 28_800);
        check("8", 28_800);
        check("UTC+8", 28_800);
        check("GMT-03:30", -12_600);
        check("-3", -10_800);
        check("28800", 28_800);
        check("-10800", -10_800);
        check("0", 0);
    }

    #[test]
    fn a_model_is_found_however_it_is_written() {
        let is = |model: &str| DeviceSettings { model: Some(model.into()), ..DeviceSettings::default() };
        assert!(is("VL-103 M").is_model(&["G18", "vl103"]));
        assert!(!is("VL").is_model(&["VL103"]) && !DeviceSettings::default().is_model(&["VL103"]));
    }
}
