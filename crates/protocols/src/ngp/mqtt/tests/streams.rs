//! Cuts, damage and first bytes.

use proptest::prelude::*;

use super::*;
use crate::testing::{read, read_split};
use crate::{Recognised, recognise};

fn part(version: Version) -> impl Strategy<Value = Vec<u8>> {
    let good = vec![
        report(version, None, "a"),
        report(version, Some(1), "b"),
        report(version, Some(2), "9"),
        publish(version, Some(3), "ngp/a", "{"),
        subscribe(version, 4, &["ngp/a/commands", "#"]),
        hex("C000"),
    ];
    let damaged = report(version, Some(1), "a");
    prop_oneof![
        8 => proptest::sample::select(good),
        1 => (0..damaged.len(), any::<u8>()).prop_map(move |(at, x)| {
            let mut packet = damaged.clone();
            packet[at] = x;
            packet
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
        1 => Just(hex("E000")),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(Version::Three), Just(Version::Five)].prop_flat_map(|version| {
        proptest::collection::vec(part(version), 0..8)
            .prop_map(move |parts| [client(version).bytes(), parts.concat()].concat())
    })
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same(stream in stream(), sizes in 1..9usize) {
        let whole = read(&FAMILY, &limits(), &stream, |rest| rest);
        prop_assert_eq!(&read(&FAMILY, &limits(), &stream, |_| sizes), &whole);
        prop_assert_eq!(&read(&FAMILY, &limits(), &stream, |rest| rest / 2 + 1), &whole);
    }

    #[test]
    fn any_bytes_are_survived(input in proptest::collection::vec(any::<u8>(), 0..300), seed in any::<u32>()) {
        let connected = [client(Version::Five).bytes(), input.clone()].concat();
        let whole = read(&FAMILY, &limits(), &connected, |rest| rest);
        prop_assert_eq!(&read(&FAMILY, &limits(), &connected, |_| 3), &whole);
        read_split(&FAMILY, seed, &[&hex("10")[..], &input].concat());
    }

    #[test]
    fn any_body_of_a_packet_is_survived(first in any::<u8>(), body in proptest::collection::vec(any::<u8>(), 0..100)) {
        for version in BOTH {
            let packet = [&[first, body.len() as u8][..], &body].concat();
            let stream = [client(version).bytes(), packet, hex("C000")].concat();
            let whole = read(&FAMILY, &limits(), &stream, |rest| rest);
            prop_assert_eq!(&read(&FAMILY, &limits(), &stream, |_| 1), &whole);
        }
    }
}

#[test]
fn every_truncation_waits_for_the_rest() {
    for version in BOTH {
        let whole = [client(version).bytes(), report(version, Some(1), "a")].concat();
        for n in 0..whole.len() {
            let trace = read(&FAMILY, &limits(), &whole[..n], |rest| rest);
            assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (0, 0, false), "{n} bytes");
        }
    }
}

#[test]
fn first_bytes_tell_a_client() {
    let name = |bytes: &[u8]| match recognise(bytes) {
        Recognised::Family(family) => family.name,
        Recognised::More => "more",
        Recognised::Unknown => "unknown",
    };
    for version in BOTH {
        for client in [
            client(version),
            Client {
                name: "a name so long that its length takes two bytes of its own, and then some more of it, to the end of the second line",
                ..client(version)
            },
        ] {
            let bytes = client.bytes();
            let told: Vec<&str> = (1..40).map(|n| name(&bytes[..n])).collect();
            let first = told.iter().position(|name| *name != "more").expect("is told");
            assert!(told[first..].iter().all(|name| *name == "mqtt"), "{told:?}");
        }
    }
    assert_eq!(name(&hex("10 0E 0006 4D5149736470 03")), "mqtt", "an old one is told so");
    assert_ne!(name(&hex("10 FFFFFFFF 0004 4D515454")), "mqtt");
    assert_ne!(name(&hex("10 0C 0004 4D515455")), "mqtt");
}
