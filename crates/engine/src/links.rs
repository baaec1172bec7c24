//! The connections of devices: whether a device is there, and the way of an order down to it.
//!
//! The gateway holds a [`Link`] for each connection of a device. At most one order is under way to a device; others
//! wait here, few of them and not for long. An order goes to the newest connection, because a device that lost its
//! connection often opens another before the old one is known to be dead.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use model::{CommandReply, ConnectionStatus, Levels, Order, Push, SourceId, Timestamp};
use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::source::Source;

/// What shows that a device is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// The connection itself: the device keeps it.
    Lasting,
    /// That it was heard of not long ago: it connects for each message.
    Passing,
    /// That it was heard of not long ago. There is no connection, only an address that orders can be sent to.
    Address,
}

/// Bounds of the orders that wait for a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderLimits {
    /// Orders that wait behind the one under way. Default 8.
    pub waiting_max: usize,
    /// How long an order waits until it is written, in milliseconds. Default 30,000.
    pub wait_ms: u64,
}

impl Default for OrderLimits {
    fn default() -> Self {
        Self { waiting_max: 8, wait_ms: 30_000 }
    }
}

/// Why an order did not reach the device. It was not carried out, and will not be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderError {
    /// The device has no connection that takes it.
    Away,
    /// The device's protocol has no such command.
    NoSuchCommand,
    /// Too many wait for their turn, or this one has waited too long for it.
    Busy,
    /// It is longer than the protocol carries.
    TooLong,
}

/// Why no reply to an order comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoReply {
    /// The device did not answer in time.
    TimedOut,
    /// The device said no; its words, if any.
    Refused(String),
    /// The connection ended first.
    Gone,
    /// The device's protocol has no answers to commands.
    Never,
}

/// An order that was written to the device's connection.
#[derive(Debug)]
pub struct Ordered {
    reply: oneshot::Receiver<Result<CommandReply, NoReply>>,
}

impl Ordered {
    /// Waits for what the device answers.
    ///
    /// # Errors
    /// See [`NoReply`].
    pub async fn reply(self) -> Result<CommandReply, NoReply> {
        self.reply.await.unwrap_or(Err(NoReply::Gone))
    }
}

const WAITS: u8 = 0;
const TAKEN: u8 = 1;
const GIVEN_UP: u8 = 2;

/// Who has the say about an order: the connection that takes it up, or the caller who gives up waiting.
#[derive(Debug, Default)]
struct Claim(AtomicU8);

