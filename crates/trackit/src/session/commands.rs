//! Commands under way, of all sockets together: one that is sent again is the same command, and a device is not sent
//! too many.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{MS_PER_SECOND, SourceId, Timestamp, TrackerId, UserId};
use tokio::sync::watch;

use crate::errors::NotSent;
use crate::options::TrackitOptions;

const MINUTE_MS: i64 = 60_000;

/// What makes a command the one it is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CommandKey {
    pub(crate) user: UserId,
    pub(crate) tracker: TrackerId,
    /// The client's id for it.
    pub(crate) id: String,
}

/// Whether a command was written to its device, once that is known.
pub(crate) type Outcome = Option<Result<(), NotSent>>;

/// What is to be done with a command.
pub(crate) enum Begun {
    /// It is to be sent, and this told what becomes of it.
    New(watch::Sender<Outcome>),
    /// It was sent, or is on its way: it is only to be answered again, by what this says.
    Again(watch::Receiver<Outcome>),
}

/// Commands under way.
pub(crate) struct Commands {
    per_minute_max: usize,
    repeat_ms: i64,
    under_way_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    under_way: HashMap<CommandKey, UnderWay>,
    /// When each device was sent commands, oldest first.
    sent: HashMap<SourceId, VecDeque<Timestamp>>,
}

struct UnderWay {
    since: Timestamp,
    outcome: watch::Receiver<Outcome>,
}

impl Commands {
    pub(crate) fn new(options: &TrackitOptions) -> Self {
        Self {
            per_minute_max: options.commands_per_device_per_minute_max,
            repeat_ms: i64::from(options.command_repeat_s) * MS_PER_SECOND,
            under_way_max: options.commands_under_way_max,
            inner: Mutex::default(),
        }
    }

    /// A client asks for a command.
    pub(crate) fn begin(&self, key: &CommandKey, source: SourceId, now: Timestamp) -> Result<Begun, NotSent> {
        let mut inner = self.lock();
        let is_fresh = |since: Timestamp| (0..self.repeat_ms).contains(&now.since_ms(since));
        if let Some(earlier) = inner.under_way.get(key).filter(|earlier| is_fresh(earlier.since)) {
            return Ok(Begun::Again(earlier.outcome.clone()));
        }
        if inner.under_way.len() >= self.under_way_max {
            inner.under_way.retain(|_, earlier| is_fresh(earlier.since));
        }
        if inner.under_way.len() >= self.under_way_max {
            return Err(NotSent::Busy);
        }
        // As many devices as have commands under way, and those of the last minute: swept when there are many more.
        if inner.sent.len() >= self.under_way_max {
            inner.sent.retain(|_, times| {
                drop_old(times, now);
                !times.is_empty()
            });
        }
        let times = inner.sent.entry(source).or_default();
        drop_old(times, now);
        if times.len() >= self.per_minute_max {
            return Err(NotSent::RateLimited);
        }
        times.push_back(now);
        let (sender, outcome) = watch::channel(None);
        inner.under_way.insert(key.clone(), UnderWay { since: now, outcome });
        Ok(Begun::New(sender))
    }

    /// The one that was begun then never reached the device, and does not count.
    pub(crate) fn failed(&self, key: &CommandKey, source: SourceId, since: Timestamp) {
        self.over(key, since);
        if let Some(times) = self.lock().sent.get_mut(&source)
            && let Some(at) = times.iter().position(|time| *time == since)
        {
            times.remove(at);
        }
    }

    /// Nothing more comes of the one that was begun then. A later one of the same id goes on.
    pub(crate) fn over(&self, key: &CommandKey, since: Timestamp) {
        let mut inner = self.lock();
        if inner.under_way.get(key).is_some_and(|command| command.since == since) {
            inner.under_way.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn drop_old(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    while times.front().is_some_and(|at| !(0..MINUTE_MS).contains(&now.since_ms(*at))) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAN: SourceId = SourceId(1);

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_000_000 + s).expect("in range")
    }

    fn key(id: &str) -> CommandKey {
        CommandKey { user: UserId(1), tracker: TrackerId(1001), id: id.to_owned() }
    }

    /// Whether it is new, or why it is not sent.
    fn begin(commands: &Commands, key: &CommandKey, source: SourceId, s: i64) -> Result<bool, NotSent> {
        commands.begin(key, source, at(s)).map(|begun| matches!(begun, Begun::New(_)))
    }

    #[test]
    fn a_command_that_is_under_way_is_not_sent_again() {
        let commands = Commands::new(&TrackitOptions::default());
        let Ok(Begun::New(outcome)) = commands.begin(&key("a"), VAN, at(0)) else { panic!("it is new") };
        let Ok(Begun::Again(again)) = commands.begin(&key("a"), VAN, at(1)) else { panic!("it is not") };
        assert_eq!(*again.borrow(), None);
        outcome.send_replace(Some(Ok(())));
        assert_eq!(*again.borrow(), Some(Ok(())));
        let other = CommandKey { user: UserId(2), ..key("a") };
        assert_eq!(begin(&commands, &other, VAN, 2), Ok(true), "another user's");
        commands.over(&key("a"), at(0));
        assert_eq!(begin(&commands, &key("a"), VAN, 3), Ok(true), "it was answered");
        assert_eq!(begin(&commands, &key("a"), VAN, 62), Ok(false));
        assert_eq!(begin(&commands, &key("a"), VAN, 63), Ok(true), "too long ago");
        commands.over(&key("a"), at(3));
        assert_eq!(begin(&commands, &key("a"), VAN, 64), Ok(false), "the earlier one's end is not the later one's");
    }

    #[test]
    fn a_device_is_sent_so_many_a_minute() {
        let commands = Commands::new(&TrackitOptions::default());
        for n in 0..6 {
            assert_eq!(begin(&commands, &key(&n.to_string()), VAN, n), Ok(true));
        }
        assert_eq!(begin(&commands, &key("6"), VAN, 6), Err(NotSent::RateLimited));
        assert_eq!(begin(&commands, &key("6"), SourceId(2), 6), Ok(true), "another device");
        commands.failed(&key("3"), VAN, at(3));
        assert_eq!(begin(&commands, &key("7"), VAN, 7), Ok(true), "what was not sent does not count");
        assert_eq!(begin(&commands, &key("8"), VAN, 59), Err(NotSent::RateLimited));
        assert_eq!(begin(&commands, &key("8"), VAN, 60), Ok(true));
    }

    #[test]
    fn the_table_is_bounded() {
        let options = TrackitOptions {
            commands_under_way_max: 2,
            commands_per_device_per_minute_max: 9,
            ..TrackitOptions::default()
        };
        let commands = Commands::new(&options);
        assert_eq!(begin(&commands, &key("a"), VAN, 0), Ok(true));
        assert_eq!(begin(&commands, &key("b"), VAN, 0), Ok(true));
        assert_eq!(begin(&commands, &key("c"), VAN, 0), Err(NotSent::Busy));
        assert_eq!(begin(&commands, &key("c"), VAN, 60), Ok(true), "what is long over makes room");
    }
}
