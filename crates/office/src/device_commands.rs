//! `panel/office/device_commands/…`: who may send devices commands of their own wording.

use calls::Request;
use calls::answer::success;
use calls::{Kind, Param, params, required};
use fleet::PanelSession;

use crate::api::{Api, Done, user_id};
use crate::errors::{Condition, Refusal};
use crate::method::Method;

const USER: Param = required("user_id", Kind::Int, "a user of the account, or a sub-user");
const ENABLED: Param = required("enabled", Kind::Bool, "false unless an administrator said otherwise");

pub(crate) const METHODS: &[Method] = &[
    Method::panel(
        "panel/office/device_commands/read",
        "Says whether a user may send devices commands of its own wording.",
        |a, s, r| Box::pin(read(a, s, r)),
    )
    .takes(&[USER])
    .gives(&[ENABLED])
    .fails(&[Condition::NotFound]),
    Method::panel(
        "panel/office/device_commands/set",
        "Lets a user send devices commands of its own wording, or no longer. A sub-user needs its master to be allowed too.",
        |a, s, r| Box::pin(set(a, s, r)),
    )
    .takes(&[USER, ENABLED])
    .fails(&[Condition::NotFound]),
];

async fn read(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let user = request.params.required("user_id", user_id).unwrap_or_default();
    request.params.finish()?;
    let user = api.fleet.user(user).filter(|user| user.account == session.account);
    let user = user.ok_or(Condition::NotFound)?;
    Ok(success(|o| {
        o.boolean("enabled", user.device_commands);
    })
    .into())
}

async fn set(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let user = params.required("user_id", user_id).unwrap_or_default();
    let enabled = params.required("enabled", params::boolean).unwrap_or_default();
    params.finish()?;
    api.fleet.set_device_commands(&session, user, enabled).await?;
    Ok(success(|_| {}).into())
}