impl Claim {
    /// True for whoever comes first.
    fn decide(&self, to: u8) -> bool {
        self.0.compare_exchange(WAITS, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// An order and those who wait for what becomes of it.
#[derive(Debug)]
struct Asked {
    order: Order,
    claim: Arc<Claim>,
    written: oneshot::Sender<Result<(), OrderError>>,
    reply: oneshot::Sender<Result<CommandReply, NoReply>>,
}

/// The caller's half of it.
struct Answers {
    claim: Arc<Claim>,
    written: oneshot::Receiver<Result<(), OrderError>>,
    reply: oneshot::Receiver<Result<CommandReply, NoReply>>,
}

/// The place of the one order under way. Dropping it lets the next come.
struct Place {
    source: Source,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.source.links().free(&self.source, self.number);
    }
}

/// An order that a connection carries out. Dropped before it was [written](Given::written), it counts as not sent;
/// dropped afterwards, its answer as not to come.
pub struct Given {
    order: Order,
    claim: Arc<Claim>,
    written: Option<oneshot::Sender<Result<(), OrderError>>>,
    reply: oneshot::Sender<Result<CommandReply, NoReply>>,
    /// Last, so that callers know how it ended before the next is handed out.
    place: Place,
}

impl Given {
    /// What the device is to be told.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// A number that no other order of this source has.
    pub fn number(&self) -> u64 {
        self.place.number
    }

    /// To be asked before it is carried out: false when whoever gave it does not wait any more.
    pub fn take_up(&self) -> bool {
        self.written.as_ref().is_some_and(|caller| !caller.is_closed()) && self.claim.decide(TAKEN)
    }

    /// It was not carried out, for this reason.
    pub fn refuse(mut self, why: OrderError) {
        if let Some(caller) = self.written.take() {
            // Whoever asked may be gone.
            let _ = caller.send(Err(why));
        }
    }

    /// Its last byte was handed to the connection.
    pub fn written(&mut self) {
        if let Some(caller) = self.written.take() {
            let _ = caller.send(Ok(()));
        }
    }

    /// Whether [`Given::written`] was said.
    pub fn is_written(&self) -> bool {
        self.written.is_none()
    }

    /// No reply comes, for this reason.
    pub fn fail(self, why: NoReply) {
        let _ = self.reply.send(Err(why));
    }
}

/// Where a connection finds its order.
#[derive(Default)]
struct Mailbox {
    /// Whether it shows, by being there, that the device is.
    is_presence: bool,
    given: Mutex<Option<Given>>,
    waker: AtomicWaker,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Option<Given>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections and orders of one source.
#[derive(Default)]
pub(crate) struct Links(Mutex<State>);

#[derive(Default)]
struct State {
    /// Oldest first, by when they were opened, or last heard of where that is what shows a device to be there.
    open: Vec<Arc<Mailbox>>,
    /// A device that connects for each message was heard of, and has not been silent for too long since.
    heard: bool,
    /// Numbers orders.
    last: u64,
    /// The order that is under way.
    under_way: Option<u64>,
    waiting: VecDeque<Asked>,
}

impl State {
    fn is_up(&self) -> bool {
        self.heard || self.open.iter().any(|mailbox| mailbox.is_presence)
    }

    /// The device spoke there: orders go there from now on.
    fn prefer(&mut self, spoke: &Arc<Mailbox>) {
        if let Some(at) = self.open.iter().position(|mailbox| Arc::ptr_eq(mailbox, spoke)) {
            self.open[at..].rotate_left(1);
        }
    }

    /// Hands the next order to the newest connection, if none is under way. Without a connection, all that wait are
    /// returned: they are to be dropped once this is unlocked.
    #[must_use]
    fn hand_out(&mut self, source: &Source) -> VecDeque<Asked> {
        if self.under_way.is_some() {
            return VecDeque::new();
        }
        let Some(mailbox) = self.open.last() else { return std::mem::take(&mut self.waiting) };
        let Some(Asked { order, claim, written, reply }) = self.waiting.pop_front() else { return VecDeque::new() };
        self.last += 1;
        self.under_way = Some(self.last);
        let place = Place { source: source.clone(), number: self.last };
        *mailbox.lock() = Some(Given { order, claim, written: Some(written), reply, place });
        mailbox.waker.wake();
        VecDeque::new()
    }
}

impl Links {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, source: &Source, order: Order, waiting_max: usize) -> Result<Answers, OrderError> {
        let mut state = self.lock();
        if state.open.is_empty() {
            return Err(OrderError::Away);
        }
        let (forgotten, waiting): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut state.waiting).into_iter().partition(|asked: &Asked| asked.written.is_closed());
        state.waiting = waiting;
        if state.under_way.is_some() && state.waiting.len() >= waiting_max {
            return Err(OrderError::Busy);
        }
        let claim = Arc::new(Claim::default());
        let (written, is_written) = oneshot::channel();
        let (reply, replied) = oneshot::channel();
        state.waiting.push_back(Asked { order, claim: claim.clone(), written, reply });
        let lost = state.hand_out(source);
        drop(state);
        drop((lost, forgotten));
        Ok(Answers { claim, written: is_written, reply: replied })
    }

    /// The order of this number is under way no longer.
    fn free(&self, source: &Source, number: u64) {
        let mut state = self.lock();
        if state.under_way == Some(number) {
            state.under_way = None;
        }
        let lost = state.hand_out(source);
        drop(state);
        drop(lost);
    }
}

/// A connection of a device. Dropping it ends that.
pub struct Link {
    engine: Arc<Engine>,
    source: Source,
    mailbox: Arc<Mailbox>,
    kind: LinkKind,
    is_expecting: bool,
}

impl Link {
    /// Whether it is a connection of this source.
    pub fn is_of(&self, source: &Source) -> bool {
        self.source.same(source)
    }

    /// The next order to carry out.
    pub fn poll_order(&self, cx: &mut Context<'_>) -> Poll<Given> {
        self.mailbox.waker.register(cx.waker());
        self.mailbox.lock().take().map_or(Poll::Pending, Poll::Ready)
    }

    /// Whether something waited for the device when it was last heard of: an order is likely to come in a moment.
    pub fn is_expecting(&self) -> bool {
        self.is_expecting
    }

