//! Connections of devices, and the way of orders down to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use engine::{
    Connection, EngineOptions, Given, Link, LinkKind, NoReply, OrderError, OrderLimits, Ordered, Source, Watch,
};
use fleet::NewDevice;
use live::LaneKind;
use model::{Command, CommandReply, Order, SourceId, TrackerId};
use proptest::prelude::*;
use tokio::task::JoinHandle;

use crate::stage::{Stage, now, options, report, said, set_now};

const UP: &str = "device up";
const DOWN: &str = "device down";

fn follow(stage: &Stage, tracker: TrackerId, source: &Source) -> (Arc<Connection>, Watch) {
    let connection = stage.engine.connect();
    stage.engine.attach(stage.session.id, stage.session.user, &connection);
    let lane = connection.open_lane(stage.session.id, LaneKind::Feed).expect("a lane");
    let (watch, ..) = stage.engine.follow(&connection, lane, tracker, source, None);
    (connection, watch)
}

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

fn reply(text: &str) -> CommandReply {
    CommandReply { text: text.to_owned(), lines: Vec::new() }
}

/// The order that has come to a connection.
fn given(link: &Link) -> Option<Given> {
    match link.poll_order(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(given) => Some(given),
        Poll::Pending => None,
    }
}

/// The order that has come, taken up.
fn taken(link: &Link) -> Given {
    let given = given(link).expect("an order");
    assert!(given.take_up());
    given
}

/// Asks, as far as that goes without an answer.
async fn ask(stage: &Stage, source: &Source, order: Order) -> JoinHandle<Result<Ordered, OrderError>> {
    let (engine, source) = (stage.engine.clone(), source.id());
    let asked = tokio::spawn(async move { engine.order(source, order).await });
    tokio::task::yield_now().await;
    asked
}

async fn outcome(asked: JoinHandle<Result<Ordered, OrderError>>) -> Result<Ordered, OrderError> {
    asked.await.expect("no panic")
}

#[tokio::test]
async fn a_device_is_there_from_its_first_connection_to_its_last() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = follow(&stage, tracker, &source);
    let first = stage.engine.link(&source, LinkKind::Lasting);
    assert_eq!((said(&connection), stage.engine.is_up(source.id())), (vec![UP.to_owned()], true));
    let second = stage.engine.link(&source, LinkKind::Lasting);
    drop(first);
    assert_eq!((said(&connection), stage.engine.is_up(source.id())), (vec![], true));
    drop(second);
    assert_eq!((said(&connection), stage.engine.is_up(source.id())), (vec![DOWN.to_owned()], false));
    assert!(!stage.engine.is_up(SourceId(4_000_000)));
}

#[tokio::test]
async fn a_device_that_connects_for_each_message_is_there_until_it_counts_as_offline() {
    set_now(0);
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = follow(&stage, tracker, &source);
    let mut link = stage.engine.link(&source, LinkKind::Passing);
    stage.store(&source, vec![report(0)]).await;
    link.heard();
    drop(link);
    let news = |connection: &Connection| -> Vec<String> {
        said(connection).into_iter().filter(|news| news.starts_with("device")).collect()
    };
    assert_eq!((news(&connection), stage.engine.is_up(source.id())), (vec![UP.to_owned()], true));

    let offline_s = i64::from(options().timing.offline_s);
    set_now(offline_s);
    stage.engine.let_time_pass(now());
    assert_eq!(news(&connection), [""; 0]);
    set_now(offline_s + 1);
    stage.engine.let_time_pass(now());
    assert_eq!((news(&connection), stage.engine.is_up(source.id())), (vec![DOWN.to_owned()], false));

    // On a connection that it keeps after all, it is there as long as that, and then while it is not offline.
    let mut link = stage.engine.link(&source, LinkKind::Passing);
    stage.store(&source, vec![report(offline_s)]).await;
    link.heard();
    set_now(2 * offline_s + 2);
    stage.engine.let_time_pass(now());
    assert_eq!(news(&connection), [UP]);
    drop(link);
    assert_eq!(news(&connection), [DOWN]);
}

#[tokio::test]
async fn an_address_shows_no_longer_than_the_device_speaks_that_it_is_there() {
    set_now(0);
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let mut link = stage.engine.link(&source, LinkKind::Address);
    assert!(!stage.engine.is_up(source.id()));
    stage.store(&source, vec![report(0)]).await;
    link.heard();
    assert!(stage.engine.is_up(source.id()));
    set_now(i64::from(options().timing.offline_s) + 1);
    stage.engine.let_time_pass(now());
    assert!(!stage.engine.is_up(source.id()));
}

