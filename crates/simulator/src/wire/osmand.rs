//! OsmAnd over HTTP: the query of the classic apps, and the JSON object of the current ones.

use serde_json::json;

use crate::sample::Sample;
use crate::wire::http;

const KMH_PER_KNOT: f64 = 1.852;
const KMH_PER_M_S: f64 = 3.6;
/// What phones give for a good fix outdoors, in metres.
const ACCURACY_M: u32 = 5;

/// Writes the request of a classic app: everything in the query, the speed in knots, the time in seconds.
pub fn encode_query(host: &str, device_id: &str, sample: &Sample, out: &mut Vec<u8>) {
    let id: String = form_urlencoded::byte_serialize(device_id.as_bytes()).collect();
    let request = format!(
        "GET /?id={id}&timestamp={}&lat={}&lon={}&speed={:.4}&bearing={}&altitude={}&accuracy={ACCURACY_M}&batt={} \
         HTTP/1.1\r\nHost: {host}\r\n\r\n",
        sample.time.s(),
        sample.place.latitude,
        sample.place.longitude,
        sample.speed_kmh / KMH_PER_KNOT,
        sample.heading_deg,
        sample.altitude_m,
        sample.battery_level,
    );
    out.extend_from_slice(request.as_bytes());
}

/// Writes the request of a current app: a JSON object, the speed in metres a second, the charge from 0 to 1.
pub fn encode_json(host: &str, device_id: &str, sample: &Sample, out: &mut Vec<u8>) {
    let body = json!({
        "device_id": device_id,
        "location": {
            "timestamp": sample.time.to_string(),
            "coords": {
                "latitude": sample.place.latitude,
                "longitude": sample.place.longitude,
                "accuracy": ACCURACY_M,
                "speed": sample.speed_kmh / KMH_PER_M_S,
                "heading": sample.heading_deg,
                "altitude": sample.altitude_m,
            },
            "is_moving": sample.moving,
            "odometer": sample.odometer_m,
            "battery": { "level": f64::from(sample.battery_level) / 100.0, "is_charging": sample.external_mv > 0 },
        },
    });
    http::put_json_post("/", host, body.to_string().as_bytes(), out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::sample;

    #[test]
    fn writes_the_worked_query() {
        let mut out = Vec::new();
        encode_query("localhost", "350000000000014", &sample(), &mut out);
        let expected = "GET /?id=350000000000014&timestamp=1773480413&lat=-33.448891&lon=-70.669266&speed=34.0173\
            &bearing=187&altitude=542&accuracy=5&batt=87 HTTP/1.1\r\nHost: localhost\r\n\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn escapes_identities() {
        let mut out = Vec::new();
        encode_query("localhost", "my phone&lat=1", &sample(), &mut out);
        assert!(out.starts_with(b"GET /?id=my+phone%26lat%3D1&timestamp="));
    }

    #[test]
    fn writes_the_worked_object() {
        let mut out = Vec::new();
        encode_json("localhost", "350000000000014", &sample(), &mut out);
        let text = String::from_utf8(out).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST / HTTP/1.1\r\nHost: localhost\r\n"));
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
        let expected = json!({"device_id": "350000000000014", "location": {
            "timestamp": "2026-03-14T09:26:53.000Z",
            "coords": {"latitude": -33.448891, "longitude": -70.669266, "accuracy": 5, "speed": 17.5, "heading": 187,
                "altitude": 542},
            "is_moving": true, "odometer": 1_234_567, "battery": {"level": 0.87, "is_charging": true}}});
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap(), expected);
    }
}
