//! Datagrams, packets that are found again, what is kept as it came.

use super::{
    EXTENDED, GPS, NOT_STORED, RECORDS, STORED, around, bytes, has, one_report, packet, packet_of, records, ruptela,
};
use crate::session::FieldFault;
use crate::testing::{Host, read_split, read_whole};
use crate::{DeviceSettings, Limits, Reject, Stored};

const RECORD: &str = "69B529DD 00 00 D5E0B9CC EC101AB2 152C 490C 0B 003F 09 00 00 00 00 00";

/// What was sent and how many reports there were, the same for any cuts.
fn check(input: &[u8], sent: &[u8], reports: usize) {
    let trace = read_whole(ruptela(), input);
    for seed in 0..30 {
        assert_eq!(read_split(ruptela(), seed, input), trace, "{input:02X?} cut by seed {seed}");
    }
    assert_eq!((trace.sent.as_slice(), trace.closed), (sent, false), "{input:02X?}");
    assert_eq!(trace.reports().len(), reports, "{input:02X?}");
}

#[test]
fn garbage_anywhere_costs_itself() {
    let (plain, extended) = (bytes(RECORDS), bytes(EXTENDED));
    for garbage in
        ["DEADBEEF", "00", "000000", "0D0A", "FFFF", "0020", "000F33353030", "0035", "01020304050607", "27FF"]
    {
        let garbage = bytes(garbage);
        check(&[&garbage[..], &plain].concat(), &bytes(STORED), 1);
        check(&[&plain[..], &garbage, &extended, &garbage, &plain].concat(), &bytes(STORED).repeat(3), 3);
    }
}

#[test]
fn small_numbers_in_noise_do_not_hide_the_packets_after_it() {
    // The end of a record whose beginning is gone, before the next packet: 0x0907 bytes from a device with number
    // 0x350001 would be whole only after many more.
    let plain = bytes(RECORDS);
    for noise in ["00 0907 0000 0000", "0000 3E52 0907 0000 0000 0000 0000 01", "00 0100 00"] {
        check(&[&plain[..], &bytes(noise), &plain].concat(), &bytes(STORED).repeat(2), 2);
    }
    let trace = read_whole(ruptela(), &packet_of("000000000012D687", 1, &bytes(&format!("0001 {RECORD}"))));
    assert_eq!(trace.reports().len(), 1, "not after noise, any number will do");
}

#[test]
fn records_that_were_not_announced_are_told_of() {
    let trace = read_whole(ruptela(), &records(&format!("0001 {RECORD} {RECORD}")));
    let fault = Reject::Field { name: "record_count", fault: FieldFault::OutOfRange };
    assert_eq!((trace.reports().len(), trace.rejects(), trace.sent.clone()), (1, vec![&fault], bytes(STORED)));
    assert_eq!(trace.reject_offsets, [11 + 2 + 27]);
}

#[test]
fn a_packet_that_was_cut_off_costs_itself() {
    let (plain, extended) = (bytes(RECORDS), bytes(EXTENDED));
    for n in [11, 12, 30, 55, 56] {
        check(&[&plain[..], &plain[..n], &extended, &plain].concat(), &bytes(STORED).repeat(3), 3);
        // Also the first that is heard.
        check(&[&plain[..n.min(40)], &extended, &plain].concat(), &bytes(STORED).repeat(2), 2);
    }
    let trace = read_whole(ruptela(), &[&plain[..], &plain[..30], &plain].concat());
    assert_eq!((trace.rejects().len(), trace.reject_offsets), (1, vec![57 + 55]));
}

#[test]
fn a_packet_that_stays_broken_is_let_go() {
    let broken = records(&format!("0003 {RECORD} {RECORD}"));
    let other = records(&format!("0004 {RECORD} {RECORD}"));
    let (yes, no) = (bytes(STORED), bytes(NOT_STORED));
    let sent = [&no[..], &yes, &no, &no].concat();
    check(&[&broken[..], &broken, &other, &broken].concat(), &sent, 8);
    let trace = read_whole(ruptela(), &broken);
    assert_eq!(trace.reject_offsets, [11 + 2 + 2 * 27]);
    let codes = packet(9, &bytes("02 01 69B529DD D5E0B9CC EC101AB2 02 5030343230 01 69"));
    let trace = read_whole(ruptela(), &[&codes[..], &codes].concat());
    assert_eq!(trace.sent, [around(109, &[0]), around(109, &[1])].concat());
    has(trace.reports()[0], "obd_dtc_codes", "P0420");
    assert_eq!(trace.reject_offsets, [11 + 20, 11 + 20 + codes.len() as u64]);
}

#[test]
fn what_is_not_read_further_is_kept() {
    let kept = |command: u8, payload: &[u8], name: &str, wanted: &str, sent: &[u8]| {
        let mut host = Host::new(ruptela(), &Limits::default());
        host.outcome = Stored::Failed;
        host.feed(&packet(command, payload));
        let trace = host.trace();
        assert_eq!((trace.sent.as_slice(), trace.rejects().len()), (sent, 0), "answered at once, if at all");
        has(&one_report(&trace), name, wanted);
    };
    kept(15, b"FW 00.06", "ruptela_identification", "FW 00.06", &bytes("00027301CB25"));
    kept(15, &[1, 2, 0], "ruptela_identification", "010200", &bytes("00027301CB25"));
    kept(18, b"Pro5", "ruptela_dynamic_identification", "Pro5", &around(118, &[1]));
    kept(16, &[9], "ruptela_heartbeat", "09", &bytes("00027401862D"));
    kept(37, &[1, 2], "ruptela_file", "0102", &[]);
}

#[test]
fn altitudes_of_old_and_new_firmware() {
    let altitude_m = |hex: &str| {
        let gps = GPS.replace("152C", hex);
        let trace = read_whole(ruptela(), &records(&format!("0001 69B529DD 00 00 {gps} 00 00 00 00 00")));
        one_report(&trace).position.and_then(|p| p.altitude_m)
    };
    assert_eq!(altitude_m("FC18"), Some(-100.0));
    assert_eq!(altitude_m("7FFF"), Some(3_276.7));
    assert_eq!(altitude_m("9C40"), Some(4_000.0));
    assert_eq!(altitude_m("D8F0"), Some(-1_000.0));
    assert_eq!(altitude_m("D8EF"), Some(5_553.5));
}

#[test]
fn an_impossible_speed_loses_the_place() {
    let gps = GPS.replace("003F", "07D1");
    let r = one_report(&read_whole(ruptela(), &records(&format!("0001 69B529DD 00 00 {gps} 00 01 1B1F 00 00 00"))));
    assert_eq!(r.position, None);
    has(&r, "gsm_signal_level", 100);
    has(&r, "satellites", 11);
}

#[test]
fn datagrams_are_packets() {
    let said = |datagrams: &[Vec<u8>]| {
        let mut host = Host::over_udp(ruptela(), &Limits::default(), DeviceSettings::default()).expect("speaks UDP");
        datagrams.iter().for_each(|datagram| host.feed_datagram(datagram));
        host.trace()
    };
    let whole = bytes(RECORDS);
    let other = packet_of("00013E52B9ABE00F", 16, &[]);
    let trace = said(&[whole.clone(), whole[..30].to_vec(), whole.clone(), other, whole]);
    assert_eq!(trace.sent, [&bytes(STORED).repeat(2)[..], &bytes("00027401862D"), &bytes(STORED)].concat());
    assert_eq!((trace.reports().len(), trace.rejects()), (3, vec![&Reject::Truncated]));
}
