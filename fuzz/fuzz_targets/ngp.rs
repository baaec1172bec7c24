//! Arbitrary bytes in arbitrary reads on a Navixy Generic Protocol connection, as a stream and as the body of a request.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("ngp", data);
    if let Some((seed, body)) = data.split_first() {
        // With a right length, so that the body is reached.
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len());
        fuzz::same_in_pieces("ngp", &[&[*seed], head.as_bytes(), body].concat());
    }
});
