//! Messages of clients: the manual's, and such as nobody should send.

use proptest::prelude::*;
use trackit::decode;
use trackit::errors::{BadRequest, Problem};
use trackit::wire::{Auth, Command, Request, Sessid, Text};

const SESSID: &str = "tjMzwqGgzNdDEyyswn3vZxFbWG";

#[test]
fn the_manuals_messages() {
    let sessid = Sessid::new(SESSID).expect("well formed");
    let auth = r#"{ "type": "auth", "query": { "user_id": 123456, "SESSID": "tjMzwqGgzNdDEyyswn3vZxFbWG" } }"#;
    assert_eq!(decode(auth), Ok(Request::Auth(Some(Auth { user_id: 123_456, sessid }))));
    let command =
        r#"{"type": "api", "query": {"id": "ZS8SYGKBXAI40T2ASQ3R3HW95", "uid": 1001, "cmd": "getio", "CR": false}}"#;
    let id = "ZS8SYGKBXAI40T2ASQ3R3HW95".to_owned();
    let expected = Command { id: id.clone(), uid: 1001, cmd: "getio".into(), with_return: false };
    assert_eq!(decode(command), Ok(Request::Command(expected)));
    let text = r#"{"type": "pnd-api", "query": {"uid": 1001, "content": {"type": "msg", "txt": "this is my message",
        "user_id": 123456, "user_name": "John Doe", "guid": "ZS8SYGKBXAI40T2ASQ3R3HW95"}}}"#;
    let txt = "this is my message".to_owned();
    let expected = Text { uid: 1001, txt, user_id: 123_456, user_name: "John Doe".into(), guid: id };
    assert_eq!(decode(text), Ok(Request::Text(expected)));
}

#[test]
fn an_auth_that_can_mean_nobody_is_still_an_auth() {
    for query in [
        "",
        r#","query":null"#,
        r#","query":[]"#,
        r#","query":{}"#,
        r#","query":{"user_id":"1","SESSID":"tjMzwqGgzNdDEyyswn3vZxFbWG"}"#,
        r#","query":{"user_id":1,"SESSID":"tjMzwqGgzNdDEyyswn3vZxFbW"}"#,
        r#","query":{"user_id":1,"SESSID":"tjMzwqGgzNdDEyyswn3vZxFbW-"}"#,
        r#","query":{"user_id":1.5,"SESSID":"tjMzwqGgzNdDEyyswn3vZxFbWG"}"#,
    ] {
        assert_eq!(decode(&format!(r#"{{"type":"auth"{query}}}"#)), Ok(Request::Auth(None)), "{query}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let check = |text: &str, place: &'static str, problem: Problem| {
        assert_eq!(decode(text), Err(BadRequest { place, problem }), "{text}");
    };
    check("", "", Problem::NotJson);
    check("{", "", Problem::NotJson);
    check(r#"{"type":"api","type":"api"}"#, "", Problem::NotJson);
    check("[1,2]", "", Problem::NotObject);
    check("\"auth\"", "", Problem::NotObject);
    check("{}", "type", Problem::Missing);
    check(r#"{"type":7}"#, "type", Problem::NotText);
    check(r#"{"type":"logout"}"#, "type", Problem::Unknown);
    check(r#"{"type":"api"}"#, "query", Problem::Missing);
    check(r#"{"type":"api","query":7}"#, "query", Problem::NotObject);
    let command = |members: &str| format!(r#"{{"type":"api","query":{{{members}}}}}"#);
    check(&command(""), "query.id", Problem::Missing);
    check(&command(r#""id":"""#), "query.id", Problem::Blank);
    let long = "x".repeat(65);
    check(&command(&format!(r#""id":"{long}""#)), "query.id", Problem::TooLong { chars_max: 64 });
    check(&command(r#""id":"a""#), "query.uid", Problem::Missing);
    check(&command(r#""id":"a","uid":"1""#), "query.uid", Problem::NotInteger);
    check(&command(r#""id":"a","uid":1"#), "query.cmd", Problem::Missing);
    check(&command(r#""id":"a","uid":1,"cmd":" ""#), "query.cmd", Problem::Blank);
    check(&command(r#""id":"a","uid":1,"cmd":"x","CR":1"#), "query.CR", Problem::NotBoolean);
    let content = |members: &str| format!(r#"{{"type":"pnd-api","query":{{"uid":1,"content":{{{members}}}}}}}"#);
    check(r#"{"type":"pnd-api","query":{"uid":1}}"#, "query.content", Problem::Missing);
    check(&content(""), "query.content.type", Problem::Missing);
    check(&content(r#""type":"voice""#), "query.content.type", Problem::Unknown);
    check(&content(r#""type":"msg""#), "query.content.txt", Problem::Missing);
    check(&content(r#""type":"msg","txt":"""#), "query.content.txt", Problem::Blank);
    let long = "ã".repeat(4_001);
    let problem = Problem::TooLong { chars_max: 4_000 };
    check(&content(&format!(r#""type":"msg","txt":"{long}""#)), "query.content.txt", problem);
    check(&content(r#""type":"msg","txt":"x""#), "query.content.user_id", Problem::Missing);
    check(&content(r#""type":"msg","txt":"x","user_id":1"#), "query.content.user_name", Problem::Missing);
    check(&content(r#""type":"msg","txt":"x","user_id":1,"user_name":"n""#), "query.content.guid", Problem::Missing);
}

#[test]
fn deep_nesting_costs_nothing() {
    let deep = format!(r#"{{"type":"api","query":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    assert!(decode(&deep).is_err());
    let ignored = format!(r#"{{"type":"auth","more":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    let _ = decode(&ignored);
}

#[test]
fn a_sessid_hides_itself() {
    assert_eq!(format!("{:?}", Sessid::new(SESSID)), "Some((sessid))");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = decode(&text);
    }

    #[test]
    fn no_json_makes_it_panic(kind in "auth|api|pnd-api|x", query in "[\\[\\]{}\",:a-z0-9 .-]{0,80}") {
        let _ = decode(&format!(r#"{{"type":"{kind}","query":{query}}}"#));
    }

    #[test]
    fn what_is_well_formed_is_read_as_it_was_written(id in ".{1,64}", uid in any::<i64>(), cmd in "[!-~].{0,80}", cr in any::<bool>()) {
        let text = serde_json::json!({"type": "api", "query": {"id": id, "uid": uid, "cmd": cmd, "CR": cr}}).to_string();
        prop_assert_eq!(decode(&text), Ok(Request::Command(Command { id, uid, cmd, with_return: cr })));
    }
}
