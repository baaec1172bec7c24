//! The catalog: accounts, users and sub-users, trackers, sources and sessions.
//!
//! [`Catalog`] is the port. It is small on purpose: whoever opens it reads everything once, keeps it in memory, and
//! hands in changes, a transaction at a time. [`SqliteCatalog`] keeps it in one file; a server that outgrows one
//! machine gets a sibling on PostgreSQL, and every engine has to pass the same contract tests.

mod error;
mod rows;
mod sqlite;
#[cfg(test)]
mod tests;

pub use error::CatalogError;
pub use rows::{
    AccountRow, Contents, EntityRow, SessionOwner, SessionPurpose, SessionRow, SourceRow, TrackerRow, UserRow, Write,
};
pub use sqlite::SqliteCatalog;

/// A store of the catalog. Calls block until the disk has answered: they belong on a thread of their own.
pub trait Catalog: Send {
    /// Everything it holds.
    fn load(&mut self) -> Result<Contents, CatalogError>;

    /// Makes all the changes in order, durably, or none of them. References must be in place: an account before its
    /// users, a master before its
    /// sub-users, a user and a source before their trackers, both before a binding, an owner before its sessions.
    fn commit(&mut self, writes: &[Write]) -> Result<(), CatalogError>;
}
