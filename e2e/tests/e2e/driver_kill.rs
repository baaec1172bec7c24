//! `kill -9` between the office and a driver: nothing is lost, nothing is there twice, and the order stays.

use std::time::Duration;

use e2e::{Account, HttpConnection, Phone, PhoneSocket, Random, Server, eventually};
use serde_json::{Value, json};

use crate::driver::{chat, text, texts, tracker, write};

const ROUNDS: usize = 8;

/// A phone with a memory that outlives its connections.
struct Memory {
    phone: Phone,
    done_count: usize,
    to_send: Vec<String>,
    shown: Vec<i64>,
}

impl Memory {
    fn connect(&self, server: &Server) -> PhoneSocket {
        let mut socket = self.phone.welcomed(server);
        for guid in &self.to_send {
            socket.send_event(guid, &text(&format!("from the driver {guid}")));
        }
        socket
    }

    fn act(&mut self, socket: &mut PhoneSocket) {
        let guid = format!("g{}", self.done_count);
        self.done_count += 1;
        socket.send_event(&guid, &text(&format!("from the driver {guid}")));
        self.to_send.push(guid);
    }

    /// Takes what comes within a moment.
    fn listen(&mut self, socket: &mut PhoneSocket, moment: Duration) {
        while let Some(message) = socket.within(moment) {
            match message["type"].as_str() {
                Some("message") => {
                    let id = message["id"].as_i64().expect("an id");
                    if !self.shown.contains(&id) {
                        self.shown.push(id);
                    }
                    socket.send(&json!({"type": "got", "id": id}));
                }
                Some("ok") if message["guid"].is_string() => self.to_send.retain(|guid| message["guid"] != json!(guid)),
                Some("ok") => {}
                _ => panic!("{message}"),
            }
        }
    }
}

#[test]
fn kill_9_loses_and_doubles_nothing_between_office_and_driver() {
    let mut random = Random::from_environment("kill -9 between office and driver");
    let mut server = Server::start();
    let mut account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    let mut memory = Memory { phone, done_count: 0, to_send: Vec::new(), shown: Vec::new() };
    let mut written = Vec::new();
    for round in 0..ROUNDS {
        let mut socket = memory.connect(&server);
        for step in 0..10 + random.below(20) {
            match random.below(3) {
                0 => memory.act(&mut socket),
                1 => written.push(write(&account, tracker, &format!("{round} {step}")).as_i64().expect("an id")),
                _ => memory.listen(&mut socket, Duration::from_millis(random.below(4))),
            }
        }
        // Not waited for: the server dies somewhere in the middle of it.
        (0..random.below(6)).for_each(|_| memory.act(&mut socket));
        let body = json!({"hash": account.hash, "tracker_id": tracker, "message": format!("{round} last")}).to_string();
        let head = format!("Host: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = format!("POST /v2/tracker/chat/send HTTP/1.1\r\n{head}{body}");
        HttpConnection::open(server.http()).send(request.as_bytes()).expect("sent");
        memory.listen(&mut socket, Duration::from_millis(random.below(3)));
        server.kill();
        server.start_again();
        account.api = server.api();
    }
    let mut socket = memory.connect(&server);
    let stored: Vec<Value> = chat(&account, tracker);
    let outgoing = |message: &&Value| !message["text"].as_str().is_some_and(|text| text.starts_with("from the driver"));
    let mut to_driver: Vec<i64> = stored.iter().filter(outgoing).map(|m| m["id"].as_i64().expect("an id")).collect();
    to_driver.sort_unstable();
    eventually("everything has come", || {
        memory.listen(&mut socket, Duration::from_millis(50));
        (memory.to_send.is_empty() && memory.shown.len() >= to_driver.len()).then_some(())
    });
    assert!(written.iter().all(|id| to_driver.contains(id)), "what was acknowledged to the office is there");
    assert_eq!(memory.shown, to_driver, "each shown once, in order");
    let sent: Vec<String> = (0..memory.done_count).map(|n| format!("from the driver g{n}")).collect();
    let received: Vec<String> =
        texts(&account, tracker).into_iter().filter(|text| text.starts_with("from the driver")).collect();
    assert_eq!(received, sent, "each there once, in order");
    drop(socket);
    memory.connect(&server).silent();
    eprintln!("{} messages to the driver, {} from it, {ROUNDS} kills", to_driver.len(), sent.len());
}
