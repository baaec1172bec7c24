//! The names of attributes that every family shares, with numbers that never change: the journal stores them.
//!
//! Numbers are append-only. A name that falls out of use keeps its number.

use std::sync::LazyLock;

use crate::AttributeId;

macro_rules! singles {
    ($($number:literal $constant:ident $name:literal)*) => {
        /// Attribute ids as constants.
        pub mod attr {
            use crate::AttributeId;
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: AttributeId = AttributeId::known($number);
            )*
        }
        /// Number and name of each attribute that stands alone.
        pub(crate) const SINGLES: &[(u32, &str)] = &[$(($number, $name)),*];
    };
}

singles! {
    1 LATITUDE "latitude"
    2 LONGITUDE "longitude"
    3 ALTITUDE "altitude"
    4 SPEED "speed"
    5 HEADING "heading"
    6 SATELLITES "satellites"
    7 HDOP "hdop"
    8 PDOP "pdop"
    9 VDOP "vdop"
    10 FIX_TYPE "fix_type"
    11 IGNITION "ignition"
    12 IS_MOVING "is_moving"
    13 BATTERY_LEVEL "battery_level"
    14 BATTERY_VOLTAGE "battery_voltage"
    15 BOARD_VOLTAGE "board_voltage"
    16 CHARGING_STATUS "charging_status"
    17 INPUT_STATUS "input_status"
    18 OUTPUT_STATUS "output_status"
    19 TEMPERATURE_INTERNAL "temperature_internal"
    20 HUMIDITY_INTERNAL "humidity_internal"
    21 HARDWARE_MILEAGE "hardware_mileage"
    22 TRIP_MILEAGE "trip_mileage"
    23 HARDWARE_KEY "hardware_key"
    24 VIN "vin"
    25 EVENT_ID "event_id"
    26 EVENT_IDS "event_ids"
    27 EVENT_CODE "event_code"
    28 GSM_SIGNAL_LEVEL "gsm_signal_level"
    29 MOBILE_CELLS "mobile_cells"
    30 WIFI_POINTS "wifi_points"
    31 ARCHIVED "archived"
    32 DEVICE_TIME "device_time"
    33 PRIORITY "priority"
    34 CAN_RPM "can_rpm"
    35 CAN_SPEED "can_speed"
    36 CAN_MILEAGE "can_mileage"
    37 CAN_FUEL_LITRES "can_fuel_litres"
    38 CAN_CONSUMPTION "can_consumption"
    39 CAN_ENGINE_HOURS "can_engine_hours"
    40 CAN_COOLANT_T "can_coolant_t"
    41 CAN_THROTTLE "can_throttle"
    42 CAN_ENGINE_LOAD "can_engine_load"
    43 CAN_ADBLUE_LEVEL "can_adblue_level"
    44 CAN_DOOR_STATE "can_door_state"
    45 OBD_RPM "obd_rpm"
    46 OBD_SPEED "obd_speed"
    47 OBD_COOLANT_T "obd_coolant_t"
    48 OBD_FUEL "obd_fuel"
    49 OBD_THROTTLE "obd_throttle"
    50 OBD_ENGINE_LOAD "obd_engine_load"
    51 OBD_INTAKE_AIR_T "obd_intake_air_t"
    52 OBD_CONSUMPTION "obd_consumption"
    53 OBD_DTC_CODES "obd_dtc_codes"
    54 OBD_DTC_NUMBER "obd_dtc_number"
    55 AXIS_X "axis_x"
    56 AXIS_Y "axis_y"
    57 AXIS_Z "axis_z"
    58 ICCID "iccid"
    59 OPERATOR "operator"
    60 FIRMWARE "firmware"
    61 ENGINE_HOURS "engine_hours"
    62 COMMAND_REPLY "command_reply"
    63 PRECISION "precision"
    64 GENERATION_TYPE "generation_type"
    65 PROTOCOL_VERSION "version"
    66 BATTERY_CURRENT "battery_current"
    67 GNSS_STATUS "gnss_status"
    68 DATA_MODE "data_mode"
    69 SLEEP_MODE "sleep_mode"
    70 ECO_SCORE "eco_score"
    71 FUEL_USED_GPS "fuel_used_gps"
    72 FUEL_RATE_GPS "fuel_rate_gps"
    73 NETWORK_TYPE "network_type"
    74 CELL_ID "cell_id"
    75 LAC "lac"
    76 TRIP "trip"
    77 MOCK "mock"
    78 ACTIVITY "activity"
    79 ACCURACY "accuracy"
    80 ALARM "alarm"
    81 ODOMETER "odometer"
    82 SOURCE_TYPE "source_type"
    83 GNSS_TIME "gnss_time"
    84 HARSH_DRIVING "harsh_driving"
    85 HARSH_VALUE "harsh_value"
    86 OVERSPEED "overspeed"
    87 USER_ID "user_id"
    88 IMMOBILIZER "immobilizer"
    89 OBD_MILEAGE "obd_mileage"
    90 OBD_FUEL_LITRES "obd_fuel_litres"
    91 CAN_PROGRAM "can_program"
    92 CAN_FUEL_RATE "can_fuel_rate"
    93 CAN_ADBLUE_LITRES "can_adblue_litres"
    94 IGNITION_ON_S "ignition_on_s"
    95 INSTANT_MOVEMENT "instant_movement"
    96 BARCODE "barcode"
    97 DOOR_STATUS "door_status"
    98 CRASH "crash"
    99 OBD_FUEL_TRIM_SHORT "obd_fuel_trim_short"
    100 OBD_FUEL_PRESSURE "obd_fuel_pressure"
    101 OBD_INTAKE_MAP "obd_intake_map"
    102 OBD_TIMING_ADVANCE "obd_timing_advance"
    103 OBD_MAF "obd_maf"
    104 OBD_RUN_TIME_S "obd_run_time_s"
    105 OBD_MIL_MILEAGE "obd_mil_mileage"
    106 OBD_RAIL_PRESSURE_RELATIVE "obd_rail_pressure_relative"
    107 OBD_RAIL_PRESSURE_DIRECT "obd_rail_pressure_direct"
    108 OBD_EGR "obd_egr"
    109 OBD_CLEARED_MILEAGE "obd_cleared_mileage"
    110 OBD_BAROMETRIC_PRESSURE "obd_barometric_pressure"
    111 OBD_MODULE_VOLTAGE "obd_module_voltage"
    112 OBD_ABSOLUTE_LOAD "obd_absolute_load"
    113 OBD_AMBIENT_AIR_T "obd_ambient_air_t"
    114 OBD_HYBRID_BATTERY "obd_hybrid_battery"
    115 OBD_OIL_T "obd_oil_t"
    116 OBD_FUEL_RATE "obd_fuel_rate"
    117 CAN_ENGINE_HOURS_COUNTED "can_engine_hours_counted"
    118 CAN_MILEAGE_COUNTED "can_mileage_counted"
    119 CAN_CONSUMPTION_COUNTED "can_consumption_counted"
    120 CAN_CONTROL_FLAGS "can_control_flags"
    121 CAN_SECURITY_FLAGS "can_security_flags"
    122 MOVEMENT_EVENT "movement_event"
    123 CRASH_COUNT "crash_count"
    124 CONNECTIVITY_QUALITY "connectivity_quality"
    125 ARMED "armed"
    126 STEPS "steps"
    127 BATTERY_CYCLES "battery_cycles"
    128 BATTERY_HEALTH "battery_health"
    129 BATTERY_CAPACITY "battery_capacity"
    130 SERIAL_DATA "serial_data"
    131 GEOFENCE_NUMBER "geofence_number"
    132 BOOT_STATUS "boot_status"
    133 CHARGE_VOLTAGE "charge_voltage"
    134 IMSI "imsi"
    135 RUN_TIME_S "run_time_s"
    136 MEDIA_FILES "media_files"
    137 SATELLITES_VISIBLE "satellites_visible"
    138 PERIPHERALS "peripherals"
    139 JAMMING "jamming"
    140 TACHOGRAPH_SPEED "tachograph_speed"
    141 TACHOGRAPH_DRIVER "tachograph_driver"
    142 DEVICE_MODEL "device_model"
}

