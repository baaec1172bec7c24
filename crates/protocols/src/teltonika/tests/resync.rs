//! Finding the stream again.

use super::{LOGIN, PACKET_8, PACKET_8E, all, bytes, frame, teltonika};
use crate::testing::{Host, Seen, read_split, read_whole};
use crate::{ChecksumPolicy, DeviceSettings, Limits, Reject};

const RECORD: &str = "0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F 00 00 00 00 00 00";

/// What was sent and how many reports there were, the same for any cuts.
fn check(input: &[u8], sent: &str, reports: usize) {
    let trace = read_whole(teltonika(), input);
    for seed in 0..30 {
        assert_eq!(read_split(teltonika(), seed, input), trace, "{input:02X?} cut by seed {seed}");
    }
    assert_eq!((trace.sent.as_slice(), trace.closed), (bytes(sent).as_slice(), false), "{input:02X?}");
    assert_eq!(trace.reports().len(), reports, "{input:02X?}");
}

#[test]
fn garbage_anywhere_costs_itself() {
    for garbage in [
        "DEADBEEF",
        "00",
        "0000",
        "000000",
        "00000000",
        "0000000000",
        "00000000000000",
        "0D0A",
        "FFFFFF",
        "000F",
        "000F33",
        "00000000000028FF08",
        "7E7E7E",
        "0102030405060708090A0B0C0D0E0F",
        "202020",
    ] {
        check(&all(&[garbage, LOGIN, PACKET_8]), "01 00000001", 1);
        check(&all(&[LOGIN, garbage, PACKET_8]), "01 00000001", 1);
        check(&all(&[LOGIN, PACKET_8, garbage, PACKET_8E, garbage, PACKET_8]), "01 00000001 00000001 00000001", 3);
        check(&all(&[LOGIN, PACKET_8, garbage, LOGIN, PACKET_8]), "01 00000001 01 00000001", 2);
    }
}

#[test]
fn a_frame_that_was_cut_off_costs_itself() {
    let whole = bytes(PACKET_8);
    for n in [12, 30, 60, 70] {
        let input = [&bytes(LOGIN)[..], &whole[..n], &whole, &bytes(PACKET_8E)].concat();
        check(&input, "01 00000000 00000001 00000001", 2);
        let trace = read_whole(teltonika(), &input);
        let Some(Seen::Rejected(frame, Reject::Checksum { .. })) = trace.seen.get(1) else { panic!("{trace:?}") };
        assert_eq!(*frame, whole[..n], "only what was cut off");
    }
    // One so short that it ends within the login after it.
    check(&all(&["00000000 00000005 08 01 00", LOGIN, PACKET_8]), "01 00000001", 1);
    check(&[&whole[..30], &bytes(LOGIN), &whole].concat(), "01 00000001", 1);
    // One that was cut off before its connection was made anew.
    check(
        &[&bytes(LOGIN)[..], &whole[..40], &bytes(LOGIN), &whole, &whole].concat(),
        "01 00000000 01 00000001 00000001",
        2,
    );
    // A length that says too much: the frame itself is lost, those it would swallow are not.
    let mut long = whole.clone();
    long[7] = 0x6B;
    check(&[&bytes(LOGIN)[..], &long, &whole, &whole].concat(), "01 00000000 00000001 00000001", 2);
}

#[test]
fn what_looks_like_data_before_the_login_is_not_answered() {
    let mut false_start = bytes(PACKET_8);
    false_start[30] ^= 1;
    check(&[false_start, bytes(LOGIN), bytes(PACKET_8)].concat(), "01 00000001", 1);
}

#[test]
fn a_packet_that_stays_broken_is_let_go() {
    let broken = frame(&bytes(&format!("0803 {RECORD} {RECORD} 03")));
    let other = frame(&bytes(&format!("0804 {RECORD} {RECORD} 04")));
    let input = [&bytes(LOGIN)[..], &broken, &broken, &other, &broken].concat();
    check(&input, "01 00000002 00000003 00000002 00000002", 8);
    let hopeless = frame(&bytes("0801 0000 01"));
    check(&[&bytes(LOGIN)[..], &hopeless, &hopeless].concat(), "01 00000000 00000001", 0);
    let trace = read_whole(teltonika(), &input);
    assert_eq!(trace.reject_offsets, [17 + 70, 17 + 75 + 70, 17 + 2 * 75 + 70, 17 + 3 * 75 + 70]);
}

#[test]
fn a_wrong_checksum_may_be_forgiven() {
    let mut bad = bytes(PACKET_8);
    let last = bad.len() - 1;
    bad[last] ^= 1;
    let warn = DeviceSettings { checksum: Some(ChecksumPolicy::Warn), ..DeviceSettings::default() };
    let mut host = Host::with_settings(teltonika(), &Limits::default(), warn);
    host.feed(&[bytes(LOGIN), bad].concat());
    let trace = host.trace();
    assert_eq!((trace.sent.clone(), trace.rejects().len()), (bytes("01 00000001"), 1));
}
