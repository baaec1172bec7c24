//! A GT06 connection that has logged in, and one that has not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;

const LOGIN: &[u8] = b"\x78\x78\x0D\x01\x03\x50\x00\x00\x00\x00\x00\x14\x00\x01\x25\x63\x0D\x0A";

/// The frame whose length and checksum would have to be guessed: kind and content begin after the seed.
fn framed(data: &[u8]) -> Vec<u8> {
    let length = data.len() + 4;
    let mut frame = match u8::try_from(length) {
        Ok(length) => vec![0x78, 0x78, length],
        Err(_) => [&[0x79, 0x79][..], &(length as u16).to_be_bytes()].concat(),
    };
    frame.extend(data);
    frame.extend([0, 1]);
    frame.extend(crc16_x25(&frame[2..]).to_be_bytes());
    frame.extend(*b"\r\n");
    frame
}

fn crc16_x25(data: &[u8]) -> u16 {
    !data.iter().fold(!0u16, |crc, b| {
        (0..8).fold(crc ^ u16::from(*b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 })
    })
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("gt06", data);
    if let Some((seed, rest)) = data.split_first() {
        fuzz::same_in_pieces("gt06", &[&[*seed], LOGIN, rest].concat());
        // With a right length and checksum, so that the content is reached.
        fuzz::same_in_pieces("gt06", &[&[*seed][..], LOGIN, &framed(rest), LOGIN].concat());
    }
});
