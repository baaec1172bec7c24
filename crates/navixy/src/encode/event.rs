//! What this dialect calls the things that happen to trackers.

use std::borrow::Cow;

use live::HappeningKind;
use model::EventId;

/// Number, name and text of the events that devices tell of. Those of inputs and outputs stand by themselves.
const DEVICE_EVENTS: &[(u32, &str, &str)] = &[
    (1, "lowpower", "Battery low"),
    (2, "battery_off", "External power cut"),
    (3, "poweron", "Power-on button pressed"),
    (4, "powerrecover", "External power restored"),
    (5, "obd_unplug", "Unplugged from the OBD connector"),
    (6, "obd_plug_in", "Plugged into the OBD connector"),
    (7, "backup_battery_low", "Backup battery low"),
    (13, "poweroff", "Power-off button pressed"),
    (14, "tracker_switched_off", "Device switched off"),
    (15, "tracker_switched_on", "Device switched on"),
    (101, "unauthorized_movement", "Unauthorised movement began"),
    (102, "unauthorized_movement_end", "Unauthorised movement ended"),
    (103, "detach", "Detached from the object"),
    (104, "alarmcontrol", "Car alarm"),
    (105, "case_closed", "Case closed"),
    (106, "case_intrusion", "Case opened"),
    (107, "vehicle_unplug", "Unplugged from the object"),
    (108, "attach", "Attached to the object"),
    (109, "door_alarm", "Door alarm"),
    (110, "lock_closed", "Lock closed"),
    (111, "lock_opened", "Lock opened"),
    (112, "vibration_end", "Vibration ended"),
    (113, "vibration_start", "Vibration began"),
    (114, "strap_bolt_ins", "Strap bolt inserted"),
    (115, "strap_bolt_cut", "Strap bolt cut"),
    (116, "gps_jamming", "GPS is jammed"),
    (117, "gsm_damp", "GSM is jammed"),
    (118, "bracelet_open", "Bracelet opened"),
    (119, "bracelet_close", "Bracelet closed"),
    (120, "g_sensor", "Shock"),
    (121, "gps_jamming_end", "GPS is no longer jammed"),
    (201, "emergency_call", "Emergency number called"),
    (202, "sos", "SOS button pressed"),
    (203, "cruise_control_on", "Cruise control switched on"),
    (204, "cruise_control_off", "Cruise control switched off"),
    (209, "seat_belt_unbuckled", "Seat belt unbuckled"),
    (224, "over_speed_reported", "Speed limit exceeded"),
    (225, "unexpected_movement", "Unexpected movement began"),
    (226, "unexpected_movement_end", "Unexpected movement ended"),
    (240, "harsh_acceleration", "Harsh acceleration"),
    (241, "harsh_braking", "Harsh braking"),
    (242, "crash_alarm", "Crash"),
    (244, "call_button_pressed", "Call button pressed"),
    (252, "seat_belt_fastened", "Seat belt fastened"),
    (301, "idle_end", "Idling ended"),
    (302, "idle_start", "Idling began"),
    (303, "check_engine_light", "Check-engine light"),
    (409, "auto_geofence_in", "Entered the automatic geofence"),
    (410, "auto_geofence_out", "Left the automatic geofence"),
    (601, "antenna_disconnect", "Antenna disconnected"),
    (602, "external_device_disconnected", "Accessory disconnected"),
    (603, "external_device_connected", "Accessory connected"),
    (604, "ignition_off", "Ignition switched off"),
    (605, "ignition_on", "Ignition switched on"),
    (606, "light_sensor_dark", "It got dark"),
    (607, "light_sensor_bright", "It got light"),
    (608, "gps_recover", "GPS recovered"),
    (609, "gps_lost", "GPS lost"),
];

/// The names that do not come from a device's own events.
const OWN_NAMES: &[(&str, &str)] = &[
    ("track_start", "Trip began"),
    ("track_end", "Trip ended"),
    ("input_change", "Input changed"),
    ("output_change", "Output changed"),
    ("info", "Device event"),
];

