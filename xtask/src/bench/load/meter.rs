//! Counts over the time that is measured, and no other.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::super::histogram::Histogram;
use super::super::usage::{Usage, machine_busy_us};
use super::{Order, Outcome};

const WARM_UP: Duration = Duration::from_secs(1);

/// Where the measurement is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    WarmUp,
    Measured,
    Over,
}

pub(super) struct Meter {
    stage: Stage,
    /// When this stage ends.
    until: Instant,
    measured: Duration,
    server_pid: u32,
    start: Snapshot,
    /// Reports acknowledged, or updates sent, in all.
    pub(super) reports: u64,
    /// Events that reached clients, in all.
    pub(super) delivered: u64,
    /// Their bytes, in all.
    pub(super) received_bytes: u64,
    /// Updates given up, in all.
    pub(super) lost: u64,
    /// Delays of the time measured.
    pub(super) delays: Histogram,
    outcome: Outcome,
}

#[derive(Clone, Copy)]
struct Snapshot {
    at: Instant,
    reports: u64,
    delivered: u64,
    received_bytes: u64,
    server: Usage,
    load: Usage,
    busy_us: f64,
}

impl Meter {
    /// Begins to warm up.
    pub(super) fn start(order: &Order) -> Result<Self> {
        let now = Instant::now();
        Ok(Self {
            stage: Stage::WarmUp,
            until: now + WARM_UP,
            measured: Duration::from_secs(order.seconds.into()),
            server_pid: order.server_pid,
            start: Snapshot::take(now, order.server_pid, [0; 3])?,
            reports: 0,
            delivered: 0,
            received_bytes: 0,
            lost: 0,
            delays: Histogram::default(),
            outcome: Outcome::default(),
        })
    }

    /// To be called often. False when the time is over.
    pub(super) fn goes_on(&mut self, now: Instant) -> Result<bool> {
        if now < self.until {
            return Ok(true);
        }
        match self.stage {
            Stage::WarmUp => {
                self.stage = Stage::Measured;
                self.start = self.snapshot()?;
                self.delays.clear();
                self.until = self.start.at + self.measured;
                Ok(true)
            }
            Stage::Measured => {
                self.stage = Stage::Over;
                self.outcome = self.since_start()?;
                Ok(false)
            }
            Stage::Over => Ok(false),
        }
    }

    /// What was measured.
    pub(super) fn outcome(self) -> Outcome {
        self.outcome
    }

    fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::take(Instant::now(), self.server_pid, [self.reports, self.delivered, self.received_bytes])
    }

    fn since_start(&self) -> Result<Outcome> {
        let (start, end) = (self.start, self.snapshot()?);
        let seconds = (end.at - start.at).as_secs_f64();
        let server_cpu_us = end.server.cpu_us - start.server.cpu_us;
        let load_cpu_us = end.load.cpu_us - start.load.cpu_us;
        let others_us = end.busy_us - start.busy_us - server_cpu_us - load_cpu_us;
        Ok(Outcome {
            seconds,
            reports: end.reports - start.reports,
            delivered: end.delivered - start.delivered,
            received_bytes: end.received_bytes - start.received_bytes,
            server_cpu_us,
            resident_bytes: end.server.resident_bytes,
            resident_bytes_per_client: 0.0,
            load_cores: load_cpu_us / 1e6 / seconds,
            other_cores: (others_us / 1e6 / seconds).max(0.0),
            p50_us: self.delays.quantile_us(0.5),
            p99_us: self.delays.quantile_us(0.99),
            p999_us: self.delays.quantile_us(0.999),
            lost: self.lost,
            burst: 0.0,
        })
    }
}

impl Snapshot {
    fn take(at: Instant, server_pid: u32, counts: [u64; 3]) -> Result<Self> {
        let [reports, delivered, received_bytes] = counts;
        let (server, load) = (Usage::of(server_pid)?, Usage::of(std::process::id())?);
        Ok(Self { at, reports, delivered, received_bytes, server, load, busy_us: machine_busy_us()? })
    }
}
