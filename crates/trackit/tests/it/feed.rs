//! What a client is told of its mobiles, and of nobody else's.

use model::{Push, TrackerId};
use serde_json::{Value, json};
use web::Sign;

use crate::stage::{SESSID, Stage, auth, report};

const ANN: &str = "ann@example.com";

fn kind(message: &Value) -> &str {
    message["params"]["type"].as_str().expect("a type")
}

fn kinds(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(kind).collect()
}

#[tokio::test]
async fn a_batch_is_told_by_its_number_and_its_last_record() {
    let stage = Stage::new().await;
    let mut client = stage.authorized().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    stage.upload(source, vec![report(1, None, None), report(3, None, None), report(2, None, None)]).await;
    let told = client.next(1).await;
    let params = &told[0]["params"];
    assert_eq!((told[0]["uid"].as_u64(), params["total"].as_u64()), (Some(u64::from(van.0)), Some(3)));
    assert_eq!(params["lastRecord"]["tmx"], "2022-04-02T10:00:02.000Z", "the last as the device sent them");
    let vehicle = stage.fleet.vehicle_of(van).expect("made with the tracker");
    assert_eq!(params["lastRecord"]["vid"], vehicle.id);
    assert_ne!(vehicle.id, van.0);
    assert!(params["lastRecord"].get("_id").is_none());
}

#[tokio::test]
async fn changes_of_inputs_are_events_with_ids_that_the_past_shares() {
    let stage = Stage::new().await;
    let mut client = stage.authorized().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    stage.upload(source, vec![report(1, Some(0), None)]).await;
    stage.upload(source, vec![report(2, Some(1), None)]).await;
    stage.upload(source, vec![report(3, None, Some(2))]).await;
    let told = client.next(5).await;
    assert_eq!(kinds(&told), ["records", "records", "event", "records", "event"]);
    let (io, battery) = (&told[2]["params"], &told[4]["params"]);
    assert_eq!((&io["sub-type"], &io["event"]["eid"], &io["record"]["cas"]), (&json!("io"), &json!(3846), &json!(61)));
    assert_eq!(io["record"]["exd"]["tlm"], json!({"tio": 1, "tlv": 1}));
    assert_eq!(io["event"]["hid"], io["record"]["_id"]);
    assert_eq!((&battery["sub-type"], &battery["event"]["eid"]), (&json!("event"), &json!(3801)));
    assert_eq!(battery["record"]["exd"]["bpp"], 1);
    assert!(battery["record"]["exd"].get("tlm").is_none());
    let span = format!("mid={van}&from=2022-04-02T00:00:00Z&to=2022-04-03T00:00:00Z");
    let events = stage.get(&format!("/ws/events?{span}"), ANN).await;
    assert_eq!(events["data"], json!([io["event"], battery["event"]]));
    let records = stage.get(&format!("/ws/vehicleHistoric?{span}"), ANN).await;
    let ids: Vec<&Value> = records.as_array().expect("a bare list").iter().map(|record| &record["_id"]).collect();
    assert_eq!(ids[1..], [&io["record"]["_id"], &battery["record"]["_id"]]);
}

#[tokio::test]
async fn nothing_comes_of_the_mobiles_of_others() {
    let stage = Stage::new().await;
    stage.user("bob@example.com").await;
    let mut client = stage.authorized().await;
    let theirs = stage.register("bob@example.com").await;
    let source = stage.source("bob@example.com", theirs).await;
    stage.upload(source, vec![report(1, None, Some(2))]).await;
    stage.push(source, Push::Device { up: true });
    let own = stage.source(ANN, stage.trackers(ANN).await[1]).await;
    stage.push(own, Push::Device { up: true });
    assert_eq!(kinds(&client.next(1).await), ["connection"]);
    for target in ["vehicleHistoric", "events"] {
        let target = format!("/ws/{target}?mid={theirs}&from=2022-04-02T00:00:00Z");
        assert_eq!(stage.call(http::Method::GET, &target, Some(ANN)).await.0, 404, "{target}");
    }
}

