//! Calls that nobody in their right mind makes.

use std::collections::HashMap;

use http::Method;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::world::World;

/// Texts that have broken things before.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "\u{202e}",
    "a\nb",
    "'; DROP TABLE drivers; --",
    "<script>alert(1)</script>",
    "\u{1f69a}",
    "\"\\\u{2028}",
    "../../etc/passwd",
    "%s%n{}",
    "-1",
    "1e999",
    "NaN",
    "9999999999999999999999",
    "2026-02-30 25:61:61",
    "ffffffffffffffffffffffff",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("x".repeat(5_000))),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Puts a value in the place of one of the members, at any depth.
fn replace(body: &mut Value, path: &[prop::sample::Index], value: Value) {
    let members = match body {
        Value::Object(members) if !members.is_empty() && !path.is_empty() => members,
        Value::Array(elements) if !elements.is_empty() && !path.is_empty() => {
            let at = path[0].index(elements.len());
            return replace(&mut elements[at], &path[1..], value);
        }
        other => {
            *other = value;
            return;
        }
    };
    let names: Vec<String> = members.keys().cloned().collect();
    let member = members.get_mut(path[0].get(&names)).expect("there");
    replace(member, &path[1..], value);
}

/// What the document says that each method may answer.
fn documented() -> HashMap<String, Vec<u64>> {
    let document = office::openapi();
    let paths = document["paths"].as_object().expect("paths").clone();
    let codes = |operations: &Value| {
        let text = operations["post"]["responses"]["default"]["description"].as_str().expect("a text").to_owned();
        let text = text.trim_start_matches("Not done. ").to_owned();
        text.split("; ").map(|one| one.split(':').next().expect("a code").parse().expect("a number")).collect()
    };
    paths.iter().map(|(path, operations)| (path.clone(), codes(operations))).collect()
}

async fn check(world: &World, documented: &HashMap<String, Vec<u64>>, path: &str, body: &[u8]) {
    let answer = world.raw(Method::POST, path, body, true).await;
    let shown = String::from_utf8_lossy(body);
    if answer.status.as_u16() == 200 && path.ends_with("/file/read") {
        return;
    }
    let answered: Value = serde_json::from_slice(answer.body.as_bytes()).expect("JSON");
    assert!(answer.status.as_u16() < 500, "{path} {shown}: {answered}");
    if answered["success"] != true {
        let code = answered["status"]["code"].as_u64().expect("a code");
        assert!(documented[path].contains(&code), "{path} may not answer {code}: {shown}");
        assert!(!answered.to_string().contains(&world.ann), "a secret is echoed: {answered}");
    }
}

#[test]
fn no_call_makes_it_fail() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::new());
    let things = runtime.block_on(world.things());
    let (right, documented) = (world.right(&things), documented());
    let path = prop::collection::vec(any::<prop::sample::Index>(), 1..4);
    let case = (any::<prop::sample::Index>(), any::<bool>(), prop::collection::vec((path, any_value()), 1..4));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1_500));
    let result = runner.run(&case, |(which, is_admin, changes)| {
        let (method, body) = which.get(&right);
        let mut body = body.clone();
        for (path, value) in changes {
            replace(&mut body, &path, value);
        }
        if let Value::Object(members) = &mut body {
            members.insert("hash".to_owned(), json!(if is_admin { &world.admin } else { &world.ann }));
        }
        let path = format!("/panel/office/{method}");
        runtime.block_on(check(&world, &documented, &path, body.to_string().as_bytes()));
        Ok(())
    });
    result.expect("no case fails");
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused() {
    let world = World::new().await;
    let documented = documented();
    for method in office::methods() {
        for body in [&b"{"[..], b"[]", b"\xff\xfe", b"null", b"{\"hash\":", &[b'['; 10_000]] {
            check(&world, &documented, &format!("/{method}"), body).await;
        }
    }
}

#[tokio::test]
async fn what_was_taken_in_comes_back_as_it_was() {
    let world = World::new().await;
    for text in TEXTS {
        let body: Map<String, Value> = Map::from_iter([("title".to_owned(), json!(text))]);
        let made = world.call(&world.ann, "service/create", json!({"tracker_id": world.van.0, "service": body})).await;
        match made.code() {
            0 => assert_eq!(made.body["value"]["title"], *text),
            code => assert_eq!((code, text.trim()), (7, ""), "{text:?}"),
        }
    }
}
