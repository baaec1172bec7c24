//! The ways in which clients of the Atmosphere library are served when they cannot have a WebSocket, as bytes.

/// Browsers of old held back the start of a text until they had so much of it.
static PADDING: [u8; 4096] = [b' '; 4096];
/// The same for events; the line is a field without a meaning.
const SSE_PADDING_BYTES: usize = 2000;

/// How a client without a WebSocket is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Transport {
    /// A request waits for something to say, and is answered with it.
    LongPolling,
    /// One answer that goes on for ever.
    Streaming,
    /// The same as server-sent events.
    Sse,
    /// A message of the client, or a look at what there is.
    Polling,
    /// The end.
    Close,
}

impl Transport {
    /// By the name that clients use.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "long-polling" => Some(Self::LongPolling),
            "streaming" => Some(Self::Streaming),
            "sse" => Some(Self::Sse),
            "polling" => Some(Self::Polling),
            "close" => Some(Self::Close),
            _ => None,
        }
    }

    /// Whether one answer carries many messages.
    pub(super) const fn is_stream(self) -> bool {
        matches!(self, Self::Streaming | Self::Sse)
    }

    /// Whether the client waits for what there will be to say.
    pub(super) const fn waits(self) -> bool {
        matches!(self, Self::LongPolling | Self::Streaming | Self::Sse)
    }

    /// The type of the answer's body.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Sse => "text/event-stream; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// What stands before the first message.
    pub(super) fn start(self, out: &mut Vec<u8>) {
        match self {
            Self::Streaming => out.extend_from_slice(&PADDING),
            Self::Sse => {
                out.extend_from_slice(&PADDING[..SSE_PADDING_BYTES]);
                out.push(b'\n');
            }
            Self::LongPolling | Self::Polling | Self::Close => {}
        }
    }

    /// One message.
    pub(super) fn write(self, text: &[u8], out: &mut Vec<u8>) {
        if self != Self::Sse {
            return out.extend_from_slice(text);
        }
        out.extend_from_slice(b"data:");
        // A line break would end the event. Raw ones are only ever white space between parts of the client's own JSON
        // that is repeated to it, and a space of the same length says the same.
        out.extend(text.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
        out.extend_from_slice(b"\r\n\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(transport: Transport, texts: &[&str]) -> String {
        let mut out = Vec::new();
        transport.start(&mut out);
        texts.iter().for_each(|text| transport.write(text.as_bytes(), &mut out));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn each_transport_has_its_start_and_its_form() {
        assert_eq!(written(Transport::LongPolling, &["X"]), "X");
        assert_eq!(written(Transport::Streaming, &["X", "{}"]), format!("{}X{{}}", " ".repeat(4096)));
        let start = format!("{}\n", " ".repeat(2000));
        assert_eq!(written(Transport::Sse, &["X", "{}"]), format!("{start}data:X\r\n\r\ndata:{{}}\r\n\r\n"));
    }

    #[test]
    fn an_event_has_no_line_breaks_and_keeps_its_length() {
        let event = written(Transport::Sse, &["{\"a\":\r\n1}"]);
        assert!(event.ends_with("\ndata:{\"a\":  1}\r\n\r\n"), "{event:?}");
    }
}
