//! What used to be lost without a word, or told wrongly.

use super::super::FAMILY;
use crate::Reject;
use crate::testing::{bytes, read_whole};

#[test]
fn a_line_that_breaks_off_is_told() {
    for line in ["V1,092653,A,3326.9335,S", "V6,092653,A"] {
        let trace = read_whole(&FAMILY, format!("*HQ,350000000000014,{line}#").as_bytes());
        assert_eq!((trace.rejects(), trace.closed), (vec![&Reject::Truncated], false), "{line}");
    }
    let empty = read_whole(&FAMILY, b"*HQ,350000000000014,V1,092653,V,,,,,,,140326#");
    assert_eq!(empty.rejects(), Vec::<&Reject>::new(), "a receiver without a fix");
}

#[test]
fn an_exponent_is_no_speed() {
    let check = |motion: &str, speed_kmh: Option<f32>| {
        let frame = format!("24 3170512345 092653 140326 33269335 06 0704015602 {motion} FFFFFBFF FF0005");
        let trace = read_whole(&FAMILY, &bytes(&frame));
        let p = trace.reports()[0].position.clone().expect("has a place");
        assert_eq!(p.speed_kmh, speed_kmh, "{motion}");
    };
    check("034187", Some(62.968));
    check("1E5187", None);
    check("9E9187", None);
}
