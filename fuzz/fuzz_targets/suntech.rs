//! A Suntech connection whose device is known, and one whose is not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Order;

const ALIVE: &[u8] = b"ST300ALV;205000014\r";

/// A line with a head that is right, or a binary frame with a length that is.
fn framed(kind: u8, content: &[u8]) -> Vec<u8> {
    const HEADS: [&str; 10] = [
        "ST300STT;205000014;",
        "ST600ALT;205000014;",
        "ST300UEX;205000014;",
        "ST410STT;205000014;",
        "ST910;Alert;205000014;",
        "STT;205000014;FFFFFF;",
        "ALT;205000014;",
        "UEX;205000014;",
        "BLE;205000014;",
        "CRR;205000014;",
    ];
    let length = (content.len() as u16).to_be_bytes();
    match kind {
        0..=63 => [&[2][..], &length, content, &[0]].concat(),
        64..=127 => [&[0x81 | kind & 1][..], &length, content].concat(),
        _ => [HEADS[usize::from(kind) % HEADS.len()].as_bytes(), content, b"\r"].concat(),
    }
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("suntech", data);
    if let [seed, kind, rest @ ..] = data {
        fuzz::same_in_pieces("suntech", &[&[*seed][..], ALIVE, rest].concat());
        fuzz::same_in_pieces("suntech", &[&[*seed][..], &framed(*kind, rest), ALIVE].concat());
        let input = [&[*seed][..], rest, &framed(*kind, rest)].concat();
        fuzz::answers_in_pieces("suntech", ALIVE, &Order::ReadLevels, &input);
    }
});
