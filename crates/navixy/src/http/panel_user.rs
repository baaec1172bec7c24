//! `panel/user/…`: the administrator's users.

use calls::Request;
use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use fleet::{LegalType, NewUser, Paging, PanelSession, User, UserEdit, UserOrder, UserProfile, UserQuery};
use model::UserId;

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, optional, required};
use crate::http::user::{legal_type_from_name, legal_type_name, names_and_addresses, utc_date};

const USER: Kind = Kind::Named("PanelUser");
pub(super) const USER_ID: Param = required("user_id", Kind::Int, "");

pub(super) const METHODS: &[Method] = &[
    Method::panel("panel/user/create", "Creates a user.", |a, s, r| Box::pin(create(a, s, r)))
        .takes(&[
            required("user", USER, "without an id"),
            required("password", Kind::Text, ""),
            required("time_zone", Kind::Text, "a name of the IANA list"),
            required("locale", Kind::Text, "xx or xx_YY"),
            optional("discount", Kind::Any, "accepted, without effect"),
            optional("default_tariff_id", Kind::Int, "accepted, without effect"),
            optional("comment", Kind::Text, "at most 255 characters"),
        ])
        .gives(&[required("id", Kind::Int, "")])
        .fails(&[Condition::LoginInUse]),
    Method::panel("panel/user/read", "One user.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[USER_ID])
        .gives(&[
            required("value", USER, ""),
            required("discount", Kind::Any, ""),
            required("dealer_mfa_settings", Kind::Any, ""),
        ])
        .fails(&[Condition::NotFound]),
    Method::panel("panel/user/list", "The account's users, a page at a time.", |a, s, r| Box::pin(list(a, s, r)))
        .takes(&[
            optional("filter", Kind::Text, ""),
            optional("order_by", Kind::OneOf(ORDERS), ""),
            optional("ascending", Kind::Bool, "true unless given"),
            optional("offset", Kind::Int, ""),
            optional("limit", Kind::Int, ""),
            optional("hide_inactive", Kind::Bool, ""),
        ])
        .gives(&[required("list", Kind::List(&USER), ""), required("count", Kind::Int, "of all pages")]),
    Method::panel("panel/user/update", "Changes a user; what is not given stays.", |a, s, r| Box::pin(update(a, s, r)))
        .takes(&[required("user", USER, "with id and activated")])
        .fails(&[Condition::NotFound, Condition::LoginInUse]),
    Method::panel("panel/user/corrupt", "Removes a user for good.", |a, s, r| Box::pin(corrupt(a, s, r)))
        .takes(&[
            USER_ID,
            required("login", Kind::Text, "the user's, as a safeguard"),
            optional("corrupt_clones", Kind::Bool, "clones that others have of its trackers; true unless given"),
        ])
        .fails(&[Condition::NotFound, Condition::AlreadyRemoved, Condition::HasClones]),
    Method::panel("panel/user/change_password", "Gives a user a new password.", |a, s, r| {
        Box::pin(change_password(a, s, r))
    })
    .takes(&[USER_ID, required("password", Kind::Text, "")])
    .fails(&[Condition::NotFound]),
    Method::panel("panel/user/session/create", "A session of a user, without its password.", |a, s, r| {
        Box::pin(session_create(a, s, r))
    })
    .takes(&[USER_ID])
    .gives(&[required("hash", Kind::Hash, "")])
    .fails(&[Condition::NotFound, Condition::NotActivated, Condition::SessionsExceeded]),
];

/// What users can be listed by.
const ORDERS: &[&str] = &["id", "login", "last_name", "balance", "bonus", "phone", "post_city"];

pub(super) const UNKNOWN_VALUE: Mistyped = Mistyped("has an unknown value");

/// Creates a user.
async fn create(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let user = params.object("user.", |user| {
        let login = user.required("login", params::text);
        (login, Patch::read(user))
    });
    let password = params.required("password", params::text);
    let time_zone = params.required("time_zone", params::text);
    let locale = params.required("locale", params::text);
    params.optional("default_tariff_id", params::int);
    let comment = params.optional("comment", params::text).unwrap_or_default();
    params.finish()?;
    let (Some((Some(login), patch)), Some(password), Some(locale)) = (user, password, locale) else {
        return Err(params.invalid().into());
    };
    let (activated, verified) = (patch.activated.unwrap_or(true), patch.verified);
    let mut profile = UserProfile::default();
    patch.apply_to(&mut profile);
    let new = NewUser { login, password, activated, verified, profile, time_zone, locale, comment };
    let id = api.fleet.create_user(&session, new, request.now).await?;
    Ok(success(|o| {
        o.int("id", id.0);
    }))
}

/// One user.
async fn read(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = request.params.required("user_id", user_id);
    request.params.finish()?;
    let user = id.and_then(|id| api.fleet.panel_user(&session, id)).ok_or(Condition::NotFound)?;
    Ok(success(|o| {
        render(api, &user, o.member("value"));
        o.raw("discount", r#"{"value":0.0,"min_trackers":0}"#).raw("dealer_mfa_settings", "{}");
    }))
}

/// The account's users, a page at a time.
async fn list(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let query = UserQuery {
        filter: params.optional("filter", params::text).filter(|filter| !filter.is_empty()),
        order_by: params.optional("order_by", order).unwrap_or_default(),
        hide_inactive: params.flag("hide_inactive", false),
        paging: paging(params),
    };
    params.finish()?;
    let page = api.fleet.list_users(&session, &query);
    Ok(success(|o| {
        encode::array(&page.items, o.member("list"), |user, out| render(api, user, out));
        o.int("count", page.count);
    }))
}

/// What users can be listed by. Balances are all the same here.
fn order(value: Value<'_>) -> Result<UserOrder, Mistyped> {
    match params::text(value)?.as_str() {
        "id" | "balance" | "bonus" => Ok(UserOrder::Id),
        "login" => Ok(UserOrder::Login),
        "last_name" => Ok(UserOrder::LastName),
        "phone" => Ok(UserOrder::Phone),
        "post_city" => Ok(UserOrder::PostCity),
        _ => Err(UNKNOWN_VALUE),
    }
}

/// Which part of a list is wanted.
pub(super) fn paging(params: &mut Params<'_>) -> Paging {
    let count = |value: Value<'_>| usize::try_from(params::int(value)?).map_err(|_| Mistyped("must not be negative"));
    Paging {
        ascending: params.flag("ascending", true),
        offset: params.optional("offset", count).unwrap_or(0),
        limit: params.optional("limit", count),
    }
}

/// Changes a user; what is not given stays.
async fn update(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let user = params.object("user.", |user| {
        let id = user.required("id", user_id);
        user.required("activated", params::boolean);
        let login = user.optional("login", params::text);
        (id, login, Patch::read(user))
    });
    params.finish()?;
    let Some((Some(id), login, patch)) = user else { return Err(params.invalid().into()) };
    let edit = move |edit: &mut UserEdit| {
        edit.login = login.unwrap_or_else(|| std::mem::take(&mut edit.login));
        edit.activated = patch.activated.unwrap_or(edit.activated);
        edit.verified = patch.verified.unwrap_or(edit.verified);
        patch.apply_to(&mut edit.profile);
    };
    api.fleet.update_user(&session, id, edit, request.now).await?;
    Ok(success(|_| {}))
}

/// Removes a user for good.
async fn corrupt(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("user_id", user_id);
    let login = params.required("login", params::text);
    let with_clones = params.flag("corrupt_clones", true);
    params.finish()?;
    let (Some(id), Some(login)) = (id, login) else { return Err(params.invalid().into()) };
    api.fleet.corrupt_user(&session, id, &login, with_clones, request.now).await?;
    Ok(success(|_| {}))
}

/// Gives a user a new password.
async fn change_password(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("user_id", user_id);
    let password = params.required("password", params::text);
    params.finish()?;
    let (Some(id), Some(password)) = (id, password) else { return Err(params.invalid().into()) };
    api.fleet.change_password(&session, id, &password, request.now).await?;
    Ok(success(|_| {}))
}

/// A session of a user, without its password.
async fn session_create(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = request.params.required("user_id", user_id);
    request.params.finish()?;
    let Some(id) = id else { return Err(request.params.invalid().into()) };
    let hash = api.fleet.create_user_session(&session, id, request.now).await?;
    Ok(success(|o| {
        o.string("hash", hash.as_str());
    }))
}

/// A user's number; one that no user can have is nobody's, which is answered as such.
pub(super) fn user_id(value: Value<'_>) -> Result<UserId, Mistyped> {
    Ok(UserId(u32::try_from(params::int(value)?).unwrap_or(0)))
}

type Text = fn(&mut UserProfile) -> &mut String;

/// Members of a user that are plain text.
const TEXTS: &[(&str, Text)] = &[
    ("first_name", |p| &mut p.first_name),
    ("middle_name", |p| &mut p.middle_name),
    ("last_name", |p| &mut p.last_name),
    ("phone", |p| &mut p.phone),
    ("post_country", |p| &mut p.post.country),
    ("post_region", |p| &mut p.post.region),
    ("post_city", |p| &mut p.post.city),
    ("post_street_address", |p| &mut p.post.street_address),
    ("post_index", |p| &mut p.post.index),
    ("registered_country", |p| &mut p.registered.country),
    ("registered_region", |p| &mut p.registered.region),
    ("registered_city", |p| &mut p.registered.city),
    ("registered_street_address", |p| &mut p.registered.street_address),
    ("registered_index", |p| &mut p.registered.index),
    ("tin", |p| &mut p.tin),
    ("legal_name", |p| &mut p.legal_name),
    ("iec", |p| &mut p.iec),
];

/// The members of a user that were given.
pub(super) struct Patch {
    pub(super) activated: Option<bool>,
    verified: Option<bool>,
    legal_type: Option<LegalType>,
    texts: Vec<(Text, String)>,
}

impl Patch {
    pub(super) fn read(user: &mut Params<'_>) -> Self {
        let legal_type = |value: Value<'_>| legal_type_from_name(&params::text(value)?).ok_or(UNKNOWN_VALUE);
        let mut texts = Vec::new();
        for (name, place) in TEXTS {
            texts.extend(user.optional(name, params::text).map(|text| (*place, text)));
        }
        Self {
            activated: user.optional("activated", params::boolean),
            verified: user.optional("verified", params::boolean),
            legal_type: user.optional("legal_type", legal_type),
            texts,
        }
    }

    pub(super) fn apply_to(self, profile: &mut UserProfile) {
        profile.legal_type = self.legal_type.unwrap_or(profile.legal_type);
        for (place, text) in self.texts {
            *place(profile) = text;
        }
    }
}

fn render(api: &Api, user: &User, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", user.id.0).int("dealer_id", user.account.0).string("login", &user.login);
    o.boolean("activated", user.activated).boolean("verified", user.verified);
    o.string("legal_type", legal_type_name(user.profile.legal_type)).string("phone", &user.profile.phone);
    names_and_addresses(user, &mut o);
    o.raw("balance", "0.0").raw("bonus", "0.0");
    utc_date("creation_date", user.created, &mut o);
    o.int("trackers_count", api.fleet.trackers_count(user.id)).string("comment", &user.comment);
    o.close();
}
