//! `user/settings/…`: how users want things shown.

use calls::Request;
use calls::field_error;
use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use fleet::{
    BALANCE_ALERT_EMAILS_MAX, DateFormat, Display, Geocoder, HourMode, MeasurementSystem, Preferences, RouteProvider,
    Session, UiSettingError, Zone,
};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::failure::failed;
use crate::http::method::{Kind, Method, Param, optional, required};

const UNKNOWN_VALUE: Mistyped = Mistyped("has an unknown value");

const FILE_STORAGE: Kind = Kind::Object(&[optional("auto_overwrite", Kind::Bool, "")]);
const BALANCE_ALERT: Kind = Kind::Object(&[optional("emails", Kind::List(&Kind::Text), "at most 20")]);
const SETTINGS: &[Param] = &[
    required("time_zone", Kind::Text, "a name of the IANA list"),
    optional("locale", Kind::Text, "xx or xx_YY"),
    optional("measurement_system", Kind::OneOf(MeasurementSystem::WORDS), ""),
    optional("date_format", Kind::OneOf(DateFormat::WORDS), ""),
    optional("hour_mode", Kind::OneOf(HourMode::WORDS), ""),
    optional("geocoder", Kind::OneOf(Geocoder::WORDS), ""),
    optional("route_provider", Kind::OneOf(RouteProvider::WORDS), ""),
    optional("translit", Kind::Bool, ""),
];
const UPDATE: &[Param] = &[
    SETTINGS[0],
    SETTINGS[1],
    SETTINGS[2],
    SETTINGS[3],
    SETTINGS[4],
    SETTINGS[5],
    SETTINGS[6],
    SETTINGS[7],
    optional("file_storage_settings", FILE_STORAGE, "of a master only"),
    optional("balance_alert_settings", BALANCE_ALERT, "of a master only"),
];
const KEY: Param = required("key", Kind::Text, "1 to 50 letters, digits, hyphens and underscores");

pub(super) const METHODS: &[Method] = &[
    Method::user("user/settings/read", "How the user wants things shown.", |a, s, r| Box::pin(read(a, s, r))).gives(&[
        required("settings", Kind::Object(SETTINGS), ""),
        optional("file_storage_settings", FILE_STORAGE, "of a master"),
        optional("balance_alert_settings", BALANCE_ALERT, "of a master"),
        optional("first_user_balance_warning_period", Kind::Text, "of a master"),
        optional("second_user_balance_warning_period", Kind::Text, "of a master"),
    ]),
    Method::user("user/settings/update", "Replaces them; what is not given goes back to its default.", |a, s, r| {
        Box::pin(update(a, s, r))
    })
    .takes(UPDATE)
    .fails(&[Condition::NotPermitted]),
    Method::user("user/settings/ui/read", "A text that the client had kept.", |a, s, r| Box::pin(ui_read(a, s, r)))
        .takes(&[KEY])
        .gives(&[required("value", Kind::OrNull(&Kind::Text), "")]),
    Method::user("user/settings/ui/update", "Keeps a text for the client.", |a, s, r| Box::pin(ui_update(a, s, r)))
        .takes(&[KEY, required("value", Kind::Text, "at most 8192 characters")])
        .fails(&[Condition::OverQuota]),
];

