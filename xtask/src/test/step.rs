//! What a step is.

use anyhow::Result;

use super::{Done, State};

/// One step of the whole.
pub(crate) struct Step {
    /// A word for it.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
    /// Whether `--quick` has it, too.
    pub(crate) quick: bool,
    /// Does it.
    pub(crate) run: fn(&mut State) -> Result<Done>,
}
