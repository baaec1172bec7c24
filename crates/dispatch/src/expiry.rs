//! What time alone does to messages and commands.

use model::{CommandState, MS_PER_DAY, MS_PER_SECOND, MessageStatus, Timestamp};
use storage::dispatch::StoreError;

use crate::dispatch::Dispatch;
use crate::line::Desk;
use crate::options::DispatchOptions;
use crate::{chat, commands, driver};

/// How many rows of each kind one step looks at, so that no step holds up the writers for long.
const STEP_ROWS: usize = 100;

impl Dispatch {
    /// Gives up commands and messages that have waited too long, and removes what is kept long enough. In small
    /// steps: once a second is meant.
    pub async fn expire(&self, now: Timestamp) -> Result<(), StoreError> {
        let options = self.options.clone();
        self.write(move |desk| step(desk, &options, now)).await
    }
}

fn step(desk: &Desk<'_>, options: &DispatchOptions, now: Timestamp) -> Result<(), StoreError> {
    let tables = desk.tables;
    for command in tables.overdue_commands(now, STEP_ROWS)? {
        commands::advance(desk, &command, CommandState::Expired, now)?;
    }
    if let Some(before) = ago(now, options.message_lifetime_s, MS_PER_SECOND) {
        for message in tables.undelivered_since(before, STEP_ROWS)? {
            chat::advance(desk, &message, MessageStatus::Failed, now)?;
        }
    }
    if let Some(before) = ago(now, options.messages_kept_days, MS_PER_DAY) {
        for source in tables.remove_messages(before, STEP_ROWS)? {
            desk.touch(source);
        }
    }
    driver::expire(desk, options, now, STEP_ROWS)?;
    let kept_ms = i64::from(options.commands_kept_days) * MS_PER_DAY;
    tables.remove_commands(now.plus_ms(-kept_ms), STEP_ROWS)
}

/// The time that long ago; `None` where 0 stands for ever.
fn ago(now: Timestamp, n: u32, unit_ms: i64) -> Option<Timestamp> {
    (n > 0).then(|| now.plus_ms(-i64::from(n) * unit_ms))
}
