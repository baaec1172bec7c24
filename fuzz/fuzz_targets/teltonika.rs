//! A Teltonika connection that has logged in, and one that has not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Command, Order};

const LOGIN: &[u8] = b"\x00\x0F350000000000014";

/// The frame whose checksum would have to be guessed: the data begins after header and seed.
fn framed(data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 4];
    frame.extend((data.len() as u32).to_be_bytes());
    frame.extend(data);
    frame.extend(u32::from(crc16_arc(data)).to_be_bytes());
    frame
}

fn crc16_arc(data: &[u8]) -> u16 {
    data.iter().fold(0u16, |crc, b| {
        (0..8).fold(crc ^ u16::from(*b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("teltonika", data);
    fuzz::in_datagrams("teltonika", data);
    if let Some((seed, rest)) = data.split_first() {
        let named = [&[0xCA, 0xFE, 1, *seed][..], LOGIN, rest].concat();
        let length = (named.len() as u16).to_be_bytes();
        fuzz::in_datagrams("teltonika", &[&[0xFF][..], &length, &named].concat());
        fuzz::same_in_pieces("teltonika", &[&[*seed], LOGIN, rest].concat());
        // With a right checksum, so that the records are reached.
        fuzz::same_in_pieces("teltonika", &[&[*seed][..], LOGIN, &framed(rest), LOGIN].concat());
        // The same while it is to answer a command.
        let input = [&[*seed][..], &framed(rest), rest].concat();
        let order = if *seed % 2 == 0 { Order::ReadLevels } else { Order::Do(Command::Text("getver".to_owned())) };
        fuzz::answers_in_pieces("teltonika", LOGIN, &order, &input);
    }
});
