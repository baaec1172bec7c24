//! The driver's app as a driver has it in hand: a phone's browser, touched by what it shows.

use e2e::{Random, eventually};
use serde_json::{Value, json};

use self::scene::Scene;

mod scene;

/// The connection as the top of every page shows it.
const TOP: &str = "#top";
/// The driver's own entries of the conversation.
const MINE: &str = ".bubble.out";
const MY_TEXTS: &str = ".bubble.out .text";

/// A scene, or a line on why there is none.
macro_rules! scene {
    () => {
        match Scene::new() {
            Ok(scene) => scene,
            Err(reason) => {
                eprintln!("{reason}");
                return;
            }
        }
    };
}

#[test]
fn a_phone_is_paired_once_and_messages_are_delivered_then_read() {
    let mut scene = scene!();
    scene.texts_for_drivers();
    let code = scene.code();
    scene.phone.open("/driver");
    for digit in "00000000".chars() {
        scene.phone.tap(&digit.to_string());
    }
    scene.phone.tap("Pair");
    scene.phone.sees("main", "This code is wrong, used or too old. Ask the office for a new one.");
    scene.phone.open(&format!("/driver#/pair/{code}"));
    scene.phone.tap("Pair");
    scene.phone.sees(TOP, "Connected");
    scene.phone.sees(TOP, "Van 7");
    let phones = scene.of_tracker("pairing/list", json!({}))["list"].clone();
    assert_eq!(phones.as_array().map(Vec::len), Some(1), "{phones}");
    let again = scene.account.api.post("/driver/pair", &json!({"code": code, "phone": "Another"}));
    assert_eq!((again.status, &again.body["error"]), (403, &json!("wrong_code")));

    scene.send("Please call the depot");
    scene.phone.sees("main", "new message");
    scene.delivered(1);
    scene.phone.tap_a("link", "Messages");
    scene.phone.sees(".bubble.in .text", "Please call the depot");
    scene.phone.sees(".bubble.in", "Read");
    scene.phone.open("/driver#/");
    scene.phone.tap("Traffic");
    scene.phone.tap("Send");
    let events = scene.received(1);
    assert_eq!(
        (&events[0]["type"], &events[0]["number"], &events[0]["text"]),
        (&json!("predefined"), &json!(1), &json!("Traffic"))
    );
    scene.office("text/create", json!({"text": "Call me"})).ok();
    scene.phone.sees("main", "Call me");
    assert_eq!(scene.phone.troubles(), Vec::<Value>::new());
}

#[test]
fn nothing_is_lost_or_doubled_while_the_phone_and_the_server_are_away() {
    let mut scene = scene!();
    scene.pair();
    scene.phone.keeps_the_app();
    scene.phone.open("/driver#/messages");
    scene.write("one");
    scene.received(1);
    scene.phone.offline(true);
    let addresses = scene.server.addresses();
    scene.server.kill();
    scene.write("two");
    scene.phone.reload();
    scene.phone.sees(TOP, "Offline");
    scene.write("three");
    scene.phone.kill();
    scene.phone.start_again();
    scene.phone.offline(true);
    scene.phone.open("/driver#/messages");
    scene.phone.sees(MINE, "Waiting");
    assert_eq!(scene.phone.texts(MY_TEXTS), ["one", "two", "three"]);
    scene.write("four");
    scene.server.start_again_on(&addresses);
    for text in ["first", "second"] {
        scene.send(text);
    }
    scene.phone.offline(false);
    scene.phone.sees(TOP, "Connected");
    scene.received(4);
    scene.delivered(2);
    scene.phone.counts(".bubble.out .status.good", 4);
    // The server dies once more, and the app resends whatever it is not sure of.
    scene.server.kill();
    scene.write("five");
    scene.server.start_again_on(&addresses);
    scene.received(5);
    assert_eq!(scene.texts(), ["one", "two", "three", "four", "five"]);
    assert_eq!(scene.phone.texts(".bubble.in .text"), ["first", "second"]);
    assert_eq!(scene.phone.troubles(), Vec::<Value>::new());
}

