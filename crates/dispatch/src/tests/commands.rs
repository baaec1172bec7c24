use model::{Command, CommandId, CommandState};

use super::{CAB, Stage, VAN, at};
use crate::{AdvanceError, DispatchOptions, QueueError};

fn reboot() -> Command {
    Command::Text("reboot".to_owned())
}

#[tokio::test]
async fn a_command_waits_through_a_restart() {
    let stage = Stage::new().await;
    let first = stage.dispatch.queue(VAN, reboot(), at(1)).await.expect("queued");
    let output = Command::Output { number: 2, on: true };
    let second = stage.dispatch.queue(VAN, output.clone(), at(2)).await.expect("queued");
    let stage = stage.reopen(at(3)).await;
    let waiting = stage.dispatch.open_commands(VAN).await.expect("read");
    let seen: Vec<_> = waiting.iter().map(|c| (c.id, c.command.clone(), c.state)).collect();
    assert_eq!(seen, [(first, reboot(), CommandState::Queued), (second, output, CommandState::Queued)]);
    assert_eq!(waiting[0].expires, at(1 + 86_400));
    assert_eq!(stage.dispatch.open_commands(CAB).await, Ok(Vec::new()));
    assert_eq!(stage.summary(VAN).open_commands_count, 2);
}

#[tokio::test]
async fn what_is_no_command_is_refused() {
    let stage = Stage::with(DispatchOptions { command_bytes_max: 3, ..DispatchOptions::default() }).await;
    let check = |command: Command, expected: Option<QueueError>| {
        let dispatch = &stage.dispatch;
        async move {
            let queued = dispatch.queue(VAN, command.clone(), at(1)).await;
            assert_eq!(queued.err(), expected, "{command:?}");
        }
    };
    check(Command::Text(String::new()), Some(QueueError::Empty)).await;
    check(Command::Bytes(Vec::new()), Some(QueueError::Empty)).await;
    check(Command::Text("1234".to_owned()), Some(QueueError::TooLong)).await;
    check(Command::Text("123".to_owned()), None).await;
    check(Command::Bytes(vec![0; 3]), None).await;
    check(Command::Output { number: 1, on: false }, None).await;
    assert_eq!(stage.summary(VAN).open_commands_count, 3);
}

#[tokio::test]
async fn a_source_has_room_for_so_many_commands() {
    let stage = Stage::with(DispatchOptions { open_commands_per_source_max: 2, ..DispatchOptions::default() }).await;
    let queue = |source| stage.dispatch.queue(source, reboot(), at(1));
    let first = queue(VAN).await.expect("queued");
    assert!(queue(VAN).await.is_ok());
    assert_eq!(queue(VAN).await, Err(QueueError::Full));
    assert!(queue(CAB).await.is_ok(), "another source has its own room");
    stage.dispatch.advance_command(first, CommandState::Sent, at(2)).await.expect("moved");
    assert_eq!(queue(VAN).await, Err(QueueError::Full), "a sent command has no answer yet");
    stage.dispatch.advance_command(first, CommandState::Confirmed, at(3)).await.expect("moved");
    assert!(queue(VAN).await.is_ok());
}

#[tokio::test]
async fn late_and_double_answers_change_nothing() {
    let stage = Stage::new().await;
    let id = stage.dispatch.queue(VAN, reboot(), at(1)).await.expect("queued");
    let steps = [
        (CommandState::Queued, false),
        (CommandState::Sent, true),
        (CommandState::Sent, false),
        (CommandState::Confirmed, true),
        (CommandState::Confirmed, false),
        (CommandState::Failed, false),
        (CommandState::Expired, false),
    ];
    for (s, (to, moves)) in (2..).zip(steps) {
        assert_eq!(stage.dispatch.advance_command(id, to, at(s)).await, Ok(moves), "{to:?}");
    }
    let command = stage.dispatch.command(id).await.expect("read").expect("there");
    assert_eq!((command.state, command.changed), (CommandState::Confirmed, at(5)));
    let unknown = stage.dispatch.advance_command(CommandId(99), CommandState::Sent, at(9)).await;
    assert_eq!(unknown, Err(AdvanceError::NotFound));
}

#[tokio::test]
async fn waiting_commands_can_be_withdrawn() {
    let stage = Stage::new().await;
    let mut ids = Vec::new();
    for source in [VAN, VAN, VAN, CAB] {
        ids.push(stage.dispatch.queue(source, reboot(), at(1)).await.expect("queued"));
    }
    stage.dispatch.advance_command(ids[0], CommandState::Confirmed, at(2)).await.expect("moved");
    stage.dispatch.advance_command(ids[1], CommandState::Sent, at(2)).await.expect("moved");
    assert_eq!(stage.dispatch.withdraw_commands(VAN, at(3)).await, Ok(2));
    assert_eq!(stage.dispatch.withdraw_commands(VAN, at(4)).await, Ok(0));
    let mut states = Vec::new();
    for id in ids {
        states.push(stage.dispatch.command(id).await.expect("read").expect("there").state);
    }
    use CommandState::{Confirmed, Failed, Queued};
    assert_eq!(states, [Confirmed, Failed, Failed, Queued]);
    assert_eq!((stage.summary(VAN).open_commands_count, stage.summary(CAB).open_commands_count), (0, 1));
}
