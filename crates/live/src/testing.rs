//! Values for tests.

use model::{SourceId, SourceSettings, SourceState, Timestamp};

use crate::{Timing, initial};

/// The state of a source that nothing was heard of.
pub(crate) fn state(source: u32) -> SourceState {
    let epoch = Timestamp::default();
    initial(SourceId(source), epoch, &SourceSettings::default(), &Timing::default(), epoch)
}
