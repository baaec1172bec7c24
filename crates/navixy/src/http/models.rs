//! `tracker/list_models`: the models of devices that can be registered.

use calls::Request;
use calls::params;
use fleet::{IdPattern, MODELS, Model, Session};
use model::{AttributeId, attr};

use crate::encode::{self, Object};
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, optional, required};
use crate::names;

/// How many models one call may name.
const CODES_MAX: usize = 1_000;
/// How many analog inputs the generic protocol has names for.
const ANALOG_INPUTS: u8 = 32;
/// What a state shows besides what it shows of every device.
const ADDITIONAL: [AttributeId; 4] = [attr::EVENT_ID, attr::HARDWARE_KEY, attr::IS_MOVING, attr::VIN];

pub(super) const METHODS: &[Method] =
    &[Method::user("tracker/list_models", "The models that can be registered.", |a, s, r| Box::pin(list(a, s, r)))
        .takes(&[
            optional("compact_view", Kind::Bool, "only what tells models apart"),
            optional("codes", Kind::List(&Kind::Text), "only these"),
        ])
        .gives(&[required("list", Kind::List(&Kind::Named("Model")), "")])];

async fn list(_: &Api, _: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let is_compact = params.flag("compact_view", false);
    let codes = params.optional("codes", |value| params::texts(value, CODES_MAX));
    params.finish()?;
    let is_wanted = |model: &&Model| codes.as_ref().is_none_or(|codes| codes.iter().any(|code| code == model.code));
    Ok(success(|o| {
        encode::array(MODELS.iter().filter(is_wanted), o.member("list"), |model, out| render(model, is_compact, out));
    }))
}

fn render(model: &Model, is_compact: bool, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", model.id).string("vendor", model.vendor).string("code", model.code).string("name", model.name);
    o.string("type", if model.phone_app { "mobile" } else { "vehicle" }).string("id_type", &id_type(model.id_pattern));
    o.boolean("has_phone", false).boolean("register", true);
    if is_compact {
        return o.close();
    }
    let is_generic = model.code == "navixy_ngp";
    for name in ["altitude", "satellites", "gsm_level"] {
        o.boolean(name, true);
    }
    // No family that is served tells the name of the network, nor whether it roams.
    o.boolean("gsm_network", false).boolean("gsm_roaming", false);
    o.int("analog_inputs", if is_generic { ANALOG_INPUTS } else { 0 });
    o.int("digital_inputs", model.inputs_count).int("digital_outputs", model.outputs_count).int("rs232_inputs", 0);
    o.string("output_control", "none");
    let analog = (1..=if is_generic { ANALOG_INPUTS } else { 0 }).map(|n| format!("analog_{n}"));
    encode::array(analog, o.member("inputs"), |name, out| encode::string(&name, out));
    let fields = ADDITIONAL.iter().map(|id| names::field_name(*id));
    encode::array(fields, o.member("state_fields"), |name, out| encode::string(&name, out));
    o.raw("rules", "[]").boolean("has_chat", model.has_chat).boolean("has_custom_fields", true);
    o.boolean("has_odometer", true).boolean("has_lbs", true).boolean("has_motion_sensor", true);
    o.boolean("has_hardware_key", true);
    o.raw("battery", r#"{"min_charge":0,"low_charge":20,"max_charge":100}"#);
    o.close();
}

fn id_type(pattern: IdPattern) -> String {
    match pattern {
        IdPattern::Ascii { chars_min, chars_max } => format!("ascii,{chars_min},{chars_max}"),
        IdPattern::Imei => "imei".to_owned(),
        IdPattern::Text => "ascii,1,64".to_owned(),
        IdPattern::Generated => "generated".to_owned(),
    }
}
