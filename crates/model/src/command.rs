//! What a device can be told to do.

/// A command to a device, before any protocol has given it its form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// A text in the device's own language.
    Text(String),
    /// Bytes in the device's own protocol.
    Bytes(Vec<u8>),
    /// A digital output is to be switched.
    Output {
        /// Which, counted from 1.
        number: u8,
        /// Whether it is to be on.
        on: bool,
    },
}

/// What the device is sent while it is connected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// A command.
    Do(Command),
    /// It is asked for the levels of its inputs and outputs. Never kept for later: the answer is about now.
    ReadLevels,
    /// It is asked where it is now.
    Locate,
    /// The engine is to be cut off, or let run again, as devices of the family are usually wired.
    Engine {
        /// Whether it may run.
        on: bool,
    },
    /// It is to report this often.
    Interval {
        /// Seconds from report to report.
        every_s: u32,
    },
    /// It is to start anew.
    Restart,
    /// Its alarm is to be armed or disarmed.
    Arm {
        /// Whether it is to be armed.
        on: bool,
    },
}

/// What a device answered to a command.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CommandReply {
    /// In words, as far as it is text.
    pub text: String,
    /// Number and value of each input and output that it told of, in the order of numbers.
    pub lines: Vec<(u16, f64)>,
}

impl Command {
    /// How much the device is to be sent, before any framing; 0 for an output.
    pub fn bytes_len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Output { .. } => 0,
        }
    }
}

/// How far a command has come. Its numbers are what stores keep.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum CommandState {
    /// Waits for its device.
    #[default]
    Queued = 0,
    /// Was written to the device's connection.
    Sent = 1,
    /// The device has answered it.
    Confirmed = 2,
    /// The device refused it, could not be sent it, or somebody withdrew it.
    Failed = 3,
    /// Its time was over before the device answered.
    Expired = 4,
}

impl CommandState {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Sent, Self::Confirmed, Self::Failed, Self::Expired];

    /// The state with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether something is still to come of the command.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Sent)
    }

    /// The state after a report that the command is now `to`; `None` where it stays as it is. Only an open command
    /// moves, and no report puts it back into the queue. An answer may overtake the note that the command was sent.
    pub fn next(self, to: Self) -> Option<Self> {
        (self.is_open() && to != Self::Queued && to != self).then_some(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_open_commands_move_and_never_back() {
        for from in CommandState::ALL {
            for to in CommandState::ALL {
                let reachable: &[u8] = match from {
                    CommandState::Queued => &[1, 2, 3, 4],
                    CommandState::Sent => &[2, 3, 4],
                    _ => &[],
                };
                let expected = reachable.contains(&to.number()).then_some(to);
                assert_eq!(from.next(to), expected, "{from:?} to {to:?}");
            }
            assert_eq!(CommandState::from_number(from.number()), Some(from));
        }
        assert_eq!(CommandState::from_number(5), None);
    }
}
