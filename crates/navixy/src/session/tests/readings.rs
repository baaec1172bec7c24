//! Readings in batches: the first whole, the others what is new.

use model::{
    AttributeId, Metering, MeteringRules, MeteringType, Sensor, SensorId, SensorKind, Value, Virtual, VirtualRule,
    VirtualType, attr,
};
use serde_json::json;
use web::{Gathered, Message, SocketSession};

use super::stage::{Client, FIRST, Stage, of};
use crate::encode::BatchItemShape;
use crate::session::SocketOptions;

const A: u32 = FIRST;
const B: u32 = FIRST + 1;
const C: u32 = FIRST + 2;

fn metering(id: u32, sensor_type: MeteringType, input: Option<AttributeId>, parents: &[u32]) -> Sensor {
    let rules = MeteringRules { parent_ids: parents.iter().copied().map(SensorId).collect(), ..Default::default() };
    let kind = SensorKind::Metering(Metering {
        sensor_type,
        input_name: "any".into(),
        input,
        divider: 1.0,
        accuracy: 0.0,
        units: String::new(),
        units_type: "celsius".into(),
        rules,
        calibration: Vec::new(),
    });
    Sensor { id: SensorId(id), name: "Hold".into(), kind }
}

fn ignition(id: u32) -> Sensor {
    let kind = SensorKind::Virtual(Virtual {
        sensor_type: VirtualType::VirtualIgnition,
        input_name: "board_voltage".into(),
        input: Some(attr::BOARD_VOLTAGE),
        custom_field_name: false,
        rule: VirtualRule::InRange { from: Some(13.0), to: None },
        titles: Vec::new(),
    });
    Sensor { id: SensorId(id), name: "Ignition".into(), kind }
}

/// A thermometer, an ignition, and a sum of the thermometer.
fn sensors() -> Vec<Sensor> {
    vec![
        metering(1, MeteringType::Temperature, Some(attr::TEMPERATURE_INTERNAL), &[]),
        ignition(2),
        metering(3, MeteringType::Custom, None, &[1]),
    ]
}

fn warm(celsius: f64) -> (AttributeId, Value) {
    (attr::TEMPERATURE_INTERNAL, Value::Float(celsius))
}

fn subscribe(client: &mut Client<'_>, hash: &str, ids: Option<&[u32]>, more: &str) -> Vec<String> {
    client.requests("subscribe", hash, &of("readings_batch", ids, more)).split_off(1)
}

