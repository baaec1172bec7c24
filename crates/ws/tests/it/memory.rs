//! What a connection holds: nothing when idle, and otherwise in proportion to what was received.

use ws::Decoder;

use crate::client::{BINARY, CLOSE, CONTINUATION, FIN, MASK, PING, TEXT, frame, header, read};

const MAX_MESSAGE_BYTES: usize = 1 << 20;

#[test]
fn a_decoder_is_small() {
    assert!(size_of::<Decoder>() <= 64, "{}", size_of::<Decoder>());
}

#[test]
fn the_heap_is_given_back_with_the_message() {
    let text = frame(FIN | TEXT, MASK, &[b'x'; 70_000]);
    let ping = frame(FIN | PING, MASK, &[1; 100]);
    let (half, end) = text.split_at(40_000);
    // In this order: the message in two reads, a ping in two, a fragmented message in two.
    let fragments = [frame(BINARY, MASK, &[2; 50]), frame(FIN | CONTINUATION, MASK, &[3; 50])];
    for (first, second) in [(half, end), ping.split_at(50), (&fragments[0], &fragments[1])] {
        let (mut decoder, mut seen) = (Decoder::new(MAX_MESSAGE_BYTES), Vec::new());
        assert_eq!(decoder.heap_bytes(), 0, "before");
        read(&mut decoder, first, &mut seen).unwrap();
        assert!(decoder.heap_bytes() >= 44, "an incomplete message is held");
        assert!(seen.is_empty());
        read(&mut decoder, second, &mut seen).unwrap();
        assert_eq!((seen.len(), decoder.heap_bytes()), (1, 0), "after");
    }
}

#[test]
fn the_heap_is_free_while_the_event_is_handled() {
    let mut bytes = frame(FIN | TEXT, MASK, &[b'x'; 1000]);
    let mut rest = bytes.split_off(500);
    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    assert_eq!(decoder.feed(&mut bytes).next_event(), Ok(None));
    let mut feed = decoder.feed(&mut rest);
    assert!(feed.next_event().unwrap().is_some());
    // Left without pulling on: the payload went with the feed.
    let _ = feed.into_unread();
    assert_eq!(decoder.heap_bytes(), 0);
}

#[test]
fn an_announced_length_allocates_nothing() {
    // Also where no limit stands in the way of the longest length that a header can say.
    for (max_message_bytes, announced_bytes) in [(MAX_MESSAGE_BYTES, 1 << 20), (usize::MAX >> 1, (1 << 63) - 1)] {
        let (mut decoder, mut seen) = (Decoder::new(max_message_bytes), Vec::new());
        read(&mut decoder, &header(FIN | BINARY, MASK, announced_bytes), &mut seen).unwrap();
        assert_eq!(decoder.heap_bytes(), 0);
        read(&mut decoder, &[0; 10], &mut seen).unwrap();
        assert_eq!(decoder.heap_bytes(), 10);
    }
}

#[test]
fn an_error_or_a_close_gives_the_heap_back() {
    let begun = frame(BINARY, MASK, &[0; 1000]);
    for end in [vec![0xFF], frame(FIN | CLOSE, MASK, b""), frame(FIN | TEXT, MASK, b"")] {
        let (mut decoder, mut seen) = (Decoder::new(MAX_MESSAGE_BYTES), Vec::new());
        read(&mut decoder, &begun, &mut seen).unwrap();
        assert!(decoder.heap_bytes() >= 1000);
        let _ = read(&mut decoder, &end, &mut seen);
        assert!(decoder.has_ended());
        assert_eq!(decoder.heap_bytes(), 0);
    }
}
