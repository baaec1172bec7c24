//! The app of a driver's phone, as another app would be written from the page about its socket.

use std::time::Duration;

use serde_json::{Value, json};

use crate::account::Account;
use crate::api::Reply;
use crate::server::Server;
use crate::socket::{Frame, Socket};
use crate::times::now;

/// A phone that is paired with a tracker.
#[derive(Debug, Clone)]
pub struct Phone {
    /// By which the server knows it.
    pub token: String,
}

/// A socket of a phone.
#[derive(Debug)]
pub struct PhoneSocket {
    socket: Socket,
}

impl Phone {
    /// Pairs a new phone with a tracker, by a code of the office.
    #[track_caller]
    pub fn pair(account: &Account, tracker_id: i64) -> Phone {
        let code = Phone::code(account, tracker_id);
        let reply = Phone::try_pair(account, &code);
        assert_eq!((reply.status, &reply.body["tracker"]["id"]), (200, &json!(tracker_id)), "{}", reply.text);
        Phone { token: reply.body["token"].as_str().expect("a token").to_owned() }
    }

    /// A pairing code of the office.
    #[track_caller]
    pub fn code(account: &Account, tracker_id: i64) -> String {
        let body = json!({"hash": account.hash, "tracker_id": tracker_id});
        let code = account.api.post("/panel/office/pairing/create", &body).ok()["code"].clone();
        code.as_str().expect("a code").to_owned()
    }

    /// What a phone is answered that names this code.
    pub fn try_pair(account: &Account, code: &str) -> Reply {
        account.api.post("/driver/pair", &json!({"code": code, "phone": "Test phone"}))
    }

    /// Uploads a picture; the id that it is known by.
    pub fn upload(&self, account: &Account, guid: &str, bytes: &[u8]) -> Reply {
        let authorization = format!("Bearer {}", self.token);
        account.api.request("POST", &format!("/driver/file?id={guid}"), &[("Authorization", &authorization)], bytes)
    }

    /// Opens a socket and says hello; the welcome is the next message.
    pub fn connect(&self, server: &Server) -> PhoneSocket {
        let mut socket = PhoneSocket::open(server);
        socket.send(&json!({"type": "hello", "token": self.token, "app": "test"}));
        socket
    }

    /// Opens a socket and takes the welcome.
    #[track_caller]
    pub fn welcomed(&self, server: &Server) -> PhoneSocket {
        let mut socket = self.connect(server);
        socket.next("welcome");
        socket
    }
}

impl PhoneSocket {
    /// Opens a socket and says nothing.
    pub fn open(server: &Server) -> PhoneSocket {
        PhoneSocket { socket: Socket::open_at(server, "/driver/socket") }
    }

    /// The socket below.
    pub fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Says something.
    pub fn send(&mut self, message: &Value) {
        self.socket.send(message);
    }

    /// Says something that the driver did now; `more` has the type and what belongs to it.
    pub fn send_event(&mut self, guid: &str, more: &Value) {
        let mut message = json!({"guid": guid, "time": now().to_string()});
        for (name, value) in more.as_object().into_iter().flatten() {
            message[name] = value.clone();
        }
        self.send(&message);
    }

    /// The next message of the server, or `None` when the socket is over.
    #[track_caller]
    pub fn try_message(&mut self) -> Option<Value> {
        match self.socket.frame() {
            Frame::Text(text) => Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))),
            Frame::Close(_) | Frame::Dropped => None,
        }
    }

    /// The next message of the server that comes in time.
    pub fn within(&mut self, within: Duration) -> Option<Value> {
        match self.socket.frame_within(within)? {
            Frame::Text(text) => Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))),
            Frame::Close(_) | Frame::Dropped => None,
        }
    }

    /// Takes the goodbye with its reason and the close with its code.
    #[track_caller]
    pub fn bye(&mut self, reason: &str, code: u16) {
        assert_eq!((self.next("bye"), self.close_code()), (json!({"type": "bye", "reason": reason}), code));
    }

    /// The next message of the server, which must be of that type.
    #[track_caller]
    pub fn next(&mut self, kind: &str) -> Value {
        let message = self.try_message().unwrap_or_else(|| panic!("the socket ended before {kind}"));
        assert_eq!(message["type"], kind, "{message}");
        message
    }

    /// Takes what is said of a guid, which must be that it is durable.
    #[track_caller]
    pub fn ok(&mut self, guid: &str) {
        assert_eq!(self.try_message(), Some(json!({"type": "ok", "guid": guid})));
    }

    /// Confirms a message of the office, and takes the answer.
    #[track_caller]
    pub fn confirm(&mut self, word: &str, id: &Value) {
        self.send(&json!({"type": word, "id": id}));
        assert_eq!(self.try_message(), Some(json!({"type": "ok", "id": id, "status": word})));
    }

    /// Asserts that nothing is waiting: the next message is the answer to a question asked only now.
    #[track_caller]
    pub fn silent(&mut self) {
        self.send(&json!({"type": "ping"}));
        self.next("pong");
    }

    /// The code with which the server closes, which must be the next frame.
    #[track_caller]
    pub fn close_code(&mut self) -> u16 {
        self.socket.close_code()
    }
}
