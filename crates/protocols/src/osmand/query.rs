//! Parameters, from a query or a form.

use std::borrow::Cow;
use std::fmt::Write;

use model::{AttributeId, Attributes, Civil, DeviceId, EventId, Position, Report, Timestamp, Value, attr};

use super::precision_m;
use crate::Limits;
use crate::bytes::cut;
use crate::events;
use crate::session::{DeviceSettings, FieldFault, Reject, SpeedUnit};

/// Whole seconds below this, milliseconds from here on.
const SECONDS_END: i64 = 2_147_483_647;

/// The parameters of one request.
pub(super) struct Query<'a> {
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
        let mut draft = Draft::new(limits);
        for (key, value) in &self.pairs {
            draft.take(key, value.trim());
        }
        draft.finish(settings.speed_unit.unwrap_or(SpeedUnit::Knots))
    }
}

struct Draft {
    report: Report,
    latitude: Option<f64>,
    longitude: Option<f64>,
    valid: bool,
    /// In the device's own unit.
    speed: Option<f64>,
    heading_deg: Option<f64>,
    altitude_m: Option<f64>,
    accuracy_m: Option<f64>,
    cells: String,
    wifi: String,
    text_bytes_max: usize,
}

impl Draft {
    fn new(limits: &Limits) -> Self {
        Self {
            report: Report::default(),
            latitude: None,
            longitude: None,
            valid: true,
            speed: None,
            heading_deg: None,
            altitude_m: None,
            accuracy_m: None,
            cells: String::new(),
            wifi: String::new(),
            text_bytes_max: limits.text_bytes_max,
        }
    }

    fn take(&mut self, key: &str, value: &str) {
        match key {
            "timestamp" => self.report.time = time(value),
            "lat" => self.latitude = number(value),
            "lon" => self.longitude = number(value),
            "location" => {
                let (latitude, longitude) = value.split_once(',').unwrap_or_default();
                (self.latitude, self.longitude) = (number(latitude), number(longitude));
            }
            "valid" => self.valid = matches!(value, "true" | "1"),
            "speed" => self.speed = number(value),
            "bearing" | "heading" => self.heading_deg = number(value),
            "altitude" => self.altitude_m = number(value),
            "accuracy" => self.accuracy_m = number(value).filter(|a| *a >= 0.0),
            "hdop" => self.set(attr::HDOP, number(value).and_then(Value::float)),
            // Old apps say −1 when they do not know.
            "batt" => self.set(attr::BATTERY_LEVEL, number(value).filter(|n| (0.0..=100.0).contains(n)).map(whole)),
            "charge" => self.set(attr::CHARGING_STATUS, truth(value).map(Value::Bool)),
            "cell" => push(&mut self.cells, cell(value)),
            "wifi" => push(&mut self.wifi, wifi(value)),
            "driverUniqueId" => self.set(attr::HARDWARE_KEY, Some(Value::from(cut(value, self.text_bytes_max)))),
            "alarm" => self.alarm(value),
            // Where the app wants to be called back; nothing about the vehicle.
            "notificationToken" => {}
            _ => self.custom(key, value),
        }
    }

    fn set(&mut self, id: AttributeId, value: Option<Value>) {
        self.report.attributes.set_some(id, value);
    }

    fn alarm(&mut self, name: &str) {
        alarm(&mut self.report.events, &mut self.report.attributes, cut(name, self.text_bytes_max));
    }

    fn custom(&mut self, key: &str, value: &str) {
        let value = match (truth(value), value.parse::<i64>(), number(value)) {
            (Some(b), ..) => Value::Bool(b),
            (None, Ok(n), _) => Value::Int(n),
            (None, Err(_), Some(x)) => Value::Float(x),
            _ => Value::Text(cut(value, self.text_bytes_max).into()),
        };
        // A name that cannot be one is passed over.
        if let Ok(id) = AttributeId::intern(key) {
            self.set(id, Some(value));
        }
    }

    fn finish(mut self, unit: SpeedUnit) -> Report {
        self.set(attr::ACCURACY, self.accuracy_m.and_then(Value::float));
        for (id, list) in [(attr::MOBILE_CELLS, &self.cells), (attr::WIFI_POINTS, &self.wifi)] {
            if !list.is_empty() {
                self.report.attributes.set(id, Value::Json(format!("[{list}]").into()));
            }
        }
        self.report.position = self.position(unit);
        self.report
    }

    fn position(&self, unit: SpeedUnit) -> Option<Position> {
        let (latitude, longitude) = (self.latitude?, self.longitude?);
        if latitude == 0.0 && longitude == 0.0 {
            return None;
        }
        let mut p = Position::new(latitude, longitude)?;
        p.valid = self.valid;
        if let Some(altitude_m) = self.altitude_m {
            p.set_altitude_m(altitude_m);
        }
        if let Some(speed) = self.speed {
            p.set_speed_kmh(speed * unit.kmh());
        }
        if let Some(heading_deg) = self.heading_deg {
            p.set_heading_deg(heading_deg);
        }
        p.precision_m = self.accuracy_m.and_then(precision_m);
        Some(p)
    }
}

/// Records an alarm: its event, and the name that the app gave it.
pub(super) fn alarm(alarms: &mut Vec<EventId>, attributes: &mut Attributes, name: &str) {
    if !name.is_empty() {
        alarms.push(events::of_alarm(name));
        attributes.set(attr::ALARM, name);
    }
}

/// Seconds or milliseconds since the epoch, ISO 8601 with a zone, or a date and time in UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(n) if n <= 0 => None,
        Ok(s) if s < SECONDS_END => Timestamp::from_s(s),
        Ok(ms) => Timestamp::from_ms(ms),
        Err(_) => Timestamp::parse_iso(text).or_else(|_| text.parse::<Civil>().and_then(Timestamp::from_civil)).ok(),
    }
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

fn push(list: &mut String, item: Option<String>) {
    if let Some(item) = item {
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(&item);
    }
}

/// `mcc,mnc,lac,cid[,rssi]` as a JSON object.
fn cell(text: &str) -> Option<String> {
    let numbers: Vec<i64> = text.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    let [mcc, mnc, lac, cell_id, rest @ ..] = numbers.as_slice() else { return None };
    let mut json = format!("{{\"mcc\":{mcc},\"mnc\":{mnc},\"lac\":{lac},\"cell_id\":{cell_id}");
    if let Some(rssi) = rest.first() {
        // Writing to a string cannot fail.
        let _ = write!(json, ",\"rssi\":{rssi}");
    }
    json.push('}');
    Some(json)
}

/// `mac,rssi` as a JSON object; the MAC with `-` or `:` between its parts.
fn wifi(text: &str) -> Option<String> {
    let (mac, rssi) = text.split_once(',')?;
    let rssi: i64 = rssi.trim().parse().ok()?;
    let parts: Vec<_> = mac.trim().split(['-', ':']).collect();
    let is_pair = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let mac = (parts.len() == 6 && parts.iter().all(is_pair)).then(|| parts.join(":").to_ascii_uppercase())?;
    Some(format!("{{\"mac\":\"{mac}\",\"rssi\":{rssi}}}"))
}
