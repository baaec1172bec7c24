//! Keeps what the engine holds in memory within bounds.
//!
//! Left to itself, the engine asks its worker to swap a full memtable for an empty one, and asks again with every
//! commit until that is done. While the worker is busy merging files, a memtable grows past its limit and the
//! requests fill the worker's queue; a worker that then has to queue the write-out waits for itself, for ever. So the
//! writer swaps memtables, at their limit, and waits until there is room for another.

use std::thread;
use std::time::Duration;

use fjall::{AbstractTree, Database, Keyspace, PersistMode};

use super::super::JournalError;

/// Full memtables of a keyspace that wait to be written out. With one more the engine would hold up the writer itself,
/// without noticing that its worker has failed.
const WAITING_MAX: usize = 2;

/// How long the writer sleeps while it waits for room.
const PAUSE: Duration = Duration::from_millis(2);

/// Swaps the memtable of a keyspace if it has reached its limit.
pub(super) fn make_room(db: &Database, keyspace: &Keyspace, memtable_bytes_max: u64) -> Result<(), JournalError> {
    if keyspace.tree.active_memtable().size() < memtable_bytes_max {
        return Ok(());
    }
    while keyspace.sealed_memtable_count() > WAITING_MAX {
        // Writes nothing: it tells whether the worker has failed.
        db.persist(PersistMode::Buffer)?;
        thread::sleep(PAUSE);
    }
    keyspace.rotate_memtable()?;
    Ok(())
}
