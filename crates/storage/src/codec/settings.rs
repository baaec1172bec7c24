//! Bytes of a source's settings.

use std::sync::Arc;

use model::{
    CalibrationPoint, IgnitionSource, Metering, MeteringRules, MeteringType, SensorId, SourceSettings, VirtualRule,
};

use super::CodecError;
use super::attributes::{id_with_room, put_id};
use super::bytes::{Reader, put_f64, put_option, put_text, put_varint};

const IGNITION_NONE: u8 = 0;
const IGNITION_INPUT: u8 = 1;
const IGNITION_ATTRIBUTE: u8 = 2;
const IGNITION_VIRTUAL: u8 = 3;

const IN_RANGE: u8 = 0;
const IDENTITY: u8 = 1;
const BIT_INDEX: u8 = 2;

pub(super) fn put_settings(settings: &SourceSettings, out: &mut Vec<u8>) {
    let SourceSettings { inputs_count, outputs_count, ignition, min_idle_s, idle_speed_threshold_kmh, .. } = settings;
    let SourceSettings { ignition_aware, motion_sensor_aware, offline_s, network_radius_max_m, waits_forever, .. } =
        settings;
    let SourceSettings { odometer_multiplier, odometer_sensor, engine_hours_multiplier, .. } = settings;
    out.extend_from_slice(&[*inputs_count, *outputs_count]);
    put_ignition(*ignition, out);
    put_varint(u64::from(*min_idle_s), out);
    put_varint(u64::from(*idle_speed_threshold_kmh), out);
    out.extend_from_slice(&[u8::from(*ignition_aware), u8::from(*motion_sensor_aware)]);
    put_option(*offline_s, out, |s, out| put_varint(u64::from(s), out));
    put_varint(u64::from(*network_radius_max_m), out);
    out.push(u8::from(*waits_forever));
    put_f64(*odometer_multiplier, out);
    put_option(odometer_sensor.as_deref(), out, put_metering);
    put_f64(*engine_hours_multiplier, out);
}

pub(super) fn settings(reader: &mut Reader<'_>) -> Result<SourceSettings, CodecError> {
    let mut settings = first_settings(reader)?;
    settings.odometer_multiplier = reader.finite()?;
    settings.odometer_sensor = reader.option(metering)?.map(Arc::new);
    settings.engine_hours_multiplier = reader.finite()?;
    Ok(settings)
}

/// Settings as the first format had them, which the later one goes on from.
pub(super) fn first_settings(reader: &mut Reader<'_>) -> Result<SourceSettings, CodecError> {
    // Fields are read in the order in which they are written.
    Ok(SourceSettings {
        inputs_count: reader.byte()?,
        outputs_count: reader.byte()?,
        ignition: ignition(reader)?,
        min_idle_s: reader.number()?,
        idle_speed_threshold_kmh: reader.number()?,
        ignition_aware: reader.bool()?,
        motion_sensor_aware: reader.bool()?,
        offline_s: reader.option(Reader::number)?,
        network_radius_max_m: reader.number()?,
        waits_forever: reader.bool()?,
        ..SourceSettings::default()
    })
}

fn put_ignition(ignition: IgnitionSource, out: &mut Vec<u8>) {
    match ignition {
        IgnitionSource::None => out.push(IGNITION_NONE),
        IgnitionSource::Input(input) => out.extend_from_slice(&[IGNITION_INPUT, input]),
        IgnitionSource::Attribute(attribute) => {
            out.push(IGNITION_ATTRIBUTE);
            put_id(attribute, out);
        }
        IgnitionSource::Virtual { input, rule } => {
            out.push(IGNITION_VIRTUAL);
            put_id(input, out);
            match rule {
                VirtualRule::InRange { from, to } => {
                    out.push(IN_RANGE);
                    put_option(from, out, put_f64);
                    put_option(to, out, put_f64);
                }
                VirtualRule::Identity => out.push(IDENTITY),
                VirtualRule::BitIndex(index) => out.extend_from_slice(&[BIT_INDEX, index]),
            }
        }
    }
}