fn row(event: EventId) -> Option<&'static (u32, &'static str, &'static str)> {
    let at = DEVICE_EVENTS.binary_search_by_key(&event.0, |(number, ..)| *number).ok()?;
    DEVICE_EVENTS.get(at)
}

/// The line that an event of the device says has changed, if it does: an input, or else an output.
fn line(event: EventId) -> Option<(bool, u32)> {
    match event.0 {
        501..=508 => Some((true, event.0 - 500)),
        551..=558 => Some((false, event.0 - 550)),
        _ => None,
    }
}

/// The name of what happened.
pub(crate) fn event_name(kind: HappeningKind) -> &'static str {
    match kind {
        HappeningKind::TrackStart => "track_start",
        HappeningKind::TrackEnd => "track_end",
        HappeningKind::Input { .. } => "input_change",
        HappeningKind::Output { .. } => "output_change",
        HappeningKind::Device(event) => match line(event) {
            Some((true, _)) => "input_change",
            Some((false, _)) => "output_change",
            None => row(event).map_or("info", |(_, name, _)| name),
        },
    }
}

/// What happened, in a few words.
pub(crate) fn event_message(kind: HappeningKind) -> Cow<'static, str> {
    let switched = |what: &str, number: u8, on: bool| {
        Cow::Owned(format!("{what} {number} switched {}", if on { "on" } else { "off" }))
    };
    match kind {
        HappeningKind::TrackStart => Cow::Borrowed("Trip began"),
        HappeningKind::TrackEnd => Cow::Borrowed("Trip ended"),
        HappeningKind::Input { number, on } => switched("Input", number, on),
        HappeningKind::Output { number, on } => switched("Output", number, on),
        HappeningKind::Device(event) => match (line(event), row(event)) {
            (Some((true, number)), _) => Cow::Owned(format!("Input {number} changed")),
            (Some((false, number)), _) => Cow::Owned(format!("Output {number} changed")),
            (None, Some((_, _, text))) => Cow::Borrowed(text),
            (None, None) => Cow::Owned(format!("Device event {}", event.0)),
        },
    }
}

/// Whether somebody is in danger.
pub(crate) const fn is_emergency(kind: HappeningKind) -> bool {
    matches!(kind, HappeningKind::Device(EventId(201 | 202 | 242)))
}

/// All names with their texts.
pub(crate) fn event_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    OWN_NAMES.iter().copied().chain(DEVICE_EVENTS.iter().map(|(_, name, text)| (*name, *text)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn happenings_have_names_and_texts() {
        let check = |kind: HappeningKind, name: &str, message: &str, emergency: bool| {
            let found = (event_name(kind), event_message(kind), is_emergency(kind));
            assert_eq!((found.0, &*found.1, found.2), (name, message, emergency));
        };
        let device = |number| HappeningKind::Device(EventId(number));
        check(HappeningKind::TrackStart, "track_start", "Trip began", false);
        check(HappeningKind::TrackEnd, "track_end", "Trip ended", false);
        check(HappeningKind::Input { number: 3, on: true }, "input_change", "Input 3 switched on", false);
        check(HappeningKind::Output { number: 1, on: false }, "output_change", "Output 1 switched off", false);
        check(device(202), "sos", "SOS button pressed", true);
        check(device(508), "input_change", "Input 8 changed", false);
        check(device(551), "output_change", "Output 1 changed", false);
        check(device(609), "gps_lost", "GPS lost", false);
        check(device(12_345), "info", "Device event 12345", false);
    }

    #[test]
    fn every_name_is_listed_once() {
        assert!(DEVICE_EVENTS.is_sorted_by(|a, b| a.0 < b.0));
        let names: Vec<_> = event_types().map(|(name, _)| name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        let known = [HappeningKind::TrackStart, HappeningKind::TrackEnd, HappeningKind::Input { number: 1, on: true }];
        let all = known.into_iter().chain((0..700).map(|n| HappeningKind::Device(EventId(n))));
        assert!(all.into_iter().all(|kind| names.contains(&event_name(kind))));
    }
}
