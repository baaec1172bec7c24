//! What the gateway calls.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fleet::Fleet;
use model::{DeviceId, SourceId, Timestamp};
use protocols::Reject;
use storage::quarantine::{Fault, FrameId, FrameQuery, FrameRow, QuarantineError};

use crate::metrics::IntakeMetrics;
use crate::options::IntakeOptions;
use crate::quarantine::{Quarantine, note_used};
use crate::queue::Weigh;
use crate::rate::Rate;
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

/// How much of a frame is shown in a list, in bytes.
pub const LISTED_BYTES_MAX: usize = 64;

/// The span of time that adoptions are counted in.
const MINUTE_MS: i64 = 60_000;

/// Devices and frames that nobody can use yet.
pub struct Intake {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) quarantine: Quarantine,
    metrics: IntakeMetrics,
    unknown: Mutex<UnknownDevices>,
    adoptions: Rate,
    /// Held by whoever adopts.
    turn: tokio::sync::Mutex<()>,
}

impl Intake {
    /// For the devices of this fleet. The data folder must exist: `quarantine.db` in it is made when missing.
    ///
    /// # Errors
    /// When the file cannot be read or made, or was written by a newer server.
    pub async fn open(
        data_dir: &Path,
        fleet: Arc<Fleet>,
        options: IntakeOptions,
        metrics: IntakeMetrics,
    ) -> Result<Arc<Self>, QuarantineError> {
        let (unknown_max, adopted_max) = (options.unknown_max, options.adopted_per_minute_max);
        let (path, figures) = (data_dir.to_owned(), metrics.clone());
        let open = move || Quarantine::open(&path, &options, figures);
        let quarantine = tokio::task::spawn_blocking(open).await.map_err(|_| QuarantineError::Closed)??;
        let unknown = Mutex::new(UnknownDevices::new(unknown_max));
        let adoptions = Rate::new(adopted_max, MINUTE_MS);
        Ok(Arc::new(Self { fleet, quarantine, metrics, unknown, adoptions, turn: tokio::sync::Mutex::default() }))
    }

    /// A device that is not registered knocked. Answers what to do.
    pub async fn unknown(&self, knock: Knock) -> Knocked {
        if self.adopts(&knock).await {
            let mut unknown = self.list();
            unknown.take(&knock.id);
            self.note_unknown(unknown.len());
            return Knocked::Adopted;
        }
        let mut unknown = self.list();
        unknown.note(&knock.id, knock.protocol, knock.peer, knock.at);
        self.note_unknown(unknown.len());
        Knocked::Refused
    }

    /// Whether a device is registered now because somebody adopts such.
    async fn adopts(&self, knock: &Knock) -> bool {
        if !self.fleet.adoption().is_some_and(|adoption| adoption.takes(knock.protocol)) {
            return false;
        }
        // One after another, as the catalog takes them anyway: so a device that knocks several times at once is counted
        // once.
        let _turn = self.turn.lock().await;
        if self.is_registered(&knock.id) {
            return true;
        }
        if !self.adoptions.take(knock.at) {
            return false;
        }
        match self.fleet.adopt(&knock.id, knock.protocol, knock.at).await {
            Ok(()) => {
                self.metrics.adopted.inc();
                tracing::info!(device = %knock.id, protocol = knock.protocol, peer = %knock.peer, "device adopted");
                true
            }
            Err(error) => {
                tracing::debug!(device = %knock.id, protocol = knock.protocol, %error, "device not adopted");
                false
            }
        }
    }

    /// A frame that could not be used, wholly or in part. Never blocks: what finds no room is dropped and counted.
    pub fn reject(&self, frame: Rejected) {
        self.metrics.fault(frame.protocol, frame.reason.kind()).inc();
        if !frame.forgiven && !frame.frame.is_empty() && !self.quarantine.put(frame) {
            self.metrics.dropped.inc();
        }
    }

    /// The devices that knocked and are not registered, who was heard last first.
    pub fn unknown_devices(&self) -> Vec<UnknownDevice> {
        let mut unknown = self.list();
        let list = unknown.list(|device| !self.is_registered(&device.id));
        self.note_unknown(list.len());
        list
    }

    /// A device on that list.
    pub fn unknown_device(&self, id: &DeviceId) -> Option<UnknownDevice> {
        self.list().get(id).filter(|device| !self.is_registered(&device.id)).cloned()
    }

    /// Takes a device off that list, until it knocks again; whether it was on it.
    pub fn forget_unknown(&self, id: &DeviceId) -> bool {
        let mut unknown = self.list();
        let was_there = unknown.take(id).is_some();
        self.note_unknown(unknown.len());
        was_there
    }

    /// Up to `limit` of the frames in quarantine that a query asks for, each with its first `bytes_max` bytes.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn frames(
        &self,
        query: FrameQuery,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<FrameRow>, QuarantineError> {
        self.quarantine.frames(query, limit, bytes_max).await
    }

    /// Removes the frames in quarantine that a query asks for; how many there were.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove_frames(&self, query: FrameQuery) -> Result<u64, QuarantineError> {
        let (removed, used) = self.quarantine.remove(query).await?;
        note_used(&self.metrics, used);
        Ok(removed)
    }

    /// Removes frames from quarantine, and notes of others what is wrong with them now.
    ///
    /// # Errors
    /// When the store does not answer; nothing was changed then.
    pub async fn settle(&self, removed: Vec<FrameId>, faults: Vec<(FrameId, Fault)>) -> Result<(), QuarantineError> {
        note_used(&self.metrics, self.quarantine.settle(removed, faults).await?);
        Ok(())
    }

    fn is_registered(&self, id: &DeviceId) -> bool {
        self.fleet.device(id.as_str()).is_some()
    }

    fn list(&self) -> MutexGuard<'_, UnknownDevices> {
        // Nothing that runs under the lock panics; if it did, what is there is still the best there is.
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_unknown(&self, count: usize) {
        self.metrics.unknown.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
