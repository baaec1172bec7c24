//! What users call the outputs of a tracker.

use model::TrackerId;

use crate::check;
use crate::error::{EntityError, Field, Invalid, Problem};
use crate::fleet::Fleet;
use crate::sessions::Session;
use crate::values::Tracker;

impl Fleet {
    /// The titles of a tracker's outputs, in the order of their numbers from 1 on; `None` where none was given.
    pub fn output_titles(&self, tracker: &Tracker) -> Vec<Option<String>> {
        let memory = self.shared.memory();
        let extras = memory.extras(tracker.id);
        let title = |number: u8| extras.and_then(|extras| extras.output_titles.get(&number).cloned());
        (1..=tracker.source.settings.outputs_count).map(title).collect()
    }

    /// Gives an output a title.
    pub async fn set_output_title(
        &self,
        session: &Session,
        tracker: TrackerId,
        number: u8,
        title: String,
    ) -> Result<(), EntityError> {
        check::title(&title)?;
        self.edit_extras(session, tracker, move |_, tracker, extras| {
            if tracker.source.blocked {
                return Err(EntityError::Blocked);
            }
            let outputs_count = tracker.source.settings.outputs_count;
            if !(1..=outputs_count).contains(&number) {
                let problem = Problem::OutOfRange { min: 1, max: outputs_count.into() };
                return Err(Invalid { field: Field::OutputNumber, problem }.into());
            }
            extras.output_titles.insert(number, title);
            Ok(())
        })
        .await
    }
}
