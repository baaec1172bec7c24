use std::fmt;

use crate::close_code;

/// Why a client's bytes cannot be read any further.
///
/// The connection can still be written to: the caller sends what it has to say (an answer of the application to
/// [`Error::TooBig`], for one), then a Close frame with [`Error::close_code`], and then ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A client's frame without a mask (RFC 6455 section 5.1).
    Unmasked,
    /// A reserved bit is set, though no extension was agreed on.
    ReservedBits,
    /// An opcode that the RFC does not define (the low four bits of the first byte).
    UnknownOpcode(u8),
    /// A Close, Ping or Pong that is not its message's last frame.
    FragmentedControl,
    /// A Close, Ping or Pong of more than 125 bytes.
    ControlTooLong,
    /// A length written in a longer form than it needs.
    NonMinimalLength,
    /// A 64-bit length with its highest bit set.
    LengthOutOfRange,
    /// A continuation where no message is under way.
    UnexpectedContinuation,
    /// A new message inside a fragmented one.
    UnfinishedMessage,
    /// A Close frame whose payload is one byte, half a code.
    TruncatedCloseCode,
    /// A Close frame with a code that may not be sent.
    InvalidCloseCode(u16),
    /// A text or a close reason that is not UTF-8.
    InvalidUtf8,
    /// A message over the limit, noticed before any of the frame that exceeds it was stored.
    TooBig {
        /// Size of the message as far as it was declared: the fragments so far and the frame that was one too many.
        declared_bytes: u64,
        /// The limit given to [`Decoder::new`](crate::Decoder::new).
        max_message_bytes: usize,
    },
}

impl Error {
    /// The code for the Close frame that answers this error: 1002, 1007 or 1009.
    #[must_use]
    pub const fn close_code(self) -> u16 {
        match self {
            Self::InvalidUtf8 => close_code::INVALID_DATA,
            Self::TooBig { .. } => close_code::TOO_BIG,
            Self::Unmasked
            | Self::ReservedBits
            | Self::UnknownOpcode(_)
            | Self::FragmentedControl
            | Self::ControlTooLong
            | Self::NonMinimalLength
            | Self::LengthOutOfRange
            | Self::UnexpectedContinuation
            | Self::UnfinishedMessage
            | Self::TruncatedCloseCode
            | Self::InvalidCloseCode(_) => close_code::PROTOCOL_ERROR,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmasked => f.write_str("frame without a mask"),
            Self::ReservedBits => f.write_str("reserved bit set"),
            Self::UnknownOpcode(opcode) => write!(f, "unknown opcode {opcode:#x}"),
            Self::FragmentedControl => f.write_str("fragmented control frame"),
            Self::ControlTooLong => f.write_str("control frame over 125 bytes"),
            Self::NonMinimalLength => f.write_str("length not in its shortest form"),
            Self::LengthOutOfRange => f.write_str("length over 63 bits"),
            Self::UnexpectedContinuation => f.write_str("continuation without a message"),
            Self::UnfinishedMessage => f.write_str("new message inside a fragmented one"),
            Self::TruncatedCloseCode => f.write_str("close frame with half a code"),
            Self::InvalidCloseCode(code) => write!(f, "close code {code} may not be sent"),
            Self::InvalidUtf8 => f.write_str("text is not UTF-8"),
            Self::TooBig { declared_bytes, max_message_bytes } => {
                write!(f, "message of {declared_bytes} bytes or more, the limit is {max_message_bytes}")
            }
        }
    }
}

impl std::error::Error for Error {}
