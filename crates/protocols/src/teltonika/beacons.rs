//! Lists of Bluetooth beacons and tags, as JSON arrays.

use std::fmt::Write;

use crate::bytes::{Reader, Truncated, hex, text};

const NAME_BYTES_MAX: usize = 64;

/// Reads a list in form 1 or 2. What can be read before a broken item is kept; `None` when that is nothing.
pub(super) fn read(form: u8, raw: &[u8]) -> Option<String> {
    let mut r = Reader::new(raw);
    // The number of the part, or a header: nothing that a reader of the list needs.
    r.u8().ok()?;
    let mut items = Vec::new();
    while r.remaining() > 0 {
        let item = if form == 1 { beacon(&mut r) } else { tag(&mut r) };
        match item {
            Ok(item) => items.push(item),
            Err(Truncated) => break,
        }
    }
    (!items.is_empty()).then(|| format!("[{}]", items.join(",")))
}

fn beacon(r: &mut Reader<'_>) -> Result<String, Truncated> {
    let flags = r.u8()?;
    let mut item = String::from("{");
    if flags >> 4 > 0 {
        let uuid = hex(r.take(16)?);
        let (major, minor) = (r.u16()?, r.u16()?);
        field(&mut item, "uuid", &quoted(&uuid));
        field(&mut item, "major", &major.to_string());
        field(&mut item, "minor", &minor.to_string());
    } else {
        let namespace = hex(r.take(10)?);
        field(&mut item, "namespace", &quoted(&namespace));
        field(&mut item, "instance", &quoted(&hex(r.take(6)?)));
    }
    field(&mut item, "rssi", &(r.u8()? as i8).to_string());
    if flags & 0b010 != 0 {
        field(&mut item, "battery_voltage", &(f64::from(r.u16()?) / 100.0).to_string());
    }
    if flags & 0b100 != 0 {
        field(&mut item, "temperature", &r.u16()?.to_string());
    }
    item.push('}');
    Ok(item)
}

fn tag(r: &mut Reader<'_>) -> Result<String, Truncated> {
    let length = usize::from(r.u8()?);
    let mut parameters = Reader::new(r.take(length)?);
    let mut item = String::from("{");
    while parameters.remaining() > 0 {
        // A broken parameter ends its tag, not the list: the tag's length is known.
        let Ok((kind, value)) = parameter(&mut parameters) else { break };
        tag_field(&mut item, kind, value);
    }
    item.push('}');
    Ok(item)
}

fn parameter<'a>(r: &mut Reader<'a>) -> Result<(u8, &'a [u8]), Truncated> {
    let kind = r.u8()?;
    let length = usize::from(r.u8()?);
    Ok((kind, r.take(length)?))
}

fn tag_field(item: &mut String, kind: u8, value: &[u8]) {
    match (kind, value) {
        (0, [rssi]) => field(item, "rssi", &(*rssi as i8).to_string()),
        (1, id) => field(item, "id", &quoted(&hex(id))),
        (2, [flags, rest @ ..]) => {
            field(item, "low_battery", &(flags & 0x40 != 0).to_string());
            if let (true, Some(voltage)) = (flags & 0x80 != 0, rest.first()) {
                field(item, "battery_voltage", &(f64::from(u16::from(*voltage) * 10 + 2000) / 1000.0).to_string());
            }
        }
        (5, name) => {
            let name = text(name, NAME_BYTES_MAX);
            field(item, "name", &serde_json::to_string(&name).unwrap_or_else(|_| quoted("")));
        }
        (6, [a, b]) => field(item, "temperature", &(f64::from(i16::from_be_bytes([*a, *b])) / 100.0).to_string()),
        (7, [humidity]) => field(item, "humidity", &humidity.to_string()),
        (8, [magnet]) => field(item, "magnet", &(*magnet != 0).to_string()),
        (9, [movement]) => field(item, "movement", &(*movement != 0).to_string()),
        (10, [a, b]) => field(item, "movement_count", &u16::from_be_bytes([*a, *b]).to_string()),
        (11, [pitch]) => field(item, "pitch", &(*pitch as i8).to_string()),
        (12, [a, b]) => field(item, "roll", &i16::from_be_bytes([*a, *b]).to_string()),
        (13, [low]) => field(item, "low_battery", &(*low != 0).to_string()),
        (14, [a, b]) => {
            let voltage = f64::from(u16::from_be_bytes([*a, *b])) / 1000.0;
            field(item, "battery_voltage", &voltage.to_string());
        }
        (15, mac) if mac.len() == 6 => field(item, "mac", &quoted(&hex(mac))),
        _ => {}
    }
}

fn field(item: &mut String, name: &str, value: &str) {
    let comma = if item.len() > 1 { "," } else { "" };
    // Writing to a string cannot fail.
    let _ = write!(item, "{comma}\"{name}\":{value}");
}

fn quoted(plain: &str) -> String {
    format!("\"{plain}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_as_far_as_they_go() {
        let check = |form, raw: &[u8], wanted: Option<&str>| assert_eq!(read(form, raw).as_deref(), wanted);
        let ibeacon = [&[0x11, 0x12][..], &[0xAB; 16], &[0, 7, 1, 0, 0xC4, 1, 44]].concat();
        let wanted =
            r#"[{"uuid":"ABABABABABABABABABABABABABABABAB","major":7,"minor":256,"rssi":-60,"battery_voltage":3}]"#;
        check(1, &ibeacon, Some(wanted));
        check(1, &[&ibeacon[..], &[0x10, 1, 2]].concat(), Some(wanted));
        check(1, &ibeacon[..ibeacon.len() - 1], None);
        let eddystone = [&[0x11, 0x04][..], &[1; 10], &[2; 6], &[0x9C, 0, 21]].concat();
        let wanted = r#"[{"namespace":"01010101010101010101","instance":"020202020202","rssi":-100,"temperature":21}]"#;
        check(1, &eddystone, Some(wanted));

        let tags = [1, 8, 0, 1, 0xB0, 6, 2, 0xFB, 0x5D, 99, 7, 5, 2, b'a', b'"', 2, 1, 0x40];
        check(2, &tags, Some(r#"[{"rssi":-80,"temperature":-11.87},{"name":"a\"","low_battery":true}]"#));
        check(2, &[1, 4, 0, 1, 0xB0, 6], Some(r#"[{"rssi":-80}]"#));
        check(2, &[1, 9, 0], None);
        check(2, &[], None);
    }
}
