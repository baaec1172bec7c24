//! What clients say, and what they are told.

use serde_json::{Value, json};
use web::Message;

use super::client::{Client, Event, Request};
use super::fleet::{ANN, Access, SUB, Session};
use super::frames::{Frame, promised};
use super::ops::Ask;
use super::run::{DAY_MS, Run, pick};

impl Run<'_> {
    /// The session that a subscriber goes on with, or takes.
    async fn session(&mut self, ask: &Ask) -> Option<usize> {
        let (client, slot) = (usize::from(ask.client), usize::from(ask.is_iso));
        if let Some(session) = self.slots[client][slot]
            && (self.fleet.sessions[session].is_live || ask.stale)
        {
            return Some(session);
        }
        let other = self.slots[client][1 - slot];
        let is_free =
            |s: &usize| self.fleet.sessions[*s].is_live && Some(*s) != other && !self.clients[client].holds(*s);
        let shared = (0..self.fleet.sessions.len()).rev().find(is_free).filter(|_| ask.shared);
        let session = match shared {
            Some(session) => session,
            None => self.start_session(pick(ask.user, 3)).await?,
        };
        self.slots[client][slot] = Some(session);
        Some(session)
    }

    async fn start_session(&mut self, user: usize) -> Option<usize> {
        if !self.fleet.active[user] || (user == SUB && !self.fleet.active[ANN]) {
            return None;
        }
        let (fleet, now, id) = (&self.stage.fleet, self.stage.now(), self.keys[user].user);
        let hash = match user {
            SUB => fleet.create_subuser_session(&self.keys[ANN], id, now).await.expect("a session"),
            _ => fleet.create_user_session(&self.stage.panel, id, now).await.expect("a session"),
        };
        self.hashes.push(hash.as_str().to_owned());
        let ends_ms = self.fleet.now_ms + 30 * DAY_MS;
        self.fleet.sessions.push(Session { user, ends_ms, is_live: true });
        Some(self.hashes.len() - 1)
    }

    /// An id of a tracker that there is, of the next one, or of none.
    fn tracker_id(&self, n: u8) -> u32 {
        match pick(n, self.fleet.trackers.len() + 2) {
            at if at <= self.fleet.trackers.len() => 100_001 + at as u32,
            _ => 7,
        }
    }

    fn requests(&self, ask: &Ask) -> Vec<Request> {
        let distinct = |ids: &Vec<u8>| {
            let mut ids: Vec<u32> = ids.iter().map(|n| self.tracker_id(*n)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let wishes = ask.requests.iter().map(|wish| Request {
            event: wish.event,
            trackers: wish.trackers.as_ref().map(distinct),
            compact: wish.compact && wish.event != Event::ReadingsBatch,
            rate_ms: wish.rate_ms,
        });
        let mut requests: Vec<_> = wishes.collect();
        if ask.legacy {
            requests.truncate(1);
            let ids = requests[0].trackers.take().unwrap_or_else(|| vec![100_001, 100_002, 100_003]);
            requests[0] = Request { event: Event::State, trackers: Some(ids), compact: false, rate_ms: 1_000 };
        }
        requests
    }

    pub(super) async fn ask(&mut self, ask: &Ask) {
        let Some(session) = self.session(ask).await else { return };
        let client = usize::from(ask.client);
        let requests = self.requests(ask);
        let text = self.message(ask, &self.hashes[session], &requests);
        let answers = self.real[client].answers(Message::Text(&text));
        let [answer] = &answers[..] else { panic!("one answer to {text}: {answers:?}") };
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        if !self.fleet.sessions[session].is_live {
            assert_eq!(answer["status"]["code"], 4, "{text}: {answer}");
            return;
        }
        let answered = self.clients[client].ask(&self.fleet, session, ask.is_iso, ask.unsubscribe, &requests);
        let events: Vec<_> = answered.iter().map(|(event, _)| event.name()).collect();
        let map = |statuses: &[(u32, Access)]| {
            let named = statuses.iter().map(|(id, access)| (id.to_string(), json!(access.name())));
            Value::Object(named.collect())
        };
        let data = match (ask.legacy, ask.unsubscribe) {
            (true, true) => json!(requests[0].trackers),
            (true, false) => json!({"state": map(&answered[0].1)}),
            (false, _) => answered
                .iter()
                .map(|(event, statuses)| (event.name().to_owned(), json!({"value": map(statuses), "success": true})))
                .collect(),
        };
        let action = if ask.unsubscribe { "subscription/unsubscribe" } else { "subscription/subscribe" };
        assert_eq!(answer, json!({"type": "response", "action": action, "events": events, "data": data}), "{text}");
    }

    fn message(&self, ask: &Ask, hash: &str, requests: &[Request]) -> String {
        let action = if ask.unsubscribe { "unsubscribe" } else { "subscribe" };
        let mut message = json!({"action": action, "hash": hash, "iso_datetime": ask.is_iso});
        if ask.legacy {
            (message["events"], message["trackers"]) = (json!(["state"]), json!(requests[0].trackers));
            return message.to_string();
        }
        let one = |request: &Request| {
            let target = match &request.trackers {
                None => json!({"type": "all"}),
                Some(ids) => json!({"type": "selected", "tracker_ids": ids}),
            };
            let format = if request.compact { "compact" } else { "full" };
            let rate = format!("{}ms", request.rate_ms);
            json!({"type": request.event.name(), "target": target, "format": format, "rate_limit": rate})
        };
        message["requests"] = requests.iter().map(one).collect();
        message.to_string()
    }

    pub(super) fn look(&mut self, client: usize) {
        let expected = self.clients[client].look(&self.fleet);
        let source_of = |id: u32| self.fleet.tracker(id).map_or(0, |tracker| tracker.source);
        let texts = self.real[client].due_texts();
        let seen: Vec<_> = texts.iter().map(|text| Frame::read(text, source_of)).collect();
        assert_eq!(promised(&seen), promised(&expected), "client {client}\nsaw {seen:#?}\nexpected {expected:#?}");
    }

    /// Hangs up and comes back as somebody new.
    pub(super) fn reopen(&mut self, client: usize) {
        self.real[client] = self.stage.client();
        self.clients[client] = Client::default();
        self.slots[client] = [None; 2];
    }
}
