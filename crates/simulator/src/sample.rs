//! What a vehicle's unit measures at one moment, before any protocol writes it down.

use model::Timestamp;

use crate::geo::Place;
use crate::wire::teltonika::{Element, Priority, Record, element};

/// Something that makes a unit report at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happening {
    /// The ignition was switched.
    Ignition,
    /// The vehicle began or ceased to move.
    Movement,
    /// The external power was cut (`true`) or came back.
    Unplugged(bool),
    /// The door contact on the first digital input opened or closed.
    Door,
}

/// One measurement.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// When it was taken.
    pub time: Timestamp,
    /// Where: the last fix repeated while there is none.
    pub place: Place,
    /// Metres above sea level.
    pub altitude_m: i16,
    /// Degrees from north, 0 to 359; 0 without a fix.
    pub heading_deg: u16,
    /// Kilometres an hour; 0 without a fix.
    pub speed_kmh: f64,
    /// Satellites in use; 0 means no fix.
    pub satellites: u8,
    /// Ignition on.
    pub ignition: bool,
    /// The accelerometer feels movement.
    pub moving: bool,
    /// The door contact on the first digital input.
    pub door_open: bool,
    /// External voltage in millivolts; 0 when unplugged.
    pub external_mv: u16,
    /// Voltage of the unit's own battery in millivolts.
    pub battery_mv: u16,
    /// Charge of the unit's own battery in per cent.
    pub battery_level: u8,
    /// Mobile network signal, 0 to 5.
    pub gsm_level: u8,
    /// Metres driven since the unit was fitted.
    pub odometer_m: u32,
    /// Why the sample was taken, when it was not just time for one.
    pub happening: Option<Happening>,
}

impl Sample {
    /// The sample as a Teltonika record, with the elements that a usual FMB configuration sends.
    pub fn to_teltonika(&self) -> Record {
        let mut elements = vec![
            Element::u8(element::IGNITION, self.ignition.into()),
            Element::u8(element::MOVEMENT, self.moving.into()),
            Element::u8(element::GSM_SIGNAL, self.gsm_level),
            Element::u8(element::DIGITAL_INPUT_1, self.door_open.into()),
            Element::u8(element::BATTERY_LEVEL, self.battery_level),
            Element::u16(element::EXTERNAL_VOLTAGE, self.external_mv),
            Element::u16(element::BATTERY_VOLTAGE, self.battery_mv),
            Element::u32(element::TOTAL_ODOMETER, self.odometer_m),
        ];
        let event = match self.happening {
            None => 0,
            Some(Happening::Ignition) => element::IGNITION,
            Some(Happening::Movement) => element::MOVEMENT,
            Some(Happening::Door) => element::DIGITAL_INPUT_1,
            Some(Happening::Unplugged(cut)) => {
                elements.push(Element::u8(element::UNPLUG, cut.into()));
                element::UNPLUG
            }
        };
        Record {
            time: self.time,
            priority: if event == 0 { Priority::Low } else { Priority::High },
            place: self.place,
            altitude_m: self.altitude_m,
            angle_deg: self.heading_deg,
            satellites: self.satellites,
            speed_kmh: self.speed_kmh.round() as u16,
            event,
            elements,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A delivery van on its way through Santiago.
    pub(crate) fn sample() -> Sample {
        Sample {
            time: Timestamp::parse_iso("2026-03-14T09:26:53Z").unwrap(),
            place: Place { latitude: -33.448_891, longitude: -70.669_266 },
            altitude_m: 542,
            heading_deg: 187,
            speed_kmh: 63.0,
            satellites: 11,
            ignition: true,
            moving: true,
            door_open: true,
            external_mv: 12_634,
            battery_mv: 4_012,
            battery_level: 87,
            gsm_level: 4,
            odometer_m: 1_234_567,
            happening: Some(Happening::Ignition),
        }
    }

    #[test]
    fn names_the_element_behind_an_event() {
        let check = |happening: Option<Happening>, event: u16, unplug: Option<u8>| {
            let record = Sample { happening, ..sample() }.to_teltonika();
            assert_eq!(record.event, event);
            assert_eq!(record.priority, if event == 0 { Priority::Low } else { Priority::High });
            let sent = record.elements.iter().find(|e| e.id == element::UNPLUG);
            assert_eq!(sent, unplug.map(|v| Element::u8(element::UNPLUG, v)).as_ref());
        };
        check(None, 0, None);
        check(Some(Happening::Ignition), 239, None);
        check(Some(Happening::Movement), 240, None);
        check(Some(Happening::Door), 1, None);
        check(Some(Happening::Unplugged(true)), 252, Some(1));
        check(Some(Happening::Unplugged(false)), 252, Some(0));
    }
}
