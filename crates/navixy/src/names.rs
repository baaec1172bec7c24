//! What this dialect calls attributes: the platform's names where they differ from ours, and the way back.

use std::borrow::Cow;

use model::{AttributeId, InternError, attr};

/// Ours, and the platform's.
const SINGLES: &[(AttributeId, &str)] = &[
    (attr::IS_MOVING, "moving"),
    (attr::VIN, "obd_vin"),
    (attr::HARDWARE_MILEAGE, "hw_mileage"),
    (attr::TEMPERATURE_INTERNAL, "temp_sensor"),
];

/// What stands before the number: ours, and the platform's.
const NUMBERED: &[(&str, &str)] =
    &[("temperature_", "ext_temp_sensor_"), ("fuel_level_", "lls_level_"), ("fuel_temperature_", "lls_temperature_")];

/// The device state fields, in the order in which readings show them.
pub const STATE_FIELDS: &[AttributeId] = &[
    attr::BATTERY_LEVEL,
    attr::INPUT_STATUS,
    attr::OUTPUT_STATUS,
    attr::EVENT_ID,
    attr::HARDWARE_KEY,
    attr::IS_MOVING,
    attr::VIN,
];

/// What this dialect calls an attribute.
pub fn field_name(id: AttributeId) -> Cow<'static, str> {
    if let Some((_, name)) = SINGLES.iter().find(|(single, _)| *single == id) {
        return Cow::Borrowed(name);
    }
    match id.name() {
        // Only numbered names are made up; the others are none of these families.
        Cow::Owned(name) => Cow::Owned(renumbered(&name, |family| *family).unwrap_or(name)),
        name => name,
    }
}

/// The attribute that a sensor's input name means: by the platform's name, by ours, or a device's own. Like every
/// attribute's, a name that is new is remembered.
///
/// # Errors
/// When it cannot be a name, or one too many for this server.
pub fn attribute(input_name: &str) -> Result<AttributeId, InternError> {
    if let Some((id, _)) = SINGLES.iter().find(|(_, name)| *name == input_name) {
        return Ok(*id);
    }
    let ours = renumbered(input_name, |(ours, platform)| (platform, ours));
    AttributeId::intern(ours.as_deref().unwrap_or(input_name))
}

/// A numbered name with the other half of its family before the number; `order` says which half is replaced by which.
fn renumbered(
    name: &str,
    order: impl Fn(&(&'static str, &'static str)) -> (&'static str, &'static str),
) -> Option<String> {
    NUMBERED.iter().map(order).find_map(|(from, to)| {
        let number = name.strip_prefix(from)?;
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| format!("{to}{number}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_there_and_back() {
        let check = |ours: &str, platform: &str| {
            let id = AttributeId::intern(ours).expect("a name");
            assert_eq!(field_name(id), platform);
            assert_eq!(attribute(platform), Ok(id), "{platform}");
            assert_eq!(attribute(ours), Ok(id), "{ours}");
        };
        check("is_moving", "moving");
        check("vin", "obd_vin");
        check("hardware_mileage", "hw_mileage");
        check("temperature_internal", "temp_sensor");
        check("temperature_2", "ext_temp_sensor_2");
        check("fuel_level_16", "lls_level_16");
        check("fuel_temperature_1", "lls_temperature_1");
        for same in ["analog_1", "humidity_internal", "battery_level", "event_id", "temperature_serial_1", "my own 1"] {
            check(same, same);
        }
        assert_eq!(attribute(""), Err(InternError::BadName));
    }
}
