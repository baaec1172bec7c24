//! A Galileosky connection whose device is known, and one whose is not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Order;

/// A packet whose checksum would have to be guessed.
fn framed(content: &[u8]) -> Vec<u8> {
    let content = &content[..content.len().min(0x7FFF)];
    let mut packet = vec![1];
    packet.extend((content.len() as u16).to_le_bytes());
    packet.extend(content);
    let crc = packet.iter().fold(0xFFFFu16, |crc, b| {
        (0..8).fold(crc ^ u16::from(*b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    });
    packet.extend(crc.to_le_bytes());
    packet
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("galileosky", data);
    let Some((seed, rest)) = data.split_first() else { return };
    let login = framed(b"\x03350000000000014");
    fuzz::same_in_pieces("galileosky", &[&[*seed][..], &login, rest].concat());
    // With a right checksum, so that the tags are reached.
    let tags = [&[*seed][..], &framed(rest), &login].concat();
    fuzz::answers_in_pieces("galileosky", &login, &Order::ReadLevels, &tags);
});
