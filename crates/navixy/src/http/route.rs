//! Which method a path means.

use crate::errors::Condition;

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

macro_rules! routes {
    ($($variant:ident $path:literal)*) => {
        /// A method that is offered.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Route {
            $($variant,)*
        }

        /// The paths of all methods that are offered, below each of [`BASES`], without a slash at either end.
        pub const METHODS: &[&str] = &[$($path,)*];

        impl Route {
            fn of_method(path: &str) -> Option<Self> {
                match path {
                    $($path => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

routes! {
    BaseNothing "base/nothing"
    UserAuth "user/auth"
    UserLogout "user/logout"
    UserGetInfo "user/get_info"
    TrackerRegister "tracker/register"
    TrackerList "tracker/list"
    TrackerRead "tracker/read"
    TrackerGetState "tracker/get_state"
    TrackerGetStates "tracker/get_states"
    TrackerCorrupt "tracker/corrupt"
    PanelAccountAuth "panel/account/auth"
    PanelAccountLogout "panel/account/logout"
    PanelAccountGetPermissions "panel/account/get_permissions"
    PanelUserCreate "panel/user/create"
    PanelUserRead "panel/user/read"
    PanelUserList "panel/user/list"
    PanelUserUpdate "panel/user/update"
    PanelUserCorrupt "panel/user/corrupt"
    PanelUserChangePassword "panel/user/change_password"
    PanelUserSessionCreate "panel/user/session/create"
    PanelTrackerList "panel/tracker/list"
    PanelTrackerRead "panel/tracker/read"
    PanelTrackerSourceUpdate "panel/tracker/source/update"
    PanelTrackerSettingsUpdate "panel/tracker/settings/update"
    PanelTrackerCorrupt "panel/tracker/corrupt"
}

impl Route {
    /// The method that a path means, under any base, with or without a slash at its end.
    pub(super) fn find(path: &str) -> Result<Self, Condition> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let below = |base: &&str| path.strip_prefix(*base).and_then(|rest| rest.strip_prefix('/'));
        let method = BASES.iter().find_map(below).ok_or(Condition::UnknownResource)?;
        Self::of_method(method).ok_or_else(|| {
            let resource = method.split('/').next().unwrap_or_default();
            if RESOURCES.contains(&resource) { Condition::UnknownAction } else { Condition::UnknownResource }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_methods() {
        let check = |path: &str, expected: Result<Route, Condition>| assert_eq!(Route::find(path), expected, "{path}");
        check("/v2/user/auth", Ok(Route::UserAuth));
        check("/v2/user/auth/", Ok(Route::UserAuth));
        check("/api-v2/tracker/list", Ok(Route::TrackerList));
        check("/tracker/list", Ok(Route::TrackerList));
        check("/v2/panel/user/session/create/", Ok(Route::PanelUserSessionCreate));
        check("/v2/user", Err(Condition::UnknownAction));
        check("/v2/user/fly", Err(Condition::UnknownAction));
        check("/v2/track/read", Err(Condition::UnknownAction));
        check("/panel/tracker/clone", Err(Condition::UnknownAction));
        check("/v2/nonsense/list", Err(Condition::UnknownResource));
        check("/v2/", Err(Condition::UnknownResource));
        check("/v2", Err(Condition::UnknownResource));
        check("/v22/user/auth", Err(Condition::UnknownResource));
        check("/v2//user/auth", Err(Condition::UnknownResource));
        check("", Err(Condition::UnknownResource));
    }

    #[test]
    fn every_method_is_below_a_published_resource() {
        for method in METHODS {
            let resource = method.split('/').next().unwrap_or_default();
            assert!(RESOURCES.contains(&resource), "{method}");
        }
    }
}
