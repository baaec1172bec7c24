//! `vehicleHistoric` and `events`: what was pushed, read again.

use std::iter::Peekable;
use std::vec::IntoIter;

use engine::{JournalError, Past, ReadError, Span};
use fleet::{Access, Session};
use http::StatusCode;
use model::{DriverEvent, Happened, SourceId, Timestamp};
use web::{Answer, Call};

use super::Api;
use super::answer::{self, Refusal};
use super::query::Query;
use crate::encode::{self, Mobile};
use crate::session::mobile;

/// What drivers sent that one answer looks through.
const DRIVER_EVENTS_MAX: usize = 10_000;

/// A mobile whose past the caller may see.
struct Seen {
    mobile: Mobile,
    source: SourceId,
    past: Past,
    /// What came before is another owner's.
    since: Timestamp,
    /// Its driver is another's.
    is_clone: bool,
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Busy => Self::Busy,
            ReadError::Failed => Self::Failed,
        }
    }
}

impl Api {
    pub(super) async fn vehicle_historic(
        &self,
        call: &Call,
        session: &Session,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let query = Query::read(call, self.shared.options.records_per_answer_max, now)?;
        let Seen { mobile, past, .. } = self.seen(session, &query)?;
        let read = move |journal: &dyn engine::Journal| {
            let mut last = past.place_at(journal, query.from)?;
            let mut out = vec![b'['];
            for (at, record) in past.records(journal).take(query.offset.saturating_add(query.limit)).enumerate() {
                let record = record?;
                last = encode::place_of(&record).or(last);
                if at >= query.offset {
                    separate(&mut out);
                    encode::record(&record, mobile, last, true, &mut out);
                }
            }
            out.push(b']');
            Ok(out)
        };
        // A list as it is, without an envelope, is what the clients of this interface read.
        Ok(answer::unshared(StatusCode::OK, self.shared.engine.read(read).await?))
    }

    pub(super) async fn events(&self, call: &Call, session: &Session, now: Timestamp) -> Result<Answer, Refusal> {
        let query = Query::read(call, self.shared.options.records_per_answer_max, now)?;
        let seen = self.seen(session, &query)?;
        let from_driver = self.driver_events(&seen, &query).await?;
        let (places, zone) = (self.shared.places, self.shared.fleet.zone(session.user));
        let Seen { mobile, past, .. } = seen;
        let read = move |journal: &dyn engine::Journal| {
            let mut out = vec![b'['];
            let events =
                InTime { happened: past.happened(journal)?.peekable(), driver: from_driver.into_iter().peekable() };
            for event in events.take(query.offset.saturating_add(query.limit)).skip(query.offset) {
                let event = event?;
                separate(&mut out);
                let last = if event.has_place() { None } else { past.place_at(journal, event.at())? };
                match event {
                    Event::Happened(happened) => {
                        let name = crate::place_name(&places, encode::place_of_happened(&happened, last));
                        encode::happened(&happened, mobile.uid, last, name.as_deref(), &mut out);
                    }
                    Event::FromDriver(event) => {
                        encode::from_driver(&event, mobile, last, zone.offset_s(event.at), &mut out);
                    }
                }
            }
            out.push(b']');
            Ok(out)
        };
        let events = self.shared.engine.read(read).await?;
        Ok(answer::data(|out| out.extend_from_slice(&events)))
    }

    fn seen(&self, session: &Session, query: &Query) -> Result<Seen, Refusal> {
        let fleet = &self.shared.fleet;
        let source = match fleet.access(session, query.mid) {
            Access::Normal(source) => source,
            Access::Blocked(_) => return Err(Refusal::MobileBlocked),
            Access::Unknown | Access::Disallowed => return Err(Refusal::NotFound),
        };
        let tracker = fleet.tracker(session, query.mid).ok_or(Refusal::NotFound)?;
        let live = self.shared.engine.source(source).ok_or(Refusal::NotFound)?;
        let since = fleet.shown_since(tracker.id).unwrap_or(tracker.created);
        let reports_max = usize::try_from(self.shared.options.past_reports_max).unwrap_or(usize::MAX);
        let past = self.shared.engine.past(&live, Span { from: query.from, to: query.to, since, reports_max });
        Ok(Seen { mobile: mobile(&self.shared, tracker.id), source, past, since, is_clone: tracker.clone })
    }

    /// What the driver sent, as far into the span as the answer can reach.
    async fn driver_events(&self, seen: &Seen, query: &Query) -> Result<Vec<DriverEvent>, Refusal> {
        let wanted = query.offset.saturating_add(query.limit).min(DRIVER_EVENTS_MAX);
        let mut all: Vec<DriverEvent> = Vec::new();
        while !seen.is_clone && all.len() < wanted {
            let last = all.last().map(|event| (event.at, event.id));
            let from = last.map_or(query.from, |(at, _)| at);
            let page = self.shared.dispatch.driver_events(seen.source, from, query.to, wanted).await;
            let mut page = page.map_err(|_| Refusal::Failed)?;
            page.retain(|event| last.is_none_or(|last| (event.at, event.id) > last));
            if page.is_empty() {
                break;
            }
            all.append(&mut page);
        }
        all.retain(|event| event.received >= seen.since);
        Ok(all)
    }
}

/// A comma, unless it is the first.
fn separate(out: &mut Vec<u8>) {
    if out.len() > 1 {
        out.push(b',');
    }
}

enum Event {
    Happened(Happened),
    FromDriver(DriverEvent),
}

impl Event {
    fn at(&self) -> Timestamp {
        match self {
            Self::Happened(happened) => happened.record.at,
            Self::FromDriver(event) => event.at,
        }
    }

    fn has_place(&self) -> bool {
        match self {
            Self::Happened(happened) => encode::place_of(&happened.record).is_some(),
            Self::FromDriver(event) => event.position.is_some(),
        }
    }
}

/// What happened and what the driver sent, in the order of their times.
struct InTime<I: Iterator<Item = Result<Happened, JournalError>>> {
    happened: Peekable<I>,
    driver: Peekable<IntoIter<DriverEvent>>,
}

impl<I: Iterator<Item = Result<Happened, JournalError>>> Iterator for InTime<I> {
    type Item = Result<Event, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.happened.peek() {
            Some(Ok(happened)) => Some(happened.record.at),
            Some(Err(_)) => None,
            None => Some(Timestamp::MAX),
        };
        let is_before = |event: &DriverEvent| next.is_some_and(|next| event.at < next);
        if let Some(event) = self.driver.next_if(is_before) {
            return Some(Ok(Event::FromDriver(event)));
        }
        self.happened.next().map(|happened| happened.map(Event::Happened))
    }
}
