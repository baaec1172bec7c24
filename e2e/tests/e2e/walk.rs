//! One client's way through the whole: from an empty server to a fleet on the map and the end of its sessions.

use e2e::{
    Account, Proxy, PublishedClient, RegisteredTracker, Report, Server, ServerOptions, Socket, ngp, ngp_body,
    node_clients,
};
use serde_json::{Value, json};

struct Walk {
    server: Server,
    account: Account,
    van: RegisteredTracker,
    truck: RegisteredTracker,
    socket: Socket,
}

#[test]
fn the_whole_walk() {
    let mut walk = Walk::begin();
    walk.subscribe();
    walk.block_and_unblock();
    walk.unsubscribe();
    walk.end_sessions();
    walk.come_back();
}

impl Walk {
    /// The panel makes a user with a session, which registers two trackers; one of them reports.
    fn begin() -> Walk {
        let server = Server::with(ServerOptions::default().set("ODOGRAPH_WS_HEARTBEAT_S", "1"));
        let account = Account::new(&server);
        let (van, truck) = (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"));
        let socket = Socket::open(&server);
        let walk = Walk { server, account, van, truck, socket };
        walk.report(20);
        assert_eq!(walk.account.state(&walk.van)["connection_status"], "active");
        assert_eq!(walk.account.state(&walk.truck)["connection_status"], "just_registered");
        walk
    }

    fn report(&self, speed_kmh: u16) {
        let body = ngp_body("yard-unit-0007", &Report::at_speed(speed_kmh), &Value::Null);
        assert_eq!(ngp(self.server.device("ngp"), &body), 200);
    }

    /// First edition, then second, on one plain connection; a report comes on both subscriptions.
    fn subscribe(&mut self) {
        let Walk { account, van, truck, socket, .. } = self;
        let map = socket.subscribe(&account.hash, &[van.id, truck.id, 7]);
        let expected = json!({van.id.to_string(): "normal", truck.id.to_string(): "normal", "7": "unknown"});
        assert_eq!(map, expected);
        socket.state_of(van.source_id);
        socket.state_of(truck.source_id);

        let request =
            json!({"type": "state_batch", "target": {"type": "all"}, "format": "compact", "rate_limit": "1s"});
        socket.send(&json!({"action": "subscribe", "hash": account.hash, "requests": [request]}));
        let answer = socket.response("subscribe")["data"]["state_batch"].clone();
        let map = json!({van.id.to_string(): "normal", truck.id.to_string(): "normal"});
        assert_eq!(answer, json!({"value": map, "success": true}));
        let batch = socket.event("state_batch")["data"].clone();
        assert_eq!(batch.as_array().map(Vec::len), Some(2), "{batch}");
        assert_eq!((&batch[0]["source_id"], &batch[1]["source_id"]), (&json!(van.source_id), &json!(truck.source_id)));
        assert!(batch[0].get("additional").is_none(), "compact: {batch}");
        self.report(21);
        assert_eq!(self.socket.state_of(self.van.source_id)["gps"]["speed"], 21);
        let batch = self.socket.event("state_batch")["data"].clone();
        assert_eq!(batch.as_array().map(Vec::len), Some(1), "{batch}");
        assert_eq!(batch[0]["gps"]["speed"], 21);
    }

    fn block_and_unblock(&mut self) {
        self.account.block(&self.van, true);
        self.socket.lifecycle(self.van.source_id, "block");
        self.report(22);
        let reply = self.account.call("tracker/get_state", json!({"tracker_id": self.van.id}));
        assert_eq!(reply.error(), (208, 403));
        self.socket.silent(&self.account.hash);
        self.account.block(&self.van, false);
        self.socket.lifecycle(self.van.source_id, "unblock");
        assert_eq!(self.socket.state_of(self.van.source_id)["gps"]["speed"], 22);
        assert_eq!(self.socket.event("state_batch")["data"][0]["gps"]["speed"], 22);
    }

    /// Either edition answers in its own way, and nothing comes afterwards; errors leave the connection usable.
    fn unsubscribe(&mut self) {
        let Walk { account, van, truck, socket, .. } = self;
        let ids = [van.id, truck.id];
        socket.send(&json!({"action": "unsubscribe", "hash": account.hash, "events": ["state"], "trackers": ids}));
        assert_eq!(socket.response("unsubscribe")["data"], json!(ids));
        let request = json!({"type": "state_batch", "target": {"type": "all"}});
        socket.send(&json!({"action": "unsubscribe", "hash": account.hash, "requests": [request]}));
        let map = json!({van.id.to_string(): "normal", truck.id.to_string(): "normal"});
        let answer = socket.response("unsubscribe")["data"].clone();
        assert_eq!(answer, json!({"state_batch": {"value": map, "success": true}}));
        for (message, code) in [
            (json!([]), 5),
            (json!({"action": "fly", "hash": account.hash}), 112),
            (json!({"action": "subscribe", "hash": "0".repeat(32), "events": ["state"], "trackers": [1]}), 3),
            (json!({"action": "subscribe", "hash": account.hash, "events": ["state"], "trackers": [null]}), 7),
        ] {
            socket.send(&message);
            assert_eq!(socket.message()["status"]["code"], code, "{message}");
        }
        self.report(23);
        self.socket.silent(&self.account.hash);
    }

    /// A session that the connection watches with.
    fn watch(&mut self, hash: &str) {
        self.socket.subscribe(hash, &[self.van.id]);
        self.socket.state_of(self.van.source_id);
    }

    /// Whatever ends a session is told on the connection, which then serves the next one.
    fn end_sessions(&mut self) {
        let session = self.account.new_session();
        self.watch(&session);
        self.account.api.call("user/logout", &session, Value::Null).ok();
        self.socket.logout();

        let key = self.account.call("api/key/create", json!({"title": "Map"})).ok()["value"]["hash"].clone();
        self.watch(key.as_str().expect("a hash"));
        self.account.call("api/key/delete", json!({"key": key})).ok();
        self.socket.logout();

        let sub_user = self.sub_user();
        let session = self.account.call("subuser/session/create", json!({"subuser_id": sub_user})).ok();
        self.watch(session["hash"].as_str().expect("a hash"));
        let locked = json!({"user": {"id": sub_user, "activated": false}});
        self.account.call("subuser/update", locked).ok();
        self.socket.logout();

        for (method, body) in [
            ("user/change_password", json!({"user_id": self.account.id, "password": "Another-Horse-2!"})),
            ("user/update", json!({"user": {"id": self.account.id, "activated": false}})),
        ] {
            let session = self.account.new_session();
            self.watch(&session);
            self.account.panel(method, body).ok();
            self.socket.logout();
        }
        self.account.panel("user/update", json!({"user": {"id": self.account.id, "activated": true}})).ok();
        self.account.hash = self.account.new_session();
    }

    /// A sub-user who sees the van.
    fn sub_user(&self) -> i64 {
        let user = json!({"login": "sub@example.test", "activated": true, "first_name": "Sub", "last_name": "User",
            "middle_name": "", "legal_type": "individual", "phone": "", "state_reg_num": "", "security_group_id": null});
        let body = json!({"user": user, "password": "secret-7"});
        let id = self.account.call("subuser/register", body).ok()["id"].as_i64().expect("an id");
        self.account.call("subuser/tracker/bind", json!({"subuser_id": id, "trackers": [self.van.id]})).ok();
        id
    }

    /// A client with heartbeats, then a published one: a cut line, the call that says it is open again, and the end.
    fn come_back(&self) {
        let mut socket = Socket::open_at(&self.server, "/v2/event/subscription?X-atmo-protocol=true");
        assert!(socket.text().ends_with("|30000|X|"), "the handshake");
        assert_eq!(socket.text(), "X", "a heartbeat");
        let folder = match node_clients() {
            Ok(folder) => folder,
            Err(reason) => return eprintln!("{reason}"),
        };
        let proxy = Proxy::to(self.server.http());
        let url = format!("http://{}/v2/event/subscription", proxy.address());
        let mut client = PublishedClient::start(&folder, "classic.cjs", &["atmosphere-4", &url, "{}"]);
        client.callback("open");
        self.watch_with(&mut client);
        proxy.cut();
        client.callback("reopen");
        self.watch_with(&mut client);
        let body = json!({"user_id": self.account.id, "login": self.account.login});
        self.account.panel("user/corrupt", body).ok();
        client.message("the logout", |message| message["event"] == "logout");
    }

    fn watch_with(&self, client: &mut PublishedClient) {
        let ids = [self.van.id];
        client.order(&json!({"push": {"action": "subscribe", "hash": self.account.hash, "events": ["state"],
            "trackers": ids}}));
        client.message("the response", |message| message["type"] == "response");
        client.message("the state", |message| message["event"] == "state");
    }
}
