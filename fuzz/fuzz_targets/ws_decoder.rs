//! Arbitrary bytes in arbitrary reads: no panic, and the same events and error as in one read.
//!
//! The first byte seeds how the rest is split, so that a found input replays as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws::{Decoder, Error, Event};

const MAX_MESSAGE_BYTES: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let Some((&seed, bytes)) = data.split_first() else { return };
    assert_eq!(read_split(seed, bytes), read_whole(bytes));
});

fn read_whole(bytes: &[u8]) -> (Vec<String>, Option<Error>) {
    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    let mut events = Vec::new();
    let error = read(&mut decoder, bytes, &mut events).err();
    (events, error)
}

fn read_split(seed: u8, bytes: &[u8]) -> (Vec<String>, Option<Error>) {
    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    let (mut events, mut error) = (Vec::new(), None);
    let mut state = u32::from(seed);
    let mut rest = bytes;
    while !rest.is_empty() {
        // A linear congruential step; mostly short reads, which is where the boundaries are.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let longest = if state & 0x700 == 0 { 600 } else { 8 };
        let read_bytes = ((state >> 16) as usize % longest + 1).min(rest.len());
        let (part, after) = rest.split_at(read_bytes);
        if let Err(found) = read(&mut decoder, part, &mut events) {
            assert_eq!(error.replace(found), None, "an error after the end");
        }
        assert!(decoder.heap_bytes() <= MAX_MESSAGE_BYTES + 125, "more held than the limit");
        assert!(decoder.heap_bytes() == 0 || decoder.is_mid_message(), "heap held by an idle decoder");
        rest = after;
    }
    (events, error)
}

fn read(decoder: &mut Decoder, bytes: &[u8], events: &mut Vec<String>) -> Result<(), Error> {
    let mut scratch = bytes.to_vec();
    let mut feed = decoder.feed(&mut scratch);
    while let Some(event) = feed.next_event()? {
        if let Event::Text(text) = event {
            assert!(text.len() <= MAX_MESSAGE_BYTES);
        }
        events.push(format!("{event:?}"));
    }
    Ok(())
}
