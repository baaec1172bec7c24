//! Bytes of attributes: for each, one number for name and kind of value, then the value.

use model::{AttributeId, Attributes, InternError, Value};

use super::CodecError;
use super::bytes::{Reader, put_signed, put_text, put_varint};

/// Stands for "the name follows". No shared attribute has this number.
const BY_NAME: u64 = 0;

/// Kinds of value, in the low three bits of an attribute's number.
mod kind {
    pub(super) const FALSE: u64 = 0;
    pub(super) const TRUE: u64 = 1;
    pub(super) const INT: u64 = 2;
    /// Eight bytes of an IEEE 754 double.
    pub(super) const FLOAT: u64 = 3;
    /// A whole number of thousandths: what scaled sensor values nearly always are.
    pub(super) const THOUSANDTHS: u64 = 4;
    pub(super) const TEXT: u64 = 5;
    pub(super) const JSON: u64 = 6;
    pub(super) const BITS: u32 = 3;
}

/// Room that is made before the attributes themselves were seen.
const ROOM_MAX: usize = 32;

pub(super) fn put_attributes(attributes: &Attributes, out: &mut Vec<u8>) {
    put_varint(attributes.len() as u64, out);
    for (id, value) in attributes.iter() {
        put_attribute(id, value, out);
    }
}

pub(super) fn put_attribute(id: AttributeId, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Bool(false) => put_tag(id, kind::FALSE, out),
        Value::Bool(true) => put_tag(id, kind::TRUE, out),
        Value::Int(n) => {
            put_tag(id, kind::INT, out);
            put_signed(*n, out);
        }
        Value::Float(x) => put_float(id, *x, out),
        Value::Text(text) => {
            put_tag(id, kind::TEXT, out);
            put_text(text, out);
        }
        Value::Json(text) => {
            put_tag(id, kind::JSON, out);
            put_text(text, out);
        }
    }
}

pub(super) fn attributes(reader: &mut Reader<'_>) -> Result<Attributes, CodecError> {
    let count: usize = reader.number()?;
    let mut all = Attributes::with_capacity(count.min(ROOM_MAX));
    for _ in 0..count {
        let (id, value) = attribute(reader)?;
        let before = all.len();
        match id {
            Ok(id) => all.set(id, value),
            // Too many other names came since this one was stored. The rest of what was said is readable all the same.
            Err(InternError::TableFull) => continue,
            Err(error) => return Err(CodecError::Name(error)),
        }
        // A name that comes twice would not make the list longer: no encoder writes that.
        if all.len() == before {
            return Err(CodecError::Malformed);
        }
    }
    Ok(all)
}

/// An attribute. That its name finds no room in the process's table is no damage: the value was read all the same.
pub(super) fn attribute(reader: &mut Reader<'_>) -> Result<(Result<AttributeId, InternError>, Value), CodecError> {
    let tag = reader.varint()?;
    let id = match named(tag >> kind::BITS, reader) {
        Ok(id) => Ok(id),
        Err(CodecError::Name(error)) => Err(error),
        Err(other) => return Err(other),
    };
    let value = match tag & ((1 << kind::BITS) - 1) {
        kind::FALSE => Value::Bool(false),
        kind::TRUE => Value::Bool(true),
        kind::INT => Value::Int(reader.signed()?),
        kind::FLOAT => Value::Float(f64::from_le_bytes(reader.array()?)),
        kind::THOUSANDTHS => Value::Float(from_thousandths(reader.signed()?)),
        kind::TEXT => Value::Text(reader.text()?.into()),
        kind::JSON => Value::Json(reader.text()?.into()),
        _ => return Err(CodecError::Malformed),
    };
    Ok((id, value))
}

/// An id on its own: its number, or [`BY_NAME`] and its name.
pub(super) fn put_id(id: AttributeId, out: &mut Vec<u8>) {
    if id.is_shared() {
        put_varint(u64::from(id.number()), out);
    } else {
        put_varint(BY_NAME, out);
        put_text(&id.name(), out);
    }
}

pub(super) fn id(reader: &mut Reader<'_>) -> Result<AttributeId, CodecError> {
    let number = reader.varint()?;
    named(number, reader)
}

/// An id on its own; `None` when its name finds no room in the process's table. Settings from another time do without
/// it: nothing that is read here will have that name.
pub(super) fn id_with_room(reader: &mut Reader<'_>) -> Result<Option<AttributeId>, CodecError> {
    match id(reader) {
        Err(CodecError::Name(InternError::TableFull)) => Ok(None),
        found => found.map(Some),
    }
}

fn put_tag(id: AttributeId, kind: u64, out: &mut Vec<u8>) {
    if id.is_shared() {
        put_varint(u64::from(id.number()) << kind::BITS | kind, out);
    } else {
        put_varint(BY_NAME << kind::BITS | kind, out);
        put_text(&id.name(), out);
    }
}

fn named(number: u64, reader: &mut Reader<'_>) -> Result<AttributeId, CodecError> {
    if number == BY_NAME {
        return AttributeId::intern(reader.text()?).map_err(CodecError::Name);
    }
    let number = u32::try_from(number).map_err(|_| CodecError::Malformed)?;
    AttributeId::from_shared_number(number).ok_or(CodecError::UnknownAttribute(number))
}

fn put_float(id: AttributeId, x: f64, out: &mut Vec<u8>) {
    // Beyond 2^40 thousandths the varint is hardly shorter than the double.
    const LIMIT: f64 = 1_099_511_627_776.0;
    let thousandths = (x * 1000.0).round();
    let short = thousandths.abs() < LIMIT && from_thousandths(thousandths as i64).to_bits() == x.to_bits();
    if short {
        put_tag(id, kind::THOUSANDTHS, out);
        put_signed(thousandths as i64, out);
    } else {
        put_tag(id, kind::FLOAT, out);
        out.extend_from_slice(&x.to_le_bytes());
    }
}

fn from_thousandths(n: i64) -> f64 {
    n as f64 / 1000.0
}
