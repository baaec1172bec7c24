//! Datagrams.

use super::{PACKET_8, bytes, one_report, teltonika};
use crate::testing::{Host, Trace};
use crate::{DeviceSettings, Limits, OrderRefused, Reject, Stored};
use model::Order;

const HEAD: &str = "CAFE 01 05 000F 333530303030303030303030303134";
const RECORD: &str = "0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F 00 00 00 00 00 00";

/// The data of the worked codec 8 frame.
fn data() -> Vec<u8> {
    let frame = bytes(PACKET_8);
    frame[8..frame.len() - 4].to_vec()
}

fn datagram(head: &str, data: &[u8]) -> Vec<u8> {
    let rest = [&bytes(head)[..], data].concat();
    [&(rest.len() as u16).to_be_bytes()[..], &rest].concat()
}

fn host() -> Host {
    Host::over_udp(teltonika(), &Limits::default(), DeviceSettings::default()).expect("speaks UDP")
}

fn said(datagrams: &[Vec<u8>]) -> Trace {
    let mut host = host();
    datagrams.iter().for_each(|datagram| host.feed_datagram(datagram));
    host.trace()
}

#[test]
fn the_worked_datagram() {
    let whole = datagram(HEAD, &data());
    assert_eq!(whole[..6], bytes("0050 CAFE 01 05"));
    let trace = said(&[whole.clone(), whole]);
    assert_eq!(trace.sent, bytes("0005CAFE010501 0005CAFE010501"), "each time it comes");
    assert_eq!((trace.reports().len(), trace.rejects().len()), (2, 0));
    assert_eq!(trace.reports()[0].attributes.len(), 16);
}

#[test]
fn it_is_answered_by_what_became_of_it() {
    let mut failing = host();
    failing.outcome = Stored::Failed;
    failing.feed_datagram(&datagram(HEAD, &data()));
    assert_eq!(failing.trace().sent, bytes("0005CAFE010500"));
    let two = datagram("0102 01 FF 000F 333530303030303030303030303134", &bytes(&format!("0802 {RECORD} {RECORD} 02")));
    assert_eq!(said(&[two]).sent, bytes("0005010201FF02"));
    let broken = datagram(HEAD, &bytes(&format!("0803 {RECORD} {RECORD} 03")));
    let trace = said(&[broken.clone(), broken]);
    assert_eq!(trace.sent, bytes("0005CAFE010502 0005CAFE010503"), "the same again would not help");
    assert_eq!((trace.reports().len(), trace.rejects().len()), (4, 2));
}

#[test]
fn a_keep_alive_is_no_fault() {
    let trace = said(&[vec![0xFF], datagram(HEAD, &data()), vec![0xFF]]);
    assert_eq!((trace.sent.clone(), trace.rejects().len()), (bytes("0005CAFE010501"), 0), "{trace:?}");
}

#[test]
fn each_datagram_names_its_device() {
    let other = "CAFE 01 06 000F 333530303030303030303030303135";
    let trace = said(&[datagram(HEAD, &data()), datagram(other, &data()), datagram(HEAD, &data())]);
    assert_eq!(trace.sent, bytes("0005CAFE010501 0005CAFE010601 0005CAFE010501"));
    assert_eq!(trace.seen.len(), 6, "asked at each change");
    let stranger = "CAFE 01 06 000F 393530303030303030303030303135";
    let trace = said(&[datagram(stranger, &data())]);
    assert_eq!((trace.sent.len(), trace.reports().len(), trace.closed), (0, 0, true));
}

#[test]
fn what_is_cut_or_odd_costs_its_datagram() {
    let whole = datagram(HEAD, &data());
    for n in 0..whole.len() {
        let mut host = host();
        host.feed_datagram(&whole[..n]);
        host.feed_datagram(&whole);
        let trace = host.trace();
        assert_eq!(trace.sent, bytes("0005CAFE010501"), "{n} bytes");
        assert_eq!((trace.reports().len(), trace.rejects().len()), (1, usize::from(n > 0)), "{n} bytes");
    }
    let trace = said(&[datagram(HEAD, &[0x0C, 1]), datagram(HEAD, &[]), datagram(HEAD, &data())]);
    assert_eq!(trace.rejects(), [&Reject::UnknownKind(0x0C), &Reject::Truncated]);
    assert_eq!(one_report(&trace).attributes.len(), 16);
    let trace = said(&[bytes("DEADBEEF00"), datagram("CAFE 02 05 000F 33", &data()), datagram(HEAD, &data())]);
    assert_eq!(one_report(&trace).attributes.len(), 16);
    let trace = said(&[datagram("CAFE 01 05 FFFF 3335", &data()), datagram(HEAD, &data())]);
    assert_eq!((trace.rejects(), trace.reports().len()), (vec![&Reject::BadIdentity], 1));
}

#[test]
fn there_are_no_commands() {
    let mut host = host();
    host.feed_datagram(&datagram(HEAD, &data()));
    assert_eq!(host.order(1, &Order::ReadLevels), Err(OrderRefused::NoSuchCommand));
}

proptest::proptest! {
    #[test]
    fn any_datagrams_are_survived(all in proptest::collection::vec(
        proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80), 0..4
    ), at in 0..82usize, x in proptest::prelude::any::<u8>()) {
        let mut flipped = datagram(HEAD, &data());
        flipped[at] = x;
        let mut host = host();
        all.iter().for_each(|datagram| host.feed_datagram(datagram));
        host.feed_datagram(&flipped);
        proptest::prop_assert!(host.trace().reports().len() <= 4);
    }
}
