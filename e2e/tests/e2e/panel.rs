//! Administration.

use e2e::{Account, Reply, Server, ServerOptions};
use serde_json::{Value, json};

/// What a case does to a body that would be accepted.
type Change = fn(&mut Value);

fn user(login: &str) -> Value {
    json!({"login": login, "legal_type": "individual", "first_name": "Anna", "last_name": "Test", "activated": true})
}

fn create(server: &Server, hash: &str, change: impl FnOnce(&mut Value)) -> Reply {
    let mut body = json!({"user": user("anna@example.test"), "password": "Correct-Horse-1!", "time_zone": "UTC",
        "locale": "en_US"});
    change(&mut body);
    server.api().call("panel/user/create", hash, body)
}

#[test]
fn the_administrator_logs_in_with_the_password_of_the_environment() {
    let server = Server::start();
    let api = server.api();
    let reply = api.admin_with(e2e::ADMIN_PASSWORD).ok();
    let permissions = &reply["permissions"];
    assert!(permissions["users"].as_array().is_some_and(|list| list.contains(&json!("create"))), "{permissions}");
    assert!(permissions["trackers"].as_array().is_some_and(|list| list.contains(&json!("update"))), "{permissions}");
    assert_eq!(api.admin_with("Wrong-Horse-1!").error(), (102, 400));
    // A panel hash opens nothing else, and a user's nothing here.
    let hash = reply["hash"].as_str().expect("a hash");
    assert_eq!(api.call("tracker/list", hash, Value::Null).error(), (3, 400));
    let get = api.get(&format!("/panel/account/auth?login=admin&password={}", e2e::ADMIN_PASSWORD.replace('!', "%21")));
    get.ok();
}

#[test]
fn passwords_follow_the_policy() {
    let server = Server::start();
    let hash = server.api().admin();
    let weak = [
        "short-1A!",
        "correct-horse-1!",
        "CORRECT-HORSE-1!",
        "Correct-Horse-x!",
        "CorrectHorse1x",
        "Correct-Horse-Battery-1!",
    ];
    for password in weak {
        let reply = create(&server, &hash, |body| body["password"] = json!(password));
        assert_eq!(reply.error(), (7, 400), "{password}");
        assert_eq!(reply.body["errors"][0]["parameter"], "password", "{}", reply.text);
    }
    create(&server, &hash, |_| {}).ok();
}

#[test]
fn creating_a_user_checks_every_field_that_matters() {
    let server = Server::start();
    let hash = server.api().admin();
    let cases: [(&str, Change); 7] = [
        ("user", |body| body["user"] = Value::Null),
        ("password", |body| body["password"] = Value::Null),
        ("time_zone", |body| body["time_zone"] = Value::Null),
        ("time_zone", |body| body["time_zone"] = json!("Mars/Olympus")),
        ("locale", |body| body["locale"] = Value::Null),
        ("user.login", |body| body["user"]["login"] = json!("no address")),
        ("user.legal_type", |body| body["user"]["legal_type"] = json!("robot")),
    ];
    for (parameter, change) in cases {
        let reply = create(&server, &hash, change);
        assert_eq!(reply.error(), (7, 400), "{parameter}");
        assert_eq!(reply.body["errors"][0]["parameter"], parameter, "{}", reply.text);
    }
    create(&server, &hash, |_| {}).ok();
    assert_eq!(create(&server, &hash, |_| {}).error(), (206, 400), "the login is in use");
    assert_eq!(create(&server, &hash, |body| body["user"] = user("ANNA@example.test")).error(), (206, 400));
}

