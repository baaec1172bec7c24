//! What a client asks of devices and drivers.

use e2e::gt06::{Gt06, frame};
use e2e::ruptela::{Ruptela, packet, told};
use e2e::{RegisteredTracker, Tracker};
use serde_json::{Value, json};

use super::stage::{Client, Stage};

/// CRC-16/ARC, as the unit's frames end.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u16, byte: &u8| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    };
    u32::from(bytes.iter().fold(0, step))
}

/// The text of the command that the server sends the unit next.
#[track_caller]
fn command(unit: &mut Tracker) -> String {
    let mut byte = || unit.byte().expect("the server writes");
    let mut number = || (0..4).fold(0_u32, |number, _| number << 8 | u32::from(byte()));
    assert_eq!(number(), 0, "the preamble");
    let data_bytes = number();
    let data: Vec<u8> = (0..data_bytes).map(|_| unit.byte().expect("the server writes")).collect();
    let sum = (0..4).fold(0_u32, |sum, _| sum << 8 | u32::from(unit.byte().expect("the server writes")));
    assert_eq!((sum, &data[..3]), (crc(&data), &[0x0C, 1, 5][..]), "codec 12, one command");
    String::from_utf8(data[7..data.len() - 1].to_vec()).expect("text")
}

/// The unit's answer in codec 12.
fn answer(unit: &mut Tracker, text: &str) {
    let size = u32::try_from(text.len()).expect("short").to_be_bytes();
    let data = [&[0x0C, 1, 6][..], &size, text.as_bytes(), &[1]].concat();
    let length = u32::try_from(data.len()).expect("short").to_be_bytes();
    let frame = [&[0; 4][..], &length, &data, &crc(&data).to_be_bytes()].concat();
    unit.send(&frame).expect("the server reads");
}

fn api(id: &str, uid: i64, cmd: &str) -> Value {
    json!({"type": "api", "query": {"id": id, "uid": uid, "cmd": cmd, "CR": false}})
}

/// Conforms to trackit 004, "Command list": a command is a JSON object with its type and a query
/// Conforms to trackit 004, "API Command": getio is sent to the device, and its status comes with the client's id
/// Conforms to trackit 004, "Vehicle-related data": cmd-parsed has what the device answered, by input and output
#[test]
fn a_device_is_asked_for_its_inputs_and_outputs() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut unit = stage.unit();
    client.until("connection");
    client.say(&api("ZS8SYGKBXAI40T2ASQ3R3HW95", stage.mobile.id, "getio"));
    assert_eq!(command(&mut unit), "getio");
    let uid = stage.mobile.id;
    let status =
        format!(r#"{{"uid":{uid},"params":{{"type":"cmd-status","id":"ZS8SYGKBXAI40T2ASQ3R3HW95","status":true}}}}"#);
    assert_eq!(client.text(), status);
    answer(&mut unit, "DI1:0 DI2:0 DO1:1");
    let parsed = client.next();
    let params = &parsed["params"];
    assert_eq!((&params["type"], &params["sub-type"]), (&json!("cmd-parsed"), &json!("getio")));
    let values: Vec<_> =
        ["1", "2", "179"].iter().map(|line| (&params["cmd"][line]["tio"], &params["cmd"][line]["tlv"])).collect();
    assert_eq!(values, [(&json!(1), &json!(0)), (&json!(2), &json!(0)), (&json!(179), &json!(1))]);
    assert_eq!(params["cmd"]["1"]["hid"], Value::Null);
    client.silent();
}

