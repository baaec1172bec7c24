//! Parameters, from a query or a form.

use std::borrow::Cow;

use model::{Civil, DeviceId, Report, Timestamp, Value, attr};

use crate::Limits;
use crate::bytes::cut;
use crate::draft::{Cell, Draft};
use crate::events;
use crate::session::{DeviceSettings, FieldFault, Reject, SpeedUnit};

/// Whole seconds below this, milliseconds from here on.
const SECONDS_END: i64 = 2_147_483_647;

/// The parameters of one request.
pub(crate) struct Query<'a> {
    device: Cow<'a, str>,
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    pub(super) fn read(query: &'a str, form: &'a [u8]) -> Result<Self, Reject> {
        let all = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(form));
        let (ids, pairs): (Vec<_>, Vec<_>) = all.partition(|(key, _)| key == "id" || key == "deviceid");
        let fault = |fault| Reject::Field { name: "id", fault };
        let (_, device) = ids.into_iter().next().ok_or(fault(FieldFault::Missing))?;
        match DeviceId::new(&device) {
            Some(_) => Ok(Self { device, pairs }),
            None => Err(fault(FieldFault::OutOfRange)),
        }
    }

    pub(super) fn device(&self) -> &str {
        &self.device
    }

    pub(super) fn into_report(self, settings: &DeviceSettings, limits: &Limits) -> Report {
        let mut parameters = Parameters::new(settings.speed_unit.unwrap_or(SpeedUnit::Knots), limits);
        for (key, value) in &self.pairs {
            parameters.take(key, value.trim());
        }
        parameters.finish()
    }
}

/// A report while its parameters are taken, in whatever order they come.
struct Parameters {
    draft: Draft,
    latitude: Option<f64>,
    longitude: Option<f64>,
    unit: SpeedUnit,
    text_bytes_max: usize,
}

impl Parameters {
    fn new(unit: SpeedUnit, limits: &Limits) -> Self {
        let text_bytes_max = limits.text_bytes_max;
        Self { draft: Draft::new(text_bytes_max), latitude: None, longitude: None, unit, text_bytes_max }
    }

    fn take(&mut self, key: &str, value: &str) {
        let d = &mut self.draft;
        match key {
            "timestamp" => d.time = time(value),
            "lat" => self.latitude = number(value),
            "lon" => self.longitude = number(value),
            "location" => {
                let (latitude, longitude) = value.split_once(',').unwrap_or_default();
                (self.latitude, self.longitude) = (number(latitude), number(longitude));
            }
            "valid" => d.valid(matches!(value, "true" | "1")),
            "speed" => some(number(value).filter(|s| *s >= 0.0), |speed| d.speed_kmh(speed * self.unit.kmh())),
            "bearing" | "heading" => some(number(value), |degrees| d.heading_deg(degrees)),
            "altitude" => some(number(value), |metres| d.altitude_m(metres)),
            "accuracy" => some(number(value), |metres| accuracy(d, metres)),
            "hdop" => some(number(value), |hdop| d.float(attr::HDOP, hdop)),
            // Old apps say −1 when they do not know.
            "batt" => {
                let percent = number(value).filter(|n| (0.0..=100.0).contains(n));
                some(percent, |percent| d.set(attr::BATTERY_LEVEL, whole(percent)));
            }
            "charge" => some(truth(value), |on| d.set(attr::CHARGING_STATUS, on)),
            "cell" => some(cell(value), |cell| d.cell(cell)),
            "wifi" => some(wifi(value), |(mac, rssi_dbm)| d.wifi(&mac, Some(rssi_dbm))),
            "driverUniqueId" => d.text(attr::HARDWARE_KEY, value.as_bytes()),
            "alarm" => alarm(d, cut(value, self.text_bytes_max)),
            // Where the app wants to be called back; nothing about the vehicle.
            "notificationToken" => {}
            _ => self.custom(key, value),
        }
    }

