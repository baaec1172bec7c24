//! What an app is told without asking.

use model::MessageId;
use serde_json::{Value, json};

use super::{Stage, at};
use crate::conversation::{Action, Answer, Load, Loaded, News};
use crate::options::DriverOptions;
use crate::wire::{OfficeMessage, Text};

const MESSAGES: News = News { messages: true, texts: false, forms: false, services: false };
const SERVICES: News = News { messages: false, texts: false, forms: false, services: true };

fn messages(ids: std::ops::Range<u64>) -> Option<Loaded> {
    let message = |id| OfficeMessage { id, text: format!("text {id}"), time: at(id as i64), from: None };
    Some(Loaded::Messages(ids.map(message).collect()))
}

fn ids(said: &[Value]) -> Vec<u64> {
    said.iter().filter(|one| one["type"] == "message").map(|one| one["id"].as_u64().expect("an id")).collect()
}

fn look(after: u64, limit: usize) -> Vec<Action> {
    vec![Action::Load(Load::Messages { after: MessageId(after), limit })]
}

impl Stage {
    fn hear(&mut self, news: News) -> Vec<Action> {
        self.step(|talk, now, turn| talk.heard(now, news, turn)).1
    }

    fn load(&mut self, loaded: Option<Loaded>) -> (Vec<Value>, Vec<Action>) {
        self.step(|talk, now, turn| talk.loaded(now, loaded, turn))
    }
}

#[test]
fn messages_are_looked_up_until_there_are_no_more() {
    let mut stage = Stage::open();
    assert_eq!(stage.hear(MESSAGES), look(0, 8));
    assert_eq!(stage.hear(MESSAGES), [], "one look at a time");
    let (said, actions) = stage.load(messages(1..9));
    assert_eq!((ids(&said), actions), ((1..9).collect(), look(8, 8)));
    let message =
        json!({"type": "message", "id": 1, "text": "text 1", "time": "2023-11-14T22:13:21.000Z", "from": null});
    assert_eq!(said[0], message);
    let (said, actions) = stage.load(messages(9..12));
    assert_eq!((ids(&said), actions), (vec![9, 10, 11], look(11, 8)), "long texts make an answer short");
    assert_eq!(stage.load(messages(12..12)), (vec![], vec![]));
    assert_eq!(stage.hear(News::default()), []);
    assert_eq!(stage.hear(MESSAGES), look(11, 8));
}

#[test]
fn only_so_many_messages_are_ahead_of_their_confirmation() {
    let mut stage = Stage::open_with(DriverOptions { messages_ahead_max: 3, ..DriverOptions::default() });
    assert_eq!(stage.hear(MESSAGES), look(0, 3));
    assert_eq!(stage.load(messages(1..4)).1, []);
    assert_eq!(stage.hear(MESSAGES), [], "there is no room");
    stage.say(&json!({"type": "got", "id": 2}));
    assert_eq!(stage.answer(Answer::Busy).1, [], "not confirmed");
    stage.say(&json!({"type": "got", "id": 2}));
    assert_eq!(stage.answer(Answer::Done).1, look(3, 1));
    assert_eq!(stage.load(messages(4..5)).1, []);
    // One that is none of these makes no room.
    stage.say(&json!({"type": "read", "id": 99}));
    assert_eq!(stage.answer(Answer::Done).1, []);
    stage.say(&json!({"type": "read", "id": 3}));
    assert_eq!(stage.answer(Answer::Done).1, look(4, 1));
}

#[test]
fn lists_are_told_whole() {
    let mut stage = Stage::open();
    let all = News { messages: false, texts: true, forms: true, services: true };
    assert_eq!(stage.hear(all), [Action::Load(Load::Texts)]);
    let (said, actions) = stage.load(Some(Loaded::Texts(vec![Text { number: 2, text: "b".to_owned() }])));
    assert_eq!(said, [json!({"type": "texts", "texts": [{"number": 2, "text": "b"}]})]);
    assert_eq!(actions, [Action::Load(Load::Forms)]);
    let (said, actions) = stage.load(Some(Loaded::Forms(Vec::new())));
    assert_eq!((said, actions), (vec![json!({"type": "forms", "forms": []})], vec![Action::Load(Load::Services)]));
    let (said, actions) = stage.load(Some(Loaded::Services(Vec::new())));
    assert_eq!((said, actions), (vec![json!({"type": "services", "services": []})], vec![]));
}

#[test]
fn services_are_told_after_the_answer_to_what_moved_them() {
    let mut stage = Stage::open();
    let report = |guid: &str| {
        let time = "2023-11-14T22:13:00.000Z";
        json!({"type": "service", "guid": guid, "time": time, "service": "a", "delivered": true, "note": ""})
    };
    stage.say(&report("g"));
    stage.say(&report("h"));
    assert_eq!(stage.hear(SERVICES), [], "before the answer");
    let (said, actions) = stage.answer(Answer::Done);
    assert_eq!(said, [json!({"type": "ok", "guid": "g"})]);
    assert_eq!(actions[0], Action::Load(Load::Services), "and before the next, or it might wait for ever");
    assert_eq!(actions.len(), 2);
}

#[test]
fn what_cannot_be_read_is_looked_up_later() {
    let mut stage = Stage::open();
    stage.hear(MESSAGES);
    assert_eq!(stage.load(None), (vec![], vec![]));
    assert_eq!(stage.talk.next_deadline(), Some(at(5)));
    stage.now = at(4);
    assert_eq!(stage.hear(MESSAGES), []);
    stage.now = at(5);
    let (_, actions) = stage.step(|talk, now, turn| talk.tick(now, turn));
    assert_eq!((actions, stage.talk.next_deadline()), (look(0, 8), None));
}
