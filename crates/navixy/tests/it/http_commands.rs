//! `tracker/raw_command/…`, `tracker/command/unconfirmed/…`, `tracker/output/…`, and the administrators' side.

use dispatch::{Command, CommandState};
use engine::OrderError;
use model::{ConnectionStatus, Order, SourceId};
use serde_json::{Value, json};

use crate::world::World;

/// A user with a tracker.
struct Stage {
    world: World,
    hash: String,
    van: u64,
    source: SourceId,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new().await;
        let hash = world.logged_in("ann@example.com").await;
        let (van, source) = world.tracker(&hash, "Van 7", "unit-000007").await;
        Self { world, hash, van, source: SourceId(u32::try_from(source).expect("an id")) }
    }

    fn body(&self, mut body: Value) -> Value {
        body["hash"] = json!(self.hash);
        if body["tracker_id"].is_null() {
            body["tracker_id"] = json!(self.van);
        }
        body
    }

    async fn check_code(&self, method: &str, body: Value, code: u64) {
        self.world.check_code(method, self.body(body), code).await;
    }

    async fn check_invalid(&self, method: &str, body: Value, parameters: &[&str]) {
        self.world.check_invalid(method, self.body(body), parameters).await;
    }

    async fn waiting(&self) -> Vec<Command> {
        let open = self.world.dispatch.open_commands(self.source).await.expect("read");
        open.into_iter().map(|c| c.command).collect()
    }

    async fn count(&self) -> Value {
        let answered = self.world.post("tracker/command/unconfirmed/count", self.body(json!({}))).await;
        assert_eq!(answered.code(), 0, "{answered:?}");
        answered.body["count"].clone()
    }
}

#[tokio::test]
async fn a_reliable_command_waits_for_its_device() {
    let stage = Stage::new().await;
    let send = "tracker/raw_command/send";
    for connection in [ConnectionStatus::Offline, ConnectionStatus::Active] {
        stage.world.connection_is(connection);
        stage.check_code(send, json!({"command": "reboot\r\n"}), 0).await;
    }
    stage.check_code(send, json!({"command": "00Ff7A", "type": "hex", "reliable": true}), 0).await;
    stage.check_code(send, json!({"command": "00ff", "type": "text"}), 0).await;
    let reboot = || Command::Text("reboot\r\n".to_owned());
    let expected = [reboot(), reboot(), Command::Bytes(vec![0, 0xff, 0x7a]), Command::Text("00ff".to_owned())];
    assert_eq!(stage.waiting().await, expected);
    assert_eq!(stage.count().await, 4);
}

#[tokio::test]
async fn other_commands_are_sent_at_once_or_not_at_all() {
    let stage = Stage::new().await;
    let van = |command| (stage.source, Order::Do(command));
    stage.world.orders_end(Ok(()));
    let cases = [
        (json!({"command": "reboot", "reliable": false}), Command::Text("reboot".to_owned())),
        (json!({"command": "00fF", "type": "hex", "reliable": false}), Command::Bytes(vec![0, 0xff])),
    ];
    for (body, command) in cases {
        stage.check_code("tracker/raw_command/send", body, 0).await;
        assert_eq!(stage.world.take_orders(), [van(command)]);
    }
    stage.check_code("tracker/output/set", json!({"output": 8, "enable": true}), 0).await;
    assert_eq!(stage.world.take_orders(), [van(Command::Output { number: 8, on: true })]);
    let outputs = [true, false, true, true, false, false, false, true];
    stage.check_code("tracker/output/set_all", json!({"outputs": outputs}), 0).await;
    let each = (1..).zip(outputs).map(|(number, on)| van(Command::Output { number, on }));
    assert_eq!(stage.world.take_orders(), each.collect::<Vec<_>>());

    let preset =
        |reliable| json!({"name": "Boot", "type": "hardware", "config": {"command": "boot", "reliable": reliable}});
    let created = stage.world.post("tracker/command/create", stage.body(json!({"command": preset(false)}))).await;
    stage.check_code("tracker/command/execute", json!({"command_id": created.body["id"]}), 0).await;
    assert_eq!(stage.world.take_orders(), [van(Command::Text("boot".to_owned()))]);
    let admin = stage.world.admin().await;
    let body = json!({"hash": admin, "device_id": "unit-000007", "command": "reboot", "reliable": false});
    stage.world.check_code("panel/tracker/raw_command/send", body, 0).await;
    assert_eq!(stage.world.take_orders(), [van(Command::Text("reboot".to_owned()))]);
    assert_eq!(stage.waiting().await, []);
}

