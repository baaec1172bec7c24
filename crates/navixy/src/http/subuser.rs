//! `subuser/…`: the logins that a user makes for others, and which trackers they see.

use calls::Request;
use calls::params::{self, Params};
use fleet::{Right, Session, SubuserEdit, User, UserProfile};
use model::{TrackerId, UserId};

use crate::encode::{self, DateText, LocalTime, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, Param, optional, required};
use crate::http::panel_user::{Patch, user_id};
use crate::http::user::{date, legal_type_name, names_and_addresses};
use crate::wire::{Dates, WireId};

/// How many trackers one call may bind or unbind.
const TRACKERS_MAX: usize = 20_000;

const SUBUSER: Kind = Kind::Object(&[
    required("id", Kind::Int, ""),
    required("activated", Kind::Bool, "whether it may log in"),
    required("login", Kind::Text, "an e-mail address"),
    required("first_name", Kind::Text, ""),
    required("middle_name", Kind::Text, ""),
    required("last_name", Kind::Text, ""),
    required("legal_type", Kind::OneOf(&["individual", "legal_entity", "sole_trader"]), ""),
    required("phone", Kind::Text, "empty, or 10 to 15 digits"),
    required("state_reg_num", Kind::Text, "at most 15 characters"),
    optional("security_group_id", Kind::Int, "missing: no rights"),
    optional("creation_date", Kind::DateTime, "is not changed"),
]);
const SUBUSER_ID: Param = required("subuser_id", Kind::Int, "");
const TRACKERS: Param = required("trackers", Kind::List(&Kind::Int), "");

pub(super) const METHODS: &[Method] = &[
    Method::user("subuser/list", "The sub-users.", |a, s, r| Box::pin(list(a, s, r)))
        .right(Right::Admin)
        .gives(&[required("list", Kind::List(&SUBUSER), "")]),
    Method::user("subuser/register", "Makes a sub-user, who sees no tracker yet.", |a, s, r| {
        Box::pin(register(a, s, r))
    })
    .right(Right::Admin)
    .takes(&[required("user", SUBUSER, "without an id"), required("password", Kind::Text, "6 to 20 characters")])
    .gives(&[required("id", Kind::Int, "")])
    .fails(&[Condition::NotFound, Condition::LoginInUse, Condition::TooManyEntities]),
    Method::user("subuser/update", "Changes a sub-user; what is not given stays.", |a, s, r| Box::pin(update(a, s, r)))
        .right(Right::Admin)
        .takes(&[required("user", SUBUSER, "with its id")])
        .fails(&[Condition::NotFound, Condition::LoginInUse]),
    Method::user("subuser/delete", "Removes a sub-user for good.", |a, s, r| Box::pin(delete(a, s, r)))
        .right(Right::Admin)
        .takes(&[SUBUSER_ID])
        .fails(&[Condition::NotFound]),
    Method::user("subuser/session/create", "A session of a sub-user, without its password.", |a, s, r| {
        Box::pin(session_create(a, s, r))
    })
    .right(Right::Admin)
    .takes(&[SUBUSER_ID])
    .gives(&[required("hash", Kind::Hash, "")])
    .fails(&[Condition::NotFound, Condition::NotActivated, Condition::SessionsExceeded]),
    Method::user("subuser/tracker/bind", "Lets a sub-user see trackers.", |a, s, r| Box::pin(bind(a, s, r)))
        .right(Right::Admin)
        .takes(&[SUBUSER_ID, TRACKERS])
        .fails(&[Condition::NotFound, Condition::TooManyDevices, Condition::ListMissesEntries]),
    Method::user("subuser/tracker/unbind", "Shows a sub-user trackers no longer.", |a, s, r| Box::pin(unbind(a, s, r)))
        .right(Right::Admin)
        .takes(&[SUBUSER_ID, TRACKERS])
        .fails(&[Condition::NotFound, Condition::TooManyDevices, Condition::ListMissesEntries]),
    Method::user("subuser/tracker/list", "The trackers that a sub-user sees.", |a, s, r| Box::pin(trackers(a, s, r)))
        .right(Right::Admin)
        .takes(&[SUBUSER_ID])
        .gives(&[required("list", Kind::List(&Kind::Int), "")])
        .fails(&[Condition::NotFound]),
];

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    request.params.finish()?;
    let subusers = api.fleet.subusers(&session);
    Ok(success(|o| {
        encode::array(&subusers, o.member("list"), |user, out| render(user, &*session.zone, dates, out));
    }))
}

