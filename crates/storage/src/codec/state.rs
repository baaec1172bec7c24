//! Bytes of a source's state.

use model::{ConnectionStatus, Gps, Gsm, MovementStatus, Seq, SourceId, SourceState, StateField};

use super::CodecError;
use super::attributes::{id, put_id};
use super::bytes::{Reader, put_option, put_signed, put_text, put_time, put_varint};

pub(super) fn put_state(state: &SourceState, out: &mut Vec<u8>) {
    let SourceState { source, seq, registered, replaced, connection, movement, .. } = state;
    let SourceState { last_contact, last_update, newest, movement_update, idle_since, track_update, .. } = state;
    let SourceState { gps, ignition, motion, gsm, battery, inputs, outputs, .. } = state;
    let SourceState { inputs_count, outputs_count, additional, .. } = state;
    put_varint(u64::from(source.0), out);
    put_varint(seq.0, out);
    put_time(*registered, out);
    out.extend_from_slice(&[u8::from(*replaced), connection_byte(*connection), movement_byte(*movement)]);
    for time in [last_contact, last_update, newest, movement_update, idle_since, track_update] {
        put_option(*time, out, put_time);
    }
    put_option(gps.as_ref(), out, put_gps);
    put_option(*ignition, out, |(on, changed), out| {
        out.push(u8::from(on));
        put_time(changed, out);
    });
    put_option(*motion, out, |moves, out| out.push(u8::from(moves)));
    put_option(gsm.as_ref(), out, put_gsm);
    put_option(*battery, out, |(percent, updated), out| {
        out.push(percent);
        put_time(updated, out);
    });
    for bits in [inputs, outputs] {
        put_option(*bits, out, |(bits, updated), out| {
            put_varint(u64::from(bits), out);
            put_time(updated, out);
        });
    }
    out.extend_from_slice(&[*inputs_count, *outputs_count]);
    put_varint(additional.len() as u64, out);
    for StateField { id, value, updated } in additional {
        put_id(*id, out);
        put_text(value, out);
        put_time(*updated, out);
    }
}

pub(super) fn state(r: &mut Reader<'_>) -> Result<SourceState, CodecError> {
    // Fields are read in the order in which they are written.
    Ok(SourceState {
        source: SourceId(r.number()?),
        seq: Seq(r.varint()?),
        registered: r.time()?,
        replaced: r.bool()?,
        connection: connection(r.byte()?)?,
        movement: movement(r.byte()?)?,
        last_contact: r.option(Reader::time)?,
        last_update: r.option(Reader::time)?,
        newest: r.option(Reader::time)?,
        movement_update: r.option(Reader::time)?,
        idle_since: r.option(Reader::time)?,
        track_update: r.option(Reader::time)?,
        gps: r.option(gps)?,
        ignition: r.option(|r| Ok((r.bool()?, r.time()?)))?,
        motion: r.option(Reader::bool)?,
        gsm: r.option(gsm)?,
        battery: r.option(|r| Ok((r.byte()?, r.time()?)))?,
        inputs: r.option(|r| Ok((r.number()?, r.time()?)))?,
        outputs: r.option(|r| Ok((r.number()?, r.time()?)))?,
        inputs_count: r.byte()?,
        outputs_count: r.byte()?,
        additional: additional(r)?,
    })
}

fn connection_byte(status: ConnectionStatus) -> u8 {
    match status {
        ConnectionStatus::JustRegistered => 0,
        ConnectionStatus::JustReplaced => 1,
        ConnectionStatus::SignalLost => 2,
        ConnectionStatus::Active => 3,
        ConnectionStatus::Idle => 4,
        ConnectionStatus::Offline => 5,
    }
}

fn connection(byte: u8) -> Result<ConnectionStatus, CodecError> {
    Ok(match byte {
        0 => ConnectionStatus::JustRegistered,
        1 => ConnectionStatus::JustReplaced,
        2 => ConnectionStatus::SignalLost,
        3 => ConnectionStatus::Active,
        4 => ConnectionStatus::Idle,
        5 => ConnectionStatus::Offline,
        _ => return Err(CodecError::Malformed),
    })
}

fn movement_byte(status: MovementStatus) -> u8 {
    match status {
        MovementStatus::Moving => 0,
        MovementStatus::Stopped => 1,
        MovementStatus::Parked => 2,
    }
}

fn movement(byte: u8) -> Result<MovementStatus, CodecError> {
    Ok(match byte {
        0 => MovementStatus::Moving,
        1 => MovementStatus::Stopped,
        2 => MovementStatus::Parked,
        _ => return Err(CodecError::Malformed),
    })
}

fn put_gps(gps: &Gps, out: &mut Vec<u8>) {
    let Gps { updated, latitude, longitude, heading_deg, speed_kmh, altitude_m, satellites, precision_m, from_network } =
        gps;
    put_time(*updated, out);
    out.extend_from_slice(&latitude.to_le_bytes());
    out.extend_from_slice(&longitude.to_le_bytes());
    put_varint(u64::from(*heading_deg), out);
    put_varint(u64::from(*speed_kmh), out);
    put_signed(i64::from(*altitude_m), out);
    put_option(*satellites, out, |n, out| out.push(n));
    put_option(*precision_m, out, |m, out| put_varint(u64::from(m), out));
    out.push(u8::from(*from_network));
}

fn gps(r: &mut Reader<'_>) -> Result<Gps, CodecError> {
    Ok(Gps {
        updated: r.time()?,
        latitude: f64::from_le_bytes(r.array()?),
        longitude: f64::from_le_bytes(r.array()?),
        heading_deg: r.number()?,
        speed_kmh: r.number()?,
        altitude_m: i16::try_from(r.signed()?).map_err(|_| CodecError::Malformed)?,
        satellites: r.option(Reader::byte)?,
        precision_m: r.option(Reader::number)?,
        from_network: r.bool()?,
    })
}

fn put_gsm(gsm: &Gsm, out: &mut Vec<u8>) {
    let Gsm { updated, signal_level, network_name, roaming } = gsm;
    put_time(*updated, out);
    put_option(*signal_level, out, |percent, out| out.push(percent));
    put_option(network_name.as_deref(), out, put_text);
    put_option(*roaming, out, |roams, out| out.push(u8::from(roams)));
}

fn gsm(r: &mut Reader<'_>) -> Result<Gsm, CodecError> {
    Ok(Gsm {
        updated: r.time()?,
        signal_level: r.option(Reader::byte)?,
        network_name: r.option(|r| r.text().map(Box::from))?,
        roaming: r.option(Reader::bool)?,
    })
}

fn additional(r: &mut Reader<'_>) -> Result<Vec<StateField>, CodecError> {
    let count: usize = r.number()?;
    // A field takes three bytes at least, so the list grows no further than the bytes do.
    let mut fields = Vec::new();
    for _ in 0..count {
        fields.push(StateField { id: id(r)?, value: r.text()?.into(), updated: r.time()? });
    }
    Ok(fields)
}
