//! Bytes of a recorded change of a source.

use model::{DeviceId, IgnitionSource, SourceChange, SourceSettings};

use super::CodecError;
use super::attributes::{id, put_id};
use super::bytes::{Reader, put_option, put_text, put_varint};

const FORMAT: u8 = 1;

const REGISTERED: u8 = 0;
const SETTINGS: u8 = 1;
const REPLACED: u8 = 2;

const IGNITION_NONE: u8 = 0;
const IGNITION_INPUT: u8 = 1;
const IGNITION_ATTRIBUTE: u8 = 2;

/// Appends the bytes of a change.
pub fn encode_change(change: &SourceChange, out: &mut Vec<u8>) {
    out.push(FORMAT);
    match change {
        SourceChange::Registered(settings) => {
            out.push(REGISTERED);
            put_settings(settings, out);
        }
        SourceChange::Settings(settings) => {
            out.push(SETTINGS);
            put_settings(settings, out);
        }
        SourceChange::Replaced(device) => {
            out.push(REPLACED);
            put_text(device.as_str(), out);
        }
    }
}

/// Reads what [`encode_change`] wrote.
pub fn decode_change(bytes: &[u8]) -> Result<SourceChange, CodecError> {
    let mut reader = Reader::open(bytes, FORMAT)?;
    let change = match reader.byte()? {
        REGISTERED => SourceChange::Registered(settings(&mut reader)?),
        SETTINGS => SourceChange::Settings(settings(&mut reader)?),
        REPLACED => SourceChange::Replaced(DeviceId::new(reader.text()?).ok_or(CodecError::Malformed)?),
        _ => return Err(CodecError::Malformed),
    };
    reader.close()?;
    Ok(change)
}

fn put_settings(settings: &SourceSettings, out: &mut Vec<u8>) {
    let SourceSettings { inputs_count, outputs_count, ignition, min_idle_s, idle_speed_threshold_kmh, .. } = settings;
    let SourceSettings { ignition_aware, motion_sensor_aware, offline_s, network_radius_max_m, waits_forever, .. } =
        settings;
    out.extend_from_slice(&[*inputs_count, *outputs_count]);
    match ignition {
        IgnitionSource::None => out.push(IGNITION_NONE),
        IgnitionSource::Input(input) => out.extend_from_slice(&[IGNITION_INPUT, *input]),
        IgnitionSource::Attribute(attribute) => {
            out.push(IGNITION_ATTRIBUTE);
            put_id(*attribute, out);
        }
    }
    put_varint(u64::from(*min_idle_s), out);
    put_varint(u64::from(*idle_speed_threshold_kmh), out);
    out.extend_from_slice(&[u8::from(*ignition_aware), u8::from(*motion_sensor_aware)]);
    put_option(*offline_s, out, |s, out| put_varint(u64::from(s), out));
    put_varint(u64::from(*network_radius_max_m), out);
    out.push(u8::from(*waits_forever));
}

fn settings(reader: &mut Reader<'_>) -> Result<SourceSettings, CodecError> {
    // Fields are read in the order in which they are written.
    Ok(SourceSettings {
        inputs_count: reader.byte()?,
        outputs_count: reader.byte()?,
        ignition: match reader.byte()? {
            IGNITION_NONE => IgnitionSource::None,
            IGNITION_INPUT => IgnitionSource::Input(reader.byte()?),
            IGNITION_ATTRIBUTE => IgnitionSource::Attribute(id(reader)?),
            _ => return Err(CodecError::Malformed),
        },
        min_idle_s: reader.number()?,
        idle_speed_threshold_kmh: reader.number()?,
        ignition_aware: reader.bool()?,
        motion_sensor_aware: reader.bool()?,
        offline_s: reader.option(Reader::number)?,
        network_radius_max_m: reader.number()?,
        waits_forever: reader.bool()?,
    })
}
