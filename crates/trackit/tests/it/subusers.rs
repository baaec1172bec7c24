//! What sub-users see: the mobiles that their master gives them, for as long as they are given.

use fleet::{DriverEdit, Keeper, SubuserEdit, UserProfile};
use http::Method;
use model::{Push, TrackerId, UserId};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, auth};

const ANN: &str = "ann@example.com";
const BO: &str = "bo@example.com";
const BOS: &str = "BoBoBoBoBoBoBoBoBoBoBoBoBo";

/// A sub-user of the first user, which sees the first of its two trackers.
async fn bo(stage: &Stage) -> (UserId, TrackerId, TrackerId) {
    let master = stage.session(ANN).await;
    let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
    let new = SubuserEdit { login: BO.into(), activated: true, profile, security_group: None };
    let id = stage.fleet.create_subuser(&master, new, PASSWORD, stage.now()).await.expect("a sub-user");
    let trackers = stage.trackers(ANN).await;
    stage.fleet.bind_trackers(&master, id, vec![trackers[0]]).await.expect("bound");
    stage.bind(BO, BOS).await;
    (id, trackers[0], trackers[1])
}

fn getio(uid: TrackerId) -> String {
    json!({"type": "api", "query": {"id": "a", "uid": uid.0, "cmd": "getio"}}).to_string()
}

#[tokio::test]
async fn a_sub_user_sees_what_it_is_given_and_no_more() {
    let stage = Stage::new().await;
    let (bo, given, other) = bo(&stage).await;
    let master = stage.session(ANN).await;
    for (name, tracker) in [("Rui", given), ("Ana", other)] {
        let edit = DriverEdit { name: name.into(), card: String::new(), tracker: Some(tracker) };
        stage.fleet.create_driver(Keeper::Master(&master), stage.ann, edit).await.expect("created");
    }
    let names = |list: &Value, path: &str| -> Vec<Value> {
        list["data"].as_array().expect("a list").iter().map(|one| one[path].clone()).collect()
    };
    assert_eq!(names(&stage.get("/ws/vehiclesForUser", BO).await, "mid"), [json!(given.0)]);
    assert_eq!(names(&stage.get("/ws/driverList", BO).await, "name"), ["Rui"]);
    for interface in ["vehicleHistoric", "events"] {
        let target = |mid: TrackerId| format!("/ws/{interface}?mid={mid}&from=2022-04-02T00:00:00Z");
        assert_eq!(stage.call(Method::GET, &target(given), Some(BO)).await.0, 200, "{interface}");
        assert_eq!(stage.call(Method::GET, &target(other), Some(BO)).await.0, 404, "{interface}");
    }
    let png = b"\x89PNG\r\n\x1a\nrest".to_vec();
    for (tracker, status) in [(given, 200), (other, 404)] {
        let source = stage.source(ANN, tracker).await;
        let id = stage.dispatch.keep_file(source, "g".into(), png.clone(), stage.now()).await.expect("kept");
        let answer = stage.answer(crate::stage::call(Method::GET, &format!("/ws/file/{}", id.0), Some(BO), b"", ""));
        assert_eq!(answer.await.status.as_u16(), status, "{tracker}");
    }
    let mut client = stage.client();
    client.say(&auth(bo, BOS));
    for tracker in [other, given] {
        let source = stage.source(ANN, tracker).await;
        stage.push(source, Push::Device { up: true });
        stage.push(source, Push::Driver { up: true });
    }
    let told = client.due();
    assert_eq!(told.iter().map(|message| message["uid"].clone()).collect::<Vec<_>>(), [given.0, given.0]);
    assert_eq!(client.say(&getio(other))[0]["params"]["error"], "unknown");
    let content = json!({"type": "msg", "txt": "x", "user_id": bo.0, "user_name": "B", "guid": "g"});
    let text = json!({"type": "pnd-api", "query": {"uid": other.0, "content": content}}).to_string();
    assert_eq!(client.say(&text)[0]["params"]["code"], "not_found");
}

#[tokio::test]
async fn a_right_of_the_master_is_not_the_sub_users() {
    let stage = Stage::new().await;
    let (bo, given, _) = bo(&stage).await;
    stage.fleet.set_device_commands(&stage.panel, stage.ann, true).await.expect("granted");
    let mut client = stage.client();
    client.say(&auth(bo, BOS));
    let command = json!({"type": "api", "query": {"id": "a", "uid": given.0, "cmd": "getver"}}).to_string();
    assert_eq!(client.say(&command)[0]["params"]["error"], "not permitted");
    assert_eq!(client.say(&getio(given))[0]["params"]["error"], "offline", "which is open to everybody");
}

#[tokio::test]
async fn what_is_taken_from_a_sub_user_is_silent_at_once() {
    let stage = Stage::new().await;
    let (bo, given, other) = bo(&stage).await;
    let master = stage.session(ANN).await;
    let mut client = stage.client();
    client.say(&auth(bo, BOS));
    let source = stage.source(ANN, given).await;
    stage.push(source, Push::Driver { up: true });
    stage.fleet.unbind_trackers(&master, bo, vec![given]).await.expect("unbound");
    stage.push(source, Push::Driver { up: false });
    assert_eq!(client.due(), Vec::<Value>::new(), "also of what happened before and was not told yet");
    assert_eq!(client.say(&getio(given))[0]["params"]["error"], "unknown");
    stage.fleet.bind_trackers(&master, bo, vec![other]).await.expect("bound");
    assert_eq!(client.due(), Vec::<Value>::new(), "that it is there is not told");
    stage.push(stage.source(ANN, other).await, Push::Driver { up: true });
    let up = json!({"uid": other.0, "params": {"type": "pnd-connection", "status": 1}});
    assert_eq!(client.due(), [up]);
}
