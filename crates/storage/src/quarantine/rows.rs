//! What the quarantine holds.

use std::fmt;

use model::{DeviceId, SourceId, Timestamp};

/// A frame in quarantine. Positive, and never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FrameId(pub u64);

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is wrong with a frame.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fault {
    /// Where in what its connection said the fault lies, in bytes from the first.
    pub offset: u64,
    /// What it is, in one word.
    pub kind: String,
    /// What it is, in words for people.
    pub reason: String,
}

/// A frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// When it came.
    pub at: Timestamp,
    /// The device that sent it, if it was said.
    pub device: Option<DeviceId>,
    /// The source of that device, if it was registered.
    pub source: Option<SourceId>,
    /// The protocol spoken: the family's name.
    pub protocol: String,
    /// How it came: `tcp`, `udp`, `http` or `mqtt`.
    pub transport: String,
    /// From where: address and port.
    pub peer: String,
    /// What is wrong with it.
    pub fault: Fault,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A frame that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameRow {
    /// Its id.
    pub id: FrameId,
    /// It, with as many of its bytes as were asked for.
    pub frame: Frame,
    /// How many bytes it has.
    pub size_bytes: u64,
}

/// Which frames are meant: those for which everything holds that is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FrameQuery {
    /// This one.
    pub id: Option<FrameId>,
    /// Those of this device.
    pub device: Option<DeviceId>,
    /// Those of this protocol.
    pub protocol: Option<String>,
    /// Those that came at this time or later.
    pub since: Option<Timestamp>,
    /// Those with a lower id.
    pub below: Option<FrameId>,
    /// Those with a higher id.
    pub above: Option<FrameId>,
    /// Oldest first; else newest first.
    pub ascending: bool,
}

/// How much is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeepMax {
    /// Frames in all.
    pub frames: u64,
    /// Bytes of frames in all.
    pub bytes: u64,
    /// How much of either one source may have, in percent. Frames of nobody registered count as those of one source.
    pub source_percent: u8,
}

impl KeepMax {
    /// What one source may have.
    pub(super) fn of_source(&self) -> Used {
        let share = |all: u64| (u128::from(all) * u128::from(self.source_percent) / 100) as u64;
        Used { frames: share(self.frames).max(1), bytes: share(self.bytes) }
    }

    pub(super) const fn in_all(&self) -> Used {
        Used { frames: self.frames, bytes: self.bytes }
    }
}

/// How much is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Used {
    /// Frames.
    pub frames: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl Used {
    pub(super) const fn is_within(self, max: Self) -> bool {
        self.frames <= max.frames && self.bytes <= max.bytes
    }
}
