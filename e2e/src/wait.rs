//! Waiting for a condition, never for time.

use std::time::{Duration, Instant};

/// How long anything that should happen at once may take on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// Pause between two looks at a condition that announces itself in no other way.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Looks until `look` finds something; panics with `what` when the deadline passes first.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    poll(DEADLINE, look).unwrap_or_else(|| panic!("not seen within {} s: {what}", DEADLINE.as_secs()))
}

/// Looks until `look` finds something or the time is over.
pub fn poll<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
