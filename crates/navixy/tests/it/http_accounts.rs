//! Keys, passwords, settings and zones.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use fleet::SessionKind;
use navixy::{NavixyOptions, NotSent, Postman};
use serde_json::{Value, json};

use crate::world::{Draft, PASSWORD, World};

const NEW: &str = "Lantern-St4ple!!";

/// Keeps what it is handed; takes nothing while it is on strike.
#[derive(Clone, Default)]
struct Tray(Arc<Mutex<TrayInner>>);

#[derive(Default)]
struct TrayInner {
    letters: Vec<(String, String)>,
    on_strike: bool,
}

impl Postman for Tray {
    fn send<'a>(
        &'a self,
        to: &'a str,
        _: &'a str,
        text: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>> {
        let mut tray = self.0.lock().expect("not poisoned");
        let taken = if tray.on_strike { Err(NotSent) } else { Ok(()) };
        if taken.is_ok() {
            tray.letters.push((to.to_owned(), text.to_owned()));
        }
        Box::pin(std::future::ready(taken))
    }
}

impl Tray {
    /// The token of the only letter, which must be to this address.
    fn token(&self, to: &str) -> String {
        let letters = std::mem::take(&mut self.0.lock().expect("not poisoned").letters);
        let [(address, text)] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!(address, to);
        let is_hash = |line: &&str| line.len() == 32 && line.bytes().all(|b| b.is_ascii_hexdigit());
        text.lines().find(is_hash).expect("a token").to_owned()
    }
}

fn with(hash: &str, mut body: Value) -> Value {
    body["hash"] = json!(hash);
    body
}

async fn key(world: &World, hash: &str, title: &str) -> String {
    let made = world.post("api/key/create", json!({"hash": hash, "title": title})).await;
    assert_eq!(made.body["value"]["title"], title, "{made:?}");
    made.body["value"]["hash"].as_str().expect("a hash").to_owned()
}

#[tokio::test]
async fn keys_are_made_listed_used_and_deleted() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    world.check_invalid("api/key/create", json!({"hash": hash}), &["title"]).await;
    world.check_invalid("api/key/create", json!({"hash": hash, "title": " "}), &["title"]).await;
    let (first, second) = (key(&world, hash, "Büro").await, key(&world, hash, "Lager").await);
    let row = |hash: &str, title: &str| json!({"hash": hash, "create_date": "2026-03-02 10:15:41", "title": title});
    for method in ["api/key/list", "user/api_key/list"] {
        let list = world.post(method, json!({"hash": hash})).await.body["list"].clone();
        assert_eq!(list, json!([row(&first, "Büro"), row(&second, "Lager")]), "{method}");
    }
    world.check_code("tracker/list", json!({"hash": first}), 0).await;
    assert_eq!(
        world.fleet.authorize(&first, crate::states::at("2036-01-01T00:00:00Z")).map(|s| s.kind),
        Ok(SessionKind::ApiKey)
    );
    world.check_code("api/key/delete", json!({"hash": hash, "key": first}), 0).await;
    world.check_code("tracker/list", json!({"hash": first}), 3).await;
    world.check_code("api/key/delete", json!({"hash": hash, "key": first}), 201).await;
    world.check_code("user/api_key/delete", json!({"hash": hash, "api_key": second}), 0).await;
    world.check_code("api/key/delete", json!({"hash": hash, "key": hash}), 201).await;
    world.check_invalid("api/key/delete", json!({"hash": hash}), &["key"]).await;
    world.check_invalid("user/api_key/delete", json!({"hash": hash}), &["api_key"]).await;
}

#[tokio::test]
async fn an_account_has_twenty_keys_at_most() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    for n in 0..20 {
        key(&world, hash, &format!("key {n}")).await;
    }
    let refused = world.post("api/key/create", json!({"hash": hash, "title": "one more"})).await;
    assert_eq!((refused.code(), refused.status), (268, 402));
}

#[tokio::test]
async fn a_key_does_not_open_what_is_for_sessions() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let key = &key(&world, hash, "a").await;
    for method in [
        "user/logout",
        "user/session/renew",
        "user/password/set",
        "api/key/create",
        "api/key/list",
        "api/key/delete",
        "user/api_key/list",
        "user/password/change",
    ] {
        world.check_code(method, json!({"hash": key}), 4).await;
    }
    world.check_code("user/get_info", json!({"hash": key}), 0).await;
    world.check_code("panel/user/list", json!({"hash": key}), 3).await;
}

#[tokio::test]
async fn each_key_has_its_own_rate() {
    let world = World::with(|options| NavixyOptions { user_requests_per_second_max: 4, ..options }).await;
    let hash = &world.logged_in("ann@example.com").await;
    let key = &key(&world, hash, "a").await;
    world.wait_ms(2_000);
    let answered = async |hash: &str, address: u8| {
        let call = Draft::get("/v2/user/get_info").hash(hash).from([192, 0, 2, address]);
        world.call(call).await.code()
    };
    for _ in 0..4 {
        assert_eq!(answered(hash, 2).await, 0);
    }
    assert_eq!(answered(hash, 3).await, 15, "the user's calls are used up");
    assert_eq!(answered(key, 3).await, 0, "the key's are not");
}