#[tokio::test]
async fn why_a_command_is_not_sent() {
    let stage = Stage::new().await;
    let check = async |error: OrderError, connection: ConnectionStatus, code: u64| {
        stage.world.orders_end(Err(error));
        stage.world.connection_is(connection);
        let command = json!({"command": "reboot", "reliable": false});
        stage.check_code("tracker/raw_command/send", command, code).await;
        stage.check_code("tracker/output/set", json!({"output": 8, "enable": true}), code).await;
        stage.world.take_orders();
        stage.check_code("tracker/output/set_all", json!({"outputs": vec![true; 8]}), code).await;
        assert_eq!(stage.world.take_orders().len(), 1, "the first that fails is the last");
    };
    use ConnectionStatus::{Active, Idle, JustRegistered, JustReplaced, Offline, SignalLost};
    for connection in [JustRegistered, JustReplaced, SignalLost, Offline] {
        check(OrderError::Away, connection, 213).await;
    }
    // Its protocol has no way down.
    check(OrderError::Away, Idle, 214).await;
    check(OrderError::Away, Active, 214).await;
    check(OrderError::NoSuchCommand, Active, 214).await;
    check(OrderError::Busy, Active, 8).await;
    check(OrderError::TooLong, Active, 7).await;
    assert_eq!(stage.waiting().await, []);

    // A tracker whose protocol has one is away, whatever was heard of it lately.
    let tracker = json!({"hash": stage.hash, "label": "Cab", "group_id": 0, "model": "telfmb920", "plugin_id": 44,
                         "device_id": "350000000000014"});
    let cab = stage.world.post("tracker/register", tracker).await.body["value"]["id"].clone();
    stage.world.orders_end(Err(OrderError::Away));
    let command = json!({"tracker_id": cab, "command": "reboot", "reliable": false});
    stage.check_code("tracker/raw_command/send", command, 213).await;
    stage.check_code("tracker/output/set", json!({"tracker_id": cab, "output": 1, "enable": true}), 213).await;
}

#[tokio::test]
async fn what_is_no_command() {
    let stage = Stage::new().await;
    let invalid = async |body: Value, parameters: &[&str]| {
        stage.check_invalid("tracker/raw_command/send", body, parameters).await;
    };
    invalid(json!({}), &["command"]).await;
    invalid(json!({"command": ""}), &["command"]).await;
    invalid(json!({"command": "", "type": "hex"}), &["command"]).await;
    invalid(json!({"command": "0", "type": "hex"}), &["command"]).await;
    invalid(json!({"command": "reboot", "type": "hex"}), &["command"]).await;
    invalid(json!({"command": "x".repeat(8_193)}), &["command"]).await;
    invalid(json!({"command": "x", "type": "binary"}), &["type"]).await;
    invalid(json!({"command": "x", "reliable": "maybe"}), &["reliable"]).await;
    let body = stage.body(json!({"command": "xyz", "type": "hex"}));
    let answered = stage.world.post("tracker/raw_command/send", body).await;
    assert_eq!(answered.body["errors"][0]["error"], "Non-hex string");
    stage.check_code("tracker/raw_command/send", json!({"command": "x", "tracker_id": 1}), 201).await;
    assert_eq!(stage.waiting().await, []);
    stage.check_code("tracker/raw_command/send", json!({"command": "x".repeat(8_192)}), 0).await;
}

#[tokio::test]
async fn a_hundred_commands_wait_for_a_day() {
    let stage = Stage::new().await;
    for _ in 0..100 {
        stage.check_code("tracker/raw_command/send", json!({"command": "x"}), 0).await;
    }
    stage.check_code("tracker/raw_command/send", json!({"command": "x"}), 268).await;
    assert_eq!(stage.count().await, 100);
    stage.world.wait_ms(86_400_000);
    stage.world.dispatch.expire(stage.world.now()).await.expect("done");
    assert_eq!(stage.count().await, 0);
    stage.check_code("tracker/raw_command/send", json!({"command": "x"}), 0).await;
}

