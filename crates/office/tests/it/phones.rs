//! Pairing codes and phones.

use serde_json::json;

use crate::world::{World, now, wait_s};

#[tokio::test]
async fn a_code_pairs_one_phone_within_its_time() {
    let world = World::new().await;
    let van = json!({"tracker_id": world.van.0});
    let answer = world.ann("pairing/create", van.clone()).await;
    let code = answer["code"].as_str().expect("a code").to_owned();
    assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    assert_eq!(answer["expires"], "2026-03-02 09:30:41");
    assert_eq!(world.ann("pairing/list", van.clone()).await["list"], json!([]));

    wait_s(5);
    let (token, phone) = world.fleet.pair(&code, "Pixel <7>", now()).await.expect("paired");
    assert_eq!(phone.tracker, world.van);
    world.fleet.pair(&code, "Pixel", now()).await.expect_err("used up");
    let list = world.ann("pairing/list", van.clone()).await["list"].clone();
    assert_eq!(list, json!([{"id": phone.id.0, "name": "Pixel <7>", "paired": "2026-03-02 09:15:46"}]));

    world.ann("pairing/delete", json!({"phone_id": phone.id.0})).await;
    world.fleet.authorize_driver(token.expose(), now()).expect_err("unpaired");
    assert_eq!(world.ann("pairing/list", van).await["list"], json!([]));
}

#[tokio::test]
async fn the_right_of_a_users_own_commands_is_the_administrators_to_give() {
    let world = World::new().await;
    let of = |user: u32| json!({"user_id": user});
    let set = |user: u32, enabled: bool| json!({"user_id": user, "enabled": enabled});
    let admin = world.admin.as_str();
    let read = async |user: u32| world.call(admin, "device_commands/read", of(user)).await.ok()["enabled"].clone();
    let (ann, sub) = (world.ann_id.0, world.sub_id.0);
    assert_eq!(read(ann).await, false);
    world.check_code(admin, "device_commands/set", set(ann, true), 0).await;
    assert_eq!(
        (read(ann).await, read(sub).await, read(world.bob_id.0).await),
        (json!(true), json!(false), json!(false))
    );
    let may = |hash: &str| world.fleet.may_order_freely(&world.fleet.authorize(hash, now()).expect("live"));
    assert_eq!((may(&world.ann), may(&world.sub), may(&world.bob)), (true, false, false));
    world.check_code(admin, "device_commands/set", set(sub, true), 0).await;
    assert!(may(&world.sub));
    world.check_code(admin, "device_commands/set", set(ann, false), 0).await;
    assert!(!may(&world.ann) && !may(&world.sub));
    world.check_code(admin, "device_commands/set", json!({"user_id": ann}), 7).await;
}
