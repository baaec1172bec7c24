//! Clients that watch, and updates for them to see.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use model::Timestamp;

use super::super::usage::Usage;
use super::link::Poller;
use super::meter::Meter;
use super::publisher::{Publisher, SEQ_MAX};
use super::watcher::{READ_BYTES, Reader, Watcher};
use super::{FanoutWork, Order, Outcome, Pace, Share};

/// The ids of the publisher's connections begin here.
const PUBLISHER_IDS: usize = 1 << 20;
/// Neighbours in time are never neighbours in a subscription.
const STRIDE: u64 = 7_919;
/// Updates for which nothing comes for so long are given up.
const STALL: Duration = Duration::from_secs(1);
/// Updates put at a time before looking at what has come.
const BURST: u32 = 128;
/// How long the server settles after the last client has subscribed.
const SETTLE: Duration = Duration::from_secs(2);

struct Load<'a> {
    work: &'a FanoutWork,
    poller: Poller,
    watchers: Vec<Watcher>,
    publisher: Publisher,
    reader: Reader,
    meter: Meter,
    /// When the update of a number was sent, or due, in nanoseconds from `start`.
    sent_ns: Vec<u64>,
    start: Instant,
    /// Updates sent.
    seq: u64,
    /// Times that any were sent.
    turns: u64,
    /// Deliveries that have been made or given up.
    covered: u64,
    progress: (Instant, u64),
    buffer: Vec<u8>,
}

pub(super) fn run(order: &Order, work: &FanoutWork) -> Result<Outcome> {
    let before = Usage::of(order.server_pid)?;
    let mut poller = Poller::new()?;
    let mut watchers = Vec::with_capacity(work.clients);
    for id in 0..work.clients {
        let watcher = Watcher::connect(work, id)?;
        poller.add(&watcher.link, id)?;
        watchers.push(watcher);
    }
    let mut buffer = vec![0; READ_BYTES];
    // States at the time of subscribing are not what is measured.
    let settled = Instant::now() + SETTLE;
    while Instant::now() < settled {
        for id in poller.wait(Duration::from_millis(20))? {
            watchers[id].read(&mut buffer, |_| {})?;
        }
    }
    let after = Usage::of(order.server_pid)?;
    let publisher = Publisher::connect(work.ngp, &work.devices, &poller, PUBLISHER_IDS)?;
    let now = Instant::now();
    let mut load = Load {
        work,
        poller,
        watchers,
        publisher,
        reader: Reader::default(),
        meter: Meter::start(order)?,
        sent_ns: vec![0; SEQ_MAX as usize],
        start: now,
        seq: 0,
        turns: 0,
        covered: 0,
        progress: (now, 0),
        buffer,
    };
    let wait = if order.pinned && work.pace != Pace::Idle { Duration::ZERO } else { Duration::from_millis(1) };
    loop {
        let now = Instant::now();
        if !load.meter.goes_on(now)? {
            break;
        }
        load.publish(now)?;
        load.receive(wait)?;
    }
    let mut outcome = load.meter.outcome();
    outcome.burst = load.seq as f64 / load.turns.max(1) as f64;
    let grown_bytes = after.resident_bytes as f64 - before.resident_bytes as f64;
    outcome.resident_bytes_per_client = grown_bytes / work.clients.max(1) as f64;
    Ok(outcome)
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms_clamped(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Load<'_> {
    /// Clients that see each update.
    fn audience(&self) -> u64 {
        match self.work.share {
            Share::All | Share::Same => self.work.clients as u64,
            Share::Part | Share::Each => 1,
        }
    }

    /// Sends the updates whose time has come.
    fn publish(&mut self, now: Instant) -> Result<()> {
        let since_ns = (now - self.start).as_nanos() as u64;
        let time = wall();
        let before = self.seq;
        match self.work.pace {
            Pace::Idle => return Ok(()),
            Pace::Even { per_s, burst } => {
                // The first is due at once, and the updates of a burst together.
                let due = ((since_ns as f64 / 1e9 * per_s) as u64 / burst + 1) * burst;
                while self.seq < due {
                    let due_ns = (self.seq / burst * burst) as f64 * 1e9 / per_s;
                    if !self.put(due_ns as u64, time) {
                        break;
                    }
                }
            }
            Pace::Window(window) => {
                self.give_up_stalled(now);
                let audience = self.audience();
                let mut burst = BURST;
                while burst > 0 && self.seq * audience < self.covered + window * audience {
                    if !self.put(since_ns, time) {
                        break;
                    }
                    burst -= 1;
                }
            }
        }
        self.turns += u64::from(self.seq > before);
        Ok(self.publisher.flush()?)
    }

    fn put(&mut self, sent_ns: u64, time: Timestamp) -> bool {
        let next = self.seq + 1;
        let device = (next * STRIDE % self.work.devices.len() as u64) as usize;
        let done = self.publisher.put(device, next, time);
        if done {
            self.seq = next;
            self.sent_ns[(next % SEQ_MAX) as usize] = sent_ns;
            self.meter.reports += 1;
        }
        done
    }

    fn give_up_stalled(&mut self, now: Instant) {
        let outstanding = (self.seq * self.audience()).saturating_sub(self.covered);
        if self.covered != self.progress.1 || outstanding == 0 {
            self.progress = (now, self.covered);
        } else if now - self.progress.0 > STALL {
            self.covered += outstanding;
            self.meter.lost += outstanding;
        }
    }

    fn receive(&mut self, wait: Duration) -> Result<()> {
        let Self { work, poller, watchers, publisher, reader, meter, sent_ns, start, covered, buffer, .. } = self;
        // The newest value stands for those before it: a client of one tracker need not see each of them.
        let skips = work.share == Share::Same;
        for id in poller.wait(wait)? {
            let Some(watcher) = watchers.get_mut(id) else {
                publisher.read(id - PUBLISHER_IDS, buffer)?;
                continue;
            };
            let now_ns = start.elapsed().as_nanos() as u64;
            let mut newest = watcher.newest;
            let count = watcher.read(buffer, |message| {
                reader.read(message, |seq| {
                    meter.delivered += 1;
                    if !skips {
                        *covered += 1;
                    } else if seq > newest {
                        *covered += seq - newest;
                        newest = seq;
                    }
                    let sent = sent_ns.get(seq as usize).copied().unwrap_or(now_ns);
                    meter.delays.record(now_ns.saturating_sub(sent));
                });
            })?;
            watcher.newest = newest;
            meter.received_bytes += count as u64;
        }
        Ok(())
    }
}
