//! A source's state as the published documents show it: members, order, types and nulls.

use model::{ConnectionStatus, Gps, Gsm, MovementStatus, SourceState, StateField, Timestamp, attr};

use crate::encode::{DateWriter, LocalTime, boolean, float, int, string};
use crate::names::field_name;
use crate::wire::{Dates, Format};

/// What a full state with a few additional fields comes to, so that one allocation does.
const STATE_BYTES_USUAL: usize = 1_024;

/// Writes the state of a source as one JSON object.
///
/// The compact form is exactly the members that it shares with the full form, without the device's own fields.
pub fn render_state(
    state: &SourceState,
    format: Format,
    zone: &(impl LocalTime + ?Sized),
    dates: Dates,
    out: &mut Vec<u8>,
) {
    out.reserve(STATE_BYTES_USUAL);
    let dates = &mut DateWriter::new(zone, dates);
    out.extend_from_slice(b"{\"source_id\":");
    int(state.source.0, out);
    gps(state.gps.as_ref(), dates, out);
    out.extend_from_slice(b",\"connection_status\":\"");
    out.extend_from_slice(connection_name(state.connection).as_bytes());
    out.extend_from_slice(b"\",\"movement_status\":\"");
    out.extend_from_slice(movement_name(state.movement).as_bytes());
    out.extend_from_slice(b"\",\"movement_status_update\":");
    dates.write_or_null(state.movement_update, out);
    if let Some((on, changed)) = state.ignition {
        out.extend_from_slice(b",\"ignition\":");
        boolean(on, out);
        out.extend_from_slice(b",\"ignition_update\":");
        dates.write(changed, out);
    }
    if format == Format::Full {
        out.extend_from_slice(b",\"gsm\":");
        gsm(state.gsm.as_ref(), dates, out);
    }
    out.extend_from_slice(b",\"last_update\":");
    dates.write_or_null(state.last_update, out);
    if format == Format::Full {
        device_fields(state, dates, out);
    }
    out.push(b'}');
}

fn gps(gps: Option<&Gps>, dates: &mut DateWriter<'_, impl LocalTime + ?Sized>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"gps\":{\"updated\":");
    dates.write_or_null(gps.map(|g| g.updated), out);
    out.extend_from_slice(b",\"signal_level\":");
    match gps.and_then(|g| g.satellites) {
        Some(satellites) => int(signal_percent(satellites), out),
        None => out.extend_from_slice(b"null"),
    }
    let (lat, lng) = gps.map_or((0.0, 0.0), |g| (g.latitude, g.longitude));
    out.extend_from_slice(b",\"location\":{\"lat\":");
    float(lat, out);
    out.extend_from_slice(b",\"lng\":");
    float(lng, out);
    out.extend_from_slice(b"},\"heading\":");
    int(gps.map_or(0, |g| g.heading_deg), out);
    out.extend_from_slice(b",\"speed\":");
    int(gps.map_or(0, |g| g.speed_kmh), out);
    out.extend_from_slice(b",\"alt\":");
    int(gps.map_or(0, |g| g.altitude_m), out);
    if let Some(precision_m) = gps.and_then(|g| g.precision_m) {
        out.extend_from_slice(b",\"precision\":");
        int(precision_m, out);
    }
    if gps.is_some_and(|g| g.from_network) {
        out.extend_from_slice(b",\"gsm_lbs\":true");
    }
    out.push(b'}');
}

/// Ten percent a satellite, as far as a hundred.
fn signal_percent(satellites: u8) -> u8 {
    satellites.min(10) * 10
}

fn gsm(gsm: Option<&Gsm>, dates: &mut DateWriter<'_, impl LocalTime + ?Sized>, out: &mut Vec<u8>) {
    let Some(gsm) = gsm else { return out.extend_from_slice(b"null") };
    out.extend_from_slice(b"{\"updated\":");
    dates.write(gsm.updated, out);
    out.extend_from_slice(b",\"signal_level\":");
    match gsm.signal_level {
        Some(percent) => int(percent, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"network_name\":");
    match &gsm.network_name {
        Some(name) => string(name, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"roaming\":");
    match gsm.roaming {
        Some(roaming) => boolean(roaming, out),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
}

/// What only the full form has, after the time of the last update.
fn device_fields(state: &SourceState, dates: &mut DateWriter<'_, impl LocalTime + ?Sized>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"battery_level\":");
    match state.battery {
        Some((percent, _)) => int(percent, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"battery_update\":");
    dates.write_or_null(state.battery.map(|(_, at)| at), out);
    out.extend_from_slice(b",\"inputs\":");
    bits(state.inputs, state.inputs_count, out);
    out.extend_from_slice(b",\"inputs_update\":");
    dates.write_or_null(state.inputs.map(|(_, at)| at), out);
    out.extend_from_slice(b",\"outputs\":");
    bits(state.outputs, state.outputs_count, out);
    out.extend_from_slice(b",\"outputs_update\":");
    dates.write_or_null(state.outputs.map(|(_, at)| at), out);
    if !state.additional.is_empty() {
        out.extend_from_slice(b",\"additional\":{");
        additional(&state.additional, dates, out);
        out.push(b'}');
    }
    out.extend_from_slice(b",\"actual_track_update\":");
    dates.write_or_null(state.track_update, out);
}

/// As many booleans as the model has lines; all false before the first report of them.
pub(crate) fn bits(mask: Option<(u32, Timestamp)>, count: u8, out: &mut Vec<u8>) {
    let mask = mask.map_or(0, |(mask, _)| mask);
    out.push(b'[');
    for i in 0..u32::from(count) {
        if i > 0 {
            out.push(b',');
        }
        boolean(mask.checked_shr(i).unwrap_or(0) & 1 == 1, out);
    }
    out.push(b']');
}

/// The device's state fields. Published clients raise alarms on `event_code`, so an event is given under both names.
fn additional(fields: &[StateField], dates: &mut DateWriter<'_, impl LocalTime + ?Sized>, out: &mut Vec<u8>) {
    let has_code = fields.iter().any(|f| f.id == attr::EVENT_CODE);
    let mut write = |name: &str, field: &StateField, out: &mut Vec<u8>| {
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        string(name, out);
        out.extend_from_slice(b":{\"value\":");
        string(&field.value, out);
        out.extend_from_slice(b",\"updated\":");
        dates.write(field.updated, out);
        out.push(b'}');
    };
    for field in fields {
        write(&field_name(field.id), field, out);
        if field.id == attr::EVENT_ID && !has_code {
            write("event_code", field, out);
        }
    }
}

pub(crate) const fn connection_name(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::JustRegistered => "just_registered",
        ConnectionStatus::JustReplaced => "just_replaced",
        ConnectionStatus::SignalLost => "signal_lost",
        ConnectionStatus::Active => "active",
        ConnectionStatus::Idle => "idle",
        ConnectionStatus::Offline => "offline",
    }
}

const fn movement_name(status: MovementStatus) -> &'static str {
    match status {
        MovementStatus::Moving => "moving",
        MovementStatus::Stopped => "stopped",
        MovementStatus::Parked => "parked",
    }
}