#[tokio::test]
async fn a_mobile_that_is_gained_is_followed_and_one_that_is_lost_is_not() {
    let stage = Stage::new().await;
    let mut client = stage.authorized().await;
    let gained = stage.register(ANN).await;
    assert_eq!(client.due(), Vec::<Value>::new(), "that it is there is not told");
    let source = stage.source(ANN, gained).await;
    stage.push(source, Push::Device { up: true });
    assert_eq!(client.due(), [json!({"uid": gained.0, "params": {"type": "connection", "status": 1}})]);
    stage.fleet.panel_corrupt_tracker(&stage.panel, gained, true).await.expect("removed");
    stage.push(source, Push::Device { up: false });
    assert_eq!(client.due(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_blocked_mobile_is_silent() {
    let stage = Stage::new().await;
    let mut client = stage.authorized().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let block = async |blocked| stage.fleet.set_source_blocked(&stage.panel, van, blocked).await.expect("changed");
    block(true).await;
    stage.push(source, Push::Device { up: true });
    stage.upload(source, vec![report(1, None, Some(2))]).await;
    let command = json!({"type": "api", "query": {"id": "a", "uid": van.0, "cmd": "getio"}}).to_string();
    let answer = client.say(&command);
    assert_eq!(
        answer,
        [json!({"uid": van.0, "params": {"type": "cmd-status", "id": "a", "status": false, "error": "blocked"}})]
    );
    block(false).await;
    stage.push(source, Push::Device { up: false });
    assert_eq!(client.due(), [json!({"uid": van.0, "params": {"type": "connection", "status": 0}})]);
}

#[tokio::test]
async fn who_went_without_a_close_is_told_what_it_missed_and_not_twice() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let mut client = stage.authorized().await;
    stage.upload(source, vec![report(1, None, Some(2))]).await;
    assert_eq!(kinds(&client.next(2).await), ["records", "event"]);
    drop(client);
    stage.upload(source, vec![report(2, None, Some(4))]).await;
    stage.push(source, Push::Device { up: true });
    let mut client = stage.client();
    let told = client.say(&auth(stage.ann, SESSID));
    assert_eq!(kinds(&told), ["auth", "event"], "neither records nor connections");
    assert_eq!(told[1]["params"]["event"]["eid"], 3802);
    drop(client);
    let mut client = stage.client();
    assert_eq!(kinds(&client.say(&auth(stage.ann, SESSID))), ["auth"]);
}

#[tokio::test]
async fn who_said_close_or_is_away_for_long_misses_what_comes() {
    let stage = Stage::new().await;
    let source = stage.source(ANN, stage.trackers(ANN).await[0]).await;
    let mut client = stage.authorized().await;
    client.sign(Sign::Closed);
    drop(client);
    stage.upload(source, vec![report(1, None, Some(2))]).await;
    let mut client = stage.client();
    assert_eq!(kinds(&client.say(&auth(stage.ann, SESSID))), ["auth"]);
    drop(client);
    stage.upload(source, vec![report(2, None, Some(4))]).await;
    stage.wait_ms(600_000);
    let mut client = stage.client();
    assert_eq!(kinds(&client.say(&auth(stage.ann, SESSID))), ["auth"]);
}

#[tokio::test]
async fn what_a_lost_client_has_not_confirmed_is_told_again() {
    let stage = Stage::new().await;
    let source = stage.source(ANN, stage.trackers(ANN).await[0]).await;
    let mut client = stage.authorized().await;
    stage.upload(source, vec![report(1, None, Some(2))]).await;
    client.next(2).await;
    client.sign(Sign::Asked);
    client.sign(Sign::Answered);
    stage.upload(source, vec![report(2, None, Some(4))]).await;
    client.next(2).await;
    client.sign(Sign::Asked);
    client.sign(Sign::Lost);
    drop(client);
    let mut client = stage.client();
    let told = client.say(&auth(stage.ann, SESSID));
    assert_eq!((kinds(&told), &told[1]["params"]["event"]["eid"]), (vec!["auth", "event"], &json!(3802)));
}

#[tokio::test]
async fn a_view_of_somebody_elses_mobile_has_no_driver_and_takes_no_orders() {
    let stage = Stage::new().await;
    let bob = stage.user("bob@example.com").await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let view = stage.fleet.clone_tracker(&stage.panel, van, bob, "View".into(), stage.now()).await.expect("cloned");
    stage.bind("bob@example.com", "BBBBBBBBBBBBBBBBBBBBBBBBBB").await;
    let mut client = stage.client();
    client.say(&auth(bob, "BBBBBBBBBBBBBBBBBBBBBBBBBB"));
    stage.push(source, Push::Driver { up: true });
    stage.push(source, Push::Device { up: true });
    assert_eq!(client.due(), [json!({"uid": view.0, "params": {"type": "connection", "status": 1}})]);
    let command = json!({"type": "api", "query": {"id": "a", "uid": view.0, "cmd": "getio"}}).to_string();
    assert_eq!(client.say(&command)[0]["params"]["error"], "not for clones");
    let content = json!({"type": "msg", "txt": "x", "user_id": bob.0, "user_name": "B", "guid": "g"});
    let text = json!({"type": "pnd-api", "query": {"uid": view.0, "content": content}}).to_string();
    assert_eq!(client.say(&text)[0]["params"]["code"], "forbidden");
    assert_ne!(view, TrackerId(van.0));
}

/// Two events happen while the client is away.
async fn with_two_missed(stage: &Stage) {
    let source = stage.source(ANN, stage.trackers(ANN).await[0]).await;
    drop(stage.authorized().await);
    stage.upload(source, vec![report(1, None, Some(2))]).await;
    stage.upload(source, vec![report(2, None, Some(4))]).await;
}

fn event_types(messages: &[Value]) -> Vec<u64> {
    messages.iter().filter_map(|message| message["params"]["event"]["eid"].as_u64()).collect()
}

#[tokio::test]
async fn what_was_told_on_coming_back_and_lost_again_is_told_once_more() {
    let stage = Stage::new().await;
    with_two_missed(&stage).await;
    let mut client = stage.client();
    assert_eq!(event_types(&client.say(&auth(stage.ann, SESSID))), [3801, 3802]);
    client.sign(Sign::Lost);
    drop(client);
    let mut client = stage.client();
    assert_eq!(event_types(&client.say(&auth(stage.ann, SESSID))), [3801, 3802]);
    client.sign(Sign::Asked);
    client.sign(Sign::Answered);
    client.sign(Sign::Lost);
    drop(client);
    let mut client = stage.client();
    assert_eq!(event_types(&client.say(&auth(stage.ann, SESSID))).len(), 0, "it has got them");
}

#[tokio::test]
async fn a_sign_of_life_confirms_no_more_than_was_handed_out() {
    let stage = Stage::new().await;
    with_two_missed(&stage).await;
    let mut client = stage.client();
    client.hear(web::Message::Text(&auth(stage.ann, SESSID)));
    assert_eq!(event_types(&client.gather_some(1)), [3801]);
    client.sign(Sign::Asked);
    assert_eq!(event_types(&client.gather_some(1)), [3802]);
    client.sign(Sign::Answered);
    client.sign(Sign::Lost);
    drop(client);
    let mut client = stage.client();
    assert_eq!(event_types(&client.say(&auth(stage.ann, SESSID))), [3802]);
}

#[tokio::test]
async fn what_was_missed_is_not_told_once_the_mobile_is_blocked() {
    let stage = Stage::new().await;
    with_two_missed(&stage).await;
    let mut client = stage.client();
    client.hear(web::Message::Text(&auth(stage.ann, SESSID)));
    assert_eq!(event_types(&client.gather_some(1)), [3801]);
    let van = stage.trackers(ANN).await[0];
    stage.fleet.set_source_blocked(&stage.panel, van, true).await.expect("blocked");
    assert_eq!(client.due(), Vec::<Value>::new());
}

#[tokio::test]
async fn what_was_missed_is_not_told_once_the_session_has_ended() {
    let stage = Stage::new().await;
    with_two_missed(&stage).await;
    let mut client = stage.client();
    client.hear(web::Message::Text(&auth(stage.ann, SESSID)));
    assert_eq!(event_types(&client.gather_some(1)), [3801]);
    stage.fleet.change_password(&stage.panel, stage.ann, "Another-Kite*42x", stage.now()).await.expect("changed");
    assert_eq!(kinds(&client.gather().0), ["logout"]);
}
