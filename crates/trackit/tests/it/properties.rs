//! What holds whatever clients say and whatever happens to their mobiles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dispatch::MessageStatus;
use model::{DriverEvent, DriverEventKind, MessageId, Push, Timestamp, TrackerId, UserId};
use proptest::prelude::*;
use serde_json::{Value, json};
use trackit::errors::Refusal;
use trackit::{Conversation, Step, TrackitOptions};
use web::{Message, Sign};

use crate::stage::{Client, Stage, auth, report, start};

#[derive(Clone, Debug)]
enum Said {
    Text(String),
    Binary,
    TooBig,
}

fn said() -> impl Strategy<Value = Said> {
    let command = r#"{"type":"api","query":{"id":"a","uid":1,"cmd":"getio"}}"#;
    prop_oneof![
        ".{0,40}".prop_map(Said::Text),
        Just(Said::Text(command.to_owned())),
        Just(Said::Text(r#"{"type":"auth"}"#.to_owned())),
        Just(Said::Binary),
        Just(Said::TooBig),
    ]
}

proptest! {
    #[test]
    fn nobody_gets_anywhere_unknown_and_nonsense_has_an_end(
        all in proptest::collection::vec((said(), 0_i64..10_000), 0..80),
        is_known in any::<bool>(),
    ) {
        let mut now = start();
        let mut conversation = Conversation::new(&TrackitOptions::default(), now);
        if is_known {
            prop_assert_eq!(conversation.judged(true), None);
        }
        let mut bad: Vec<Timestamp> = Vec::new();
        for (said, wait_ms) in all {
            now = now.plus_ms(wait_ms);
            let step = match &said {
                Said::Text(text) => conversation.hear(now, Message::Text(text)),
                Said::Binary => conversation.hear(now, Message::Binary(b"x")),
                Said::TooBig => conversation.hear(now, Message::TooBig),
            };
            match step {
                Step::Refuse(Refusal::Unauthorized) => prop_assert!(!is_known),
                Step::Refuse(Refusal::Bad(_)) => {
                    prop_assert!(is_known);
                    bad.push(now);
                    let recent = bad.iter().filter(|at| now.since_ms(**at) < 60_000).count();
                    prop_assert!(recent < 20);
                }
                Step::RefuseAndClose(_, reason) if reason.code == 1008 => {
                    let recent = bad.iter().filter(|at| now.since_ms(**at) < 60_000).count();
                    prop_assert!(is_known && recent >= 19);
                    return Ok(());
                }
                Step::RefuseAndClose(_, reason) => {
                    prop_assert!(reason.code == 1009 && matches!(said, Said::TooBig));
                    return Ok(());
                }
                Step::Authorize(auth) => prop_assert_eq!(auth, None),
                Step::Command(_) | Step::Text(_) => prop_assert!(is_known),
                Step::Refuse(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }
}

/// Something that happens to one of four mobiles, two of each of two users.
#[derive(Clone, Debug)]
enum Op {
    Device(usize, bool),
    Driver(usize),
    Says(usize),
    Moved(usize, u64, u8),
    Upload(usize),
    Block(usize, bool),
    /// A user sends a text to a mobile, which may be another's.
    Text(usize, usize, u8),
    /// A user's connection breaks, or it says Close, and it comes back.
    Return(usize, bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..4_usize, any::<bool>()).prop_map(|(m, up)| Op::Device(m, up)),
        (0..4_usize).prop_map(Op::Driver),
        (0..4_usize).prop_map(Op::Says),
        (0..4_usize, 1_000_u64..1_003, 0_u8..6).prop_map(|(m, id, status)| Op::Moved(m, id, status)),
        (0..4_usize).prop_map(Op::Upload),
        (0..4_usize, any::<bool>()).prop_map(|(m, blocked)| Op::Block(m, blocked)),
        (0..2_usize, 0..4_usize, 0_u8..3).prop_map(|(user, m, text)| Op::Text(user, m, text)),
        (0..2_usize, any::<bool>()).prop_map(|(user, closes)| Op::Return(user, closes)),
    ]
}

const LOGINS: [&str; 2] = ["ann@example.com", "bob@example.com"];
const SESSIDS: [&str; 2] = ["AAAAAAAAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBBBBBB"];

/// A user, and what it was told.
struct Seen<'a> {
    user: UserId,
    sessid: &'static str,
    own: BTreeSet<u32>,
    client: Client<'a>,
    /// By message, on the present connection.
    last: BTreeMap<String, MessageStatus>,
    /// The ids of events of all its connections.
    events: BTreeSet<String>,
}

impl Seen<'_> {
    fn look(&mut self, messages: &[Value]) {
        for message in messages {
            let params = &message["params"];
            if let Some(uid) = message["uid"].as_u64() {
                assert!(self.own.contains(&(uid as u32)), "not its own: {message}");
            } else {
                assert!(["auth", "error"].contains(&params["type"].as_str().expect("a type")), "{message}");
            }
            if let (Some(id), Some(txs)) = (params["id"].as_str(), params["txs"].as_u64()) {
                let status = u8::try_from(txs).ok().and_then(MessageStatus::from_number).expect("a status");
                let earlier = self.last.insert(id.to_owned(), status);
                // A text that is sent again is answered with where it is.
                let is_repeat = params.get("content").is_some() && earlier == Some(status);
                let is_step = earlier.is_none_or(|earlier| earlier.next(status).is_some());
                assert!(is_step || is_repeat, "{earlier:?} {message}");
            }
            if params["type"] == "event" {
                let id = params["event"]["_id"].as_str().expect("an id").to_owned();
                assert!(self.events.insert(id), "told twice: {message}");
            }
        }
    }
}

async fn happen<'a>(
    stage: &'a Stage,
    mobiles: &[(TrackerId, model::SourceId); 4],
    seen: &mut [Seen<'a>; 2],
    n: i64,
    op: Op,
) {
    match op {
        Op::Device(m, up) => stage.push(mobiles[m].1, Push::Device { up }),
        Op::Driver(m) => stage.push(mobiles[m].1, Push::Driver { up: true }),
        Op::Says(m) => {
            let kind = DriverEventKind::Text { text: "words".into() };
            let at = stage.now();
            let event = DriverEvent { id: n as u64 + 1, guid: "g".into(), at, received: at, position: None, kind };
            stage.push(mobiles[m].1, Push::FromDriver(Arc::new(event)));
        }
        Op::Moved(m, id, status) => {
            // Each mobile has messages of its own.
            let message = MessageId(id + 10 * m as u64);
            let status = MessageStatus::from_number(status).expect("a status");
            stage.push(mobiles[m].1, Push::Moved { message, submitted: start(), status });
        }
        Op::Upload(m) => stage.upload(mobiles[m].1, vec![report(n, None, Some(2))]).await,
        Op::Block(m, blocked) => {
            stage.fleet.set_source_blocked(&stage.panel, mobiles[m].0, blocked).await.expect("changed");
        }
        Op::Text(who, m, text) => {
            let seen = &mut seen[who];
            let content = json!({
                "type": "msg", "txt": format!("text {text}"), "user_id": seen.user.0, "user_name": "", "guid": "g",
            });
            let query = json!({"uid": mobiles[m].0.0, "content": content});
            let answers = seen.client.say(&json!({"type": "pnd-api", "query": query}).to_string());
            seen.look(&answers);
        }
        Op::Return(who, closes) => {
            let seen = &mut seen[who];
            if closes {
                seen.client.sign(Sign::Closed);
            }
            // What is under way for it is lost with the connection.
            seen.client = stage.client();
            seen.last.clear();
            let answers = seen.client.say(&auth(seen.user, seen.sessid));
            assert_eq!(answers[0]["params"]["success"], true);
            seen.look(&answers);
        }
    }
}

async fn run(ops: Vec<Op>) {
    let stage = Stage::new().await;
    let bob = stage.user(LOGINS[1]).await;
    stage.register(LOGINS[1]).await;
    stage.register(LOGINS[1]).await;
    let mut all = Vec::new();
    let mut seen = Vec::new();
    for (who, user) in [stage.ann, bob].into_iter().enumerate() {
        stage.bind(LOGINS[who], SESSIDS[who]).await;
        let trackers = stage.trackers(LOGINS[who]).await;
        for tracker in &trackers {
            all.push((*tracker, stage.source(LOGINS[who], *tracker).await));
        }
        let mut client = stage.client();
        assert_eq!(client.say(&auth(user, SESSIDS[who])).len(), 1);
        let own = trackers.iter().map(|tracker| tracker.0).collect();
        let sessid = SESSIDS[who];
        seen.push(Seen { user, sessid, own, client, last: BTreeMap::new(), events: BTreeSet::new() });
    }
    let mobiles = all.try_into().expect("four");
    let Ok(mut seen): Result<[Seen<'_>; 2], _> = seen.try_into() else { panic!("two") };
    for (n, op) in ops.into_iter().enumerate() {
        happen(&stage, &mobiles, &mut seen, n as i64, op).await;
        for seen in &mut seen {
            let due = seen.client.due();
            seen.look(&due);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn two_users_never_see_each_other_and_nothing_goes_back(ops in proptest::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(run(ops));
    }
}
