//! What comes through the serial line.

use super::{LOGIN, bytes, frame, has, one_report, teltonika, value};
use crate::testing::{Seen, Trace, read_whole};
use model::Report;

fn trace(data: &str) -> Trace {
    read_whole(teltonika(), &[bytes(LOGIN), frame(&bytes(data))].concat())
}

fn said(data: &str) -> Report {
    let trace = trace(data);
    assert_eq!(trace.sent, [1], "devices expect no answer to {data}");
    assert!(trace.rejects().is_empty());
    one_report(&trace)
}

fn time(report: &Report) -> Option<i64> {
    report.time.map(|t| t.ms())
}

#[test]
fn codec_13_is_dated_text() {
    let r = said("0D 01 06 00000009 69B529DD 68656C6C6F 01");
    assert_eq!(time(&r), Some(1_773_480_413_000));
    has(&r, "serial_data", "hello");
    // GTSL|1|2|3|04AB12CD|5
    let r = said("0D 01 06 00000019 69B529DD 4754534C7C317C327C337C30344142313243447C35 01");
    has(&r, "hardware_key", "04AB12CD");
    has(&r, "serial_data", "GTSL|1|2|3|04AB12CD|5");
}

#[test]
fn a_reader_that_says_too_little_names_no_key() {
    // GTSL|1
    let r = said("0D 01 06 0000000A 00000000 4754534C7C31 01");
    assert_eq!((time(&r), value(&r, "hardware_key")), (None, None));
    has(&r, "serial_data", "GTSL|1");
}

#[test]
fn codec_12_may_pass_serial_data_on() {
    let r = said("0C 01 0B 00000003 414243 01");
    assert_eq!(time(&r), None);
    has(&r, "serial_data", "ABC");
    has(&said("0C 01 0B 00000003 0102FF 01"), "serial_data", "0102FF");
    assert_eq!(trace("0C 01 0B 00000000 01").reports().len(), 0);
}

#[test]
fn codec_15_names_its_time_and_device() {
    let r = said("0F 01 0B 0000000F 69B529DD 0350000000000014 414243 01");
    assert_eq!(time(&r), Some(1_773_480_413_000));
    has(&r, "serial_data", "ABC");
    let other = trace("0F 01 0B 0000000F 69B529DD 0350000000000015 414243 01");
    assert_eq!(other.reports().len(), 0, "of another device");
    let short = trace("0F 01 0B 00000008 69B529DD 03500000 01");
    assert_eq!((short.reports().len(), short.rejects().len()), (0, 1));
}

#[test]
fn several_in_one_frame() {
    let trace = trace("0D 02 06 00000005 69B529DD 41 06 00000005 69B529DE 42 02");
    let at: Vec<_> = trace.reports().iter().map(|r| time(r)).collect();
    assert_eq!(at, [Some(1_773_480_413_000), Some(1_773_480_414_000)]);
    let unasked = trace.seen.iter().filter(|s| matches!(s, Seen::Unasked(_))).count();
    assert_eq!(unasked, 2, "they may answer something that was asked before");
}
