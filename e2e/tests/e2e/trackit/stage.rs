//! A server with a user and a Teltonika unit, and clients of the manual.

use base64::Engine as _;
use e2e::{Account, Api, RegisteredTracker, Reply, Server, ServerOptions, Socket, Tracker};
use serde_json::{Value, json};

/// The manual's own.
pub(super) const SESSID: &str = "tjMzwqGgzNdDEyyswn3vZxFbWG";
pub(super) const IMEI: &str = "356307042441013";

/// A user's mobile.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) account: Account,
    pub(super) mobile: RegisteredTracker,
}

impl Stage {
    pub(super) fn new() -> Stage {
        Stage::with(ServerOptions::default())
    }

    pub(super) fn with(options: ServerOptions) -> Stage {
        let server = Server::with(options);
        let account = Account::named(&server, "office@example.test", "Europe/Lisbon");
        let mobile = account.teltonika(IMEI);
        Stage { server, account, mobile }
    }

    /// A socket that has said who it is.
    #[track_caller]
    pub(super) fn client(&self) -> Client {
        // After a restart it is elsewhere.
        bind(&self.server.api(), &self.account, Some(SESSID));
        let mut client = Client::open(&self.server);
        client.say(&json!({"type": "auth", "query": {"user_id": self.account.id, "SESSID": SESSID}}));
        assert_eq!(client.next(), json!({"params": {"type": "auth", "success": true}}));
        client
    }

    /// The unit, logged in.
    #[track_caller]
    pub(super) fn unit(&self) -> Tracker {
        Tracker::online(self.server.device("teltonika"), IMEI)
    }

    /// A GET with the user's credentials; gives the body.
    #[track_caller]
    pub(super) fn get(&self, path: &str) -> Value {
        let basic = basic(&self.account.login, &self.account.password);
        let reply = self.account.api.request("GET", path, &[("Authorization", &basic)], b"");
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }
}

/// The header of these credentials.
pub(super) fn basic(login: &str, password: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{login}:{password}"));
    format!("Basic {pair}")
}

/// `websocketAuth` as the manual's example calls it: a form of parts.
pub(super) fn auth(api: &Api, login: &str, password: &str, sessid: Option<&str>) -> Reply {
    let part =
        |sessid| format!("--x7\r\nContent-Disposition: form-data; name=\"SESSID\"\r\n\r\n{sessid}\r\n--x7--\r\n");
    let body = sessid.map_or_else(|| "--x7--\r\n".to_owned(), part);
    let kind = ("Content-Type", "multipart/form-data; boundary=x7");
    api.request("POST", "/ws/websocketAuth", &[("Authorization", &basic(login, password)), kind], body.as_bytes())
}

/// Binds a SESSID, or gets one.
#[track_caller]
pub(super) fn bind(api: &Api, account: &Account, sessid: Option<&str>) -> String {
    let reply = auth(api, &account.login, &account.password, sessid);
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["data"]["user_id"], account.id, "{}", reply.text);
    reply.body["data"]["SESSID"].as_str().expect("a SESSID").to_owned()
}

/// A client of the manual.
pub(super) struct Client(pub(super) Socket);

impl Client {
    #[track_caller]
    pub(super) fn open(server: &Server) -> Client {
        Client(Socket::open_at(server, "/"))
    }

    pub(super) fn say(&mut self, message: &Value) {
        self.0.send(message);
    }

    /// The next message as it came.
    #[track_caller]
    pub(super) fn text(&mut self) -> String {
        self.0.text()
    }

    #[track_caller]
    pub(super) fn next(&mut self) -> Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("not JSON: {text}: {error}"))
    }

    /// The next message of this type; what comes before it is passed over.
    #[track_caller]
    pub(super) fn until(&mut self, kind: &str) -> Value {
        for _ in 0..100 {
            let message = self.next();
            if message["params"]["type"] == kind {
                return message;
            }
        }
        panic!("no {kind} among a hundred messages");
    }

    /// Asserts that nothing waits: the next message is the answer to a question asked only now.
    #[track_caller]
    pub(super) fn silent(&mut self) {
        self.say(&json!({"type": "api", "query": {"id": "silent", "uid": 1, "cmd": "getio"}}));
        assert_eq!(self.next()["params"]["id"], "silent");
    }

    #[track_caller]
    pub(super) fn close_code(&mut self) -> u16 {
        self.0.close_code()
    }
}

/// The names of an object's members, in the order in which they were written.
pub(super) fn names(text: &str, path: &str) -> Vec<String> {
    let at = text.find(path).unwrap_or_else(|| panic!("{path} is not in {text}")) + path.len();
    let (mut depth, mut names, mut word, mut is_text) = (0, Vec::new(), String::new(), false);
    for c in text[at..].chars() {
        match c {
            '"' => {
                is_text = !is_text;
                if is_text {
                    word.clear();
                }
            }
            _ if is_text => word.push(c),
            '{' | '[' => depth += 1,
            '}' | ']' if depth == 1 => return names,
            '}' | ']' => depth -= 1,
            ':' if depth == 1 => names.push(word.clone()),
            _ => {}
        }
    }
    panic!("{text} ends within {path}");
}
