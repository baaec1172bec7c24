//! Clones, and trackers that change hands.

use serde_json::{Value, json};

use crate::world::World;

/// A world with two users, the first of whom has two trackers.
struct Cast {
    world: World,
    admin: String,
    ann: String,
    bob: String,
    van: u64,
    truck: u64,
}

const ANN: u64 = 10_001;
const BOB: u64 = 10_002;

impl Cast {
    async fn new() -> Self {
        let world = World::new().await;
        let (ann, bob) = (world.logged_in("ann@example.com").await, world.logged_in("bob@example.com").await);
        let admin = world.admin().await;
        let (van, _) = world.tracker(&ann, "Van 7", "yard-0007").await;
        let (truck, _) = world.tracker(&ann, "Truck", "yard-0008").await;
        Self { world, admin, ann, bob, van, truck }
    }

    /// A body with the administrator's hash.
    fn panel(&self, mut body: Value) -> Value {
        body["hash"] = json!(self.admin);
        body
    }

    async fn check(&self, method: &str, body: Value, code: u64) {
        self.world.check_code(&format!("panel/tracker/{method}"), self.panel(body), code).await;
    }

    async fn body(&self, method: &str, body: Value) -> Value {
        self.world.post(&format!("panel/tracker/{method}"), self.panel(body)).await.body
    }

    async fn clone(&self, tracker: u64) -> u64 {
        let body = self.body("clone", json!({"tracker_id": tracker, "user_id": BOB, "label": "Theirs"})).await;
        body["id"].as_u64().unwrap_or_else(|| panic!("{body}"))
    }
}

