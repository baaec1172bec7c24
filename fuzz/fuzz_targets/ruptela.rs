//! A Ruptela connection whose device is known, and one whose is not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;

const IMEI: u64 = 350_000_000_000_014;
const HEARTBEAT: &[u8] = &[16];

/// The packet whose checksum would have to be guessed: command and payload begin after the seed.
fn framed(data: &[u8]) -> Vec<u8> {
    let counted = [&IMEI.to_be_bytes()[..], data].concat();
    let mut packet = (counted.len() as u16).to_be_bytes().to_vec();
    packet.extend(&counted);
    packet.extend(crc16_kermit(&counted).to_be_bytes());
    packet
}

fn crc16_kermit(data: &[u8]) -> u16 {
    data.iter().fold(0u16, |crc, b| {
        (0..8).fold(crc ^ u16::from(*b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 })
    })
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("ruptela", data);
    fuzz::in_datagrams("ruptela", data);
    if let Some((seed, rest)) = data.split_first() {
        let heartbeat = framed(HEARTBEAT);
        fuzz::same_in_pieces("ruptela", &[&[*seed][..], &heartbeat, rest].concat());
        // With a right checksum, so that the records are reached.
        fuzz::same_in_pieces("ruptela", &[&[*seed][..], &framed(rest), &heartbeat].concat());
    }
});
