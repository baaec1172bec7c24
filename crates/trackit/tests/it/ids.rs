//! Ids: of the manual's length and alphabet, sorted by time, and one for each thing.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{DriverEvent, DriverEventKind, Happened, HappenedKind, MessageId, Record, Report, Seq, Timestamp};
use trackit::encode::{driver_event_id, happened_id, message_id, record_id};

fn record(seq: u64, received_ms: i64) -> Arc<Record> {
    let received = Timestamp::from_ms(received_ms).expect("in range");
    Arc::new(Record { seq: Seq(seq), at: received, received, report: Report::default(), odometer_km: None })
}

#[test]
fn an_id_begins_with_the_seconds_of_receipt_and_names_place_and_kind() {
    let record = record(0x0191_a78e_5aa9, 0x67ed_0c4f * 1_000 + 398);
    assert_eq!(record_id(&record), "67ed0c4f0191a78e5aa90000");
    let kind = HappenedKind::Output { number: 3, on: true };
    assert_eq!(happened_id(&Happened { kind, cause: None, record }), "67ed0c4f0191a78e5aa90203");
    let submitted = Timestamp::from_ms(0x67ed_11c7 * 1_000 + 255).expect("in range");
    assert_eq!(message_id(MessageId(0x0f00), submitted), "67ed11c7000000ff0000000000000f00");
}

#[test]
fn whatever_can_come_of_one_record_has_an_id_of_its_own() {
    let record = record(5, 1_648_893_000_000);
    let lines = (1..=8)
        .flat_map(|number| [HappenedKind::Input { number, on: true }, HappenedKind::Output { number, on: true }]);
    let others =
        [HappenedKind::OnBattery, HappenedKind::Powered, HappenedKind::Moving, HappenedKind::MovingWithoutDriver];
    let mut ids: BTreeSet<String> =
        lines.chain(others).map(|kind| happened_id(&Happened { kind, cause: None, record: record.clone() })).collect();
    ids.insert(record_id(&record));
    let kind = DriverEventKind::Text { text: "x".into() };
    let (at, received) = (record.at, record.received);
    ids.insert(driver_event_id(&DriverEvent { id: 5, guid: "g".into(), at, received, position: None, kind }));
    assert_eq!(ids.len(), 16 + 4 + 2);
    assert!(ids.iter().all(|id| id.len() == 24 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))));
}

#[test]
fn ids_sort_as_what_they_name_came() {
    let ids = [(9, 1_000), (10, 1_999), (11, 2_000), (1 << 40, 900_000)].map(|(seq, ms)| record_id(&record(seq, ms)));
    assert!(ids.is_sorted(), "{ids:?}");
}