#[tokio::test]
async fn a_clone_shows_the_same_source_to_another_user() {
    let cast = Cast::new().await;
    let clone = cast.clone(cast.van).await;
    let list = |hash: &str| cast.world.post("tracker/list", json!({"hash": hash}));
    let (theirs, own) = (list(&cast.bob).await.body["list"].clone(), list(&cast.ann).await.body["list"].clone());
    assert_eq!(theirs.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&theirs[0]["id"], &theirs[0]["label"], &theirs[0]["clone"]),
        (&json!(clone), &json!("Theirs"), &json!(true))
    );
    assert_eq!((&own[0]["clone"], &own[0]["source"]), (&json!(false), &theirs[0]["source"]));
    cast.world.check_code("tracker/get_state", json!({"hash": cast.bob, "tracker_id": clone}), 0).await;
    cast.world.check_code("tracker/get_state", json!({"hash": cast.bob, "tracker_id": cast.van}), 201).await;
    cast.world.check_code("tracker/corrupt", json!({"hash": cast.bob, "tracker_id": clone}), 219).await;
    assert_eq!(cast.body("read", json!({"tracker_id": clone})).await["value"]["clone"], true);

    let ids = async |filter: Value| {
        let body = cast.body("list", filter).await;
        body["list"].as_array().into_iter().flatten().filter_map(|t| t["id"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(ids(json!({"clones_filter": "not_set"})).await, [cast.van, cast.truck, clone]);
    assert_eq!(ids(json!({"clones_filter": "exclude_clones"})).await, [cast.van, cast.truck]);
    assert_eq!(ids(json!({"clones_filter": "only_include_clones", "tariff_id": 0})).await, [clone]);
    assert_eq!(ids(json!({"tariff_id": 12})).await, [0; 0]);
    let bad = cast.panel(json!({"clones_filter": "some", "tariff_id": "x"}));
    cast.world.check_invalid("panel/tracker/list", bad, &["tariff_id", "clones_filter"]).await;
}

#[tokio::test]
async fn cloning_and_moving_are_refused_for_their_reasons() {
    let cast = Cast::new().await;
    let clone = cast.clone(cast.van).await;
    let gone = cast.world.tracker(&cast.ann, "Old", "yard-0009").await.0;
    cast.check("corrupt", json!({"tracker_id": gone}), 0).await;
    for method in ["clone", "move"] {
        for (tracker, user, code) in [
            (7, BOB, 201),
            (gone, BOB, 252),
            (clone, ANN, 219),
            (cast.van, ANN, 246),
            (cast.van, 7, 246),
            (cast.van, BOB, 247),
        ] {
            cast.check(method, json!({"tracker_id": tracker, "user_id": user, "label": "x"}), code).await;
        }
        let missing: &[&str] =
            if method == "clone" { &["tracker_id", "user_id", "label"] } else { &["tracker_id", "user_id"] };
        cast.world.check_invalid(&format!("panel/tracker/{method}"), cast.panel(json!({})), missing).await;
    }
    let body = json!({"tracker_id": cast.truck, "user_id": BOB, "label": "<b>"});
    cast.world.check_invalid("panel/tracker/clone", cast.panel(body), &["label"]).await;
    cast.world
        .check_code("panel/tracker/move", json!({"hash": cast.ann, "tracker_id": cast.van, "user_id": BOB}), 3)
        .await;
}

#[tokio::test]
async fn many_at_once() {
    let cast = Cast::new().await;
    let clone = cast.clone(cast.van).await;
    let both = json!([cast.van, cast.truck]);
    let refused = cast.body("batch_clone", json!({"tracker_ids": both, "user_id": BOB})).await;
    assert_eq!((&refused["status"]["code"], &refused["list"]), (&json!(247), &json!([clone])));
    let done = cast.body("batch_clone", json!({"tracker_ids": both, "user_id": BOB, "ignore_existing": true})).await;
    assert_eq!(done, json!({"success": true, "list": [clone + 1], "ignored_trackers": [cast.van]}));
    for (ids, user, code) in [
        (json!([cast.van, 7]), BOB, 217),
        (json!([cast.van, -7]), BOB, 217),
        (json!([clone]), ANN, 219),
        (json!([cast.van]), ANN, 246),
    ] {
        cast.check("batch_clone", json!({"tracker_ids": ids, "user_id": user}), code).await;
    }
    let too_many = |count: u32| json!((1..=count).collect::<Vec<_>>());
    for (method, name, count) in [("batch_clone", "tracker_ids", 1_001), ("batch_delete_clones", "trackers", 501)] {
        for ids in [json!([]), json!("x"), json!([1, null]), too_many(count)] {
            let body = cast.panel(json!({name: ids, "user_id": BOB}));
            cast.world.check_invalid(&format!("panel/tracker/{method}"), body, &[name]).await;
        }
        cast.check(method, json!({name: too_many(count - 1), "user_id": BOB}), if count > 1_000 { 217 } else { 201 })
            .await;
    }
    cast.world.check_invalid("panel/tracker/batch_delete_clones", cast.panel(json!({})), &["trackers"]).await;

    let gone = cast.body("batch_delete_clones", json!({"trackers": [clone]})).await;
    assert_eq!(gone, json!({"success": true, "deleted_count": 1, "not_deleted_count": 0}));
    let gone = cast.body("batch_delete_clones", json!({"tracker_ids": [clone, clone + 1, 7, cast.van]})).await;
    let kept = json!([{"id": clone, "error": "Already deleted"}, {"id": 7, "error": "Entity not found"},
                      {"id": cast.van, "error": "Not a clone"}]);
    assert_eq!((&gone["deleted_count"], &gone["not_deleted_count"]), (&json!(1), &json!(3)));
    assert_eq!(gone["not_deleted_trackers"], kept);
}

#[tokio::test]
async fn clones_go_by_administrator_and_by_owner() {
    let cast = Cast::new().await;
    let clone = cast.clone(cast.van).await;
    for (tracker, code) in [(7, 201), (cast.van, 249), (clone, 0), (clone, 252)] {
        cast.check("delete_clone", json!({"tracker_id": tracker}), code).await;
    }
    let clone = cast.clone(cast.van).await;
    let delete = async |hash: &str, tracker: u64, code| {
        cast.world.check_code("tracker/delete", json!({"hash": hash, "tracker_id": tracker}), code).await;
    };
    delete(&cast.ann, clone, 201).await;
    delete(&cast.ann, cast.van, 249).await;
    delete(&cast.bob, clone, 0).await;
    delete(&cast.bob, clone, 201).await;
    cast.world.check_invalid("tracker/delete", json!({"hash": cast.bob}), &["tracker_id"]).await;
}

#[tokio::test]
async fn originals_with_clones_may_be_spared() {
    let cast = Cast::new().await;
    let clone = cast.clone(cast.van).await;
    let mut removal = json!({"tracker_id": cast.van, "corrupt_clones": false});
    let refused = cast.world.post("panel/tracker/corrupt", cast.panel(removal.clone())).await;
    assert_eq!(refused.code(), 253);
    assert_eq!(refused.body["list"], json!([clone]));
    let user = json!({"user_id": ANN, "login": "ann@example.com", "corrupt_clones": "false"});
    let refused = cast.world.post("panel/user/corrupt", cast.panel(user)).await;
    assert_eq!((refused.code(), &refused.body["list"]), (253, &json!([clone])));
    cast.check("corrupt", json!({"tracker_id": clone}), 219).await;
    removal["corrupt_clones"] = Value::Null;
    cast.check("corrupt", removal, 0).await;
    cast.check("read", json!({"tracker_id": clone}), 252).await;
    assert_eq!(cast.world.post("tracker/list", json!({"hash": cast.bob})).await.body["list"], json!([]));
}

#[tokio::test]
async fn a_moved_tracker_is_the_new_owners_under_a_new_id() {
    let cast = Cast::new().await;
    let moved = cast.body("move", json!({"tracker_id": cast.van, "user_id": BOB})).await["id"].as_u64().expect("an id");
    assert_ne!(moved, cast.van);
    let source = |value: &Value| value["source"]["id"].clone();
    let read = cast.body("read", json!({"tracker_id": moved})).await["value"].clone();
    assert_eq!((&read["user_id"], &read["clone"], &read["label"]), (&json!(BOB), &json!(false), &json!("Van 7")));
    assert_eq!(
        source(&read),
        source(&cast.world.post("tracker/list", json!({"hash": cast.bob})).await.body["list"][0])
    );
    cast.check("read", json!({"tracker_id": cast.van}), 252).await;
    cast.world.check_code("tracker/read", json!({"hash": cast.ann, "tracker_id": cast.van}), 201).await;
    let count = async |user: u64| {
        let body = cast.panel(json!({"user_id": user}));
        cast.world.post("panel/user/read", body).await.body["value"]["trackers_count"].clone()
    };
    assert_eq!((count(ANN).await, count(BOB).await), (json!(1), json!(1)));
}

#[tokio::test]
async fn blocking_any_view_blocks_every_view() {
    let cast = Cast::new().await;
    let clone = cast.clone(cast.van).await;
    for (named, blocked, code) in [(cast.van, true, 208), (clone, false, 0), (clone, true, 208)] {
        cast.check("source/update", json!({"tracker_id": named, "blocked": blocked}), 0).await;
        for (hash, tracker) in [(&cast.ann, cast.van), (&cast.bob, clone)] {
            cast.world.check_code("tracker/get_state", json!({"hash": hash, "tracker_id": tracker}), code).await;
        }
    }
}
