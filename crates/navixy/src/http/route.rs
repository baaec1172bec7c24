//! Which method a path means.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::errors::Condition;
use crate::http::method::Method;

/// What may stand before a method's path. Self-hosted clients use the second and the third.
pub const BASES: &[&str] = &["/v2", "/api-v2", ""];

/// The first parts of all paths that are published: below them a path is an unknown action, elsewhere an unknown
/// resource.
const RESOURCES: &[&str] = &[
    "api",
    "base",
    "checkin",
    "dealer",
    "delivery",
    "driver",
    "employee",
    "event",
    "fleet",
    "form",
    "geocoder",
    "history",
    "panel",
    "place",
    "plugin",
    "report",
    "retranslator",
    "subuser",
    "tag",
    "tariff",
    "task",
    "timezone",
    "track",
    "tracker",
    "user",
    "vehicle",
    "zone",
];

/// The tables of all resources.
const TABLES: &[&[Method]] = &[
    super::api_key::METHODS,
    super::base::METHODS,
    super::calibration::METHODS,
    super::chat::METHODS,
    super::counters::METHODS,
    super::group::METHODS,
    super::inputs::METHODS,
    super::command::METHODS,
    super::models::METHODS,
    super::output_control::METHODS,
    super::history::METHODS,
    super::outputs::METHODS,
    super::panel_account::METHODS,
    super::panel_clone::METHODS,
    super::panel_tracker::METHODS,
    super::panel_user::METHODS,
    super::password::METHODS,
    super::raw_command::METHODS,
    super::readings::METHODS,
    super::replace::METHODS,
    super::security_group::METHODS,
    super::settings::METHODS,
    super::stubs::METHODS,
    super::subuser::METHODS,
    super::stats::METHODS,
    super::track::METHODS,
    super::timezone::METHODS,
    super::sensor::METHODS,
    super::tag::METHODS,
    super::tracker::METHODS,
    super::tracker_settings::METHODS,
    super::user::METHODS,
];

/// By path; of two rows with one path a test would say so.
static BY_PATH: LazyLock<HashMap<&str, &Method>> =
    LazyLock::new(|| all().map(|method| (method.path, method)).collect());

/// All methods that are offered, resource by resource.
pub(super) fn all() -> impl Iterator<Item = &'static Method> {
    TABLES.iter().copied().flatten()
}

/// The paths of all methods that are offered, below each of [`BASES`], without a slash at either end.
pub fn methods() -> impl Iterator<Item = &'static str> {
    all().map(|method| method.path)
}

/// The method that a path means, under any base, with or without a slash at its end.
pub(super) fn find(path: &str) -> Result<&'static Method, Condition> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let below = |base: &&str| path.strip_prefix(*base).and_then(|rest| rest.strip_prefix('/'));
    let method = BASES.iter().find_map(below).ok_or(Condition::UnknownResource)?;
    BY_PATH.get(method).copied().ok_or_else(|| {
        let resource = method.split('/').next().unwrap_or_default();
        if RESOURCES.contains(&resource) { Condition::UnknownAction } else { Condition::UnknownResource }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_methods() {
        let check = |path: &str, expected: Result<&str, Condition>| {
            assert_eq!(find(path).map(|method| method.path), expected, "{path}");
        };
        check("/v2/user/auth", Ok("user/auth"));
        check("/v2/user/auth/", Ok("user/auth"));
        check("/api-v2/tracker/list", Ok("tracker/list"));
        check("/tracker/list", Ok("tracker/list"));
        check("/v2/panel/user/session/create/", Ok("panel/user/session/create"));
        check("/v2/user", Err(Condition::UnknownAction));
        check("/v2/user/fly", Err(Condition::UnknownAction));
        check("/v2/report/tracker/generate", Err(Condition::UnknownAction));
        check("/v2/nonsense/list", Err(Condition::UnknownResource));
        check("/v2/", Err(Condition::UnknownResource));
        check("/v2", Err(Condition::UnknownResource));
        check("/v22/user/auth", Err(Condition::UnknownResource));
        check("/v2//user/auth", Err(Condition::UnknownResource));
        check("", Err(Condition::UnknownResource));
    }

    #[test]
    fn every_method_is_below_a_published_resource_and_there_once() {
        let mut seen = std::collections::HashSet::new();
        for method in methods() {
            let resource = method.split('/').next().unwrap_or_default();
            assert!(RESOURCES.contains(&resource), "{method}");
            assert!(seen.insert(method), "{method} is there twice");
        }
    }
}