    fn custom(&mut self, key: &str, value: &str) {
        let value = match (truth(value), value.parse::<i64>(), number(value)) {
            (Some(b), ..) => Value::Bool(b),
            (None, Ok(n), _) => Value::Int(n),
            (None, Err(_), Some(x)) => Value::Float(x),
            _ => Value::Text(cut(value, self.text_bytes_max).into()),
        };
        // A name that cannot be one is passed over.
        self.draft.own(key, value);
    }

    fn finish(mut self) -> Report {
        if let (Some(latitude), Some(longitude)) = (self.latitude, self.longitude) {
            self.draft.at(latitude, longitude);
        }
        finish(self.draft)
    }
}

fn some<T>(value: Option<T>, take: impl FnOnce(T)) {
    if let Some(value) = value {
        take(value);
    }
}

/// Notes how far off a place may be; negative means unknown.
pub(super) fn accuracy(draft: &mut Draft, metres: f64) {
    if metres >= 0.0 {
        draft.float(attr::ACCURACY, metres);
        draft.precision_m(metres.round() as u32);
    }
}

/// The report. A request that says nothing at all is one too: the phone was there.
pub(super) fn finish(draft: Draft) -> Report {
    let time = draft.time;
    draft.finish().unwrap_or(Report { time, ..Report::default() })
}

/// Records an alarm: its event, and the name that the app gave it.
pub(super) fn alarm(draft: &mut Draft, name: &str) {
    if !name.is_empty() {
        draft.event(events::of_alarm(name).0);
        draft.set(attr::ALARM, name);
    }
}

/// Seconds or milliseconds since the epoch, ISO 8601 with a zone, or a date and time in UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(n) if n <= 0 => None,
        Ok(s) if s < SECONDS_END => Timestamp::from_s(s),
        Ok(ms) => Timestamp::from_ms(ms),
        Err(_) => fractional(text).or_else(|| written(text)),
    }
}

/// The same with a fraction, as some apps have it.
fn fractional(text: &str) -> Option<Timestamp> {
    /// Beyond any time there is, and still a whole number.
    const MS_END: f64 = 1e15;
    let n = number(text).filter(|n| *n > 0.0)?;
    let ms = if n < SECONDS_END as f64 { n * 1_000.0 } else { n };
    (ms < MS_END).then(|| Timestamp::from_ms(ms.round() as i64)).flatten()
}

/// A date and time in figures.
fn written(text: &str) -> Option<Timestamp> {
    // A plus that was not escaped in the query has become a blank: `2026-03-14T09:26:53 03:00`.
    let with_zone = text.rsplit_once(' ').filter(|(time, _)| time.contains('T')).map(|(a, b)| format!("{a}+{b}"));
    let zoned = Timestamp::parse_iso(with_zone.as_deref().unwrap_or(text));
    zoned.or_else(|_| text.parse::<Civil>().and_then(Timestamp::from_civil)).ok()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|x: &f64| x.is_finite())
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A number as it is usually written: whole when it has no fraction.
fn whole(x: f64) -> Value {
    if x.fract() == 0.0 { Value::Int(x as i64) } else { Value::Float(x) }
}

/// `mcc,mnc,lac,cid[,rssi]`.
fn cell(text: &str) -> Option<Cell> {
    let numbers: Vec<i64> = text.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    let [mcc, mnc, lac, cell_id, rest @ ..] = numbers.as_slice() else { return None };
    Some(Cell {
        mcc: u16::try_from(*mcc).ok()?,
        mnc: u16::try_from(*mnc).ok()?,
        lac: u32::try_from(*lac).ok()?,
        cell_id: u64::try_from(*cell_id).ok()?,
        rssi_dbm: rest.first().and_then(|rssi| i16::try_from(*rssi).ok()),
    })
}

/// `mac,rssi`; the MAC with `-` or `:` between its parts.
fn wifi(text: &str) -> Option<([u8; 6], i16)> {
    let (mac, rssi) = text.split_once(',')?;
    let byte = |part: &str| {
        let is_pair = part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
        u8::from_str_radix(part, 16).ok().filter(|_| is_pair)
    };
    let bytes: Vec<u8> = mac.trim().split(['-', ':']).map(byte).collect::<Option<_>>()?;
    Some((bytes.try_into().ok()?, rssi.trim().parse().ok()?))
}
