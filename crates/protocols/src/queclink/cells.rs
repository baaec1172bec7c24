//! Cell towers and Wi-Fi stations without a place.

use super::sentence::{hex_number, is_digits, is_hex};
use crate::draft::{Cell, Draft};

/// What devices give as level of a cell is so many decibels above this.
const LEVEL_BASE_DBM: i16 = -110;
const LEVEL_MAX: i16 = 63;

/// Whether four fields are country, network, area and cell.
pub(super) fn is_network(four: &[&str]) -> bool {
    let [mcc, mnc, lac, cell_id] = four else { return false };
    is_digits(mcc, 4) && is_digits(mnc, 4) && is_hex(lac, 4) && (4..=8).any(|n| is_hex(cell_id, n))
}

/// Whether four fields at `at` are a network of which area and cell may be unknown. Only a place before them tells it
/// from other numbers.
pub(super) fn is_network_at_all(fields: &[&str], at: usize) -> bool {
    let Some([mcc, mnc, lac, cell_id]) = fields.get(at..at + 4) else { return false };
    let is_part = |field: &str| field.is_empty() || (1..=9).any(|n| is_hex(field, n));
    (3..=4).any(|n| is_digits(mcc, n)) && (1..=4).any(|n| is_digits(mnc, n)) && is_part(lac) && is_part(cell_id)
}

/// Country and network in decimal, area and cell in hexadecimal.
pub(super) fn cell(four: &[&str]) -> Option<Cell> {
    let [mcc, mnc, lac, cell_id] = four else { return None };
    let (mcc, mnc) = (mcc.parse().ok()?, mnc.parse().ok()?);
    let lac = u32::try_from(hex_number(lac)?).ok()?;
    Some(Cell { mcc, mnc, lac, cell_id: hex_number(cell_id)?, rssi_dbm: None })
}

/// All towers in `fields`. Where lists are `levelled`, each is followed by its level.
pub(super) fn read(d: &mut Draft, fields: &[&str], levelled: bool) {
    let mut at = 0;
    while at < fields.len() {
        let Some(four) = fields.get(at..at + 4).filter(|four| is_network(four)) else {
            at += 1;
            continue;
        };
        if let Some(mut cell) = cell(four) {
            let level = fields.get(at + 4).filter(|f| levelled && f.len() <= 2).and_then(|f| f.parse::<i16>().ok());
            cell.rssi_dbm = level.filter(|level| (0..=LEVEL_MAX).contains(level)).map(|level| LEVEL_BASE_DBM + level);
            d.cell(cell);
        }
        at += 4;
    }
}

/// A count of Wi-Fi stations, and five fields for each; how many fields that is.
pub(super) fn stations(d: &mut Draft, fields: &[&str]) -> usize {
    let count = fields.first().and_then(|f| f.parse::<usize>().ok()).unwrap_or(0);
    let mut at = 1;
    for _ in 0..count {
        let Some((mac, rssi_dbm)) = fields.get(at..at + 2).and_then(|f| super::block::station(f[0], f[1])) else {
            break;
        };
        d.wifi(&mac, rssi_dbm);
        at += 5;
    }
    at.min(fields.len())
}
