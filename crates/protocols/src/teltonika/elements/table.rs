//! The I/O elements that have a meaning of their own, by id. All others are kept as `avl_io_<id>` alone.
//!
//! Units after scaling are those of the attribute: volts, kilometres, degrees Celsius, percent.

use super::{Element, Lines, Meaning};

const fn element(id: u16, name: &'static str, meaning: Meaning) -> Element {
    Element { id, name, signed: false, width: 0, lines: Lines::ALL, meaning }
}

const WHOLE: Meaning = Meaning::Number { divisor: 0.0, times: 1, min: i64::MIN, max: i64::MAX, faults: &[] };

const fn int(id: u16, name: &'static str) -> Element {
    element(id, name, WHOLE)
}

const fn div(id: u16, name: &'static str, divisor: f64) -> Element {
    element(id, name, Meaning::Number { divisor, times: 1, min: i64::MIN, max: i64::MAX, faults: &[] })
}

const fn flag(id: u16, name: &'static str) -> Element {
    element(id, name, Meaning::Flag)
}

const fn percent(id: u16, name: &'static str) -> Element {
    int(id, name).within(0, 100)
}

const fn hex(id: u16, name: &'static str) -> Element {
    element(id, name, Meaning::Hex)
}

const fn text(id: u16, name: &'static str) -> Element {
    element(id, name, Meaning::Text)
}

/// A Dallas probe: 85.0 °C is what it shows before its first measurement, and fault codes lie out of range.
const fn dallas(id: u16, name: &'static str) -> Element {
    div(id, name, 10.0).signed().within(-550, 1_250).but(&[850])
}

/// A Bluetooth thermometer of the first generation, with fault codes among the values.
const fn ble_temperature(id: u16, name: &'static str) -> Element {
    div(id, name, 100.0).signed().but(&[2_000, 3_000, 4_000]).fmx1()
}

const fn eye_temperature(id: u16, name: &'static str) -> Element {
    div(id, name, 100.0).signed().but(&[i16::MAX as i64, i16::MIN as i64]).fmx1()
}

/// A fuel probe; the highest values are fault codes.
const fn lls(id: u16, number: u8) -> Element {
    let name = ["lls_level_raw_1", "lls_level_raw_2", "lls_level_raw_3", "lls_level_raw_4", "lls_level_raw_5"]
        [number as usize - 1];
    element(id, name, Meaning::FuelProbe(number)).signed().fmx1()
}

/// A part of a cell tower that asset trackers see.
const fn cell(id: u16, number: u8, part: u8) -> Element {
    element(id, "", Meaning::Cell(number, part)).tat()
}

/// A humidity in tenths of a per cent.
const fn humidity(id: u16, name: &'static str) -> Element {
    div(id, name, 10.0).within(0, 1_000).fmx1()
}

/// A temperature probe of the lines for lorries and light vehicles.
const fn probe(id: u16, name: &'static str) -> Element {
    let mut probe = div(id, name, 100.0).signed().but(&[i16::MAX as i64, i16::MIN as i64]);
    probe.lines = Lines::FM6.and(Lines::TFT);
    probe
}

impl Element {
    const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    const fn wide(mut self, width: u8) -> Self {
        self.width = width;
        self
    }

    const fn fmx1(mut self) -> Self {
        self.lines = Lines::FMX1;
        self
    }

    const fn fm6(mut self) -> Self {
        self.lines = Lines::FM6;
        self
    }

    const fn tat(mut self) -> Self {
        self.lines = Lines::TAT;
        self
    }

    const fn fmx1_or_tat(mut self) -> Self {
        self.lines = Lines::FMX1.and(Lines::TAT);
        self
    }

    const fn fmx1_or_fm6(mut self) -> Self {
        self.lines = Lines::FMX1.and(Lines::FM6);
        self
    }

    const fn within(mut self, least: i64, most: i64) -> Self {
        if let Meaning::Number { divisor, times, faults, .. } = self.meaning {
            self.meaning = Meaning::Number { divisor, times, min: least, max: most, faults };
        }
        self
    }

    const fn but(mut self, faults: &'static [i64]) -> Self {
        if let Meaning::Number { divisor, times, min, max, .. } = self.meaning {
            self.meaning = Meaning::Number { divisor, times, min, max, faults };
        }
        self
    }

