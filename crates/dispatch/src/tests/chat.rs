use model::{MessageId, MessageStatus};
use storage::dispatch::{Sender, Summary};

use super::{ANN, BOB, CAB, Stage, VAN, all, at};
use crate::{AdvanceError, DispatchOptions, MessageError, MessageQuery, Sent};

#[tokio::test]
async fn a_conversation_survives_a_restart() {
    let stage = Stage::new().await;
    let question = stage.send(VAN, "Where are you?", 1).await;
    stage.receive(VAN, "At the depot.", 2).await;
    stage.send(CAB, "Hello", 3).await;
    let before = (stage.messages(VAN).await, stage.summary(VAN));
    assert_eq!(stage.texts(VAN).await, ["Where are you?", "At the depot."]);
    let expected = Summary { unread_count: 1, undelivered_count: 1, updated: Some(at(2)), open_commands_count: 0 };
    assert_eq!(before.1, expected);
    let stage = stage.reopen(at(4)).await;
    assert_eq!((stage.messages(VAN).await, stage.summary(VAN)), before);
    let message = stage.dispatch.message(question).await.expect("read").expect("there");
    assert_eq!((message.sender, message.status), (Sender::Office(ANN), MessageStatus::Stored));
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let options = DispatchOptions { message_chars_max: 5, guid_bytes_max: 3, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    let check = |text: &'static str, guid: Option<&'static str>, expected: Option<MessageError>| {
        let (dispatch, guid) = (&stage.dispatch, guid.map(str::to_owned));
        async move {
            let sent = dispatch.send(VAN, ANN, text.to_owned(), guid.clone(), at(1)).await;
            assert_eq!(sent.err(), expected, "{text:?} {guid:?}");
        }
    };
    check("äöüäö", None, None).await;
    check("äöüäöü", None, Some(MessageError::TooLong)).await;
    check("", None, Some(MessageError::Blank)).await;
    check(" \n\t", None, Some(MessageError::Blank)).await;
    check("x", Some(""), Some(MessageError::BadGuid)).await;
    check("x", Some("1234"), Some(MessageError::BadGuid)).await;
    check("x", Some("123"), None).await;
    assert_eq!(stage.messages(VAN).await.len(), 2, "what is refused is not kept");
}

#[tokio::test]
async fn a_repeat_makes_no_second_message() {
    let stage = Stage::new().await;
    let guid = || Some("5f0c".to_owned());
    let send = |source, author, text: &str| stage.dispatch.send(source, author, text.to_owned(), guid(), at(1));
    let first = send(VAN, ANN, "stop").await.expect("sent");
    assert_eq!(first, Sent { id: first.id, submitted: at(1), status: MessageStatus::Stored, is_new: true });
    stage.dispatch.advance(first.id, MessageStatus::Delivered, at(2)).await.expect("moved");
    let again = stage.dispatch.send(VAN, ANN, "stop".to_owned(), guid(), at(3)).await;
    assert_eq!(again, Ok(Sent { status: MessageStatus::Delivered, is_new: false, ..first }));
    let others = [(VAN, BOB, "stop"), (CAB, ANN, "stop"), (VAN, ANN, "go")];
    for (source, author, text) in others {
        let other = send(source, author, text).await.expect("sent");
        assert!(other.id != first.id && other.is_new, "{source} {author} {text}");
    }
    let after_another = stage.dispatch.send(VAN, ANN, "stop".to_owned(), guid(), at(4)).await;
    assert_eq!(after_another.map(|sent| (sent.id, sent.is_new)), Ok((first.id, false)));
    assert_eq!(stage.texts(VAN).await, ["stop", "stop", "go"]);
}

#[tokio::test]
async fn too_many_messages_do_not_wait_for_a_driver() {
    let options = DispatchOptions { undelivered_per_source_max: 2, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    let first = stage.send(VAN, "1", 1).await;
    stage.send(VAN, "2", 2).await;
    let third = || stage.dispatch.send(VAN, ANN, "3".to_owned(), None, at(3));
    assert_eq!(third().await, Err(MessageError::TooManyWaiting));
    let sent = stage.dispatch.broadcast(vec![VAN, CAB], ANN, "all".to_owned(), at(3)).await.expect("sent");
    assert_eq!(
        sent.iter().map(|(source, id)| (*source, id.is_some())).collect::<Vec<_>>(),
        [(VAN, false), (CAB, true)]
    );
    stage.dispatch.advance(first, MessageStatus::Delivered, at(4)).await.expect("moved");
    assert!(third().await.is_ok());
    assert_eq!(stage.texts(VAN).await, ["1", "2", "3"]);
    assert_eq!(stage.texts(CAB).await, ["all"]);
}

#[tokio::test]
async fn a_broadcast_counts_its_own_messages() {
    let options = DispatchOptions { undelivered_per_source_max: 1, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    let sent = stage.dispatch.broadcast(vec![VAN, VAN], ANN, "all".to_owned(), at(1)).await.expect("sent");
    assert_eq!(sent, [(VAN, Some(MessageId(1))), (VAN, None)]);
}

#[tokio::test]
async fn a_message_moves_forward_only() {
    let stage = Stage::new().await;
    let id = stage.send(VAN, "x", 1).await;
    let steps = [
        (MessageStatus::Accepted, false),
        (MessageStatus::Stored, false),
        (MessageStatus::Pending, true),
        (MessageStatus::Read, true),
        (MessageStatus::Delivered, false),
        (MessageStatus::Failed, false),
    ];
    for (s, (to, moves)) in (2..).zip(steps) {
        assert_eq!(stage.dispatch.advance(id, to, at(s)).await, Ok(moves), "{to:?}");
    }
    let message = stage.messages(VAN).await.remove(0);
    assert_eq!((message.status, message.delivered), (MessageStatus::Read, Some(at(5))));
    assert_eq!(stage.summary(VAN), Summary { updated: Some(at(5)), ..Summary::default() });
    let incoming = stage.receive(VAN, "y", 9).await;
    for id in [incoming, MessageId(99)] {
        let moved = stage.dispatch.advance(id, MessageStatus::Read, at(9)).await;
        assert_eq!(moved, Err(AdvanceError::NotFound), "{id} is no message to a driver");
    }
}

#[tokio::test]
async fn the_driver_gets_what_waits_once_more_after_a_restart() {
    let stage = Stage::new().await;
    let mut ids = Vec::new();
    for s in 1..4 {
        ids.push(stage.send(VAN, "x", s).await);
    }
    stage.dispatch.advance(ids[0], MessageStatus::Delivered, at(5)).await.expect("moved");
    stage.dispatch.advance(ids[1], MessageStatus::Pending, at(5)).await.expect("moved");
    let stage = stage.reopen(at(6)).await;
    let waiting = |after| {
        let dispatch = &stage.dispatch;
        async move { dispatch.undelivered(VAN, after, 99).await.expect("read").iter().map(|m| m.id).collect::<Vec<_>>() }
    };
    assert_eq!(waiting(MessageId(0)).await, ids[1..]);
    assert_eq!(waiting(ids[1]).await, ids[2..]);
    assert_eq!(waiting(ids[2]).await, []);
    assert_eq!(stage.dispatch.undelivered(CAB, MessageId(0), 99).await, Ok(Vec::new()));
}

#[tokio::test]
async fn reading_is_counted_by_source() {
    let stage = Stage::new().await;
    let mut ids = Vec::new();
    for source in [VAN, VAN, CAB, VAN] {
        ids.push(stage.receive(source, "x", 1).await);
    }
    let counts = || (stage.summary(VAN).unread_count, stage.summary(CAB).unread_count);
    assert_eq!(counts(), (3, 1));
    let sources = stage.dispatch.sources_of(vec![ids[2], MessageId(99), ids[0]]).await;
    assert_eq!(sources, Ok(vec![Some(CAB), None, Some(VAN)]));
    stage.dispatch.mark_read(vec![ids[0], ids[0], ids[2], MessageId(99)]).await.expect("marked");
    assert_eq!(counts(), (2, 0));
    stage.dispatch.mark_all_read(vec![VAN, CAB]).await.expect("marked");
    assert_eq!(counts(), (0, 0));
    let stage = stage.reopen(at(2)).await;
    assert_eq!(stage.summary(VAN).unread_count, 0);
}

#[tokio::test]
async fn answers_are_bounded() {
    let options = DispatchOptions { messages_per_answer_max: 3, answer_bytes_max: 25, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    for s in 0..5 {
        stage.send(VAN, "1234567890", s).await;
        stage.send(CAB, "1", s).await;
    }
    let check = |source, limit: usize, expected: usize| {
        let query = MessageQuery { limit, ..all(source) };
        let dispatch = &stage.dispatch;
        async move { assert_eq!(dispatch.messages(query).await.expect("read").len(), expected, "{source} {limit}") }
    };
    check(CAB, 99, 3).await;
    check(CAB, 2, 2).await;
    check(VAN, 99, 2).await;
    for (limit, expected) in [(99, 3), (2, 2)] {
        assert_eq!(stage.dispatch.undelivered(CAB, MessageId(0), limit).await.expect("read").len(), expected);
    }
}
