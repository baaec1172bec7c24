//! `panel/office/adoption/…`: who adopts devices that are not registered.

use calls::answer::success;
use calls::params;
use calls::write::{array, string};
use calls::{Kind, Param, Request, optional, required};
use fleet::{Adoption, PanelSession, model_of_protocol};

use crate::api::{Api, Done, user_id};
use crate::errors::{Condition, Refusal};
use crate::method::Method;

const ENABLED: Param = required("enabled", Kind::Bool, "false unless an administrator said otherwise");
/// Most protocols that a call may name.
const PROTOCOLS_MAX: usize = 64;

pub(crate) const METHODS: &[Method] = &[
    Method::panel(
        "panel/office/adoption/read",
        "Says whose trackers devices become that knock and are not registered.",
        |a, s, r| Box::pin(read(a, s, r)),
    )
    .gives(&[
        ENABLED,
        required("user_id", Kind::OrNull(&Kind::Int), "null where nobody adopts devices"),
        required("protocols", Kind::List(&Kind::Text), "only devices that speak one of these; empty: any"),
    ]),
    Method::panel(
        "panel/office/adoption/update",
        "Has devices that knock and are not registered become trackers of one user, or nobody's. There is one such \
         user on a server. Whoever knows the address of a port can make trackers then, a number of them a minute.",
        |a, s, r| Box::pin(update(a, s, r)),
    )
    .takes(&[
        ENABLED,
        optional("user_id", Kind::Int, "a user of the account, no sub-user; needed where it is enabled"),
        optional("protocols", Kind::List(&Kind::Text), "only devices that speak one of these; any unless given"),
    ])
    .fails(&[Condition::NotFound]),
];

async fn read(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    request.params.finish()?;
    let adoption = api.fleet.panel_adoption(&session);
    Ok(success(|o| {
        o.boolean("enabled", adoption.is_some());
        match &adoption {
            Some(adoption) => o.int("user_id", adoption.user().0),
            None => o.raw("user_id", "null"),
        };
        let protocols = adoption.iter().flat_map(|adoption| &adoption.protocols);
        array(protocols, o.member("protocols"), |name, out| string(name, out));
    })
    .into())
}

async fn update(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let enabled = params.required("enabled", params::boolean).unwrap_or_default();
    let user = match enabled {
        true => params.required("user_id", user_id),
        false => params.optional("user_id", user_id),
    };
    let protocols = params.optional("protocols", |value| params::texts(value, PROTOCOLS_MAX)).unwrap_or_default();
    if protocols.iter().any(|name| model_of_protocol(name).is_none()) {
        params.error("protocols", "must be names of protocols");
    }
    params.finish()?;
    let adoption = enabled.then(|| Adoption::new(user.unwrap_or_default(), protocols));
    api.fleet.set_adoption(&session, adoption).await?;
    Ok(success(|_| {}).into())
}
