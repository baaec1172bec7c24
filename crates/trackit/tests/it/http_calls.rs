//! The calls over HTTP.

use dispatch::NewDriverEvent;
use http::Method;
use model::DriverEventKind;
use serde_json::{Value, json};

use crate::stage::{SESSID, Stage, auth, call, report, start};

const ANN: &str = "ann@example.com";

async fn bind(stage: &Stage, login: &str, kind: &str, body: &str) -> (u16, Value) {
    let answer = stage.answer(call(Method::POST, "/ws/websocketAuth", Some(login), body.as_bytes(), kind)).await;
    (answer.status.as_u16(), serde_json::from_slice(answer.body.as_bytes()).expect("JSON"))
}

#[tokio::test]
async fn a_sessid_is_bound_in_each_kind_of_form_and_opens_the_socket() {
    let stage = Stage::new().await;
    let part = format!("--b\r\nContent-Disposition: form-data; name=\"SESSID\"\r\n\r\n{SESSID}\r\n--b--\r\n");
    for (kind, body) in [
        ("multipart/form-data; boundary=b", part),
        ("application/x-www-form-urlencoded", format!("SESSID={SESSID}")),
        ("application/json", json!({"SESSID": SESSID}).to_string()),
    ] {
        let expected = json!({"error": false, "message": "", "data": {"user_id": stage.ann.0, "SESSID": SESSID}});
        assert_eq!(bind(&stage, ANN, kind, &body).await, (200, expected), "{kind}");
    }
    let mut client = stage.client();
    assert_eq!(client.say(&auth(stage.ann, SESSID))[0]["params"]["success"], true);
}

#[tokio::test]
async fn without_a_sessid_the_server_makes_one() {
    let stage = Stage::new().await;
    let (status, body) = bind(&stage, ANN, "", "").await;
    let sessid = body["data"]["SESSID"].as_str().expect("a SESSID").to_owned();
    assert!(status == 200 && sessid.len() == 26 && sessid.bytes().all(|b| b.is_ascii_alphanumeric()));
    let mut client = stage.client();
    assert_eq!(client.say(&auth(stage.ann, &sessid))[0]["params"]["success"], true);
}

#[tokio::test]
async fn what_is_wrong_with_an_auth_is_said_by_its_status() {
    let stage = Stage::new().await;
    stage.user("bob@example.com").await;
    stage.bind(ANN, SESSID).await;
    let form = "application/x-www-form-urlencoded";
    let taken = bind(&stage, "bob@example.com", form, &format!("SESSID={SESSID}")).await;
    assert_eq!(taken, (403, json!({"error": true, "message": "SESSID cannot be used"})));
    for wrong in ["short", "tjMzwqGgzNdDEyyswn3vZxFbW-", "tjMzwqGgzNdDEyyswn3vZxFbWGG"] {
        let (status, body) = bind(&stage, ANN, form, &format!("SESSID={wrong}")).await;
        let message = "SESSID must be 26 characters of 0-9, A-Z, a-z";
        assert_eq!((status, body), (400, json!({"error": true, "message": message})), "{wrong}");
    }
    assert_eq!(bind(&stage, "ann@example.com:wrong", form, "").await.0, 401);
    let none = stage.answer(call(Method::POST, "/ws/websocketAuth", None, b"", "")).await;
    let asks = none.headers.iter().find(|(name, _)| name == "www-authenticate").expect("a header");
    assert!(none.status == 401 && asks.1.to_str().expect("text").starts_with("Basic"));
    assert_eq!(stage.call(Method::GET, "/ws/websocketAuth", Some(ANN)).await.0, 405);
    assert_eq!(stage.call(Method::POST, "/ws/vehiclesForUser", Some(ANN)).await.0, 405);
    assert_eq!(stage.call(Method::GET, "/ws/nothing", Some(ANN)).await.0, 404);
    let block = |edit: &mut fleet::UserEdit| edit.activated = false;
    stage.fleet.update_user(&stage.panel, stage.ann, block, stage.now()).await.expect("blocked");
    assert_eq!(bind(&stage, ANN, form, "").await.0, 403);
}