#[test]
fn a_text_that_ends_within_a_character_holds_up_nothing() {
    let mut scene = scene!();
    scene.pair();
    scene.phone.open("/driver#/messages");
    scene.phone.write_half("Your text", "cut");
    scene.phone.tap("Send");
    scene.write("after it");
    scene.received(2);
    assert_eq!(scene.texts(), ["cut\u{FFFD}", "after it"]);
}

#[test]
fn a_message_of_a_server_that_counts_anew_is_shown_under_its_old_number() {
    let mut scene = scene!();
    scene.pair();
    scene.phone.open("/driver#/messages");
    scene.send("before");
    scene.phone.sees(".bubble.in .text", "before");
    let addresses = scene.server.addresses();
    scene.server.kill();
    for file in ["dispatch.db", "dispatch.db-wal", "dispatch.db-shm"] {
        // The log is there only while something is in it.
        let _ = std::fs::remove_file(scene.server.folder().join(file));
    }
    scene.server.start_again_on(&addresses);
    scene.send("after");
    scene.phone.sees(".bubble.in .text", "after");
    assert_eq!(scene.phone.texts(".bubble.in .text"), ["after"]);
}

#[test]
fn a_field_may_be_called_as_what_every_object_has() {
    let mut scene = scene!();
    let fields = json!([{"label": "constructor", "type": "text"}, {"label": "Note", "type": "text"}]);
    scene.office("form/create", json!({"form": {"name": "Site", "fields": fields}})).ok();
    scene.pair();
    scene.phone.open("/driver#/forms");
    scene.phone.tap_a("link", "Site");
    scene.phone.write("Note", "here");
    scene.phone.tap("Send form");
    assert_eq!(scene.received(1)[0]["fields"], json!([{"label": "Note", "value": "here"}]));
}

#[test]
fn two_tabs_are_one_phone() {
    let mut scene = scene!();
    scene.pair();
    scene.phone.open("/driver#/messages");
    scene.write("from the first");
    scene.phone.another_tab("/driver#/messages");
    scene.phone.sees(TOP, "Connected");
    scene.write("from the second");
    scene.received(2);
    scene.phone.close_tab();
    scene.phone.sees(MY_TEXTS, "from the second");
    scene.write("from the first again");
    scene.received(3);
    assert_eq!(scene.texts(), ["from the first", "from the second", "from the first again"]);
    let phones = scene.of_tracker("pairing/list", json!({}))["list"].clone();
    assert_eq!(phones.as_array().map(Vec::len), Some(1), "{phones}");
}

#[test]
fn a_tab_that_is_looked_at_takes_over_from_a_frozen_one() {
    let mut scene = scene!();
    scene.pair();
    scene.phone.open("/driver#/messages");
    scene.write("before");
    scene.received(1);
    scene.phone.freeze_tab();
    scene.phone.another_tab("/driver#/messages");
    scene.write("after");
    scene.received(2);
    scene.phone.sees(TOP, "Connected");
    assert_eq!(scene.texts(), ["before", "after"]);
}

