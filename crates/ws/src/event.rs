use std::str;

use crate::{Error, Opcode, close_code};

/// What a client said: a whole message or a control frame, unmasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// To be answered with [`pong`](crate::pong) and the same payload, at most 125 bytes.
    Ping(&'a [u8]),
    /// An answer to a Ping, or a sign of life.
    Pong(&'a [u8]),
    /// The client is done. Unless the server sent its own Close before, it answers with one (RFC 6455 section 5.5.1).
    Close {
        /// Why, if the client said so; always a code that may be sent back.
        code: Option<u16>,
        /// For people and logs, at most 123 bytes.
        reason: &'a str,
    },
}

impl<'a> Event<'a> {
    /// Reads the payload of a whole message or control frame. `opcode` is that of the message's first frame.
    pub(crate) fn read(opcode: Opcode, payload: &'a [u8]) -> Result<Self, Error> {
        match opcode {
            Opcode::Text => text(payload).map(Event::Text),
            Opcode::Binary => Ok(Event::Binary(payload)),
            Opcode::Ping => Ok(Event::Ping(payload)),
            Opcode::Pong => Ok(Event::Pong(payload)),
            Opcode::Close => close(payload),
            Opcode::Continuation => Err(Error::UnexpectedContinuation),
        }
    }
}

fn text(payload: &[u8]) -> Result<&str, Error> {
    str::from_utf8(payload).map_err(|_| Error::InvalidUtf8)
}

fn close(payload: &[u8]) -> Result<Event<'_>, Error> {
    match payload {
        [] => Ok(Event::Close { code: None, reason: "" }),
        [_] => Err(Error::TruncatedCloseCode),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !close_code::is_sendable(code) {
                return Err(Error::InvalidCloseCode(code));
            }
            Ok(Event::Close { code: Some(code), reason: text(reason)? })
        }
    }
}
