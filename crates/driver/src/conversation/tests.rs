//! What is said and done, step by step; then any order of things, with an app that forgets and a line that breaks.

mod deliveries;
mod losses;

use dispatch::NewDriverEvent;
use model::{DriverEventKind, MessageId, MessageStatus};
use serde_json::{Value, json};

use super::*;
use crate::wire::{self, Refusal};

pub(super) fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_700_000_000 + s).expect("in range")
}

pub(super) fn greeting() -> Greeting {
    let field = wire::Field { label: "Client".to_owned(), kind: "text", choices: None, required: true };
    let choices = Some(vec!["a".to_owned()]);
    let choice = wire::Field { label: "Which".to_owned(), kind: "choice", choices, required: false };
    Greeting {
        tracker: wire::Tracker { id: 1001, label: "Van \"7\"".to_owned() },
        driver: None,
        texts: vec![wire::Text { number: 1, text: "Traffic".to_owned() }],
        forms: vec![wire::Form { id: 3, name: "Note".to_owned(), fields: vec![field, choice] }],
        services: vec![wire::Service {
            id: "67ec4295af04705c2e000000".to_owned(),
            title: "Depot".to_owned(),
            address: String::new(),
            note: String::new(),
            lat: Some(41.5),
            lng: Some(-1.25),
            due: Some(at(100)),
            state: "open",
        }],
        shares_position: false,
    }
}

/// A conversation, and what came of the last step.
pub(super) struct Stage {
    pub(super) talk: Conversation,
    pub(super) now: Timestamp,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(DriverOptions::default())
    }

    pub(super) fn with(options: DriverOptions) -> Self {
        Self { talk: Conversation::new(Arc::new(options), 1_048_576, at(0)), now: at(0) }
    }

    /// One whose app was let in, and which has looked for messages and found none.
    pub(super) fn open() -> Self {
        Self::open_with(DriverOptions::default())
    }

    pub(super) fn open_with(options: DriverOptions) -> Self {
        let mut stage = Self::with(options);
        stage.say(&json!({"type": "hello", "token": "t"}));
        stage.step(|talk, now, turn| talk.entered(now, Ok(&greeting()), turn));
        stage.step(|talk, now, turn| talk.loaded(now, Some(Loaded::Messages(Vec::new())), turn));
        stage
    }

    pub(super) fn step(
        &mut self,
        step: impl FnOnce(&mut Conversation, Timestamp, &mut Turn),
    ) -> (Vec<Value>, Vec<Action>) {
        let mut turn = Turn::default();
        step(&mut self.talk, self.now, &mut turn);
        let said = turn.texts.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
        (said, turn.actions)
    }

    pub(super) fn text(&mut self, text: &str) -> (Vec<Value>, Vec<Action>) {
        self.step(|talk, now, turn| talk.text(now, text, turn))
    }

    pub(super) fn say(&mut self, message: &Value) -> (Vec<Value>, Vec<Action>) {
        self.text(&message.to_string())
    }

    pub(super) fn answer(&mut self, answer: Answer) -> (Vec<Value>, Vec<Action>) {
        self.step(|talk, now, turn| talk.answered(now, answer, turn))
    }

    fn close_code(&self) -> Option<u16> {
        self.talk.close().map(|close| close.code)
    }
}

pub(super) fn text_message(guid: &str) -> Value {
    json!({"type": "text", "guid": guid, "time": "2023-11-14T22:13:00.000Z", "text": "late"})
}

fn recorded(guid: &str) -> Action {
    let kind = DriverEventKind::Text { text: "late".to_owned() };
    let event = NewDriverEvent { guid: guid.to_owned(), at: at(-20), position: None, kind };
    Action::Ask(Request::Record { event, form: None })
}

fn is_error(said: &[Value], code: &str) -> bool {
    matches!(said, [one] if one["type"] == "error" && one["code"] == code && one["message"].is_string())
}

#[test]
fn hello_is_answered_by_welcome() {
    let mut stage = Stage::new();
    let (said, actions) = stage.say(&json!({"type": "hello", "token": "secret", "app": "x 1", "more": [1]}));
    assert_eq!((said, actions), (vec![], vec![Action::Enter { token: "secret".to_owned() }]));
    stage.now = at(2);
    let (said, actions) = stage.step(|talk, now, turn| talk.entered(now, Ok(&greeting()), turn));
    let welcome = json!({
        "type": "welcome",
        "tracker": {"id": 1001, "label": "Van \"7\""},
        "driver": null,
        "texts": [{"number": 1, "text": "Traffic"}],
        "forms": [{"id": 3, "name": "Note", "fields": [
            {"label": "Client", "kind": "text", "required": true},
            {"label": "Which", "kind": "choice", "choices": ["a"], "required": false},
        ]}],
        "services": [{
            "id": "67ec4295af04705c2e000000", "title": "Depot", "address": "", "note": "", "lat": 41.5, "lng": -1.25,
            "due": "2023-11-14T22:15:00.000Z", "state": "open",
        }],
        "shares_position": false,
        "time": "2023-11-14T22:13:22.000Z",
        "limits": {
            "message_bytes_max": 65536, "text_chars_max": 4000, "note_chars_max": 1000, "value_chars_max": 2000,
            "points_max": 100, "file_bytes_max": 1048576,
        },
    });
    assert_eq!(said, [welcome]);
    assert_eq!(actions, [Action::Load(Load::Messages { after: MessageId(0), limit: 8 })]);
    let (said, _) = stage.say(&json!({"type": "hello", "token": "secret"}));
    assert!(is_error(&said, "bad_request"), "{said:?}");
}

