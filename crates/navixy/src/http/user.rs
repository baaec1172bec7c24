//! `user/…`: logging in and out, and who one is.

use calls::Request;
use calls::params;
use fleet::{LegalType, RenewError, Session, User};

use crate::encode::{self, DateText, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::failure::failed;
use crate::http::method::{Kind, Method, optional, required};
use crate::http::{security_group, settings};
use crate::wire::Dates;

pub(super) const METHODS: &[Method] = &[
    Method::open("user/auth", "Starts a session.", |a, r| Box::pin(auth(a, r)))
        .takes(&[
            required("login", Kind::Text, ""),
            required("password", Kind::Text, "1 to 40 printable characters"),
            optional("dealer_id", Kind::Int, "must then be the user's own"),
        ])
        .gives(&[required("hash", Kind::Hash, ""), required("type", Kind::OneOf(&["authenticated"]), "")])
        .fails(&[
            Condition::WrongCredentials,
            Condition::NotActivated,
            Condition::SessionsExceeded,
            Condition::LoginAttemptsExceeded,
        ]),
    Method::standard("user/logout", "Ends the session.", |a, s, r| Box::pin(logout(a, s, r))),
    Method::standard("user/session/renew", "Lets the session live as long again as a new one.", |a, s, r| {
        Box::pin(renew(a, s, r))
    }),
    Method::user("user/get_info", "Says who the user is.", |a, s, r| Box::pin(get_info(a, s, r))).gives(&[
        required("paas_id", Kind::Int, ""),
        required("paas_settings", Kind::Any, ""),
        required("user_info", Kind::Named("UserInfo"), ""),
        required("tariff_restrictions", Kind::Any, ""),
        required("premium_gis", Kind::Bool, ""),
        required("features", Kind::List(&Kind::Text), ""),
        required("user_menu", Kind::Any, ""),
        optional("master", Kind::Any, "whose sub-user it is"),
        optional("privileges", Kind::Any, "of a sub-user"),
    ]),
];

/// The longest password that is compared, in characters. Longer ones are nobody's.
pub(super) const PASSWORD_CHARS_MAX: usize = 40;
/// The longest login that is looked up, in characters.
pub(super) const LOGIN_CHARS_MAX: usize = 254;

/// Starts a session.
async fn auth(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let login = params.required("login", params::text);
    let password = params.required("password", params::text);
    let dealer = params.optional("dealer_id", params::int);
    if let Some(password) = &password {
        let is_printable = !password.chars().any(char::is_control);
        if password.is_empty() || password.chars().count() > PASSWORD_CHARS_MAX || !is_printable {
            params.error("password", "must have 1-40 printable characters");
        }
    }
    if login.as_ref().is_some_and(|login| login.chars().count() > LOGIN_CHARS_MAX) {
        params.error("login", "is too long");
    }
    params.finish()?;
    let (Some(login), Some(password)) = (login, password) else { return Err(params.invalid().into()) };

    let hash = api.fleet.login(&login, &password, request.now).await?;
    if let Some(dealer) = dealer {
        let session = api.fleet.authorize(hash.as_str(), request.now).map_err(Condition::from)?;
        let belongs = api.fleet.user(session.user).is_some_and(|user| i64::from(user.account.0) == i64::from(dealer));
        if !belongs {
            api.fleet.logout(session.id, request.now).await?;
            return Err(Condition::WrongCredentials.into());
        }
    }
    Ok(success(|o| {
        o.string("hash", hash.as_str()).string("type", "authenticated");
    }))
}

/// Ends the call's own session.
async fn logout(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    api.fleet.logout(session.id, request.now).await?;
    Ok(success(|_| {}))
}

/// Lets the call's own session live as long again as a new one.
async fn renew(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.finish()?;
    api.fleet.renew_session(&session, request.now).await?;
    Ok(success(|_| {}))
}

impl From<RenewError> for Refusal {
    fn from(error: RenewError) -> Self {
        let condition = match error {
            RenewError::Ended => Condition::SessionEnded,
            RenewError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

/// Says who the user is.
async fn get_info(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    request.params.finish()?;
    let user = api.fleet.user(session.user).ok_or(Condition::SessionEnded)?;
    let master = user.master.and_then(|master| api.fleet.user(master));
    let created = DateText::new(user.created, &*session.zone, dates);
    Ok(success(|o| {
        o.int("paas_id", user.account.0).raw("paas_settings", "{}");
        user_info(&user, created, o.member("user_info"));
        o.raw("tariff_restrictions", r#"{"allowed_maps":["osm","roadmap"]}"#);
        o.boolean("premium_gis", false).raw("features", "[]").raw("user_menu", "{}");
        if let Some(master) = &master {
            master_info(master, o.member("master"));
            security_group::privileges(session.rights, o.member("privileges"));
        }
    }))
}

fn user_info(user: &User, created: DateText, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    let profile = &user.profile;
    o.int("id", user.id.0).string("login", &user.login).string("title", &user.title()).string("phone", &profile.phone);
    date("creation_date", created, &mut o);
    o.raw("balance", "0.0").raw("bonus", "0.0").string("locale", &user.preferences.locale);
    o.boolean("demo", false).boolean("verified", user.verified);
    o.string("legal_type", legal_type_name(profile.legal_type));
    let display = &user.preferences.display;
    o.string("default_geocoder", display.geocoder.name()).string("route_provider", display.route_provider.name());
    o.string("time_zone", user.preferences.zone.name());
    o.string("measurement_system", user.preferences.measurement_system.name());
    settings::formats(display, &mut o);
    names_and_addresses(user, &mut o);
    o.close();
}

/// What a sub-user may know of its master.
fn master_info(master: &User, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    let profile = &master.profile;
    o.int("id", master.id.0).string("title", &master.title()).boolean("demo", false);
    o.string("legal_type", legal_type_name(profile.legal_type));
    o.string("first_name", &profile.first_name).string("middle_name", &profile.middle_name);
    o.string("last_name", &profile.last_name);
    o.close();
}

/// The members that a user has in the users' and in the administrators' methods alike.
pub(super) fn names_and_addresses(user: &User, o: &mut Object<'_>) {
    let profile = &user.profile;
    o.string("first_name", &profile.first_name);
    o.string("middle_name", &profile.middle_name);
    o.string("last_name", &profile.last_name);
    for (prefix, address) in [("post", &profile.post), ("registered", &profile.registered)] {
        o.string(&format!("{prefix}_country"), &address.country);
        o.string(&format!("{prefix}_region"), &address.region);
        o.string(&format!("{prefix}_index"), &address.index);
        o.string(&format!("{prefix}_city"), &address.city);
        o.string(&format!("{prefix}_street_address"), &address.street_address);
    }
    o.string("tin", &profile.tin);
    if profile.legal_type == LegalType::LegalEntity {
        o.string("legal_name", &profile.legal_name);
    }
    if !profile.iec.is_empty() {
        o.string("iec", &profile.iec);
    }
}

pub(super) const fn legal_type_name(legal_type: LegalType) -> &'static str {
    match legal_type {
        LegalType::Individual => "individual",
        LegalType::LegalEntity => "legal_entity",
        LegalType::SoleTrader => "sole_trader",
    }
}

pub(super) fn legal_type_from_name(name: &str) -> Option<LegalType> {
    [LegalType::Individual, LegalType::LegalEntity, LegalType::SoleTrader]
        .into_iter()
        .find(|legal_type| legal_type_name(*legal_type) == name)
}

/// A member that is a date.
pub(super) fn date(name: &str, date: DateText, o: &mut Object<'_>) {
    let out = o.member(name);
    out.push(b'"');
    out.extend_from_slice(date.as_bytes());
    out.push(b'"');
}

/// A date of the administrators' methods: UTC, plain.
pub(super) fn utc_date(name: &str, at: model::Timestamp, o: &mut Object<'_>) {
    date(name, DateText::new(at, &encode::Utc, Dates::Plain), o);
}
