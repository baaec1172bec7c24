//! Commands to devices: at once, or kept until the device comes.

use std::thread;
use std::time::Instant;

use e2e::teltonika::{Codec, answer, login, packet, record};
use e2e::{
    Account, DEADLINE, HttpConnection, RegisteredTracker, Report, Server, ServerOptions, Tracker, eventually,
    osmand_query,
};
use serde_json::{Value, json};

const IMEI: &str = "350000000000014";

/// A server with a registered unit.
struct Scene {
    server: Server,
    account: Account,
    van: RegisteredTracker,
}

impl Scene {
    fn new() -> Scene {
        Scene::with(patient())
    }

    fn with(options: ServerOptions) -> Scene {
        let server = Server::with(options);
        let account = Account::new(&server);
        let van = account.teltonika(IMEI);
        Scene { server, account, van }
    }

    fn unit(&self) -> Tracker {
        Tracker::online(self.server.device("teltonika"), IMEI)
    }

    fn call(&self, action: &str, mut parameters: Value) -> e2e::Reply {
        parameters["tracker_id"] = json!(self.van.id);
        self.account.call(action, parameters)
    }

    /// Sends a command at once.
    fn now(&self, command: &str) -> e2e::Reply {
        self.call("tracker/raw_command/send", json!({"command": command, "reliable": false}))
    }

    /// Has a command wait for the unit.
    fn keep(&self, command: &str) {
        self.call("tracker/raw_command/send", json!({"command": command})).ok();
    }

    /// How many commands wait for the unit or its answer.
    fn unconfirmed(&self) -> i64 {
        self.call("tracker/command/unconfirmed/count", json!({})).ok()["count"].as_i64().expect("a number")
    }

    fn until_unconfirmed(&self, wanted: i64) {
        eventually("commands to be confirmed", || (self.unconfirmed() == wanted).then_some(()));
    }

    /// A figure of the unit's port.
    fn figure(&self, name: &str) -> f64 {
        let line = format!("odograph_devices_{name}_total{{protocol=\"teltonika\"}} ");
        let text = self.server.api().get("/metrics").text;
        let value = text.lines().find_map(|l| l.strip_prefix(&line)).unwrap_or_else(|| panic!("{line} in {text}"));
        value.parse().expect("a number")
    }

    fn until_figure(&self, name: &str, wanted: f64) {
        eventually(name, || (self.figure(name) >= wanted).then_some(()));
        assert!((self.figure(name) - wanted).abs() < 0.5, "{name}");
    }

    fn restart_after_kill(&mut self) {
        let addresses = self.server.addresses();
        self.server.kill();
        self.server.start_again_on(&addresses);
    }
}

/// However busy the machine is, a kept command comes before the acknowledgement.
fn patient() -> ServerOptions {
    ServerOptions::default().set("ODOGRAPH_DEVICES_COMMAND_HOLD_MS", "15000")
}

fn quick_replies() -> ServerOptions {
    ServerOptions::default().set("ODOGRAPH_DEVICES_COMMAND_REPLY_MS_MAX", "1000")
}

#[test]
fn a_unit_that_is_away_is_said_to_be_so_at_once() {
    let scene = Scene::new();
    let begun = Instant::now();
    assert_eq!(scene.now("getver").error().0, 213);
    assert_eq!(scene.call("tracker/output/set", json!({"output": 1, "enable": true})).error().0, 213);
    drop(scene.unit());
    // Until the server has noticed, it writes to a connection that nobody reads.
    let refused = eventually("the unit to be away", || {
        let reply = scene.now("getver");
        (reply.body["success"] == false).then_some(reply)
    });
    assert_eq!(refused.error().0, 213);
    assert!(begun.elapsed() < DEADLINE, "nothing waits for its answer");
    assert_eq!(scene.unconfirmed(), 0, "nothing is kept");
}

#[test]
fn a_unit_that_is_there_is_sent_commands_between_its_records() {
    let scene = Scene::new();
    let mut unit = scene.unit();
    scene.now("getver").ok();
    unit.is_told("getver");
    unit.answer("Ver:03.28.07");
    unit.report(&Report::at_speed(50));
    let server = &scene;
    thread::scope(|scope| {
        let all = scope.spawn(|| server.call("tracker/output/set_all", json!({"outputs": [true, false, true]})).ok());
        for command in ["setdigout 1", "setdigout ?0", "setdigout ??1"] {
            unit.is_told(command);
            unit.answer("DOUT1:1 Timeout:INFINITY");
        }
        all.join().expect("an answer");
    });
    assert_eq!(scene.call("tracker/output/set", json!({"output": 4, "enable": true})).error().0, 214);
    scene.until_figure("orders", 4.0);
}

#[test]
fn two_commands_at_once_go_one_after_the_other() {
    let scene = Scene::new();
    let mut unit = scene.unit();
    thread::scope(|scope| {
        let calls = ["getgps", "getgps"].map(|command| scope.spawn(|| scene.now(command).ok()));
        unit.is_told("getgps");
        // The second is not sent while this one is unanswered: records are acknowledged, and nothing comes before.
        unit.report(&Report::at_speed(50));
        unit.answer("GPS:1");
        unit.is_told("getgps");
        unit.answer("GPS:1");
        for call in calls {
            call.join().expect("an answer");
        }
    });
}

