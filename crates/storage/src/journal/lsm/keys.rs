//! Bytes of keys and rows. Keys are big-endian, so that their order as bytes is the order of what they stand for.

use model::{EntryKind, Seq, SourceChange, SourceId, Timestamp};

use super::super::ReportKey;
use crate::codec::CodecError;
use crate::codec::bytes::{Reader, put_signed, put_time, put_varint};
use crate::codec::{decode_change, encode_change};

/// Source, time and hash.
pub(super) const REPORT_KEY_BYTES: usize = 4 + 8 + 8;

/// First byte of every row.
const FORMAT: u8 = 1;

const CONTACT: u8 = 0;
const CHANGE: u8 = 1;

/// The most that a row of `reports` has before the report.
const ROW_HEAD_BYTES_MAX: usize = 2 + 10 + 10;

pub(super) fn seq_key(seq: Seq) -> [u8; 8] {
    seq.0.to_be_bytes()
}

pub(super) fn seq(bytes: &[u8]) -> Result<Seq, CodecError> {
    let bytes = bytes.try_into().map_err(|_| CodecError::Malformed)?;
    Ok(Seq(u64::from_be_bytes(bytes)))
}

pub(super) fn source_key(source: SourceId) -> [u8; 4] {
    source.0.to_be_bytes()
}

pub(super) fn source(bytes: &[u8]) -> Result<SourceId, CodecError> {
    let bytes = bytes.try_into().map_err(|_| CodecError::Malformed)?;
    Ok(SourceId(u32::from_be_bytes(bytes)))
}

/// The sign bit of the time is turned, so that times before 1970 come first.
pub(super) fn report_key(key: &ReportKey) -> [u8; REPORT_KEY_BYTES] {
    let mut bytes = [0; REPORT_KEY_BYTES];
    bytes[..4].copy_from_slice(&key.source.0.to_be_bytes());
    bytes[4..12].copy_from_slice(&(key.time.ms() as u64 ^ 1 << 63).to_be_bytes());
    bytes[12..].copy_from_slice(&key.hash.to_be_bytes());
    bytes
}

/// The least and the greatest key that a report of a source can have up to a time.
pub(super) fn reports_to(source: SourceId, to: Timestamp) -> [[u8; REPORT_KEY_BYTES]; 2] {
    [(Timestamp::MIN, 0), (to, u64::MAX)].map(|(time, hash)| report_key(&ReportKey { source, time, hash }))
}

pub(super) fn read_report_key(bytes: &[u8]) -> Result<ReportKey, CodecError> {
    let bytes: &[u8; REPORT_KEY_BYTES] = bytes.try_into().map_err(|_| CodecError::Malformed)?;
    let [s0, s1, s2, s3, t0, t1, t2, t3, t4, t5, t6, t7, hash @ ..] = *bytes;
    let ms = u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]) ^ 1 << 63;
    Ok(ReportKey {
        source: SourceId(u32::from_be_bytes([s0, s1, s2, s3])),
        time: Timestamp::from_ms(ms as i64).ok_or(CodecError::Malformed)?,
        hash: u64::from_be_bytes(hash),
    })
}

/// What a row of `reports` says besides its key.
pub(super) struct ReportRow<'a> {
    pub(super) seq: Seq,
    pub(super) received: Timestamp,
    pub(super) flags: u8,
    pub(super) body: &'a [u8],
}

pub(super) fn report_row(key: &ReportKey, seq: Seq, received: Timestamp, flags: u8, body: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(ROW_HEAD_BYTES_MAX + body.len());
    row.extend_from_slice(&[FORMAT, flags]);
    put_varint(seq.0, &mut row);
    // Most reports arrive soon after their time.
    put_signed(received.since_ms(key.time), &mut row);
    row.extend_from_slice(body);
    row
}

pub(super) fn read_report_row(time: Timestamp, row: &[u8]) -> Result<ReportRow<'_>, CodecError> {
    let mut reader = Reader::open(row, FORMAT)?;
    let flags = reader.byte()?;
    let seq = Seq(reader.varint()?);
    let received = time.ms().checked_add(reader.signed()?).and_then(Timestamp::from_ms).ok_or(CodecError::Malformed)?;
    Ok(ReportRow { seq, received, flags, body: reader.rest() })
}

pub(super) fn report_row_seq(row: &[u8]) -> Result<Seq, CodecError> {
    let mut reader = Reader::open(row, FORMAT)?;
    reader.byte()?;
    reader.varint().map(Seq)
}

pub(super) fn order_row(key: [u8; REPORT_KEY_BYTES]) -> [u8; 1 + REPORT_KEY_BYTES] {
    let mut row = [FORMAT; 1 + REPORT_KEY_BYTES];
    row[1..].copy_from_slice(&key);
    row
}

pub(super) fn read_order_row(row: &[u8]) -> Result<&[u8], CodecError> {
    Ok(Reader::open(row, FORMAT)?.rest())
}

pub(super) fn mark_row(source: SourceId, received: Timestamp, change: Option<&SourceChange>) -> Vec<u8> {
    let mut row = vec![FORMAT, if change.is_some() { CHANGE } else { CONTACT }];
    put_varint(u64::from(source.0), &mut row);
    put_time(received, &mut row);
    if let Some(change) = change {
        encode_change(change, &mut row);
    }
    row
}

pub(super) fn read_mark_row(row: &[u8]) -> Result<(SourceId, Timestamp, EntryKind), CodecError> {
    let mut reader = Reader::open(row, FORMAT)?;
    let kind = reader.byte()?;
    let source = SourceId(reader.number()?);
    let received = reader.time()?;
    let kind = match kind {
        CONTACT => {
            reader.close()?;
            EntryKind::Contact
        }
        CHANGE => EntryKind::Change(decode_change(reader.rest())?),
        _ => return Err(CodecError::Malformed),
    };
    Ok((source, received, kind))
}

pub(super) fn snapshot_row(seq: Seq, body: &[u8]) -> Vec<u8> {
    let mut row = vec![FORMAT];
    put_varint(seq.0, &mut row);
    row.extend_from_slice(body);
    row
}

pub(super) fn read_snapshot_row(row: &[u8]) -> Result<(Seq, &[u8]), CodecError> {
    let mut reader = Reader::open(row, FORMAT)?;
    Ok((Seq(reader.varint()?), reader.rest()))
}
