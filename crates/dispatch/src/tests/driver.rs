//! What drivers send.

use model::{DriverEventKind, Timestamp};
use storage::dispatch::{NewDriverEvent, Sender};

use super::{CAB, Stage, VAN, at};
use crate::{DispatchEvent, DispatchOptions, FileError, FileId, ImageKind, RecordError};

fn text(text: &str) -> DriverEventKind {
    DriverEventKind::Text { text: text.to_owned() }
}

fn form() -> DriverEventKind {
    let field = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    let fields = vec![field("Work", "b"), field("Client", "a"), field("Work", ""), field("Photo", "/ws/file/1")];
    DriverEventKind::Form { name: "Trip".to_owned(), fields }
}

fn service(id: &str, delivered: bool) -> DriverEventKind {
    DriverEventKind::Service { service: id.to_owned(), delivered, note: "at the door".to_owned() }
}

#[tokio::test]
async fn every_kind_comes_back_as_it_was_after_a_restart() {
    let stage = Stage::new().await;
    let kinds = [
        text("On my way"),
        DriverEventKind::Predefined { number: u32::MAX, text: "TRAFFIC".to_owned() },
        form(),
        service("no such service", false),
        service("no such service", true),
    ];
    let mut recorded = Vec::new();
    for (s, kind) in (1..).zip(&kinds) {
        let position = (s != 2).then_some((-41.25, 179.5));
        let event = NewDriverEvent { guid: format!("g{s}"), at: at(10 - s), position, kind: kind.clone() };
        let (event, is_new) = stage.dispatch.record(VAN, event, at(s)).await.expect("recorded");
        assert!(is_new);
        assert_eq!((event.at, event.received, event.position), (at(10 - s), at(s), position));
        assert_eq!(&event.kind, kind);
        recorded.push((*event).clone());
    }
    let stage = stage.reopen(at(20)).await;
    recorded.reverse();
    let read = |from: Timestamp, to: Timestamp, limit| stage.dispatch.driver_events(VAN, from, to, limit);
    assert_eq!(read(Timestamp::MIN, Timestamp::MAX, 10).await, Ok(recorded.clone()), "by the phone's clock");
    assert_eq!(read(at(6), at(8), 10).await, Ok(recorded[1..4].to_vec()), "both ends are included");
    assert_eq!(read(at(6), at(8), 2).await, Ok(recorded[1..3].to_vec()));
    assert_eq!(stage.dispatch.driver_events(CAB, Timestamp::MIN, Timestamp::MAX, 10).await, Ok(Vec::new()));
    assert_eq!(stage.texts(VAN).await, ["On my way", "TRAFFIC"], "what is said is part of the conversation");
    assert!(stage.messages(VAN).await.iter().all(|m| m.sender == Sender::Driver && !m.is_read));
}

#[tokio::test]
async fn the_same_guid_is_the_same_event() {
    let stage = Stage::new().await;
    let heard = stage.listen();
    let (first, is_new) = stage.record(VAN, "g", text("a"), 1).await.expect("recorded");
    assert!(is_new);
    let stage = stage.reopen(at(2)).await;
    let heard_later = stage.listen();
    for kind in [text("a"), text("b"), form()] {
        assert_eq!(stage.record(VAN, "g", kind, 3).await, Ok((first.clone(), false)));
    }
    let (other, is_new) = stage.record(CAB, "g", text("a"), 4).await.expect("recorded");
    assert!(is_new && other.id > first.id, "another driver's ids are its own");
    assert_eq!(stage.texts(VAN).await, ["a"]);
    assert_eq!(stage.summary(VAN).unread_count, 1);
    let before = heard.lock().expect("not poisoned").clone();
    let told = [before, stage.told(&heard_later).await].concat();
    let expected = [(VAN, first), (CAB, other)].map(|(source, event)| DispatchEvent::FromDriver { source, event });
    assert_eq!(told, expected, "a repeat is told to nobody");
}

#[tokio::test]
async fn what_is_no_event_is_refused() {
    let options = DispatchOptions {
        message_chars_max: 5,
        guid_bytes_max: 3,
        driver_event_bytes_max: 25,
        ..DispatchOptions::default()
    };
    let stage = Stage::with(options).await;
    let check = |guid: &'static str, position, kind: DriverEventKind, expected: Option<RecordError>| {
        let event = NewDriverEvent { guid: guid.to_owned(), at: at(0), position, kind };
        let recorded = stage.dispatch.record(VAN, event.clone(), at(1));
        async move { assert_eq!(recorded.await.err(), expected, "{event:?}") }
    };
    check("a", None, text("äöüäö"), None).await;
    check("b", None, text("äöüäöü"), Some(RecordError::TooLong)).await;
    check("b", None, text(" \n"), Some(RecordError::Blank)).await;
    check("", None, text("a"), Some(RecordError::BadGuid)).await;
    check("1234", None, text("a"), Some(RecordError::BadGuid)).await;
    check("b", Some((90.0, -180.0)), text("a"), None).await;
    for position in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        check("c", Some(position), text("a"), Some(RecordError::BadPosition)).await;
    }
    check("c", None, DriverEventKind::Predefined { number: 1, text: String::new() }, Some(RecordError::Blank)).await;
    check("c", None, form(), Some(RecordError::TooLong)).await;
    check("c", None, DriverEventKind::Form { name: " ".to_owned(), fields: Vec::new() }, Some(RecordError::Blank))
        .await;
    check("c", None, service("a", true), Some(RecordError::TooLong)).await;
    check("c", None, service("", true), Some(RecordError::Blank)).await;
    assert_eq!(stage.texts(VAN).await, ["äöüäö", "a"], "what is refused is not kept");
}