#[test]
fn units_of_other_families_are_asked_in_their_own_words() {
    let stage = Stage::new();
    let (bike, truck) =
        (stage.account.register("350000000000014", "gt06"), stage.account.register("350000000000022", "ruptela"));
    let mut client = stage.client();

    let mut unit = Gt06::online(stage.server.device("gt06"), "350000000000014");
    client.until("connection");
    client.say(&api("1", bike.id, "getio"));
    let sent = unit.frame().expect("the command");
    assert_eq!((sent[3], &sent[9..16]), (0x80, &b"STATUS#"[..]), "{sent:02X?}");
    let text = b"Battery:4.16V,NORMAL; ACC:ON; Relay:OFF;";
    let length = u8::try_from(4 + text.len()).expect("short");
    unit.send(&frame(0x15, &[&[length][..], &sent[5..9], text, &[0, 2]].concat(), 9));
    assert_eq!(lines(&mut client, &bike), json!({"1": 1, "179": 0}));

    let mut unit = Ruptela::connect(stage.server.device("ruptela"));
    unit.send(&packet("350000000000022", 16, &[]));
    assert_eq!(unit.packet().as_deref(), Some(&told(116, &[1])[..]));
    client.until("connection");
    client.say(&api("2", truck.id, "getio"));
    assert_eq!(unit.packet().as_deref(), Some(&told(108, b" getio")[..]));
    unit.send(&packet("350000000000022", 7, b"DIN1:1 DIN2:0 DOUT1:1"));
    assert_eq!(lines(&mut client, &truck), json!({"1": 1, "2": 0, "179": 1}));
}

/// Number and value of each line that a unit answers to `getio`.
#[track_caller]
fn lines(client: &mut Client, mobile: &RegisteredTracker) -> Value {
    assert_eq!(client.until("cmd-status")["params"]["status"], true);
    let parsed = client.until("cmd-parsed");
    assert_eq!((&parsed["uid"], &parsed["params"]["sub-type"]), (&json!(mobile.id), &json!("getio")));
    let lines = parsed["params"]["cmd"].as_object().expect("lines");
    lines.iter().map(|(number, line)| (number.clone(), line["tlv"].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// Conforms to trackit 004, "Vehicle-related data": commands are limited: getio is for everybody, others for who was given the right
#[test]
fn a_device_that_is_away_and_a_user_without_the_right_are_told_at_once() {
    let stage = Stage::new();
    let mut client = stage.client();
    let refused = |client: &mut Client, id: &str, cmd: &str| {
        client.say(&api(id, stage.mobile.id, cmd));
        let message = client.next();
        assert_eq!((&message["params"]["id"], &message["params"]["status"]), (&json!(id), &json!(false)), "{message}");
        message["params"]["error"].as_str().expect("a reason").to_owned()
    };
    assert_eq!(refused(&mut client, "a", "getio"), "offline");
    assert_eq!(refused(&mut client, "b", "getver"), "not permitted");
    client.silent();
}

/// Conforms to trackit 004, "PND API Command (pnd-api)": msg is answered with an id, the status 0, and what was sent
/// Conforms to trackit 004, "TRACKiT Works related data": msg-sts says how far a text has come, by its number
#[test]
fn a_text_to_a_driver_is_stored_and_waits_for_the_app() {
    let mut stage = Stage::new();
    let mut client = stage.client();
    let content = json!({
        "type": "msg", "txt": "this is my message", "user_id": stage.account.id, "user_name": "John Doe",
        "guid": "ZS8SYGKBXAI40T2ASQ3R3HW95",
    });
    let send = json!({"type": "pnd-api", "query": {"uid": stage.mobile.id, "content": content}});
    client.say(&send);
    let first = client.text();
    let message: Value = serde_json::from_str(&first).expect("JSON");
    let id = message["params"]["id"].as_str().expect("an id").to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    let uid = stage.mobile.id;
    let expected = format!(
        r#"{{"uid":{uid},"params":{{"type":"msg-sts","id":"{id}","txs":0,"content":{{"type":"msg","content":{{"txt":"this is my message","user_id":{},"user_name":"John Doe","guid":"ZS8SYGKBXAI40T2ASQ3R3HW95"}}}}}}}}"#,
        stage.account.id
    );
    assert_eq!(first, expected);
    assert_eq!(client.text(), format!(r#"{{"uid":{uid},"params":{{"type":"msg-sts","id":"{id}","txs":1}}}}"#));
    stage.server.kill();
    stage.server.start_again();
    let mut client = stage.client();
    client.say(&send);
    let again = loop {
        let message = client.next();
        if message["params"].get("content").is_some() {
            break message;
        }
    };
    assert_eq!(again["params"]["id"], id.as_str(), "the same text after a crash is the same message");
    assert!([1, 3].map(Value::from).contains(&again["params"]["txs"]), "{again}");
}
