use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{Command, CommandId, CommandState, SourceId, Timestamp};
use proptest::prelude::*;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::{CAB, Stage, VAN, at};
use crate::{Answered, Carried, Courier, Dispatch, Going, Road};

fn now() -> Timestamp {
    at(100)
}

/// A way on which tests decide what happens.
#[derive(Default)]
struct Way {
    is_up: AtomicBool,
    /// Commands that are on the way, with whoever waits for what becomes of them.
    going: Mutex<Vec<(SourceId, Command, oneshot::Sender<Carried>)>>,
}

impl Road for Way {
    fn is_up(&self, _: SourceId) -> bool {
        self.is_up.load(Ordering::SeqCst)
    }

    fn carry(&self, source: SourceId, command: Command) -> Going<Carried> {
        let (tell, told) = oneshot::channel();
        self.going.lock().expect("sound").push((source, command, tell));
        Box::pin(async move { told.await.unwrap_or(Carried::NotSent) })
    }
}

impl Way {
    fn up() -> Arc<Self> {
        let way = Self::default();
        way.is_up.store(true, Ordering::SeqCst);
        Arc::new(way)
    }

    fn take(&self) -> Option<(SourceId, Command, oneshot::Sender<Carried>)> {
        let mut going = self.going.lock().expect("sound");
        (!going.is_empty()).then(|| going.remove(0))
    }

    /// The next command on the way, and who waits for what becomes of it.
    async fn next(&self) -> (SourceId, String, oneshot::Sender<Carried>) {
        let (source, command, tell) = until(|| self.take()).await;
        let Command::Text(text) = command else { panic!("{command:?}") };
        (source, text, tell)
    }

    /// Takes the next command along; `None` for an answer that is still to come.
    async fn carry_next(&self, answer: Option<Answered>) -> String {
        let (_, text, tell) = self.next().await;
        let answer: Going<Answered> = match answer {
            Some(answer) => Box::pin(std::future::ready(answer)),
            None => Box::pin(std::future::pending()),
        };
        assert!(tell.send(Carried::Sent(answer)).is_ok(), "somebody waits");
        text
    }
}

/// Waits for what another task or thread brings about.
async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("in good time")
}

async fn courier(stage: &Stage, way: &Arc<Way>) -> Arc<Courier> {
    Courier::start(stage.dispatch.clone(), way.clone(), now).await.expect("started")
}

async fn queue(stage: &Stage, source: SourceId, text: &str) -> CommandId {
    stage.dispatch.queue(source, Command::Text(text.to_owned()), at(1)).await.expect("queued")
}

async fn state(stage: &Stage, id: CommandId) -> CommandState {
    stage.dispatch.command(id).await.expect("read").expect("there").state
}