#[test]
fn a_form_begun_without_a_network_arrives_with_its_photo_and_signature() {
    let mut scene = scene!();
    scene.form();
    scene.pair();
    scene.phone.keeps_the_app();
    scene.phone.open("/driver#/forms");
    scene.phone.tap_a("link", "Delivery note");
    scene.phone.write("Client required", "North depot");
    scene.phone.write("Pallets required", "four");
    scene.phone.tap("Send form");
    scene.phone.sees("main", "Only a number, as 12.5");
    scene.phone.offline(true);
    scene.phone.write("Pallets required", "4,5");
    scene.phone.tap_a("radio", "Damaged");
    scene.phone.photograph("Photo");
    scene.phone.sees("main", "Take another photo");
    scene.phone.sign("Signature");
    scene.phone.sees("main", "Kept on this phone");
    // The system ends the app while the driver fills in the form.
    scene.phone.kill();
    scene.phone.start_again();
    scene.phone.offline(true);
    scene.phone.open("/driver#/forms");
    scene.phone.tap_a("link", "Delivery note");
    scene.phone.sees("main", "Take another photo");
    assert_eq!(scene.phone.reads("Client required"), "North depot");
    scene.phone.tap("Send form");
    scene.phone.sees("h1", "Forms");
    scene.phone.tap_a("link", "Messages");
    scene.phone.sees(MINE, "Waiting");
    assert!(scene.events().is_empty());
    scene.phone.offline(false);
    let form = scene.received(1).remove(0);
    scene.phone.sees(MINE, "Sent");
    assert_eq!((&form["type"], &form["name"]), (&json!("form"), &json!("Delivery note")));
    let fields = form["fields"].as_array().expect("fields");
    let plain: Vec<_> = fields[..3].iter().map(|field| (&field["label"], &field["value"])).collect();
    let expected = [("Client", "North depot"), ("Pallets", "4.5"), ("Condition", "Damaged")];
    assert_eq!(
        plain,
        expected.map(|(label, value)| (json!(label), json!(value))).iter().map(|(a, b)| (a, b)).collect::<Vec<_>>()
    );
    let (photo, signature) = (scene.picture(&fields[3]["value"]), scene.picture(&fields[4]["value"]));
    assert!(photo.starts_with(b"\xff\xd8\xff") && photo.len() > 50_000 && photo.len() <= 1 << 20, "{}", photo.len());
    assert!(signature.starts_with(b"\x89PNG") && signature.len() < 100_000, "{}", signature.len());
    assert_eq!(scene.events().len(), 1);
    assert_eq!(scene.phone.troubles(), Vec::<Value>::new());
}

#[test]
fn services_are_visited_and_delivered_with_a_note() {
    let mut scene = scene!();
    scene.pair();
    let ids = [scene.service("North depot"), scene.service("City bakery")];
    scene.phone.open("/driver#/services");
    scene.phone.counts(".entry", 2);
    scene.phone.open(&format!("/driver#/service/{}", ids[0]));
    scene.phone.write("Note for the office", "At the gate");
    scene.phone.tap("Delivered");
    scene.phone.open(&format!("/driver#/service/{}", ids[1]));
    scene.phone.tap("Visited");
    scene.phone.counts(".entry.delivered", 1);
    scene.phone.counts(".entry.visited", 1);
    let events = scene.received(2);
    let told = |event: &Value| (event["service_id"].clone(), event["delivered"].clone(), event["note"].clone());
    assert_eq!(told(&events[0]), (json!(ids[0]), json!(true), json!("At the gate")));
    assert_eq!(told(&events[1]), (json!(ids[1]), json!(false), json!("")));
    let list = scene.of_tracker("service/list", json!({}))["list"].clone();
    assert_eq!((&list[0]["state"], &list[1]["state"]), (&json!("delivered"), &json!("visited")));
    assert_eq!(scene.phone.troubles(), Vec::<Value>::new());
}

#[test]
fn a_phone_shares_its_position_when_the_driver_wants_it() {
    let mut scene = scene!();
    scene.pair();
    scene.phone.is_at(41.2166, 1.2061);
    scene.phone.open("/driver#/settings");
    scene.phone.tap_a("switch", "Share position");
    let gps = eventually("the position", || {
        let state = scene.account.call("tracker/get_state", json!({"tracker_id": scene.tracker})).ok()["state"].clone();
        Some(state["gps"]["location"].clone()).filter(|place| place["lat"] != 0.0 && !place["lat"].is_null())
    });
    assert_eq!(gps, json!({"lat": 41.2166, "lng": 1.2061}));
    assert_eq!(scene.phone.troubles(), Vec::<Value>::new());
}