#[tokio::test]
async fn what_drivers_sent_goes_when_it_was_kept_long_enough() {
    let options = DispatchOptions { driver_events_kept_days: 2, files_kept_days: 1, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    let day_s = 86_400;
    for day in 0..3 {
        stage.record(VAN, &format!("{day}"), form(), day * day_s).await.expect("recorded");
        let kept = stage.dispatch.keep_file(VAN, format!("{day}"), JPEG.to_vec(), at(day * day_s)).await;
        assert!(kept.is_ok());
    }
    stage.dispatch.expire(at(2 * day_s + 1)).await.expect("done");
    let left = stage.dispatch.driver_events(VAN, Timestamp::MIN, Timestamp::MAX, 9).await.expect("read");
    assert_eq!(left.iter().map(|event| event.guid.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let mut files = Vec::new();
    for id in 1..=3 {
        files.push(stage.dispatch.file(FileId(id)).await.expect("read").is_some());
    }
    assert_eq!(files, [false, false, true]);
}

const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a photo";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n a signature";
const WEBP: &[u8] = b"RIFF\x04\x00\x00\x00WEBP";

#[tokio::test]
async fn pictures_are_kept_and_nothing_else_is() {
    let options = DispatchOptions { file_bytes_max: 24, guid_bytes_max: 3, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    let keep =
        |source, guid: &str, bytes: &[u8]| stage.dispatch.keep_file(source, guid.to_owned(), bytes.to_vec(), at(1));
    let pictures = [("a", JPEG, ImageKind::Jpeg), ("b", PNG, ImageKind::Png), ("c", WEBP, ImageKind::Webp)];
    for (guid, bytes, kind) in pictures {
        let id = keep(VAN, guid, bytes).await.expect("kept");
        let file = stage.dispatch.file(id).await.expect("read").expect("there");
        assert_eq!((file.id, file.source, file.kind, &file.bytes[..]), (id, VAN, kind, bytes));
        assert_eq!(stage.dispatch.file_source(id).await, Ok(Some(VAN)));
        assert_eq!(keep(VAN, guid, PNG).await, Ok(id), "the same guid is the same file");
        assert_ne!(keep(CAB, guid, bytes).await, Ok(id));
    }
    for bytes in [&b""[..], b"\xFF\xD8", b"<html>", b"GIF89a", b"RIFF\x04\x00\x00\x00WAVE", b"%PDF-1.7", b"<svg>"] {
        assert_eq!(keep(VAN, "d", bytes).await, Err(FileError::NoImage), "{bytes:?}");
    }
    let large = [JPEG, &[0; 24]].concat();
    assert_eq!(keep(VAN, "d", &large).await, Err(FileError::TooLarge));
    assert_eq!(keep(VAN, "", JPEG).await, Err(FileError::BadGuid));
    assert_eq!(keep(VAN, "1234", JPEG).await, Err(FileError::BadGuid));
    for id in [FileId(0), FileId(99), FileId(u64::MAX)] {
        assert_eq!(stage.dispatch.file(id).await, Ok(None));
        assert_eq!(stage.dispatch.file_source(id).await, Ok(None));
    }
}

#[tokio::test]
async fn a_source_has_room_for_so_many_pictures_and_bytes() {
    let check = |files_per_source_max, files_bytes_per_source_max: u64, fits: usize| async move {
        let options =
            DispatchOptions { files_per_source_max, files_bytes_per_source_max, ..DispatchOptions::default() };
        let stage = Stage::with(options).await;
        for n in 0..4 {
            let kept = stage.dispatch.keep_file(VAN, n.to_string(), JPEG.to_vec(), at(1)).await;
            assert_eq!(kept.err(), (n >= fits).then_some(FileError::Full), "{n}");
        }
        assert!(stage.dispatch.keep_file(CAB, "a".to_owned(), JPEG.to_vec(), at(1)).await.is_ok());
    };
    let size = JPEG.len() as u64;
    check(2, 1_000, 2).await;
    check(9, 3 * size, 3).await;
    check(9, 3 * size - 1, 2).await;
}
