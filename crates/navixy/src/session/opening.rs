//! What a client of the Atmosphere library says when it opens a socket.
//!
//! Such clients put parameters into the query (or headers of the same names), expect a handshake as the first
//! message, and want texts from time to time. Plain clients do none of this, and must not be bothered with it: they
//! parse every text as JSON.

use http::HeaderMap;
use uuid::Uuid;
use web::{Frames, Opening};

use super::HEARTBEAT;
use super::transport::Transport;

/// The paces of heartbeats that a client may ask for, in seconds.
const HEARTBEAT_S: std::ops::RangeInclusive<u32> = 5..=300;

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Atmosphere {
    /// Any of the parameters was there.
    is_client: bool,
    /// It expects a handshake.
    protocol: bool,
    /// It was connected before.
    pub(super) reconnects: bool,
    /// The id it had then, if it is one of ours.
    pub(super) returning: Option<Uuid>,
    /// Each message is to be preceded by its length.
    length_prefix: bool,
    /// Its own pace of heartbeats; 0 means none.
    heartbeat_s: Option<u32>,
    /// How it wants to be served without a WebSocket.
    pub(super) transport: Option<Transport>,
}

impl Atmosphere {
    pub(super) fn of(opening: &Opening<'_>) -> Self {
        Self::read(opening.query, opening.headers)
    }

    fn read(query: &str, headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        let header_name = |name: &http::HeaderName| name.as_str().starts_with("x-atmo") || name == "x-heartbeat-server";
        for (name, value) in headers.iter().filter(|(name, _)| header_name(name)) {
            found.note(name.as_str(), value.to_str().unwrap_or_default());
        }
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            found.note(&name.to_ascii_lowercase(), &value);
        }
        found
    }

    fn note(&mut self, name: &str, value: &str) {
        self.is_client |= name.starts_with("x-atmosphere-") || name == "x-atmo-protocol";
        match name {
            "x-atmo-protocol" => self.protocol = value == "true",
            "x-atmosphere-tracking-id" => {
                self.reconnects = !value.is_empty() && value != "0";
                self.returning = Uuid::parse_str(value).ok();
            }
            "x-atmosphere-trackmessagesize" => self.length_prefix = value == "true",
            "x-atmosphere-transport" => self.transport = Transport::named(value),
            "x-heartbeat-server" => self.heartbeat_s = value.parse().ok(),
            _ => {}
        }
    }

    /// The first text: the handshake of a new client, or a sign of life for one that comes back. The latter lets it
    /// notice at once that it is connected; a second handshake would reach the application as a message.
    pub(super) fn greeting(&self, client: Option<Uuid>, client_heartbeat_ms: u32) -> Option<String> {
        match client {
            Some(id) if self.expects_handshake() => Some(format!("{id}|{client_heartbeat_ms}|{HEARTBEAT}|")),
            _ if self.protocol && self.reconnects => Some(HEARTBEAT.to_owned()),
            _ => None,
        }
    }

    /// The same without heartbeats from here.
    pub(super) fn without_heartbeats(self) -> Self {
        Self { heartbeat_s: Some(0), ..self }
    }

    /// Whether it is a new client that waits for its id.
    pub(super) fn expects_handshake(&self) -> bool {
        self.protocol && !self.reconnects
    }

    /// Seconds between heartbeats; `None` for clients that are to get none.
    pub(super) fn heartbeat_s(&self, usual_s: u32) -> Option<u32> {
        match self.heartbeat_s {
            _ if !self.is_client => None,
            Some(0) => None,
            Some(s) => Some(s.clamp(*HEARTBEAT_S.start(), *HEARTBEAT_S.end())),
            None => Some(usual_s),
        }
    }

    /// One text made of these parts, with its length before it if the client asked for that.
    pub(super) fn frame(&self, parts: &[&[u8]], out: &mut Frames<'_>) {
        if !self.length_prefix {
            return out.text(parts);
        }
        let units: usize = parts.iter().map(|part| utf16_units(part)).sum();
        let prefix = format!("{units}|");
        let bytes = prefix.len() + parts.iter().map(|part| part.len()).sum::<usize>();
        out.text_header(bytes);
        out.push(prefix.as_bytes());
        parts.iter().for_each(|part| out.push(part));
    }

    /// Whether messages carry their length.
    pub(super) fn has_length_prefix(&self) -> bool {
        self.length_prefix
    }
}

/// The length of UTF-8 text in UTF-16 code units, which is what the client counts.
pub(super) fn utf16_units(text: &[u8]) -> usize {
    // A unit for every character, and one more for those of four bytes.
    let units = |b: &u8| usize::from(*b & 0xC0 != 0x80) + usize::from(*b >= 0xF0);
    if text.is_ascii() { text.len() } else { text.iter().map(units).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_that_ask_get_a_greeting() {
        let check = |query: &str, expected: Option<&str>| {
            let asked = Atmosphere::read(query, &HeaderMap::new());
            let greeting = asked.greeting(Some(Uuid::from_u128(7)), 30_000);
            assert_eq!(greeting.as_ref().map(|g| &g[g.len() - expected.map_or(0, str::len)..]), expected, "{query}");
            greeting.map_or(0, |g| g.len())
        };
        assert_eq!(check("", None), 0);
        assert_eq!(check("X-Atmosphere-tracking-id=0&X-Atmosphere-Framework=5.0.0", None), 0);
        assert_eq!(check("X-Atmosphere-tracking-id=0&X-atmo-protocol=true", Some("|30000|X|")), 45);
        assert_eq!(check("X-atmo-protocol=true", Some("|30000|X|")), 45);
        assert_eq!(check("X-Atmosphere-tracking-id=9b2c&X-atmo-protocol=true", Some("X")), 1);
    }

    #[test]
    fn heartbeats_go_to_those_who_want_them() {
        let check = |query: &str, expected: Option<u32>| {
            assert_eq!(Atmosphere::read(query, &HeaderMap::new()).heartbeat_s(30), expected, "{query}");
        };
        check("", None);
        check("X-Heartbeat-Server=10", None);
        check("X-Atmosphere-tracking-id=0", Some(30));
        check("X-Atmosphere-tracking-id=0&X-Heartbeat-Server=0", None);
        check("X-Atmosphere-tracking-id=0&X-Heartbeat-Server=10", Some(10));
        check("X-Atmosphere-tracking-id=0&X-Heartbeat-Server=1", Some(5));
        check("X-Atmosphere-tracking-id=0&X-Heartbeat-Server=often", Some(30));
    }

    #[test]
    fn headers_count_like_parameters() {
        let mut headers = HeaderMap::new();
        headers.insert("X-Atmosphere-TrackMessageSize", http::HeaderValue::from_static("true"));
        assert!(Atmosphere::read("", &headers).has_length_prefix());
    }

    #[test]
    fn lengths_count_what_a_browser_counts() {
        for text in ["", "plain", "é", "日本", "😀 and 😀"] {
            assert_eq!(utf16_units(text.as_bytes()), text.encode_utf16().count(), "{text}");
        }
    }
}
