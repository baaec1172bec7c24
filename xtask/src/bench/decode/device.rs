//! A session with a device that is known, and whose uploads are stored at once.

use anyhow::{Result, bail};
use model::Timestamp;
use protocols::{DeviceSettings, Family, Identified, Limits, Output, Reject, Session, Stored};

use super::stream::Stream;

/// Turns of asking and answering that a login may take.
const LOGIN_TURNS_MAX: u32 = 8;

pub(crate) struct Device {
    session: Box<dyn Session>,
    now: Timestamp,
    outputs: Vec<Output>,
    replies: Vec<u8>,
    /// Whether replies are wanted, and not only counted.
    keeps_replies: bool,
    reports: u64,
    rejected: Option<Reject>,
    is_closed: bool,
}

impl Device {
    /// Opens a session, and lets the unit log in.
    pub(crate) fn logged_in(family: &Family, stream: &Stream) -> Result<Self> {
        let mut device = Self {
            session: (family.open)(&Limits::default()),
            now: stream.now,
            outputs: Vec::new(),
            replies: Vec::new(),
            keeps_replies: true,
            reports: 0,
            rejected: None,
            is_closed: false,
        };
        let mut unit = stream.unit()?;
        let mut says = Vec::new();
        unit.hello(&mut says);
        for _ in 0..LOGIN_TURNS_MAX {
            device.feed(&says)?;
            says.clear();
            let replies = std::mem::take(&mut device.replies);
            unit.hear(&replies, &mut says);
            if unit.is_ready() && says.is_empty() {
                device.keeps_replies = false;
                return Ok(device);
            }
        }
        bail!("it is not ready after {LOGIN_TURNS_MAX} turns")
    }

    /// Feeds all messages once; how many reports came of them.
    pub(crate) fn pass(&mut self, stream: &Stream) -> Result<u64> {
        let before = self.reports;
        for message in &stream.messages {
            self.feed(message)?;
        }
        Ok(self.reports - before)
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        self.session.feed(self.now, bytes, &mut self.outputs);
        while !self.outputs.is_empty() {
            for output in std::mem::take(&mut self.outputs) {
                self.take(output);
            }
        }
        match (&self.rejected, self.is_closed) {
            (Some(reason), _) => bail!("rejected: {reason}"),
            (None, true) => bail!("the connection was closed"),
            (None, false) => Ok(()),
        }
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Identify(_) => {
                let known = Identified::Accepted(DeviceSettings::default());
                self.session.identified(self.now, known, &mut self.outputs);
            }
            Output::Upload { ticket, reports } => {
                self.reports += std::hint::black_box(reports).len() as u64;
                self.session.stored(ticket, Stored::Ok, &mut self.outputs);
            }
            Output::Reply(bytes) if self.keeps_replies => self.replies.extend(bytes),
            Output::Reject { reason, .. } => self.rejected = Some(reason),
            Output::Close => self.is_closed = true,
            _ => {}
        }
    }
}
