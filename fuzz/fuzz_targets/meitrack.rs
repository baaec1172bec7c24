//! A Meitrack connection whose device is known, and one whose is not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;

const IMEI: &str = "350000000000014";

/// The message whose length and checksum would have to be guessed: command and payload begin after the seed.
fn framed(content: &[u8]) -> Vec<u8> {
    let length = 2 + IMEI.len() + content.len() + 5;
    let mut message = [format!("$$Q{length},{IMEI},").as_bytes(), content, b"*"].concat();
    let checksum = message.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    message.extend(format!("{checksum:02X}\r\n").bytes());
    message
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("meitrack", data);
    if let Some((seed, rest)) = data.split_first() {
        let known = framed(b"AAC");
        fuzz::same_in_pieces("meitrack", &[&[*seed][..], &known, rest].concat());
        fuzz::same_in_pieces("meitrack", &[&[*seed][..], &framed(rest), &known].concat());
    }
});