#[tokio::test]
async fn waiting_commands_are_counted_and_given_up() {
    let stage = Stage::new().await;
    for _ in 0..3 {
        stage.check_code("tracker/raw_command/send", json!({"command": "x"}), 0).await;
    }
    let open = stage.world.dispatch.open_commands(stage.source).await.expect("read");
    let now = stage.world.now();
    stage.world.dispatch.advance_command(open[0].id, CommandState::Confirmed, now).await.expect("moved");
    assert_eq!(stage.count().await, 2);
    stage.check_code("tracker/command/unconfirmed/reset", json!({}), 0).await;
    assert_eq!(stage.count().await, 0);
    assert_eq!(stage.waiting().await, []);
    for method in ["tracker/command/unconfirmed/count", "tracker/command/unconfirmed/reset"] {
        stage.check_code(method, json!({"tracker_id": 1}), 204).await;
        stage.check_invalid(method, json!({"tracker_id": "x"}), &["tracker_id"]).await;
    }
}

#[tokio::test]
async fn outputs_are_those_of_the_model() {
    let stage = Stage::new().await;
    stage.world.connection_is(ConnectionStatus::Offline);
    stage.check_invalid("tracker/output/set", json!({}), &["output", "enable"]).await;
    stage.check_invalid("tracker/output/set", json!({"output": 0, "enable": true}), &["output"]).await;
    stage.check_code("tracker/output/set", json!({"output": 9, "enable": true}), 214).await;
    stage.check_code("tracker/output/set", json!({"output": 1, "enable": true, "tracker_id": 1}), 204).await;
    for outputs in [json!(null), json!([]), json!(vec![true; 7]), json!([1]), json!(vec![true; 300]), json!("x")] {
        stage.check_invalid("tracker/output/set_all", json!({"outputs": outputs}), &["outputs"]).await;
    }
    let (phone, _) = stage.world.phone(&stage.hash, "Ben").await;
    stage.check_code("tracker/output/set_all", json!({"outputs": [], "tracker_id": phone}), 214).await;
    stage.check_code("tracker/raw_command/send", json!({"command": "x", "tracker_id": phone}), 214).await;
}

#[tokio::test]
async fn no_model_has_special_commands() {
    let stage = Stage::new().await;
    stage.check_code("tracker/send_command", json!({"command": {"name": "arm"}}), 214).await;
    stage.check_code("tracker/send_command", json!({"command": {"name": "arm"}, "tracker_id": 1}), 201).await;
    stage.check_invalid("tracker/send_command", json!({"command": {}}), &["command.name"]).await;
    stage.check_invalid("tracker/send_command", json!({}), &["command"]).await;
}

#[tokio::test]
async fn a_blocked_tracker_takes_no_commands_but_the_administrators() {
    let stage = Stage::new().await;
    let admin = stage.world.admin().await;
    let block = json!({"hash": admin, "tracker_id": stage.van, "blocked": true});
    stage.world.check_code("panel/tracker/source/update", block, 0).await;
    for (method, body) in [
        ("tracker/raw_command/send", json!({"command": "x"})),
        ("tracker/send_command", json!({"command": {"name": "x"}})),
        ("tracker/command/unconfirmed/count", json!({})),
        ("tracker/command/unconfirmed/reset", json!({})),
        ("tracker/output/set", json!({"output": 1, "enable": true})),
        ("tracker/output/set_all", json!({"outputs": vec![true; 8]})),
    ] {
        stage.check_code(method, body, 208).await;
    }
    let body = json!({"hash": admin, "device_id": "unit-000007", "command": "reboot"});
    stage.world.check_code("panel/tracker/raw_command/send", body, 0).await;
    assert_eq!(stage.waiting().await, [Command::Text("reboot".to_owned())]);
}