fn ignition(reader: &mut Reader<'_>) -> Result<IgnitionSource, CodecError> {
    Ok(match reader.byte()? {
        IGNITION_NONE => IgnitionSource::None,
        IGNITION_INPUT => IgnitionSource::Input(reader.byte()?),
        IGNITION_ATTRIBUTE => id_with_room(reader)?.map_or(IgnitionSource::None, IgnitionSource::Attribute),
        IGNITION_VIRTUAL => {
            let input = id_with_room(reader)?;
            let rule = match reader.byte()? {
                IN_RANGE => {
                    VirtualRule::InRange { from: reader.option(Reader::finite)?, to: reader.option(Reader::finite)? }
                }
                IDENTITY => VirtualRule::Identity,
                BIT_INDEX => VirtualRule::BitIndex(reader.byte()?),
                _ => return Err(CodecError::Malformed),
            };
            input.map_or(IgnitionSource::None, |input| IgnitionSource::Virtual { input, rule })
        }
        _ => return Err(CodecError::Malformed),
    })
}

fn put_metering(sensor: &Metering, out: &mut Vec<u8>) {
    let Metering { sensor_type, input_name, input, divider, accuracy, units, units_type, rules, calibration } = sensor;
    put_text(sensor_type.name(), out);
    put_text(input_name, out);
    put_option(*input, out, put_id);
    put_f64(*divider, out);
    put_f64(*accuracy, out);
    put_text(units, out);
    put_text(units_type, out);
    put_rules(rules, out);
    put_varint(calibration.len() as u64, out);
    for CalibrationPoint { raw, real } in calibration {
        put_f64(*raw, out);
        put_f64(*real, out);
    }
}

fn metering(reader: &mut Reader<'_>) -> Result<Metering, CodecError> {
    Ok(Metering {
        sensor_type: MeteringType::from_name(reader.text()?).ok_or(CodecError::Malformed)?,
        input_name: reader.text()?.to_owned(),
        input: reader.option(id_with_room)?.flatten(),
        divider: reader.finite()?,
        accuracy: reader.finite()?,
        units: reader.text()?.to_owned(),
        units_type: reader.text()?.to_owned(),
        rules: rules(reader)?,
        calibration: list(reader, |r| Ok(CalibrationPoint { raw: r.finite()?, real: r.finite()? }))?,
    })
}

fn put_rules(rules: &MeteringRules, out: &mut Vec<u8>) {
    let MeteringRules { parent_ids, volume, min, max, max_lowering_by_time, max_lowering_by_mileage, .. } = rules;
    let MeteringRules { ignore_drains_in_move, ignore_refuels_in_move, refuel_gap_minutes, custom_field_name, .. } =
        rules;
    put_varint(parent_ids.len() as u64, out);
    for id in parent_ids {
        put_varint(u64::from(id.0), out);
    }
    for number in [volume, min, max, max_lowering_by_time, max_lowering_by_mileage] {
        put_option(*number, out, put_f64);
    }
    out.extend_from_slice(&[u8::from(*ignore_drains_in_move), u8::from(*ignore_refuels_in_move)]);
    put_option(*refuel_gap_minutes, out, |minutes, out| put_varint(u64::from(minutes), out));
    out.push(u8::from(*custom_field_name));
}

fn rules(reader: &mut Reader<'_>) -> Result<MeteringRules, CodecError> {
    Ok(MeteringRules {
        parent_ids: list(reader, |r| r.number().map(SensorId))?,
        volume: reader.option(Reader::finite)?,
        min: reader.option(Reader::finite)?,
        max: reader.option(Reader::finite)?,
        max_lowering_by_time: reader.option(Reader::finite)?,
        max_lowering_by_mileage: reader.option(Reader::finite)?,
        ignore_drains_in_move: reader.bool()?,
        ignore_refuels_in_move: reader.bool()?,
        refuel_gap_minutes: reader.option(Reader::number)?,
        custom_field_name: reader.bool()?,
    })
}

/// A count and as many items. An item takes a byte at least, so the list grows no further than the bytes do.
fn list<T>(
    reader: &mut Reader<'_>,
    item: impl Fn(&mut Reader<'_>) -> Result<T, CodecError>,
) -> Result<Vec<T>, CodecError> {
    let count: usize = reader.number()?;
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(item(reader)?);
    }
    Ok(all)
}