/// Families of numbered attributes: `analog_3` is number 3 of `analog_`. Position in this list is part of the id.
const FAMILIES: &[&str] = &[
    "analog_",
    "temperature_",
    "humidity_",
    "fuel_level_",
    "fuel_temperature_",
    "lls_level_raw_",
    "impulse_counter_",
    "can_fuel_",
    "can_axle_load_",
    "ble_temp_sensor_",
    "ble_humidity_",
    "ble_battery_voltage_",
    "ble_battery_level_",
    "ble_lls_level_",
    "ble_luminosity_",
    "tire_pressure_",
    "tire_temperature_",
    "ble_beacons_",
    "ble_custom_",
    "ble_magnet_",
    "ble_movement_",
    "ble_pitch_",
    "ble_roll_",
    "ble_low_battery_",
    "ble_lls_frequency_",
    "temperature_serial_",
    "ble_movement_count_",
    "ble_magnet_count_",
    "battery_cell_",
];

const FAMILY_BASE: u32 = 0x1000;
const FAMILY_SIZE: u32 = 0x80;
const AVL_BASE: u32 = 0x1_0000;
const AVL_END: u32 = 0x1_FFFF;
/// Ids from here on were interned while running and mean nothing to another process.
pub(crate) const DYNAMIC_BASE: u32 = 0x10_0000;
const AVL_PREFIX: &str = "avl_io_";

