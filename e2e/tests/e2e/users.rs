//! Users: logging in, what they are told about themselves, limits on guessing.

use e2e::{Account, Server, ServerOptions};
use serde_json::{Value, json};

#[test]
fn logging_in_gives_a_hash_and_logging_out_ends_it() {
    let server = Server::start();
    let account = Account::new(&server);
    let body = json!({"login": account.login, "password": account.password, "locale": "en", "dealer_id": null});
    let reply = account.api.post("/v2/user/auth", &body).ok();
    assert_eq!(reply["type"], "authenticated");
    let hash = reply["hash"].as_str().expect("a hash");
    assert!(hash.len() == 32 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{hash}");
    assert_ne!(hash, account.hash);

    account.api.call("tracker/list", hash, Value::Null).ok();
    account.api.call("user/logout", hash, Value::Null).ok();
    assert_eq!(account.api.call("tracker/list", hash, Value::Null).error(), (4, 400));
    assert_eq!(account.api.call("user/logout", hash, Value::Null).error(), (4, 400));
    account.call("tracker/list", Value::Null).ok();
}

#[test]
fn a_login_works_as_form_and_query_too() {
    let server = Server::start();
    let account = Account::new(&server);
    let password = "Correct-Horse-1%21";
    let login = account.login.replace('@', "%40");
    account.api.post_form("/v2/user/auth", &format!("login={login}&password={password}")).ok();
    account.api.get(&format!("/user/auth/?login={login}&password={password}")).ok();
}

#[test]
fn user_info_shows_login_zone_and_menu() {
    let server = Server::start();
    let account = Account::named(&server, "tokyo@example.test", "Asia/Tokyo");
    let info = account.call("user/get_info", Value::Null).ok();
    let user = &info["user_info"];
    assert_eq!((&user["id"], &user["login"]), (&json!(account.id), &json!("tokyo@example.test")));
    assert_eq!((&user["time_zone"], &user["legal_type"]), (&json!("Asia/Tokyo"), &json!("individual")));
    assert_eq!((&user["first_name"], &user["title"]), (&json!("Test"), &json!("Test User")));
    for (field, is_right) in [
        ("paas_id", info["paas_id"].is_i64()),
        ("paas_settings", info["paas_settings"].is_object()),
        ("tariff_restrictions", info["tariff_restrictions"].is_object()),
        ("premium_gis", info["premium_gis"].is_boolean()),
        ("features", info["features"].is_array()),
        ("user_menu", info["user_menu"].is_object()),
    ] {
        assert!(is_right, "{field}: {info}");
    }
}

#[test]
fn failed_logins_lock_that_name_and_only_that() {
    let server = Server::start();
    let account = Account::new(&server);
    let other = Account::named(&server, "other@example.test", "UTC");
    for attempt in 0..10 {
        assert_eq!(account.api.login(&account.login, "Wrong-Horse-1!").error(), (102, 400), "attempt {attempt}");
    }
    assert_eq!(account.api.login(&account.login, &account.password).error().0, 105, "locked, even when right");
    other.api.login(&other.login, &other.password).ok();
    account.call("tracker/list", Value::Null).ok();
    // A name that does not exist is answered no differently.
    assert_eq!(account.api.login("nobody@example.test", "Wrong-Horse-1!").error(), (102, 400));
}

#[test]
fn successful_logins_are_never_counted() {
    let server = Server::start();
    let account = Account::new(&server);
    for _ in 0..12 {
        account.api.login(&account.login, &account.password).ok();
    }
}

#[test]
fn a_panel_session_lives_as_long_as_the_setting_says() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_SESSIONS_PANEL_LIFETIME_S", "1"));
    let api = server.api();
    let hash = api.admin();
    let ended = e2e::eventually("the panel session's end", || {
        let reply = api.call("panel/user/list", &hash, Value::Null);
        (reply.status != 200).then_some(reply)
    });
    assert_eq!(ended.error(), (4, 400));
}
