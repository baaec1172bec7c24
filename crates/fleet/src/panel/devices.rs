//! Devices, as administrators name them.

use super::trackers::with_owner;
use crate::error::TrackerError;
use crate::fleet::Fleet;
use crate::sessions::PanelSession;
use crate::values::Device;

impl Fleet {
    /// The registered device with this id, compared exactly, if a user of the account has a tracker of it.
    pub fn panel_device(&self, session: &PanelSession, id: &str) -> Result<Device, TrackerError> {
        let memory = self.shared.memory();
        let device = memory.device(id).ok_or(TrackerError::NotFound)?;
        let mut ours =
            memory.trackers_on(device.source).filter_map(|tracker| with_owner(&memory, session.account, tracker));
        ours.next().map(|_| device).ok_or(TrackerError::NotFound)
    }
}
