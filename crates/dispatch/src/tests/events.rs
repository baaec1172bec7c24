//! What is told, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{Command, DriverEventKind, MessageId, MessageStatus};

use super::{ANN, CAB, Stage, VAN, at};
use crate::{DispatchEvent, DispatchOptions};

fn moved(source: model::SourceId, message: MessageId, s: i64, status: MessageStatus) -> DispatchEvent {
    DispatchEvent::Moved { source, message, submitted: at(s), status }
}

#[tokio::test]
async fn each_change_is_told_once_and_in_order() {
    let stage = Stage::with(DispatchOptions { message_lifetime_s: 50, ..DispatchOptions::default() }).await;
    let heard = stage.listen();
    let id = stage.send(VAN, "a", 1).await;
    let lost = stage.send(VAN, "b", 2).await;
    let messages = stage.messages(VAN).await;
    stage.dispatch.queue(CAB, Command::Text("x".to_owned()), at(3)).await.expect("queued");
    for to in [MessageStatus::Delivered, MessageStatus::Delivered, MessageStatus::Read, MessageStatus::Pending] {
        stage.dispatch.advance(id, to, at(4)).await.expect("there");
    }
    stage.dispatch.expire(at(60)).await.expect("done");
    stage.dispatch.expire(at(60)).await.expect("done");
    let sent = messages.into_iter().map(|message| DispatchEvent::Sent { source: VAN, message });
    let later = [
        DispatchEvent::Queued { source: CAB },
        moved(VAN, id, 1, MessageStatus::Delivered),
        moved(VAN, id, 1, MessageStatus::Read),
        moved(VAN, lost, 2, MessageStatus::Failed),
    ];
    assert_eq!(stage.told(&heard).await, sent.chain(later).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_message_is_pending_while_the_application_is_away() {
    let stage = Stage::new().await;
    let (heard, is_up) = (stage.listen(), Arc::new(AtomicBool::new(true)));
    let van_is_up = Arc::clone(&is_up);
    stage.dispatch.on_presence(Box::new(move |source| source == VAN && van_is_up.load(Ordering::Relaxed)));
    let send = |source, s| stage.dispatch.send(source, ANN, "x".to_owned(), None, at(s));
    let first = send(VAN, 1).await.expect("sent");
    assert_eq!(first.status, MessageStatus::Stored);
    assert_eq!(send(CAB, 2).await.expect("sent").status, MessageStatus::Pending);
    stage.dispatch.broadcast(vec![CAB], ANN, "y".to_owned(), at(2)).await.expect("sent");
    is_up.store(false, Ordering::Relaxed);
    let second = send(VAN, 3).await.expect("sent");
    assert_eq!(second.status, MessageStatus::Pending);
    stage.told(&heard).await;
    is_up.store(true, Ordering::Relaxed);
    stage.dispatch.app_gone(VAN, at(4)).await.expect("done");
    assert_eq!(stage.told(&heard).await, [], "it is back");
    is_up.store(false, Ordering::Relaxed);
    stage.dispatch.app_gone(VAN, at(4)).await.expect("done");
    let told = stage.told(&heard).await;
    assert_eq!(told, [moved(VAN, first.id, 1, MessageStatus::Pending)], "the others were so from the start");
    for source in [VAN, CAB] {
        assert!(stage.messages(source).await.iter().all(|m| m.status == MessageStatus::Pending));
    }
}

#[tokio::test]
async fn all_applications_are_away_at_the_start() {
    let stage = Stage::new().await;
    let count = 250;
    for s in 0..count {
        stage.send(if s % 2 == 0 { VAN } else { CAB }, "x", s).await;
    }
    let read = stage.send(VAN, "x", count).await;
    stage.dispatch.advance(read, MessageStatus::Read, at(count)).await.expect("there");
    let stage = stage.reopen(at(300)).await;
    let heard = stage.listen();
    stage.dispatch.apps_gone(at(301)).await.expect("done");
    let told = stage.told(&heard).await;
    assert_eq!(told.len(), 250);
    assert!(told.iter().all(|event| matches!(event, DispatchEvent::Moved { status: MessageStatus::Pending, .. })));
    stage.dispatch.apps_gone(at(302)).await.expect("done");
    assert_eq!(stage.told(&heard).await, []);
    assert_eq!(stage.summary(VAN).undelivered_count, 125);
}

#[tokio::test]
async fn what_happened_lately_is_found_after_a_restart() {
    let stage = Stage::new().await;
    let old = stage.send(VAN, "a", 1).await;
    let new = stage.send(CAB, "b", 2).await;
    let text = |text: &str| DriverEventKind::Text { text: text.to_owned() };
    stage.record(VAN, "g1", text("c"), 3).await.expect("recorded");
    let (event, _) = stage.record(VAN, "g2", text("d"), 11).await.expect("recorded");
    stage.dispatch.advance(new, MessageStatus::Delivered, at(10)).await.expect("there");
    stage.dispatch.advance(old, MessageStatus::Pending, at(9)).await.expect("there");
    stage.dispatch.advance(new, MessageStatus::Read, at(12)).await.expect("there");
    let stage = stage.reopen(at(20)).await;
    let since = |s, limit| stage.dispatch.moved_since(at(s), limit);
    let expected = [
        moved(VAN, old, 1, MessageStatus::Pending),
        DispatchEvent::FromDriver { source: VAN, event },
        moved(CAB, new, 2, MessageStatus::Read),
    ];
    assert_eq!(since(9, 10).await, Ok(expected.to_vec()), "oldest first, and not what was before");
    assert_eq!(since(9, 1).await, Ok(expected[1..].to_vec()), "the newest of each");
    assert_eq!(since(13, 10).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_source_is_forgotten_whole() {
    let stage = Stage::new().await;
    for source in [VAN, CAB] {
        stage.send(source, "a", 1).await;
        stage.receive(source, "b", 2).await;
        stage.dispatch.queue(source, Command::Text("c".to_owned()), at(3)).await.expect("queued");
        stage.dispatch.keep_file(source, "d".to_owned(), b"\xFF\xD8\xFF".to_vec(), at(4)).await.expect("kept");
        let draft = crate::ServiceDraft { title: "e".to_owned(), ..Default::default() };
        stage.dispatch.create_service(source, draft, at(5)).await.expect("made");
    }
    assert_eq!(stage.dispatch.sources().await, Ok(vec![VAN, CAB]));
    stage.dispatch.forget(VAN).await.expect("done");
    assert_eq!(stage.dispatch.sources().await, Ok(vec![CAB]));
    let stage = stage.reopen(at(6)).await;
    for (source, left) in [(VAN, 0), (CAB, 1)] {
        assert_eq!(stage.messages(source).await.len(), 2 * left);
        assert_eq!(stage.dispatch.open_commands(source).await.expect("read").len(), left);
        assert_eq!(stage.dispatch.services(source).await.expect("read").len(), left);
        let events = stage.dispatch.driver_events(source, model::Timestamp::MIN, model::Timestamp::MAX, 9).await;
        assert_eq!(events.expect("read").len(), left);
        assert_eq!(stage.summary(source).undelivered_count as usize, left);
    }
    assert_eq!(stage.dispatch.file(crate::FileId(1)).await, Ok(None));
    assert!(stage.dispatch.file(crate::FileId(2)).await.expect("read").is_some());
}

#[tokio::test]
async fn what_an_old_owner_said_is_not_the_new_owners() {
    let stage = Stage::new().await;
    let keep_one_of_each = async |s: i64| {
        stage.send(VAN, "a", s).await;
        stage.receive(VAN, "b", s).await;
        stage.dispatch.queue(VAN, Command::Text("c".to_owned()), at(s)).await.expect("queued");
        stage.dispatch.keep_file(VAN, format!("d{s}"), b"\xFF\xD8\xFF".to_vec(), at(s)).await.expect("kept");
        let draft = crate::ServiceDraft { title: "e".to_owned(), ..Default::default() };
        stage.dispatch.create_service(VAN, draft, at(s)).await.expect("made");
    };
    keep_one_of_each(1).await;
    stage.send(CAB, "a", 1).await;
    keep_one_of_each(3).await;
    stage.dispatch.forget_until(VAN, at(2)).await.expect("done");
    let times: Vec<_> = stage.messages(VAN).await.iter().map(|message| message.submitted).collect();
    assert_eq!(times, [at(3), at(3)]);
    let commands = stage.dispatch.open_commands(VAN).await.expect("read");
    assert_eq!(commands.iter().map(|command| command.submitted).collect::<Vec<_>>(), [at(3)]);
    let services = stage.dispatch.services(VAN).await.expect("read");
    assert_eq!(services.iter().map(|service| service.changed).collect::<Vec<_>>(), [at(3)]);
    let events = stage.dispatch.driver_events(VAN, model::Timestamp::MIN, model::Timestamp::MAX, 9).await;
    assert_eq!(events.expect("read").iter().map(|event| event.received).collect::<Vec<_>>(), [at(3)]);
    assert_eq!(stage.dispatch.file(crate::FileId(1)).await, Ok(None));
    assert!(stage.dispatch.file(crate::FileId(2)).await.expect("read").is_some());
    assert_eq!(stage.summary(VAN).undelivered_count, 1);
    assert_eq!(stage.messages(CAB).await.len(), 1);
}
