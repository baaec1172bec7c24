//! The parameters of calls about the past.

use model::{Timestamp, TrackerId};
use web::Call;

use super::answer::Refusal;

/// Which part of the past a call is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Query {
    pub(super) mid: TrackerId,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl Query {
    /// Reads the query of a call; no more than `limit_max` are ever asked for. Without an end it ends now.
    pub(super) fn read(call: &Call, limit_max: usize, now: Timestamp) -> Result<Self, Refusal> {
        let get = |name: &str| form_urlencoded::parse(call.query.as_bytes()).find(|(key, _)| key == name);
        let number = |name, default, wrong| match get(name) {
            None => Ok(default),
            Some((_, text)) => text.parse::<usize>().map_err(|_| Refusal::Bad(wrong)),
        };
        let mid = get("mid").and_then(|(_, text)| text.parse().ok()).map(TrackerId);
        let mid = mid.ok_or(Refusal::Bad("mid must be a whole number"))?;
        let from = get("from").and_then(|(_, text)| instant(&text)).ok_or(Refusal::Bad("from must be a time"))?;
        let to = match get("to") {
            None => now,
            Some((_, text)) => instant(&text).ok_or(Refusal::Bad("to must be a time"))?,
        };
        if to < from {
            return Err(Refusal::Bad("to must not be before from"));
        }
        let offset = number("offset", 0, "offset must be a whole number")?;
        let limit = number("limit", limit_max, "limit must be a whole number")?.min(limit_max);
        Ok(Self { mid, from, to, offset, limit })
    }
}

/// An instant in ISO 8601. Without a zone it is in UTC; and a plus sign that was not escaped came as a blank.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let with_plus = || text.rsplit_once(' ').map(|(time, zone)| format!("{time}+{zone}"));
    Timestamp::parse_iso(text)
        .or_else(|_| Timestamp::parse_iso(&format!("{text}Z")))
        .ok()
        .or_else(|| Timestamp::parse_iso(&with_plus()?).ok())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn read(query: &str) -> Result<Query, Refusal> {
        let call = Call {
            method: http::Method::GET,
            path: "/ws/events".into(),
            query: query.into(),
            headers: http::HeaderMap::new(),
            body: Ok(bytes::Bytes::new()),
            peer: IpAddr::from([127, 0, 0, 1]),
        };
        Query::read(&call, 1_000, at("2022-04-03T00:00:00Z"))
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso(text).expect(text)
    }

    #[test]
    fn a_span_is_read_in_the_forms_that_clients_use() {
        let (from, to) = (at("2022-04-02T00:00:00Z"), at("2022-04-02T10:00:00.250Z"));
        let expected = Query { mid: TrackerId(1001), from, to, offset: 0, limit: 1_000 };
        for query in [
            "mid=1001&from=2022-04-02T00:00:00Z&to=2022-04-02T10:00:00.250Z",
            "mid=1001&from=2022-04-02T00:00:00.000Z&to=2022-04-02T10%3A00%3A00.250Z&limit=5000",
            "mid=1001&from=2022-04-02T00:00:00&to=2022-04-02 10:00:00.250",
            "mid=1001&from=2022-04-02T01:00:00+01:00&to=2022-04-02T10:00:00.250%2B00:00",
        ] {
            assert_eq!(read(query), Ok(expected), "{query}");
        }
        let open = read("mid=1001&from=2022-04-02T00:00:00Z&offset=20&limit=10");
        assert_eq!(open, Ok(Query { to: at("2022-04-03T00:00:00Z"), offset: 20, limit: 10, ..expected }));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, what) in [
            ("", "mid must be a whole number"),
            ("mid=x", "mid must be a whole number"),
            ("mid=1", "from must be a time"),
            ("mid=1&from=yesterday", "from must be a time"),
            ("mid=1&from=2022-04-02T00:00:00Z&to=later", "to must be a time"),
            ("mid=1&from=2022-04-02T00:00:00Z&to=2022-04-01T00:00:00Z", "to must not be before from"),
            ("mid=1&from=2022-04-02T00:00:00Z&offset=-1", "offset must be a whole number"),
            ("mid=1&from=2022-04-02T00:00:00Z&limit=all", "limit must be a whole number"),
        ] {
            assert_eq!(read(query), Err(Refusal::Bad(what)), "{query}");
        }
    }
}
