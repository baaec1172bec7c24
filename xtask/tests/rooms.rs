//! The rooms keep to their floors: who may depend on whom, as ARCHITECTURE.md draws it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::Command;

use serde_json::Value;

/// Each crate of the workspace with those that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("places", &[]),
    ("ws", &[]),
    ("protocols", &["model"]),
    ("live", &["model"]),
    ("inspect", &["model", "protocols"]),
    ("storage", &["model"]),
    ("fleet", &["model", "storage"]),
    ("engine", &["model", "live", "storage", "fleet"]),
    ("intake", &["model", "protocols", "storage", "fleet", "engine"]),
    ("dispatch", &["model", "storage"]),
    ("simulator", &["model"]),
    ("web", &["model", "ws"]),
    ("mail", &[]),
    ("gateway", &["model", "protocols", "fleet", "engine", "intake", "web"]),
    ("calls", &["model", "fleet", "web"]),
    ("navixy", &["model", "live", "fleet", "engine", "dispatch", "web", "calls"]),
    ("driver", &["model", "fleet", "engine", "dispatch", "web"]),
    ("office", &["model", "fleet", "intake", "dispatch", "web", "calls"]),
    ("trackit", &["model", "places", "live", "fleet", "engine", "dispatch", "web", "calls"]),
    (
        "odograph",
        &[
            "model",
            "protocols",
            "live",
            "inspect",
            "storage",
            "fleet",
            "engine",
            "intake",
            "dispatch",
            "web",
            "gateway",
            "mail",
            "simulator",
            "calls",
            "navixy",
            "trackit",
            "driver",
            "office",
        ],
    ),
    // Beside the floors.
    ("xtask", &["model", "protocols", "simulator"]),
    ("e2e", &["model", "simulator"]),
    ("fuzz", &["model", "protocols", "ws", "navixy"]),
];

/// What its tests may use besides, where that is somebody of the workspace.
const TESTS_MAY_USE: &[(&str, &[&str])] = &[
    ("gateway", &["live", "storage"]),
    ("office", &["protocols"]),
    ("navixy", &["storage"]),
    ("trackit", &["storage"]),
];

/// Crates that are functions of bytes, values and a time handed in.
const PURE: [&str; 6] = ["model", "places", "ws", "protocols", "live", "inspect"];

/// What no pure crate may get to know, however far down.
const IMPURE: [&str; 9] = ["tokio", "mio", "async-io", "socket2", "rusqlite", "fjall", "tracing", "log", "jiff"];

/// `cargo metadata` of the workspace.
fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").expect("tests are run by Cargo");
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version=1", "--locked"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Our own crates by name, with all that their manifests name.
fn crates(metadata: &Value) -> BTreeMap<&str, &Vec<Value>> {
    let members: BTreeSet<&str> = metadata["workspace_members"].as_array().unwrap().iter().map(text).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let ours = packages.filter(|package| members.contains(text(&package["id"])));
    ours.map(|package| (text(&package["name"]), package["dependencies"].as_array().unwrap())).collect()
}

fn allowed<'a>(table: &[(&str, &[&'a str])], name: &str) -> BTreeSet<&'a str> {
    table.iter().filter(|(row, _)| *row == name).flat_map(|(_, allowed)| allowed.iter().copied()).collect()
}

#[test]
fn crates_use_only_the_floors_below() {
    let metadata = metadata();
    let crates = crates(&metadata);
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    assert_eq!(crates.keys().copied().collect::<BTreeSet<_>>(), known, "the table names every crate, and no other");
    let mut wrong = Vec::new();
    for (name, dependencies) in &crates {
        for dependency in dependencies.iter() {
            let (used, kind) = (text(&dependency["name"]), text(&dependency["kind"]));
            let mut may_use = allowed(MAY_USE, name);
            if kind == "dev" {
                may_use.extend(allowed(TESTS_MAY_USE, name));
                // A crate may have features that only its own tests turn on.
                may_use.insert(name);
            }
            if crates.contains_key(used) && !may_use.contains(used) {
                wrong.push(format!("{name} may not use {used} ({})", if kind.is_empty() { "normal" } else { kind }));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_crates_reach_no_runtime_store_or_log() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let names: HashMap<&str, &str> = packages.iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let uses: HashMap<&str, Vec<&str>> = nodes.iter().map(|node| (text(&node["id"]), normal(node))).collect();
    for package in packages.iter().filter(|package| PURE.contains(&text(&package["name"]))) {
        let mut reached = BTreeSet::new();
        let mut next = vec![text(&package["id"])];
        while let Some(id) = next.pop() {
            if reached.insert(id) {
                next.extend(&uses[id]);
            }
        }
        let reached: BTreeSet<&str> = reached.iter().map(|id| names[id]).collect();
        let found: Vec<&str> = IMPURE.into_iter().filter(|name| reached.contains(name)).collect();
        assert!(found.is_empty(), "{} reaches {}", package["name"], found.join(", "));
    }
    let odograph = nodes.iter().find(|node| names[text(&node["id"])] == "engine").unwrap();
    assert!(normal(odograph).iter().any(|id| names[id] == "tokio"), "the graph is read as it is");
}

/// What a package of the graph needs to be built, its tests aside.
fn normal(node: &Value) -> Vec<&str> {
    let is_normal = |dependency: &&Value| {
        let kinds = dependency["dep_kinds"].as_array().unwrap();
        kinds.iter().any(|kind| kind["kind"].is_null())
    };
    node["deps"].as_array().unwrap().iter().filter(is_normal).map(|dependency| text(&dependency["pkg"])).collect()
}
