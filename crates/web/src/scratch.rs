//! One read buffer and one write buffer a thread, borrowed for the length of a turn, so that an idle connection
//! holds none.

use std::cell::RefCell;

/// How much is read in one turn at most.
pub const SCRATCH_BYTES: usize = 64 * 1024;

/// A write buffer that grew beyond this (an answer of many thousand states) is given back after its turn.
const KEPT_WRITE_BYTES: usize = 16 * 1024 * 1024;

thread_local! {
    static SCRATCH: RefCell<(Vec<u8>, Vec<u8>)> = RefCell::new((vec![0; SCRATCH_BYTES], Vec::new()));
}

/// Lends this thread's read buffer (of [`SCRATCH_BYTES`]) and its empty write buffer. Not to be nested.
pub fn with_scratch<R>(turn: impl FnOnce(&mut [u8], &mut Vec<u8>) -> R) -> R {
    SCRATCH.with(|cell| {
        let (read, write) = &mut *cell.borrow_mut();
        write.clear();
        let result = turn(read, write);
        if write.capacity() > KEPT_WRITE_BYTES {
            *write = Vec::new();
        }
        result
    })
}