impl From<UiSettingError> for Refusal {
    fn from(error: UiSettingError) -> Self {
        let condition = match error {
            UiSettingError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            UiSettingError::TooMany => Condition::OverQuota,
            UiSettingError::SessionEnded => Condition::SessionEnded,
            UiSettingError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.finish()?;
    let user = api.fleet.user(session.user).ok_or(Condition::SessionEnded)?;
    let Preferences { zone, locale, measurement_system, display } = &user.preferences;
    Ok(success(|o| {
        let mut s = Object::open(o.member("settings"));
        s.string("time_zone", zone.name()).string("locale", locale);
        s.string("measurement_system", measurement_system.name());
        formats(display, &mut s);
        s.string("geocoder", display.geocoder.name()).string("route_provider", display.route_provider.name());
        s.boolean("translit", display.translit);
        s.close();
        if is_master(&session) {
            masters(display, o);
        }
    }))
}

/// The members that are left out where the locale decides.
pub(super) fn formats(display: &Display, o: &mut Object<'_>) {
    if let Some(format) = display.date_format {
        o.string("date_format", format.name());
    }
    if let Some(mode) = display.hour_mode {
        o.string("hour_mode", mode.name());
    }
}

/// The members that only masters have. The periods are the published ones: nothing is charged here.
fn masters(display: &Display, o: &mut Object<'_>) {
    let mut files = Object::open(o.member("file_storage_settings"));
    files.boolean("auto_overwrite", display.overwrites_files);
    files.close();
    let mut balance = Object::open(o.member("balance_alert_settings"));
    encode::array(&display.balance_alert_emails, balance.member("emails"), |email, out| encode::string(email, out));
    balance.close();
    o.string("first_user_balance_warning_period", "7d").string("second_user_balance_warning_period", "2d");
}

fn is_master(session: &Session) -> bool {
    session.user == session.owner
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let is_for_masters = ["file_storage_settings", "balance_alert_settings"].iter().any(|n| params.get(n).is_some());
    if is_for_masters && !is_master(&session) {
        return Err(Condition::NotPermitted.into());
    }
    let wanted = preferences(params);
    params.finish()?;
    let Some(wanted) = wanted else { return Err(params.invalid().into()) };
    api.fleet.update_preferences(&session, move |preferences| *preferences = wanted).await?;
    Ok(success(|_| {}))
}

/// The preferences that these parameters make, the others at their defaults.
fn preferences(params: &mut Params<'_>) -> Option<Preferences> {
    let zone = params.required("time_zone", |value| Zone::parse(&params::text(value)?).map_err(|_| UNKNOWN_VALUE));
    let locale = params.optional("locale", params::text);
    let measurement_system = params.optional("measurement_system", |v| word(v, MeasurementSystem::from_name));
    let display = Display {
        date_format: params.optional("date_format", |v| word(v, DateFormat::from_name)),
        hour_mode: params.optional("hour_mode", |v| word(v, HourMode::from_name)),
        geocoder: params.optional("geocoder", |v| word(v, Geocoder::from_name)).unwrap_or_default(),
        route_provider: params.optional("route_provider", |v| word(v, RouteProvider::from_name)).unwrap_or_default(),
        translit: params.flag("translit", false),
        overwrites_files: member(params, "file_storage_settings.", |files| files.flag("auto_overwrite", false)),
        balance_alert_emails: member(params, "balance_alert_settings.", |balance| {
            balance.optional("emails", |v| params::texts(v, BALANCE_ALERT_EMAILS_MAX)).unwrap_or_default()
        }),
    };
    let base = Preferences::new(zone?);
    Some(Preferences {
        locale: locale.unwrap_or(base.locale),
        measurement_system: measurement_system.unwrap_or(base.measurement_system),
        display,
        zone: base.zone,
    })
}

/// One of an enum's words.
fn word<T>(value: Value<'_>, from_name: fn(&str) -> Option<T>) -> Result<T, Mistyped> {
    from_name(&params::text(value)?).ok_or(UNKNOWN_VALUE)
}

/// What stands in an object that may be missing.
fn member<T: Default>(params: &mut Params<'_>, prefix: &'static str, read: impl FnOnce(&mut Params<'_>) -> T) -> T {
    match params.get(prefix.trim_end_matches('.')) {
        Some(_) => params.object(prefix, read).unwrap_or_default(),
        None => T::default(),
    }
}

async fn ui_read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let key = request.params.required("key", params::text);
    request.params.finish()?;
    let Some(key) = key else { return Err(request.params.invalid().into()) };
    let value = api.fleet.ui_setting(&session, &key).map_err(UiSettingError::Invalid)?;
    Ok(success(|o| match &value {
        Some(value) => {
            o.string("value", value);
        }
        None => {
            o.raw("value", "null");
        }
    }))
}

async fn ui_update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let key = request.params.required("key", params::text);
    let value = request.params.required("value", params::text);
    request.params.finish()?;
    let (Some(key), Some(value)) = (key, value) else { return Err(request.params.invalid().into()) };
    api.fleet.set_ui_setting(&session, key, value).await?;
    Ok(success(|_| {}))
}
