//! Commands in answers.

use model::{Command, Order};
use proptest::prelude::*;

use super::{get, osmand};
use crate::testing::{Host, Seen};
use crate::{Identified, Limits, OrderId, OrderRefused, Output, Progress, Session, Stored, Ticket, family};
use model::Timestamp;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const FAULT: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

fn ok_with(text: &str) -> String {
    let length = text.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{text}")
}

fn from(device: &str) -> Vec<u8> {
    get(&format!("id={device}&lat=52&lon=13"))
}

fn known() -> Host {
    let mut host = Host::new(osmand(), &Limits::default());
    host.feed(&from("1"));
    host
}

/// What is sent after the first answer, and what was said of orders.
fn after(host: Host) -> (String, Vec<Seen>) {
    let trace = host.trace();
    let sent = String::from_utf8(trace.sent).expect("text");
    let ordered = trace.seen.into_iter().filter(|seen| matches!(seen, Seen::Ordered(..))).collect();
    (sent.strip_prefix(OK).expect("the first").to_owned(), ordered)
}

fn written(id: u64) -> Seen {
    Seen::Ordered(OrderId(id), Progress::Sent { awaits_reply: false })
}

fn timed_out(id: u64) -> Seen {
    Seen::Ordered(OrderId(id), Progress::TimedOut)
}

#[test]
fn a_command_is_the_body_of_the_next_answer() {
    let mut host = known();
    assert_eq!(host.order(1, &text("trace=on")), Ok(()));
    assert_eq!(host.order(2, &text("trace=off")), Err(OrderRefused::Busy));
    host.feed(&from("1"));
    assert_eq!(host.order(3, &text("dépôt")), Ok(()));
    host.feed(&from("1"));
    host.feed(&from("1"));
    let sent = [ok_with("trace=on"), ok_with("dépôt"), OK.to_owned()].concat();
    assert_eq!(after(host), (sent, vec![written(1), written(3)]));
}

#[test]
fn only_words_are_carried() {
    let refused = |order: Order, why: OrderRefused| assert_eq!(known().order(1, &order), Err(why), "{order:?}");
    refused(Order::ReadLevels, OrderRefused::NoSuchCommand);
    refused(Order::Do(Command::Output { number: 1, on: true }), OrderRefused::NoSuchCommand);
    refused(Order::Do(Command::Bytes(vec![1])), OrderRefused::NoSuchCommand);
    refused(text(""), OrderRefused::NoSuchCommand);
    refused(text(&"x".repeat(8_193)), OrderRefused::TooLong);
    let mut nobody = Host::new(osmand(), &Limits::default());
    assert_eq!(nobody.order(1, &text("x")), Err(OrderRefused::NotIdentified));
    let mut ngp = Host::new(family("ngp").expect("is registered"), &Limits::default());
    assert_eq!(ngp.order(1, &text("x")), Err(OrderRefused::NoSuchCommand));
}

#[test]
fn an_answer_that_has_no_room_or_is_no_good_news_carries_none() {
    let mut host = known();
    assert_eq!(host.order(1, &text("go")), Ok(()));
    host.feed(b"HEAD /?id=1&lat=52&lon=13 HTTP/1.1\r\n\r\n");
    host.outcome = Stored::Failed;
    host.feed(&from("1"));
    host.outcome = Stored::Ok;
    host.feed(&from("1"));
    assert_eq!(after(host), ([OK, FAULT, &ok_with("go")].concat(), vec![written(1)]));
}

#[test]
fn it_is_for_one_device_and_for_a_short_time() {
    let mut host = known();
    assert_eq!(host.order(1, &text("go")), Ok(()));
    assert_eq!(host.due_in_ms(), Some(5_000));
    host.tick_after_ms(5_000);
    host.feed(&from("1"));
    assert_eq!(after(host), (OK.to_owned(), vec![timed_out(1)]));
}

/// Proxies send the requests of many phones through one connection. The host takes the order for not carried as soon
/// as another phone speaks, so that it may not leave with a later answer to the first.
#[test]
fn an_order_ends_when_another_device_speaks_on_its_connection() {
    let mut host = known();
    assert_eq!(host.order(1, &text("go")), Ok(()));
    host.feed(&from("2"));
    assert_eq!(host.order(2, &text("you")), Ok(()));
    host.feed(&from("2"));
    host.feed(&from("1"));
    let sent = [OK, &ok_with("you"), OK].concat();
    assert_eq!(after(host), (sent, vec![timed_out(1), written(2)]));
}