#[tokio::test]
async fn who_guesses_is_soon_not_heard_even_if_right() {
    let stage = Stage::new().await;
    stage.bind(ANN, SESSID).await;
    for _ in 0..10 {
        assert_eq!(stage.call(Method::GET, "/ws/driverList", Some("ann@example.com:wrong")).await.0, 401);
    }
    let answer = stage.answer(call(Method::GET, "/ws/driverList", Some(ANN), b"", "")).await;
    let retry = answer.headers.iter().find(|(name, _)| name == "retry-after").expect("a header");
    assert_eq!((answer.status.as_u16(), retry.1.to_str().expect("text")), (429, "60"));
    let mut client = stage.client();
    assert_eq!(client.say(&auth(stage.ann, SESSID))[0]["params"]["success"], false, "the socket counts with it");
}

#[tokio::test]
async fn vehicles_are_shown_as_they_are_now() {
    let stage = Stage::new().await;
    let trackers = stage.trackers(ANN).await;
    let source = stage.source(ANN, trackers[0]).await;
    stage.upload(source, vec![report(1, Some(0b101), None)]).await;
    let vehicles = stage.get("/ws/vehiclesForUser", ANN).await;
    assert_eq!((&vehicles["error"], &vehicles["message"]), (&json!(false), &json!("")));
    let pos = json!({
        "tmx": "2022-04-02T10:00:01.000Z", "loc": {"lat": 38.5787133, "lon": -9.0127133},
        "gsp": 41, "hdg": 0, "gkm": -1, "cas": 3,
    });
    let tlm = json!({"1": 1, "2": 0, "3": 1, "4": 0, "5": 0, "6": 0, "7": 0, "8": 0});
    let first = json!({
        "mid": trackers[0].0, "info": {"plate": "Van 0", "brand": "", "model": ""},
        "data": {"pos": pos, "drs": {}, "tmp": {}, "tlm": tlm},
    });
    assert_eq!(vehicles["data"][0], first);
    assert_eq!(vehicles["data"][1]["data"], json!({"pos": null, "drs": {}, "tmp": {}, "tlm": {}}));
}

#[tokio::test]
async fn the_past_is_cut_as_asked_and_names_drivers_words_in_their_time() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let events = (0..5).map(|n| report(n * 10, None, Some(if n % 2 == 0 { 2 } else { 4 }))).collect();
    stage.upload(source, events).await;
    let kind = DriverEventKind::Text { text: "late".into() };
    let event = NewDriverEvent { guid: "g".into(), at: start().plus_ms(15_000), position: None, kind };
    stage.dispatch.record(source, event, stage.now()).await.expect("recorded");
    let get = async |interface: &str, more: &str| {
        let target = format!("/ws/{interface}?mid={van}&from=2022-04-02T10:00:00Z&to=2022-04-02T10:01:00.0Z{more}");
        stage.get(&target, ANN).await
    };
    let all = get("events", "").await;
    let eids: Vec<&Value> = all["data"].as_array().expect("a list").iter().map(|event| &event["eid"]).collect();
    assert_eq!(json!(eids), json!([3801, 3802, 3951, 3801, 3802, 3801]));
    assert_eq!(json!(all["data"][2]["txt"]), "late");
    assert_eq!(get("events", "&offset=1&limit=2").await["data"], json!([all["data"][1], all["data"][2]]));
    let records = get("vehicleHistoric", "").await;
    assert_eq!(records.as_array().map(Vec::len), Some(5));
    assert_eq!(get("vehicleHistoric", "&offset=3&limit=1").await, json!([records[3]]));
    let wrong = stage.call(Method::GET, &format!("/ws/events?mid={van}"), Some(ANN)).await;
    assert_eq!(wrong, (400, r#"{"error":true,"message":"from must be a time"}"#.to_owned()));
}

#[tokio::test]
async fn drivers_are_listed_with_their_cards() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let session = stage.session(ANN).await;
    let edit = fleet::DriverEdit { name: "Rui".into(), card: "0000001993887010".into(), tracker: Some(van) };
    let id = stage.fleet.create_driver(fleet::Keeper::Master(&session), stage.ann, edit).await.expect("created");
    let list = stage.get("/ws/driverList", ANN).await;
    assert_eq!(list["data"], json!([{"id": id, "name": "Rui", "card": "0000001993887010", "mid": van.0}]));
}

