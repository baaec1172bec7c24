//! How sessions end, and what a subscriber hears of it.

use e2e::{Account, Report, Server, ServerOptions, Socket, ngp, ngp_body};
use serde_json::{Value, json};

/// A server with one tracker and a socket that watches it with a session of its own.
struct Watched {
    server: Server,
    account: Account,
    tracker: e2e::RegisteredTracker,
    session: String,
    socket: Socket,
}

fn watched(options: ServerOptions) -> Watched {
    let server = Server::with(options);
    let account = Account::new(&server);
    let tracker = account.ngp("yard-unit-0007");
    let session = account.new_session();
    let mut socket = Socket::open(&server);
    socket.subscribe(&session, &[tracker.id]);
    socket.state_of(tracker.source_id);
    Watched { server, account, tracker, session, socket }
}

impl Watched {
    /// The logout came; the session is over everywhere, while the connection stays open for another one.
    fn ended(mut self, another: Option<String>) {
        self.socket.logout();
        let reply = self.account.api.call("tracker/list", &self.session, Value::Null);
        assert_eq!(reply.error(), (4, 400), "an ended session is told from one never issued");
        ngp(self.server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &Value::Null));
        let Some(hash) = another else { return };
        let map = self.socket.subscribe(&hash, &[self.tracker.id]);
        assert_eq!(map, json!({self.tracker.id.to_string(): "normal"}), "nothing came between: {map}");
    }
}

/// Conforms to navixy 000, "Logout event": comes when the user has logged out
/// Conforms to navixy 001, "Logout event": comes when the user has logged out
/// Conforms to navixy 002, "Logout event": comes when the user has logged out
/// Conforms to navixy 000, "Logout event": data is the words of the sample, and there is nothing else in it
/// Conforms to navixy 001, "Logout event": data is the words of the sample, and there is nothing else in it
/// Conforms to navixy 002, "Logout event": data is the words of the sample, and there is nothing else in it
/// Conforms to navixy 003, "Automatic subscriptions": any subscription brings logout events
#[test]
fn logging_out_ends_that_session_and_no_other() {
    let mut watched = watched(ServerOptions::default());
    let other = watched.account.hash.clone();
    watched.socket.subscribe(&other, &[watched.tracker.id]);
    watched.socket.state_of(watched.tracker.source_id);
    watched.account.api.call("user/logout", &watched.session, Value::Null).ok();
    watched.socket.logout();
    ngp(watched.server.device("ngp"), &ngp_body("yard-unit-0007", &Report::at_speed(9), &Value::Null));
    assert_eq!(watched.socket.state_of(watched.tracker.source_id)["gps"]["speed"], 9);
    watched.socket.silent(&other);
}

/// Conforms to navixy 000, "Logout event": comes when the session was not renewed in time
/// Conforms to navixy 001, "Logout event": comes when the session was not renewed in time
/// Conforms to navixy 002, "Logout event": comes when the session was not renewed in time
#[test]
fn a_session_ends_by_itself_when_its_lifetime_is_over() {
    let watched = watched(ServerOptions::default().set("ODOGRAPH_SESSIONS_USER_LIFETIME_S", "3"));
    watched.ended(None);
}

#[test]
fn a_password_changed_in_the_panel_ends_all_sessions() {
    let watched = watched(ServerOptions::default());
    let body = json!({"user_id": watched.account.id, "password": "Another-Horse-2!"});
    watched.account.panel("user/change_password", body).ok();
    let old = watched.account.api.login(&watched.account.login, &watched.account.password);
    assert_eq!(old.error().0, 102);
    let new = watched.account.api.login(&watched.account.login, "Another-Horse-2!").ok();
    watched.ended(new["hash"].as_str().map(str::to_owned));
}

/// Conforms to navixy 000, "Logout event": comes when the user is blocked in the panel
/// Conforms to navixy 001, "Logout event": comes when the user is blocked in the panel
/// Conforms to navixy 002, "Logout event": comes when the user is blocked in the panel
#[test]
fn blocking_a_user_in_the_panel_ends_all_sessions() {
    let watched = watched(ServerOptions::default());
    watched.account.panel("user/update", json!({"user": {"id": watched.account.id, "activated": false}})).ok();
    let refused = watched.account.api.login(&watched.account.login, &watched.account.password);
    assert_eq!(refused.error().0, 103);
    watched.ended(None);
}

/// Conforms to navixy 000, "Logout event": comes when the user is removed
/// Conforms to navixy 001, "Logout event": comes when the user is removed
/// Conforms to navixy 002, "Logout event": comes when the user is removed
#[test]
fn removing_a_user_ends_all_sessions() {
    let watched = watched(ServerOptions::default());
    let body = json!({"user_id": watched.account.id, "login": watched.account.login});
    watched.account.panel("user/corrupt", body).ok();
    let mut socket = watched.socket;
    // The user's trackers go as well; their lifecycle may come first, but the logout is the last of the session.
    let (before, _) = socket.until("the logout", |message| message["event"] == "logout");
    assert!(before.iter().all(|message| message["event"] == "lifecycle"), "{before:?}");
    let reply = watched.account.api.call("tracker/list", &watched.session, Value::Null);
    assert_eq!(reply.error(), (4, 400));
    assert_eq!(watched.account.api.login(&watched.account.login, &watched.account.password).error().0, 102);
}

/// Conforms to navixy 002, "Logout event": comes only to who has a subscription
/// Conforms to navixy 000, "Logout event": comes only to who has a subscription
/// Conforms to navixy 001, "Logout event": comes only to who has a subscription
#[test]
fn a_session_without_a_subscription_hears_nothing() {
    let mut watched = watched(ServerOptions::default());
    let unused = watched.account.new_session();
    watched.account.api.call("user/logout", &unused, Value::Null).ok();
    let session = watched.session.clone();
    watched.socket.silent(&session);
}