    const fn times(mut self, times: i64) -> Self {
        if let Meaning::Number { divisor, min, max, faults, .. } = self.meaning {
            self.meaning = Meaning::Number { divisor, times, min, max, faults };
        }
        self
    }
}

/// In ascending order of id.
#[rustfmt::skip]
pub(super) const ELEMENTS: &[Element] = &[
    element(1, "", Meaning::Input(0)),
    element(2, "", Meaning::Input(1)),
    element(3, "", Meaning::Input(2)),
    element(4, "", Meaning::Input(3)),
    div(6, "analog_2", 1000.0).fmx1(),
    div(9, "analog_1", 1000.0).fmx1_or_fm6(),
    // The second analogue input of older lines; one byte wide it is the state of an SD card.
    div(10, "analog_2", 1000.0).wide(2),
    element(11, "iccid", Meaning::Iccid(0)),
    int(12, "fuel_used_gps").fmx1(),
    div(13, "fuel_rate_gps", 100.0).fmx1(),
    element(14, "iccid", Meaning::Iccid(1)),
    div(15, "eco_score", 100.0),
    div(16, "hardware_mileage", 1000.0),
    int(17, "axis_x").signed(),
    int(18, "axis_y").signed(),
    int(19, "axis_z").signed(),
    percent(20, "ble_battery_level_2").fmx1(),
    int(21, "gsm_signal_level").within(0, 5).times(20),
    percent(22, "ble_battery_level_3").fmx1(),
    percent(23, "ble_battery_level_4").fmx1(),
    // 24 is the speed once more; the record's own wins.
    ble_temperature(25, "ble_temp_sensor_1"),
    ble_temperature(26, "ble_temp_sensor_2"),
    ble_temperature(27, "ble_temp_sensor_3"),
    ble_temperature(28, "ble_temp_sensor_4"),
    percent(29, "ble_battery_level_1").fmx1(),
    int(30, "obd_dtc_number").fmx1(),
    percent(31, "obd_engine_load").fmx1(),
    int(32, "obd_coolant_t").signed().fmx1(),
    int(33, "obd_fuel_trim_short").signed().fmx1(),
    int(34, "obd_fuel_pressure").fmx1(),
    int(35, "obd_intake_map").fmx1(),
    int(36, "obd_rpm").fmx1(),
    int(37, "obd_speed").fmx1(),
    int(38, "obd_timing_advance").signed().fmx1(),
    int(39, "obd_intake_air_t").signed().fmx1(),
    div(40, "obd_maf", 100.0).fmx1(),
    percent(41, "obd_throttle").fmx1(),
    int(42, "obd_run_time_s").fmx1(),
    int(43, "obd_mil_mileage").fmx1(),
    int(44, "obd_rail_pressure_relative").fmx1(),
    int(45, "obd_rail_pressure_direct").fmx1(),
    int(46, "obd_egr").fmx1(),
    percent(48, "obd_fuel").fmx1(),
    int(49, "obd_cleared_mileage").fmx1(),
    int(50, "obd_barometric_pressure").fmx1(),
    div(51, "obd_module_voltage", 1000.0).fmx1(),
    int(52, "obd_absolute_load").fmx1(),
    int(53, "obd_ambient_air_t").signed().fmx1(),
    percent(57, "obd_hybrid_battery").fmx1(),
    int(58, "obd_oil_t").signed().fmx1(),
    div(60, "obd_fuel_rate", 100.0).fmx1(),
    hex(62, "temperature_serial_1"),
    hex(63, "temperature_serial_2"),
    hex(64, "temperature_serial_3"),
    hex(65, "temperature_serial_4"),
    div(66, "board_voltage", 1000.0),
    div(67, "battery_voltage", 1000.0),
    int(68, "battery_current"),
    int(69, "gnss_status"),
    hex(71, "temperature_serial_4"),
    dallas(72, "temperature_1"),
    dallas(73, "temperature_2"),
    dallas(74, "temperature_3"),
    dallas(75, "temperature_4"),
    hex(76, "temperature_serial_1"),
    hex(77, "temperature_serial_2"),
    element(78, "hardware_key", Meaning::ReversedKey),
    hex(79, "temperature_serial_3"),
    int(80, "data_mode").fmx1(),
    int(81, "can_speed").fmx1(),
    percent(82, "can_throttle").fmx1(),
    div(83, "can_consumption", 10.0).fmx1(),
    div(84, "can_fuel_litres", 10.0).fmx1(),
    int(85, "can_rpm").fmx1(),
    humidity(86, "ble_humidity_1"),
    div(87, "can_mileage", 1000.0).fmx1(),
    percent(89, "can_fuel_1").fmx1(),
    int(90, "can_door_state").fmx1(),
    int(100, "can_program").fmx1(),
    div(102, "can_engine_hours", 60.0).fmx1(),
    div(103, "can_engine_hours_counted", 60.0).fmx1(),
    humidity(104, "ble_humidity_2"),
    div(105, "can_mileage_counted", 1000.0).fmx1(),
    humidity(106, "ble_humidity_3"),
    div(107, "can_consumption_counted", 10.0).fmx1(),
    humidity(108, "ble_humidity_4"),
    div(110, "can_fuel_rate", 10.0).fmx1(),
    percent(111, "can_adblue_level").fmx1(),
    div(112, "can_adblue_litres", 10.0).fmx1(),
    percent(113, "battery_level").fmx1_or_tat(),
    percent(114, "can_engine_load").fmx1(),
    div(115, "can_coolant_t", 10.0).signed().fmx1(),
    int(118, "can_axle_load_1").fmx1(),
    int(119, "can_axle_load_2").fmx1(),
    int(120, "can_axle_load_3").fmx1(),
    int(121, "can_axle_load_4").fmx1(),
    int(122, "can_axle_load_5").fmx1(),
    int(123, "can_control_flags").fmx1(),
    int(132, "can_security_flags").fmx1(),
    element(179, "", Meaning::Output(0)),
    element(180, "", Meaning::Output(1)),
    div(181, "pdop", 10.0),
    div(182, "hdop", 10.0),
    element(195, "hardware_key", Meaning::Driver(0)).fm6(),
    element(196, "hardware_key", Meaning::Driver(1)).fm6(),
    div(199, "trip_mileage", 1000.0),
    int(200, "sleep_mode"),
    lls(201, 1),
    int(202, "fuel_temperature_1").signed().fmx1(),
    lls(203, 2),
    int(204, "fuel_temperature_2").signed().fmx1(),
    int(205, "cell_id"),
    int(206, "lac"),
    hex(207, "hardware_key"),
    lls(210, 3),
    int(211, "fuel_temperature_3").signed().fmx1(),
    lls(212, 4),
    int(213, "fuel_temperature_4").signed().fmx1(),
    lls(214, 5),
    int(215, "fuel_temperature_5").signed().fmx1(),
    int(237, "network_type"),
    int(238, "user_id"),
    flag(239, "ignition"),
    flag(240, "is_moving"),
    int(241, "operator").within(1_000, i64::MAX),
    int(247, "crash"),
    flag(248, "immobilizer"),
    flag(249, "jamming"),
    int(250, "trip"),
    int(253, "harsh_driving"),
    div(254, "harsh_value", 100.0),
    int(255, "overspeed"),
    text(256, "vin"),
    text(264, "barcode"),
    int(270, "ble_lls_level_1").fmx1(),
    int(273, "ble_lls_level_2").fmx1(),
    int(276, "ble_lls_level_3").fmx1(),
    int(279, "ble_lls_level_4").fmx1(),
    element(281, "obd_dtc_codes", Meaning::Codes),
    cell(287, 0, 1),
    cell(288, 0, 2),
    cell(289, 0, 3),
    cell(290, 1, 1),
    cell(291, 1, 2),
    cell(292, 1, 3),
    cell(293, 2, 1),
    cell(294, 2, 2),
    cell(295, 2, 3),
    cell(296, 3, 1),
    cell(297, 3, 2),
    cell(298, 3, 3),
    flag(303, "instant_movement"),
    int(306, "ble_lls_frequency_1").fmx1(),
    int(307, "ble_lls_frequency_2").fmx1(),
    int(308, "ble_lls_frequency_3").fmx1(),
    int(309, "ble_lls_frequency_4").fmx1(),
    int(310, "movement_event").tat(),
    int(317, "crash_count"),
    text(325, "vin").fmx1(),
    hex(331, "ble_custom_1").fmx1(),
    hex(332, "ble_custom_2").fmx1(),
    hex(333, "ble_custom_3").fmx1(),
    hex(334, "ble_custom_4").fmx1(),
    int(335, "ble_luminosity_1").fmx1(),
    int(336, "ble_luminosity_2").fmx1(),
    int(337, "ble_luminosity_3").fmx1(),
    int(338, "ble_luminosity_4").fmx1(),
    element(380, "", Meaning::Output(2)),
    element(385, "ble_beacons_1", Meaning::Beacons(1)),
    int(389, "obd_mileage").fmx1(),
    div(390, "obd_fuel_litres", 10.0).fmx1(),
    int(449, "ignition_on_s"),
    element(548, "ble_beacons_1", Meaning::Beacons(2)),
    int(636, "cell_id"),
    int(662, "door_status"),
    div(701, "ble_temp_sensor_1", 10.0).signed().fm6(),
    div(702, "ble_temp_sensor_2", 10.0).signed().fm6(),
    div(703, "ble_temp_sensor_3", 10.0).signed().fm6(),
    div(704, "ble_temp_sensor_4", 10.0).signed().fm6(),
    int(1148, "connectivity_quality"),
    cell(1200, 0, 0),
    cell(1201, 1, 0),
    cell(1202, 2, 0),
    cell(1203, 3, 0),
    probe(10644, "temperature_1"),
    probe(10645, "temperature_2"),
    probe(10646, "temperature_3"),
    probe(10647, "temperature_4"),
    probe(10648, "temperature_5"),
    probe(10649, "temperature_6"),
    eye_temperature(10800, "ble_temp_sensor_1"),
    eye_temperature(10801, "ble_temp_sensor_2"),
    eye_temperature(10802, "ble_temp_sensor_3"),
    eye_temperature(10803, "ble_temp_sensor_4"),
    percent(10804, "ble_humidity_1").fmx1(),
    percent(10805, "ble_humidity_2").fmx1(),
    percent(10806, "ble_humidity_3").fmx1(),
    percent(10807, "ble_humidity_4").fmx1(),
    flag(10808, "ble_magnet_1").fmx1(),
    flag(10809, "ble_magnet_2").fmx1(),
    flag(10810, "ble_magnet_3").fmx1(),
    flag(10811, "ble_magnet_4").fmx1(),
    flag(10812, "ble_movement_1").fmx1(),
    flag(10813, "ble_movement_2").fmx1(),
    flag(10814, "ble_movement_3").fmx1(),
    flag(10815, "ble_movement_4").fmx1(),
    int(10816, "ble_pitch_1").signed().fmx1(),
    int(10817, "ble_pitch_2").signed().fmx1(),
    int(10818, "ble_pitch_3").signed().fmx1(),
    int(10819, "ble_pitch_4").signed().fmx1(),
    flag(10820, "ble_low_battery_1").fmx1(),
    flag(10821, "ble_low_battery_2").fmx1(),
    flag(10822, "ble_low_battery_3").fmx1(),
    flag(10823, "ble_low_battery_4").fmx1(),
    div(10824, "ble_battery_voltage_1", 1000.0).fmx1(),
    div(10825, "ble_battery_voltage_2", 1000.0).fmx1(),
    div(10826, "ble_battery_voltage_3", 1000.0).fmx1(),
    div(10827, "ble_battery_voltage_4", 1000.0).fmx1(),
    element(10828, "ble_beacons_1", Meaning::Beacons(2)),
    element(10829, "ble_beacons_2", Meaning::Beacons(2)),
    element(10831, "ble_beacons_3", Meaning::Beacons(2)),
    int(10832, "ble_roll_1").signed().fmx1(),
    int(10833, "ble_roll_2").signed().fmx1(),
    int(10834, "ble_roll_3").signed().fmx1(),
    int(10835, "ble_roll_4").signed().fmx1(),
    int(10836, "ble_movement_count_1").fmx1(),
    int(10837, "ble_movement_count_2").fmx1(),
    int(10838, "ble_movement_count_3").fmx1(),
    int(10839, "ble_movement_count_4").fmx1(),
    int(10840, "ble_magnet_count_1").fmx1(),
    int(10841, "ble_magnet_count_2").fmx1(),
    int(10842, "ble_magnet_count_3").fmx1(),
    int(10843, "ble_magnet_count_4").fmx1(),
    element(11317, "ble_beacons_4", Meaning::Beacons(2)),
];
