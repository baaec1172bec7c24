//! `panel/account/…`: administrators logging in and out.

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::Request;
use crate::http::params;
use crate::http::user::LOGIN_CHARS_MAX;

/// The longest password of an administrator that is compared, in characters. Longer ones are nobody's.
const PASSWORD_CHARS_MAX: usize = 1_024;

/// What the one administrator may do: everything that is offered, under the published names.
const PERMISSIONS: &str = concat!(
    r#"{"base":["get_dealer_info"],"users":["create","read","update","corrupt"],"user_sessions":["create"],"#,
    r#""trackers":["create","read","update","delete","corrupt","report"],"tariffs":["read"],"password":["update"]}"#,
);

/// Starts a session. The login may be the account's number.
pub(super) async fn auth(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let login = request.params.required("login", params::text);
    let password = request.params.required("password", params::text);
    request.params.finish()?;
    let (login, password) = (login.unwrap_or_default(), password.unwrap_or_default());
    if login.chars().count() > LOGIN_CHARS_MAX || password.chars().count() > PASSWORD_CHARS_MAX {
        return Err(Condition::WrongCredentials.into());
    }
    let hash = api.fleet.panel_login(&login, &password, request.now).await?;
    Ok(success(|o| {
        o.string("hash", hash.as_str()).raw("permissions", PERMISSIONS);
    }))
}

/// Ends the call's own session.
pub(super) async fn logout(api: &Api, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    api.fleet.logout(session.id, request.now).await?;
    Ok(success(|_| {}))
}

/// What the session may do.
pub(super) fn get_permissions(api: &Api, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
    api.panel_session(request)?;
    Ok(success(|o| {
        o.raw("permissions", PERMISSIONS);
    }))
}
