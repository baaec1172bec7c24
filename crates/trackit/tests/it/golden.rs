//! Every message that the manual shows, with its fields in the manual's order and its numbers in the manual's form.
//! Only the ids, which this server makes in its own way, are put in the place of the manual's.

use std::path::Path;
use std::sync::Arc;

use model::{
    AttributeId, Attributes, DriverEvent, DriverEventKind, EventId, Happened, HappenedKind, Levels, MessageStatus,
    Position, Record, Report, Seq, Timestamp, TrackerId, Value, attr,
};
use trackit::encode::{self, Mobile};
use trackit::wire::Text;

/// Compares with the manual's text, white space between its words aside; ids of ours come in the place of its own.
fn check(name: &str, ids: &[(&str, String)], write: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    write(&mut out);
    let found = String::from_utf8(out).expect("text");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{name}.json"));
    let mut expected = without_space(&std::fs::read_to_string(path).expect(name));
    for (manual, ours) in ids {
        assert_eq!(manual.len(), ours.len(), "an id is as long as the manual's");
        expected = expected.replace(manual, ours);
    }
    assert_eq!(found, expected, "{name}");
}

fn without_space(json: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    let is_kept = |c: &char| {
        is_text ^= *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_text || !c.is_whitespace()
    };
    json.chars().filter(is_kept).collect()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso(text).expect(text)
}

const UID: TrackerId = TrackerId(1001);

fn mobile(vid: u32) -> Mobile {
    Mobile { uid: UID, vid }
}

fn batch_record() -> Record {
    let mut position = Position::new(38.578_713_3, -9.012_713_3).expect("on Earth");
    position.set_altitude_m(42.0);
    position.set_speed_kmh(41.0);
    position.set_heading_deg(246.0);
    position.satellites = Some(15);
    let fuel = AttributeId::nth("can_fuel_", 1).expect("known");
    let attributes: Attributes = [
        (attr::PRIORITY, Value::Int(1)),
        (attr::HARDWARE_MILEAGE, Value::Float(1_613_709.4)),
        (AttributeId::avl_io(252), Value::Int(0)),
        (attr::OBD_AMBIENT_AIR_T, Value::Int(11)),
        (attr::CAN_RPM, Value::Int(949)),
        (attr::CAN_ENGINE_HOURS, Value::Float(25_237.0)),
        (fuel, Value::Int(100)),
        (attr::HARDWARE_KEY, Value::from("0000001993887010")),
        (attr::INPUT_STATUS, Value::Int(0b1000_0001)),
    ]
    .into_iter()
    .collect();
    let report = Report { position: Some(position), attributes, ..Report::default() };
    Record {
        seq: Seq(7),
        at: at("2022-04-02T09:50:03.574Z"),
        received: at("2022-04-02T09:50:04Z"),
        report,
        odometer_km: None,
    }
}

fn event_record() -> Arc<Record> {
    let mut position = Position::new(41.216_598_3, 1.206_06).expect("on Earth");
    position.set_heading_deg(297.0);
    position.set_speed_kmh(0.0);
    position.satellites = Some(11);
    let attributes: Attributes = [(attr::EVENT_CODE, 8)].into_iter().collect();
    let report = Report { position: Some(position), attributes, events: vec![EventId(501)], ..Report::default() };
    Arc::new(Record {
        seq: Seq(0x1234_5678),
        at: at("2022-04-02T10:07:03Z"),
        received: at("2022-04-02T10:07:11.398Z"),
        report,
        odometer_km: Some(398_447.9),
    })
}

fn from_driver(id: u64, sent: &str, received: &str, kind: DriverEventKind) -> DriverEvent {
    let position = Some((41.216_598_3, 1.206_06));
    DriverEvent { id, guid: "g".into(), at: at(sent), received: at(received), position, kind }
}

#[test]
fn answers_to_commands_of_the_client() {
    check("auth", &[], |out| encode::auth(true, out));
    check("cmd_status", &[], |out| encode::command_status(1001, "ZS8SYGKBXAI40T2ASQ3R3HW95", Ok(()), out));
    let text = Text {
        uid: 1001,
        txt: "this is my message".into(),
        user_id: 123_456,
        user_name: "John Doe".into(),
        guid: "ZS8SYGKBXAI40T2ASQ3R3HW95".into(),
    };
    let id = "67ed11c70191a1b1c70191a1b1c70191";
    check("msg_sts_sent", &[], |out| encode::message_status(UID, id, MessageStatus::Accepted, Some(&text), out));
    let id = "67ed11c70191a78e5aaae7d7";
    check("msg_sts", &[], |out| encode::message_status(UID, id, MessageStatus::Stored, None, out));
}

#[test]
fn a_batch_of_the_device() {
    check("records", &[], |out| encode::records(mobile(826_403), 1, &batch_record(), None, out));
}

#[test]
fn an_event_of_the_device() {
    let record = event_record();
    let happened = Happened {
        kind: HappenedKind::Input { number: 1, on: false },
        cause: Some(EventId(501)),
        record: Arc::clone(&record),
    };
    let ids = [
        ("67ed0c4f0191a78e5aa92266", encode::record_id(&record)),
        ("67ed0c4f0191a78e5aa92269", encode::happened_id(&happened)),
    ];
    check("event", &ids, |out| encode::event(&happened, mobile(823_397), None, Some("(...), Espanha"), out));
}

#[test]
fn connections_and_levels() {
    check("connection", &[], |out| encode::connection(UID, true, out));
    check("pnd_connection", &[], |out| encode::driver_connection(UID, true, out));
    let levels = Levels { at: at("2022-04-02T10:06:59.321Z"), lines: vec![(1, 0.0), (2, 0.0)] };
    check("cmd_parsed", &[], |out| encode::command_levels(UID, &levels, out));
}

#[test]
fn what_the_driver_sends() {
    let check_event = |name: &str, event: &DriverEvent| {
        check(name, &[], |out| encode::driver_event(event, mobile(1001), None, 0, out));
    };
    let (sent, received) = ("2022-04-02T10:24:42Z", "2022-04-02T10:24:42.002Z");
    let kind = DriverEventKind::Text { text: "text message sent by driver".into() };
    check_event("pnd_msg", &from_driver(1, sent, received, kind));
    let kind = DriverEventKind::Predefined { number: 1, text: "TRAFFIC".into() };
    check_event("pnd_msg_prd", &from_driver(2, sent, received, kind));
    let fields =
        [("Client", "(some text)"), ("Work", "(some text)"), ("Local", "(some text)"), ("...", "(some value)")];
    let fields = fields.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
    let kind = DriverEventKind::Form { name: "Form name".into(), fields };
    check_event("form", &from_driver(3, "2022-04-02T10:27:00Z", "2022-04-02T10:27:34.223Z", kind));
}

#[test]
fn a_service_has_its_time_in_the_viewers_zone() {
    let kind =
        DriverEventKind::Service { service: "67ec4295af04705c2e0000".into(), delivered: true, note: String::new() };
    let event = from_driver(4, "2022-04-02T05:47:07Z", "2022-04-02T05:47:08Z", kind);
    let ids = [("67eccf5c4219b1b25e0aca0d", encode::driver_event_id(&event))];
    check("service_generic", &ids, |out| encode::driver_event(&event, mobile(337_145), None, 3600, out));
}
