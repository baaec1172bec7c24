//! What drivers sent, and the pictures of their forms.

use dispatch::NewDriverEvent;
use http::Method;
use model::{DriverEventKind, SourceId};
use serde_json::{Value, json};

use crate::world::{PHOTO, World, now, wait_s};

async fn record(world: &World, guid: &str, position: Option<(f64, f64)>, kind: DriverEventKind) {
    let event = NewDriverEvent { guid: guid.into(), at: now().plus_ms(-2_000), position, kind };
    world.dispatch.record(world.source, event, now()).await.expect("recorded");
}

#[tokio::test]
async fn what_a_driver_sent_is_listed_in_order() {
    let world = World::new().await;
    record(&world, "a", Some((38.7, -9.25)), DriverEventKind::Text { text: "On my <way>".into() }).await;
    wait_s(1);
    record(&world, "b", None, DriverEventKind::Predefined { number: 1, text: "TRAFFIC".into() }).await;
    wait_s(1);
    let fields = vec![("Client".to_owned(), "Ann \"A\"".to_owned()), ("Photo".to_owned(), "/ws/file/5".to_owned())];
    record(&world, "c", None, DriverEventKind::Form { name: "Delivery".into(), fields }).await;
    wait_s(1);
    let service = "67ec4295af04705c2e000012".to_owned();
    record(&world, "d", None, DriverEventKind::Service { service, delivered: true, note: "ok".into() }).await;

    let span = json!({"tracker_id": world.van.0, "from": "2026-03-02 00:00:00", "to": "2026-03-03 00:00:00"});
    let mut list = world.ann("driver_event/list", span.clone()).await["list"].clone();
    for event in list.as_array_mut().expect("a list") {
        assert!(event["id"].as_u64().is_some_and(|id| id > 0));
        event.as_object_mut().expect("an object").remove("id");
    }
    let expected = json!([
        {"guid": "a", "time": "2026-03-02 09:15:39", "received": "2026-03-02 09:15:41",
         "position": {"lat": 38.7, "lng": -9.25}, "type": "text", "text": "On my <way>"},
        {"guid": "b", "time": "2026-03-02 09:15:40", "received": "2026-03-02 09:15:42", "position": null,
         "type": "predefined", "number": 1, "text": "TRAFFIC"},
        {"guid": "c", "time": "2026-03-02 09:15:41", "received": "2026-03-02 09:15:43", "position": null,
         "type": "form", "name": "Delivery", "fields": [{"label": "Client", "value": "Ann \"A\""},
         {"label": "Photo", "value": "/ws/file/5"}]},
        {"guid": "d", "time": "2026-03-02 09:15:42", "received": "2026-03-02 09:15:44", "position": null,
         "type": "service", "service_id": "67ec4295af04705c2e000012", "delivered": true, "note": "ok"},
    ]);
    assert_eq!(list, expected);

    let guids = async |change: Value| {
        let mut body = span.clone();
        body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let list = world.ann("driver_event/list", body).await["list"].clone();
        list.as_array()
            .expect("a list")
            .iter()
            .map(|e| e["guid"].as_str().expect("a guid").to_owned())
            .collect::<String>()
    };
    assert_eq!(guids(json!({"limit": 2})).await, "ab");
    assert_eq!(guids(json!({"from": "2026-03-02T09:15:40Z"})).await, "bcd");
    assert_eq!(guids(json!({"to": "2026-03-02T10:15:40+01:00"})).await, "ab");
    assert_eq!(guids(json!({"from": "2026-03-02 10:00:00"})).await, "");

    let wrong = async |name: &str, value: Value, named: &str| {
        let mut body = span.clone();
        body[name] = value;
        world.check_invalid("driver_event/list", body, &[named]).await;
    };
    wrong("limit", json!(0), "limit").await;
    wrong("limit", json!(1_025), "limit").await;
    wrong("from", json!("2026-03-04 00:00:00"), "to").await;
    wrong("from", Value::Null, "from").await;
}

async fn picture(world: &World, hash: &str, tracker: u32, file: u64) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let target = format!("/panel/office/file/read?hash={hash}&tracker_id={tracker}&file_id={file}");
    let answer = world.raw(Method::GET, &target, b"", false).await;
    let header = |(name, value): &(http::HeaderName, http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().expect("text").to_owned())
    };
    (answer.status.as_u16(), answer.headers.iter().map(header).collect(), answer.body.as_bytes().to_vec())
}

#[tokio::test]
async fn a_picture_is_shown_as_one_to_its_office_only() {
    let world = World::new().await;
    let keep = async |source| world.dispatch.keep_file(source, "p".into(), PHOTO.to_vec(), now()).await.expect("kept");
    let (ours, theirs) = (keep(world.source).await, keep(SourceId(world.source.0 + 1)).await);
    let van = world.van.0;
    for hash in [&world.ann, &world.admin] {
        let (status, headers, body) = picture(&world, hash, van, ours.0).await;
        assert_eq!((status, body.as_slice()), (200, PHOTO));
        let has = |name: &str, value: &str| headers.iter().any(|(n, v)| n == name && v.starts_with(value));
        assert!(has("content-type", "image/png") && has("x-content-type-options", "nosniff"), "{headers:?}");
        assert!(has("content-security-policy", "default-src 'none'; sandbox"), "{headers:?}");
        assert!(has("cache-control", "private"), "{headers:?}");
    }
    // Of another's driver, by a tracker of one's own; and one that nobody sent.
    for file in [theirs.0, 0, 9_999] {
        let (status, _, body) = picture(&world, &world.ann, van, file).await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!((status, &body["status"]["code"]), (400, &json!(201)), "{file}");
    }
}
