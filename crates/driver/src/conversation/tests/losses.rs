//! Any order of things: an app that keeps what it must, a store that keeps what it was given, and between them a line
//! that breaks anywhere and a server that dies anywhere. Nothing is lost, nothing is there twice, and the order stays.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::MessageStatus;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Stage, greeting, text_message};
use crate::conversation::{Action, Answer, Load, Loaded, News, Request};
use crate::options::DriverOptions;
use crate::wire::OfficeMessage;

/// Messages ahead of their confirmation, and messages in a look: few, so that tests come to the ends of both.
const AHEAD: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The office writes.
    Write,
    /// The driver does something.
    Act,
    /// The driver reads the oldest message that is unread.
    Read,
    /// The oldest action that is under way is done, or found impossible now.
    Finish { possible: bool },
    /// It is done, and the server dies before it says so.
    DieAfter,
    /// What was said reaches the app, one message of it.
    Arrive,
    /// The line breaks: what is on it is lost.
    Break,
    /// The app connects.
    Connect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Write),
        3 => Just(Step::Act),
        2 => Just(Step::Read),
        8 => Just(Step::Finish { possible: true }),
        1 => Just(Step::Finish { possible: false }),
        1 => Just(Step::DieAfter),
        8 => Just(Step::Arrive),
        1 => Just(Step::Break),
        3 => Just(Step::Connect),
    ]
}

/// What is durable on the server.
#[derive(Default)]
struct Store {
    events: Vec<String>,
    messages: BTreeMap<u64, MessageStatus>,
}

/// What is durable on the phone.
#[derive(Default)]
struct App {
    done_count: u64,
    to_send: VecDeque<String>,
    /// Confirmations that were not answered.
    to_confirm: BTreeSet<(u64, bool)>,
    shown: Vec<u64>,
    read: BTreeSet<u64>,
}

#[derive(Default)]
struct World {
    store: Store,
    app: App,
    line: Option<Line>,
}

/// A connection: the server's side, what it said that has not arrived, and what it does.
struct Line {
    stage: Stage,
    said: VecDeque<Value>,
    actions: VecDeque<Action>,
    /// Whether the welcome has reached the app, which sends nothing before.
    is_welcomed: bool,
}

impl Line {
    fn add(&mut self, (said, actions): (Vec<Value>, Vec<Action>)) {
        self.said.extend(said);
        self.actions.extend(actions);
    }
}

impl Store {
    fn ask(&mut self, request: &Request) {
        match request {
            Request::Record { event, .. } if !self.events.contains(&event.guid) => self.events.push(event.guid.clone()),
            Request::Confirm { id, status } => {
                let now = self.messages.get_mut(&id.0).expect("a message of the office");
                *now = now.next(*status).unwrap_or(*now);
            }
            _ => {}
        }
    }

    fn load(&self, load: Load) -> Loaded {
        let Load::Messages { after, limit } = load else { panic!("no list changes here: {load:?}") };
        let waiting = self.messages.iter().filter(|(id, status)| **id > after.0 && status.is_waiting());
        let message = |id: &u64| OfficeMessage { id: *id, text: "x".to_owned(), time: super::at(0), from: None };
        Loaded::Messages(waiting.map(|(id, _)| message(id)).take(limit).collect())
    }
}

impl World {
    fn take(&mut self, step: Step) {
        match step {
            Step::Write => {
                let id = self.store.messages.len() as u64 + 1;
                self.store.messages.insert(id, MessageStatus::Stored);
                let news = News { messages: true, ..News::default() };
                self.with(|line| line.stage.step(|talk, now, turn| talk.heard(now, news, turn)));
            }
            Step::Act => {
                self.app.done_count += 1;
                let guid = format!("g{}", self.app.done_count);
                self.app.to_send.push_back(guid.clone());
                self.send(&text_message(&guid));
            }
            Step::Read => {
                let unread = self.app.shown.iter().find(|id| !self.app.read.contains(id)).copied();
                if let Some(id) = unread {
                    self.app.read.insert(id);
                    self.confirm(id, true);
                }
            }
            Step::Finish { possible } => self.finish(possible),
            Step::DieAfter => {
                if let Some(Action::Ask(request)) = self.line.take().and_then(|mut line| line.actions.pop_front()) {
                    self.store.ask(&request);
                }
            }
            Step::Arrive => self.arrive(),
            Step::Break => self.line = None,
            Step::Connect => self.connect(),
        }
    }

    fn with(&mut self, step: impl FnOnce(&mut Line) -> (Vec<Value>, Vec<Action>)) {
        if let Some(line) = &mut self.line {
            let came = step(line);
            line.add(came);
        }
    }

    fn send(&mut self, message: &Value) {
        if self.line.as_ref().is_some_and(|line| line.is_welcomed) {
            self.with(|line| line.stage.say(message));
        }
    }