/// The same while the first phone's answer still waits for the disk.
#[test]
fn an_order_does_not_leave_with_an_answer_that_was_owed_before_another_device_spoke() {
    let now = Timestamp::from_ms_clamped(1_773_480_413_000);
    let accepted = || Identified::Accepted(crate::DeviceSettings::default());
    let mut session: Box<dyn Session> = (osmand().open)(&Limits::default());
    let mut out = Vec::new();
    session.feed(now, &from("1"), &mut out);
    session.identified(now, accepted(), &mut out);
    assert_eq!(session.order(now, OrderId(9), &text("go"), &mut out), Ok(()));
    out.clear();
    session.feed(now, &from("2"), &mut out);
    let ended = Output::Ordered { id: OrderId(9), what: Progress::TimedOut };
    assert_eq!(out, [ended, Output::Identify(model::DeviceId::new("2").expect("an id"))]);
    session.identified(now, accepted(), &mut out);
    out.clear();
    session.stored(Ticket(1), Stored::Ok, &mut out);
    assert_eq!(out, [Output::Reply(OK.as_bytes().to_vec())]);
}

/// Two uploads wait for the disk, the later one is stored first: the command goes with it, and is said to be sent
/// when that answer leaves.
#[test]
fn it_is_sent_when_its_answer_leaves() {
    let now = Timestamp::from_ms_clamped(1_773_480_413_000);
    let mut session: Box<dyn Session> = (osmand().open)(&Limits::default());
    let mut out = Vec::new();
    session.feed(now, &[from("1"), from("1")].concat(), &mut out);
    session.identified(now, Identified::Accepted(crate::DeviceSettings::default()), &mut out);
    assert_eq!(session.order(now, OrderId(9), &text("go"), &mut out), Ok(()));
    out.clear();
    session.stored(Ticket(2), Stored::Ok, &mut out);
    assert_eq!(out, []);
    session.stored(Ticket(1), Stored::Ok, &mut out);
    let reply = |text: &str| Output::Reply(text.as_bytes().to_vec());
    let sent = Output::Ordered { id: OrderId(9), what: Progress::Sent { awaits_reply: false } };
    assert_eq!(out, [reply(OK), reply(&ok_with("go")), sent]);
}

/// Most phones end the connection with each report: the answer to the last one carries it.
#[test]
fn a_connection_that_is_to_end_takes_a_command_while_it_owes_an_answer() {
    let now = Timestamp::from_ms_clamped(1_773_480_413_000);
    let mut session: Box<dyn Session> = (osmand().open)(&Limits::default());
    let mut out = Vec::new();
    session.feed(now, b"GET /?id=1&lat=52&lon=13 HTTP/1.1\r\nConnection: close\r\n\r\n", &mut out);
    session.identified(now, Identified::Accepted(crate::DeviceSettings::default()), &mut out);
    assert_eq!(session.order(now, OrderId(1), &text("go"), &mut out), Ok(()));
    out.clear();
    session.stored(Ticket(1), Stored::Ok, &mut out);
    assert_eq!((out.len(), &out[2]), (3, &Output::Close));
    assert!(matches!(&out[0], Output::Reply(bytes) if bytes.ends_with(b"\r\n\r\ngo")), "{out:?}");
    assert_eq!(session.order(now, OrderId(2), &text("go"), &mut out), Err(OrderRefused::NotIdentified));
}

proptest! {
    /// 0 to 2: a request of that device; 3: an order; above: so many seconds pass.
    #[test]
    fn each_order_ends_once_and_its_text_leaves_once(steps in proptest::collection::vec(0..9u8, 0..30)) {
        let mut host = known();
        let mut taken = Vec::new();
        for (id, step) in (1..).zip(steps) {
            match step {
                0..=2 => host.feed(&from(&step.to_string())),
                3 => {
                    if host.order(id, &text(&format!("<{id}>"))) == Ok(()) {
                        taken.push(id);
                    }
                }
                _ => host.tick_after_ms(i64::from(step - 3) * 1_000),
            }
        }
        host.tick_after_ms(5_000);
        let (sent, ordered) = after(host);
        let wanted: Vec<_> = taken
            .into_iter()
            .map(|id| if sent.matches(&format!("<{id}>")).count() == 1 { written(id) } else { timed_out(id) })
            .collect();
        prop_assert_eq!(ordered, wanted);
    }
}