#[tokio::test]
async fn orders_go_to_the_address_that_the_device_spoke_from_last() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let mut first = stage.engine.link(&source, LinkKind::Address);
    let second = stage.engine.link(&source, LinkKind::Address);
    let third = stage.engine.link(&source, LinkKind::Address);
    first.heard();
    let asked = ask(&stage, &source, Order::ReadLevels).await;
    assert!(given(&second).is_none() && given(&third).is_none());
    taken(&first).written();
    outcome(asked).await.expect("written");
}

/// An acknowledgement was lost, and the device says again what it had said days ago: nothing is folded in.
#[tokio::test]
async fn a_device_that_says_nothing_new_is_there_no_longer_than_its_connection() {
    set_now(0);
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    stage.store(&source, vec![report(0)]).await;
    set_now(1_000_000);
    stage.engine.let_time_pass(now());
    let (connection, _watch) = follow(&stage, tracker, &source);
    let mut link = stage.engine.link(&source, LinkKind::Passing);
    stage.store(&source, vec![report(0)]).await;
    link.heard();
    assert_eq!(said(&connection), [UP]);
    drop(link);
    assert_eq!((said(&connection), stage.engine.is_up(source.id())), (vec![DOWN.to_owned()], false));
    stage.engine.heard(&source);
    assert_eq!((said(&connection), stage.engine.is_up(source.id())), (vec![], false));
}

#[tokio::test]
async fn a_device_without_a_way_down_is_there_until_it_counts_as_offline() {
    set_now(0);
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![report(0)]).await;
    assert!(!stage.engine.is_up(source.id()));
    stage.engine.heard(&source);
    assert!(stage.engine.is_up(source.id()));
    let refused = stage.engine.order(source.id(), Order::ReadLevels).await;
    assert_eq!(refused.expect_err("no way down"), OrderError::Away);
    set_now(i64::from(options().timing.offline_s) + 1);
    stage.engine.let_time_pass(now());
    assert!(!stage.engine.is_up(source.id()));
}

#[tokio::test]
async fn a_device_that_another_replaced_is_there_no_longer() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let mut link = stage.engine.link(&source, LinkKind::Passing);
    stage.store(&source, vec![report(0)]).await;
    link.heard();
    drop(link);
    stage.engine.write_connected().await;
    let new = NewDevice { model: "osmand".into(), plugin: 44, device_id: Some("device-2".into()) };
    stage.fleet.replace_device(&stage.session, tracker, new).await.expect("replaced");
    assert!(!stage.engine.is_up(source.id()));
}

#[tokio::test]
async fn a_device_that_is_away_is_said_to_be_so_at_once() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let refused = stage.engine.order(source.id(), Order::ReadLevels).await;
    assert_eq!(refused.expect_err("away"), OrderError::Away);
    let refused = stage.engine.order(SourceId(4_000_000), Order::ReadLevels).await;
    assert_eq!(refused.expect_err("no such source"), OrderError::Away);
}

#[tokio::test]
async fn an_order_is_written_and_answered() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = follow(&stage, tracker, &source);
    let link = stage.engine.link(&source, LinkKind::Lasting);
    let asked = ask(&stage, &source, text("getver")).await;
    let mut order = taken(&link);
    assert_eq!((order.order(), asked.is_finished()), (&text("getver"), false));
    order.written();
    let ordered = outcome(asked).await.expect("written");
    link.answered(order, CommandReply { lines: vec![(1, 1.0)], ..reply("DI1:1") }, now());
    assert_eq!(ordered.reply().await.expect("an answer").text, "DI1:1");
    assert_eq!(said(&connection), [UP], "levels are told only where they were asked for");
}

#[tokio::test]
async fn levels_that_were_asked_for_are_told_to_all_who_follow() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = follow(&stage, tracker, &source);
    let link = stage.engine.link(&source, LinkKind::Lasting);
    for lines in [vec![(1, 1.0), (179, 0.0)], vec![]] {
        let asked = ask(&stage, &source, Order::ReadLevels).await;
        let mut order = taken(&link);
        order.written();
        link.answered(order, CommandReply { text: String::new(), lines: lines.clone() }, now());
        let answered = outcome(asked).await.expect("written").reply().await.expect("an answer");
        assert_eq!(answered.lines, lines);
    }
    let news = said(&connection);
    assert_eq!(news.len(), 2, "{news:?}");
    assert!(news[1].starts_with("Levels(Levels { at: ") && news[1].ends_with("lines: [(1, 1.0), (179, 0.0)] })"));
}

