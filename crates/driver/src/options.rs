//! What an operator may set.

/// Limits of what apps of drivers send, with their units. `Default` gives the documented defaults, which are those of
/// the page that describes the socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DriverOptions {
    /// Largest message on the socket. Default 64 KiB.
    pub message_bytes_max: usize,
    /// Most characters of a text to the office. Default 4,000.
    pub text_chars_max: usize,
    /// Most characters of what a driver says of a service. Default 1,000.
    pub note_chars_max: usize,
    /// Most characters of a value in a form. Default 2,000.
    pub value_chars_max: usize,
    /// Most positions in one message. Default 100.
    pub points_max: usize,
    /// How long a socket may be open before it says whose it is. Default 10.
    pub hello_s: u32,
    /// What the app is told to wait when the server cannot store now, and how long the server itself waits before it
    /// looks again for what it could not read. Default 5.
    pub retry_s: u32,
    /// Messages of one socket that wait for their turn; while there are as many, no more is read. Default 16.
    pub requests_waiting_max: usize,
    /// Messages that are sent to an app ahead of its saying that it has them. Default 64.
    pub messages_ahead_max: usize,
    /// Messages that cannot be understood within a minute, after which the socket is closed. Default 20.
    pub bad_messages_per_minute_max: usize,
    /// Wrong pairing codes from one address within a minute, after which it has to wait. Default 10.
    pub pair_failures_per_minute_max: u32,
    /// Addresses with wrong pairing codes that are watched at a time; beyond it nobody new may try. Default 10,000.
    pub pair_addresses_max: usize,
}

impl Default for DriverOptions {
    fn default() -> Self {
        Self {
            message_bytes_max: 64 << 10,
            text_chars_max: 4_000,
            note_chars_max: 1_000,
            value_chars_max: 2_000,
            points_max: 100,
            hello_s: 10,
            retry_s: 5,
            requests_waiting_max: 16,
            messages_ahead_max: 64,
            bad_messages_per_minute_max: 20,
            pair_failures_per_minute_max: 10,
            pair_addresses_max: 10_000,
        }
    }
}
