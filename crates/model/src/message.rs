//! How far a message between office and driver has come.

/// Status of a message to a driver. It only goes forward; its numbers are those of the wire protocol that shows all
/// of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(u8)]
pub enum MessageStatus {
    /// Taken in, not yet stored.
    #[default]
    Accepted = 0,
    /// Stored durably.
    Stored = 1,
    /// It will not reach the driver: it waited too long, or was refused.
    Failed = 2,
    /// Stored, and the driver's application is away.
    Pending = 3,
    /// The driver's application has it.
    Delivered = 4,
    /// The driver has read it.
    Read = 5,
}

impl MessageStatus {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Accepted, Self::Stored, Self::Failed, Self::Pending, Self::Delivered, Self::Read];

    /// The status with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether the driver's application has yet to get the message.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Accepted | Self::Stored | Self::Pending)
    }

    /// The status after a report that the message is now `to`; `None` where that is no step forward, and the message
    /// stays as it is. What has failed stays failed, and what was delivered cannot fail any more. Steps may be left
    /// out.
    pub fn next(self, to: Self) -> Option<Self> {
        let forward = match to {
            Self::Failed => self.is_waiting(),
            _ => self != Self::Failed && to > self,
        };
        forward.then_some(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_allowed_or_not_as_documented() {
        let forward = [(0, &[1, 2, 3, 4, 5][..]), (1, &[2, 3, 4, 5]), (2, &[]), (3, &[2, 4, 5]), (4, &[5]), (5, &[])];
        for (from, reachable) in forward {
            let from = MessageStatus::from_number(from).expect("a status");
            for to in MessageStatus::ALL {
                let expected = reachable.contains(&to.number()).then_some(to);
                assert_eq!(from.next(to), expected, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn numbers_read_back() {
        for status in MessageStatus::ALL {
            assert_eq!(MessageStatus::from_number(status.number()), Some(status));
        }
        assert_eq!(MessageStatus::from_number(6), None);
    }
}
