//! A day of a real taxi, whose flag is a digital input.

use e2e::teltonika::{Element, record};
use e2e::{Report, cabs};

use super::stage::Stage;

/// Records a packet.
const PACKET: usize = 20;
const DAY_S: i64 = 86_400;

#[test]
fn each_fare_of_a_day_is_an_event_at_its_begin_and_its_end() {
    if let Err(reason) = cabs::folder() {
        eprintln!("{reason}");
        return;
    }
    let mut fixes = cabs::fixes("abboip.txt");
    let begin_s = fixes.first().expect("a drive has fixes").time_s;
    fixes.retain(|fix| fix.time_s < begin_s + DAY_S);
    // Of the first so many fixes.
    let changes_until = |count: u64| {
        let fixes = &fixes[..usize::try_from(count).expect("few")];
        fixes.windows(2).filter(|pair| pair[0].occupied != pair[1].occupied).count()
    };
    let changes = changes_until(fixes.len() as u64);
    assert!(changes > 10, "a taxi has fares");

    let stage = Stage::new();
    let mut client = stage.client();
    let mut unit = stage.unit();
    let (mut events, mut records, mut sent) = (0, 0, 0);
    for packet in fixes.chunks(PACKET) {
        let to_record = |fix: &cabs::Fix| {
            let place = Report { latitude: fix.latitude, longitude: fix.longitude, ..Report::default() };
            let report = Report { time_ms: fix.time_s * 1_000, ..place };
            record(&report, vec![Element::u8(1, u8::from(fix.occupied))])
        };
        unit.upload(&packet.iter().map(to_record).collect::<Vec<_>>());
        // Read as a client does that keeps up. What is told of an upload comes soon after its acknowledgement.
        sent += packet.len() as u64;
        while records < sent || events < changes_until(sent) {
            let message = client.next();
            let params = &message["params"];
            match params["type"].as_str() {
                Some("event") => {
                    assert_eq!(
                        (&params["sub-type"], &params["event"]["eid"]),
                        (&"io".into(), &3846.into()),
                        "{message}"
                    );
                    // The first change leaves the level of the first fix.
                    let is_on = (events % 2 == 0) != fixes[0].occupied;
                    assert_eq!(params["record"]["exd"]["tlm"]["tlv"], u8::from(is_on), "{message}");
                    events += 1;
                }
                Some("records") => records += params["total"].as_u64().expect("a number"),
                _ => {}
            }
        }
    }
    client.silent();
    assert_eq!((events, records), (changes, fixes.len() as u64));
}
