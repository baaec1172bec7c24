//! API keys, renewal, passwords and settings, over real sockets, and what ends a subscription.

use std::time::{Duration, Instant};

use e2e::{Account, Server, ServerOptions, Socket, eventually};
use serde_json::{Value, json};

const NEW: &str = "Another-Horse-2!";

/// A socket that watches the account's tracker with this session or key.
fn watching(server: &Server, hash: &str, tracker: &e2e::RegisteredTracker) -> Socket {
    let mut socket = Socket::open(server);
    socket.subscribe(hash, &[tracker.id]);
    socket.state_of(tracker.source_id);
    socket
}

fn key(account: &Account, title: &str) -> String {
    let value = account.call("api/key/create", json!({"title": title})).ok()["value"].clone();
    value["hash"].as_str().expect("a hash").to_owned()
}

fn error(account: &Account, hash: &str) -> i64 {
    account.api.call("tracker/list", hash, Value::Null).error().0
}

#[test]
fn a_key_watches_until_it_is_deleted() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let (used, kept) = (key(&account, "used"), key(&account, "kept"));
    let mut socket = watching(&server, &used, &tracker);
    let mut other = watching(&server, &kept, &tracker);
    account.call("api/key/delete", json!({"key": used})).ok();
    socket.logout();
    assert_eq!(error(&account, &used), 3);
    other.silent(&kept);
}

#[test]
fn keys_outlive_logout_password_and_restart() {
    let mut server = Server::start();
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let key = key(&account, "robot");
    let mut socket = watching(&server, &key, &tracker);
    let second = account.new_session();
    account.api.call("user/logout", &second, Value::Null).ok();
    account.call("user/password/set", json!({"old_password": account.password, "new_password": NEW})).ok();
    socket.silent(&key);
    server.kill();
    server.start_again();
    let mut again = Account { api: server.api(), ..account };
    again.hash = again.api.login(&again.login, NEW).ok()["hash"].as_str().expect("a hash").to_owned();
    let list = again.call("api/key/list", Value::Null).ok()["list"].clone();
    assert_eq!((&list[0]["hash"], &list[0]["title"]), (&json!(key), &json!("robot")));
    watching(&server, &key, &tracker);
}

#[test]
fn blocking_a_user_silences_its_keys_until_it_is_unblocked() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let key = key(&account, "robot");
    let mut socket = watching(&server, &key, &tracker);
    let activate = |on: bool| account.panel("user/update", json!({"user": {"id": account.id, "activated": on}})).ok();
    activate(false);
    socket.logout();
    assert_eq!(error(&account, &key), 4);
    activate(true);
    assert_eq!(error(&account, &account.hash), 4, "sessions stay ended");
    let map = socket.subscribe(&key, &[tracker.id]);
    assert_eq!(map, json!({tracker.id.to_string(): "normal"}));
}

#[test]
fn removing_a_user_removes_its_keys() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let key = key(&account, "robot");
    let mut socket = watching(&server, &key, &tracker);
    account.panel("user/corrupt", json!({"user_id": account.id, "login": account.login})).ok();
    socket.until("the logout", |message| message["event"] == "logout");
    assert_eq!(error(&account, &key), 3);
}

/// Conforms to navixy 000, "Logout event": comes when the user has changed its password
/// Conforms to navixy 001, "Logout event": comes when the user has changed its password
/// Conforms to navixy 002, "Logout event": comes when the user has changed its password
#[test]
fn setting_a_password_ends_every_session() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let other = account.new_session();
    let mut sockets = [watching(&server, &account.hash, &tracker), watching(&server, &other, &tracker)];
    let wrong = account.call("user/password/set", json!({"old_password": "x", "new_password": NEW}));
    assert_eq!(wrong.error(), (248, 400));
    account.call("user/password/set", json!({"old_password": account.password, "new_password": NEW})).ok();
    sockets.iter_mut().for_each(Socket::logout);
    assert_eq!((error(&account, &account.hash), error(&account, &other)), (4, 4));
    account.api.login(&account.login, NEW).ok();
}

/// Conforms to navixy 000, "Logout event": does not come for a session that is renewed in time
/// Conforms to navixy 001, "Logout event": does not come for a session that is renewed in time
/// Conforms to navixy 002, "Logout event": does not come for a session that is renewed in time
#[test]
fn a_renewed_session_outlives_one_that_was_not() {
    let lifetime = Duration::from_secs(4);
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_SESSIONS_USER_LIFETIME_S", "4"));
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let (renewed, other) = (account.new_session(), account.new_session());
    let mut ends = watching(&server, &other, &tracker);
    let mut stays = watching(&server, &renewed, &tracker);
    // Renewed until the other's end is heard of, which is about its lifetime after both began.
    let begun = Instant::now();
    account.api.call("user/session/renew", &renewed, Value::Null).ok();
    std::thread::scope(|scope| {
        let ended = scope.spawn(move || ends.logout());
        eventually("the other session's end", || {
            account.api.call("user/session/renew", &renewed, Value::Null).ok();
            ended.is_finished().then_some(())
        });
        assert!(begun.elapsed() < 2 * lifetime, "{:?}", begun.elapsed());
    });
    assert_eq!(error(&account, &other), 4);
    stays.silent(&renewed);
}

