//! Bytes of a source's last values and counters.

use model::{Counter, InternError, LastValue, SourceValues, Timestamp};

use super::CodecError;
use super::attributes::{attribute, put_attribute};
use super::bytes::{Reader, put_f64, put_option, put_signed, put_time, put_varint};

pub(super) fn put_values(values: &SourceValues, out: &mut Vec<u8>) {
    let SourceValues { version, last, odometer, engine_hours, fix, ignition_since, odometer_sensor } = values;
    put_varint(*version, out);
    put_varint(last.len() as u64, out);
    // Most values are of one report: their times and versions differ by nothing.
    let mut before = Timestamp::default();
    for LastValue { id, value, updated, version } in last {
        put_attribute(*id, value, out);
        put_signed(updated.since_ms(before), out);
        put_varint(values.version.wrapping_sub(*version), out);
        before = *updated;
    }
    for counter in [odometer, engine_hours] {
        put_option(*counter, out, |counter, out| {
            put_f64(counter.value, out);
            put_time(counter.updated, out);
            put_varint(values.version.wrapping_sub(counter.version), out);
        });
    }
    put_option(*fix, out, |(latitude, longitude), out| {
        put_f64(latitude, out);
        put_f64(longitude, out);
    });
    put_option(*ignition_since, out, put_time);
    put_option(*odometer_sensor, out, put_f64);
}

pub(super) fn values(reader: &mut Reader<'_>) -> Result<SourceValues, CodecError> {
    let version = reader.varint()?;
    let counter = |reader: &mut Reader<'_>| {
        Ok(Counter {
            value: reader.finite()?,
            updated: reader.time()?,
            version: version.wrapping_sub(reader.varint()?),
        })
    };
    Ok(SourceValues {
        version,
        last: last_values(reader, version)?,
        odometer: reader.option(counter)?,
        engine_hours: reader.option(counter)?,
        fix: reader.option(|r| Ok((r.finite()?, r.finite()?)))?,
        ignition_since: reader.option(Reader::time)?,
        odometer_sensor: reader.option(Reader::finite)?,
    })
}

fn last_values(reader: &mut Reader<'_>, version: u64) -> Result<Vec<LastValue>, CodecError> {
    let count: usize = reader.number()?;
    let mut last = Vec::new();
    let mut before = Timestamp::default();
    for _ in 0..count {
        let (id, value) = attribute(reader)?;
        let ms = before.ms().checked_add(reader.signed()?).ok_or(CodecError::Malformed)?;
        before = Timestamp::from_ms(ms).ok_or(CodecError::Malformed)?;
        let version = version.wrapping_sub(reader.varint()?);
        match id {
            Ok(id) => last.push(LastValue { id, value, updated: before, version }),
            // The source does without a value until it is reported again; it should not do without its state.
            Err(InternError::TableFull) => {}
            Err(error) => return Err(CodecError::Name(error)),
        }
    }
    // Names that are not shared have other numbers in each process, and so another order.
    last.sort_unstable_by_key(|value| value.id);
    match last.windows(2).any(|pair| pair[0].id == pair[1].id) {
        true => Err(CodecError::Malformed),
        false => Ok(last),
    }
}
