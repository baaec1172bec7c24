//! Putting frames in quarantine through the decoders again.

use std::collections::BTreeMap;
use std::fmt;

use engine::{Engine, Refused, Source};
use fleet::Fleet;
use model::{DeviceId, DeviceSettings, SourceId};
use protocols::Limits;
use storage::quarantine::{FrameQuery, FrameRow, QuarantineError};

use crate::intake::Intake;
use crate::reading::{self, Read};

/// How many frames are looked at together.
const FRAMES_AT_ONCE: usize = 64;

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Redecoded {
    /// Frames that were looked at.
    pub frames: u64,
    /// Those of which all could be read: they have left quarantine.
    pub read: u64,
    /// Those that stay because something is wrong with them still, by what it is.
    pub faulty: BTreeMap<String, u64>,
    /// Those that stay because their device is not registered, or has another place now.
    pub unknown_device: u64,
    /// Those that stay because this server does not speak their protocol.
    pub unknown_protocol: u64,
    /// Reports that were read, also of frames that stay. Those that were stored before are stored no second time.
    pub reports: u64,
}

/// Why it came to an end too early. What was done until then stays done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RedecodeError {
    /// The quarantine did not answer.
    Quarantine(QuarantineError),
    /// The reports were not taken in.
    Refused(Refused),
}

impl From<QuarantineError> for RedecodeError {
    fn from(error: QuarantineError) -> Self {
        Self::Quarantine(error)
    }
}

impl From<Refused> for RedecodeError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl fmt::Display for RedecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quarantine(error) => error.fmt(f),
            Self::Refused(Refused::DiskFull) => f.write_str("the disk is nearly full"),
            Self::Refused(Refused::Removed) => f.write_str("a tracker was removed meanwhile"),
            Self::Refused(Refused::JournalFailed) => f.write_str("the journal failed"),
        }
    }
}

impl std::error::Error for RedecodeError {}

impl fmt::Display for Redecoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} frames, {} reports", self.frames, self.reports)?;
        writeln!(f, "read: {}", self.read)?;
        for (kind, count) in &self.faulty {
            writeln!(f, "still faulty, {kind}: {count}")?;
        }
        for (what, count) in
            [("device not registered", self.unknown_device), ("protocol not known", self.unknown_protocol)]
        {
            if count > 0 {
                writeln!(f, "{what}: {count}")?;
            }
        }
        Ok(())
    }
}

impl Intake {
    /// Reads the frames that a query asks for again, oldest first, and has the engine store what they say, as of when
    /// they came. Frames of which all could be read leave quarantine; of the others it is noted what is wrong now. A dry
    /// run stores and changes nothing.
    ///
    /// # Errors
    /// See [`RedecodeError`].
    pub async fn redecode(
        &self,
        engine: &Engine,
        query: FrameQuery,
        limits: &Limits,
        dry_run: bool,
    ) -> Result<Redecoded, RedecodeError> {
        let mut done = Redecoded::default();
        // What comes meanwhile is left to the next time, so that this ends.
        let newest = self.frames(FrameQuery { ascending: false, ..query.clone() }, 1, 0).await?;
        let Some(last) = newest.first().map(|row| row.id) else { return Ok(done) };
        let mut query = FrameQuery { ascending: true, ..query };
        loop {
            let mut rows = self.frames(query.clone(), FRAMES_AT_ONCE, usize::MAX).await?;
            rows.retain(|row| row.id <= last);
            let Some(seen) = rows.last().map(|row| row.id) else { return Ok(done) };
            self.read_again(engine, &rows, limits, dry_run, &mut done).await?;
            query.above = Some(seen);
        }
    }

    async fn read_again(
        &self,
        engine: &Engine,
        rows: &[FrameRow],
        limits: &Limits,
        dry_run: bool,
        done: &mut Redecoded,
    ) -> Result<(), RedecodeError> {
        let (mut removed, mut faults) = (Vec::new(), Vec::new());
        for FrameRow { id, frame, .. } in rows {
            done.frames += 1;
            let read = reading::read(frame, limits, |device| settings(engine.fleet(), device, frame.source));
            let (uploads, fault) = match read {
                Read::Said { uploads, fault } => (uploads, fault),
                Read::UnknownDevice => {
                    done.unknown_device += 1;
                    continue;
                }
                Read::UnknownProtocol => {
                    done.unknown_protocol += 1;
                    continue;
                }
            };
            for (device, reports) in uploads {
                done.reports += reports.len() as u64;
                if !dry_run {
                    let source = source(engine, &device).ok_or(Refused::Removed)?;
                    engine.ingest(&source, frame.at, reports).await?.await?;
                }
            }
            match fault {
                None => {
                    done.read += 1;
                    removed.push(*id);
                }
                Some(fault) => {
                    *done.faulty.entry(fault.kind.clone()).or_default() += 1;
                    faults.push((*id, fault));
                }
            }
        }
        if !dry_run {
            self.settle(removed, faults).await?;
        }
        Ok(())
    }
}

/// The settings of a device that is registered. If it is known where it was when it sent a frame, it must be there still:
/// what it said before it was put into another place is not that place's past.
fn settings(fleet: &Fleet, device: &DeviceId, was: Option<SourceId>) -> Option<DeviceSettings> {
    let found = fleet.device(device.as_str())?;
    was.is_none_or(|was| was == found.source).then(|| DeviceSettings::clone(&found.settings))
}

/// The source that a device is behind.
fn source(engine: &Engine, device: &DeviceId) -> Option<Source> {
    let source = engine.source(engine.fleet().device(device.as_str())?.source)?;
    source.replacements_of(device).map(|_| source)
}