#[test]
fn a_phone_that_the_office_removes_says_so_and_keeps_what_it_could_not_send() {
    let mut scene = scene!();
    scene.pair();
    scene.phone.keeps_the_app();
    scene.phone.open("/driver#/messages");
    scene.phone.offline(true);
    scene.write("could not be sent");
    let phones = scene.of_tracker("pairing/list", json!({}))["list"].clone();
    scene.office("pairing/delete", json!({"phone_id": phones[0]["id"]})).ok();
    scene.phone.offline(false);
    scene.phone.sees("main", "The office ended the pairing with Van 7");
    scene.phone.sees("main", "could not be sent");
    assert!(scene.events().is_empty());
    let code = scene.code();
    for digit in code.chars() {
        scene.phone.tap(&digit.to_string());
    }
    scene.phone.tap("Pair");
    scene.received(1);
    assert_eq!(scene.texts(), ["could not be sent"]);
    // Now the driver ends it.
    scene.phone.open("/driver#/settings");
    scene.phone.tap("End pairing");
    scene.phone.tap_within("dialog", "End pairing");
    scene.phone.sees("main", "Pair this phone");
    let phones = scene.of_tracker("pairing/list", json!({}))["list"].clone();
    assert_eq!(phones, json!([]));
    assert_eq!(scene.phone.troubles(), Vec::<Value>::new());
}

#[test]
fn every_page_is_large_clear_and_named_on_every_screen() {
    let mut scene = scene!();
    scene.texts_for_drivers();
    let form = scene.form();
    let service = scene.service("North depot");
    scene.phone.open("/driver");
    scene.phone.sees("main", "Pair this phone");
    scene.looks_right("pairing");
    scene.pair();
    scene.send("Please call the depot");
    scene.phone.sees("main", "new message");
    scene.looks_right("home");
    scene.phone.tap("Traffic");
    scene.looks_right("a question");
    scene.phone.tap("Send");
    for (path, seen) in [
        ("/driver#/messages".to_owned(), "Please call the depot"),
        ("/driver#/forms".to_owned(), "Delivery note"),
        (format!("/driver#/form/{form}"), "Take a photo"),
        ("/driver#/services".to_owned(), "North depot"),
        (format!("/driver#/service/{service}"), "Open the map"),
        ("/driver#/settings".to_owned(), "Keep screen on"),
    ] {
        scene.phone.open(&path);
        scene.phone.sees("main", seen);
        scene.looks_right(&path);
    }
    scene.phone.tap_a("radio", "Deutsch");
    scene.phone.sees("main", "Bildschirm anlassen");
    scene.looks_right("the settings in German");
    assert_eq!(scene.phone.troubles(), Vec::<Value>::new());
}

#[test]
fn whatever_ends_and_whenever_the_conversation_is_whole() {
    const ROUNDS: usize = 10;
    let mut random = Random::from_environment("the driver's app");
    let mut scene = scene!();
    let addresses = scene.server.addresses();
    scene.pair();
    scene.phone.keeps_the_app();
    scene.phone.open("/driver#/messages");
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    let mut is_up = true;
    for round in 0..ROUNDS {
        for part in 0..random.below(3) {
            let text = format!("{round}.{part}");
            scene.write(&text);
            mine.push(text);
        }
        if is_up && random.below(2) == 0 {
            let text = format!("to the driver, {round}");
            scene.send(&text);
            theirs.push(text);
        }
        match random.below(5) {
            0 if is_up => {
                scene.server.kill();
                is_up = false;
            }
            0 | 1 if !is_up => {
                scene.server.start_again_on(&addresses);
                is_up = true;
            }
            2 => {
                scene.phone.kill();
                scene.phone.start_again();
                scene.phone.open("/driver#/messages");
            }
            3 => scene.phone.reload(),
            _ => {}
        }
    }
    if !is_up {
        scene.server.start_again_on(&addresses);
    }
    scene.phone.reload();
    scene.received(mine.len());
    scene.delivered(theirs.len());
    assert_eq!(scene.texts(), mine);
    scene.phone.counts(".bubble.in", theirs.len());
    assert_eq!(scene.phone.texts(".bubble.in .text"), theirs);
    scene.phone.counts(".bubble.out .status.good", mine.len());
}