#[tokio::test]
async fn a_renewed_session_starts_its_life_anew() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let other = &world.post("user/auth", json!({"login": "ann@example.com", "password": PASSWORD})).await.text("hash");
    world.wait_ms(29 * 86_400_000);
    world.check_code("user/session/renew", json!({"hash": hash}), 0).await;
    world.wait_ms(2 * 86_400_000);
    world.check_code("user/get_info", json!({"hash": hash}), 0).await;
    world.check_code("user/get_info", json!({"hash": other}), 4).await;
    world.check_code("user/session/renew", json!({"hash": other}), 4).await;
}

#[tokio::test]
async fn setting_a_password() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let key = &key(&world, hash, "a").await;
    let set = |old: &str, new: &str| json!({"hash": hash, "old_password": old, "new_password": new});
    let method = "user/password/set";
    world.check_invalid(method, json!({"hash": hash}), &["old_password", "new_password"]).await;
    world.check_code(method, set("wrong", "short"), 248).await;
    world.check_code(method, set(PASSWORD, PASSWORD), 245).await;
    world.check_invalid(method, set(PASSWORD, "short"), &["new_password"]).await;
    world.check_code(method, set(PASSWORD, NEW), 0).await;
    world.check_code("user/get_info", json!({"hash": hash}), 4).await;
    world.check_code("user/get_info", json!({"hash": key}), 0).await;
    let again = world.post("user/auth", json!({"login": "ann@example.com", "password": NEW})).await.text("hash");
    let answered = world.post(method, json!({"hash": again, "old_password": NEW, "new_password": PASSWORD})).await;
    assert_eq!(answered.body["errors"][0]["error"], "Password was recently used");
}

#[tokio::test]
async fn restoring_a_password() {
    let tray = Tray::default();
    let world = World::new().await.with_postman(tray.clone());
    let hash = &world.logged_in("ann@example.com").await;
    let login = |login: &str| json!({"login": login});
    world.check_invalid("user/restore_password", json!({}), &["login"]).await;
    world.check_code("user/restore_password", login("eve@example.com"), 201).await;
    tray.0.lock().expect("not poisoned").on_strike = true;
    world.check_code("user/restore_password", login("ann@example.com"), 209).await;
    tray.0.lock().expect("not poisoned").on_strike = false;
    world.check_code("user/restore_password", login("ann@example.com"), 0).await;
    let token = &tray.token("ann@example.com");
    let refused = world.post("user/restore_password", login("ann@example.com")).await;
    assert_eq!((refused.code(), refused.status), (264, 403));

    let refused = world.post("user/get_info", json!({"hash": token})).await;
    assert_eq!((refused.code(), refused.status), (276, 403));
    world.check_code("user/session/renew", json!({"hash": token}), 276).await;
    world.check_code("panel/user/list", json!({"hash": token}), 3).await;
    world.check_code("user/password/change", json!({"hash": hash, "password": NEW}), 4).await;
    world.check_code("user/password/change", json!({"password": NEW}), 3).await;
    world.check_invalid("user/password/change", json!({"hash": token}), &["password"]).await;
    world.check_invalid("user/password/change", json!({"hash": token, "password": "short"}), &["password"]).await;
    world.check_code("user/get_info", json!({"hash": hash}), 0).await;
    world.check_code("user/password/change", json!({"hash": token, "password": NEW}), 0).await;
    world.check_code("user/password/change", json!({"hash": token, "password": PASSWORD}), 4).await;
    world.check_code("user/get_info", json!({"hash": hash}), 4).await;
    world.check_code("user/auth", json!({"login": "ann@example.com", "password": NEW}), 0).await;
    world.wait_ms(300_000);
    world.check_code("user/restore_password", login("ann@example.com"), 0).await;
    let token = &tray.token("ann@example.com");
    world.wait_ms(86_400_000);
    world.check_code("user/password/change", json!({"hash": token, "password": NEW}), 4).await;
}

#[tokio::test]
async fn without_mail_no_password_is_restored() {
    let world = World::new().await;
    world.logged_in("ann@example.com").await;
    for login in ["ann@example.com", "eve@example.com"] {
        world.check_code("user/restore_password", json!({"login": login}), 209).await;
    }
}

