//! Arbitrary bytes in arbitrary reads on an OsmAnd connection, as a stream and as the body of a request.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Command, Order};

const REQUEST: &[u8] = b"GET /?id=1&lat=2&lon=3 HTTP/1.1\r\n\r\n";

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("osmand", data);
    // The same while a command waits to be carried by an answer.
    let order = Order::Do(Command::Text("go".to_owned()));
    fuzz::answers_in_pieces("osmand", REQUEST, &order, data);
    if let Some((seed, body)) = data.split_first() {
        // With a right length, so that the body is reached.
        let head =
            format!("POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        fuzz::same_in_pieces("osmand", &[&[*seed], head.as_bytes(), body].concat());
    }
});
