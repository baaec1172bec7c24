//! `tag/…` and `tracker/tags/set`: words to find trackers by.

use calls::Request;
use calls::json::Mistyped;
use calls::params::{self, Params, REQUIRED, Value};
use fleet::{Right, Session, TAGS_PER_TRACKER_MAX, TagBinding};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::security_group::number;
use crate::http::sensor::tracker;
use crate::http::tracker;

/// How many tags one call may name.
const TAGS_MAX: usize = 1_000;

const TAG_ID: Param = required("id", Kind::Int, "");
const NAME: Param = required("name", Kind::Text, "1 to 60 characters");
const COLOR: Param = required("color", Kind::Text, "six hexadecimal digits");
const TAG: Kind = Kind::Object(&[TAG_ID, NAME, COLOR]);
const NEW_TAG: Kind = Kind::Object(&[NAME, COLOR]);
const IDS: Kind = Kind::List(&Kind::Int);

pub(super) const METHODS: &[Method] = &[
    Method::user("tag/list", "The tags of the account.", |a, s, r| Box::pin(list(a, s, r)))
        .takes(&[optional("filter", Kind::Text, "a part of the name, 3 to 60 characters")])
        .gives(&[required("list", Kind::List(&TAG), "")]),
    Method::user("tag/create", "Makes a tag.", |a, s, r| Box::pin(create(a, s, r)))
        .right(Right::TagUpdate)
        .takes(&[required("tag", NEW_TAG, "")])
        .gives(&[required("id", Kind::Int, "")])
        .fails(&[Condition::TooManyEntities]),
    Method::user("tag/update", "Renames or recolours a tag.", |a, s, r| Box::pin(update(a, s, r)))
        .right(Right::TagUpdate)
        .takes(&[required("tag", TAG, "")])
        .fails(&[Condition::NotFound]),
    Method::user("tag/delete", "Removes tags, from all trackers too.", |a, s, r| Box::pin(delete(a, s, r)))
        .right(Right::TagUpdate)
        .takes(&[
            optional("tag_id", Kind::Int, "one of the two must be given"),
            optional("tag_ids", IDS, "those that are not there are passed over"),
        ])
        .fails(&[Condition::NotFound]),
    Method::user("tag/search", "What carries all of these tags.", |a, s, r| Box::pin(search(a, s, r)))
        .takes(&[
            required("tag_ids", IDS, ""),
            optional("entity_types", Kind::List(&Kind::Text), "only trackers have tags here"),
        ])
        .gives(&[required("result", Kind::Object(&[required("tracker", Kind::List(&tracker::TRACKER), "")]), "")]),
    Method::user("tracker/tags/set", "Puts tags on a tracker in place of those that it has.", |a, s, r| {
        Box::pin(set(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[
        TRACKER_ID,
        required(
            "tag_bindings",
            Kind::List(&Kind::Object(&[
                required("tag_id", Kind::Int, ""),
                required("ordinal", Kind::Int, "1 to 5, each once"),
            ])),
            "",
        ),
    ])
    .fails(&[Condition::NotFound]),
];

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let filter = request.params.optional("filter", filter);
    request.params.finish()?;
    let mut tags = api.fleet.tags(&session);
    if let Some(filter) = filter {
        tags.retain(|tag| tag.name.to_lowercase().contains(&filter));
    }
    Ok(success(|o| {
        encode::array(&tags, o.member("list"), |tag, out| {
            let mut o = Object::open(out);
            o.int("id", tag.id).string("name", &tag.name).string("color", &tag.color);
            o.close();
        });
    }))
}

/// A part of a name, in lower case.
fn filter(value: Value<'_>) -> Result<String, Mistyped> {
    let text = params::text(value)?;
    match (3..=60).contains(&text.chars().count()) {
        true => Ok(text.to_lowercase()),
        false => Err(Mistyped("must have 3 to 60 characters")),
    }
}

async fn create(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let tag = params.object("tag.", name_and_color).flatten();
    params.finish()?;
    let Some((name, color)) = tag else { return Err(params.invalid().into()) };
    let id = api.fleet.create_tag(&session, name, color).await.map_err(in_tag)?;
    Ok(success(|o| {
        o.int("id", id);
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let tag = params.object("tag.", |tag| (tag.required("id", params::int), name_and_color(tag)));
    params.finish()?;
    let Some((Some(id), Some((name, color)))) = tag else { return Err(params.invalid().into()) };
    api.fleet.update_tag(&session, number(id), name, color).await.map_err(in_tag)?;
    Ok(success(|_| {}))
}

fn name_and_color(tag: &mut Params<'_>) -> Option<(String, String)> {
    let (name, color) = (tag.required("name", params::text), tag.required("color", params::text));
    Some((name?, color?))
}

/// What is wrong with a tag is wrong within the object of that name.
fn in_tag(error: fleet::EntityError) -> Refusal {
    Refusal::from(error).within("tag.")
}

async fn delete(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let one = params.optional("tag_id", params::int);
    let many = params.optional("tag_ids", |value| params::ints(value, TAGS_MAX));
    match (params.get("tag_id").is_some(), params.get("tag_ids").is_some()) {
        (true, true) => params.error("tag_ids", "must not be given together with tag_id"),
        (false, false) => params.error("tag_id", REQUIRED),
        _ => {}
    }
    too_many(params, "tag_ids", many.as_deref());
    params.finish()?;
    let ids = many.unwrap_or_default().into_iter().chain(one).map(number).collect();
    let count = api.fleet.delete_tags(&session, ids).await?;
    if one.is_some() && count == 0 {
        return Err(Condition::NotFound.into());
    }
    Ok(success(|_| {}))
}

fn too_many(params: &mut Params<'_>, name: &str, ids: Option<&[i32]>) {
    if ids.is_some_and(|ids| ids.len() > TAGS_MAX) {
        params.error(name, format!("must have at most {TAGS_MAX} elements"));
    }
}

async fn search(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let ids = params.required("tag_ids", |value| params::ints(value, TAGS_MAX));
    let types = params.optional("entity_types", |value| params::texts(value, TAGS_MAX));
    too_many(params, "tag_ids", ids.as_deref());
    params.finish()?;
    let ids: Vec<u32> = ids.unwrap_or_default().into_iter().map(number).collect();
    let is_wanted = types.is_none_or(|types| types.is_empty() || types.iter().any(|t| t == "tracker"));
    let found = if is_wanted && !ids.is_empty() { api.fleet.tagged_trackers(&session, &ids) } else { Vec::new() };
    Ok(success(|o| {
        let mut result = Object::open(o.member("result"));
        if is_wanted {
            encode::array(&found, result.member("tracker"), |tracker, out| {
                tracker::render(api, tracker, &*session.zone, out);
            });
        }
        result.close();
    }))
}

async fn set(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    if params.get("tag_bindings").is_none() {
        params.error("tag_bindings", REQUIRED);
    }
    let bindings = params.objects("tag_bindings", TAGS_PER_TRACKER_MAX.into(), |binding| {
        let (tag, ordinal) = (binding.required("tag_id", params::int), binding.required("ordinal", params::int));
        // An ordinal beyond the type is as wrong as any other out of range.
        Some(TagBinding { tag: number(tag?), ordinal: u8::try_from(ordinal?).unwrap_or(0) })
    });
    params.finish()?;
    let (Some(id), Some(bindings)) = (id, bindings) else { return Err(params.invalid().into()) };
    api.fleet.set_tags(&session, tracker(id), bindings).await?;
    Ok(success(|_| {}))
}