#[tokio::test]
async fn administrators_name_the_device() {
    let stage = Stage::new().await;
    let admin = stage.world.admin().await;
    let check = async |mut body: Value, code: u64| {
        body["hash"] = json!(admin);
        stage.world.check_code("panel/tracker/raw_command/send", body, code).await;
    };
    check(json!({"device_id": "unit-000007", "command": "ff", "type": "hex"}), 0).await;
    check(json!({"device_id": "UNIT-000007", "command": "ff"}), 201).await;
    check(json!({"device_id": "unit-000008", "command": "ff"}), 201).await;
    check(json!({"device_id": "unit-000007", "command": "fg", "type": "hex"}), 7).await;
    check(json!({"device_id": "unit-000007", "command": "ff", "reliable": false}), 214).await;
    check(json!({"device_id": "unit-000007"}), 7).await;
    assert_eq!(stage.waiting().await, [Command::Bytes(vec![0xff])]);
    let users_hash = json!({"hash": stage.hash, "device_id": "unit-000007", "command": "ff"});
    stage.world.check_code("panel/tracker/raw_command/send", users_hash, 3).await;
}

#[test]
fn either_right_opens_raw_commands() {
    let document = navixy::openapi();
    let right = |path: &str| document["paths"][path]["post"]["x-right"].clone();
    assert_eq!(right("/tracker/raw_command/send"), "tracker_configure or tracker_set_output");
    assert_eq!(right("/tracker/output/set"), "tracker_set_output");
    assert_eq!(right("/tracker/command/unconfirmed/reset"), "tracker_update");
    assert_eq!(right("/tracker/command/unconfirmed/count"), Value::Null);
}

#[tokio::test]
async fn sub_users_need_a_right() {
    let stage = Stage::new().await;
    let raw = || ("tracker/raw_command/send", json!({"command": "x"}));
    let output = || ("tracker/output/set", json!({"output": 99, "enable": true}));
    let reset = || ("tracker/command/unconfirmed/reset", json!({}));
    let count = || ("tracker/command/unconfirmed/count", json!({}));
    let cases: [(&[&str], _, u64); 9] = [
        (&[], raw(), 13),
        (&["tracker_configure"], raw(), 0),
        (&["tracker_set_output"], raw(), 0),
        (&["tracker_update"], raw(), 13),
        (&["tracker_configure"], output(), 13),
        (&["tracker_set_output"], output(), 214),
        (&["tracker_set_output"], reset(), 13),
        (&["tracker_update"], reset(), 0),
        (&[], count(), 0),
    ];
    for (i, (rights, (method, mut body), code)) in cases.into_iter().enumerate() {
        let hash = stage.world.subuser(&stage.hash, &format!("sub{i}@example.com"), &[stage.van], rights).await;
        body["hash"] = json!(hash);
        body["tracker_id"] = json!(stage.van);
        stage.world.check_code(method, body, code).await;
    }
}

#[tokio::test]
async fn a_clone_only_watches() {
    let stage = Stage::new().await;
    let admin = stage.world.admin().await;
    let bob = stage.world.user(&admin, "bob@example.com").await;
    let clone = json!({"hash": admin, "tracker_id": stage.van, "user_id": bob, "label": "Seen van"});
    let clone = stage.world.post("panel/tracker/clone", clone).await.body["id"].clone();
    let session = stage.world.post("panel/user/session/create", json!({"hash": admin, "user_id": bob})).await;
    let hash = session.text("hash");
    let set = json!({"hash": hash, "tracker_id": clone, "output": 1, "enable": true});
    stage.world.check_code("tracker/output/set", set, 219).await;
    let set_all = json!({"hash": hash, "tracker_id": clone, "outputs": vec![true; 8]});
    stage.world.check_code("tracker/output/set_all", set_all, 219).await;
    stage.check_code("tracker/output/set", json!({"output": 1, "enable": true}), 214).await;
    stage.check_code("tracker/raw_command/send", json!({"command": "status"}), 0).await;
    let send = json!({"hash": hash, "tracker_id": clone, "command": "reboot"});
    stage.world.check_code("tracker/raw_command/send", send, 219).await;
    let reset = json!({"hash": hash, "tracker_id": clone});
    stage.world.check_code("tracker/command/unconfirmed/reset", reset, 219).await;
    let preset = json!({"name": "Reboot", "type": "hardware", "config": {"command": "reboot", "reliable": true}});
    let create = json!({"hash": hash, "tracker_id": clone, "command": preset});
    let preset = stage.world.post("tracker/command/create", create).await.body["id"].clone();
    let execute = json!({"hash": hash, "tracker_id": clone, "command_id": preset});
    stage.world.check_code("tracker/command/execute", execute, 219).await;
    assert_eq!(stage.waiting().await, [Command::Text("status".to_owned())], "the owner's own, and nothing else");
}
