//! The way of orders down to one device: from the engine into the session, and back what became of them.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use engine::{Engine, Given, Link, LinkKind, NoReply, OrderError, Source};
use model::Timestamp;
use protocols::{OrderId, OrderRefused, Output, Progress, Session};
use tokio::time::Instant;

/// How long a device may take nothing while an order waits to be written, before its connection ends. Until then
/// nobody can say whether the device will get the order.
const STUCK: Duration = Duration::from_secs(10);

/// One connection's end of the way.
#[derive(Default)]
pub(crate) struct Downlink {
    /// Goes before `under_way`, so that no order comes to a connection that ends.
    link: Option<Link>,
    under_way: Option<UnderWay>,
    /// Until when acknowledgements are held back for an order that is about to come.
    held_until: Option<Instant>,
}

/// An order that the session took.
struct UnderWay {
    given: Given,
    stage: Stage,
}

/// How far an order has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The session has it, and nothing of it is among the bytes to send.
    InSession,
    /// Its bytes are among those to send, since this moment.
    Queued { since: Instant, awaits_reply: bool },
    /// All its bytes were handed to the socket.
    Written,
}

impl Downlink {
    /// The connection is this source's now.
    pub(crate) fn open(&mut self, engine: &Arc<Engine>, source: &Source, kind: LinkKind, hold: Duration) {
        if self.link.as_ref().is_some_and(|link| link.is_of(source)) {
            // It said who it is once more.
            return;
        }
        // The old one goes first: an order to another device is not this one's.
        self.link = None;
        self.under_way = None;
        self.link = Some(engine.link(source, kind));
        self.hold_back(hold);
    }

    /// The device said something.
    pub(crate) fn heard(&mut self, hold: Duration) {
        if let Some(link) = &mut self.link
            && link.heard()
        {
            self.hold_back(hold);
        }
    }

    fn hold_back(&mut self, hold: Duration) {
        let is_expecting = self.under_way.is_none() && self.link.as_ref().is_some_and(Link::is_expecting);
        self.held_until = is_expecting.then(|| Instant::now() + hold);
    }

    /// Nothing is given to the device any more. What is on its way may still be written.
    pub(crate) fn end(&mut self) {
        self.link = None;
    }

    /// Whether acknowledgements are to wait.
    pub(crate) fn holds_back(&mut self, now: Instant) -> bool {
        self.held_until = self.held_until.filter(|until| now < *until);
        self.held_until.is_some()
    }

    /// The next order.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Given> {
        self.link.as_ref().map_or(Poll::Pending, |link| link.poll_order(cx))
    }

    /// Gives an order to the session.
    pub(crate) fn give(&mut self, given: Given, session: &mut dyn Session, now: Timestamp, out: &mut Vec<Output>) {
        if !given.take_up() {
            return;
        }
        self.held_until = None;
        match session.order(now, OrderId(given.number()), given.order(), out) {
            Ok(()) => self.under_way = Some(UnderWay { given, stage: Stage::InSession }),
            Err(refused) => given.refuse(match refused {
                OrderRefused::NoSuchCommand => OrderError::NoSuchCommand,
                OrderRefused::Busy => OrderError::Busy,
                OrderRefused::NotIdentified => OrderError::Away,
                OrderRefused::TooLong => OrderError::TooLong,
            }),
        }
    }

    /// The session told how an order goes on.
    pub(crate) fn note_progress(&mut self, id: OrderId, what: Progress, now: Timestamp) {
        let Some(UnderWay { mut given, stage }) = self.under_way.take_if(|order| order.given.number() == id.0) else {
            return;
        };
        if let Progress::Sent { awaits_reply } = what {
            let stage = Stage::Queued { since: Instant::now(), awaits_reply };
            self.under_way = Some(UnderWay { given, stage });
            return;
        }
        if what == Progress::TimedOut && stage == Stage::InSession {
            given.refuse(OrderError::Away);
            return;
        }
        // Whoever answers has got it.
        given.written();
        match (what, &self.link) {
            (Progress::Replied(reply), Some(link)) => link.answered(given, reply, now),
            (Progress::Refused(text), _) => given.fail(NoReply::Refused(text)),
            (Progress::TimedOut, _) => given.fail(NoReply::TimedOut),
            (Progress::Replied(_), None) | (Progress::Sent { .. }, _) => {}
        }
    }

    /// Everything that was to be sent was handed to the socket. True if an order was among it.
    pub(crate) fn note_written(&mut self) -> bool {
        let Some(order) = &mut self.under_way else { return false };
        let Stage::Queued { awaits_reply, .. } = order.stage else { return false };
        order.given.written();
        order.stage = Stage::Written;
        if !awaits_reply && let Some(order) = self.under_way.take() {
            order.given.fail(NoReply::Never);
        }
        true
    }

    /// Whether an order waits to be written, and the device has taken nothing for too long.
    pub(crate) fn is_stuck(&self, now: Instant) -> bool {
        self.stuck_at().is_some_and(|at| now >= at)
    }

    fn stuck_at(&self) -> Option<Instant> {
        match self.under_way.as_ref()?.stage {
            Stage::Queued { since, .. } => Some(since + STUCK),
            _ => None,
        }
    }

    /// When something is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        [self.stuck_at(), self.held_until].into_iter().flatten().min()
    }
}
