//! The tokio shell around the live core: takes reports in, makes them durable, folds them, tells who watches.
//!
//! The way of an upload: its reports are encoded and sorted by time; under the lock of their source repeats are
//! dropped, the rest get their places in the journal's queue, are folded, and are published. A writer thread commits
//! what has gathered in the queue; then the [`Receipt`] says that the upload may be acknowledged.
//!
//! Two orders are kept by one lock each: the entries of a source are queued in the order in which they are folded
//! (the lock of the source), and numbered in the order in which they are queued (the lock of the queue). A source's
//! lock may be held while the queue's or a connection's is taken, never the other way round. What followers are told is
//! numbered under a lock between a source's and a connection's.

mod changes;
mod connection;
mod engine;
mod feed;
mod ingest;
mod lifecycle;
mod links;
mod messages;
mod metrics;
mod missed;
mod options;
mod past;
mod reads;
mod recover;
mod snapshots;
mod source;
mod timers;
mod writer;

pub use connection::{Connection, Watch};
pub use engine::{Engine, EngineError, Outlet};
pub use feed::{KeptLimits, Missed};
pub use ingest::{Receipt, Refused};
pub use links::{Given, Link, LinkKind, NoReply, OrderError, OrderLimits, Ordered};
pub use messages::Messages;
pub use metrics::EngineMetrics;
pub use options::{BlockedReports, EngineOptions};
pub use past::{Past, PastHappened, PastRecords, Span};
pub use reads::{ReadError, ReadLimits};
pub use source::{Source, View};
/// What is read of the past: the port alone, so that who reads it knows no store.
pub use storage::journal::{Journal, JournalError, StoredReport, flag};
