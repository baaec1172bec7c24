use model::{Command, CommandState, MessageStatus};

use super::{CAB, Stage, VAN, at};
use crate::{DispatchOptions, Summary};

#[tokio::test]
async fn a_command_is_given_up_at_its_time() {
    let stage = Stage::with(DispatchOptions { command_lifetime_s: 60, ..DispatchOptions::default() }).await;
    let id = stage.dispatch.queue(VAN, Command::Text("x".to_owned()), at(0)).await.expect("queued");
    for (s, state) in [(59, CommandState::Queued), (60, CommandState::Expired), (61, CommandState::Expired)] {
        stage.dispatch.expire(at(s)).await.expect("done");
        let command = stage.dispatch.command(id).await.expect("read").expect("there");
        assert_eq!(command.state, state, "after {s} s");
    }
    assert_eq!(stage.summary(VAN), Summary::default());
}

#[tokio::test]
async fn a_command_may_be_given_less_time_but_not_more() {
    let stage = Stage::with(DispatchOptions { command_lifetime_s: 60, ..DispatchOptions::default() }).await;
    for (wanted_s, expires_s) in [(30, 30), (60, 60), (90, 60)] {
        let command = Command::Text("x".to_owned());
        let id = stage.dispatch.queue_until(VAN, command, at(wanted_s), at(0)).await.expect("queued");
        let command = stage.dispatch.command(id).await.expect("read").expect("there");
        assert_eq!(command.expires, at(expires_s), "{wanted_s}");
    }
    stage.dispatch.expire(at(30)).await.expect("done");
    assert_eq!(stage.dispatch.open_commands(VAN).await.map(|open| open.len()), Ok(2));
}

#[tokio::test]
async fn what_ran_out_while_the_server_was_down_is_given_up_at_the_start() {
    let stage = Stage::with(DispatchOptions { command_lifetime_s: 60, ..DispatchOptions::default() }).await;
    stage.dispatch.queue(VAN, Command::Text("x".to_owned()), at(0)).await.expect("queued");
    let stage = stage.reopen(at(100)).await;
    assert_eq!(stage.dispatch.open_commands(VAN).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_message_that_waits_too_long_has_failed() {
    for (lifetime_s, expected) in [(60, MessageStatus::Failed), (0, MessageStatus::Pending)] {
        let options = DispatchOptions { message_lifetime_s: lifetime_s, ..DispatchOptions::default() };
        let stage = Stage::with(options).await;
        let waits = stage.send(VAN, "a", 0).await;
        let arrived = stage.send(VAN, "b", 0).await;
        stage.dispatch.advance(waits, MessageStatus::Pending, at(1)).await.expect("moved");
        stage.dispatch.advance(arrived, MessageStatus::Delivered, at(1)).await.expect("moved");
        stage.receive(VAN, "c", 0).await;
        for (s, first) in [(60, MessageStatus::Pending), (61, expected)] {
            stage.dispatch.expire(at(s)).await.expect("done");
            let statuses: Vec<_> = stage.messages(VAN).await.iter().map(|m| m.status).collect();
            assert_eq!(statuses, [first, MessageStatus::Delivered, MessageStatus::Delivered], "{lifetime_s}, {s} s");
        }
    }
}

#[tokio::test]
async fn old_messages_and_finished_commands_go() {
    let day_s = 86_400;
    let options = DispatchOptions { messages_kept_days: 2, commands_kept_days: 1, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    stage.receive(VAN, "old", 0).await;
    stage.receive(VAN, "new", day_s).await;
    stage.receive(CAB, "old", 0).await;
    let id = stage.dispatch.queue(VAN, Command::Text("x".to_owned()), at(0)).await.expect("queued");
    stage.dispatch.advance_command(id, CommandState::Confirmed, at(day_s)).await.expect("moved");
    stage.dispatch.expire(at(2 * day_s)).await.expect("done");
    assert_eq!(stage.texts(VAN).await, ["old", "new"]);
    assert!(stage.dispatch.command(id).await.expect("read").is_some());
    stage.dispatch.expire(at(2 * day_s + 1)).await.expect("done");
    assert_eq!(stage.texts(VAN).await, ["new"]);
    assert_eq!(stage.summary(VAN), Summary { unread_count: 1, updated: Some(at(day_s)), ..Summary::default() });
    assert_eq!(stage.summary(CAB), Summary::default());
    assert_eq!(stage.dispatch.command(id).await, Ok(None));
}

#[tokio::test]
async fn messages_are_kept_for_ever_unless_told() {
    let stage = Stage::new().await;
    stage.receive(VAN, "old", 0).await;
    stage.dispatch.expire(at(100 * 366 * 86_400)).await.expect("done");
    assert_eq!(stage.texts(VAN).await, ["old"]);
}