#[tokio::test]
async fn pictures_of_forms_are_shown_to_their_owner_alone() {
    let stage = Stage::new().await;
    let bob = stage.user("bob@example.com").await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let png = b"\x89PNG\r\n\x1a\nrest".to_vec();
    let id = stage.dispatch.keep_file(source, "g".into(), png.clone(), stage.now()).await.expect("kept");
    let target = format!("/ws/file/{}", id.0);
    let answer = stage.answer(call(Method::GET, &target, Some(ANN), b"", "")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_bytes()), (200, png.as_slice()));
    assert!(answer.headers.iter().any(|(name, value)| name == "content-type" && value == "image/png"));
    stage.fleet.clone_tracker(&stage.panel, van, bob, "View".into(), stage.now()).await.expect("cloned");
    for (target, login) in [(target.as_str(), "bob@example.com"), ("/ws/file/999", ANN), ("/ws/file/x", ANN)] {
        assert_eq!(stage.call(Method::GET, target, Some(login)).await.0, 404, "{target} {login}");
    }
}

#[tokio::test]
async fn a_user_is_answered_so_often_a_second() {
    let options = trackit::TrackitOptions { user_requests_per_second_max: 3, ..trackit::TrackitOptions::default() };
    let stage = Stage::with(options).await;
    for _ in 0..3 {
        assert_eq!(stage.call(Method::GET, "/ws/driverList", Some(ANN)).await.0, 200);
    }
    assert_eq!(stage.call(Method::GET, "/ws/driverList", Some(ANN)).await.0, 429);
    stage.user("bob@example.com").await;
    assert_eq!(stage.call(Method::GET, "/ws/driverList", Some("bob@example.com")).await.0, 200);
}

#[tokio::test]
async fn what_has_no_place_of_its_own_is_where_the_mobile_was_before() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let at = |s: i64, latitude: Option<f64>| model::Report {
        position: latitude.and_then(|latitude| model::Position::new(latitude, -9.0)),
        ..report(s, None, Some(2))
    };
    stage.upload(source, vec![at(0, Some(38.0)), at(20, None), at(30, Some(39.0)), at(40, None)]).await;
    let kind = DriverEventKind::Text { text: "x".into() };
    let event = NewDriverEvent { guid: "g".into(), at: start().plus_ms(45_000), position: None, kind };
    stage.dispatch.record(source, event, stage.now()).await.expect("recorded");
    let span = format!("?mid={van}&from=2022-04-02T10:00:10Z&to=2022-04-02T10:01:00Z");
    let records = stage.get(&format!("/ws/vehicleHistoric{span}"), ANN).await;
    let latitudes = |list: &Value, path: &str| -> Vec<Value> {
        list.as_array().expect("a list").iter().map(|one| one.pointer(path).expect("a latitude").clone()).collect()
    };
    assert_eq!(latitudes(&records, "/loc/lat"), [38, 39, 39]);
    let events = stage.get(&format!("/ws/events{span}"), ANN).await;
    assert_eq!(latitudes(&events["data"], "/lat"), [38, 39, 39, 39]);
}

#[tokio::test]
async fn who_asks_without_credentials_first_is_not_taken_for_a_guesser() {
    let options =
        trackit::TrackitOptions { refused_per_address_per_minute_max: 3, ..trackit::TrackitOptions::default() };
    let stage = Stage::with(options).await;
    for _ in 0..10 {
        assert_eq!(stage.call(Method::GET, "/ws/driverList", None).await.0, 401);
        assert_eq!(stage.call(Method::GET, "/ws/driverList", Some(ANN)).await.0, 200);
    }
    for _ in 0..3 {
        let mut broken = call(Method::GET, "/ws/driverList", None, b"", "");
        broken.headers.insert("authorization", "Basic ???".parse().expect("a header"));
        assert_eq!(stage.answer(broken).await.status.as_u16(), 401);
    }
    assert_eq!(stage.call(Method::GET, "/ws/driverList", Some(ANN)).await.0, 429);
}