    /// The device spoke, and that was folded in. Needs to be said of those alone that keep no connection.
    /// True if something waits for it.
    pub fn heard(&mut self) -> bool {
        if self.kind == LinkKind::Lasting {
            return false;
        }
        self.engine.presence(&self.source, |state| {
            state.heard = !is_offline(&self.source);
            state.prefer(&self.mailbox);
        });
        self.is_expecting = self.engine.ask_for_orders(self.source.id());
        self.is_expecting
    }

    /// The device answered an order.
    pub fn answered(&self, given: Given, reply: CommandReply, now: Timestamp) {
        if *given.order() == Order::ReadLevels && !reply.lines.is_empty() {
            let levels = Levels { at: now, lines: reply.lines.clone() };
            self.engine.push(self.source.id(), Push::Levels(Arc::new(levels)));
        }
        // Whoever asked may be gone.
        let _ = given.reply.send(Ok(reply));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.engine.presence(&self.source, |state| {
            state.open.retain(|mailbox| !Arc::ptr_eq(mailbox, &self.mailbox));
        });
        // Nothing is put there any more. What is there goes back its way, and the next order to another connection.
        let given = self.mailbox.lock().take();
        drop(given);
    }
}

impl Engine {
    /// Notes a connection of the source's device. `source` must be told by the device itself.
    pub fn link(self: &Arc<Self>, source: &Source, kind: LinkKind) -> Link {
        let mailbox = Arc::new(Mailbox { is_presence: kind != LinkKind::Address, ..Mailbox::default() });
        self.presence(source, |state| state.open.push(mailbox.clone()));
        let is_expecting = self.ask_for_orders(source.id());
        Link { engine: self.clone(), source: source.clone(), mailbox, kind, is_expecting }
    }

    /// Whether the device of a source is there.
    pub fn is_up(&self, source: SourceId) -> bool {
        self.source(source).is_some_and(|source| source.links().lock().is_up())
    }

    /// Asks to be told whenever a device can be sent something: `ask` is called with its source and says whether
    /// something waits for it. To be set once; called on the way of a device's message, so it must not wait.
    pub fn on_reachable(&self, ask: Box<dyn Fn(SourceId) -> bool + Send + Sync>) {
        // A second would be a fault of the wiring; the first stays.
        let _ = self.reachable.set(ask);
    }

    fn ask_for_orders(&self, source: SourceId) -> bool {
        self.reachable.get().is_some_and(|ask| ask(source))
    }

    /// Sends the device an order. Ready when its last byte was handed to the device's connection.
    ///
    /// # Errors
    /// The device was not sent it, and will not be.
    pub async fn order(&self, source: SourceId, order: Order) -> Result<Ordered, OrderError> {
        let limits = self.options().orders;
        let source = self.source(source).ok_or(OrderError::Away)?;
        let Answers { claim, mut written, reply } = source.links().ask(&source, order, limits.waiting_max)?;
        let outcome = match tokio::time::timeout(Duration::from_millis(limits.wait_ms), &mut written).await {
            Ok(outcome) => outcome,
            Err(_) if claim.decide(GIVEN_UP) => return Err(OrderError::Busy),
            // It is being written, or carried by the device's next request: the connection says soon which.
            Err(_) => written.await,
        };
        // Without a word the connection is gone, and with it the order.
        outcome.unwrap_or(Err(OrderError::Away)).map(|()| Ordered { reply })
    }

    /// The source's device spoke in a way by which it cannot be sent orders, and that was folded in: it is there until
    /// it counts as offline.
    pub fn heard(&self, source: &Source) {
        // If it counts as offline all the same, there was nothing new in what it said, and no alarm is set that would
        // tell of its silence.
        self.presence(source, |state| state.heard = !is_offline(source));
    }

    /// The source's device may count as offline by now.
    pub(crate) fn note_silence(&self, source: &Source) {
        // Looked at while the connections are locked, so that a device which speaks in this moment is not lost.
        self.presence(source, |state| state.heard = state.heard && !is_offline(source));
    }

    /// Another device took the place of the source's.
    pub(crate) fn forget_device(&self, source: &Source) {
        self.presence(source, |state| state.heard = false);
    }

    /// Changes what is known of a device's connections, and tells if it came or went by that.
    fn presence(&self, source: &Source, change: impl FnOnce(&mut State)) {
        let mut state = source.links().lock();
        let was = state.is_up();
        change(&mut state);
        let up = state.is_up();
        if up != was {
            // Told while it is locked, so that nobody hears of coming and going in another order.
            self.push(source.id(), Push::Device { up });
        }
    }
}

fn is_offline(source: &Source) -> bool {
    source.lock().state.connection == ConnectionStatus::Offline
}
