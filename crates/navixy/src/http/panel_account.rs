//! `panel/account/…`: administrators logging in and out.

use calls::Request;
use calls::params;
use fleet::PanelSession;

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, required};
use crate::http::user::LOGIN_CHARS_MAX;

pub(super) const METHODS: &[Method] = &[
    Method::open("panel/account/auth", "Starts an administrator's session.", |a, r| Box::pin(auth(a, r)))
        .takes(&[required("login", Kind::Text, "or the account's number"), required("password", Kind::Text, "")])
        .gives(&[required("hash", Kind::Hash, ""), required("permissions", Kind::Named("Permissions"), "")])
        .fails(&[Condition::WrongCredentials]),
    Method::panel("panel/account/logout", "Ends the session.", |a, s, r| Box::pin(logout(a, s, r))),
    Method::panel("panel/account/get_permissions", "Says what the session may do.", |a, s, r| {
        Box::pin(get_permissions(a, s, r))
    })
    .gives(&[required("permissions", Kind::Named("Permissions"), "")]),
];

/// The longest password of an administrator that is compared, in characters. Longer ones are nobody's.
const PASSWORD_CHARS_MAX: usize = 1_024;

/// What the one administrator may do: everything that is offered, under the published names.
const PERMISSIONS: &str = concat!(
    r#"{"base":["get_dealer_info"],"users":["create","read","update","corrupt"],"user_sessions":["create"],"#,
    r#""trackers":["create","read","update","delete","corrupt","report"],"tariffs":["read"],"password":["update"]}"#,
);

/// Starts a session. The login may be the account's number.
async fn auth(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
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
async fn logout(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    api.fleet.logout(session.id, request.now).await?;
    Ok(success(|_| {}))
}

/// What the session may do.
async fn get_permissions(_: &Api, _: PanelSession, _: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    Ok(success(|o| {
        o.raw("permissions", PERMISSIONS);
    }))
}
