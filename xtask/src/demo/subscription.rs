//! A subscriber: a plain WebSocket client of the public address.

use std::net::{Shutdown, SocketAddr, TcpStream};

use anyhow::{Context, Error, Result, anyhow};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tungstenite::{Message, WebSocket};

use super::state::State;

/// The path that clients of the first edition open.
pub(crate) const PATH: &str = "/event/subscription";
/// States that may wait for the table. Beyond it the reader waits, and the server skips what is no longer new.
const STATES_WAITING_MAX: usize = 10_000;

/// An open subscription. Dropping it hangs up.
pub(crate) struct Subscription {
    stream: TcpStream,
    states: Receiver<Result<State>>,
}

impl Subscription {
    /// Connects, and sends the message that subscribes.
    pub(crate) fn open(http: SocketAddr, subscribe: &str) -> Result<Self> {
        let stream = TcpStream::connect(http).context("the server's HTTP port")?;
        stream.set_nodelay(true)?;
        let hangs_up = stream.try_clone()?;
        let opened = tungstenite::client(format!("ws://{http}{PATH}"), stream);
        let (mut socket, _) = opened.map_err(|error| anyhow!("the WebSocket is not opened: {error}"))?;
        socket.send(Message::text(subscribe)).context("subscribing")?;
        let (sender, states) = channel(STATES_WAITING_MAX);
        std::thread::spawn(move || read(socket, &sender));
        Ok(Self { stream: hangs_up, states })
    }

    /// The next state; the error says why there are no more.
    pub(crate) async fn next(&mut self) -> Result<State> {
        self.states.recv().await.unwrap_or_else(|| Err(anyhow!("the subscription has ended")))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // Frees the thread that reads. Fails only when the other side was faster.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn read(mut socket: WebSocket<TcpStream>, sender: &Sender<Result<State>>) {
    loop {
        let state = match socket.read() {
            Ok(Message::Text(text)) => state(&text),
            Ok(Message::Close(close)) => {
                let reason = close.map_or_else(String::new, |c| format!(": {} {}", u16::from(c.code), c.reason));
                Err(anyhow!("the server closed the WebSocket{reason}"))
            }
            Ok(_) => Ok(None),
            Err(error) => Err(Error::from(error).context("the WebSocket")),
        };
        let last = state.is_err();
        if let Some(state) = state.transpose()
            && (sender.blocking_send(state).is_err() || last)
        {
            return;
        }
    }
}

/// The state in a message; nothing when it is about something else.
fn state(text: &str) -> Result<Option<State>> {
    let mut message: Value = serde_json::from_str(text).with_context(|| format!("a message: {text}"))?;
    match (message["type"].as_str(), message["event"].as_str()) {
        (Some("error"), _) => Err(anyhow!("the subscription is refused: {text}")),
        (Some("event"), Some("logout")) => Err(anyhow!("the session has ended")),
        (Some("event"), Some("state")) => {
            let state = serde_json::from_value(message["data"].take());
            Ok(Some(state.with_context(|| format!("a state: {text}"))?))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_states_from_the_rest() {
        let event = r#"{"type":"event","event":"state","user_time":"2026-03-02 09:15:41","data":{"source_id":1000000007,
            "gps":{"updated":null,"location":{"lat":0.0,"lng":0.0},"heading":0,"speed":0,"alt":0},
            "connection_status":"just_registered","movement_status":"parked","movement_status_update":null}}"#;
        assert_eq!(state(event).unwrap().unwrap().source_id, 1_000_000_007);
        let response =
            r#"{"type":"response","action":"subscription/subscribe","events":["state"],"data":{"state":{}}}"#;
        assert!(state(response).unwrap().is_none());
        let lifecycle = r#"{"type":"event","event":"lifecycle","data":{"source_id":1,"lifecycle_event":"block"}}"#;
        assert!(state(lifecycle).unwrap().is_none());
        for ends in [
            r#"{"type":"error","action":"subscription/subscribe","status":{"code":3,"description":"Wrong hash"}}"#,
            r#"{"type":"event","event":"logout","data":"session closed"}"#,
            r#"{"type":"event","event":"state","data":{}}"#,
            "not JSON",
        ] {
            assert!(state(ends).is_err(), "{ends}");
        }
    }
}
