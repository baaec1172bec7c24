//! The inputs that sensors may have, for clients to choose from.

use calls::Request;
use fleet::Session;
use model::attr;

use crate::encode::{self, Object};
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::names;

/// Inputs that stand alone: what devices of all families call alike.
const SINGLES: &[(&str, &str)] = &[
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
    ("altitude", "Altitude"),
    ("speed", "Speed"),
    ("heading", "Heading"),
    ("satellites", "Satellites"),
    ("hdop", "Horizontal dilution of precision"),
    ("pdop", "Dilution of precision"),
    ("vdop", "Vertical dilution of precision"),
    ("board_voltage", "Board voltage"),
    ("battery_voltage", "Battery voltage"),
    ("temp_sensor", "Temperature of the device"),
    ("humidity_internal", "Humidity in the device"),
    ("hw_mileage", "Mileage by the device"),
    ("can_rpm", "CAN: engine speed"),
    ("can_speed", "CAN: speed"),
    ("can_mileage", "CAN: mileage"),
    ("can_fuel_litres", "CAN: fuel"),
    ("can_consumption", "CAN: fuel used"),
    ("can_engine_hours", "CAN: engine hours"),
    ("can_coolant_t", "CAN: coolant temperature"),
    ("can_throttle", "CAN: throttle"),
    ("can_engine_load", "CAN: engine load"),
    ("can_adblue_level", "CAN: AdBlue level"),
    ("obd_rpm", "OBD: engine speed"),
    ("obd_speed", "OBD: speed"),
    ("obd_coolant_t", "OBD: coolant temperature"),
    ("obd_fuel", "OBD: fuel level"),
    ("obd_throttle", "OBD: throttle"),
    ("obd_engine_load", "OBD: engine load"),
    ("obd_intake_air_t", "OBD: intake air temperature"),
    ("obd_consumption", "OBD: fuel used"),
];

/// Inputs by number: the name before it, what it is, and how many are offered.
const NUMBERED: &[(&str, &str, u8)] = &[
    ("analog_", "Analog input", 32),
    ("ext_temp_sensor_", "Temperature sensor", 16),
    ("humidity_", "Humidity sensor", 16),
    ("lls_level_", "Fuel level sensor", 16),
    ("lls_temperature_", "Temperature of fuel level sensor", 16),
    ("impulse_counter_", "Impulse counter", 8),
];

pub(super) async fn list(_: &Api, _: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.finish()?;
    Ok(success(|o| {
        let singles = SINGLES.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned(), None));
        let numbered = NUMBERED.iter().flat_map(|(prefix, about, count)| {
            (1..=*count).map(move |n| (format!("{prefix}{n}"), format!("{about} {n}"), None))
        });
        let fields = names::STATE_FIELDS.iter().map(|id| {
            let name = names::field_name(*id).into_owned();
            let about = name.replace('_', " ");
            let value_type = match *id {
                attr::IS_MOVING => "boolean",
                attr::HARDWARE_KEY | attr::VIN => "string",
                _ => "number",
            };
            (name, about, Some(value_type))
        });
        encode::array(singles.chain(numbered).chain(fields), o.member("list"), |(name, about, value_type), out| {
            let mut o = Object::open(out);
            o.string("input_name", &name).string("description", &about);
            if let Some(value_type) = value_type {
                o.string("value_type", value_type);
            }
            o.close();
        });
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_an_attribute_that_all_families_share() {
        for (name, _) in SINGLES {
            assert!(names::attribute(name).is_ok_and(|id| id.is_shared()), "{name}");
        }
        for (prefix, _, count) in NUMBERED {
            for n in 1..=*count {
                assert!(names::attribute(&format!("{prefix}{n}")).is_ok_and(|id| id.is_shared()), "{prefix}{n}");
            }
        }
    }
}
