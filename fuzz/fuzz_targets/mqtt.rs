//! Arbitrary bytes in arbitrary reads on an MQTT connection: before a client is let in, and after.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocols::testing::read;
use protocols::{Limits, Secret, family};

/// A client of version 3.1.1, and one of 5, each called `a`, that show the password `p`.
const CLIENTS: [&[u8]; 2] = [
    b"\x10\x1C\0\x04MQTT\x04\xC2\0\0\0\x01a\0\nngp_device\0\x01p",
    b"\x10\x1D\0\x04MQTT\x05\xC2\0\0\0\0\x01a\0\nngp_device\0\x01p",
];

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("mqtt", data);
    let (Some((seed, packets)), Some(mqtt)) = (data.split_first(), family("mqtt")) else { return };
    let limits = Limits { mqtt_password: Secret::new("p"), ..Limits::default() };
    for client in CLIENTS {
        let stream = [client, packets].concat();
        let whole = read(mqtt, &limits, &stream, |rest| rest);
        assert!(whole.sent.starts_with(b"\x20"), "the client is let in");
        assert_eq!(read(mqtt, &limits, &stream, |_| usize::from(seed % 16) + 1), whole);
    }
});
