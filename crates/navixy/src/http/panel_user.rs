//! `panel/user/…`: the administrator's users.

use fleet::{LegalType, NewUser, Paging, User, UserEdit, UserOrder, UserProfile, UserQuery};
use model::UserId;

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::Request;
use crate::http::params::{self, Params, Value};
use crate::http::user::{legal_type_from_name, legal_type_name, names_and_addresses, utc_date};
use crate::json::Mistyped;

const UNKNOWN_VALUE: Mistyped = Mistyped("has an unknown value");

/// Creates a user.
pub(super) async fn create(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let params = &mut request.params;
    let user = params.object("user.", |user| {
        let login = user.required("login", params::text);
        (login, Patch::read(user))
    });
    let password = params.required("password", params::text);
    let time_zone = params.required("time_zone", params::text);
    let locale = params.required("locale", params::text);
    let comment = params.optional("comment", params::text).unwrap_or_default();
    params.finish()?;
    let (Some((Some(login), patch)), Some(password), Some(locale)) = (user, password, locale) else {
        return Err(params.invalid());
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
pub(super) fn read(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let id = request.params.required("user_id", user_id);
    request.params.finish()?;
    let user = id.and_then(|id| api.fleet.panel_user(&session, id)).ok_or(Condition::NotFound)?;
    Ok(success(|o| {
        render(api, &user, o.member("value"));
        o.raw("discount", r#"{"value":0.0,"min_trackers":0}"#).raw("dealer_mfa_settings", "{}");
    }))
}

/// The account's users, a page at a time.
pub(super) fn list(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
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
pub(super) async fn update(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let params = &mut request.params;
    let user = params.object("user.", |user| {
        let id = user.required("id", user_id);
        user.required("activated", params::boolean);
        let login = user.optional("login", params::text);
        (id, login, Patch::read(user))
    });
    params.finish()?;
    let Some((Some(id), login, patch)) = user else { return Err(params.invalid()) };
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
pub(super) async fn corrupt(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let params = &mut request.params;
    let id = params.required("user_id", user_id);
    let login = params.required("login", params::text);
    params.finish()?;
    let (Some(id), Some(login)) = (id, login) else { return Err(params.invalid()) };
    api.fleet.corrupt_user(&session, id, &login, request.now).await?;
    Ok(success(|_| {}))
}

/// Gives a user a new password.
pub(super) async fn change_password(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let params = &mut request.params;
    let id = params.required("user_id", user_id);
    let password = params.required("password", params::text);
    params.finish()?;
    let (Some(id), Some(password)) = (id, password) else { return Err(params.invalid()) };
    api.fleet.change_password(&session, id, &password, request.now).await?;
    Ok(success(|_| {}))
}

/// A session of a user, without its password.
pub(super) async fn session_create(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let id = request.params.required("user_id", user_id);
    request.params.finish()?;
    let Some(id) = id else { return Err(request.params.invalid()) };
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
struct Patch {
    activated: Option<bool>,
    verified: Option<bool>,
    legal_type: Option<LegalType>,
    texts: Vec<(Text, String)>,
}

impl Patch {
    fn read(user: &mut Params<'_>) -> Self {
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

    fn apply_to(self, profile: &mut UserProfile) {
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