/// What the connection says of an order, and what the caller hears.
async fn check_end(end: impl FnOnce(Given), wanted: Result<NoReply, OrderError>) {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let link = stage.engine.link(&source, LinkKind::Lasting);
    let asked = ask(&stage, &source, text("x")).await;
    end(given(&link).expect("an order"));
    let heard = match outcome(asked).await {
        Ok(ordered) => Ok(ordered.reply().await.expect_err("no answer")),
        Err(error) => Err(error),
    };
    assert_eq!(heard, wanted);
    // However it ended, the next is given.
    let _asked = ask(&stage, &source, text("y")).await;
    assert_eq!(taken(&link).order(), &text("y"));
}

#[tokio::test]
async fn orders_end_in_one_of_these_ways() {
    check_end(|given| given.refuse(OrderError::NoSuchCommand), Err(OrderError::NoSuchCommand)).await;
    check_end(|given| given.refuse(OrderError::TooLong), Err(OrderError::TooLong)).await;
    check_end(drop, Err(OrderError::Away)).await;
    let written = |then: fn(Given)| {
        move |mut given: Given| {
            given.written();
            then(given);
        }
    };
    check_end(written(drop), Ok(NoReply::Gone)).await;
    check_end(written(|given| given.fail(NoReply::TimedOut)), Ok(NoReply::TimedOut)).await;
    check_end(written(|given| given.fail(NoReply::Never)), Ok(NoReply::Never)).await;
    let no = || NoReply::Refused("no".to_owned());
    check_end(written(|given| given.fail(NoReply::Refused("no".to_owned()))), Ok(no())).await;
}

#[tokio::test]
async fn one_is_under_way_and_a_few_wait_their_turn() {
    let orders = OrderLimits { waiting_max: 2, ..OrderLimits::default() };
    let stage = Stage::with(EngineOptions { orders, ..options() }).await;
    let (_, source) = stage.register("1").await;
    let link = stage.engine.link(&source, LinkKind::Lasting);
    let mut asked = Vec::new();
    for n in ["1", "2", "3"] {
        asked.push(ask(&stage, &source, text(n)).await);
    }
    let refused = outcome(ask(&stage, &source, text("4")).await).await;
    assert_eq!(refused.expect_err("no room"), OrderError::Busy);
    // One who waits gives up: there is room again, and it is never sent.
    asked.remove(1).abort();
    tokio::task::yield_now().await;
    asked.push(ask(&stage, &source, text("5")).await);
    for n in ["1", "3", "5"] {
        let mut order = taken(&link);
        assert_eq!(order.order(), &text(n));
        assert!(given(&link).is_none(), "one at a time");
        order.written();
        link.answered(order, reply("ok"), now());
        let ordered = outcome(asked.remove(0)).await.expect("written");
        assert_eq!(ordered.reply().await, Ok(reply("ok")));
    }
    assert!(given(&link).is_none());
}

#[tokio::test]
async fn the_newest_connection_gets_the_order_and_a_dead_one_gives_it_back() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let old = stage.engine.link(&source, LinkKind::Lasting);
    let new = stage.engine.link(&source, LinkKind::Lasting);
    let first = ask(&stage, &source, text("1")).await;
    let second = ask(&stage, &source, text("2")).await;
    assert!(given(&old).is_none());
    drop(new);
    assert_eq!(outcome(first).await.expect_err("its connection is gone"), OrderError::Away);
    let mut order = taken(&old);
    assert_eq!(order.order(), &text("2"));
    order.written();
    let third = ask(&stage, &source, text("3")).await;
    drop(old);
    drop(order);
    assert_eq!(outcome(second).await.expect("written").reply().await, Err(NoReply::Gone));
    assert_eq!(outcome(third).await.expect_err("nobody is left"), OrderError::Away);
}

