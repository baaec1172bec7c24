//! Commands that wait for a device.

use dispatch::{Command, CommandId, CommandState};
use serde_json::{Value, json};

use crate::world::{World, now, wait_s};

async fn queue(world: &World, mut body: Value) -> Value {
    body["tracker_id"] = json!(world.van.0);
    world.call(&world.admin, "command/queue", body).await.ok()
}

async fn list(world: &World) -> Value {
    world.call(&world.admin, "command/list", json!({"tracker_id": world.van.0})).await.ok()["list"].clone()
}

async fn read(world: &World, id: &Value) -> Value {
    let body = json!({"tracker_id": world.van.0, "command_id": id});
    world.call(&world.admin, "command/read", body).await.ok()["value"].clone()
}

#[tokio::test]
async fn a_command_waits_until_its_time_is_over() {
    let world = World::new().await;
    let short = queue(&world, json!({"command": "getinfo", "expires_after_s": 60})).await;
    let long = queue(&world, json!({"command": "00fF", "type": "hex"})).await;
    let most = queue(&world, json!({"command": "x", "expires_after_s": 2_000_000_000})).await;
    assert_eq!(short["expires"], "2026-03-02 09:16:41");
    assert_eq!((&long["expires"], &most["expires"]), (&json!("2026-03-03 09:15:41"), &json!("2026-03-03 09:15:41")));
    let first = json!({"id": short["id"], "type": "text", "command": "getinfo", "state": "queued",
                       "submitted": "2026-03-02 09:15:41", "expires": "2026-03-02 09:16:41",
                       "changed": "2026-03-02 09:15:41"});
    let found = list(&world).await;
    assert_eq!((found[0].clone(), found.as_array().map(Vec::len)), (first, Some(3)));
    assert_eq!((&found[1]["type"], &found[1]["command"]), (&json!("hex"), &json!("00ff")));

    wait_s(60);
    world.dispatch.expire(now()).await.expect("done");
    assert_eq!(list(&world).await.as_array().map(Vec::len), Some(2));
    assert_eq!(read(&world, &short["id"]).await["state"], "expired");
}

#[tokio::test]
async fn a_command_can_be_given_up_and_stays_what_it_came_to() {
    let world = World::new().await;
    let id = queue(&world, json!({"command": "a"})).await["id"].clone();
    let body = json!({"tracker_id": world.van.0, "command_id": id});
    world.check_code(&world.admin, "command/delete", body.clone(), 0).await;
    assert_eq!((read(&world, &id).await["state"].clone(), list(&world).await), (json!("failed"), json!([])));
    let done = queue(&world, json!({"command": "b"})).await["id"].clone();
    let number = CommandId(done.as_u64().expect("a number"));
    world.dispatch.advance_command(number, CommandState::Confirmed, now()).await.expect("moved");
    let body = json!({"tracker_id": world.van.0, "command_id": done});
    world.check_code(&world.admin, "command/delete", body, 0).await;
    assert_eq!(read(&world, &done).await["state"], "confirmed");
    let output = Command::Output { number: 2, on: true };
    world.dispatch.queue(world.source, output, now()).await.expect("queued");
    let found = list(&world).await;
    assert_eq!((&found[0]["type"], &found[0]["command"]), (&json!("output"), &json!("2 on")));
}

#[tokio::test]
async fn a_command_that_makes_no_sense_is_refused() {
    let world = World::with(|setup| {
        setup.dispatch.command_bytes_max = 4;
        setup.dispatch.open_commands_per_source_max = 1;
    })
    .await;
    let check = async |mut body: Value, wrong: &str| {
        body["tracker_id"] = json!(world.van.0);
        let answered = world.call(&world.admin, "command/queue", body.clone()).await;
        assert_eq!(answered.code(), 7, "{body}");
        assert_eq!(answered.body["errors"][0]["parameter"], wrong, "{body}");
    };
    check(json!({}), "command").await;
    check(json!({"command": ""}), "command").await;
    check(json!({"command": "12345"}), "command").await;
    check(json!({"command": "0", "type": "hex"}), "command").await;
    check(json!({"command": "zz", "type": "hex"}), "command").await;
    check(json!({"command": "x", "type": "morse"}), "type").await;
    for seconds in [json!(0), json!(-5), json!("soon")] {
        check(json!({"command": "x", "expires_after_s": seconds}), "expires_after_s").await;
    }
    queue(&world, json!({"command": "1234"})).await;
    let body = json!({"tracker_id": world.van.0, "command": "x"});
    world.check_code(&world.admin, "command/queue", body, 268).await;
}
