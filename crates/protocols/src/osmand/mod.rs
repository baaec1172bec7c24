//! OsmAnd and the phone apps that took up its form: parameters in a query or form, or a JSON document.
//! A command in words is the body of the next answer.

mod document;
mod query;
#[cfg(test)]
mod tests;

use model::Upload;

use crate::http::{Api, Exchange, Refusal, Request, Status};
use crate::session::{DeviceSettings, Session};
use crate::stream::Stream;
use crate::{Family, Likeness, Limits, Presence};
use document::Document;
use query::Query;

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "osmand",
    default_listen: "127.0.0.1:5055",
    presence: Presence::Contact,
    open,
    open_udp: None,
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(Exchange::<OsmAnd>::new(limits), limits))
}

pub(crate) struct OsmAnd;

pub(crate) enum Message<'a> {
    Query(Query<'a>),
    Document(Document<'a>),
}

impl Api for OsmAnd {
    type Message<'a> = Message<'a>;
    const TAKES_COMMANDS: bool = true;

    fn body_bytes_max(limits: &Limits) -> usize {
        limits.osmand_body_bytes_max
    }

    fn parse<'a>(request: &'a Request<'a>, limits: &Limits) -> Result<Message<'a>, Refusal> {
        let message = match request.media_type.as_str() {
            // Some clients name this type whatever they send: without a body the parameters are in the query.
            "application/json" if !request.body.is_empty() || request.query.is_empty() => {
                Document::read(request.body, limits).map(Message::Document)
            }
            "" | "application/x-www-form-urlencoded" => Query::read(request.query, request.body).map(Message::Query),
            _ => Query::read(request.query, &[]).map(Message::Query),
        };
        message.map_err(|reason| Refusal { status: Status::BadRequest, reason, is_explained: false })
    }

    fn takes_commands(_: &Message<'_>) -> bool {
        true
    }

    fn device<'m>(message: &'m Message<'_>) -> &'m str {
        match message {
            Message::Query(query) => query.device(),
            Message::Document(document) => document.device(),
        }
    }

    fn unknown_device(message: &Message<'_>) -> Status {
        match message {
            Message::Query(_) => Status::BadRequest,
            Message::Document(_) => Status::NotFound,
        }
    }

    fn reports(message: Message<'_>, settings: &DeviceSettings, limits: &Limits) -> Upload {
        match message {
            Message::Query(query) => vec![query.into_report(settings, limits)],
            Message::Document(document) => document.into_reports(limits),
        }
    }
}

/// Told from other HTTP by its body, request by request.
fn recognise(_: &[u8]) -> Likeness {
    Likeness::No
}
