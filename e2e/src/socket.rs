//! A plain WebSocket client.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

use crate::documents::{Documents, documents};
use crate::server::Server;
use crate::wait::DEADLINE;

/// What may come out of a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text frame.
    Text(String),
    /// The server's close: code and reason.
    Close(Option<(u16, String)>),
    /// The connection ended without one.
    Dropped,
}

/// A WebSocket connection.
#[derive(Debug)]
pub struct Socket {
    inner: WebSocket<TcpStream>,
    pings: usize,
    documents: &'static Documents,
}

impl Socket {
    /// Opens the address that most clients use.
    pub fn open(server: &Server) -> Socket {
        Socket::open_at(server, "/v2/event/subscription")
    }

    /// Opens a path with its query.
    pub fn open_at(server: &Server, path: &str) -> Socket {
        Socket::try_open(server, path, &[]).unwrap_or_else(|error| panic!("{path} is not opened: {error}"))
    }

    /// Opens a path with headers of its own.
    pub fn try_open(server: &Server, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Box<Error>> {
        let address = server.http();
        let mut request = format!("ws://{address}{path}").into_client_request().map_err(Box::new)?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header value"));
        }
        let stream = TcpStream::connect(address).expect("the listener accepts");
        stream.set_nodelay(true).expect("a TCP option");
        stream.set_read_timeout(Some(DEADLINE)).expect("a TCP option");
        let limit = Some(64 << 20);
        let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
        match tungstenite::client::client_with_config(request, stream, Some(config)) {
            Ok((inner, _)) => Ok(Socket { inner, pings: 0, documents: documents(&server.api()) }),
            Err(tungstenite::HandshakeError::Failure(error)) => Err(Box::new(error)),
            Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("{path}: no answer to the upgrade"),
        }
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    /// Sends a text frame as it is.
    pub fn send_text(&mut self, text: &str) {
        self.inner.send(Message::text(text)).expect("the server reads");
    }

    /// Sends a binary frame.
    pub fn send_binary(&mut self, bytes: &[u8]) {
        self.inner.send(Message::binary(bytes.to_vec())).expect("the server reads");
    }

    /// Writes below the framing: for hostile input.
    pub fn raw(&mut self) -> &mut TcpStream {
        self.inner.get_mut()
    }

    /// Says Close, and waits until the server has said it too.
    #[track_caller]
    pub fn close(&mut self) {
        self.inner.close(None).expect("the server reads");
        while let Frame::Text(_) = self.frame() {}
    }

    /// Pings seen so far.
    pub fn pings(&self) -> usize {
        self.pings
    }

    /// The next frame that is not a Ping or Pong, or `None` when none comes in time.
    pub fn frame_within(&mut self, within: Duration) -> Option<Frame> {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.inner.get_mut().set_read_timeout(Some(left)).expect("a TCP option");
            match self.inner.read() {
                Ok(Message::Text(text)) => return Some(Frame::Text(text.as_str().to_owned())),
                Ok(Message::Close(close)) => {
                    // Reading on completes the closing handshake.
                    let _ = self.inner.flush();
                    return Some(Frame::Close(
                        close.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned())),
                    ));
                }
                Ok(Message::Ping(_)) => self.pings += 1,
                Ok(Message::Pong(_)) => {}
                Ok(other) => panic!("the server sends text only, not {other:?}"),
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if Instant::now() >= deadline {
                        return None;
                    }
                }
                Err(_) => return Some(Frame::Dropped),
            }
            if Instant::now() >= deadline {
                return None;
            }
        }
    }

    /// The next frame.
    #[track_caller]
    pub fn frame(&mut self) -> Frame {
        self.frame_within(DEADLINE).expect("a frame from the server")
    }

    /// The next frame, which must be text.
    #[track_caller]
    pub fn text(&mut self) -> String {
        match self.frame() {
            Frame::Text(text) => text,
            other => panic!("expected text, got {other:?}"),
        }
    }

    /// The next frame, which must be a JSON message.
    #[track_caller]
    pub fn message(&mut self) -> Value {
        let text = self.text();
        let message: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("not JSON: {text}: {error}"));
        assert!(message.get("data").is_some(), "every message has a data member: {text}");
        self.documents.check_message(&message);
        message
    }

    /// The next message, which must be an event of that kind.
    #[track_caller]
    pub fn event(&mut self, event: &str) -> Value {
        let message = self.message();
        assert_eq!((&message["type"], &message["event"]), (&json!("event"), &json!(event)), "{message}");
        message
    }

    /// The next message, which must be a state of that source; gives the state.
    #[track_caller]
    pub fn state_of(&mut self, source_id: i64) -> Value {
        let message = self.event("state");
        assert_eq!(message["data"]["source_id"], source_id, "{message}");
        message["data"].clone()
    }

    /// The next message, which must be a lifecycle event of that source.
    #[track_caller]
    pub fn lifecycle(&mut self, source_id: i64, event: &str) {
        let message = self.event("lifecycle");
        assert_eq!(message["data"], json!({"source_id": source_id, "lifecycle_event": event}));
        assert!(message.get("user_time").is_none(), "a lifecycle event has no user_time: {message}");
    }

    /// The next message, which must be a logout.
    #[track_caller]
    pub fn logout(&mut self) {
        assert_eq!(self.message(), json!({"type": "event", "event": "logout", "data": "session closed"}));
    }

    /// The next message, which must be the answer to an action.
    #[track_caller]
    pub fn response(&mut self, action: &str) -> Value {
        let message = self.message();
        assert_eq!(message["type"], "response", "{message}");
        assert_eq!(message["action"], format!("subscription/{action}"), "{message}");
        message
    }

    /// Reads to the message that is wanted; gives it and all that came before.
    #[track_caller]
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> (Vec<Value>, Value) {
        let mut before = Vec::new();
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline {
            let message = self.message();
            if wanted(&message) {
                return (before, message);
            }
            before.push(message);
        }
        panic!("{what} did not come; the last of {} others was {:?}", before.len(), before.last());
    }

    /// The server's close code, which must be the next frame.
    #[track_caller]
    pub fn close_code(&mut self) -> u16 {
        match self.frame() {
            Frame::Close(Some((code, _))) => code,
            other => panic!("expected a close with a code, got {other:?}"),
        }
    }

    /// Subscribes to states in the first edition's words and gives the status map.
    #[track_caller]
    pub fn subscribe(&mut self, hash: &str, trackers: &[i64]) -> Value {
        self.send(&json!({"action": "subscribe", "hash": hash, "events": ["state"], "trackers": trackers}));
        self.response("subscribe")["data"]["state"].clone()
    }

    /// Subscribes to states in the current words and gives the status map.
    #[track_caller]
    pub fn subscribe_current(&mut self, hash: &str, trackers: &[i64], format: &str) -> Value {
        let request = json!({"type": "state", "trackers": trackers, "format": format});
        self.send(&json!({"action": "subscribe", "hash": hash, "requests": [request]}));
        let response = self.response("subscribe");
        assert_eq!(response["data"]["state"]["success"], true, "{response}");
        response["data"]["state"]["value"].clone()
    }

    /// Asserts that nothing is waiting: the next message is the answer to a question asked only now.
    #[track_caller]
    pub fn silent(&mut self, hash: &str) {
        self.send(&json!({"action": "unsubscribe", "hash": hash, "events": ["state"], "trackers": []}));
        self.response("unsubscribe");
    }
}
