//! What the tests of families on lines of text have in common.

use model::{Fix, Origin, Report, Value};
use proptest::prelude::*;

use crate::testing::{Host, Seen, Trace, read, read_split, read_whole};
use crate::{DeviceSettings, Family, Limits};

/// A report in one line: time, place, events and attributes, each when there is one.
pub(crate) fn said(report: &Report) -> String {
    let mut words: Vec<String> = report.time.iter().map(ToString::to_string).collect();
    if let Some(p) = &report.position {
        words.push(format!("{:.6},{:.6}", p.latitude, p.longitude));
        if !p.valid {
            words.push(if p.fix == Fix::LastKnown { "last" } else { "invalid" }.to_owned());
        }
        if p.origin == Origin::Network {
            words.push("network".to_owned());
        }
        let numbers = [(p.altitude_m, "m"), (p.speed_kmh, "km/h"), (p.heading_deg.map(f32::from), "deg")];
        words.extend(numbers.iter().filter_map(|(number, unit)| number.map(|number| format!("{number}{unit}"))));
        words.extend(p.satellites.map(|n| format!("{n}sat")));
    }
    words.extend(report.events.iter().map(|event| format!("!{}", event.0)));
    words.extend(report.archived.then(|| "archived".to_owned()));
    words.extend(report.attributes.iter().map(|(id, value)| match value {
        Value::Bool(on) => format!("{id}={on}"),
        Value::Int(n) => format!("{id}={n}"),
        Value::Float(x) => format!("{id}={x}"),
        Value::Text(text) | Value::Json(text) => format!("{id}={text}"),
    }));
    words.join(" ")
}

/// A host whose devices have these settings.
pub(crate) fn host(family: &Family, settings: &[(&str, &str)]) -> Host {
    let mut all = DeviceSettings::default();
    settings.iter().for_each(|(key, value)| all.set(key, value).expect("is allowed"));
    Host::with_settings(family, &Limits::default(), all)
}

/// What came of all that was fed: what was seen of it in words, rejections in brackets.
pub(crate) fn seen(trace: &Trace) -> Vec<String> {
    let word = |seen: &Seen| match seen {
        Seen::Device(id) => format!("@{id}"),
        Seen::Reports(reports) => reports.iter().map(said).collect::<Vec<_>>().join(" + "),
        Seen::Contact => "contact".to_owned(),
        Seen::Ordered(id, what) => format!("{}: {what:?}", id.0),
        Seen::Unasked(reply) => format!("? {}", reply.text),
        Seen::Rejected(_, reason) => format!("({reason})"),
    };
    trace.seen.iter().map(word).collect()
}

/// Frames one after the other give the same however they are cut; so does each beginning of them, and nothing that
/// was whole is lost.
pub(crate) fn cuts_change_nothing(family: &Family, frames: &[&[u8]]) {
    let stream = frames.concat();
    let whole = read_whole(family, &stream);
    for seed in 0..60 {
        assert_eq!(read_split(family, seed, &stream), whole, "cut by seed {seed}");
    }
    for end in 0..stream.len() {
        let begun = read_whole(family, &stream[..end]);
        assert_eq!(read(family, &Limits::default(), &stream[..end], |_| 1), begun, "the first {end} bytes");
        assert_eq!(whole.seen[..begun.seen.len()], begun.seen, "the first {end} bytes");
    }
}

/// Each frame alone, cut off at every byte, then a whole one: the last report is always there.
pub(crate) fn truncation_costs_itself(family: &Family, frames: &[&[u8]], last: &[u8]) {
    let wanted = read_whole(family, last).reports().last().map(|r| said(r)).expect("has a report");
    for frame in frames {
        for end in 0..frame.len() {
            let trace = read_whole(family, &[&frame[..end], last].concat());
            assert_eq!(trace.reports().last().map(|r| said(r)), Some(wanted.clone()), "{end} bytes of {frame:?}");
            assert!(!trace.closed);
        }
    }
}

/// Streams of these frames, whole, damaged in one byte, cut short, and of noise.
pub(crate) fn streams(frames: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let count = frames.len();
    let part = (0..count, any::<proptest::sample::Index>(), any::<u8>(), 0..6u8, any::<Vec<u8>>()).prop_map(
        move |(nth, at, byte, what, noise)| {
            let mut frame = frames[nth].clone();
            let at = at.index(frame.len());
            match what {
                0 => frame.truncate(at),
                1 => frame = noise,
                2 => frame[at] = byte,
                3 => frame[at] ^= 1 << (byte & 7),
                _ => {}
            }
            frame
        },
    );
    proptest::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}

/// Any cut of a stream gives the same, and a device that is not known costs nothing more.
pub(crate) fn is_the_same_in_pieces(family: &Family, stream: &[u8], seed: u32) -> Result<(), TestCaseError> {
    let whole = read_whole(family, stream);
    prop_assert_eq!(&read_split(family, seed, stream), &whole);
    prop_assert_eq!(&read(family, &Limits::default(), stream, |_| 1), &whole);
    Ok(())
}