#[tokio::test]
async fn settings_are_replaced_whole() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let read = async || world.post("user/settings/read", json!({"hash": hash})).await.body;
    let expected = |settings: Value, overwrite: bool, emails: Value| {
        json!({"success": true, "settings": settings, "file_storage_settings": {"auto_overwrite": overwrite},
               "balance_alert_settings": {"emails": emails}, "first_user_balance_warning_period": "7d",
               "second_user_balance_warning_period": "2d"})
    };
    let first = json!({"time_zone": "Europe/Madrid", "locale": "en_US", "measurement_system": "metric",
                       "geocoder": "osm", "route_provider": "osrm", "translit": false});
    assert_eq!(read().await, expected(first, false, json!([])));
    let wanted = json!({"time_zone": "Asia/Tokyo", "locale": "de", "measurement_system": "imperial",
                        "date_format": "dMMMy", "hour_mode": "TWELVE_HOURS", "geocoder": "google",
                        "route_provider": "google", "translit": true});
    let mut body = with(hash, wanted.clone());
    body["file_storage_settings"] = json!({"auto_overwrite": true});
    body["balance_alert_settings"] = json!({"emails": ["boss@example.com"]});
    world.check_code("user/settings/update", body, 0).await;
    assert_eq!(read().await, expected(wanted, true, json!(["boss@example.com"])));
    let info = world.post("user/get_info", json!({"hash": hash})).await.body["user_info"].clone();
    assert_eq!(info["creation_date"], "2026-03-02 18:15:41", "the new zone counts at once");
    for (member, value) in [("hour_mode", "TWELVE_HOURS"), ("date_format", "dMMMy"), ("default_geocoder", "google")] {
        assert_eq!(info[member], value, "{member}");
    }
    world.check_code("user/settings/update", json!({"hash": hash, "time_zone": "UTC"}), 0).await;
    let defaults = json!({"time_zone": "UTC", "locale": "en", "measurement_system": "metric", "geocoder": "osm",
                          "route_provider": "osrm", "translit": false});
    assert_eq!(read().await, expected(defaults, false, json!([])));
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let check = async |body: Value, parameters: &[&str]| {
        world.check_invalid("user/settings/update", with(hash, body), parameters).await;
    };
    check(json!({}), &["time_zone"]).await;
    check(json!({"time_zone": "Mars/Base"}), &["time_zone"]).await;
    check(json!({"time_zone": "UTC", "hour_mode": "x", "geocoder": "x"}), &["hour_mode", "geocoder"]).await;
    check(json!({"time_zone": "UTC", "locale": "english"}), &["locale"]).await;
    let emails = |emails: Value| json!({"time_zone": "UTC", "balance_alert_settings": {"emails": emails}});
    check(emails(json!(["nobody"])), &["balance_alert_settings.emails"]).await;
    check(emails(json!([null])), &["balance_alert_settings.emails"]).await;
    check(emails(json!(vec!["a@example.com"; 21])), &["balance_alert_settings.emails"]).await;
}

#[tokio::test]
async fn texts_of_the_client_are_kept() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let read = async |key: &str| world.post("user/settings/ui/read", json!({"hash": hash, "key": key})).await.body;
    assert_eq!(read("map").await, json!({"success": true, "value": null}));
    let update = |key: &str, value: Value| json!({"hash": hash, "key": key, "value": value});
    world.check_code("user/settings/ui/update", update("map", json!("{\"zoom\":3}\n")), 0).await;
    assert_eq!(read("map").await, json!({"success": true, "value": "{\"zoom\":3}\n"}));
    world.check_code("user/settings/ui/update", update("map", json!("")), 0).await;
    assert_eq!(read("map").await["value"], "");
    world.check_invalid("user/settings/ui/update", update("map", json!(null)), &["value"]).await;
    world.check_invalid("user/settings/ui/update", update("map", json!("x".repeat(8_193))), &["value"]).await;
    world.check_invalid("user/settings/ui/update", update("a b", json!("x")), &["key"]).await;
    world.check_invalid("user/settings/ui/read", json!({"hash": hash, "key": "x".repeat(51)}), &["key"]).await;
    for n in 1..100 {
        world.check_code("user/settings/ui/update", update(&format!("key-{n}"), json!("x")), 0).await;
    }
    world.check_code("user/settings/ui/update", update("one_more", json!("x")), 268).await;
}

#[tokio::test]
async fn zones_are_listed_for_everybody() {
    let world = World::new().await;
    for method in ["timezone/list", "panel/timezone/list"] {
        let body = world.post(method, json!({"locale": "de"})).await.body;
        let list = body["list"].as_array().expect("a list");
        let zone = |id: &str| list.iter().find(|zone| zone["zone_id"] == id).expect(id).clone();
        let kolkata = json!({"zone_id": "Asia/Kolkata", "description": "(UTC+05:30) Kolkata", "base_offset": 5.5,
                             "dst_offset": 0, "country_code": "IN", "alt_ids": ["Asia/Calcutta"]});
        assert_eq!(zone("Asia/Kolkata"), kolkata, "{method}");
        let st_johns = zone("America/St_Johns");
        assert_eq!((&st_johns["base_offset"], &st_johns["dst_offset"]), (&json!(-3.5), &json!(1)));
        assert_eq!(st_johns["description"], "(UTC-03:30) St Johns");
        assert!(list.len() > 400, "{}", list.len());
    }
}
