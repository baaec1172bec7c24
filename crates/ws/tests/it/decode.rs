//! Byte sequences and what they mean.

use ws::{Decoder, Error, Event};

use crate::client::{BINARY, CLOSE, CONTINUATION, FIN, MASK, PING, PONG, Seen, TEXT, frame, header, read, read_all};

const MAX_MESSAGE_BYTES: usize = 100_000;

/// The events and the error of these bytes in one read and in reads of one byte.
#[track_caller]
fn check(name: &str, bytes: &[u8], events: &[Seen], error: Option<Error>) {
    let expected = (events.to_vec(), error);
    assert_eq!(read_all(MAX_MESSAGE_BYTES, [bytes]), expected, "{name}, one read");
    assert_eq!(read_all(MAX_MESSAGE_BYTES, bytes.chunks(1)), expected, "{name}, byte by byte");
}

fn text(s: &str) -> Seen {
    Seen::Text(s.to_owned())
}

fn masked(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(first, MASK, payload.as_ref())
}

fn close_payload(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), reason].concat()
}

#[test]
fn the_examples_of_the_rfc() {
    let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    check("single-frame masked text", &hello, &[text("Hello")], None);
    let pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    check("masked pong", &pong, &[Seen::Pong(b"Hello".to_vec())], None);
    let unmasked = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    check("unmasked text, which a server refuses", &unmasked, &[], Some(Error::Unmasked));
    let fragments = [masked(TEXT, "Hel"), masked(FIN | CONTINUATION, "lo")].concat();
    check("fragmented text", &fragments, &[text("Hello")], None);
}

#[test]
fn every_form_of_length() {
    for len in [0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, MAX_MESSAGE_BYTES] {
        let payload: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        check(&format!("{len} bytes"), &masked(FIN | BINARY, &payload), &[Seen::Binary(payload)], None);
    }
}

#[test]
fn whole_messages_and_control_frames() {
    let [ping, pong] = [PING, PONG].map(|opcode| masked(FIN | opcode, [7; 125]));
    let cases: [(&str, Vec<u8>, Vec<Seen>); 8] = [
        ("nothing", vec![], vec![]),
        ("two in one read", [masked(FIN | TEXT, "a"), masked(FIN | TEXT, "b")].concat(), vec![text("a"), text("b")]),
        ("text beyond ASCII", masked(FIN | TEXT, "Zürich 🚚"), vec![text("Zürich 🚚")]),
        ("longest ping", ping, vec![Seen::Ping(vec![7; 125])]),
        ("longest pong", pong, vec![Seen::Pong(vec![7; 125])]),
        ("empty fragments", [masked(TEXT, ""), masked(CONTINUATION, ""), masked(FIN, "")].concat(), vec![text("")]),
        (
            "a character across fragments",
            [masked(TEXT, b"\xf0\x9f"), masked(FIN | CONTINUATION, b"\x9a\x9a")].concat(),
            vec![text("🚚")],
        ),
        (
            "control frames between fragments, and a second fragmented message",
            [
                masked(BINARY, [1, 2]),
                masked(FIN | PING, "in"),
                masked(CONTINUATION, [3]),
                masked(FIN | PONG, ""),
                masked(FIN | CONTINUATION, [4]),
                masked(TEXT, "te"),
                masked(FIN | CONTINUATION, "xt"),
            ]
            .concat(),
            vec![Seen::Ping(b"in".to_vec()), Seen::Pong(vec![]), Seen::Binary(vec![1, 2, 3, 4]), text("text")],
        ),
    ];
    for (name, bytes, events) in cases {
        check(name, &bytes, &events, None);
    }
}

