//! Photos.

use super::{LOGIN, bytes, frame, has, teltonika, value};
use crate::Limits;
use crate::testing::{Host, Trace};
use model::{Report, Value};

fn from_camera(content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u32).to_be_bytes();
    frame(&[&[0x0C, 1, 0x0D][..], &size, content, &[1]].concat())
}

fn announced(id: u32, bytes: u32) -> Vec<u8> {
    from_camera(&[&[1][..], &id.to_be_bytes(), &bytes.to_be_bytes()].concat())
}

fn piece(id: u32, offset: u32, piece: &[u8]) -> Vec<u8> {
    let length = (piece.len() as u16).to_be_bytes();
    from_camera(&[&[2][..], &id.to_be_bytes(), &offset.to_be_bytes(), &length, piece].concat())
}

fn asked(id: u32, offset: u32, bytes: u16) -> Vec<u8> {
    from_camera(&[&[2][..], &id.to_be_bytes(), &offset.to_be_bytes(), &bytes.to_be_bytes()].concat())
}

fn said(limits: &Limits, frames: &[Vec<u8>]) -> Trace {
    let mut host = Host::new(teltonika(), limits);
    host.feed(&bytes(LOGIN));
    frames.iter().for_each(|frame| host.feed(frame));
    host.trace()
}

fn media(id: u32, bytes: usize, collected: usize) -> Value {
    Value::Json(format!(r#"[{{"id":{id},"bytes":{bytes},"collected_bytes":{collected}}}]"#).into())
}

fn last(trace: &Trace) -> Report {
    (*trace.reports().last().expect("has one")).clone()
}

#[test]
fn a_question_is_as_the_vendor_describes() {
    let trace = said(&Limits::default(), &[announced(7, 5_000)]);
    let question = "00000000 00000013 0C 01 0D 0000000B 02 00000007 00000000 0800 01";
    assert_eq!(trace.sent[..1 + 27], [&[1][..], &bytes(question)].concat());
    assert_eq!(trace.sent[1..], asked(7, 0, 2_048));
}

#[test]
fn a_photo_is_fetched_piece_by_piece() {
    let photo: Vec<u8> = (0..5_000u32).map(|n| (n % 251) as u8).collect();
    let frames = [
        announced(7, 5_000),
        piece(7, 0, &photo[..2_048]),
        // It came twice, and one of another photo.
        piece(7, 0, &photo[..2_048]),
        piece(8, 2_048, &[1]),
        piece(7, 2_048, &photo[2_048..4_096]),
        // Again, and longer than what is missing by now.
        piece(7, 2_048, &photo[2_048..4_096]),
        piece(7, 4_096, &photo[4_096..]),
        piece(7, 4_096, &photo[4_096..]),
    ];
    let trace = said(&Limits::default(), &frames);
    let questions = [asked(7, 0, 2_048), asked(7, 2_048, 2_048), asked(7, 4_096, 904)].concat();
    assert_eq!(trace.sent, [&[1][..], &questions].concat());
    assert_eq!((trace.reports().len(), trace.rejects().len()), (2, 0));
    has(trace.reports()[0], "media_files", media(7, 5_000, 0));
    let whole = last(&trace);
    has(&whole, "media_files", media(7, 5_000, 5_000));
    let Some(Value::Text(base64)) = value(&whole, "photo") else { panic!("has one") };
    assert_eq!((base64.len(), &base64[..8]), (5_000usize.div_ceil(3) * 4, "AAECAwQF"));
}

#[test]
fn what_a_camera_may_make_the_server_hold_is_bounded() {
    let limits = Limits { blob_bytes_max: 4_000, ..Limits::default() };
    let trace = said(&limits, &[announced(7, 3_001), piece(7, 0, &[1; 100])]);
    assert_eq!((trace.sent.as_slice(), trace.reports().len(), trace.rejects().len()), (&[1u8][..], 1, 1));
    has(&last(&trace), "media_files", media(7, 3_001, 0));
    let trace = said(&limits, &[announced(7, u32::MAX), announced(8, 3_000)]);
    assert_eq!(trace.sent[1..], asked(8, 0, 2_048));
    assert_eq!(said(&limits, &[announced(7, 0)]).sent, [1], "nothing to ask for");
}

#[test]
fn a_camera_that_errs_is_not_asked_for_ever() {
    for odd in [piece(7, 0, &[]), piece(7, 0, &[1; 101]), from_camera(&[2, 0, 0]), from_camera(&[])] {
        let trace = said(&Limits::default(), &[announced(7, 100), odd.clone(), piece(7, 0, &[1; 100])]);
        assert_eq!(trace.sent[1..], asked(7, 0, 100), "{odd:02X?}");
        assert_eq!((trace.reports().len(), trace.rejects().len()), (2, 1), "{odd:02X?}");
        has(&last(&trace), "media_files", media(7, 100, 0));
    }
    let trace = said(&Limits::default(), &[from_camera(b"photo")]);
    assert_eq!((trace.sent.as_slice(), trace.rejects().len()), (&[1u8][..], 1));
}
