//! Brings kept commands to their devices.
//!
//! A command goes out when its device can be reached: when the device comes, or at once when it is there. The commands
//! of one device go one by one, oldest first, each after the last was answered or has gone unanswered for long enough.
//!
//! **A command is carried once at most.** That it goes is durable before its first byte does, because what cuts an
//! engine must not happen twice. So a crash in between leaves it `Sent` although the device never saw it, and it
//! expires: whoever gave it sees that it was not confirmed, and may give it again. Only where the way itself says that
//! nothing was sent does the command wait for the next time.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use model::{Command, CommandState, SourceId, Timestamp};
use storage::dispatch::{CommandRow, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use crate::dispatch::Dispatch;
use crate::error::AdvanceError;
use crate::events::DispatchEvent;

/// How long others may have the way before it is looked at again.
const BUSY_PAUSE: Duration = Duration::from_secs(5);

/// A future of the way to the devices.
pub type Going<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The way to the devices.
pub trait Road: Send + Sync + 'static {
    /// Whether the device of a source is there.
    fn is_up(&self, source: SourceId) -> bool;

    /// Sends the device of a source a command. Ready when it was sent, or was not.
    fn carry(&self, source: SourceId, command: Command) -> Going<Carried>;
}

/// What became of a command on its way.
pub enum Carried {
    /// It was sent; the future tells what the device says to it.
    Sent(Going<Answered>),
    /// Nothing was sent. Another time it may be.
    NotSent,
    /// Nothing was sent, because others have the way to themselves. Soon it may be, and nobody says when.
    Busy,
    /// The device has no such command.
    Impossible,
}

/// What a device said to a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answered {
    /// It answered.
    Yes,
    /// It refused.
    No,
    /// Nothing, so far as anybody knows.
    Nothing,
}

/// See the module.
pub struct Courier {
    dispatch: Arc<Dispatch>,
    road: Arc<dyn Road>,
    clock: fn() -> Timestamp,
    /// Sources whose commands wait, or are being carried. One whose commands were all given up meanwhile stays until its
    /// device comes.
    rounds: Mutex<HashMap<SourceId, Round>>,
    /// A round has ended.
    ended: Notify,
    stopping: watch::Sender<bool>,
    runtime: Handle,
}

/// How it stands with the commands of one source.
#[derive(Clone, Copy, Default)]
struct Round {
    /// Somebody carries them.
    is_under_way: bool,
    /// Something has changed since that one looked.
    again: bool,
}

/// How a round ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing waits any more.
    AllGone,
    /// The rest waits for another time.
    SomeLeft,
    /// The rest waits for others, who are done soon.
    Held,
}

/// What came of one command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is done with, one way or another.
    Done,
    /// It has to wait, and what comes after it, for the round to end so.
    Waits(End),
}

