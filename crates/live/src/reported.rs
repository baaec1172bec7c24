//! Everything that a report says, as attributes: its position and event among them.

use std::borrow::Cow;

use model::{AttributeId, Position, Report, Value, attr};

/// The attributes of a report in a fixed order: its position, its event, then the rest as the device sent them. A name
/// that the device sent besides the report's own position or event is left out.
pub fn reported_values(report: &Report) -> impl Iterator<Item = (AttributeId, Cow<'_, Value>)> {
    let own = own_values(report);
    let taken: Vec<AttributeId> = own.iter().map(|(id, _)| *id).collect();
    let sent = report.attributes.iter().filter(move |(id, _)| !taken.contains(id));
    own.into_iter().map(|(id, value)| (id, Cow::Owned(value))).chain(sent.map(|(id, value)| (id, Cow::Borrowed(value))))
}

/// What a report says outside its attributes.
fn own_values(report: &Report) -> Vec<(AttributeId, Value)> {
    let mut values = Vec::with_capacity(8);
    if let Some(position) = &report.position {
        let Position { latitude, longitude, altitude_m, speed_kmh, heading_deg, satellites, precision_m, .. } =
            *position;
        let whole = |n: u32| Value::Int(n.into());
        let all = [
            (attr::LATITUDE, Value::float(latitude)),
            (attr::LONGITUDE, Value::float(longitude)),
            (attr::ALTITUDE, altitude_m.and_then(number)),
            (attr::SPEED, speed_kmh.and_then(number)),
            (attr::HEADING, heading_deg.map(|deg| whole(deg.into()))),
            (attr::SATELLITES, satellites.map(|n| whole(n.into()))),
            (attr::PRECISION, precision_m.map(whole)),
        ];
        values.extend(all.into_iter().filter_map(|(id, value)| Some((id, value?))));
    }
    if let Some(event) = report.event() {
        values.push((attr::EVENT_ID, Value::Int(event.0.into())));
    }
    values
}

/// A number as whole as it is. Through its text, because 47.3 of 32 bits is not the 47.3 of 64.
fn number(x: f32) -> Option<Value> {
    // No altitude and no speed comes near the largest whole number that a float holds exactly.
    if x.fract() == 0.0 && x.abs() < 16_777_216.0 {
        return Some(Value::Int(x as i64));
    }
    x.to_string().parse().ok().and_then(Value::float)
}

#[cfg(test)]
mod tests {
    use model::{Attributes, EventId};

    use super::*;

    fn said(report: &Report) -> Vec<(String, Value)> {
        reported_values(report).map(|(id, value)| (id.to_string(), value.into_owned())).collect()
    }

    #[test]
    fn position_and_event_come_before_the_rest() {
        let mut position = Position::new(52.0, 13.25).expect("on Earth");
        position.set_speed_kmh(47.3);
        position.set_altitude_m(18.0);
        position.satellites = Some(9);
        let attributes = [(attr::VIN, Value::from("W1")), (attr::SPEED, Value::Int(3))].into_iter().collect();
        let report = Report {
            position: Some(position),
            events: vec![EventId(202), EventId(4)],
            attributes,
            ..Report::default()
        };
        let expected = [
            ("latitude", Value::Float(52.0)),
            ("longitude", Value::Float(13.25)),
            ("altitude", Value::Int(18)),
            ("speed", Value::Float(47.3)),
            ("satellites", Value::Int(9)),
            ("event_id", Value::Int(202)),
            ("vin", Value::from("W1")),
        ];
        assert_eq!(said(&report), expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn without_a_position_the_device_s_own_names_count() {
        let attributes: Attributes = [(attr::SATELLITES, Value::Int(2))].into_iter().collect();
        let report = Report { attributes, ..Report::default() };
        assert_eq!(said(&report), [("satellites".to_owned(), Value::Int(2))]);
        assert_eq!(said(&Report::default()), []);
    }
}
