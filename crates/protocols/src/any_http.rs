//! Whatever speaks HTTP on a port that is open to all: each request is of the family that its body shows.

use model::Upload;

use crate::http::{Api, Exchange, Refusal, Request, Status};
use crate::json::members;
use crate::ngp::{self, Ngp};
use crate::osmand::{self, OsmAnd};
use crate::session::{DeviceSettings, Reject, Session};
use crate::stream::Stream;
use crate::{Family, Likeness, Limits, Presence};

/// What is opened for HTTP where the family is not known.
pub(crate) const FAMILY: Family = Family {
    name: "http",
    default_listen: "127.0.0.1:5055",
    presence: Presence::Contact,
    open,
    open_udp: None,
    recognise,
};

fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(Exchange::<AnyHttp>::new(limits), limits))
}

fn recognise(bytes: &[u8]) -> Likeness {
    Likeness::starts_with(bytes, &[b"GET ", b"POST ", b"HEAD ", b"PUT "])
}

struct AnyHttp;

enum Message<'a> {
    Ngp(ngp::Message<'a>),
    OsmAnd(osmand::Message<'a>),
}

impl Api for AnyHttp {
    type Message<'a> = Message<'a>;
    const TAKES_COMMANDS: bool = true;

    fn body_bytes_max(limits: &Limits) -> usize {
        limits.ngp_body_bytes_max.max(limits.osmand_body_bytes_max)
    }

    fn parse<'a>(request: &'a Request<'a>, limits: &Limits) -> Result<Message<'a>, Refusal> {
        let is_ngp = is_ngp(request.body);
        let bytes_max = if is_ngp { limits.ngp_body_bytes_max } else { limits.osmand_body_bytes_max };
        if request.body.len() > bytes_max {
            let reason = Reject::TooLarge { bytes_max };
            return Err(Refusal { status: Status::ContentTooLarge, reason, is_explained: false });
        }
        match is_ngp {
            true => Ngp::parse(request, limits).map(Message::Ngp),
            false => OsmAnd::parse(request, limits).map(Message::OsmAnd),
        }
    }

    fn device<'m>(message: &'m Message<'_>) -> &'m str {
        match message {
            Message::Ngp(message) => Ngp::device(message),
            Message::OsmAnd(message) => OsmAnd::device(message),
        }
    }

    fn unknown_device(message: &Message<'_>) -> Status {
        match message {
            Message::Ngp(message) => Ngp::unknown_device(message),
            Message::OsmAnd(message) => OsmAnd::unknown_device(message),
        }
    }

    fn takes_commands(message: &Message<'_>) -> bool {
        match message {
            Message::Ngp(message) => Ngp::takes_commands(message),
            Message::OsmAnd(message) => OsmAnd::takes_commands(message),
        }
    }

    fn reports(message: Message<'_>, settings: &DeviceSettings, limits: &Limits) -> Upload {
        match message {
            Message::Ngp(message) => Ngp::reports(message, settings, limits),
            Message::OsmAnd(message) => OsmAnd::reports(message, settings, limits),
        }
    }
}

/// Whether the body is an object with a member that only the Navixy Generic Protocol has.
fn is_ngp(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    if !text.trim_ascii_start().starts_with('{') {
        return false;
    }
    let mut is_found = false;
    // What is broken behind it is for that family to refuse.
    let _ = members(text, |name, _| {
        is_found |= name == "message_time";
        if is_found { Err(Reject::NotJson) } else { Ok(()) }
    });
    is_found
}

#[cfg(test)]
mod tests {
    use model::{Command, Order};

    use super::*;
    use crate::testing::{Host, Seen, read_split, read_whole};
    use crate::{OrderRefused, family};

    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    fn ngp(device: &str) -> String {
        post(&format!(r#"{{"message_time":"2026-03-14T09:26:53Z","device_id":"{device}"}}"#))
    }

    fn post(body: &str) -> String {
        format!("POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    fn check(requests: &[&str], wanted: &[&str]) {
        let input = requests.concat();
        let trace = read_whole(family("http").expect("is there"), input.as_bytes());
        for seed in 0..10 {
            assert_eq!(read_split(&FAMILY, seed, input.as_bytes()), trace, "{input} cut by seed {seed}");
        }
        let sent = String::from_utf8_lossy(&trace.sent).into_owned();
        let answers = sent.split("HTTP/1.1 ").skip(1);
        let statuses: Vec<&str> = answers.filter_map(|answer| answer.lines().next()).collect();
        assert_eq!(statuses, wanted, "{input}");
        let accepted = wanted.iter().filter(|status| **status == "200 OK").count();
        assert_eq!((trace.reports().len(), trace.closed), (accepted, false), "{input}");
    }

    #[test]
    fn each_request_is_of_its_own_family() {
        let query = "GET /?id=1&lat=2&lon=3 HTTP/1.1\r\n\r\n";
        let document = post(r#"{"device_id":"1","location":{"odometer":5}}"#);
        check(&[query, &ngp("1"), &document, &ngp("2")], &["200 OK"; 4]);
        check(&[&ngp("9"), "GET /?id=9 HTTP/1.1\r\n\r\n"], &["403 Forbidden", "400 Bad Request"]);
        check(&[&post(r#"{"device_id":"9","location":{}}"#), query], &["404 Not Found", "200 OK"]);
        let put = ngp("1").replace("POST", "PUT");
        check(&[&put, query], &["405 Method Not Allowed", "200 OK"]);
        let broken = post(r#"{"message_time":"2026-03-14T09:26:53Z","device_id":"1""#);
        check(&[&broken, &post(r#"{"device_id":"1""#), query], &["400 Bad Request", "400 Bad Request", "200 OK"]);
        check(&[&post(r#"{"a":"message_time","device_id":"1","location":{}}"#)], &["200 OK"]);
    }

    #[test]
    fn bodies_have_the_limit_of_their_family() {
        let limits = Limits { osmand_body_bytes_max: 60, ngp_body_bytes_max: 80, ..Limits::default() };
        let status = |body: String| {
            let mut host = Host::new(&FAMILY, &limits);
            host.feed(post(&body).as_bytes());
            String::from_utf8_lossy(&host.trace().sent).lines().next().unwrap_or_default().to_owned()
        };
        let padded = |body: &str, bytes: usize| format!("{body}{}", " ".repeat(bytes - body.len()));
        let ngp = r#"{"message_time":"2026-03-14T09:26:53Z","device_id":"1"}"#;
        assert_eq!(status(padded(ngp, 80)), "HTTP/1.1 200 OK");
        assert_eq!(status(padded(ngp, 81)), "HTTP/1.1 413 Content Too Large");
        assert_eq!(status(padded(r#"{"device_id":"1"}"#, 60)), "HTTP/1.1 200 OK");
        assert_eq!(status(padded(r#"{"device_id":"1"}"#, 61)), "HTTP/1.1 413 Content Too Large");
    }

    #[test]
    fn only_phones_are_answered_with_commands() {
        let mut host = Host::new(&FAMILY, &Limits::default());
        let order = Order::Do(Command::Text("trace=on".to_owned()));
        host.feed(ngp("1").as_bytes());
        assert_eq!(host.order(1, &order), Err(OrderRefused::NoSuchCommand));
        host.feed(b"GET /?id=1 HTTP/1.1\r\n\r\n");
        assert_eq!(host.order(2, &order), Ok(()));
        host.feed(ngp("1").as_bytes());
        host.feed(b"GET /?id=1 HTTP/1.1\r\n\r\n");
        let trace = host.trace();
        let sent = String::from_utf8_lossy(&trace.sent).into_owned();
        assert!(sent.starts_with(&OK.repeat(3)) && sent.ends_with("\r\n\r\ntrace=on"), "{sent}");
        assert!(trace.seen.iter().any(|seen| matches!(seen, Seen::Ordered(..))));
    }
}
