//! What a message does to the subscriptions.

use std::collections::BTreeSet;
use std::sync::Arc;

use fleet::{Access, Session};
use model::{SessionId, Timestamp, TrackerId};

use super::NavixySession;
use super::subscription::{Hold, Subscription};
use crate::encode::{Outcome, response_legacy_subscribe, response_legacy_unsubscribe, response_requests};
use crate::errors::Condition;
use crate::wire::{Action, ClientMessage, Dates, EventType, Form, Format, Request, Target, TrackerStatus, WireId};

type Statuses = Vec<(WireId, TrackerStatus)>;

/// What became of one event type of a message.
struct Answered {
    event: EventType,
    outcome: Result<Statuses, Condition>,
}

impl Answered {
    fn outcome(&self) -> Outcome<'_> {
        match &self.outcome {
            Ok(statuses) => Outcome::Done(statuses),
            Err(condition) => Outcome::Refused(*condition),
        }
    }
}

impl NavixySession {
    /// Does what a message of an accepted session asks for, and writes the response. An error means that nothing of
    /// it took effect.
    pub(super) fn carry_out(
        &mut self,
        now: Timestamp,
        session: Session,
        message: &ClientMessage,
        answer: &mut Vec<u8>,
    ) -> Result<(), Condition> {
        let session_id = session.id;
        let hold = self.hold(session)?;
        let done = match &message.form {
            Form::Legacy { events, trackers } => {
                self.carry_out_legacy(now, hold, message.action, events, trackers, answer)
            }
            Form::Requests(requests) => self.carry_out_requests(now, hold, message.action, requests, answer),
        };
        if let Some(iso) = message.iso_datetime
            && done.is_ok()
        {
            self.holds[hold].dates = if iso { Dates::Iso } else { Dates::Plain };
        }
        self.let_go(hold);
        done?;
        // The session may have ended before there was anything here to be told of it.
        if self.shared.fleet.authorize(&message.hash, now).is_err() {
            self.end(session_id);
            return Err(Condition::SessionEnded);
        }
        Ok(())
    }

    /// The place of a session's subscriptions, made if it is new here.
    fn hold(&mut self, session: Session) -> Result<usize, Condition> {
        if let Some(at) = self.holds.iter().position(|h| h.session.id == session.id) {
            return Ok(at);
        }
        if self.holds.len() >= self.shared.options.sessions_per_connection_max {
            return Err(Condition::SessionsExceeded);
        }
        self.shared.engine.attach(session.id, session.user, &self.connection);
        self.holds.reserve_exact(1);
        self.holds.push(Hold { session, dates: Dates::Plain, subscriptions: Vec::new() });
        Ok(self.holds.len() - 1)
    }

    /// Closes the subscriptions of a session that nothing is left of, and lets go of the session with the last.
    fn let_go(&mut self, hold: usize) {
        let Some(held) = self.holds.get_mut(hold) else { return };
        while let Some(at) = held.subscriptions.iter().position(Subscription::is_over) {
            held.subscriptions.remove(at).close(&self.connection);
        }
        if held.subscriptions.is_empty() {
            let held = self.holds.remove(hold);
            self.shared.engine.detach(held.session.id, &self.connection);
        } else {
            self.patience = None;
        }
    }

    /// Drops everything of a session.
    pub(super) fn end(&mut self, session: SessionId) {
        while let Some(at) = self.holds.iter().position(|h| h.session.id == session) {
            let hold = self.holds.remove(at);
            hold.subscriptions.into_iter().for_each(|s| s.close(&self.connection));
        }
        self.shared.engine.detach(session, &self.connection);
    }

    fn carry_out_legacy(
        &mut self,
        now: Timestamp,
        hold: usize,
        action: Action,
        events: &[EventType],
        trackers: &Target,
        answer: &mut Vec<u8>,
    ) -> Result<(), Condition> {
        let request = |event: &EventType| Request {
            event: *event,
            target: trackers.clone(),
            format: Format::Full,
            rate_limit: crate::decode::RATE_LIMIT_DEFAULT,
            sensor_type: None,
            include_components: true,
        };
        match action {
            Action::Subscribe => {
                let mut statuses = Vec::new();
                for event in events {
                    statuses = self.subscribe(now, hold, &[&request(event)])?;
                }
                response_legacy_subscribe(events, &statuses, answer);
            }
            Action::Unsubscribe => {
                for event in events {
                    self.unsubscribe(hold, &[&request(event)])?;
                }
                let Target::Selected(ids) = trackers else { return Err(Condition::TooManyDevices) };
                response_legacy_unsubscribe(events, ids, answer);
            }
        }
        Ok(())
    }

    /// Requests of one type are answered together; types in the order of first mention.
    fn carry_out_requests(
        &mut self,
        now: Timestamp,
        hold: usize,
        action: Action,
        requests: &[Request],
        answer: &mut Vec<u8>,
    ) -> Result<(), Condition> {
        let mut answered: Vec<Answered> = Vec::new();
        for request in requests {
            let event = request.event;
            if answered.iter().any(|a| a.event == event) {
                continue;
            }
            let same: Vec<_> = requests.iter().filter(|r| r.event == event).collect();
            let outcome = match action {
                Action::Subscribe => self.subscribe(now, hold, &same),
                Action::Unsubscribe => self.unsubscribe(hold, &same),
            };
            answered.push(Answered { event, outcome });
        }
        if let [Answered { outcome: Err(condition), .. }, ..] = answered[..]
            && answered.iter().all(|a| a.outcome.is_err())
        {
            return Err(condition);
        }
        let outcomes: Vec<_> = answered.iter().map(|a| (a.event, a.outcome())).collect();
        response_requests(action, &outcomes, answer);
        Ok(())
    }