/// The one mail in the folder, once it is there.
fn mail(folder: &std::path::Path) -> String {
    let is_mail = |path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "eml");
    eventually("a mail", || {
        let files = std::fs::read_dir(folder).ok()?.map(|entry| entry.expect("an entry").path());
        let file = files.filter(is_mail).find(|path| !path.to_string_lossy().contains("/."))?;
        std::fs::read_to_string(file).ok()
    })
}

/// Conforms to navixy 000, "Logout event": comes when the user has restored its password
/// Conforms to navixy 001, "Logout event": comes when the user has restored its password
/// Conforms to navixy 002, "Logout event": comes when the user has restored its password
#[test]
fn a_forgotten_password_is_restored_by_mail() {
    let folder = e2e::Folder::new();
    let options = ServerOptions::default()
        .set("ODOGRAPH_MAIL_URL", &format!("file:{}", folder.path().display()))
        .set("ODOGRAPH_MAIL_FROM", "Fleet <fleet@example.test>");
    let server = Server::with(options);
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let key = key(&account, "robot");
    let mut socket = watching(&server, &account.hash, &tracker);
    let mut robot = watching(&server, &key, &tracker);
    let restore = |login: &str| account.api.post("/v2/user/restore_password", &json!({"login": login}));
    assert_eq!(restore("nobody@example.test").error(), (201, 400));
    restore(&account.login).ok();
    assert_eq!(restore(&account.login).error(), (264, 403));
    let mail = mail(folder.path());
    assert!(mail.contains(&format!("To: {}", account.login)), "{mail}");
    let is_token = |line: &&str| line.len() == 32 && line.bytes().all(|b| b.is_ascii_hexdigit());
    let token = mail.lines().find(is_token).unwrap_or_else(|| panic!("{mail}"));
    assert_eq!(account.api.call("tracker/list", token, Value::Null).error(), (276, 403));
    let mut stranger = Socket::open(&server);
    let subscribe = json!({"action": "subscribe", "hash": token, "events": ["state"], "trackers": [tracker.id]});
    stranger.send(&subscribe);
    let refused = json!({"code": 276, "description": "Action is forbidden for received session type"});
    assert_eq!(stranger.message()["status"], refused, "a token opens nothing but its own call");
    account.api.call("user/password/change", token, json!({"password": NEW})).ok();
    socket.logout();
    assert_eq!(error(&account, &account.hash), 4);
    robot.silent(&key);
    let again = account.api.call("user/password/change", token, json!({"password": "Third-Horse-33!"}));
    assert_eq!(again.error(), (4, 400));
    account.api.login(&account.login, NEW).ok();
    assert!(!server.stderr().contains(token), "tokens are not for logs");
}

#[test]
fn without_a_way_for_mail_the_call_says_so() {
    let server = Server::start();
    let account = Account::new(&server);
    let reply = account.api.post("/v2/user/restore_password", &json!({"login": account.login}));
    assert_eq!(reply.error(), (209, 400));
}

#[test]
fn a_new_zone_counts_for_what_is_sent_next() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let mut socket = watching(&server, &account.hash, &tracker);
    account.call("user/settings/update", json!({"time_zone": "Asia/Tokyo"})).ok();
    let before = socket.subscribe(&account.hash, &[tracker.id]);
    assert_eq!(before, json!({tracker.id.to_string(): "normal"}));
    e2e::ngp(server.device("ngp"), &e2e::ngp_body("yard-unit-0007", &e2e::Report::at_speed(9), &Value::Null));
    let (_, event) = socket.until("the state", |m| m["event"] == "state" && m["data"]["gps"]["speed"] == 9);
    let hour = |text: &Value| text.as_str().and_then(|t| t.get(11..13)?.parse::<i64>().ok()).expect("an hour");
    let utc = utc_hour();
    let shown = hour(&event["user_time"]);
    // The hour may turn between the two clocks.
    assert!([(utc + 9) % 24, (utc + 8) % 24].contains(&shown), "{shown} where UTC has {utc}");
}

/// The hour of the day in UTC.
fn utc_hour() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs() / 3_600 % 24).expect("small")
}
