//! `panel/office/device_settings/…`: what the configuration of a tracker's device decides.

use calls::answer::success;
use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use calls::write::{Object, array, string};
use calls::{Kind, Request, required};
use model::{DeviceSettings, SETTING_KEYS, SettingKey};

use crate::api::{Api, Caller, Done, tracker_id};
use crate::errors::Refusal;
use crate::method::{Method, OF_TRACKER, TRACKER_ID};

const SETTINGS: Kind = Kind::Named("DeviceSettings");
const KEY: Kind = Kind::Named("DeviceSettingKey");

pub(crate) const METHODS: &[Method] = &[
    Method::keepers(
        "panel/office/device_settings/read",
        "What is set about the device of a tracker, and what can be.",
        |a, c, r| Box::pin(read(a, c, r)),
    )
    .takes(&[TRACKER_ID])
    .gives(&[
        required("settings", SETTINGS, "those that are set"),
        required("keys", Kind::List(&KEY), "all that there are"),
    ])
    .fails(OF_TRACKER),
    Method::keepers(
        "panel/office/device_settings/update",
        "Sets what the configuration of a tracker's device decides. It holds at once: a device that is connected is made to \
         connect again. It goes when another device takes its place.",
        |a, c, r| Box::pin(update(a, c, r)),
    )
    .takes(&[TRACKER_ID, required("settings", SETTINGS, "an empty text takes one back; what is not named stays")])
    .gives(&[required("settings", SETTINGS, "those that are set now")])
    .fails(OF_TRACKER),
];

async fn read(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    let settings = api.fleet.device_settings(caller.keeper(), id)?;
    Ok(success(|o| {
        render(&settings, o.member("settings"));
        array(SETTING_KEYS, o.member("keys"), key);
    })
    .into())
}

async fn update(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let id = tracker_id(params);
    let edits = params.object("settings.", edits).unwrap_or_default();
    params.finish()?;
    let settings = api.fleet.change_device_settings(caller.keeper(), id, edits).await?;
    Ok(success(|o| render(&settings, o.member("settings"))).into())
}

/// What is to be changed.
fn edits(settings: &mut Params<'_>) -> Vec<(String, Option<String>)> {
    let mut edit = |known: &SettingKey| {
        let value = settings.optional(known.key, scalar)?;
        Some((known.key.to_owned(), Some(value).filter(|text| !text.is_empty())))
    };
    SETTING_KEYS.iter().filter_map(&mut edit).collect()
}

/// A text, or what is true, false or a number, as text.
fn scalar(value: Value<'_>) -> Result<String, Mistyped> {
    let plain = |raw: &str| {
        let is_plain = matches!(raw, "true" | "false") || raw.parse::<f64>().is_ok();
        is_plain.then(|| raw.to_owned())
    };
    match value {
        Value::Json(raw) => plain(raw).map_or_else(|| params::text(value), Ok),
        Value::Field(text) => Ok(text.to_owned()),
    }
}

fn render(settings: &DeviceSettings, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    for (key, value) in settings.pairs() {
        o.string(key, &value);
    }
    o.close();
}

fn key(key: &SettingKey, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("key", key.key).string("allowed", key.allowed).string("about", key.about);
    array(key.families, o.member("protocols"), |name, out| string(name, out));
    o.close();
}