async fn register(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let user = params.object("user.", |user| (user.required("login", params::text), Changes::read(user)));
    let password = params.required("password", params::text);
    params.finish()?;
    let (Some((Some(login), changes)), Some(password)) = (user, password) else { return Err(params.invalid().into()) };
    let mut new = SubuserEdit { login, activated: true, profile: UserProfile::default(), security_group: None };
    changes.apply_to(&mut new);
    let id = api.fleet.create_subuser(&session, new, &password, request.now).await?;
    Ok(success(|o| {
        o.int("id", id.0);
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let user = params.object("user.", |user| {
        let id = user.required("id", user_id);
        (id, user.optional("login", params::text), Changes::read(user))
    });
    params.finish()?;
    let Some((Some(id), login, changes)) = user else { return Err(params.invalid().into()) };
    let edit = move |edit: &mut SubuserEdit| {
        edit.login = login.unwrap_or_else(|| std::mem::take(&mut edit.login));
        changes.apply_to(edit);
    };
    api.fleet.update_subuser(&session, id, edit, request.now).await?;
    Ok(success(|_| {}))
}

async fn delete(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = subuser_id(&mut request.params)?;
    api.fleet.delete_subuser(&session, id, request.now).await?;
    Ok(success(|_| {}))
}

async fn session_create(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = subuser_id(&mut request.params)?;
    let hash = api.fleet.create_subuser_session(&session, id, request.now).await?;
    Ok(success(|o| {
        o.string("hash", hash.as_str());
    }))
}

async fn bind(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let (id, trackers) = subuser_and_trackers(&mut request.params)?;
    api.fleet.bind_trackers(&session, id, trackers).await?;
    Ok(success(|_| {}))
}

async fn unbind(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let (id, trackers) = subuser_and_trackers(&mut request.params)?;
    api.fleet.unbind_trackers(&session, id, trackers).await?;
    Ok(success(|_| {}))
}

async fn trackers(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = subuser_id(&mut request.params)?;
    let trackers = api.fleet.subuser_trackers(&session, id)?;
    Ok(success(|o| {
        encode::array(&trackers, o.member("list"), |id, out| encode::int(id.0, out));
    }))
}

/// The parameter that most methods have, once everything else was read.
fn subuser_id(params: &mut Params<'_>) -> Result<UserId, Refusal> {
    let id = params.required("subuser_id", user_id);
    params.finish()?;
    id.ok_or_else(|| params.invalid().into())
}

fn subuser_and_trackers(params: &mut Params<'_>) -> Result<(UserId, Vec<TrackerId>), Refusal> {
    let trackers = params.required("trackers", |value| params::ints(value, TRACKERS_MAX));
    let id = subuser_id(params)?;
    let trackers = trackers.unwrap_or_default();
    if trackers.len() > TRACKERS_MAX {
        return Err(Condition::TooManyDevices.into());
    }
    // What no tracker can be called is none of the account's.
    Ok((id, trackers.into_iter().map(|id| WireId(id).tracker().unwrap_or(TrackerId(0))).collect()))
}

/// The members of a sub-user that were given.
struct Changes {
    patch: Patch,
    state_reg_num: Option<String>,
    security_group: Option<u32>,
}

impl Changes {
    fn read(user: &mut Params<'_>) -> Self {
        Self {
            patch: Patch::read(user),
            state_reg_num: user.optional("state_reg_num", params::text),
            security_group: user.optional("security_group_id", params::int).map(super::security_group::number),
        }
    }

    fn apply_to(self, edit: &mut SubuserEdit) {
        edit.activated = self.patch.activated.unwrap_or(edit.activated);
        edit.security_group = self.security_group.or(edit.security_group);
        self.patch.apply_to(&mut edit.profile);
        if let Some(number) = self.state_reg_num {
            edit.profile.state_reg_num = number;
        }
    }
}

fn render(user: &User, zone: &impl LocalTime, dates: Dates, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", user.id.0).boolean("activated", user.activated).string("login", &user.login);
    o.string("legal_type", legal_type_name(user.profile.legal_type)).string("phone", &user.profile.phone);
    names_and_addresses(user, &mut o);
    o.string("state_reg_num", &user.profile.state_reg_num);
    if let Some(group) = user.security_group {
        o.int("security_group_id", group);
    }
    date("creation_date", DateText::new(user.created, zone, dates), &mut o);
    o.close();
}
