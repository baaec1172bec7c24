//! Navixy Generic Protocol over HTTP: one JSON object a request, `POST` to any path.

mod cells;
mod fields;
mod location;
mod message;
mod mqtt;
#[cfg(test)]
mod tests;

use model::Upload;

use crate::http::{Api, Exchange, Refusal, Request, Status};
use crate::session::{DeviceSettings, Reject, Session};
use crate::stream::Stream;
use crate::{Family, Likeness, Limits, Presence};
pub(crate) use message::Message;
pub(crate) use mqtt::FAMILY as MQTT;

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "ngp",
    default_listen: "127.0.0.1:47642",
    presence: Presence::Contact,
    open,
    open_udp: None,
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(Exchange::<Ngp>::new(limits), limits))
}

pub(crate) struct Ngp;

impl Api for Ngp {
    type Message<'a> = Message<'a>;
    const TAKES_COMMANDS: bool = false;

    fn body_bytes_max(limits: &Limits) -> usize {
        limits.ngp_body_bytes_max
    }

    fn parse<'a>(request: &'a Request<'a>, limits: &Limits) -> Result<Message<'a>, Refusal> {
        if request.method != "POST" {
            return Err(Refusal { status: Status::MethodNotAllowed, reason: Reject::Method, is_explained: false });
        }
        Message::read(request.body, limits).map_err(|reason| Refusal {
            status: Status::BadRequest,
            reason,
            is_explained: true,
        })
    }

    fn takes_commands(_: &Message<'_>) -> bool {
        false
    }

    fn device<'m>(message: &'m Message<'_>) -> &'m str {
        message.device()
    }

    fn unknown_device(_: &Message<'_>) -> Status {
        Status::Forbidden
    }

    fn reports(message: Message<'_>, _: &DeviceSettings, _: &Limits) -> Upload {
        vec![message.into_report()]
    }
}

/// Told from other HTTP by its body, request by request.
fn recognise(_: &[u8]) -> Likeness {
    Likeness::No
}