async fn until_state(stage: &Stage, id: CommandId, wanted: CommandState) {
    let wait = async {
        while state(stage, id).await != wanted {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("{id:?} is never {wanted:?}"));
}

/// Waits until a courier has nothing under way.
async fn until_idle(courier: &Courier) {
    let wait = async {
        while courier.is_busy() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("in good time");
}

#[tokio::test]
async fn kept_commands_go_out_when_the_device_comes_oldest_first_and_one_by_one() {
    let stage = Stage::new().await;
    let (first, second) = (queue(&stage, VAN, "1").await, queue(&stage, VAN, "2").await);
    let way = Arc::new(Way::default());
    let courier = courier(&stage, &way).await;
    assert!(!courier.reachable(CAB), "nothing waits for it");
    way.is_up.store(true, Ordering::SeqCst);
    assert!(courier.reachable(VAN));
    let (source, text, tell) = way.next().await;
    assert_eq!((source, text.as_str()), (VAN, "1"));
    assert_eq!(state(&stage, first).await, CommandState::Sent, "durable before it goes");
    let (answer, answered) = oneshot::channel();
    let answered: Going<Answered> = Box::pin(async move { answered.await.unwrap_or(Answered::Nothing) });
    assert!(tell.send(Carried::Sent(answered)).is_ok());
    assert!(courier.reachable(VAN), "still on their way");
    assert_eq!(state(&stage, second).await, CommandState::Queued);
    assert!(way.take().is_none(), "one at a time");
    answer.send(Answered::Yes).expect("somebody waits");
    assert_eq!(way.carry_next(Some(Answered::No)).await, "2");
    until_state(&stage, second, CommandState::Failed).await;
    assert_eq!(state(&stage, first).await, CommandState::Confirmed);
    until_idle(&courier).await;
    assert!(!courier.reachable(VAN), "all are gone");
}

#[tokio::test]
async fn a_command_for_a_device_that_is_there_goes_at_once() {
    let stage = Stage::new().await;
    let way = Way::up();
    let courier = courier(&stage, &way).await;
    let first = queue(&stage, VAN, "1").await;
    let other = queue(&stage, CAB, "other").await;
    let mut seen = [way.carry_next(Some(Answered::Yes)).await, way.carry_next(Some(Answered::Yes)).await];
    seen.sort_unstable();
    assert_eq!(seen, ["1", "other"]);
    until_state(&stage, first, CommandState::Confirmed).await;
    until_state(&stage, other, CommandState::Confirmed).await;
    until_idle(&courier).await;
}

#[tokio::test]
async fn a_command_that_could_not_be_sent_waits_again_and_one_that_never_can_has_failed() {
    let stage = Stage::new().await;
    let way = Way::up();
    let courier = courier(&stage, &way).await;
    let (first, second) = (queue(&stage, VAN, "1").await, queue(&stage, VAN, "2").await);
    let (_, text, tell) = way.next().await;
    assert_eq!(text, "1");
    way.is_up.store(false, Ordering::SeqCst);
    assert!(tell.send(Carried::NotSent).is_ok());
    until_state(&stage, first, CommandState::Queued).await;
    until_idle(&courier).await;
    assert!(way.take().is_none());

    way.is_up.store(true, Ordering::SeqCst);
    assert!(courier.reachable(VAN));
    let (_, text, tell) = way.next().await;
    assert_eq!(text, "1", "the order is kept");
    assert!(tell.send(Carried::Impossible).is_ok());
    assert_eq!(way.carry_next(Some(Answered::Yes)).await, "2");
    until_state(&stage, second, CommandState::Confirmed).await;
    assert_eq!(state(&stage, first).await, CommandState::Failed);
}

/// The device stays, so that nobody says when its way is free again.
#[tokio::test]
async fn a_command_that_others_held_up_is_not_left_until_the_device_comes_anew() {
    let stage = Stage::new().await;
    let way = Way::up();
    let courier = courier(&stage, &way).await;
    let first = queue(&stage, VAN, "1").await;
    let (_, _, tell) = way.next().await;
    assert!(tell.send(Carried::Busy).is_ok());
    until_state(&stage, first, CommandState::Queued).await;
    assert!(way.take().is_none(), "others are left alone for a while");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    assert_eq!(way.carry_next(Some(Answered::Yes)).await, "1");
    until_state(&stage, first, CommandState::Confirmed).await;

    let second = queue(&stage, VAN, "2").await;
    let (_, _, tell) = way.next().await;
    assert!(tell.send(Carried::Busy).is_ok());
    until_state(&stage, second, CommandState::Queued).await;
    courier.stop().await;
    assert!(!courier.is_busy(), "a stop waits for no pause");
}

#[tokio::test]
async fn a_command_without_an_answer_is_not_sent_again_and_expires() {
    let stage = Stage::new().await;
    let way = Way::up();
    let courier = courier(&stage, &way).await;
    let first = queue(&stage, VAN, "1").await;
    assert_eq!(way.carry_next(Some(Answered::Nothing)).await, "1");
    let second = queue(&stage, VAN, "2").await;
    assert_eq!(way.carry_next(Some(Answered::Yes)).await, "2");
    until_state(&stage, second, CommandState::Confirmed).await;
    until_idle(&courier).await;
    assert!(!courier.reachable(VAN));
    assert_eq!(state(&stage, first).await, CommandState::Sent);
    stage.dispatch.expire(at(1 + 86_400)).await.expect("done");
    assert_eq!(state(&stage, first).await, CommandState::Expired);
}

/// A server that can be killed.
struct Life {
    runtime: Runtime,
    stage: Stage,
    way: Arc<Way>,
    courier: Arc<Courier>,
}

impl Life {
    fn begin() -> Self {
        let runtime = runtime();
        let stage = runtime.block_on(Stage::new());
        Self::go_on(runtime, stage)
    }

    fn go_on(runtime: Runtime, stage: Stage) -> Self {
        let way = Way::up();
        let courier = runtime.block_on(courier(&stage, &way));
        Self { runtime, stage, way, courier }
    }

    /// Whatever is under way ends where it is. Then it starts again.
    fn crash(self) -> Self {
        let Self { runtime: old, stage: Stage { dir, options, dispatch }, courier, .. } = self;
        drop(old);
        drop((courier, dispatch));
        let runtime = runtime();
        let dispatch = runtime.block_on(Dispatch::open(dir.path(), options.clone(), at(2))).expect("opened");
        Self::go_on(runtime, Stage { dir, options, dispatch })
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn after_a_crash_what_had_gone_is_not_sent_again_and_what_waited_is() {
    let life = Life::begin();
    let (stage, way) = (&life.stage, &life.way);
    let (first, second, _tell) = life.runtime.block_on(async {
        let (first, second) = (queue(stage, VAN, "1").await, queue(stage, VAN, "2").await);
        // Nobody ever hears what became of it.
        let (_, text, tell) = way.next().await;
        assert_eq!((text.as_str(), state(stage, first).await), ("1", CommandState::Sent));
        (first, second, tell)
    });
    let Life { runtime, stage, way, courier } = life.crash();
    runtime.block_on(async {
        assert!(courier.reachable(VAN));
        assert_eq!(way.carry_next(Some(Answered::Yes)).await, "2");
        until_state(&stage, second, CommandState::Confirmed).await;
        assert_eq!(state(&stage, first).await, CommandState::Sent);
        until_idle(&courier).await;
        assert!(!courier.reachable(VAN));
    });
}

#[tokio::test]
async fn what_is_withdrawn_or_over_is_not_sent() {
    let stage = Stage::new().await;
    queue(&stage, VAN, "withdrawn").await;
    queue(&stage, CAB, "withdrawn").await;
    let way = Arc::new(Way::default());
    let courier = courier(&stage, &way).await;
    for source in [VAN, CAB] {
        stage.dispatch.withdraw_commands(source, at(2)).await.expect("done");
    }
    assert!(!courier.reachable(CAB), "nothing waits any more");
    way.is_up.store(true, Ordering::SeqCst);
    let text = |text: &str| Command::Text(text.to_owned());
    let over = stage.dispatch.queue_until(VAN, text("over"), now(), at(1)).await.expect("queued");
    let soon = stage.dispatch.queue_until(VAN, text("soon"), now().plus_ms(1), at(1)).await.expect("queued");
    assert_eq!(way.carry_next(Some(Answered::Yes)).await, "soon");
    until_state(&stage, soon, CommandState::Confirmed).await;
    assert_eq!(state(&stage, over).await, CommandState::Queued);
    stage.dispatch.expire(now()).await.expect("done");
    assert_eq!(state(&stage, over).await, CommandState::Expired);
}

#[tokio::test]
async fn an_end_in_good_order_puts_back_what_was_not_sent_and_waits_for_no_answer() {
    let stage = Stage::new().await;
    let way = Way::up();
    let courier = courier(&stage, &way).await;
    let (sent, unsent) = (queue(&stage, VAN, "sent").await, queue(&stage, CAB, "unsent").await);
    let mut unsent_goes = None;
    for _ in 0..2 {
        let (source, _, tell) = way.next().await;
        if source == VAN {
            assert!(tell.send(Carried::Sent(Box::pin(std::future::pending()))).is_ok());
        } else {
            unsent_goes = Some(tell);
        }
    }
    let stop = {
        let courier = courier.clone();
        tokio::spawn(async move { courier.stop().await })
    };
    // As the connections do when they end.
    drop(unsent_goes);
    tokio::time::timeout(Duration::from_secs(20), stop).await.expect("in good time").expect("no panic");
    assert_eq!((state(&stage, sent).await, state(&stage, unsent).await), (CommandState::Sent, CommandState::Queued));
    assert!(!courier.reachable(CAB), "nothing more is begun");
}

/// What can happen while commands wait.
#[derive(Clone, Copy, Debug)]
enum Step {
    Queue,
    Up(bool),
    Reachable,
    Sent(Answered),
    NotSent,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Queue),
        2 => any::<bool>().prop_map(Step::Up),
        3 => Just(Step::Reachable),
        1 => Just(Step::Sent(Answered::Yes)),
        1 => Just(Step::Sent(Answered::No)),
        1 => Just(Step::Sent(Answered::Nothing)),
        1 => Just(Step::NotSent),
        1 => Just(Step::Crash),
    ]
}

fn play(steps: Vec<Step>) {
    let mut life = Life::begin();
    let mut queued = Vec::new();
    let mut sent = Vec::new();
    for step in steps {
        if matches!(step, Step::Crash) {
            life = life.crash();
            continue;
        }
        let Life { runtime, stage, way, courier } = &life;
        runtime.block_on(async {
            match step {
                Step::Queue => queued.push(queue(stage, VAN, &queued.len().to_string()).await),
                Step::Up(up) => way.is_up.store(up, Ordering::SeqCst),
                Step::Reachable => {
                    courier.reachable(VAN);
                }
                Step::Sent(answer) => sent.extend(carry_if_any(way, answer)),
                Step::NotSent => drop(way.take()),
                Step::Crash => {}
            }
            tokio::task::yield_now().await;
        });
    }
    let Life { runtime, stage, way, courier } = &life;
    runtime.block_on(async {
        // In the end the device stays and answers everything. What was queued is told of once another write is done.
        stage.dispatch.mark_read(Vec::new()).await.expect("done");
        way.is_up.store(true, Ordering::SeqCst);
        courier.reachable(VAN);
        while courier.is_busy() {
            sent.extend(carry_if_any(way, Answered::Yes));
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        for id in queued {
            assert_ne!(state(stage, id).await, CommandState::Queued, "none is left");
        }
    });
    assert!(sent.is_sorted_by(|a, b| a < b), "each once at most, in order: {sent:?}");
}

/// The number of the next command, if there is one, which is taken along.
fn carry_if_any(way: &Way, answer: Answered) -> Option<usize> {
    let (_, command, tell) = way.take()?;
    let Command::Text(text) = command else { panic!("{command:?}") };
    // After a crash nobody waits.
    let _ = tell.send(Carried::Sent(Box::pin(std::future::ready(answer))));
    Some(text.parse().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_command_is_sent_twice_and_none_is_left(steps in proptest::collection::vec(step(), 0..20)) {
        play(steps);
    }
}
