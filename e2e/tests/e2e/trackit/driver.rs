//! What drivers' apps say, and what becomes of texts to them.

use e2e::{Phone, PhoneSocket};
use serde_json::{Value, json};

use super::stage::{Client, Stage, names};

/// A call of the office, which must succeed.
#[track_caller]
fn office(stage: &Stage, call: &str, parameters: Value) -> Value {
    let mut body = parameters;
    body["hash"] = json!(stage.account.hash);
    stage.account.api.post(&format!("/panel/office/{call}"), &body).ok()
}

/// A client, and the app of the mobile's driver, which has just come up.
fn both(stage: &Stage) -> (Client, PhoneSocket) {
    let mut client = stage.client();
    let phone = Phone::pair(&stage.account, stage.mobile.id).welcomed(&stage.server);
    let up = format!(r#"{{"uid":{},"params":{{"type":"pnd-connection","status":1}}}}"#, stage.mobile.id);
    assert_eq!(client.text(), up);
    (client, phone)
}

/// Conforms to trackit 004, "TRACKiT Works related data": pnd-connection says that the app has connected, and that it has disconnected
#[test]
fn an_app_comes_and_goes() {
    let stage = Stage::new();
    let (mut client, phone) = both(&stage);
    drop(phone);
    assert_eq!(client.next()["params"], json!({"type": "pnd-connection", "status": 0}));
}

/// Conforms to trackit 004, "TRACKiT Works related data": pnd-msg is a text of the driver, with the fields of the sample in its order
/// Conforms to trackit 004, "TRACKiT Works related data": pnd-msg-prd is a predefined text, by its number and its words
#[test]
fn what_a_driver_says_is_told_as_the_manual_has_it() {
    let stage = Stage::new();
    let (mut client, mut phone) = both(&stage);
    let time = "2022-04-02T10:24:42.000Z";
    let place = json!({"lat": 41.2165983, "lng": 1.20606});
    let say = |phone: &mut PhoneSocket, guid: &str, mut message: Value| {
        for (name, value) in place.as_object().into_iter().flatten() {
            message[name] = value.clone();
        }
        message["guid"] = json!(guid);
        message["time"] = json!(time);
        phone.send(&message);
        phone.ok(guid);
    };
    let fields = |more: &[&'static str]| {
        [&["hid", "mid", "tmx", "rmx", "lat", "lng", "sts", "frc", "src", "eid"][..], more].concat()
    };
    say(&mut phone, "g-1", json!({"type": "text", "text": "text message sent by driver"}));
    let text = client.text();
    let message: Value = serde_json::from_str(&text).expect("JSON");
    let event = &message["params"]["event"];
    assert_eq!((&message["params"]["type"], &event["eid"]), (&json!("pnd-msg"), &json!(3951)));
    assert_eq!((&event["tmx"], &event["txt"]), (&json!(time), &json!("text message sent by driver")));
    assert_eq!((&event["lat"], &event["lng"], &event["sts"]), (&json!(41.2165983), &json!(1.20606), &json!(1)));
    assert_eq!((&event["hid"], &event["frc"], &event["src"]), (&Value::Null, &Value::Null, &json!("tlk-server")));
    assert_eq!(names(&text, r#""event":"#), fields(&["txt"]));
    say(&mut phone, "g-2", json!({"type": "predefined", "number": 1, "text": "TRAFFIC"}));
    let text = client.text();
    let message: Value = serde_json::from_str(&text).expect("JSON");
    let event = &message["params"]["event"];
    assert_eq!((&message["params"]["type"], &event["eid"]), (&json!("pnd-msg-prd"), &json!(25_106)));
    assert_eq!((&event["pmi"], &event["txt"]), (&json!(1), &json!("TRAFFIC")));
    assert_eq!(names(&text, r#""event":"#), fields(&["pmi", "txt"]));
    // What was sent already is not told again.
    phone.send(&json!({"type": "text", "guid": "g-1", "time": time, "text": "text message sent by driver"}));
    phone.ok("g-1");
    client.silent();
    let from = "2022-04-02T00:00:00Z&to=2022-04-03T00:00:00Z";
    let events = stage.get(&format!("/ws/events?mid={}&from={from}", stage.mobile.id));
    assert_eq!((events["data"].as_array().map(Vec::len), &events["data"][1]), (Some(2), event));
}

/// Conforms to trackit 004, "TRACKiT Works related data": form has the form's name, and label and value of each field
#[test]
fn a_form_is_told_with_its_fields_in_order() {
    let stage = Stage::new();
    let fields = json!([{"label": "Client", "type": "text"}, {"label": "Work", "type": "text"}]);
    let form = office(&stage, "form/create", json!({"form": {"name": "Form name", "fields": fields}}));
    let (mut client, mut phone) = both(&stage);
    let values = json!([{"label": "Client", "value": "(some text)"}, {"label": "Work", "value": "(another)"}]);
    let id = form["id"].clone();
    phone.send_event("g-1", &json!({"type": "form", "form": id, "name": "Form name", "values": values}));
    phone.ok("g-1");
    let text = client.text();
    let message: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&message["params"]["type"], &message["params"]["event"]["eid"]), (&json!("form"), &json!(33)));
    let frm = r#""frm":{"fnm":"Form name","fld":{"Client":"(some text)","Work":"(another)"}}"#;
    assert!(text.contains(frm), "{text}");
}

/// Conforms to trackit 004, "TRACKiT Works related data": service-generic says that a service was visited, and whether it was delivered
#[test]
fn a_service_that_is_delivered_is_told_in_the_users_time() {
    let stage = Stage::new();
    let tracker = stage.mobile.id;
    let made = office(&stage, "service/create", json!({"tracker_id": tracker, "service": {"title": "Bread"}}));
    let service = made["value"]["id"].as_str().expect("an id").to_owned();
    let (mut client, mut phone) = both(&stage);
    let message = json!({
        "type": "service", "guid": "g-1", "time": "2022-04-02T05:47:07.000Z", "service": service, "delivered": true,
        "note": "Delivered", "lat": 41.2165983, "lng": 1.20606,
    });
    phone.send(&message);
    phone.ok("g-1");
    let text = client.text();
    let message: Value = serde_json::from_str(&text).expect("JSON");
    let event = &message["params"]["event"];
    assert_eq!(message["params"]["type"], "service-generic");
    let evt = json!({"id": service, "delivered": true, "tmx": "2022-04-02T06:47:07.0", "msg": "Delivered"});
    assert_eq!(event["exd"], json!({"type": "service-generic", "evt": evt}));
    assert_eq!((&event["cas"], &event["gkm"], &event["dmx"]), (&json!(600), &json!(-1), &json!(0)));
    assert_eq!(event["loc"], json!({"lat": 41.2165983, "lng": 1.20606}));
    assert_eq!(names(&text, r#""event":"#), ["tmx", "vid", "dmx", "loc", "gsp", "hdg", "gkm", "cas", "exd", "_id"]);
}

/// Conforms to trackit 004, "TRACKiT Works related data": msg-sts goes through pending, sent with confirmation, and read
#[test]
fn a_text_goes_all_the_way_to_the_driver() {
    let stage = Stage::new();
    let mut client = stage.client();
    let content = json!({
        "type": "msg", "txt": "Please call the depot", "user_id": stage.account.id, "user_name": "John Doe", "guid": "g",
    });
    client.say(&json!({"type": "pnd-api", "query": {"uid": stage.mobile.id, "content": content}}));
    let mut steps = Vec::new();
    let mut take = |client: &mut Client| {
        let message = client.until("msg-sts");
        steps.push((message["params"]["id"].as_str().expect("an id").to_owned(), message["params"]["txs"].clone()));
    };
    (0..3).for_each(|_| take(&mut client));
    let mut phone = Phone::pair(&stage.account, stage.mobile.id).welcomed(&stage.server);
    let message = phone.next("message");
    assert_eq!(message["text"], "Please call the depot");
    for word in ["got", "read"] {
        phone.confirm(word, &message["id"]);
        take(&mut client);
    }
    let (ids, txs): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
    assert_eq!(txs, [0, 1, 3, 4, 5]);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    client.silent();
}
