//! One client that takes as many batches as it can get.

use std::time::{Duration, Instant};

use anyhow::Result;
use memchr::memmem::Finder;
use serde_json::json;

use super::link::Poller;
use super::meter::Meter;
use super::watcher::{READ_BYTES, Watcher};
use super::{AgainWork, Order, Outcome};

/// Requests under way at a time, so that the server never waits for one.
const UNDER_WAY: u64 = 4;

pub(super) fn run(order: &Order, work: &AgainWork) -> Result<Outcome> {
    let format = if work.compact { "compact" } else { "full" };
    let request = json!({"type": "state_batch", "target": {"type": "all"}, "rate_limit": "100ms", "format": format});
    let subscribe = json!({"action": "subscribe", "hash": work.hash, "requests": [request]}).to_string();
    let batch = Finder::new("\"event\":\"state_batch\"");
    let mut poller = Poller::new()?;
    let mut watcher = Watcher::open(work.http)?;
    poller.add(&watcher.link, 0)?;
    for _ in 0..UNDER_WAY {
        watcher.say(&subscribe)?;
    }
    let mut buffer = vec![0; READ_BYTES];
    let mut meter = Meter::start(order)?;
    let wait = if order.pinned { Duration::ZERO } else { Duration::from_millis(1) };
    while meter.goes_on(Instant::now())? {
        if poller.wait(wait)?.next().is_none() {
            continue;
        }
        let mut batches = 0;
        let count = watcher.read(&mut buffer, |message| {
            // The event's name stands at the beginning of a message.
            batches += u64::from(batch.find(&message[..message.len().min(64)]).is_some());
        })?;
        meter.received_bytes += count as u64;
        meter.reports += batches;
        meter.delivered += batches * work.trackers;
        for _ in 0..batches {
            watcher.say(&subscribe)?;
        }
    }
    Ok(meter.outcome())
}
