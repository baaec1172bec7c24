mod commands;
mod conversation;
mod items;
mod messages;
mod others;

use model::{AttributeId, Report, Value};

use crate::testing::{Host, Trace, bytes, read_split, read_whole};
use crate::{DeviceSettings, Family, Limits, family};

const PHONE: &str = "013912345678";
const REGISTER: &str = "7E0100002B0139123456780001001F00734F444F475254310000000000000000000000000000000000003030303030343201423132333435077E";
const REGISTERED: &str = "7E8100000B01391234567800010001004131423243334434BA7E";
const AUTH: &str = "7E0102000801391234567800024131423243334434397E";
const AUTH_ANSWER: &str = "7E8001000501391234567800020002010200B77E";
const LOCATION: &str = "7E02000034 013912345678 0003 00000000 0000000F 01FE63BB 043653D2 021E 0276 00BB 260314172653 0104 0000303A 30011F 31010B 250400000001 2B0400000000 0B 7E";
const LOCATION_ANSWER: &str = "7E8001000501391234567800030003020000B67E";
const LOCATION_2019: &str =
    "7E0200401C01 00000000013912345678 0005 000000000000000F01FE63BB043653D2021E027600BB260314172653 71 7E";
const HEARTBEAT: &str = "7E000200000139123456780004367E";
const HEARTBEAT_ANSWER: &str = "7E8001000501391234567800040004000200B67E";

/// Alarms, status, place and time of the worked location.
const PLACE: &str = "01FE63BB 043653D2 021E 0276 00BB 260314172653";
const BODY: &str = "00000000 0000000F 01FE63BB 043653D2 021E 0276 00BB 260314172653";

fn jt808() -> &'static Family {
    family("jt808").expect("is registered")
}

fn all(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| bytes(part)).collect()
}

/// A message of the edition of 2013, made from the vendor's description.
fn message(id: u16, serial: u16, body: &[u8]) -> Vec<u8> {
    let header = [&id.to_be_bytes()[..], &(body.len() as u16).to_be_bytes(), &bytes(PHONE), &serial.to_be_bytes()];
    delimited(&[&header.concat(), body].concat())
}

/// The check byte, escapes and delimiters.
fn delimited(content: &[u8]) -> Vec<u8> {
    let mut sent = vec![0x7E];
    let check = content.iter().fold(0, |all, b| all ^ b);
    for byte in content.iter().chain([&check]) {
        match byte {
            0x7E => sent.extend([0x7D, 2]),
            0x7D => sent.extend([0x7D, 1]),
            other => sent.push(*other),
        }
    }
    sent.push(0x7E);
    sent
}

/// The server's general answer to it.
fn answer(id: u16, serial: u16, result: u8) -> Vec<u8> {
    let [a, b] = serial.to_be_bytes();
    let [c, d] = id.to_be_bytes();
    message(0x8001, serial, &[a, b, c, d, result])
}

fn settings(pairs: &[(&str, &str)]) -> DeviceSettings {
    let mut settings = DeviceSettings::default();
    pairs.iter().for_each(|(key, value)| settings.set(key, value).expect("is a setting"));
    settings
}

/// What comes of these bytes, however they are cut.
fn said(sent: &[u8]) -> Trace {
    let trace = read_whole(jt808(), sent);
    for seed in 0..8 {
        assert_eq!(read_split(jt808(), seed, sent), trace, "cut by seed {seed}");
    }
    trace
}

fn said_with(pairs: &[(&str, &str)], sent: &[u8]) -> Trace {
    let mut host = Host::with_settings(jt808(), &Limits::default(), settings(pairs));
    host.feed(sent);
    host.trace()
}

fn one(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!(reports.len(), 1, "{trace:?}");
    reports[0].clone()
}

fn value(report: &Report, name: &str) -> Option<Value> {
    AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

fn has(report: &Report, name: &str, wanted: impl Into<Value>) {
    assert_eq!(value(report, name), Some(wanted.into()), "{name} of {report:?}");
}

fn has_float(report: &Report, name: &str, wanted: f64) {
    let found = value(report, name).as_ref().and_then(Value::as_f64).unwrap_or(f64::NAN);
    assert!((found - wanted).abs() < 1e-9, "{name} is {found}, not {wanted}, of {report:?}");
}

fn at(report: &Report) -> Option<String> {
    report.time.map(|time| time.to_string())
}

fn events(report: &Report) -> Vec<u32> {
    report.events.iter().map(|event| event.0).collect()
}

/// The report of a location with these items.
fn with_items(pairs: &[(&str, &str)], items: &str) -> Report {
    let trace = said_with(pairs, &message(0x0200, 3, &all(&[BODY, items])));
    assert_eq!((trace.rejects().len(), trace.sent.clone()), (0, answer(0x0200, 3, 0)), "{items}");
    one(&trace)
}
