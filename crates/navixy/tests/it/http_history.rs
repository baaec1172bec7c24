//! What happened to trackers.

use serde_json::{Value, json};

use crate::http_track::{day, driven, span};
use crate::world::World;

fn events(body: &Value) -> Vec<String> {
    let list = body["list"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|e| format!("{} {}", &e["time"].as_str().unwrap_or("-")[11..], e["event"].as_str().unwrap_or("-")))
        .collect()
}

const DRIVE: &str = "0 30 0 in=0\n 30 30 3 ev=202 ev=401\n 60 0 5 in=1 ev=501\n 400 0 5 ev=4";

#[tokio::test]
async fn entries_have_the_published_members() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let tracker = driven(&world, &hash, "van-01", DRIVE).await;
    let found = world.post("history/tracker/list", day(&hash, json!({"trackers": [tracker]}))).await;
    assert_eq!(
        events(&found.body),
        [
            "10:00:00 track_start",
            "10:00:30 sos",
            "10:01:00 input_change",
            "10:06:00 track_end",
            "10:06:40 powerrecover"
        ]
    );
    assert_eq!((&found.body["total"], &found.body["total_unread"]), (&json!(5), &json!(5)));
    assert_eq!(found.body["limit_exceeded"], false);
    assert_eq!(
        found.body["list"][1],
        json!({"id": (2 << 8) + 128, "type": "tracker", "is_read": false, "message": "SOS button pressed",
               "time": "2026-03-02 10:00:30", "event": "sos", "tracker_id": tracker, "track_id": 1_772_442_000,
               "location": {"lat": 0.0, "lng": 10.003}, "address": "",
               "extra": {"tracker_label": "van-01", "emergency": true}})
    );
    let list = found.body["list"].as_array().expect("a list");
    let tracks: Vec<_> = list.iter().map(|e| e["track_id"].as_i64().expect("a number")).collect();
    assert_eq!(tracks, [1_772_442_000, 1_772_442_000, 1_772_442_000, 1_772_442_000, 0]);
    assert_eq!(list[2]["message"], "Input 1 switched on");
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_cut() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let tracker = driven(&world, &hash, "van-01", DRIVE).await;
    let list = |more: Value| {
        let mut body = day(&hash, json!({"trackers": [tracker]}));
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        world.post("history/tracker/list", body)
    };
    let found = list(json!({"limit": 2})).await.body;
    assert_eq!(events(&found), ["10:00:00 track_start", "10:00:30 sos"]);
    assert_eq!((&found["total"], &found["limit_exceeded"]), (&json!(5), &json!(true)));
    let found = list(json!({"limit": 2, "ascending": false, "add_tracker_label": false})).await.body;
    assert_eq!(events(&found), ["10:06:40 powerrecover", "10:06:00 track_end"]);
    assert_eq!(found["list"][0]["extra"], json!({"emergency": false}));
    let found = list(json!({"events": ["sos", "track_end", "no_such"]})).await.body;
    assert_eq!(events(&found), ["10:00:30 sos", "10:06:00 track_end"]);
    assert_eq!(found["total"], 2);
    assert_eq!(events(&list(json!({"only_emergency": true})).await.body), ["10:00:30 sos"]);
}

#[tokio::test]
async fn a_span_shows_what_the_whole_would() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let tracker = driven(&world, &hash, "van-01", DRIVE).await;
    let ids = |body: &Value| -> Vec<i64> {
        body["list"].as_array().into_iter().flatten().filter_map(|e| e["id"].as_i64()).collect()
    };
    let whole = ids(&world.post("history/tracker/list", day(&hash, json!({"trackers": [tracker]}))).await.body);
    // It begins on the way, and ends before the report that shows that the trip is over.
    let mut body = span(&hash, "02 10:00:20", "02 10:06:05");
    body["trackers"] = json!([tracker]);
    let found = world.post("history/tracker/list", body).await.body;
    assert_eq!(events(&found), ["10:00:30 sos", "10:01:00 input_change", "10:06:00 track_end"]);
    assert_eq!(ids(&found), whole[1..4]);
}

#[tokio::test]
async fn a_user_sees_all_its_trackers_and_no_others() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    driven(&world, &hash, "van-01", "10 0 0 ev=4").await;
    driven(&world, &hash, "van-02", "20 0 0 ev=1\n 25 0 0 ev=2 before").await;
    let blocked = driven(&world, &hash, "van-03", "30 0 0 ev=7").await;
    let admin = world.admin().await;
    world.user(&admin, "ben@example.com").await;
    let ben = json!({"login": "ben@example.com", "password": crate::world::PASSWORD});
    let ben = world.post("user/auth", ben).await.text("hash");
    driven(&world, &ben, "van-04", "40 0 0 ev=202").await;
    let block = json!({"hash": admin, "tracker_id": blocked, "blocked": true});
    world.check_code("panel/tracker/source/update", block, 0).await;
    let found = world.post("history/user/list", day(&hash, json!({}))).await;
    assert_eq!(events(&found.body), ["10:00:10 powerrecover", "10:00:20 lowpower"]);
    let count = world.post("history/unread/count", json!({"hash": hash})).await;
    assert_eq!(count.body, json!({"success": true, "count": 2}));
    let later = json!({"hash": hash, "from": "2026-03-02 10:00:15"});
    assert_eq!(world.post("history/unread/count", later).await.body["count"], 1);
    let cameras = json!({"hash": hash, "type": "camera"});
    assert_eq!(world.post("history/unread/count", cameras).await.body["count"], 0);
}

#[tokio::test]
async fn refusals_have_their_codes() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (tracker, _) = world.tracker(&hash, "van-01", "unit-van-01").await;
    let method = "history/tracker/list";
    world.check_invalid(method, json!({"hash": hash}), &["trackers", "from", "to"]).await;
    world.check_code(method, day(&hash, json!({"trackers": [tracker, 7]})), 217).await;
    world.check_code(method, day(&hash, json!({"trackers": [tracker], "limit": 1001})), 212).await;
    let many: Vec<u32> = (1..=20_001).collect();
    world.check_code(method, day(&hash, json!({"trackers": many})), 221).await;
    world.check_invalid(method, day(&hash, json!({"trackers": [tracker], "limit": 0})), &["limit"]).await;
    let long = json!({"hash": hash, "from": "2026-01-01 00:00:00", "to": "2026-04-02 00:00:00"});
    world.check_code("history/user/list", long, 211).await;
    world.check_code("history/user/list", day(&hash, json!({})), 0).await;
    world.check_code("history/mark_read_all", json!({"hash": hash}), 112).await;
}

#[tokio::test]
async fn the_types_are_those_that_may_come() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let found = world.post("history/type/list", json!({"hash": hash, "locale": "en_US"})).await;
    let types: Vec<_> = found.body["list"].as_array().into_iter().flatten().map(|t| t["type"].clone()).collect();
    assert!(types.contains(&json!("track_start")) && types.contains(&json!("sos")), "{types:?}");
}