#[test]
fn who_is_not_let_in_is_told_why() {
    for (why, expected, code) in [
        (NoEntry::Unpaired, json!({"type": "bye", "reason": "unpaired"}), 4401),
        (
            NoEntry::Busy,
            json!({"type": "error", "code": "busy", "message": "the server cannot read what it should tell", "retry_s": 5}),
            1013,
        ),
    ] {
        let mut stage = Stage::new();
        stage.say(&json!({"type": "hello", "token": "t"}));
        // What it sent meanwhile is nobody's.
        assert_eq!(stage.say(&text_message("g")), (vec![], vec![]));
        let (said, actions) = stage.step(|talk, now, turn| talk.entered(now, Err(why), turn));
        assert_eq!((said, actions, stage.close_code()), (vec![expected], vec![], Some(code)), "{why:?}");
        assert_eq!(stage.say(&text_message("g")), (vec![], vec![]), "nothing is heard any more");
    }
}

#[test]
fn nothing_comes_before_hello() {
    for message in
        [json!({"type": "ping"}), text_message("g"), json!({"type": "got", "id": 1}), json!({"type": "unpair"})]
    {
        let mut stage = Stage::new();
        let (said, actions) = stage.say(&message);
        assert!(is_error(&said, "unauthorized") && actions.is_empty(), "{message}: {said:?} {actions:?}");
        assert_eq!(stage.close_code(), None);
    }
    let mut stage = Stage::new();
    stage.say(&json!({"type": "text", "guid": "g"}));
    stage.now = at(9);
    stage.step(|talk, now, turn| talk.tick(now, turn));
    assert_eq!((stage.close_code(), stage.talk.next_deadline()), (None, Some(at(10))));
    stage.now = at(10);
    stage.step(|talk, now, turn| talk.tick(now, turn));
    assert_eq!((stage.close_code(), stage.talk.next_deadline()), (Some(4408), None));
}

#[test]
fn what_was_sent_before_the_welcome_is_done_after_it() {
    let mut stage = Stage::new();
    stage.say(&json!({"type": "hello", "token": "t"}));
    assert_eq!(stage.say(&text_message("g")), (vec![], vec![]));
    let (said, actions) = stage.step(|talk, now, turn| talk.entered(now, Ok(&greeting()), turn));
    assert_eq!(said.len(), 1);
    assert_eq!(actions, [Action::Load(Load::Messages { after: MessageId(0), limit: 8 }), recorded("g")]);
}

#[test]
fn requests_are_done_one_by_one_and_answered_in_order() {
    let mut stage = Stage::open();
    assert_eq!(stage.say(&text_message("a")), (vec![], vec![recorded("a")]));
    let bad = json!({"type": "text", "guid": "b", "time": "2023-11-14T22:13:00.000Z", "text": ""});
    assert_eq!(stage.say(&bad), (vec![], vec![]), "refused in its turn");
    assert_eq!(stage.say(&json!({"type": "read", "id": 17})), (vec![], vec![]));
    assert_eq!(stage.say(&text_message("c")), (vec![], vec![]));
    let (said, actions) = stage.answer(Answer::Done);
    let refused = json!({"type": "refused", "guid": "b", "code": "bad_request", "message": "text must not be empty"});
    assert_eq!(said, [json!({"type": "ok", "guid": "a"}), refused]);
    let (id, status) = (MessageId(17), MessageStatus::Read);
    assert_eq!(actions, [Action::Ask(Request::Confirm { id, status })]);
    let (said, actions) = stage.answer(Answer::Done);
    assert_eq!((said, actions), (vec![json!({"type": "ok", "id": 17, "status": "read"})], vec![recorded("c")]));
    let refusal = Refusal { code: "unknown_file", message: "m".to_owned(), file: Some("f1".to_owned()) };
    let expected = json!({"type": "refused", "guid": "c", "code": "unknown_file", "message": "m", "file": "f1"});
    assert_eq!(stage.answer(Answer::Refused(refusal)), (vec![expected], vec![]));
    assert_eq!(stage.answer(Answer::Done), (vec![], vec![]), "nothing was asked");
}

#[test]
fn what_cannot_be_stored_now_is_to_be_sent_again() {
    let mut stage = Stage::open();
    let busy = |name: &str, value: Value| {
        let message = "the server cannot store it now";
        let mut expected = json!({"type": "error", "code": "busy", "message": message, "retry_s": 5});
        if !name.is_empty() {
            expected[name] = value;
        }
        (vec![expected], vec![])
    };
    stage.say(&text_message("a"));
    assert_eq!(stage.answer(Answer::Busy), busy("guid", json!("a")));
    stage.say(&json!({"type": "got", "id": 4}));
    assert_eq!(stage.answer(Answer::Busy), busy("id", json!(4)));
    stage.say(&json!({"type": "unpair"}));
    assert_eq!(stage.answer(Answer::Busy), busy("", Value::Null));
    assert_eq!(stage.close_code(), None);
}

