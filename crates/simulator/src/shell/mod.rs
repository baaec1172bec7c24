//! Devices and fleets over real TCP connections. The one part of this crate that reads a clock.

mod connection;
mod load;
mod run;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Timestamp;

pub use self::connection::{Connection, Ended};
pub use self::load::{Counts, Course, DELAY_CLASSES_MS, Load, LoadOptions, Player, load};
pub use self::run::{Acknowledged, Running, ShellOptions, Watched, run};

/// The time of the machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_ms_clamped(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How long it is from now until `until`; nothing when that has passed.
fn until(until: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(until.since_ms(now())).unwrap_or(0))
}