#[tokio::test]
async fn the_first_batch_is_whole_and_the_next_have_what_is_new() {
    let stage = Stage::new(3).await;
    let hash = stage.hash().await;
    stage.set_sensors(A, sensors());
    stage.values(A, &[warm(4.5), (attr::BATTERY_LEVEL, Value::Int(80))]).await;
    stage.set_odometer(B, 7.25).await;
    let mut client = stage.client();
    let said = subscribe(&mut client, &hash, Some(&[C, A, B]), r#","rate_limit":"3s""#);
    let nothing = "[inputs, states, virtual_sensors, counters]";
    let first = "readings 1[inputs 1=4.5 3=4.5, states battery_level=80, virtual_sensors, counters] \
        2[inputs, states, virtual_sensors, counters odometer=7.25] 3";
    assert_eq!(said, [format!("{first}{nothing}")], "in the order of ids");

    stage.wait_ms(1000);
    stage.values(A, &[(attr::BOARD_VOLTAGE, Value::Float(12.1))]).await;
    stage.values(B, &[(attr::HDOP, Value::Float(1.0))]).await;
    stage.values(A, &[(attr::BOARD_VOLTAGE, Value::Float(13.8))]).await;
    assert_eq!(client.due(), [""; 0]);
    assert_eq!(client.session.next_deadline().map(|due| due.since_ms(stage.now())), Some(2000));
    stage.wait_ms(2000);
    assert_eq!(client.due(), ["readings 1[virtual_sensors 2=On]"], "what no reading shows is no news");
    assert_eq!(client.session.batch, None);

    stage.wait_ms(10_000);
    assert_eq!(client.due(), [""; 0]);
    stage.values(A, &[warm(4.5)]).await;
    assert_eq!(client.due(), ["readings 1[inputs 1=4.5 3=4.5]"], "told again is told anew");
    stage.wait_ms(3000);
    stage.set_odometer(A, 100.0).await;
    assert_eq!(client.due(), ["readings 1[counters odometer=100.0]"]);
}

#[tokio::test]
async fn nothing_to_say_is_no_batch_and_holds_nothing_up() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    subscribe(&mut client, &hash, None, r#","rate_limit":"1h""#);
    stage.wait_ms(3_600_000);
    stage.report(A, 50).await;
    assert_eq!(client.due(), [""; 0]);
    stage.values(B, &[(attr::BATTERY_LEVEL, Value::Int(5))]).await;
    assert_eq!(client.due(), ["readings 2[states battery_level=5]"]);
}

#[tokio::test]
async fn a_type_leaves_out_everything_else() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    stage.set_sensors(A, sensors());
    stage.values(A, &[warm(4.5), (attr::BATTERY_LEVEL, Value::Int(80))]).await;
    let mut client = stage.client();
    let said = subscribe(&mut client, &hash, Some(&[A]), r#","sensor_type":"temperature","rate_limit":"100ms""#);
    assert_eq!(said, ["readings 1[inputs 1=4.5, virtual_sensors]"]);
    stage.wait_ms(100);
    stage.values(A, &[(attr::BATTERY_LEVEL, Value::Int(79)), (attr::BOARD_VOLTAGE, Value::Int(14))]).await;
    assert_eq!(client.due(), [""; 0], "a change elsewhere says nothing");
    stage.values(A, &[warm(5.0)]).await;
    assert_eq!(client.due(), ["readings 1[inputs 1=5.0]"]);
    // The last subscription counts, and a tracker that it names is told of as a whole.
    let said = subscribe(&mut client, &hash, Some(&[A]), r#","include_components":false"#);
    assert_eq!(said, ["readings 1[inputs 3=5.0, states battery_level=79, virtual_sensors 2=On, counters]"]);
    stage.wait_ms(1000);
    stage.values(A, &[warm(6.0)]).await;
    assert_eq!(client.due(), ["readings 1[inputs 3=6.0]"]);
}

#[tokio::test]
async fn sensors_that_change_are_read_again() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    stage.values(A, &[warm(4.5)]).await;
    let mut client = stage.client();
    let said = subscribe(&mut client, &hash, None, r#","rate_limit":"100ms""#);
    assert_eq!(said, ["readings 1[inputs, states, virtual_sensors, counters]"]);
    stage.wait_ms(100);
    stage.set_sensors(A, sensors());
    assert_eq!(client.due(), ["readings 1[inputs 1=4.5 3=4.5]"]);
}

#[tokio::test]
async fn what_is_blocked_says_nothing_and_all_of_it_afterwards() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    subscribe(&mut client, &hash, Some(&[A]), r#","rate_limit":"100ms""#);
    stage.wait_ms(100);
    stage.values(A, &[(attr::BATTERY_LEVEL, Value::Int(80))]).await;
    stage.block(A, true).await;
    assert_eq!(client.due(), ["block 1"]);
    stage.values(A, &[(attr::INPUT_STATUS, Value::Int(1))]).await;
    assert_eq!(client.due(), [""; 0]);
    assert_eq!(subscribe(&mut client, &hash, Some(&[A]), ""), [""; 0]);
    stage.block(A, false).await;
    let whole = "readings 1[inputs, states battery_level=80 input_status=1, virtual_sensors, counters]";
    assert_eq!(client.due(), ["unblock 1", whole]);
    stage.corrupt(A).await;
    assert_eq!(client.due(), ["corrupt 1"]);
}

#[tokio::test]
async fn a_new_tracker_comes_whole_and_one_left_out_stays_out() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    subscribe(&mut client, &hash, None, r#","rate_limit":"100ms""#);
    client.requests("unsubscribe", &hash, &of("readings_batch", Some(&[A]), ""));
    stage.wait_ms(100);
    stage.values(A, &[(attr::BATTERY_LEVEL, Value::Int(1))]).await;
    stage.values(B, &[(attr::BATTERY_LEVEL, Value::Int(2))]).await;
    assert_eq!(client.due(), ["readings 2[states battery_level=2]"]);
    stage.wait_ms(100);
    stage.register().await;
    assert_eq!(client.due(), ["readings 3[inputs, states, virtual_sensors, counters]"]);
    stage.logout(&hash).await;
    assert_eq!(client.due(), [r#"logout "session closed""#]);
}

#[tokio::test]
async fn a_batch_over_the_limit_of_items_is_followed_by_the_rest() {
    let options = SocketOptions { batch_items_max: 2, ..SocketOptions::default() };
    let stage = Stage::with(3, options).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let said = subscribe(&mut client, &hash, None, r#","rate_limit":"5s""#);
    let count = |said: &str| said.matches("[inputs").count();
    assert_eq!(said.iter().map(|said| count(said)).collect::<Vec<_>>(), [2, 1]);
    stage.values(A, &[(attr::BATTERY_LEVEL, Value::Int(1))]).await;
    assert_eq!(client.due(), [""; 0], "the limit counts from the last packet");
    stage.wait_ms(5000);
    assert_eq!(client.due(), ["readings 1[states battery_level=1]"]);
}

#[tokio::test]
async fn items_are_shaped_as_the_operator_says() {
    let options = SocketOptions { batch_item_shape: BatchItemShape::Wrapped, ..SocketOptions::default() };
    let stage = Stage::with(1, options).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let request = of("readings_batch", None, "");
    let message = format!(r#"{{"action":"subscribe","hash":"{hash}","requests":[{request}],"iso_datetime":true}}"#);
    client.answers(Message::Text(&message));
    let texts = client.due_texts();
    let [text] = &texts[..] else { panic!("{texts:?}") };
    let message: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let expected = json!({
        "type": "event", "event": "readings_batch", "user_time": "2026-03-02T10:15:41+01:00",
        "data": [{"type": "readings_event", "tracker_id": A, "inputs": [], "states": [], "virtual_sensors": [],
                  "counters": [], "timestamp": "2026-03-02T10:15:41+01:00"}],
    });
    assert_eq!(message, expected);
}

#[tokio::test]
async fn a_full_buffer_is_gone_on_from() {
    let stage = Stage::new(3).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let request = of("readings_batch", None, "");
    client.answers(Message::Text(&format!(
        r#"{{"action":"subscribe","hash":"{hash}","requests":[{request},{}]}}"#,
        of("state_batch", None, "")
    )));
    let (gathered, texts) = client.write(|session, now, out| session.gather(now, out, 1));
    assert_eq!((matches!(gathered, Gathered::More), texts.len()), (true, 1));
    assert_eq!(client.due(), ["batch 1@0 2@0 3@0"]);
}
