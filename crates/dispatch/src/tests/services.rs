use model::DriverEventKind;
use storage::dispatch::{Service, ServiceDraft, ServiceState};

use super::{CAB, Stage, VAN, at};
use crate::{DispatchEvent, DispatchOptions, ServiceError};

fn draft(title: &str) -> ServiceDraft {
    ServiceDraft {
        title: title.to_owned(),
        address: "Quay 4".to_owned(),
        position: Some((38.5, -9.25)),
        note: "ring twice".to_owned(),
        due: Some(at(500)),
    }
}

async fn report(stage: &Stage, guid: &str, service: &Service, delivered: bool, s: i64) {
    let kind = DriverEventKind::Service { service: service.id.clone(), delivered, note: String::new() };
    assert!(stage.record(VAN, guid, kind, s).await.expect("recorded").1);
}

#[tokio::test]
async fn a_service_is_made_edited_done_and_taken_back() {
    let stage = Stage::new().await;
    let heard = stage.listen();
    let changed = DispatchEvent::ServicesChanged { source: VAN };
    let service = stage.dispatch.create_service(VAN, draft("a"), at(1)).await.expect("made");
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    assert!(service.id.len() == 24 && service.id.bytes().all(is_digit), "{}", service.id);
    let made = Service {
        id: service.id.clone(),
        source: VAN,
        draft: draft("a"),
        state: ServiceState::Open,
        changed: at(1),
        is_removed: false,
    };
    assert_eq!(service, made);
    report(&stage, "g1", &service, false, 2).await;
    let edited = stage.dispatch.edit_service(VAN, service.id.clone(), draft("b"), at(3)).await.expect("edited");
    let expected = Service { draft: draft("b"), state: ServiceState::Visited, changed: at(3), ..made };
    assert_eq!(edited, expected);
    let stage = stage.reopen(at(4)).await;
    assert_eq!(stage.dispatch.services(VAN).await, Ok(vec![expected]));
    assert_eq!(heard.lock().expect("not poisoned").iter().filter(|event| **event == changed).count(), 3);
    let heard = stage.listen();
    stage.dispatch.remove_service(VAN, service.id.clone(), at(5)).await.expect("taken back");
    assert_eq!(stage.dispatch.services(VAN).await, Ok(Vec::new()));
    assert_eq!(stage.told(&heard).await, [changed]);
    // The driver did not know.
    report(&stage, "g2", &service, true, 6).await;
    assert!(matches!(&stage.told(&heard).await[..], [DispatchEvent::FromDriver { .. }]));
    for id in [&service.id, "", "000000000000000000000000", "zz0000000000000000000001", &service.id[1..]] {
        let id = || id.to_owned();
        assert_eq!(stage.dispatch.edit_service(VAN, id(), draft("c"), at(7)).await, Err(ServiceError::NotFound));
        assert_eq!(stage.dispatch.remove_service(VAN, id(), at(7)).await, Err(ServiceError::NotFound));
    }
}

#[tokio::test]
async fn a_report_moves_a_service_forward_only_and_only_its_own() {
    let stage = Stage::new().await;
    let service = stage.dispatch.create_service(VAN, draft("a"), at(1)).await.expect("made");
    let theirs = stage.dispatch.create_service(CAB, draft("a"), at(1)).await.expect("made");
    assert!(theirs.id > service.id);
    let state = || async { stage.dispatch.services(VAN).await.expect("read")[0].state };
    report(&stage, "g1", &service, true, 2).await;
    assert_eq!(state().await, ServiceState::Delivered);
    report(&stage, "g2", &service, false, 3).await;
    assert_eq!(state().await, ServiceState::Delivered);
    report(&stage, "g3", &theirs, true, 4).await;
    let expected = Ok(vec![theirs.clone()]);
    assert_eq!(stage.dispatch.services(CAB).await, expected, "another driver cannot move it");
    let edited = stage.dispatch.edit_service(VAN, theirs.id.clone(), draft("b"), at(5)).await;
    assert_eq!(edited, Err(ServiceError::NotFound));
    assert_eq!(stage.dispatch.remove_service(VAN, theirs.id, at(5)).await, Err(ServiceError::NotFound));
    assert_eq!(stage.dispatch.services(CAB).await, expected);
}

#[tokio::test]
async fn what_is_no_service_is_refused() {
    let options = DispatchOptions { services_per_source_max: 1, service_chars_max: 10, ..DispatchOptions::default() };
    let stage = Stage::with(options).await;
    let check = |change: fn(&mut ServiceDraft), expected: Option<ServiceError>| {
        let mut draft = draft("a");
        change(&mut draft);
        let made = stage.dispatch.create_service(VAN, draft.clone(), at(1));
        async move { assert_eq!(made.await.err(), expected, "{draft:?}") }
    };
    check(|d| d.title = " ".to_owned(), Some(ServiceError::Blank)).await;
    check(|d| d.title = "x".repeat(11), Some(ServiceError::TooLong)).await;
    check(|d| d.address = "x".repeat(11), Some(ServiceError::TooLong)).await;
    check(|d| d.note = "x".repeat(11), Some(ServiceError::TooLong)).await;
    check(|d| d.position = Some((f64::NAN, 0.0)), Some(ServiceError::BadPosition)).await;
    check(|d| *d = ServiceDraft { title: "ä".repeat(10), ..ServiceDraft::default() }, None).await;
    check(|_| {}, Some(ServiceError::TooMany)).await;
    let id = stage.dispatch.services(VAN).await.expect("read").remove(0).id;
    let blank = stage.dispatch.edit_service(VAN, id.clone(), ServiceDraft::default(), at(2)).await;
    assert_eq!(blank, Err(ServiceError::Blank));
    stage.dispatch.remove_service(VAN, id, at(2)).await.expect("taken back");
    check(|_| {}, None).await;
}

#[tokio::test]
async fn a_service_that_was_taken_back_is_forgotten_in_time() {
    let stage = Stage::with(DispatchOptions { removed_services_kept_days: 1, ..DispatchOptions::default() }).await;
    let service = stage.dispatch.create_service(VAN, draft("a"), at(1)).await.expect("made");
    let find = || {
        let id = service.id.clone();
        stage.dispatch.read(move |desk| desk.tables.service(&id))
    };
    stage.dispatch.expire(at(900_000)).await.expect("done");
    assert!(find().await.expect("read").is_some(), "one that is not taken back stays");
    stage.dispatch.remove_service(VAN, service.id.clone(), at(900_000)).await.expect("taken back");
    stage.dispatch.expire(at(900_000 + 86_400)).await.expect("done");
    assert!(find().await.expect("read").is_some());
    stage.dispatch.expire(at(900_001 + 86_400)).await.expect("done");
    assert!(find().await.expect("read").is_none());
}