#[tokio::test]
async fn who_waits_too_long_gives_up_and_the_order_is_not_sent() {
    let orders = OrderLimits { wait_ms: 1, ..OrderLimits::default() };
    let stage = Stage::with(EngineOptions { orders, ..options() }).await;
    let (_, source) = stage.register("1").await;
    let link = stage.engine.link(&source, LinkKind::Lasting);
    let asked = stage.engine.order(source.id(), text("1")).await;
    assert_eq!(asked.expect_err("never taken up"), OrderError::Busy);
    assert!(!given(&link).expect("an order").take_up(), "its caller has gone");
    // One that was taken up in time is waited for.
    let asked = ask(&stage, &source, text("2")).await;
    let mut order = taken(&link);
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    order.written();
    assert!(outcome(asked).await.is_ok());
}

#[tokio::test]
async fn who_keeps_orders_is_asked_whenever_the_device_can_be_reached() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let (_, other) = stage.register("2").await;
    let asked = Arc::new(AtomicUsize::new(0));
    let (counted, has_one) = (asked.clone(), source.id());
    stage.engine.on_reachable(Box::new(move |source| {
        counted.fetch_add(1, Ordering::SeqCst);
        source == has_one
    }));
    let mut passing = stage.engine.link(&source, LinkKind::Passing);
    assert!(passing.is_expecting() && passing.heard());
    let mut lasting = stage.engine.link(&other, LinkKind::Lasting);
    assert!(!lasting.is_expecting() && !lasting.heard());
    assert_eq!(asked.load(Ordering::SeqCst), 3, "a lasting connection is asked for once");
}

/// What can happen to a device and those who give it orders.
#[derive(Clone, Copy, Debug)]
enum Step {
    Connect,
    Disconnect(usize),
    Ask,
    TakeUp(usize),
    Write(usize),
    Answer(usize),
    GiveUp(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..4usize;
    prop_oneof![
        Just(Step::Connect),
        n.clone().prop_map(Step::Disconnect),
        Just(Step::Ask),
        Just(Step::Ask),
        n.clone().prop_map(Step::TakeUp),
        n.clone().prop_map(Step::TakeUp),
        n.clone().prop_map(Step::Write),
        n.clone().prop_map(Step::Answer),
        n.prop_map(Step::GiveUp),
    ]
}

async fn play(stage: &Stage, source: &Source, steps: Vec<Step>) {
    let mut links: Vec<(Link, Option<Given>)> = Vec::new();
    let mut asked = Vec::new();
    for step in steps {
        match step {
            Step::Connect => links.push((stage.engine.link(source, LinkKind::Lasting), None)),
            Step::Disconnect(n) if n < links.len() => drop(links.remove(n)),
            Step::Ask => asked.push(ask(stage, source, text("x")).await),
            Step::TakeUp(n) => {
                if let Some((link, order @ None)) = links.get_mut(n) {
                    *order = given(link).filter(Given::take_up);
                }
            }
            Step::Write(n) => {
                if let Some((_, Some(order))) = links.get_mut(n) {
                    order.written();
                }
            }
            Step::Answer(n) => {
                if let Some((link, order)) = links.get_mut(n)
                    && let Some(order) = order.take_if(|order| order.is_written())
                {
                    link.answered(order, reply("ok"), now());
                }
            }
            Step::GiveUp(n) if n < asked.len() => {
                asked.remove(n).abort();
                tokio::task::yield_now().await;
            }
            Step::Disconnect(_) | Step::GiveUp(_) => {}
        }
        assert!(links.iter().filter(|(_, order)| order.is_some()).count() <= 1, "one is under way at most");
        assert_eq!(stage.engine.is_up(source.id()), !links.is_empty());
    }
    links.clear();
    for asked in asked {
        // Whatever happened, nobody waits for ever.
        if let Ok(ordered) = outcome(asked).await {
            assert!(matches!(ordered.reply().await, Ok(_) | Err(NoReply::Gone)));
        }
    }
    // And the way is free.
    let link = stage.engine.link(source, LinkKind::Lasting);
    let last = ask(stage, source, text("last")).await;
    let mut order = taken(&link);
    order.written();
    assert!(outcome(last).await.is_ok());
}

#[test]
fn no_order_of_events_loses_the_way() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (stage, source) = runtime.block_on(async {
        let stage = Stage::new().await;
        let (_, source) = stage.register("1").await;
        (stage, source)
    });
    let mut runner = proptest::test_runner::TestRunner::default();
    let steps = proptest::collection::vec(step(), 0..30);
    let outcome = runner.run(&steps, |steps| {
        runtime.block_on(play(&stage, &source, steps));
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}
