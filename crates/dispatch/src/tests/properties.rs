//! Any interleaving of office, driver, device, time and restarts, against a model that a child could follow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use model::{Command, CommandId, CommandState, DriverEventKind, MessageId, MessageStatus, SourceId, Timestamp};
use proptest::prelude::*;

use super::{ANN, CAB, Stage, VAN, at};
use crate::{DispatchEvent, DispatchOptions, MessageError, QueueError, Summary};

const LIFETIME_S: i64 = 20;
const ROOM: u32 = 3;

#[derive(Clone, Debug)]
enum Step {
    Send(SourceId, Option<u8>),
    Receive(SourceId, u8),
    /// The application of a driver comes or goes.
    App(SourceId, bool),
    Advance(u64, MessageStatus),
    MarkRead(u64),
    Queue(SourceId),
    AdvanceCommand(u64, CommandState),
    Withdraw(SourceId),
    Wait(i64),
    Restart,
}

fn source() -> impl Strategy<Value = SourceId> {
    prop_oneof![Just(VAN), Just(CAB)]
}

fn step() -> impl Strategy<Value = Step> {
    let guid = || proptest::option::of(0..3_u8);
    let status = proptest::sample::select(&MessageStatus::ALL[..]);
    let state = proptest::sample::select(&CommandState::ALL[..]);
    prop_oneof![
        4 => (source(), guid()).prop_map(|(s, g)| Step::Send(s, g)),
        3 => (source(), any::<u8>()).prop_map(|(s, g)| Step::Receive(s, g)),
        3 => (source(), any::<bool>()).prop_map(|(s, up)| Step::App(s, up)),
        6 => (1..12_u64, status).prop_map(|(id, to)| Step::Advance(id, to)),
        2 => (1..12_u64).prop_map(Step::MarkRead),
        4 => source().prop_map(Step::Queue),
        4 => (1..8_u64, state).prop_map(|(id, to)| Step::AdvanceCommand(id, to)),
        1 => source().prop_map(Step::Withdraw),
        3 => (1..15_i64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

#[derive(Clone, PartialEq, Debug)]
struct Message {
    source: SourceId,
    incoming: bool,
    guid: Option<u8>,
    submitted_s: i64,
    status: MessageStatus,
    changed_s: i64,
    is_read: bool,
}

/// What should be.
#[derive(Default)]
struct Model {
    messages: BTreeMap<u64, Message>,
    commands: BTreeMap<u64, (SourceId, i64, CommandState)>,
    /// Sources whose driver's application is up.
    up: BTreeSet<SourceId>,
    /// Status of each message to a driver, by what was told.
    told: BTreeMap<u64, MessageStatus>,
    now_s: i64,
}

impl Model {
    fn summary(&self, source: SourceId) -> Summary {
        let ours = || self.messages.values().filter(|m| m.source == source);
        let count = |n: usize| u32::try_from(n).expect("few");
        Summary {
            unread_count: count(ours().filter(|m| m.incoming && !m.is_read).count()),
            undelivered_count: count(ours().filter(|m| !m.incoming && m.status.is_waiting()).count()),
            updated: ours().map(|m| at(m.changed_s)).max(),
            open_commands_count: count(self.commands.values().filter(|c| c.0 == source && c.2.is_open()).count()),
        }
    }

    /// The id of the message that adding this one comes to; `None` where there is no room.
    fn add(&mut self, source: SourceId, incoming: bool, guid: Option<u8>) -> Option<u64> {
        let same = |m: &Message| m.source == source && m.incoming == incoming && m.guid == guid;
        let earlier = self.messages.iter().rev().find(|(_, m)| guid.is_some() && same(m));
        if let Some((id, _)) = earlier {
            return Some(*id);
        }
        if !incoming && self.summary(source).undelivered_count >= ROOM {
            return None;
        }
        let status = match (incoming, self.up.contains(&source)) {
            (true, _) => MessageStatus::Delivered,
            (false, true) => MessageStatus::Stored,
            (false, false) => MessageStatus::Pending,
        };
        let (submitted_s, changed_s) = (self.now_s, self.now_s);
        let id = self.messages.len() as u64 + 1;
        self.messages
            .insert(id, Message { source, incoming, guid, submitted_s, status, changed_s, is_read: !incoming });
        Some(id)
    }

    /// The applications of these sources are away.
    fn gone(&mut self, sources: &[SourceId]) {
        let now_s = self.now_s;
        self.up.retain(|source| !sources.contains(source));
        for m in self.messages.values_mut().filter(|m| !m.incoming && sources.contains(&m.source)) {
            if m.status == MessageStatus::Stored {
                (m.status, m.changed_s) = (MessageStatus::Pending, now_s);
            }
        }
    }

    /// What was told has to go forward, and to say in the end what is so.
    fn hear(&mut self, events: Vec<DispatchEvent>) {
        for event in events {
            match event {
                DispatchEvent::Sent { message, .. } => {
                    let earlier = self.told.insert(message.id.0, message.status);
                    assert_eq!(earlier, None, "told twice");
                }
                DispatchEvent::Moved { message, status, .. } => {
                    let earlier = self.told.insert(message.0, status).expect("told of before");
                    assert_eq!(earlier.next(status), Some(status), "{earlier:?} to {status:?}");
                }
                _ => {}
            }
        }
        let is: BTreeMap<u64, MessageStatus> =
            self.messages.iter().filter(|(_, m)| !m.incoming).map(|(id, m)| (*id, m.status)).collect();
        assert_eq!(self.told, is);
    }

    fn expire(&mut self) {
        let now_s = self.now_s;
        for m in self.messages.values_mut().filter(|m| !m.incoming && m.status.is_waiting()) {
            if m.submitted_s + LIFETIME_S < now_s {
                (m.status, m.changed_s) = (MessageStatus::Failed, now_s);
            }
        }
        for c in self.commands.values_mut().filter(|c| c.2.is_open() && c.1 + LIFETIME_S <= now_s) {
            c.2 = CommandState::Expired;
        }
    }
}

/// What is up, where the store asks.
type Up = Arc<Mutex<BTreeSet<SourceId>>>;

fn attend(stage: &Stage, up: &Up) {
    let up = Arc::clone(up);
    stage.dispatch.on_presence(Box::new(move |source| up.lock().expect("not poisoned").contains(&source)));
}

async fn take(stage: Stage, model: &mut Model, step: Step, up: &Up) -> Stage {
    let (dispatch, now) = (&stage.dispatch, at(model.now_s));
    let guid_text = |guid: Option<u8>| guid.map(|n| n.to_string());
    match step {
        Step::Send(source, guid) => {
            let sent = dispatch.send(source, ANN, "x".to_owned(), guid_text(guid), now).await;
            let count = model.messages.len();
            let expected = model.add(source, false, guid).ok_or(MessageError::TooManyWaiting);
            let sent = sent.map(|sent| {
                assert_eq!(sent.is_new, model.messages.len() > count);
                assert_eq!(sent.status, model.messages[&sent.id.0].status);
                sent.id.0
            });
            assert_eq!(sent, expected);
        }
        Step::Receive(source, guid) => {
            let kind = DriverEventKind::Text { text: "y".to_owned() };
            let (_, is_new) = stage.record(source, &guid.to_string(), kind, model.now_s).await.expect("recorded");
            let count = model.messages.len();
            model.add(source, true, Some(guid));
            assert_eq!(is_new, model.messages.len() > count);
        }
        Step::App(source, true) => {
            up.lock().expect("not poisoned").insert(source);
            model.up.insert(source);
        }
        Step::App(source, false) => {
            up.lock().expect("not poisoned").remove(&source);
            dispatch.app_gone(source, now).await.expect("done");
            model.gone(&[source]);
        }
        Step::Advance(id, to) => {
            let moved = dispatch.advance(MessageId(id), to, now).await;
            let message = model.messages.get_mut(&id).filter(|m| !m.incoming);
            assert_eq!(moved.is_ok(), message.is_some());
            if let Some(message) = message {
                // In the order 0, 1, 3, 4, 5; and 2 only from the first three.
                let from = message.status;
                let allowed = match to {
                    MessageStatus::Failed => from.is_waiting(),
                    _ => from != MessageStatus::Failed && to > from,
                };
                assert_eq!(moved, Ok(allowed), "{from:?} to {to:?}");
                if allowed {
                    (message.status, message.changed_s) = (to, model.now_s);
                }
            }
        }
        Step::MarkRead(id) => {
            dispatch.mark_read(vec![MessageId(id)]).await.expect("marked");
            model.messages.get_mut(&id).into_iter().for_each(|m| m.is_read = true);
        }
        Step::Queue(source) => {
            let queued = dispatch.queue(source, Command::Text("z".to_owned()), now).await;
            if model.summary(source).open_commands_count >= ROOM {
                assert_eq!(queued, Err(QueueError::Full));
            } else {
                let id = model.commands.len() as u64 + 1;
                assert_eq!(queued, Ok(CommandId(id)));
                model.commands.insert(id, (source, model.now_s, CommandState::Queued));
            }
        }
        Step::AdvanceCommand(id, to) => {
            let moved = dispatch.advance_command(CommandId(id), to, now).await;
            let command = model.commands.get_mut(&id);
            assert_eq!(moved.is_ok(), command.is_some());
            if let Some((_, _, state)) = command {
                let allowed = state.is_open() && to != CommandState::Queued && to != *state;
                assert_eq!(moved, Ok(allowed), "{state:?} to {to:?}");
                if allowed {
                    *state = to;
                }
            }
        }
        Step::Withdraw(source) => {
            let withdrawn = dispatch.withdraw_commands(source, now).await;
            let open: Vec<_> = model.commands.values_mut().filter(|c| c.0 == source && c.2.is_open()).collect();
            assert_eq!(withdrawn, Ok(open.len()));
            open.into_iter().for_each(|c| c.2 = CommandState::Failed);
        }
        Step::Wait(s) => {
            model.now_s += s;
            dispatch.expire(at(model.now_s)).await.expect("done");
            model.expire();
        }
        Step::Restart => {
            up.lock().expect("not poisoned").clear();
            let stage = stage.reopen(now).await;
            let heard = stage.listen();
            attend(&stage, up);
            stage.dispatch.apps_gone(now).await.expect("done");
            // As after any start, what was told before is looked up.
            model.gone(&[VAN, CAB]);
            let events = stage.told(&heard).await;
            model.hear(events);
            return stage;
        }
    }
    stage
}

async fn compare(stage: &Stage, model: &Model) {
    for source in [VAN, CAB] {
        assert_eq!(stage.summary(source), model.summary(source), "{source}");
        let seen: Vec<(u64, MessageStatus, bool, Timestamp)> =
            stage.messages(source).await.iter().map(|m| (m.id.0, m.status, m.is_read, m.submitted)).collect();
        let expected: Vec<_> = model
            .messages
            .iter()
            .filter(|(_, m)| m.source == source)
            .map(|(id, m)| (*id, m.status, m.is_read, at(m.submitted_s)))
            .collect();
        assert_eq!(seen, expected, "{source}");
        let open: Vec<u64> = stage.dispatch.open_commands(source).await.expect("read").iter().map(|c| c.id.0).collect();
        let expected: Vec<u64> =
            model.commands.iter().filter(|(_, c)| c.0 == source && c.2.is_open()).map(|(id, _)| *id).collect();
        assert_eq!(open, expected, "{source}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_keeps_what_was_taken_in_and_never_goes_back(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let options = DispatchOptions {
                undelivered_per_source_max: ROOM,
                open_commands_per_source_max: ROOM,
                message_lifetime_s: LIFETIME_S as u32,
                command_lifetime_s: LIFETIME_S as u32,
                ..DispatchOptions::default()
            };
            let mut stage = Stage::with(options).await;
            let (mut model, up) = (Model::default(), Up::default());
            attend(&stage, &up);
            for step in steps {
                let heard = stage.listen();
                stage = take(stage, &mut model, step, &up).await;
                let events = stage.told(&heard).await;
                model.hear(events);
                compare(&stage, &model).await;
            }
        });
    }
}
