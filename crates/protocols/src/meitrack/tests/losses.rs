//! What used to be lost, or to lose more than itself.

use super::*;
use crate::session::FieldFault;

#[test]
fn one_odd_field_does_not_lose_the_position() {
    let check = |content: &str, name: &'static str, wanted: &dyn Fn(&Report)| {
        let whole = message(content.as_bytes());
        let trace = read_whole(meitrack(), &whole);
        let fault = Reject::Field { name, fault: FieldFault::WrongType };
        assert_eq!(trace.rejects(), [&fault], "{content}");
        let at = trace.reject_offsets[0] as usize;
        assert!(whole[at..].starts_with(b"x"), "{at} of {content}");
        let r = one_report(&trace);
        assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
        has(&r, "hardware_mileage", float(1_234.567));
        wanted(&r);
    };
    check(&format!("AAA,x5,{FIELDS}"), "event", &|r| assert!(r.position.is_some() && r.events.is_empty()));
    let without_place =
        |r: &Report| assert_eq!((r.position.as_ref(), r.events.as_slice()), (None, &[EventId(403)][..]));
    check(&format!("AAA,35,{}", FIELDS.replace("-33.448891", "x3")), "latitude", &without_place);
    check(&format!("AAA,35,{}", FIELDS.replace("-70.669266", "x")), "longitude", &without_place);
    let p = decoded(format!("AAA,35,{}", FIELDS.replace(",63,", ",nan,")).as_bytes()).position.expect("has one");
    assert_eq!((p.speed_kmh, p.heading_deg), (None, Some(187)));
    assert!(decoded(format!("AAA,,{FIELDS}").as_bytes()).position.is_some());
    assert_eq!(decoded(b"AAA,1").events, [EventId(202), EventId(501)]);
    assert_eq!(read_whole(meitrack(), &message(b"AAA,")).rejects(), [&Reject::Truncated]);
}

#[test]
fn a_position_that_nobody_asked_for_is_only_a_position() {
    let trace = read_whole(meitrack(), &message(format!("A10,34,{FIELDS}").as_bytes()));
    assert!(!trace.seen.iter().any(|seen| matches!(seen, Seen::Unasked(_))), "{trace:?}");
    assert!(one_report(&trace).position.is_some());
}

#[test]
fn a_broken_record_costs_only_itself() {
    let record = &bytes(TAGGED)[34..bytes(TAGGED).len() - 5];
    let broken = bytes("0100 04 0123 0501");
    let records = [record, &broken, record].map(|r| [&(r.len() as u16).to_le_bytes()[..], r].concat()).concat();
    let trace = read_whole(meitrack(), &message(&[b"CCE,", &bytes("00000000 0300")[..], &records].concat()));
    assert_eq!((trace.reports().len(), trace.rejects()), (2, vec![&Reject::Truncated]));
    trace.reports().into_iter().for_each(is_the_worked_position);
}

#[test]
fn a_list_that_cannot_be_read_does_not_come_for_ever() {
    let list = message(&bytes(&format!("434343 2C 0100 3400 00000000 {}", &RECORD[..30])));
    let trace = read_whole(meitrack(), &list);
    assert_eq!((trace.sent.clone(), trace.reports().len()), (around(b'Q', IMEI, "CCC,1"), 0));
    // One that was changed on its way may come over better.
    let mut bad = list;
    bad[40] ^= 1;
    assert_eq!(read_whole(meitrack(), &bad).sent, b"");
}

#[test]
fn a_length_that_is_too_long_holds_nothing_back() {
    let check = |digits: &str, reports: usize| {
        let wrong = POSITION.replace("A157", &format!("A{digits}"));
        let trace = read_whole(meitrack(), &[wrong.as_bytes(), POSITION.as_bytes()].concat());
        assert_eq!((trace.reports().len(), trace.closed), (reports, false), "{digits}");
    };
    check("158", 1);
    check("957", 1);
    check("65535", 1);
    // A sum that is right over the wrong length says that the message is meant.
    let wrong = POSITION.replace("A157", "A957").replace("*63", "*6B");
    assert_eq!(read_whole(meitrack(), wrong.as_bytes()).reports().len(), 1);
}
