//! Frames from the server, against bytes written out by hand.

use ws::{
    FrameStart, Opcode, close, frame_binary, frame_text, header, header_bytes, ping, pong, texts, write_frame,
    write_header,
};

#[test]
fn the_examples_of_the_rfc() {
    assert_eq!(frame_text("Hello"), [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    assert_eq!(ping(b"Hello"), [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    assert_eq!(frame_binary([9; 256])[..5], [0x82, 0x7e, 0x01, 0x00, 9]);
    assert_eq!(frame_binary(vec![9; 65_536])[..11], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0, 9]);
}

#[test]
fn every_form_of_length() {
    let cases: [(usize, &[u8]); 7] = [
        (0, &[0x81, 0]),
        (1, &[0x81, 1]),
        (125, &[0x81, 125]),
        (126, &[0x81, 126, 0, 126]),
        (65_535, &[0x81, 126, 0xFF, 0xFF]),
        (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        (0x0123_4567, &[0x81, 127, 0, 0, 0, 0, 0x01, 0x23, 0x45, 0x67]),
    ];
    for (len, expected) in cases {
        let mut bytes = [0xEE; 10];
        let used = header(Opcode::Text, len, &mut bytes);
        assert_eq!(&bytes[..used], expected, "{len}");
        assert_eq!(header_bytes(len), expected.len(), "{len}");
        let mut buf = vec![1];
        write_header(&mut buf, Opcode::Text, len);
        assert_eq!(buf, [&[1], expected].concat(), "{len}");
    }
}

#[test]
fn every_opcode() {
    let frames = [
        (Opcode::Text, 0x81),
        (Opcode::Binary, 0x82),
        (Opcode::Close, 0x88),
        (Opcode::Ping, 0x89),
        (Opcode::Pong, 0x8A),
    ];
    for (opcode, first) in frames {
        let mut buf = Vec::new();
        write_frame(&mut buf, opcode, b"p");
        assert_eq!(buf, [first, 1, b'p'], "{opcode:?}");
    }
}

#[test]
fn a_shared_frame_has_no_spare_room() {
    for len in [0, 125, 126, 65_535, 65_536] {
        let frame = frame_text("x".repeat(len));
        assert_eq!(frame.len(), header_bytes(len) + len);
        assert_eq!(frame.capacity(), frame.len(), "{len}");
    }
}

#[test]
fn close_frames() {
    assert_eq!(close(None, "not sent"), [0x88, 0]);
    assert_eq!(close(1000, ""), [0x88, 2, 0x03, 0xE8]);
    assert_eq!(close(4401, "bye"), [0x88, 5, 0x11, 0x31, b'b', b'y', b'e']);
    let longest = close(1001, &"x".repeat(123));
    assert_eq!((longest.len(), longest[1]), (127, 125));
    // Of 62 characters of two bytes each, 61 fit into 123 bytes.
    let cut = close(1001, &"é".repeat(62));
    assert_eq!((cut.len(), cut[1]), (126, 124));
    assert_eq!(std::str::from_utf8(&cut[4..]), Ok(&*"é".repeat(61)));
}

#[test]
fn control_payloads_are_cut_to_what_is_allowed() {
    let payload: Vec<u8> = (0..200).collect();
    assert_eq!(ping(&payload), [&[0x89, 125], &payload[..125]].concat());
    assert_eq!(pong(&payload), [&[0x8A, 125], &payload[..125]].concat());
    assert_eq!(pong(b""), [0x8A, 0]);
}

#[test]
fn a_started_frame_equals_one_of_known_length() {
    for expected in [0, 126, 65_536] {
        for len in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; len];
            let mut buf = b"earlier".to_vec();
            let start = FrameStart::new(&mut buf, Opcode::Text, expected);
            buf.extend_from_slice(&payload);
            start.finish(&mut buf);
            assert!(buf == [b"earlier".to_vec(), frame_text(&payload)].concat(), "{len}, expected {expected}");
        }
    }
}

#[test]
fn the_texts_among_frames_are_found_again() {
    let long = [b'x'; 126];
    let very_long = vec![b'y'; 65_536];
    let frames = [frame_text("one"), ping(b"?"), frame_text(""), frame_text(long), frame_text(&very_long)].concat();
    let found: Vec<_> = texts(&frames).collect();
    assert_eq!(found, [b"one".as_slice(), b"", &long, &very_long]);
    for end in 0..frames.len() {
        let whole = texts(&frames[..end]).count();
        assert!(texts(&frames[..end]).zip(&found).all(|(text, expected)| text == *expected), "cut at {end}");
        assert!(whole < 4, "the last is not whole at {end}");
    }
}
