//! The Navixy Generic Protocol over HTTP: one JSON object a report, posted to `/`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::Serialize;

use crate::sample::{Happening, Sample};
use crate::wire::http;

/// One message. Members that are `None` are not sent.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Message {
    /// ISO 8601 in UTC, ending in `Z`.
    pub message_time: String,
    /// Who sends it.
    pub device_id: String,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Why it was sent, as one of the protocol's event ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<u32>,
    /// Whether it moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_moving: Option<bool>,
    /// Kilometres driven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware_mileage: Option<f64>,
    /// Volts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub board_voltage: Option<f64>,
    /// Volts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_voltage: Option<f64>,
    /// Per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_level: Option<u8>,
    /// A bit for each digital input, the first lowest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_status: Option<u32>,
    /// Everything else, under its own name.
    #[serde(flatten)]
    pub custom: BTreeMap<String, serde_json::Value>,
}

/// The `location` member.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Location {
    /// Degrees, south negative.
    pub latitude: f64,
    /// Degrees, west negative.
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude: f64,
    /// `HAS_FIX` or `NO_FIX`.
    pub fix_type: &'static str,
    /// Satellites in use.
    pub satellites: u8,
    /// Kilometres an hour.
    pub speed: f64,
    /// Degrees from north, 1 to 360.
    pub heading: u16,
}

impl Message {
    /// A message with nothing but the two members that may not be missing.
    pub fn new(device_id: &str, time: Timestamp) -> Self {
        Self { message_time: time.to_string(), device_id: device_id.to_owned(), ..Self::default() }
    }

    /// A measurement as a message.
    pub fn from_sample(device_id: &str, sample: &Sample) -> Self {
        Self {
            location: Some(Location::from_sample(sample)),
            event_id: sample.happening.map(|happening| event_id(happening, sample)),
            is_moving: Some(sample.moving),
            hardware_mileage: Some(f64::from(sample.odometer_m) / 1_000.0),
            board_voltage: Some(f64::from(sample.external_mv) / 1_000.0),
            battery_voltage: Some(f64::from(sample.battery_mv) / 1_000.0),
            battery_level: Some(sample.battery_level),
            input_status: Some(sample.door_open.into()),
            ..Self::new(device_id, sample.time)
        }
    }
}

impl Location {
    fn from_sample(sample: &Sample) -> Self {
        Self {
            latitude: sample.place.latitude,
            longitude: sample.place.longitude,
            altitude: sample.altitude_m.into(),
            fix_type: if sample.satellites == 0 { "NO_FIX" } else { "HAS_FIX" },
            satellites: sample.satellites,
            speed: (sample.speed_kmh * 10.0).round() / 10.0,
            heading: if sample.heading_deg == 0 { 360 } else { sample.heading_deg },
        }
    }
}

/// The protocol's event ids for what happens to our vehicles.
fn event_id(happening: Happening, sample: &Sample) -> u32 {
    match happening {
        Happening::Unplugged(true) => 2,
        Happening::Unplugged(false) => 4,
        Happening::Movement if sample.moving => 406,
        Happening::Movement => 407,
        Happening::Door => 501,
        Happening::Ignition if sample.ignition => 605,
        Happening::Ignition => 604,
    }
}

/// Writes the request that carries `message`. Requests may follow each other without waiting for answers.
///
/// # Errors
/// When a custom member cannot be written as JSON; the output is then unchanged.
pub fn encode_request(host: &str, message: &Message, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let body = serde_json::to_vec(message)?;
    http::put_json_post("/", host, &body, out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::sample;

    #[test]
    fn writes_the_whole_request() {
        let mut message = Message::from_sample("350000000000014", &sample());
        message.custom.insert("shift".to_owned(), "A".into());
        let mut out = Vec::new();
        encode_request("127.0.0.1:47642", &message, &mut out).unwrap();
        let body = "{\"message_time\":\"2026-03-14T09:26:53.000Z\",\"device_id\":\"350000000000014\",\
            \"location\":{\"latitude\":-33.448891,\"longitude\":-70.669266,\"altitude\":542.0,\
            \"fix_type\":\"HAS_FIX\",\"satellites\":11,\"speed\":63.0,\"heading\":187},\
            \"event_id\":605,\"is_moving\":true,\"hardware_mileage\":1234.567,\"board_voltage\":12.634,\
            \"battery_voltage\":4.012,\"battery_level\":87,\"input_status\":1,\"shift\":\"A\"}";
        let expected = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:47642\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn says_when_there_is_no_fix_and_writes_north_as_360() {
        let lost = Sample { satellites: 0, heading_deg: 0, happening: None, ..sample() };
        let message = Message::from_sample("A", &lost);
        let location = message.location.unwrap();
        assert_eq!((location.fix_type, location.heading, message.event_id), ("NO_FIX", 360, None));
    }
}
