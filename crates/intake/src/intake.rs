//! What the gateway calls.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use fleet::Fleet;
use model::{DeviceId, SourceId, Timestamp};
use protocols::Reject;

use crate::metrics::IntakeMetrics;
use crate::options::IntakeOptions;
use crate::queue::{Drain, Inlet, Weigh, queue};
use crate::unknown::{UnknownDevice, UnknownDevices};

/// A device that is not registered says who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Knock {
    /// What it calls itself.
    pub id: DeviceId,
    /// The protocol that it speaks: the family's name.
    pub protocol: &'static str,
    /// Where it is.
    pub peer: SocketAddr,
    /// When.
    pub at: Timestamp,
}

/// What to do with a device that knocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Knocked {
    /// It is not let in.
    Refused,
    /// It is registered now: to be looked up again.
    Adopted,
}

/// A frame that could not be used, wholly or in part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// Whose it is, if it was said.
    pub device: Option<DeviceId>,
    /// The source of that device, if it is registered.
    pub source: Option<SourceId>,
    /// The protocol spoken: the family's name.
    pub protocol: &'static str,
    /// How it came: `tcp`, `udp`, `http` or `mqtt`.
    pub transport: &'static str,
    /// From where.
    pub peer: SocketAddr,
    /// When.
    pub at: Timestamp,
    /// The frame. Without bytes, as further faults of one frame come, it is only counted.
    pub frame: Vec<u8>,
    /// Where in what its connection said the fault lies, in bytes from the first.
    pub offset: u64,
    /// What is wrong.
    pub reason: Reject,
    /// Nothing was lost: it is only counted.
    pub forgiven: bool,
}

impl Weigh for Rejected {
    fn bytes(&self) -> usize {
        self.frame.len()
    }
}

/// Why the intake does not open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IntakeError {
    /// The system gives no thread.
    System,
}

impl fmt::Display for IntakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("the system gives no thread"),
        }
    }
}

impl std::error::Error for IntakeError {}

/// Empties the queue.
fn keep(mut drain: Drain<Rejected>) {
    let mut frames = Vec::new();
    while drain.take(&mut frames, 64) {
        frames.clear();
    }
}

/// Devices and frames that nobody can use yet.
pub struct Intake {
    fleet: Arc<Fleet>,
    metrics: IntakeMetrics,
    unknown: Mutex<UnknownDevices>,
    rejected: Inlet<Rejected>,
}

impl Intake {
    /// For the devices of this fleet. The data folder must exist.
    ///
    /// # Errors
    /// See [`IntakeError`].
    #[expect(clippy::unused_async, reason = "the store is opened here next")]
    pub async fn open(
        _data_dir: &Path,
        fleet: Arc<Fleet>,
        options: IntakeOptions,
        metrics: IntakeMetrics,
    ) -> Result<Arc<Self>, IntakeError> {
        let (rejected, drain) = queue(options.queue_frames_max, options.queue_bytes_max);
        thread::Builder::new()
            .name("quarantine".to_owned())
            .spawn(move || keep(drain))
            .map_err(|_| IntakeError::System)?;
        let unknown = Mutex::new(UnknownDevices::new(options.unknown_max));
        Ok(Arc::new(Self { fleet, metrics, unknown, rejected }))
    }

    /// A device that is not registered knocked. Answers what to do.
    #[expect(clippy::unused_async, reason = "adoption waits for the catalog")]
    pub async fn unknown(&self, knock: Knock) -> Knocked {
        let mut unknown = self.list();
        unknown.note(&knock.id, knock.protocol, knock.peer, knock.at);
        self.note_unknown(unknown.len());
        Knocked::Refused
    }

    /// A frame that could not be used, wholly or in part. Never blocks: what finds no room is dropped and counted.
    pub fn reject(&self, frame: Rejected) {
        self.metrics.fault(frame.protocol, frame.reason.kind()).inc();
        if !frame.forgiven && !frame.frame.is_empty() && !self.rejected.put(frame) {
            self.metrics.dropped.inc();
        }
    }

    /// The devices that knocked and are not registered, who was heard last first.
    pub fn unknown_devices(&self) -> Vec<UnknownDevice> {
        let mut unknown = self.list();
        let list = unknown.list(|device| self.fleet.device(device.id.as_str()).is_none());
        self.note_unknown(list.len());
        list
    }

    fn list(&self) -> MutexGuard<'_, UnknownDevices> {
        // Nothing that runs under the lock panics; if it did, what is there is still the best there is.
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_unknown(&self, count: usize) {
        self.metrics.unknown.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