#[test]
fn kept_commands_are_delivered_at_login_and_confirmed_by_their_answers() {
    let scene = Scene::new();
    scene.keep("setparam 2004:a");
    scene.keep("cpureset");
    assert_eq!(scene.unconfirmed(), 2);
    let mut unit = scene.unit();
    unit.is_told("setparam 2004:a");
    assert_eq!(scene.unconfirmed(), 2);
    unit.answer("New value 2004:a");
    unit.is_told("cpureset");
    assert_eq!(scene.unconfirmed(), 1);
    unit.answer("ok");
    scene.until_unconfirmed(0);
    // One that is kept while the unit is there goes at once.
    scene.keep("getver");
    unit.is_told("getver");
    unit.answer("Ver:1");
    scene.until_unconfirmed(0);
    drop(unit);
    let mut unit = scene.unit();
    unit.report(&Report::at_speed(50));
}

#[test]
fn a_unit_that_leaves_once_it_is_acknowledged_gets_its_command_before() {
    let scene = Scene::new();
    scene.keep("getver");
    let mut unit = Tracker::connect(scene.server.device("teltonika"));
    let records = [record(&Report::at_speed(50), Vec::new())];
    unit.send(&[login(IMEI), packet(Codec::EightExtended, &records)].concat()).expect("sent");
    assert_eq!(unit.byte().expect("an answer to the login"), 1);
    unit.is_told("getver");
    assert_eq!(unit.acknowledged().expect("a count"), 1);
    unit.answer("Ver:1");
    drop(unit);
    scene.until_unconfirmed(0);
}

#[test]
fn answers_that_are_late_or_come_twice_confirm_nothing() {
    let scene = Scene::with(quick_replies());
    scene.keep("getver");
    scene.keep("getgps");
    let mut unit = scene.unit();
    unit.is_told("getver");
    // It is given up, and the next comes.
    unit.is_told("getgps");
    unit.answer("GPS:1");
    scene.until_unconfirmed(1);
    unit.answer("GPS:1");
    unit.answer("Ver:1");
    scene.until_figure("unasked", 2.0);
    assert_eq!(scene.unconfirmed(), 1, "the one that was not answered in time stays so");
    drop(unit);
    let mut unit = scene.unit();
    unit.report(&Report::at_speed(50));
    assert_eq!(scene.unconfirmed(), 1, "and is not sent again");
}

#[test]
fn garbage_is_no_answer() {
    let scene = Scene::new();
    scene.keep("getver");
    let mut unit = scene.unit();
    unit.is_told("getver");
    let mut damaged = answer("Ver:1");
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    unit.send(&damaged).expect("sent");
    assert_eq!(unit.acknowledged().expect("a count"), 0, "as for any damaged frame");
    assert_eq!((scene.unconfirmed(), scene.figure("rejected")), (1, 1.0));
    unit.answer("Ver:1");
    scene.until_unconfirmed(0);
}

#[test]
fn a_kept_command_expires() {
    let scene = Scene::with(ServerOptions::default().set("ODOGRAPH_COMMANDS_LIFETIME_S", "1"));
    scene.keep("cpureset");
    scene.until_unconfirmed(0);
    let mut unit = scene.unit();
    unit.report(&Report::at_speed(50));
    assert!(scene.figure("orders") < 0.5);
}

#[test]
fn what_was_kept_survives_a_crash_and_what_was_sent_is_not_sent_again() {
    let mut scene = Scene::new();
    scene.keep("setdigout 1");
    scene.restart_after_kill();
    scene.keep("getver");
    let mut unit = scene.unit();
    unit.is_told("setdigout 1");
    // Killed between the command and its answer.
    scene.restart_after_kill();
    drop(unit);
    let mut unit = scene.unit();
    unit.is_told("getver");
    unit.answer("Ver:1");
    scene.until_unconfirmed(1);
    unit.report(&Report::at_speed(50));
    scene.call("tracker/command/unconfirmed/reset", json!({})).ok();
    assert_eq!(scene.unconfirmed(), 0);
}

#[test]
fn a_phone_gets_its_command_with_an_answer() {
    let server = Server::with(patient());
    let account = Account::new(&server);
    let phone = account.register("phone-000001", "osmand");
    let keep = json!({"tracker_id": phone.id, "command": "trace=on"});
    account.call("tracker/raw_command/send", keep).ok();
    let body = || {
        let mut connection = HttpConnection::open(server.device("osmand"));
        let target = osmand_query(&phone.device_id, &Report::at_speed(50));
        let answer = connection.request("GET", &target, "", b"");
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body).expect("text")
    };
    // The courier hears of the command in the moment in which the call is answered, or a little later.
    eventually("the command", || (body() == "trace=on").then_some(()));
    assert_eq!(body(), "", "it comes once");
    let output = json!({"tracker_id": phone.id, "output": 1, "enable": true});
    assert_eq!(account.call("tracker/output/set", output).error().0, 214, "phones have no outputs");
}
