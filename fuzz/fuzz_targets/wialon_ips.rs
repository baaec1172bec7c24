//! A Wialon IPS connection whose device is known, and one whose is not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Command, Order};

const LOGIN_1: &[u8] = b"#L#350000000000014;NA\r\n";
const LOGIN_2: &[u8] = b"#L#2.0;350000000000014;NA;3672\r\n";

/// A line whose checksum would have to be guessed.
fn line(kind: &str, separator: u8, message: &[u8]) -> Vec<u8> {
    let counted = [message, &[separator]].concat();
    let crc = counted.iter().fold(0u16, |crc, b| {
        (0..8).fold(crc ^ u16::from(*b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    });
    [format!("#{kind}#").as_bytes(), &counted, format!("{crc:04X}\r\n").as_bytes()].concat()
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("wialon-ips", data);
    let Some((seed, rest)) = data.split_first() else { return };
    fuzz::same_in_pieces("wialon-ips", &[&[*seed][..], LOGIN_1, rest].concat());
    let lines = [line("D", b';', rest), line("B", b'|', rest)].concat();
    fuzz::same_in_pieces("wialon-ips", &[&[*seed][..], LOGIN_2, &lines].concat());
    let order = Order::Do(Command::Text("hello".to_owned()));
    fuzz::answers_in_pieces("wialon-ips", LOGIN_1, &order, data);
});
