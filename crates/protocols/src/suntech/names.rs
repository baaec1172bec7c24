//! Suntech's own names that its reports nearly always carry.

use crate::own_names::{OwnName, OwnNames};

pub(super) static MODEL: OwnName = OwnName::new("suntech_model");
pub(super) static MODE: OwnName = OwnName::new("suntech_mode");
pub(super) static REASON: OwnName = OwnName::new("suntech_reason");
pub(super) static NUMBER: OwnName = OwnName::new("message_number");
pub(super) static ALERT_MODIFIER: OwnName = OwnName::new("suntech_alert_modifier");
/// What the device's configuration decides, numbered from 1.
pub(super) static ASSIGNED: OwnNames<{ ASSIGNS_MAX + 1 }> = OwnNames::new("stt_assign_");

/// Further fields are numbered, but not without end.
pub(super) const ASSIGNS_MAX: usize = 127;