    fn confirm(&mut self, id: u64, is_read: bool) {
        self.app.to_confirm.insert((id, is_read));
        self.send(&json!({"type": if is_read { "read" } else { "got" }, "id": id}));
    }

    fn connect(&mut self) {
        let options = DriverOptions { messages_ahead_max: AHEAD, ..DriverOptions::default() };
        let mut line =
            Line { stage: Stage::with(options), said: VecDeque::new(), actions: VecDeque::new(), is_welcomed: false };
        let came = line.stage.say(&json!({"type": "hello", "token": "t"}));
        line.add(came);
        self.line = Some(line);
    }

    fn finish(&mut self, possible: bool) {
        let Some(action) = self.line.as_mut().and_then(|line| line.actions.pop_front()) else { return };
        match action {
            Action::Enter { .. } => {
                self.with(|line| line.stage.step(|talk, now, turn| talk.entered(now, Ok(&greeting()), turn)));
            }
            Action::Ask(request) => {
                if possible {
                    self.store.ask(&request);
                }
                let answer = if possible { Answer::Done } else { Answer::Busy };
                self.with(|line| line.stage.answer(answer));
            }
            Action::Load(load) => {
                let loaded = possible.then(|| self.store.load(load));
                self.with(|line| line.stage.step(|talk, now, turn| talk.loaded(now, loaded, turn)));
            }
        }
        // Time enough that what could not be read is looked up again.
        self.with(|line| {
            line.stage.now = line.stage.now.plus_ms(5_000);
            line.stage.step(|talk, now, turn| talk.tick(now, turn))
        });
    }

    /// As the page says that an app does it.
    fn arrive(&mut self) {
        let Some(message) = self.line.as_mut().and_then(|line| line.said.pop_front()) else { return };
        match message["type"].as_str().expect("a type") {
            "welcome" => {
                self.line.iter_mut().for_each(|line| line.is_welcomed = true);
                for guid in self.app.to_send.clone() {
                    self.send(&text_message(&guid));
                }
                for (id, is_read) in self.app.to_confirm.clone() {
                    self.confirm(id, is_read);
                }
            }
            "message" => {
                let id = message["id"].as_u64().expect("an id");
                if !self.app.shown.contains(&id) {
                    self.app.shown.push(id);
                }
                self.confirm(id, false);
            }
            "ok" if message["guid"].is_string() => {
                let guid = message["guid"].as_str().expect("a guid");
                assert!(self.store.events.iter().any(|kept| kept == guid), "{guid} is not durable");
                self.app.to_send.retain(|waiting| waiting != guid);
            }
            "ok" => {
                let (id, is_read) = (message["id"].as_u64().expect("an id"), message["status"] == "read");
                let least = if is_read { MessageStatus::Read } else { MessageStatus::Delivered };
                assert!(self.store.messages[&id] >= least, "{message} is not durable");
                self.app.to_confirm.remove(&(id, is_read));
            }
            // Sent again, with all that comes after it.
            "error" => {
                let from = self.app.to_send.iter().position(|waiting| message["guid"] == json!(waiting));
                for guid in from.map(|from| self.app.to_send.range(from..).cloned().collect()).unwrap_or(Vec::new()) {
                    self.send(&text_message(&guid));
                }
                if let Some(id) = message["id"].as_u64() {
                    self.app
                        .to_confirm
                        .clone()
                        .range((id, false)..=(id, true))
                        .for_each(|(id, is_read)| self.confirm(*id, *is_read));
                }
            }
            other => panic!("{other} is not expected"),
        }
    }

    /// Lets everything come to rest over a line that holds.
    fn settle(&mut self) {
        for _ in 0..10 {
            self.connect();
            for _ in 0..200 {
                self.finish(true);
                self.arrive();
            }
        }
        while self.app.shown.iter().any(|id| !self.app.read.contains(id)) {
            self.take(Step::Read);
            (0..4).for_each(|_| {
                self.finish(true);
                self.arrive();
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_or_doubled_and_the_order_stays(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World::default();
        for step in steps {
            world.take(step);
            let mut once = world.app.shown.clone();
            once.dedup();
            prop_assert_eq!(&once, &world.app.shown);
            prop_assert!(world.app.shown.is_sorted(), "in the office's order: {:?}", world.app.shown);
        }
        world.settle();
        let done: Vec<String> = (1..=world.app.done_count).map(|n| format!("g{n}")).collect();
        prop_assert_eq!(&world.store.events, &done, "all that the driver did, once, in order");
        let written: Vec<u64> = world.store.messages.keys().copied().collect();
        prop_assert_eq!(&world.app.shown, &written, "all that the office wrote, once, in order");
        prop_assert!(world.store.messages.values().all(|status| *status == MessageStatus::Read));
        prop_assert!(world.app.to_send.is_empty() && world.app.to_confirm.is_empty());
    }
}
