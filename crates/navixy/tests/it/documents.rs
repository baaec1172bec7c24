//! The members of a rendered state against those of the samples in the published documents: which there are, in
//! which order, and of which type. `additional`, `gsm` as an object, `precision` and `gsm_lbs` come from the
//! documents' field lists, which the samples do not show.

use navixy::encode;
use navixy::wire::{Dates, Format};
use serde_json::Value;

use crate::states::{self, Fixed};

/// Path and types of each member, in document order; `?` marks a member that may be absent.
const GPS: &[(&str, &str)] = &[
    ("gps.updated", "date|null"),
    ("gps.signal_level", "int|null"),
    ("gps.location", "object"),
    ("gps.location.lat", "number"),
    ("gps.location.lng", "number"),
    ("gps.heading", "int"),
    ("gps.speed", "int"),
    ("gps.alt", "int"),
    ("gps.precision?", "int"),
    ("gps.gsm_lbs?", "bool"),
];
const STATUS: &[(&str, &str)] = &[
    ("connection_status", "string"),
    ("movement_status", "string"),
    ("movement_status_update", "date|null"),
    ("ignition?", "bool"),
    ("ignition_update?", "date"),
];
const GSM: &[(&str, &str)] = &[
    ("gsm", "object|null"),
    ("gsm.updated?", "date|null"),
    ("gsm.signal_level?", "int|null"),
    ("gsm.network_name?", "string|null"),
    ("gsm.roaming?", "bool|null"),
];
const DEVICE: &[(&str, &str)] = &[
    ("battery_level", "int|null"),
    ("battery_update", "date|null"),
    ("inputs", "bools"),
    ("inputs_update", "date|null"),
    ("outputs", "bools"),
    ("outputs_update", "date|null"),
    ("additional?", "object"),
    ("actual_track_update", "date|null"),
];

fn document(format: Format) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![("source_id", "int"), ("gps", "object")];
    all.extend(GPS);
    all.extend(STATUS);
    if format == Format::Full {
        all.extend(GSM);
    }
    all.push(("last_update", "date|null"));
    if format == Format::Full {
        all.extend(DEVICE);
    }
    all
}

fn type_of(value: &Value) -> &'static str {
    let is_date = |s: &str| s.len() == 19 && s.as_bytes()[4] == b'-' && s.as_bytes()[10] == b' ';
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_i64() => "int",
        Value::Number(_) => "number",
        Value::String(s) if is_date(s) => "date",
        Value::String(_) => "string",
        Value::Array(items) if items.iter().all(Value::is_boolean) => "bools",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Paths of all members in order of appearance in the text; `additional` is not entered, its names are open.
fn members(json: &str) -> Vec<(String, Value)> {
    let root: Value = serde_json::from_str(json).expect("JSON");
    let mut paths = Vec::new();
    fn walk(prefix: &str, value: &Value, paths: &mut Vec<(String, Value)>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = format!("{prefix}{name}");
            paths.push((path.clone(), value.clone()));
            if path != "additional" {
                walk(&format!("{path}."), value, paths);
            }
        }
    }
    walk("", &root, &mut paths);
    paths
}

/// Where each member stands in the text: members of one object must be in document order.
fn position(json: &str, path: &str) -> usize {
    path.split('.').fold(0, |from, name| from + json[from..].find(&format!("\"{name}\":")).expect(path))
}

#[test]
fn states_have_the_documents_members_types_and_order() {
    for format in [Format::Full, Format::Compact] {
        let document = document(format);
        for state in [states::fresh(), states::driving(), states::parked(), states::by_cells()] {
            let mut out = Vec::new();
            encode::render_state(&state, format, &Fixed(0), Dates::Plain, &mut out);
            let json = String::from_utf8(out).expect("UTF-8");
            let found = members(&json);
            for (path, value) in &found {
                let (_, types) = document
                    .iter()
                    .find(|(p, _)| p.trim_end_matches('?') == path)
                    .unwrap_or_else(|| panic!("{path} is in no document"));
                // A coordinate without a fraction is a number all the same.
                let kind = type_of(value);
                let fits = types.split('|').any(|t| t == kind || (t == "number" && kind == "int"));
                assert!(fits, "{path} is {kind}, not {types}");
            }
            for (path, _) in &document {
                let optional = path.ends_with('?') || path.starts_with("gsm.");
                assert!(optional || found.iter().any(|(p, _)| p == path), "{path} is missing");
            }
            let present: Vec<&str> = document
                .iter()
                .map(|(path, _)| path.trim_end_matches('?'))
                .filter(|path| found.iter().any(|(p, _)| p == path))
                .collect();
            let places: Vec<usize> = present.iter().map(|path| position(&json, path)).collect();
            assert!(places.is_sorted(), "order of {present:?}: {places:?}");
        }
    }
}
