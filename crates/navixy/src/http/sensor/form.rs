//! Sensors on the wire.

use calls::params::{self, Params};
use fleet::{SENSOR_NAME_CHARS_MAX, VALUE_TITLES_MAX};
use model::{
    AttributeId, Discrete, DiscreteType, Metering, MeteringRules, MeteringType, Sensor, SensorId, SensorKind,
    ValueTitle, Virtual, VirtualRule, VirtualType,
};

use crate::encode::{self, Object};
use crate::http::security_group::number;
use crate::names;

/// The input name of a sensor that adds up others.
const COMPOSITE: &str = "composite";
/// What a gap between refuellings is when nothing is said, in minutes.
const REFUEL_GAP_MINUTES: u32 = 5;
/// More sensors than any composite one may add up are not kept.
const PARENTS_MAX: usize = 10_000;

enum Kind {
    Metering,
    Discrete,
    Virtual,
}

/// Reads the members of a sensor, but for its id. What is wrong is noted.
pub(super) fn read(sensor: &mut Params<'_>) -> Option<Sensor> {
    let kind = sensor.required("type", |value| {
        params::named(value, |name| match name {
            "metering" => Some(Kind::Metering),
            "discrete" => Some(Kind::Discrete),
            "virtual" => Some(Kind::Virtual),
            _ => None,
        })
    });
    let name = sensor.required("name", params::text);
    let kind = match kind? {
        Kind::Metering => SensorKind::Metering(read_metering(sensor)?),
        Kind::Discrete => SensorKind::Discrete(read_discrete(sensor)?),
        Kind::Virtual => SensorKind::Virtual(read_virtual(sensor)?),
    };
    Some(Sensor { id: SensorId(0), name: name?, kind })
}

fn read_metering(sensor: &mut Params<'_>) -> Option<Metering> {
    let sensor_type = sensor.required("sensor_type", |value| params::named(value, MeteringType::from_name));
    let input_name = sensor.required("input_name", params::text);
    let divider = sensor.optional("divider", params::number).unwrap_or(1.0);
    let accuracy = sensor.optional("accuracy", params::number).unwrap_or(0.0);
    let units = sensor.optional("units", params::text).unwrap_or_default();
    let units_type = sensor.optional("units_type", params::text).unwrap_or_else(|| "custom".to_owned());
    let rules = sensor
        .optional_object("parameters", read_rules)
        .unwrap_or_else(|| MeteringRules { refuel_gap_minutes: Some(REFUEL_GAP_MINUTES), ..MeteringRules::default() });
    let input_name = input_name?;
    let is_composite = input_name == COMPOSITE && !rules.custom_field_name;
    let input = if is_composite { None } else { Some(input(sensor, &input_name, rules.custom_field_name)?) };
    let sensor_type = sensor_type?;
    let calibration = Vec::new();
    Some(Metering { sensor_type, input_name, input, divider, accuracy, units, units_type, rules, calibration })
}

fn read_rules(parameters: &mut Params<'_>) -> MeteringRules {
    let parents = parameters.optional("parent_ids", |value| params::ints(value, PARENTS_MAX)).unwrap_or_default();
    let gap = parameters.optional("refuel_gap_minutes", params::int);
    MeteringRules {
        parent_ids: parents.into_iter().map(|id| SensorId(number(id))).collect(),
        volume: parameters.optional("volume", params::number),
        min: parameters.optional("min", params::number),
        max: parameters.optional("max", params::number),
        max_lowering_by_time: parameters.optional("max_lowering_by_time", params::number),
        max_lowering_by_mileage: parameters.optional("max_lowering_by_mileage", params::number),
        ignore_drains_in_move: parameters.flag("ignore_drains_in_move", false),
        ignore_refuels_in_move: parameters.flag("ignore_refuels_in_move", false),
        refuel_gap_minutes: Some(gap.and_then(|n| u32::try_from(n).ok()).unwrap_or(REFUEL_GAP_MINUTES)),
        custom_field_name: parameters.flag("custom_field_name", false),
    }
}

fn read_discrete(sensor: &mut Params<'_>) -> Option<Discrete> {
    let sensor_type = sensor.required("sensor_type", |value| params::named(value, DiscreteType::from_name));
    let input_number = sensor.required("input_number", params::int);
    // A number beyond the type is as wrong as any other that no input has.
    Some(Discrete { sensor_type: sensor_type?, input_number: u8::try_from(input_number?).unwrap_or(0) })
}

fn read_virtual(sensor: &mut Params<'_>) -> Option<Virtual> {
    let sensor_type = sensor.required("sensor_type", |value| params::named(value, VirtualType::from_name));
    let input_name = sensor.required("input_name", params::text);
    let custom_field_name = sensor.flag("custom_field_name", false);
    if sensor.get("parameters").is_none() {
        sensor.error("parameters", params::REQUIRED);
    }
    let parameters = sensor.optional_object("parameters", |parameters| {
        let rule = read_rule(parameters);
        let titles = parameters.objects("value_titles", VALUE_TITLES_MAX, |title| {
            let (value, text) = (title.required("value", params::text), title.required("title", params::text));
            Some(ValueTitle { value: value?, title: text? })
        });
        (rule, titles.unwrap_or_default())
    });
    let input_name = input_name?;
    let input = Some(input(sensor, &input_name, custom_field_name)?);
    let (rule, titles) = parameters?;
    Some(Virtual { sensor_type: sensor_type?, input_name, input, custom_field_name, rule: rule?, titles })
}

