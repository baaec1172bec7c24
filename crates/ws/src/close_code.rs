//! Status codes of a Close frame (RFC 6455 section 7.4 and the IANA registry it founded).

/// The purpose of the connection is fulfilled.
pub const NORMAL: u16 = 1000;
/// The server is shutting down, or a page was left.
pub const GOING_AWAY: u16 = 1001;
/// The peer broke the framing rules.
pub const PROTOCOL_ERROR: u16 = 1002;
/// A kind of message that this endpoint does not take, such as binary.
pub const UNSUPPORTED_DATA: u16 = 1003;
/// A text that is not UTF-8.
pub const INVALID_DATA: u16 = 1007;
/// The peer broke a rule of the application.
pub const POLICY_VIOLATION: u16 = 1008;
/// A message over the limit.
pub const TOO_BIG: u16 = 1009;
/// The server failed in a way it did not expect.
pub const INTERNAL_ERROR: u16 = 1011;
/// The server is overloaded; the client should come back later.
pub const TRY_AGAIN_LATER: u16 = 1013;

/// Whether a Close frame may carry `code`.
///
/// Allowed are the registered codes, and 3000 to 4999 for libraries and applications. 1004 has no meaning; 1005, 1006
/// and 1015 only ever describe a close that carried no code.
#[must_use]
pub const fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
