//! What is known of a method before it is called: its path, who may call it, and what the documents say of it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use calls::{Kind, Param, Request, required};
use fleet::PanelSession;

use crate::api::{Api, Caller, Done};
use crate::errors::{Condition, Refusal};

/// What a method comes to.
pub(crate) type Outcome<'a> = Pin<Box<dyn Future<Output = Result<Done, Refusal>> + Send + 'a>>;

type ForKeepers = for<'a> fn(&'a Api, Caller, &'a mut Request<'_>) -> Outcome<'a>;
type ForPanel = for<'a> fn(&'a Api, PanelSession, &'a mut Request<'_>) -> Outcome<'a>;

/// Who may call a method, and what is called then. The session is looked up before the parameters are read.
#[derive(Clone, Copy)]
pub(crate) enum Door {
    /// An administrator, for any user of the account, or a master user for itself.
    Keepers(ForKeepers),
    /// An administrator.
    Panel(ForPanel),
}

/// A method.
pub(crate) struct Method {
    /// Without a slash at either end.
    pub(crate) path: &'static str,
    /// One sentence.
    pub(crate) about: &'static str,
    pub(crate) door: Door,
    pub(crate) params: &'static [Param],
    /// Members of a successful answer besides `success`.
    pub(crate) answer: &'static [Param],
    /// What it may answer besides what every method may.
    pub(crate) errors: &'static [Condition],
    /// Whether a successful answer is a picture instead.
    pub(crate) is_picture: bool,
}

/// The tables of all resources.
const TABLES: &[&[Method]] = &[
    crate::unknown_device::METHODS,
    crate::adoption::METHODS,
    crate::device_settings::METHODS,
    crate::quarantine::METHODS,
    crate::command::METHODS,
    crate::device_commands::METHODS,
    crate::driver::METHODS,
    crate::driver_event::METHODS,
    crate::form::METHODS,
    crate::pairing::METHODS,
    crate::service::METHODS,
    crate::text::METHODS,
    crate::vehicle::METHODS,
];

/// By path; of two rows with one path a test would say so.
static BY_PATH: LazyLock<HashMap<&str, &Method>> =
    LazyLock::new(|| all().map(|method| (method.path, method)).collect());

/// All methods, resource by resource.
pub(crate) fn all() -> impl Iterator<Item = &'static Method> {
    TABLES.iter().copied().flatten()
}

/// The paths of all methods, without a slash at either end.
pub fn methods() -> impl Iterator<Item = &'static str> {
    all().map(|method| method.path)
}

/// The method that a path means, with or without a slash at its end.
pub(crate) fn find(path: &str) -> Option<&'static Method> {
    let path = path.strip_suffix('/').unwrap_or(path);
    BY_PATH.get(path.strip_prefix('/')?).copied()
}

/// The parameter that most methods have.
pub(crate) const TRACKER_ID: Param = required("tracker_id", Kind::Int, "an original, not a clone");
/// Whose things are meant.
pub(crate) const USER_ID: Param =
    calls::optional("user_id", Kind::Int, "whose; with an administrator's hash it must be given");
/// What a method on a tracker may answer.
pub(crate) const OF_TRACKER: &[Condition] =
    &[Condition::NotPermitted, Condition::NotFound, Condition::NotForClones, Condition::DeviceBlocked];

impl Method {
    const fn new(path: &'static str, about: &'static str, door: Door) -> Self {
        Self { path, about, door, params: &[], answer: &[], errors: &[], is_picture: false }
    }

    /// A method for administrators and master users.
    pub(crate) const fn keepers(path: &'static str, about: &'static str, run: ForKeepers) -> Self {
        Self::new(path, about, Door::Keepers(run))
    }

    /// A method for administrators.
    pub(crate) const fn panel(path: &'static str, about: &'static str, run: ForPanel) -> Self {
        Self::new(path, about, Door::Panel(run))
    }

    /// What it takes, besides the hash.
    pub(crate) const fn takes(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// What it gives, besides `success`.
    pub(crate) const fn gives(mut self, answer: &'static [Param]) -> Self {
        self.answer = answer;
        self
    }

    /// It gives a picture.
    pub(crate) const fn gives_picture(mut self) -> Self {
        self.is_picture = true;
        self
    }

    /// What it may answer besides what every method may.
    pub(crate) const fn fails(mut self, errors: &'static [Condition]) -> Self {
        self.errors = errors;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_there_once_below_its_place() {
        let mut seen = std::collections::HashSet::new();
        for method in methods() {
            assert!(method.starts_with("panel/office/") && method.split('/').count() == 4, "{method}");
            assert!(seen.insert(method), "{method} is there twice");
        }
    }

    #[test]
    fn paths_lead_to_methods() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(find(path).map(|method| method.path), expected, "{path}");
        };
        check("/panel/office/pairing/create", Some("panel/office/pairing/create"));
        check("/panel/office/pairing/create/", Some("panel/office/pairing/create"));
        for path in ["", "/", "panel/office/pairing/create", "/panel/office/pairing", "/v2/panel/office/pairing/create"]
        {
            check(path, None);
        }
    }
}
