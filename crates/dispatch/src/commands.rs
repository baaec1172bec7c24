//! Commands that wait for a device, or for its answer.

use model::{Command, CommandId, CommandState, SourceId, Timestamp};
use storage::dispatch::{CommandRow, NewCommand, StoreError};

use crate::dispatch::Dispatch;
use crate::error::{AdvanceError, QueueError};
use crate::events::DispatchEvent;
use crate::line::Desk;

impl Dispatch {
    /// Takes in a command for the device of a source, to be sent when the device can be reached. It is given up
    /// after [`crate::DispatchOptions::command_lifetime_s`].
    pub async fn queue(&self, source: SourceId, command: Command, now: Timestamp) -> Result<CommandId, QueueError> {
        self.queue_until(source, command, Timestamp::MAX, now).await
    }

    /// The same of a command that is given up earlier.
    pub async fn queue_until(
        &self,
        source: SourceId,
        command: Command,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<CommandId, QueueError> {
        let is_output = matches!(command, Command::Output { .. });
        match command.bytes_len() {
            0 if !is_output => return Err(QueueError::Empty),
            n if n > self.options.command_bytes_max => return Err(QueueError::TooLong),
            _ => {}
        }
        let expires = expires.min(now.plus_ms(i64::from(self.options.command_lifetime_s) * 1_000));
        let command = NewCommand { source, command, submitted: now, expires };
        let open_max = self.options.open_commands_per_source_max;
        self.write(move |desk| {
            if desk.tables.summary(source)?.open_commands_count >= open_max {
                return Ok(None);
            }
            desk.touch(source);
            desk.tell(DispatchEvent::Queued { source });
            desk.tables.add_command(&command).map(Some)
        })
        .await?
        .ok_or(QueueError::Full)
    }

    /// Commands of a source that wait for its device or its answer, oldest first.
    pub async fn open_commands(&self, source: SourceId) -> Result<Vec<CommandRow>, StoreError> {
        // Asked at every login of a device, and hardly any has commands waiting.
        if self.summary(source).open_commands_count == 0 {
            return Ok(Vec::new());
        }
        // More only where the option was lowered since.
        self.read(move |desk| desk.tables.open_commands(source, usize::MAX)).await
    }

    /// The command with this id.
    pub async fn command(&self, id: CommandId) -> Result<Option<CommandRow>, StoreError> {
        self.read(move |desk| desk.tables.command(id)).await
    }

    /// Notes how far a command has come: sent, confirmed or failed. True if that was a step forward
    /// ([`CommandState::next`]); otherwise nothing is changed.
    pub async fn advance_command(&self, id: CommandId, to: CommandState, now: Timestamp) -> Result<bool, AdvanceError> {
        let moved = self.write(move |desk| {
            let command = desk.tables.command(id)?;
            command.map(|command| advance(desk, &command, to, now)).transpose()
        });
        moved.await?.ok_or(AdvanceError::NotFound)
    }

    /// Takes a waiting command out to be sent: from here on it counts as sent. True if it was waiting and its time is
    /// not over.
    pub(crate) async fn take_out(&self, id: CommandId, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |desk| {
            let waits = |command: &CommandRow| command.state == CommandState::Queued && command.expires > now;
            match desk.tables.command(id)?.filter(waits) {
                Some(command) => advance(desk, &command, CommandState::Sent, now),
                None => Ok(false),
            }
        })
        .await
    }

    /// Puts a command back that was taken out and was not sent after all, so that it waits again.
    pub(crate) async fn put_back(&self, id: CommandId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |desk| {
            if let Some(command) = desk.tables.command(id)?.filter(|command| command.state == CommandState::Sent) {
                desk.tables.set_command_state(id, CommandState::Queued, now)?;
                desk.touch(command.source);
            }
            Ok(())
        })
        .await
    }

    /// The sources for whose devices commands wait.
    pub(crate) async fn sources_with_waiting_commands(&self) -> Result<Vec<SourceId>, StoreError> {
        self.read(|desk| {
            let mut found = Vec::new();
            for (source, summary) in desk.tables.summaries()? {
                let waits = |command: &CommandRow| command.state == CommandState::Queued;
                if summary.open_commands_count > 0 && desk.tables.open_commands(source, usize::MAX)?.iter().any(waits) {
                    found.push(source);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Gives up all commands of a source that wait for its device or its answer. Returns how many there were.
    pub async fn withdraw_commands(&self, source: SourceId, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |desk| {
            let open = desk.tables.open_commands(source, usize::MAX)?;
            for command in &open {
                advance(desk, command, CommandState::Failed, now)?;
            }
            Ok(open.len())
        })
        .await
    }
}

/// Moves a command on, if that is a step forward.
pub(crate) fn advance(
    desk: &Desk<'_>,
    command: &CommandRow,
    to: CommandState,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(state) = command.state.next(to) else { return Ok(false) };
    desk.tables.set_command_state(command.id, state, now)?;
    desk.touch(command.source);
    Ok(true)
}