impl Courier {
    /// Starts, with what was kept before. Call it before devices can connect, on a tokio runtime; then have it asked by
    /// [`Self::reachable`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(
        dispatch: Arc<Dispatch>,
        road: Arc<dyn Road>,
        clock: fn() -> Timestamp,
    ) -> Result<Arc<Self>, StoreError> {
        let waiting = dispatch.sources_with_waiting_commands().await?;
        let courier = Arc::new(Self {
            road,
            clock,
            rounds: Mutex::new(waiting.into_iter().map(|source| (source, Round::default())).collect()),
            ended: Notify::new(),
            stopping: watch::Sender::new(false),
            runtime: Handle::current(),
            dispatch,
        });
        let ear: Weak<Self> = Arc::downgrade(&courier);
        courier.dispatch.on_event(Box::new(move |event| {
            if let (DispatchEvent::Queued { source }, Some(courier)) = (event, ear.upgrade()) {
                courier.begin(*source, Some(Round::default()));
            }
        }));
        Ok(courier)
    }

    /// The device of a source can be sent something now. True if a command waits for it, and is on its way.
    pub fn reachable(self: &Arc<Self>, source: SourceId) -> bool {
        self.begin(source, None)
    }

    /// Lets what is on its way be settled, and begins nothing more.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        loop {
            let ended = self.ended.notified();
            if !self.lock().values().any(|round| round.is_under_way) {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SourceId, Round>> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a round is under way.
    #[cfg(test)]
    pub(crate) fn is_busy(&self) -> bool {
        self.lock().values().any(|round| round.is_under_way)
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Begins a round for a source, if anything waits for it or `new` says that something does.
    fn begin(self: &Arc<Self>, source: SourceId, new: Option<Round>) -> bool {
        if self.is_stopping() {
            return false;
        }
        // Those that were given up meanwhile are noticed without a look into the store.
        let all_given_up = new.is_none() && self.dispatch.summary(source).open_commands_count == 0;
        let mut rounds = self.lock();
        if all_given_up && rounds.get(&source).is_some_and(|round| !round.is_under_way) {
            rounds.remove(&source);
        }
        let round = match new {
            Some(new) => Some(rounds.entry(source).or_insert(new)),
            None => rounds.get_mut(&source),
        };
        let Some(round) = round else { return false };
        if std::mem::replace(&mut round.is_under_way, true) {
            round.again = true;
            return true;
        }
        drop(rounds);
        self.runtime.spawn(self.clone().go_round(source));
        true
    }

    async fn go_round(self: Arc<Self>, source: SourceId) {
        loop {
            // A store that fails says so elsewhere. What waits there waits for the next time.
            let end = self.carry_all(source).await.unwrap_or(End::SomeLeft);
            if end == End::Held && self.pause().await {
                continue;
            }
            let mut rounds = self.lock();
            let Some(round) = rounds.get_mut(&source) else { break };
            if std::mem::take(&mut round.again) && !self.is_stopping() {
                continue;
            }
            round.is_under_way = false;
            if end == End::AllGone {
                rounds.remove(&source);
            }
            break;
        }
        self.ended.notify_waiters();
    }

    /// Carries what waits for a source, oldest first, until the device cannot be reached.
    async fn carry_all(&self, source: SourceId) -> Result<End, StoreError> {
        let open = self.dispatch.open_commands(source).await?;
        for row in open.into_iter().filter(|row| row.state == CommandState::Queued) {
            if self.is_stopping() || !self.road.is_up(source) {
                return Ok(End::SomeLeft);
            }
            if let Outcome::Waits(end) = self.carry(row).await? {
                return Ok(end);
            }
        }
        Ok(End::AllGone)
    }

    /// Lets others have the way for a while. False if the server is to end.
    async fn pause(&self) -> bool {
        let mut stopping = self.stopping.subscribe();
        let stopped = stopping.wait_for(|is_stopping| *is_stopping);
        tokio::time::timeout(BUSY_PAUSE, stopped).await.is_err()
    }

    /// Carries one command.
    async fn carry(&self, row: CommandRow) -> Result<Outcome, StoreError> {
        let CommandRow { id, source, command, .. } = row;
        if !self.dispatch.take_out(id, (self.clock)()).await? {
            // Withdrawn, or its time is over.
            return Ok(Outcome::Done);
        }
        let to = match self.road.carry(source, command).await {
            not_sent @ (Carried::NotSent | Carried::Busy) => {
                self.dispatch.put_back(id, (self.clock)()).await?;
                return Ok(Outcome::Waits(if matches!(not_sent, Carried::Busy) { End::Held } else { End::SomeLeft }));
            }
            Carried::Impossible => CommandState::Failed,
            Carried::Sent(answer) => match self.wait_for(answer).await {
                Answered::Yes => CommandState::Confirmed,
                Answered::No => CommandState::Failed,
                // It stays sent until its time is over.
                Answered::Nothing => return Ok(Outcome::Done),
            },
        };
        match self.dispatch.advance_command(id, to, (self.clock)()).await {
            Ok(_) | Err(AdvanceError::NotFound) => Ok(Outcome::Done),
            Err(AdvanceError::Failed(error)) => Err(error),
        }
    }

    /// The answer, or nothing if the server is to end before.
    async fn wait_for(&self, answer: Going<Answered>) -> Answered {
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            biased;
            answered = answer => answered,
            _ = stopping.wait_for(|is_stopping| *is_stopping) => Answered::Nothing,
        }
    }
}