fn read_rule(parameters: &mut Params<'_>) -> Option<VirtualRule> {
    let from = parameters.optional("range_from", params::number);
    let to = parameters.optional("range_to", params::number);
    let bit = parameters.optional("bit_index", params::int);
    let method = parameters.required("calc_method", params::text)?;
    match method.as_str() {
        "in_range" if from.is_none() && to.is_none() => {
            parameters.error("range_from", "is required where there is no range_to");
            None
        }
        "in_range" => Some(VirtualRule::InRange { from, to }),
        "identity" => Some(VirtualRule::Identity),
        "bit_index" => match bit {
            Some(bit) => Some(VirtualRule::BitIndex(u8::try_from(bit).unwrap_or(0))),
            None => {
                parameters.error("bit_index", params::REQUIRED);
                None
            }
        },
        _ => {
            parameters.error("calc_method", "must be one of in_range, identity, bit_index");
            None
        }
    }
}

/// The attribute that an input's name means: the platform's names and ours, or a device's own word for word. Names
/// that are too long are left to the rule that says so, and not remembered.
fn input(sensor: &mut Params<'_>, name: &str, is_custom: bool) -> Option<AttributeId> {
    if name.len() > SENSOR_NAME_CHARS_MAX {
        sensor.error("input_name", "is too long");
        return None;
    }
    let found = if is_custom { AttributeId::intern(name) } else { names::attribute(name) };
    found.map_err(|_| sensor.error("input_name", "cannot be the name of an attribute")).ok()
}

/// Writes a sensor.
pub(super) fn render(sensor: &Sensor, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", sensor.id.0);
    match &sensor.kind {
        SensorKind::Metering(metering) => {
            o.string("type", "metering").string("sensor_type", metering.sensor_type.name());
            o.string("name", &sensor.name);
            render_metering(metering, &mut o);
        }
        SensorKind::Discrete(discrete) => {
            o.string("type", "discrete").string("sensor_type", discrete.sensor_type.name());
            o.string("name", &sensor.name).int("input_number", discrete.input_number);
        }
        SensorKind::Virtual(virtual_sensor) => {
            o.string("type", "virtual").string("sensor_type", virtual_sensor.sensor_type.name());
            o.string("name", &sensor.name);
            render_virtual(virtual_sensor, &mut o);
        }
    }
    o.close();
}

fn render_metering(metering: &Metering, o: &mut Object<'_>) {
    o.string("input_name", &metering.input_name);
    encode::float(metering.divider, o.member("divider"));
    encode::float(metering.accuracy, o.member("accuracy"));
    o.string("units", &metering.units).string("units_type", &metering.units_type);
    let rules = &metering.rules;
    let mut p = Object::open(o.member("parameters"));
    if !rules.parent_ids.is_empty() {
        encode::array(&rules.parent_ids, p.member("parent_ids"), |id, out| encode::int(id.0, out));
    }
    some_number("volume", rules.volume, &mut p);
    some_number("min", rules.min, &mut p);
    some_number("max", rules.max, &mut p);
    some_number("max_lowering_by_time", rules.max_lowering_by_time, &mut p);
    some_number("max_lowering_by_mileage", rules.max_lowering_by_mileage, &mut p);
    p.boolean("ignore_drains_in_move", rules.ignore_drains_in_move);
    p.boolean("ignore_refuels_in_move", rules.ignore_refuels_in_move);
    p.int("refuel_gap_minutes", rules.refuel_gap_minutes.unwrap_or(REFUEL_GAP_MINUTES));
    p.boolean("custom_field_name", rules.custom_field_name);
    p.close();
}

fn render_virtual(sensor: &Virtual, o: &mut Object<'_>) {
    o.string("input_name", &sensor.input_name).boolean("custom_field_name", sensor.custom_field_name);
    let mut p = Object::open(o.member("parameters"));
    match sensor.rule {
        VirtualRule::InRange { from, to } => {
            p.string("calc_method", "in_range");
            some_number("range_from", from, &mut p);
            some_number("range_to", to, &mut p);
        }
        VirtualRule::Identity => {
            p.string("calc_method", "identity");
        }
        VirtualRule::BitIndex(bit) => {
            p.string("calc_method", "bit_index").int("bit_index", bit);
        }
    }
    encode::array(&sensor.titles, p.member("value_titles"), |title, out| {
        let mut o = Object::open(out);
        o.string("value", &title.value).string("title", &title.title);
        o.close();
    });
    p.close();
}

fn some_number(name: &str, value: Option<f64>, o: &mut Object<'_>) {
    if let Some(value) = value {
        encode::float(value, o.member(name));
    }
}
