//! The call format that all methods share: where parameters and hash stand, paths, envelope, limits.

use http::header::{AUTHORIZATION, HeaderName};
use http::{Method, StatusCode};
use navixy::{BASES, methods};
use proptest::prelude::*;
use serde_json::{Value, json};
use web::BodyError;

use crate::world::{Draft, World, is_claimed};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const NEVER_ISSUED: &str = "0c5de1f2a94b4be38a17c66f20d93b54";

#[tokio::test]
async fn parameters_in_every_form() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let (id, _) = world.tracker(hash, "Van 7", "yard-0007").await;
    let check = async |draft: Draft| {
        let answered = world.call(draft).await;
        assert_eq!(answered.body["value"]["id"], id, "{answered:?}");
    };
    check(Draft::post("/v2/tracker/read", JSON, &json!({"hash": hash, "tracker_id": id}).to_string())).await;
    check(Draft::post("/v2/tracker/read", JSON, &json!({"hash": hash, "tracker_id": id.to_string()}).to_string()))
        .await;
    let utf8 = "application/json; charset=utf-8";
    check(Draft::post("/v2/tracker/read", utf8, &json!({"hash": hash, "tracker_id": id, "x": [{}]}).to_string())).await;
    check(Draft::post("/v2/tracker/read", FORM, &format!("hash={hash}&tracker_id={id}&x=1"))).await;
    check(Draft::get(&format!("/v2/tracker/read?hash={hash}&tracker_id={id}"))).await;
    check(Draft::new(Method::POST, &format!("/v2/tracker/read?hash={hash}&tracker_id={id}"))).await;
    check(Draft::post(&format!("/v2/tracker/read?hash={hash}"), FORM, &format!("tracker_id={id}"))).await;
    check(Draft::post(&format!("/v2/tracker/read?hash={hash}"), JSON, &format!(r#"{{"tracker_id":{id}}}"#))).await;
    // The body wins over the query; without a type the first character decides.
    let query = format!("/v2/tracker/read?hash={NEVER_ISSUED}&tracker_id=1");
    check(Draft::post(&query, "", &format!(r#" {{"hash":"{hash}","tracker_id":{id}}}"#))).await;
    check(Draft::post(&query, "text/plain", &format!("hash={hash}&tracker_id={id}"))).await;
    // The header wins over both.
    let body = json!({"hash": NEVER_ISSUED, "tracker_id": id}).to_string();
    check(Draft::post("/v2/tracker/read", JSON, &body).hash(hash)).await;
    check(Draft::get(&format!("/v2/tracker/read?tracker_id={id}")).hash(hash)).await;
    // Somebody else's kind of authorization is not ours to judge.
    check(Draft::get(&format!("/v2/tracker/read?hash={hash}&tracker_id={id}")).header(AUTHORIZATION, "Basic eDp5"))
        .await;
    // Arrays in fields are JSON.
    let states = world.call(Draft::get(&format!("/v2/tracker/get_states?hash={hash}&trackers=[{id}]"))).await;
    assert_eq!(states.body["states"][id.to_string()]["source_id"], 1_000_000_001);
}

#[tokio::test]
async fn hashes_that_do_not_open() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let admin = &world.admin().await;
    let check = async |draft: Draft, code: u64, what: &str| {
        let answered = world.call(draft).await;
        assert_eq!(answered.code(), code, "{what}: {answered:?}");
    };
    let list = |hash: Value| Draft::post("/v2/tracker/list", JSON, &json!({"hash": hash}).to_string());
    check(Draft::get("/v2/tracker/list"), 3, "missing").await;
    check(list(json!(NEVER_ISSUED)), 3, "never issued").await;
    check(list(json!(&hash[1..])), 3, "short").await;
    check(list(json!(hash.to_uppercase())), 3, "upper case").await;
    check(list(json!(5)), 3, "a number").await;
    check(list(json!([hash])), 3, "an array").await;
    check(list(json!(null)), 3, "null").await;
    check(list(json!(admin)), 3, "a panel's").await;
    check(list(json!(hash)), 0, "good").await;
    for header in ["NVX", "NVX ", &format!("NVX{hash}"), &format!("NVX  {hash}"), &format!("NVX {hash} ")] {
        check(list(json!(hash)).header(AUTHORIZATION, header), 3, header).await;
    }
    let panel = Draft::post("/v2/panel/user/list", JSON, &json!({"hash": hash}).to_string());
    check(panel, 3, "a user's on the panel").await;
    check(Draft::post("/v2/user/logout", JSON, &json!({"hash": hash}).to_string()), 0, "logout").await;
    check(list(json!(hash)), 4, "ended").await;
    world.check_code("panel/account/logout", json!({"hash": admin}), 0).await;
    world.check_code("panel/account/get_permissions", json!({"hash": admin}), 4).await;
}

#[tokio::test]
async fn sessions_end_when_their_time_is_over() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let admin = world.admin().await;
    world.wait_ms(86_400_000 - 1);
    world.check_code("panel/account/get_permissions", json!({"hash": admin}), 0).await;
    world.wait_ms(1);
    world.check_code("panel/account/get_permissions", json!({"hash": admin}), 4).await;
    world.check_code("base/nothing", json!({"hash": hash}), 0).await;
    world.wait_ms(29 * 86_400_000);
    world.check_code("base/nothing", json!({"hash": hash}), 4).await;
}

#[tokio::test]
async fn paths_and_methods() {
    let world = World::new().await;
    let check = async |draft: Draft, code: u64, status: u16| {
        let answered = world.call(draft).await;
        assert_eq!((answered.code(), answered.status), (code, status), "{answered:?}");
    };
    for base in BASES {
        for method in methods() {
            // Without a hash or a login, every method that exists complains of just that.
            let (code, status) = match method {
                "user/auth" | "panel/account/auth" | "user/restore_password" => (7, 400),
                "timezone/list" | "panel/timezone/list" => (0, 200),
                _ => (3, 400),
            };
            for slash in ["", "/"] {
                check(Draft::get(&format!("{base}/{method}{slash}")), code, status).await;
                check(Draft::new(Method::POST, &format!("{base}/{method}{slash}")), code, status).await;
            }
        }
        check(Draft::get(&format!("{base}/nonsense/list")), 111, 400).await;
        check(Draft::get(&format!("{base}/tracker/fly")), 112, 400).await;
        check(Draft::get(&format!("{base}/tracker/readings/fly")), 112, 400).await;
        check(Draft::get(&format!("{base}/panel/subpaas/list")), 112, 400).await;
    }
    check(Draft::new(Method::PUT, "/v2/user/auth"), 112, 400).await;
    check(Draft::new(Method::DELETE, "/v2/tracker/list"), 112, 400).await;
    // The route is judged before the body, the body before the hash.
    check(Draft::post("/v2/tracker/fly", JSON, "{"), 112, 400).await;
    for body in ["{", "[]", "5", r#"{"a":"\ud800"}"#, "hash=1"] {
        check(Draft::post("/v2/tracker/list", JSON, body), 5, 400).await;
    }
    check(Draft::get("/v2/tracker/list").no_body(BodyError::TooLarge), 9, 412).await;
    check(Draft::get("/v2/tracker/list").no_body(BodyError::Incomplete), 5, 400).await;
}

#[test]
fn calls_show_whose_they_are() {
    let check = |draft: Draft, claimed: bool| assert_eq!(is_claimed(&draft), claimed);
    check(Draft::get("/nonsense"), false);
    check(Draft::get("/nonsense").hash(NEVER_ISSUED), true);
    check(Draft::get("/nonsense").header(AUTHORIZATION, "NVX"), true);
    check(Draft::get("/nonsense").header(AUTHORIZATION, "Bearer x"), false);
    check(Draft::post("/nonsense", "Application/JSON; charset=utf-8", "{}"), true);
    check(Draft::post("/nonsense", FORM, "a=1"), false);
}

#[tokio::test]
async fn browsers_may_ask_first() {
    let world = World::new().await;
    let answer = world.raw(Draft::new(Method::OPTIONS, "/v2/user/auth")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let header = |name: &str| answer.headers.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.to_str().ok());
    assert_eq!(header("access-control-allow-origin"), Some("*"));
    assert_eq!(header("access-control-allow-methods"), Some("GET, POST, OPTIONS"));
    assert_eq!(header("access-control-allow-headers"), Some("Content-Type, Authorization, NVX-ISO-DateTime"));
}

#[tokio::test]
async fn dates_are_iso_when_asked_for() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let (id, _) = world.tracker(hash, "Van 7", "yard-0007").await;
    let state = format!("/v2/tracker/get_state?hash={hash}&tracker_id={id}");
    let check = async |draft: Draft, expected: &str| {
        let answered = world.call(draft).await;
        assert_eq!(answered.text("user_time"), expected);
    };
    let iso = HeaderName::from_static("nvx-iso-datetime");
    check(Draft::get(&state), "2026-03-02 10:15:41").await;
    check(Draft::get(&format!("{state}&iso_datetime=true")), "2026-03-02T10:15:41+01:00").await;
    check(Draft::get(&format!("{state}&iso_datetime=false")).header(iso.clone(), "true"), "2026-03-02 10:15:41").await;
    check(Draft::get(&state).header(iso, "true"), "2026-03-02T10:15:41+01:00").await;
    let body = json!({"hash": hash, "tracker_id": id, "iso_datetime": true}).to_string();
    check(Draft::post("/v2/tracker/get_state", JSON, &body), "2026-03-02T10:15:41+01:00").await;
    world
        .check_invalid("tracker/get_state", json!({"hash": hash, "iso_datetime": 5}), &["iso_datetime", "tracker_id"])
        .await;
}

#[tokio::test]
async fn calls_a_second_are_limited() {
    let world = World::with(|options| options).await;
    let hash = &world.logged_in("ann@example.com").await;
    world.wait_ms(2_000);
    let answered = async |n: u8| world.call(Draft::get("/v2/base/nothing").hash(hash).from([192, 0, 2, n])).await;
    // One user from many addresses, then many users from one address.
    for i in 0..50 {
        assert_eq!(answered(i).await.code(), 0, "call {i}");
    }
    let refused = answered(99).await;
    assert_eq!((refused.code(), refused.status), (15, 429));
    for i in 0..60 {
        let answered = world.call(Draft::get("/v2/base/nothing").from([198, 51, 100, 1])).await;
        assert_eq!(answered.code(), if i < 50 { 3 } else { 15 }, "call {i}");
    }
    world.wait_ms(2_000);
    let admin = &world.admin().await;
    for i in 0..12 {
        let permissions = Draft::get("/v2/panel/account/get_permissions").hash(admin);
        assert_eq!(world.call(permissions).await.code(), if i < 10 { 0 } else { 15 }, "call {i}");
    }
    world.wait_ms(100);
    assert_eq!(world.call(Draft::get("/v2/panel/account/get_permissions").hash(admin)).await.code(), 0);
}

#[test]
fn whatever_is_sent_gets_a_proper_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (world, hash, admin) = runtime.block_on(async {
        let world = World::new().await;
        let hash = world.logged_in("ann@example.com").await;
        world.tracker(&hash, "Van 7", "yard-0007").await;
        let admin = world.admin().await;
        (world, hash, admin)
    });
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!(100_001)),
        Just(json!([100_001])),
        Just(json!({"id": 10_001, "activated": true})),
    ];
    let names = prop::sample::select(vec![
        "tracker_id",
        "trackers",
        "user_id",
        "user",
        "login",
        "password",
        "label",
        "labels",
        "model",
        "plugin_id",
        "device_id",
        "blocked",
        "deleted",
        "limit",
        "offset",
        "order_by",
        "filter",
        "iso_datetime",
        "time_zone",
        "locale",
    ]);
    // Logging out would take the door away from the following cases.
    let harmless: Vec<&str> = methods().filter(|m| !m.ends_with("logout")).collect();
    let method = prop::sample::select(harmless);
    let body = prop::collection::hash_map(names, scalar, 0..8);
    let bytes = prop::option::of(prop::collection::vec(any::<u8>(), 0..40));
    proptest!(ProptestConfig::with_cases(400), |(method in method, body in body, bytes in bytes)| {
        let hash = if method.starts_with("panel/") { &admin } else { &hash };
        let body = match bytes {
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => json!(body).to_string(),
        };
        let kind = if body.starts_with('{') { JSON } else { "" };
        let answered = runtime.block_on(world.call(Draft::post(&format!("/v2/{method}"), kind, &body).hash(hash)));
        answered.code();
    });
}
