//! The fleet itself: opening it, listening to it, and looking things up in it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Sensor, SourceId, Timestamp, TrackerId, UserId};
use storage::catalog::{Catalog, CatalogError, SqliteCatalog};

use crate::basic::Credentials;
use crate::digest::DigestKey;
use crate::error::FleetError;
use crate::event::FleetEvent;
use crate::failures::LoginFailures;
use crate::memory::Memory;
use crate::options::FleetOptions;
use crate::password::Hashers;
use crate::sessions::Session;
use crate::values::{Access, Device, SourceInfo, Tracker, User};
use crate::writer::{Desk, Shared, Writer};
use crate::zone::Zone;

/// Users, sessions, trackers and devices. Reads are quick and never wait for a write to reach the disk; a write is
/// durable, in memory and told to the listeners when its future is ready.
pub struct Fleet {
    pub(crate) shared: Arc<Shared>,
    pub(crate) options: FleetOptions,
    pub(crate) default_zone: Arc<Zone>,
    pub(crate) key: DigestKey,
    pub(crate) hashers: Hashers,
    pub(crate) writer: Writer,
    failures: Mutex<LoginFailures>,
    credentials: Mutex<Credentials>,
    pub(crate) pairing_failures: Mutex<LoginFailures>,
}

impl Fleet {
    /// Opens the fleet of a data folder, which must exist: `catalog.db` and `session.key` in it are made when
    /// missing. Sessions whose time ran out while the server was down are ended, and old ones forgotten.
    ///
    /// # Errors
    /// When a file cannot be read or made, when the catalog was written by a newer server, or on options out of
    /// range.
    pub async fn open(data_dir: &Path, options: FleetOptions, now: Timestamp) -> Result<Arc<Self>, FleetError> {
        let path = data_dir.join("catalog.db");
        let open = move || -> Result<_, FleetError> {
            let mut catalog = SqliteCatalog::open(&path)?;
            let memory = Memory::load(catalog.load()?)?;
            Ok((catalog, memory))
        };
        let (catalog, memory) = tokio::task::spawn_blocking(open).await.map_err(|_| FleetError::System)??;
        Self::with_catalog(data_dir, Box::new(catalog), memory, options, now).await
    }

    /// On a catalog that was loaded into `memory`.
    pub(crate) async fn with_catalog(
        data_dir: &Path,
        catalog: Box<dyn Catalog>,
        memory: Memory,
        options: FleetOptions,
        now: Timestamp,
    ) -> Result<Arc<Self>, FleetError> {
        let default_zone = Zone::parse(&options.default_zone).map_err(|_| FleetError::DefaultZone)?;
        let failures = LoginFailures::new(options.login_failures_max, options.login_window_s, options.login_names_max);
        let pairing_failures = LoginFailures::new(options.pairing_failures_max, options.pairing_code_lifetime_s, 1);
        let shared = Arc::new(Shared::new(memory));
        let fleet = Arc::new(Self {
            key: DigestKey::open(data_dir)?,
            hashers: Hashers::new(&options)?,
            writer: Writer::start(Arc::clone(&shared), catalog, options.write_queue_max)?,
            failures: Mutex::new(failures),
            pairing_failures: Mutex::new(pairing_failures),
            credentials: Mutex::new(Credentials::new(options.basic_cache_s, options.basic_cache_max)),
            default_zone,
            shared,
            options,
        });
        fleet.expire(now).await?;
        Ok(fleet)
    }

    /// From now on calls `listener` for every event, in order, after memory has changed and before the future of the
    /// operation is ready. It runs on the writing thread: it must be quick, may read the fleet, and must neither
    /// wait for a write nor add listeners.
    pub fn on_event(&self, listener: Box<dyn Fn(&FleetEvent) + Send + Sync>) {
        self.shared.listen(listener);
    }

    /// The registered device with this id, compared exactly.
    pub fn device(&self, id: &str) -> Option<Device> {
        self.shared.memory().device(id)
    }

    /// All sources that are not removed, in the order of ids. Those of hidden trackers are among them: their devices
    /// go on reporting.
    pub fn sources(&self) -> Vec<SourceInfo> {
        let memory = self.shared.memory();
        memory.sources.values().filter(|s| !s.info.removed).map(|s| s.info.clone()).collect()
    }

    /// The source with this id, if it is not removed.
    pub fn source(&self, id: SourceId) -> Option<SourceInfo> {
        self.shared.memory().source(id).filter(|info| !info.removed).cloned()
    }

    /// What the attributes of a source mean, in the order of ids; empty when it has no sensors, or is not there.
    pub fn sensors(&self, id: SourceId) -> Arc<[Sensor]> {
        self.shared.memory().source(id).map(|info| Arc::clone(&info.sensors)).unwrap_or_default()
    }

    /// The user, if it is not removed.
    pub fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.shared.memory().user(id).filter(|user| !user.removed).map(Arc::clone)
    }

    /// The time zone of a user; UTC if there is none.
    pub fn zone(&self, user: UserId) -> Arc<Zone> {
        let memory = self.shared.memory();
        memory.user(user).map_or_else(Zone::utc, |user| Arc::clone(&user.preferences.zone))
    }

    /// What a session may see of a tracker.
    pub fn access(&self, session: &Session, tracker: TrackerId) -> Access {
        self.shared.memory().access(session, tracker)
    }

    /// The trackers that a session sees, in the order of ids: blocked ones too, hidden and removed ones not.
    pub fn trackers(&self, session: &Session) -> Vec<Arc<Tracker>> {
        self.shared.memory().trackers_seen(session).map(Arc::clone).collect()
    }

    /// A tracker that the session sees.
    pub fn tracker(&self, session: &Session, id: TrackerId) -> Option<Arc<Tracker>> {
        self.owned_tracker(session, id).filter(|t| t.is_visible())
    }

    /// Since when a tracker shows its source: what came before is another owner's.
    pub fn shown_since(&self, id: TrackerId) -> Option<Timestamp> {
        self.shared.memory().trackers.get(&id).map(|tracker| tracker.created)
    }

    /// Since when a source is its present owner's, who got it from another; `None` if it never changed hands.
    pub fn given_since(&self, source: SourceId) -> Option<Timestamp> {
        self.shared.memory().given_since(source)
    }

    /// A tracker of the session's, even if it is hidden or removed: to tell "no longer" from "never". What is not
    /// bound to a sub-user is none of its session's.
    pub fn owned_tracker(&self, session: &Session, id: TrackerId) -> Option<Arc<Tracker>> {
        self.shared.memory().tracker_of(session, id).map(Arc::clone)
    }

    pub(crate) fn failures(&self) -> MutexGuard<'_, LoginFailures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn credentials(&self) -> MutexGuard<'_, Credentials> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs an operation on the writing thread.
    pub(crate) async fn write<T, E>(
        &self,
        operation: impl FnOnce(&mut Desk) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<CatalogError> + Send + 'static,
    {
        self.writer.run(operation).await.unwrap_or_else(|closed| Err(closed.into()))
    }
}
