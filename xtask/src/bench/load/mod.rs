//! The load: one thread that does nothing but drive the server and count.

mod again;
mod fanout;
mod ingest;
mod link;
mod meter;
mod mixed;
mod publisher;
mod watcher;

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::server::{LOAD_CORE, pin};

/// What the load is to do, as JSON on standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The server's process.
    pub(crate) server_pid: u32,
    /// Seconds measured.
    pub(crate) seconds: u32,
    /// Keep to the load's core and never sleep: a load that sleeps charges its wake-ups to the server.
    pub(crate) pinned: bool,
    /// What to do.
    pub(crate) work: Work,
}

/// Kinds of load.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Teltonika units.
    Ingest(IngestWork),
    /// Units of any families.
    Mixed(MixedWork),
    /// WebSocket clients, and devices whose reports they see.
    Fanout(FanoutWork),
    /// One WebSocket client that takes as many batches as it can get.
    Again(AgainWork),
}

/// Teltonika units that send their next packet when the last is acknowledged.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct IngestWork {
    /// Where they connect.
    pub(crate) address: SocketAddr,
    /// One connection for each IMEI.
    pub(crate) imeis: Vec<String>,
    /// Records in a packet.
    pub(crate) records: u32,
}

/// Units that send their next reports when the last are acknowledged, or, where a family has no acknowledgements, when
/// a neighbour's are.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MixedWork {
    /// Where they connect.
    pub(crate) address: SocketAddr,
    /// Family and identifier of each.
    pub(crate) units: Vec<(String, String)>,
    /// Reports that a unit sends at a time.
    pub(crate) reports: u32,
}

/// Clients, and what they see.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FanoutWork {
    /// Where the clients connect.
    pub(crate) http: SocketAddr,
    /// Where the devices connect.
    pub(crate) ngp: SocketAddr,
    /// The clients' session.
    pub(crate) hash: String,
    /// The devices, in the order of `trackers`.
    pub(crate) devices: Vec<String>,
    /// The trackers.
    pub(crate) trackers: Vec<u32>,
    /// How many clients.
    pub(crate) clients: usize,
    /// What each of them subscribes to.
    pub(crate) share: Share,
    /// Whether they want batches, and how.
    pub(crate) batched: Option<Batched>,
    /// Whether they want compact states.
    pub(crate) compact: bool,
    /// How updates come.
    pub(crate) pace: Pace,
}

/// How often batches are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Batched {
    /// Milliseconds between two of them.
    pub(crate) rate_limit_ms: u32,
}

/// A client that subscribes to everything again and again, which each time brings the states of all trackers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AgainWork {
    /// Where it connects.
    pub(crate) http: SocketAddr,
    /// Its session.
    pub(crate) hash: String,
    /// How many states a batch holds.
    pub(crate) trackers: u64,
    /// Whether it wants compact states.
    pub(crate) compact: bool,
}

/// What a client subscribes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Share {
    /// Everything.
    All,
    /// A part of its own.
    Part,
    /// One tracker each, of which there may be fewer than clients.
    Each,
    /// The one that all others have, too; the only one that is updated.
    Same,
}

/// How updates come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Pace {
    /// Not at all.
    Idle,
    /// At most so many updates that not all clients have seen: what comes out is the sustainable rate.
    Window(u64),
    /// So many a second, evenly spaced, `burst` at a time; delays count from the time when an update was due.
    Even { per_s: f64, burst: u64 },
}

/// What came out, over the time measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The time measured.
    pub(crate) seconds: f64,
    /// Reports acknowledged, or updates sent.
    pub(crate) reports: u64,
    /// Events that reached clients.
    pub(crate) delivered: u64,
    /// Bytes that reached clients.
    pub(crate) received_bytes: u64,
    /// CPU time of the server.
    pub(crate) server_cpu_us: f64,
    /// Its resident memory at the end.
    pub(crate) resident_bytes: u64,
    /// How much of it each client's connection and subscription took.
    pub(crate) resident_bytes_per_client: f64,
    /// Cores that the load used.
    pub(crate) load_cores: f64,
    /// Cores that neither the load nor the server used: other programs.
    pub(crate) other_cores: f64,
    /// Half of the delays were no longer: packet to acknowledgement, or update to client.
    pub(crate) p50_us: f64,
    /// All but a hundredth of the delays were no longer.
    pub(crate) p99_us: f64,
    /// All but a thousandth of the delays were no longer.
    pub(crate) p999_us: f64,
    /// Updates that were given up because nothing came for a while.
    pub(crate) lost: u64,
    /// Updates sent at a time, on average.
    pub(crate) burst: f64,
}

impl Order {
    /// Has a process of its own do it.
    ///
    /// # Errors
    /// When the load fails; it says why on standard error.
    pub(crate) fn carry_out(&self) -> Result<Outcome> {
        let mut load = Command::new(std::env::current_exe()?);
        load.args(["bench", "load"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut load = load.spawn().context("the load does not start")?;
        serde_json::to_writer(load.stdin.take().context("no standard input")?, self)?;
        let output = load.wait_with_output()?;
        ensure!(output.status.success(), "the load failed");
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The process itself.
pub(crate) fn run() -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let order: Order = serde_json::from_str(&text)?;
    raise_file_limit()?;
    if order.pinned {
        pin(LOAD_CORE)?;
    }
    let outcome = match &order.work {
        Work::Ingest(work) => ingest::run(&order, work),
        Work::Mixed(work) => mixed::run(&order, work),
        Work::Fanout(work) => fanout::run(&order, work),
        Work::Again(work) => again::run(&order, work),
    }?;
    serde_json::to_writer(std::io::stdout(), &outcome)?;
    Ok(())
}

/// Each connection is a file descriptor.
fn raise_file_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}
