//! The envelope of every answer.

use calls::FieldError;
use model::TrackerId;
use web::Answer;

use crate::errors::Condition;

pub(super) use calls::answer::success;

/// Why a call is not answered as asked.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) condition: Condition,
    /// The wrong parameters, where that is what is wrong.
    pub(super) fields: Vec<FieldError>,
    /// Further members of the answer: names, and values as JSON.
    pub(super) members: Vec<(&'static str, String)>,
}

impl Refusal {
    /// Wrong parameters.
    pub(super) const fn invalid(fields: Vec<FieldError>) -> Self {
        Self { condition: Condition::InvalidParameters, fields, members: Vec::new() }
    }

    /// With one more member in the answer, whose value is JSON.
    pub(super) fn with(mut self, name: &'static str, json: String) -> Self {
        self.members.push((name, json));
        self
    }

    /// Because of these trackers, which the answer lists.
    pub(super) fn because_of(condition: Condition, trackers: &[TrackerId]) -> Self {
        let ids: Vec<String> = trackers.iter().map(ToString::to_string).collect();
        Self::from(condition).with("list", format!("[{}]", ids.join(",")))
    }
}

impl Refusal {
    /// The same of parameters that stand in an object: `prefix` is its name with a dot.
    pub(super) fn within(mut self, prefix: &str) -> Self {
        self.fields.iter_mut().for_each(|field| field.parameter.insert_str(0, prefix));
        self
    }
}

impl From<Condition> for Refusal {
    fn from(condition: Condition) -> Self {
        Self { condition, fields: Vec::new(), members: Vec::new() }
    }
}

/// What the client is sent.
pub(super) fn answer(result: Result<Vec<u8>, Refusal>) -> Answer {
    match result {
        Ok(body) => calls::answer::done(body),
        Err(refusal) => calls::answer::refused(&refusal.condition, &refusal.fields, &refusal.members),
    }
}
