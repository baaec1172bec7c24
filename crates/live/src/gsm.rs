//! What reports say of the mobile network.

use std::fmt;

use model::{Attributes, Gsm, SourceState, Timestamp, Value, attr};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::fields::text;
use crate::inputs::percent;

/// Takes over what a report that counts at `at` says. A level that the device states beats the one that follows from
/// its first cell; what the report leaves out stays.
pub(crate) fn apply(state: &mut SourceState, attributes: &Attributes, at: Timestamp) {
    let stated = attributes.get(attr::GSM_SIGNAL_LEVEL).and_then(percent);
    let cell = attributes.get(attr::MOBILE_CELLS).and_then(first_cell);
    let operator = attributes.get(attr::OPERATOR).and_then(text);
    if stated.is_none() && cell.is_none() && operator.is_none() {
        return;
    }
    let before = state.gsm.take();
    let (level, name, roaming) = before.map_or((None, None, None), |b| (b.signal_level, b.network_name, b.roaming));
    state.gsm = Some(Gsm {
        updated: at,
        signal_level: match (stated, cell) {
            (Some(level), _) => Some(level),
            (None, Some(cell)) => cell.rssi.map(percent_of_dbm),
            (None, None) => level,
        },
        network_name: operator.map(|name| name.into_owned().into_boxed_str()).or(name),
        roaming,
    });
}

/// −113 dBm is nothing, −51 dBm as good as it gets.
fn percent_of_dbm(dbm: f64) -> u8 {
    ((dbm + 113.0) / 62.0 * 100.0).round().clamp(0.0, 100.0) as u8
}

/// One cell of a report's list, as far as it matters here.
#[derive(Deserialize)]
struct Cell {
    /// dBm.
    rssi: Option<f64>,
}

/// The first cell of a list, the serving one. Text that is no list of cells tells nothing.
fn first_cell(value: &Value) -> Option<Cell> {
    let Value::Json(json) = value else { return None };
    serde_json::from_str::<FirstCell>(json).ok()?.0
}

/// Reads a list of any length while keeping only its first item.
struct FirstCell(Option<Cell>);

impl<'de> Deserialize<'de> for FirstCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = FirstCell;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of cells")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<FirstCell, A::Error> {
                let first = cells.next_element()?;
                while cells.next_element::<IgnoredAny>()?.is_some() {}
                Ok(FirstCell(first))
            }
        }
        deserializer.deserialize_seq(List)
    }
}