#[test]
fn users_can_be_listed_changed_and_removed() {
    let server = Server::start();
    let account = Account::new(&server);
    let second = Account::named(&server, "second@example.test", "UTC");
    account.ngp("yard-unit-0007");
    let reply = account.panel("user/list", Value::Null).ok();
    assert_eq!(reply["count"], 2);
    let list = reply["list"].as_array().expect("a list").clone();
    assert_eq!((&list[0]["id"], &list[1]["id"]), (&json!(account.id), &json!(second.id)));
    assert_eq!((&list[0]["trackers_count"], &list[0]["activated"]), (&json!(1), &json!(true)), "{}", list[0]);
    let one = account.panel("user/list", json!({"limit": 1, "offset": 1})).ok();
    assert_eq!((&one["count"], &one["list"][0]["id"]), (&json!(2), &json!(second.id)), "{one}");

    let change = json!({"user": {"id": second.id, "activated": true, "first_name": "Renamed"}});
    account.panel("user/update", change).ok();
    let named = account.panel("user/list", json!({"filter": "second@"})).ok();
    assert_eq!((&named["count"], &named["list"][0]["first_name"]), (&json!(1), &json!("Renamed")), "{named}");
    assert_eq!(account.panel("user/update", json!({"user": {"id": 9_999_999, "activated": true}})).error(), (201, 400));
    assert_eq!(account.panel("user/update", json!({"user": {"id": second.id}})).error(), (7, 400));

    let wrong = json!({"user_id": account.id, "login": "second@example.test"});
    assert_eq!(account.panel("user/corrupt", wrong).error().0, 201, "the login must match");
    account.panel("user/corrupt", json!({"user_id": account.id, "login": account.login})).ok();
    assert_eq!(account.panel("user/list", Value::Null).ok()["count"], 1);
    // Its trackers went with it, so its device is free.
    second.ngp("yard-unit-0007");
}

#[test]
fn a_changed_password_counts_at_once() {
    let server = Server::start();
    let account = Account::new(&server);
    let change =
        |password: &str| account.panel("user/change_password", json!({"user_id": account.id, "password": password}));
    assert_eq!(change("weak").error(), (7, 400));
    change("Another-Horse-2!").ok();
    assert_eq!(account.api.login(&account.login, &account.password).error(), (102, 400));
    account.api.login(&account.login, "Another-Horse-2!").ok();
    let reply = account.panel("user/change_password", json!({"user_id": 9_999_999, "password": "Another-Horse-3!"}));
    assert_eq!(reply.error(), (201, 400));
}

#[test]
fn trackers_can_be_listed_blocked_renamed_and_removed() {
    let server = Server::start();
    let account = Account::new(&server);
    let second = Account::named(&server, "second@example.test", "UTC");
    let (van, bus) = (account.ngp("yard-unit-0007"), second.ngp("yard-unit-0008"));
    let list = account.panel("tracker/list", Value::Null).ok();
    assert_eq!(list["count"], 2);
    let first = &list["list"][0];
    assert_eq!((&first["id"], &first["user_id"]), (&json!(van.id), &json!(account.id)), "{first}");
    assert_eq!((&first["deleted"], &first["clone"]), (&json!(false), &json!(false)), "{first}");
    assert_eq!(first["source"]["device_id"], "yard-unit-0007", "{first}");
    assert_eq!(first["source"]["connection_status"], "just_registered", "{first}");
    let theirs = account.panel("tracker/list", json!({"user_id": second.id})).ok();
    assert_eq!((&theirs["count"], &theirs["list"][0]["id"]), (&json!(1), &json!(bus.id)), "{theirs}");

    account.block(&van, true);
    assert_eq!(account.panel("tracker/list", Value::Null).ok()["list"][0]["source"]["blocked"], true);
    account.panel("tracker/settings/update", json!({"tracker_id": van.id, "label": "Van 7"})).ok();
    assert_eq!(account.call("tracker/read", json!({"tracker_id": van.id})).ok()["value"]["label"], "Van 7");

    account.panel("tracker/corrupt", json!({"tracker_id": van.id})).ok();
    assert_eq!(account.panel("tracker/corrupt", json!({"tracker_id": van.id})).error(), (252, 400));
    for action in ["tracker/source/update", "tracker/corrupt"] {
        let reply = account.panel(action, json!({"tracker_id": 5, "blocked": true}));
        assert_eq!(reply.error(), (201, 400), "{action}");
    }
    assert_eq!(account.panel("tracker/source/update", json!({"tracker_id": bus.id})).error(), (7, 400));
}

#[test]
fn a_session_made_by_the_panel_is_the_users() {
    let server = Server::start();
    let account = Account::named(&server, "tokyo@example.test", "Asia/Tokyo");
    let hash = account.new_session();
    let info = account.api.call("user/get_info", &hash, Value::Null).ok();
    assert_eq!(info["user_info"]["id"], account.id);
    assert_eq!(account.panel("user/session/create", json!({"user_id": 9_999_999})).error(), (201, 400));
}

#[test]
fn the_panel_has_its_own_rate() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_LIMITS_PANEL_REQUESTS_PER_SECOND_MAX", "3"));
    let api = server.api();
    let hash = api.admin();
    let statuses: Vec<u16> = (0..30).map(|_| api.call("panel/user/list", &hash, Value::Null).status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
}
