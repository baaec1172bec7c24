//! Levels of inputs and outputs as devices tell them in text: pairs of a name and a value.

use std::collections::BTreeMap;

use model::{AttributeId, Report, Value, attr};

/// Inputs are numbered from 1.
const INPUTS: std::ops::RangeInclusive<u16> = 1..=8;
/// Output 1 has the number after this one.
const BEFORE_OUTPUTS: u16 = 178;
/// Analogue inputs 1 and 2.
const ANALOGUE: [u16; 2] = [9, 6];

/// The levels that a report tells of, in the order of their numbers, numbered alike for all families.
pub(crate) fn of(report: &Report) -> Vec<(u16, f64)> {
    let get = |id| report.attributes.get(id);
    let mut found = BTreeMap::new();
    for (id, before) in [(attr::INPUT_STATUS, 0), (attr::OUTPUT_STATUS, BEFORE_OUTPUTS)] {
        if let Some(mask) = get(id).and_then(Value::as_i64) {
            found.extend(INPUTS.map(|n| (before + n, (mask >> (n - 1) & 1) as f64)));
        }
    }
    let plain = [(attr::IGNITION, 239, 1.0), (attr::IS_MOVING, 240, 1.0), (attr::GSM_SIGNAL_LEVEL, 21, 1.0)];
    let volts = [(attr::BOARD_VOLTAGE, 66, 1_000.0), (attr::BATTERY_VOLTAGE, 67, 1_000.0)];
    for (id, number, steps) in plain.into_iter().chain(volts) {
        found.extend(get(id).and_then(Value::as_f64).map(|value| (number, (value * steps).round())));
    }
    for (n, number) in (1..).zip(ANALOGUE) {
        let volts = AttributeId::nth("analog_", n).and_then(get).and_then(Value::as_f64);
        found.extend(volts.map(|volts| (number, (volts * 1_000.0).round())));
    }
    found.into_iter().collect()
}

/// The lines that a reply tells of, in the order of their numbers: `DI1:1`, `DO2=0`, `AIN1: 12.5` and the like, with
/// blanks, commas or semicolons between them. `names` are those of the family's own, in any case of letters. Values
/// are numbers, or `ON` and `OFF`; other pairs are passed over. If a line is named twice, the last counts.
pub(crate) fn lines(text: &str, names: &[(&str, u16)]) -> Vec<(u16, f64)> {
    let mut found = BTreeMap::new();
    for (at, _) in text.match_indices([':', '=']) {
        let name = last_word(&text[..at]);
        let (Some(number), Some(value)) = (number(name, names), value(&text[at + 1..])) else { continue };
        found.insert(number, value);
    }
    found.into_iter().collect()
}

/// The letters and digits at the end.
fn last_word(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '\t']);
    let rest = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    &text[rest.len()..]
}

fn number(name: &str, names: &[(&str, u16)]) -> Option<u16> {
    if let Some((_, number)) = names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(*number);
    }
    let digits = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let kind = &name[..name.len() - digits.len()];
    let n: u16 = digits.parse().ok()?;
    if ["DI", "DIN"].iter().any(|name| kind.eq_ignore_ascii_case(name)) {
        INPUTS.contains(&n).then_some(n)
    } else if ["DO", "DOUT"].iter().any(|name| kind.eq_ignore_ascii_case(name)) {
        INPUTS.contains(&n).then_some(BEFORE_OUTPUTS + n)
    } else if kind.eq_ignore_ascii_case("AIN") {
        ANALOGUE.get(usize::from(n).checked_sub(1)?).copied()
    } else {
        None
    }
}

fn value(text: &str) -> Option<f64> {
    let text = text.trim_start_matches([' ', '\t']);
    let word = text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').next()?;
    if word.eq_ignore_ascii_case("ON") {
        Some(1.0)
    } else if word.eq_ignore_ascii_case("OFF") {
        Some(0.0)
    } else if word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') {
        word.parse().ok().filter(|value: &f64| value.is_finite())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_tell_levels() {
        let mut report = Report::default();
        assert_eq!(of(&report), []);
        report.attributes.set(attr::OUTPUT_STATUS, 0b10);
        report.attributes.set(attr::IGNITION, true);
        report.attributes.set(attr::BOARD_VOLTAGE, Value::Float(12.634));
        report.attributes.set(AttributeId::nth("analog_", 2).expect("is known"), Value::Float(0.5));
        let outputs = (179..=186).map(|n| (n, f64::from(u8::from(n == 180))));
        let others = [(239, 1.0)];
        let wanted: Vec<_> = [(6, 500.0), (66, 12_634.0)].into_iter().chain(outputs).chain(others).collect();
        assert_eq!(of(&report), wanted);
    }

    #[test]
    fn pairs_of_known_names_become_lines() {
        let check = |text: &str, wanted: &[(u16, f64)]| {
            assert_eq!(lines(text, &[("ACC", 1), ("Relay", 179)]), wanted, "{text}");
        };
        check("DI1:1 DI2:0 AIN1:0 DO1:0", &[(1, 1.0), (2, 0.0), (9, 0.0), (179, 0.0)]);
        check("di1=1;DO2=1,AIN2=12.5", &[(1, 1.0), (6, 12.5), (180, 1.0)]);
        check("DIN1=0 DIN2=1 DOUT1=1", &[(1, 0.0), (2, 1.0), (179, 1.0)]);
        check("AIN1: 12500\r\nDI8 : 1", &[(8, 1.0), (9, 12_500.0)]);
        check("Battery:4.16V,NORMAL; GPRS:Link Up; ACC:OFF; Relay: on", &[(1, 0.0), (179, 1.0)]);
        check("DI1:1 DI1:0", &[(1, 0.0)]);
        check("DI0:1 DI9:1 DO9:1 AIN3:1 AIN0:1 DI:1 DI99999999:1", &[]);
        check("DI1:NaN DI2:inf DI3: DI4:1e999 DI5:x", &[]);
        check(":=:= ", &[]);
        check("Déjà DI1:1", &[(1, 1.0)]);
        check("", &[]);
    }
}