#[test]
fn closing() {
    let long_reason = "x".repeat(123);
    let cases: [(&str, Vec<u8>, Option<u16>, &str); 5] = [
        ("no code", vec![], None, ""),
        ("code", close_payload(1000, b""), Some(1000), ""),
        ("code and reason", close_payload(1001, "à bientôt".as_bytes()), Some(1001), "à bientôt"),
        ("longest reason", close_payload(4999, long_reason.as_bytes()), Some(4999), &long_reason),
        ("code of an application", close_payload(3000, b""), Some(3000), ""),
    ];
    for (name, payload, code, reason) in cases {
        let bytes = [masked(FIN | CLOSE, payload), masked(FIN | TEXT, "ignored"), vec![0xFF; 20]].concat();
        check(name, &bytes, &[Seen::Close(code, reason.to_owned())], None);
    }
    for code in [1000, 1003, 1007, 1014, 3000, 4999] {
        check(
            "allowed",
            &masked(FIN | CLOSE, close_payload(code, b"")),
            &[Seen::Close(Some(code), String::new())],
            None,
        );
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let bytes = masked(FIN | CLOSE, close_payload(code, b""));
        check(&format!("code {code}"), &bytes, &[], Some(Error::InvalidCloseCode(code)));
    }
}

#[test]
fn broken_rules() {
    let too_big = |declared_bytes| Error::TooBig { declared_bytes, max_message_bytes: MAX_MESSAGE_BYTES };
    let over = MAX_MESSAGE_BYTES as u64 + 1;
    let cases: [(&str, Vec<u8>, Error, u16); 24] = [
        ("first reserved bit", vec![0xC1], Error::ReservedBits, 1002),
        ("second reserved bit", vec![0xA1], Error::ReservedBits, 1002),
        ("third reserved bit", vec![0x91], Error::ReservedBits, 1002),
        ("lowest unknown data opcode", vec![0x83], Error::UnknownOpcode(0x3), 1002),
        ("highest unknown data opcode", vec![0x87], Error::UnknownOpcode(0x7), 1002),
        ("lowest unknown control opcode", vec![0x8B], Error::UnknownOpcode(0xB), 1002),
        ("highest unknown control opcode", vec![0x8F], Error::UnknownOpcode(0xF), 1002),
        ("no mask, and nothing else yet", vec![0x81, 0x00], Error::Unmasked, 1002),
        ("fragmented ping", vec![PING], Error::FragmentedControl, 1002),
        ("fragmented close", vec![CLOSE], Error::FragmentedControl, 1002),
        ("ping of 126 bytes", vec![FIN | PING, 0x80 | 126], Error::ControlTooLong, 1002),
        ("close of a 64-bit length", vec![FIN | CLOSE, 0x80 | 127], Error::ControlTooLong, 1002),
        ("125 in 16 bits", vec![FIN | TEXT, 0x80 | 126, 0, 125], Error::NonMinimalLength, 1002),
        (
            "65,535 in 64 bits",
            vec![FIN | TEXT, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
            Error::NonMinimalLength,
            1002,
        ),
        ("64-bit length with the highest bit", header(FIN | TEXT, MASK, 1 << 63), Error::LengthOutOfRange, 1002),
        ("continuation of nothing", masked(FIN | CONTINUATION, ""), Error::UnexpectedContinuation, 1002),
        (
            "text inside a fragmented text",
            [masked(TEXT, "a"), masked(FIN | TEXT, "b")].concat(),
            Error::UnfinishedMessage,
            1002,
        ),
        (
            "bytes inside a fragmented text",
            [masked(TEXT, "a"), masked(FIN | BINARY, "b")].concat(),
            Error::UnfinishedMessage,
            1002,
        ),
        ("close of one byte", masked(FIN | CLOSE, [3]), Error::TruncatedCloseCode, 1002),
        ("close reason not UTF-8", masked(FIN | CLOSE, close_payload(1000, b"\xff")), Error::InvalidUtf8, 1007),
        ("text not UTF-8", masked(FIN | TEXT, b"ab\xc0\xaf"), Error::InvalidUtf8, 1007),
        (
            "text that ends inside a character, over fragments",
            [masked(TEXT, b"\xf0\x9f"), masked(FIN | CONTINUATION, b"\x9a")].concat(),
            Error::InvalidUtf8,
            1007,
        ),
        ("one byte over the limit", header(FIN | TEXT, MASK, over), too_big(over), 1009),
        ("the longest length there is", header(FIN | BINARY, MASK, (1 << 63) - 1), too_big((1 << 63) - 1), 1009),
    ];
    for (name, bytes, error, code) in cases {
        check(name, &bytes, &[], Some(error));
        assert_eq!(error.close_code(), code, "{name}");
        // What came before is still delivered, and nothing after.
        let surrounded = [masked(FIN | TEXT, "before"), bytes, masked(FIN | TEXT, "after")].concat();
        check(name, &surrounded, &[text("before")], Some(error));
    }
}

#[test]
fn fragments_add_up_to_the_limit_and_no_further() {
    let half = vec![b'x'; MAX_MESSAGE_BYTES / 2];
    let at_limit = [masked(TEXT, &half), masked(FIN | PING, [0; 125]), masked(FIN | CONTINUATION, &half)].concat();
    let whole = text(&"x".repeat(MAX_MESSAGE_BYTES));
    assert_eq!(read_all(MAX_MESSAGE_BYTES, [&at_limit[..]]), (vec![Seen::Ping(vec![0; 125]), whole], None));

    let over = [masked(TEXT, &half), masked(CONTINUATION, &half), header(FIN | CONTINUATION, MASK, 1)].concat();
    let declared_bytes = MAX_MESSAGE_BYTES as u64 + 1;
    let error = Error::TooBig { declared_bytes, max_message_bytes: MAX_MESSAGE_BYTES };
    assert_eq!(read_all(MAX_MESSAGE_BYTES, [&over[..]]), (vec![], Some(error)));
}

#[test]
fn a_limit_of_zero_still_takes_empty_messages_and_control_frames() {
    let bytes = [masked(FIN | TEXT, ""), masked(FIN | PING, "p"), masked(FIN | TEXT, "x")].concat();
    let error = Error::TooBig { declared_bytes: 1, max_message_bytes: 0 };
    assert_eq!(read_all(0, [&bytes[..]]), (vec![text(""), Seen::Ping(b"p".to_vec())], Some(error)));
}

#[test]
fn a_whole_message_is_handed_out_where_it_lies() {
    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    let mut scratch = [masked(FIN | TEXT, "first"), masked(FIN | BINARY, "second")].concat();
    let lies = scratch.as_ptr_range();
    let mut feed = decoder.feed(&mut scratch);
    let Some(Event::Text(first)) = feed.next_event().unwrap() else { panic!("no text") };
    assert!(lies.contains(&first.as_ptr()), "the text was copied");
    let Some(Event::Binary(second)) = feed.next_event().unwrap() else { panic!("no bytes") };
    assert!(lies.contains(&second.as_ptr()), "the bytes were copied");
    assert_eq!(feed.next_event(), Ok(None));
    assert_eq!(decoder.heap_bytes(), 0);
}

#[test]
fn a_feed_left_early_gives_the_rest_back() {
    let bytes = [masked(FIN | TEXT, "one"), masked(TEXT, "tw"), masked(FIN, "o")].concat();
    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    let mut scratch = bytes;
    let mut feed = decoder.feed(&mut scratch);
    assert_eq!(feed.next_event(), Ok(Some(Event::Text("one"))));
    let rest = feed.into_unread().to_vec();
    let mut seen = Vec::new();
    read(&mut decoder, &rest, &mut seen).unwrap();
    assert_eq!(seen, [text("two")]);
}

#[test]
fn the_end_is_told() {
    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    let mut seen = Vec::new();
    assert!(!decoder.has_ended());
    read(&mut decoder, &masked(FIN | CLOSE, ""), &mut seen).unwrap();
    assert!(decoder.has_ended());

    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    assert_eq!(read(&mut decoder, &[0xFF], &mut seen), Err(Error::ReservedBits));
    assert!(decoder.has_ended());
}

#[test]
fn what_the_client_owes_is_told() {
    let owes = |bytes: &[u8]| {
        let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
        read(&mut decoder, bytes, &mut Vec::new()).unwrap();
        decoder.is_mid_message()
    };
    let whole = masked(FIN | TEXT, "text");
    assert!(!owes(b""), "new");
    assert!(owes(&whole[..1]), "inside a header");
    assert!(owes(&whole[..6]), "before the payload");
    assert!(owes(&whole[..8]), "inside the payload");
    assert!(!owes(&whole), "whole");
    assert!(owes(&masked(TEXT, "")), "between fragments");
    assert!(!owes(&[masked(TEXT, ""), masked(FIN, "")].concat()), "after the last fragment");
}