    /// Adds what these requests, all of one type, name. What is watched gets its present state sent.
    fn subscribe(&mut self, now: Timestamp, hold: usize, requests: &[&Request]) -> Result<Statuses, Condition> {
        let event = offered(requests)?;
        let session = self.holds[hold].session.clone();
        let mut ids = self.named(&session, requests)?;
        if event != EventType::State {
            // The first batch lists trackers in the order of their ids.
            ids.sort_unstable();
        }
        let watches_max = self.watches_max(event);
        if watches_max < usize::MAX && self.would_watch(hold, event, &ids) > watches_max {
            return Err(Condition::TooManyDevices);
        }
        if self.holds[hold].subscription(event).is_none() {
            let opened = Subscription::open(&self.connection, &session, event, watches_max, now);
            let opened = opened.ok_or(Condition::TooManyDevices)?;
            self.holds[hold].subscriptions.reserve_exact(1);
            self.holds[hold].subscriptions.push(opened);
        }
        let Some(subscription) = self.holds[hold].subscription(event) else { return Err(Condition::Unexpected) };
        for request in requests {
            subscription.all |= request.target == Target::All;
            subscription.set_options(request, now);
        }
        Ok(subscription.add(&self.shared.engine, &self.connection, &session, ids))
    }

    /// Takes away what these requests, all of one type, name. What was not subscribed is no error.
    fn unsubscribe(&mut self, hold: usize, requests: &[&Request]) -> Result<Statuses, Condition> {
        let event = offered(requests)?;
        let session = self.holds[hold].session.clone();
        let mut ids = Vec::new();
        for request in requests {
            match &request.target {
                Target::All => {
                    if let Some(subscription) = self.holds[hold].subscription(event) {
                        ids.extend(subscription.clear());
                    }
                }
                Target::Selected(selected) => ids.extend(selected.iter().filter_map(|id| id.tracker())),
                Target::TooMany => return Err(Condition::TooManyDevices),
            }
        }
        let mut seen = BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        if let Some(subscription) = self.holds[hold].subscription(event) {
            subscription.remove(&self.shared.fleet, &session, &seen);
        }
        let status = |id: TrackerId| (WireId::from(id), status(self.shared.fleet.access(&session, id)));
        let mut statuses: Statuses = ids.into_iter().map(status).collect();
        // Ids that no tracker can have are echoed as well.
        let impossible = requests.iter().filter_map(|r| match &r.target {
            Target::Selected(ids) => Some(ids),
            _ => None,
        });
        let impossible: BTreeSet<_> = impossible.flatten().filter(|id| id.tracker().is_none()).copied().collect();
        statuses.extend(impossible.into_iter().map(|id| (id, TrackerStatus::Unknown)));
        Ok(statuses)
    }

    /// The ids that requests name, each once, in the order of first mention.
    fn named(&self, session: &Session, requests: &[&Request]) -> Result<Vec<WireId>, Condition> {
        let mut seen = BTreeSet::new();
        let mut ids = Vec::new();
        for request in requests {
            match &request.target {
                Target::All => ids.extend(self.shared.fleet.trackers(session).iter().map(|t| WireId::from(t.id))),
                Target::Selected(selected) => ids.extend(selected),
                Target::TooMany => return Err(Condition::TooManyDevices),
            }
        }
        ids.retain(|id| seen.insert(*id));
        Ok(ids)
    }

    /// How many trackers one subscription of this type may watch.
    fn watches_max(&self, event: EventType) -> usize {
        match event {
            EventType::State if self.shared.options.state_trackers_max > 0 => self.shared.options.state_trackers_max,
            EventType::IotMonitor => self.shared.options.monitor_trackers_max,
            _ => usize::MAX,
        }
    }

    /// How many trackers would be watched with these added. Those that the session does not see are not.
    fn would_watch(&mut self, hold: usize, event: EventType, ids: &[WireId]) -> usize {
        let fleet = Arc::clone(&self.shared.fleet);
        let session = self.holds[hold].session.clone();
        let is_seen = |id: TrackerId| matches!(fleet.access(&session, id), Access::Normal(_) | Access::Blocked(_));
        let now = self.holds[hold].subscription(event);
        let is_new =
            |id: &&WireId| id.tracker().is_some_and(|t| now.as_ref().is_none_or(|s| !s.contains(t)) && is_seen(t));
        ids.iter().filter(is_new).count() + now.as_ref().map_or(0, |s| s.len())
    }
}

/// The event type of these requests.
fn offered(requests: &[&Request]) -> Result<EventType, Condition> {
    requests.first().map(|r| r.event).ok_or(Condition::UnknownAction)
}

fn status(access: Access) -> TrackerStatus {
    match access {
        Access::Unknown => TrackerStatus::Unknown,
        Access::Disallowed => TrackerStatus::Disallowed,
        Access::Blocked(_) => TrackerStatus::Blocked,
        Access::Normal(_) => TrackerStatus::Normal,
    }
}