/// A numbered attribute, such as `analog_3`.
#[derive(Clone, Copy)]
pub(crate) enum Name {
    Single(&'static str),
    Numbered(&'static str, u32),
}

/// The shared name with this id, if it is one.
pub(crate) fn of(id: AttributeId) -> Option<Name> {
    let n = id.number();
    if n < FAMILY_BASE {
        let at = SINGLES.binary_search_by_key(&n, |(number, _)| *number).ok()?;
        return Some(Name::Single(SINGLES[at].1));
    }
    if (AVL_BASE..=AVL_END).contains(&n) {
        return Some(Name::Numbered(AVL_PREFIX, n - AVL_BASE));
    }
    let prefix = FAMILIES.get(((n - FAMILY_BASE) / FAMILY_SIZE) as usize)?;
    Some(Name::Numbered(prefix, (n - FAMILY_BASE) % FAMILY_SIZE))
}

/// The single names by their length in bytes: a name is compared with the few that have its own.
static BY_LENGTH: LazyLock<Vec<Vec<(u32, &str)>>> = LazyLock::new(|| {
    let mut by_length = Vec::new();
    for (number, name) in SINGLES {
        if by_length.len() <= name.len() {
            by_length.resize(name.len() + 1, Vec::new());
        }
        by_length[name.len()].push((*number, *name));
    }
    by_length
});

/// The id of a shared name.
pub(crate) fn find(name: &str) -> Option<AttributeId> {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        let of_its_length = BY_LENGTH.get(name.len())?;
        return of_its_length.iter().find(|(_, n)| *n == name).map(|(number, _)| AttributeId::known(*number));
    }
    let (prefix, number) = name.split_at(name.len() - digits);
    // A leading zero would name the same number twice.
    if number.len() > 1 && number.starts_with('0') {
        return None;
    }
    let number: u32 = number.parse().ok()?;
    if prefix == AVL_PREFIX {
        return u16::try_from(number).ok().map(AttributeId::avl_io);
    }
    let family = FAMILIES.iter().position(|f| *f == prefix)?;
    (1..FAMILY_SIZE).contains(&number).then(|| numbered(family, number))
}

const fn numbered(family: usize, number: u32) -> AttributeId {
    AttributeId::known(FAMILY_BASE + family as u32 * FAMILY_SIZE + number)
}

impl AttributeId {
    /// The I/O element `id` of a Teltonika or Ruptela record: `avl_io_<id>`.
    pub const fn avl_io(id: u16) -> Self {
        Self::known(AVL_BASE + id as u32)
    }

    /// Attribute `number` (1 to 127) of a numbered family, as `AttributeId::nth("analog_", 3)`; `None` when there is
    /// no such family or number.
    pub fn nth(prefix: &str, number: u32) -> Option<Self> {
        let family = FAMILIES.iter().position(|f| *f == prefix)?;
        (1..FAMILY_SIZE).contains(&number).then(|| numbered(family, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_names_are_unique() {
        assert!(SINGLES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SINGLES.last().is_some_and(|(n, _)| *n < FAMILY_BASE));
        assert!(FAMILY_BASE + (FAMILIES.len() as u32) * FAMILY_SIZE < AVL_BASE);
        for (number, name) in SINGLES {
            assert_eq!(find(name), Some(AttributeId::known(*number)), "{name}");
        }
    }

    #[test]
    fn numbered_names_are_found_and_written() {
        for name in ["analog_1", "temperature_16", "can_axle_load_127", "avl_io_0", "avl_io_65535"] {
            let id = find(name).expect(name);
            assert_eq!(id.to_string(), name);
        }
        for name in ["analog_0", "analog_128", "analog_01", "avl_io_65536", "nothing_3"] {
            assert_eq!(find(name), None, "{name}");
        }
    }
}
