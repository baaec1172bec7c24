//! `tracker/get_outputs` and the like: the outputs of a tracker and what they are called.

use calls::Request;
use calls::params;
use fleet::{Right, Session, Tracker};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, TRACKER_ID, required};
use crate::http::reach::{tracker_id, trackers};
use crate::http::sensor::tracker;
use crate::http::tracker::unblocked;

const OUTPUT: Kind =
    Kind::Object(&[required("number", Kind::Int, "from 1"), required("title", Kind::Text, "1 to 60 characters")]);

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/get_outputs", "The outputs of a tracker.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[required("result", Kind::List(&OUTPUT), "")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
    Method::user("tracker/batch_get_outputs", "The outputs of up to 500 trackers.", |a, s, r| {
        Box::pin(batch_read(a, s, r))
    })
    .takes(&[required("trackers", Kind::List(&Kind::Int), "at most 500")])
    .gives(&[required("result", Kind::Map(&Kind::List(&OUTPUT)), "by tracker")])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
    Method::user("tracker/output/update", "Gives an output a title.", |a, s, r| Box::pin(update(a, s, r)))
        .right(Right::TrackerUpdate)
        .takes(&[TRACKER_ID, required("tracker_output", OUTPUT, "")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
];

async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?;
    let tracker = unblocked(api, &session, Some(id.0), Condition::NotFound)?;
    Ok(success(|o| render(api, &tracker, o.member("result"))))
}

async fn batch_read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let trackers = trackers(api, &session, &mut request.params)?;
    Ok(success(|o| {
        let mut result = Object::open(o.member("result"));
        let mut name = itoa::Buffer::new();
        for tracker in trackers {
            render(api, &tracker, result.member(name.format(tracker.id.0)));
        }
        result.close();
    }))
}

fn render(api: &Api, tracker: &Tracker, out: &mut Vec<u8>) {
    encode::array((1..).zip(api.fleet.output_titles(tracker)), out, |(number, title), out| {
        let mut o = Object::open(out);
        o.int("number", number as u32).string("title", &title.unwrap_or_else(|| format!("Output {number}")));
        o.close();
    });
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let output = params.object("tracker_output.", |output| {
        let (number, title) = (output.required("number", params::int), output.required("title", params::text));
        Some((u8::try_from(number?).unwrap_or(0), title?))
    });
    params.finish()?;
    let (Some(id), Some(Some((number, title)))) = (id, output) else { return Err(params.invalid().into()) };
    let set = api.fleet.set_output_title(&session, tracker(id), number, title).await;
    set.map_err(|error| Refusal::from(error).within("tracker_output."))?;
    Ok(success(|_| {}))
}