#[test]
fn nothing_overtakes_what_could_not_be_stored() {
    let mut stage = Stage::open();
    stage.say(&text_message("a"));
    stage.say(&text_message("b"));
    stage.say(&json!({"type": "got", "id": 4}));
    let points = json!([{"time": "2023-11-14T22:13:00Z", "lat": 1, "lng": 1}]);
    stage.say(&json!({"type": "positions", "guid": "p", "points": points}));
    let guids = |said: &[Value]| said.iter().map(|one| (one["code"].clone(), one["guid"].clone())).collect::<Vec<_>>();
    let (said, actions) = stage.answer(Answer::Busy);
    assert_eq!(guids(&said), [(json!("busy"), json!("a")), (json!("busy"), json!("b"))]);
    let (id, status) = (MessageId(4), MessageStatus::Delivered);
    assert_eq!(actions, [Action::Ask(Request::Confirm { id, status })], "which is about something else");
    assert!(matches!(&stage.answer(Answer::Done).1[..], [Action::Ask(Request::Positions { .. })]), "nor is that");
    assert_eq!(guids(&stage.answer(Answer::Busy).0), [(json!("busy"), json!("p"))]);
    let (said, actions) = stage.say(&text_message("c"));
    assert_eq!((guids(&said), actions), (vec![(json!("busy"), json!("c"))], vec![]), "was on its way");
    assert_eq!(stage.say(&text_message("a")), (vec![], vec![recorded("a")]));
    stage.answer(Answer::Done);
    assert_eq!(stage.say(&text_message("b")), (vec![], vec![recorded("b")]));
    // What turns out to be refused holds up nothing either.
    stage.answer(Answer::Busy);
    stage.say(&json!({"type": "text", "guid": "b"}));
    assert_eq!(stage.say(&text_message("c")), (vec![], vec![recorded("c")]));
}

#[test]
fn no_more_is_taken_while_too_many_wait() {
    let mut stage = Stage::open_with(DriverOptions { requests_waiting_max: 2, ..DriverOptions::default() });
    stage.say(&text_message("a"));
    assert!(stage.talk.takes_messages());
    stage.say(&text_message("b"));
    assert!(!stage.talk.takes_messages());
    // What was read already is not lost.
    stage.say(&text_message("c"));
    stage.answer(Answer::Done);
    assert!(!stage.talk.takes_messages());
    assert_eq!(stage.answer(Answer::Done).1, [recorded("c")]);
    assert!(stage.talk.takes_messages());
}

#[test]
fn a_ping_is_answered_at_once() {
    let mut stage = Stage::open();
    stage.say(&text_message("a"));
    let pong = json!({"type": "pong", "time": "2023-11-14T22:13:20.000Z"});
    assert_eq!(stage.say(&json!({"type": "ping"})), (vec![pong], vec![]));
}

#[test]
fn a_socket_ends_with_a_goodbye() {
    for (ending, reason, code) in [(Ending::Unpaired, "unpaired", 4401), (Ending::Replaced, "replaced", 4409)] {
        let mut stage = Stage::open();
        let (said, _) = stage.step(|talk, _, turn| talk.end(ending, turn));
        assert_eq!((said, stage.close_code()), (vec![json!({"type": "bye", "reason": reason})], Some(code)));
        let (said, _) = stage.step(|talk, _, turn| talk.end(ending, turn));
        assert_eq!(said, [] as [Value; 0], "once");
    }
}

#[test]
fn who_unpairs_is_answered_by_the_goodbye() {
    let mut stage = Stage::open();
    let (_, actions) = stage.say(&json!({"type": "unpair"}));
    assert_eq!(actions, [Action::Ask(Request::Unpair)]);
    assert_eq!(stage.answer(Answer::Done), (vec![], vec![]));
    let (said, _) = stage.step(|talk, _, turn| talk.end(Ending::Unpaired, turn));
    assert_eq!(said, [json!({"type": "bye", "reason": "unpaired"})]);
}

#[test]
fn too_much_that_cannot_be_understood_ends_the_socket() {
    let mut stage = Stage::open_with(DriverOptions { bad_messages_per_minute_max: 3, ..DriverOptions::default() });
    for (s, code) in [(0, None), (30, None), (60, None), (89, Some(1008))] {
        stage.now = at(s);
        let (said, _) = stage.text("nonsense");
        assert!(is_error(&said, "bad_request"), "{said:?}");
        assert_eq!(stage.close_code(), code, "{s}");
    }
    let mut stage = Stage::open();
    stage.text(&format!("{{\"type\":\"ping\",\"pad\":\"{}\"}}", "x".repeat(65_600)));
    assert_eq!(stage.close_code(), Some(1009));
}
