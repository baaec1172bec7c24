//! An EGTS connection of a terminal, and one of a platform: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Command, Order};

/// A package whose checksums would have to be guessed.
fn package(body: &[u8]) -> Vec<u8> {
    let body = &body[..body.len().min(0xFFFF)];
    let mut package = vec![1, 0, 0, 11, 0];
    package.extend((body.len() as u16).to_le_bytes());
    package.extend([7, 0, 1]);
    let header = package
        .iter()
        .fold(0xFFu8, |crc, b| (0..8).fold(crc ^ b, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 }));
    package.push(header);
    package.extend(body);
    let checksum = body.iter().fold(0xFFFFu16, |crc, b| {
        let crc = crc ^ u16::from(*b) << 8;
        (0..8).fold(crc, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    });
    package.extend(checksum.to_le_bytes());
    package
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("egts", data);
    let Some((seed, rest)) = data.split_first() else { return };
    // A record with one part, the terminal's number.
    let login = package(&[8, 0, 1, 0, 0, 1, 1, 1, 5, 0, 41, 219, 11, 0, 0]);
    // With right checksums, so that the records are reached: first those of a platform's devices.
    let input = [&[*seed][..], &package(rest), &login, &package(rest), rest].concat();
    fuzz::same_in_pieces("egts", &input);
    let order = Order::Do(Command::Text("STATUS".to_owned()));
    fuzz::answers_in_pieces("egts", &login, &order, &input);
});
