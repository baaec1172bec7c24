//! A JT/T 808 connection: arbitrary bytes in arbitrary reads, and arbitrary messages that are delimited and checked.

#![no_main]

use libfuzzer_sys::fuzz_target;

const HEARTBEAT: &[u8] = b"\x7E\x00\x02\x00\x00\x01\x39\x12\x34\x56\x78\x00\x04\x36\x7E";
const PHONE: [u8; 6] = [0x01, 0x39, 0x12, 0x34, 0x56, 0x78];

/// A message whose number is the first two bytes, and whose check byte would have to be guessed.
fn message(data: &[u8]) -> Vec<u8> {
    let (id, body) = data.split_at(data.len().min(2));
    let mut content = [0u8, 0][..2 - id.len()].to_vec();
    content.extend(id);
    content.extend(((body.len() as u16) & 0x3FF).to_be_bytes());
    content.extend(PHONE);
    content.extend([0, 1]);
    content.extend(body);
    content.push(content.iter().fold(0, |all, b| all ^ b));
    let mut sent = vec![0x7E];
    for byte in content {
        match byte {
            0x7E => sent.extend([0x7D, 2]),
            0x7D => sent.extend([0x7D, 1]),
            other => sent.push(other),
        }
    }
    sent.push(0x7E);
    sent
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("jt808", data);
    if let Some((seed, rest)) = data.split_first() {
        fuzz::same_in_pieces("jt808", &[&[*seed], HEARTBEAT, rest].concat());
        // With a right length and check byte, so that the content is reached.
        fuzz::same_in_pieces("jt808", &[&[*seed][..], &message(rest), HEARTBEAT].concat());
    }
});
