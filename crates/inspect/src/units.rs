//! The units of attributes, for people.

/// The unit of an attribute by its name; nothing for numbers without one and for what is unknown.
pub(crate) fn unit(name: &str) -> &'static str {
    let family = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let exact = NAMES.iter().find(|(known, _)| *known == name);
    let of_family = || FAMILIES.iter().find(|(known, _)| *known == family);
    exact.or_else(of_family).map_or("", |(_, unit)| unit)
}

const NAMES: &[(&str, &str)] = &[
    ("battery_level", "%"),
    ("battery_voltage", "V"),
    ("board_voltage", "V"),
    ("charge_voltage", "V"),
    ("battery_current", "mA"),
    ("temperature_internal", "°C"),
    ("humidity_internal", "%"),
    ("hardware_mileage", "km"),
    ("trip_mileage", "km"),
    ("gsm_signal_level", "%"),
    ("can_rpm", "rpm"),
    ("can_speed", "km/h"),
    ("can_mileage", "km"),
    ("can_fuel_litres", "l"),
    ("can_consumption", "l"),
    ("can_engine_hours", "h"),
    ("can_coolant_t", "°C"),
    ("can_throttle", "%"),
    ("can_engine_load", "%"),
    ("can_adblue_level", "%"),
    ("can_adblue_litres", "l"),
    ("can_fuel_rate", "l/h"),
    ("obd_rpm", "rpm"),
    ("obd_speed", "km/h"),
    ("obd_coolant_t", "°C"),
    ("obd_fuel", "%"),
    ("obd_fuel_litres", "l"),
    ("obd_throttle", "%"),
    ("obd_engine_load", "%"),
    ("obd_intake_air_t", "°C"),
    ("obd_oil_t", "°C"),
    ("obd_ambient_air_t", "°C"),
    ("obd_mileage", "km"),
    ("obd_module_voltage", "V"),
    ("engine_hours", "h"),
    ("axis_x", "mG"),
    ("axis_y", "mG"),
    ("axis_z", "mG"),
    ("accuracy", "m"),
    ("precision", "m"),
    ("run_time_s", "s"),
    ("ignition_on_s", "s"),
    ("odometer", "m"),
    ("tachograph_speed", "km/h"),
];

const FAMILIES: &[(&str, &str)] = &[
    ("analog_", "V"),
    ("temperature_", "°C"),
    ("humidity_", "%"),
    ("fuel_temperature_", "°C"),
    ("can_fuel_", "%"),
    ("can_axle_load_", "kg"),
    ("ble_temp_sensor_", "°C"),
    ("ble_humidity_", "%"),
    ("ble_battery_voltage_", "V"),
    ("ble_battery_level_", "%"),
    ("ble_luminosity_", "lx"),
    ("ble_pitch_", "°"),
    ("ble_roll_", "°"),
    ("tire_pressure_", "kPa"),
    ("tire_temperature_", "°C"),
    ("battery_cell_", "V"),
];

#[cfg(test)]
mod tests {
    use model::AttributeId;

    use super::*;

    #[test]
    fn units_belong_to_names_that_there_are() {
        for (name, unit) in NAMES {
            assert!(AttributeId::find(name).is_some(), "{name}");
            assert_eq!(super::unit(name), *unit);
        }
        for (family, unit) in FAMILIES {
            assert!(AttributeId::nth(family, 1).is_some(), "{family}");
            assert_eq!(super::unit(&format!("{family}3")), *unit);
        }
        assert_eq!(super::unit("avl_io_66"), "");
    }
}
