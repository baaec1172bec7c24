//! What was said, field by field, for people.

use std::fmt::Write;

use model::{Report, Value};

use crate::inspector::Inspected;
use crate::json::fix_name;
use crate::to_hex;
use crate::units::unit;

/// Several lines that say all there is to say.
pub fn describe(protocol: &str, inspected: &Inspected) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "protocol   {protocol}");
    let device = inspected.identity.as_ref().map_or("not said", |id| id.as_str());
    let _ = writeln!(text, "device     {device}");
    for (nth, report) in (1..).zip(&inspected.reports) {
        let _ = writeln!(text, "report {nth} of {}", inspected.reports.len());
        describe_report(report, &mut text);
    }
    for answer in &inspected.answers {
        let _ = writeln!(text, "answer to a command\n  {:<24} {}", "command_reply", plain(&answer.text));
        for (number, level) in &answer.lines {
            let _ = writeln!(text, "  {:<24} {level}", format!("line {number}"));
        }
    }
    for reply in &inspected.replies {
        let _ = writeln!(text, "reply      {}{}", to_hex(reply), as_text(reply));
    }
    for told in &inspected.diagnostics {
        let fate = if told.forgiven { "forgiven" } else { "not used" };
        let _ = writeln!(text, "{fate:<10} at byte {}: {}", told.offset, told.reason);
    }
    if inspected.closes {
        let _ = writeln!(text, "the server would close the connection");
    }
    if inspected.reports.is_empty() && inspected.answers.is_empty() && inspected.diagnostics.is_empty() {
        let _ = writeln!(text, "no report");
    }
    text
}

fn describe_report(report: &Report, text: &mut String) {
    let mut field = |name: &str, value: &dyn std::fmt::Display, unit: &str| {
        let _ = writeln!(text, "  {name:<24} {value}{}{unit}", if unit.is_empty() { "" } else { " " });
    };
    match report.time {
        Some(time) => field("time", &time, ""),
        None => field("time", &"not said: the server takes the arrival", ""),
    }
    if let Some(position) = &report.position {
        field("latitude", &format_args!("{:.6}", position.latitude), "°");
        field("longitude", &format_args!("{:.6}", position.longitude), "°");
        field("valid", &position.valid, "");
        field("fix_type", &fix_name(position.fix), "");
        if let Some(altitude_m) = position.altitude_m {
            field("altitude", &altitude_m, "m");
        }
        if let Some(speed_kmh) = position.speed_kmh {
            field("speed", &speed_kmh, "km/h");
        }
        if let Some(heading_deg) = position.heading_deg {
            field("heading", &heading_deg, "°");
        }
        if let Some(satellites) = position.satellites {
            field("satellites", &satellites, "");
        }
        if let Some(precision_m) = position.precision_m {
            field("precision", &precision_m, "m");
        }
    } else {
        field("position", &"none that can be used", "");
    }
    for event in &report.events {
        field("event_id", &event.0, "");
    }
    if report.archived {
        field("archived", &true, "");
    }
    for (id, value) in report.attributes.iter() {
        let name = id.name();
        match value {
            Value::Bool(flag) => field(&name, flag, ""),
            Value::Int(n) => field(&name, n, unit(&name)),
            Value::Float(x) => field(&name, x, unit(&name)),
            Value::Text(words) => field(&name, &plain(words), ""),
            Value::Json(json) => field(&name, &plain(json), ""),
        }
    }
}

/// A device's words, harmless on a terminal.
fn plain(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What a reply is when it is text.
fn as_text(bytes: &[u8]) -> String {
    let is_text = bytes.len() > 1 && bytes.iter().all(|b| b.is_ascii_graphic() || matches!(b, b' ' | b'\r' | b'\n'));
    if is_text { format!("  \"{}\"", bytes.escape_ascii()) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use model::{DeviceId, DeviceSettings, Timestamp};
    use protocols::{Limits, family};

    use super::*;
    use crate::{Inspector, hex};

    #[test]
    fn the_worked_position_is_told_field_by_field() {
        let frame = "78781F12 1A030E091A35 CB 0396B384 0794FD47 3F 18BB 02DA 02 2B1F 00A1B2 0002 B66F 0D0A";
        let family = family("gt06").expect("is registered");
        let device = DeviceId::new("350000000000014");
        let now = Timestamp::from_ms_clamped(1_773_480_414_000);
        let mut inspector = Inspector::new(family, DeviceSettings::default(), device, &Limits::default(), now);
        let text = describe("gt06", &inspector.feed(&hex(frame).expect("is hex")));
        for line in [
            "protocol   gt06",
            "device     350000000000014",
            "report 1 of 1",
            "  time                     2026-03-14T09:26:53.000Z",
            "  latitude                 -33.448891 °",
            "  speed                    63 km/h",
            "  heading                  187 °",
            "  satellites               11",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
        assert!(text.contains("reply      78780512"), "{text}");
    }

    #[test]
    fn nothing_a_device_says_reaches_the_terminal_raw() {
        assert_eq!(plain("a\x1b[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(as_text(b"LOAD\r\n"), r#"  "LOAD\r\n""#);
        assert_eq!(as_text(b"\x01\x02"), "");
    }
}
