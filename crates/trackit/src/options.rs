//! What an operator may set.

/// Limits and durations of this dialect.
#[derive(Clone, Copy, Debug)]
pub struct TrackitOptions {
    /// Seconds within which a socket must have said `auth`. Default 10.
    pub auth_deadline_s: u32,
    /// Bytes of the largest message of a client. Default 65,536.
    pub message_bytes_max: usize,
    /// Messages that make no sense, of one socket within a minute, at which it is closed. Default 20.
    pub bad_messages_per_minute_max: usize,
    /// Refused attempts to prove who one is, HTTP and `auth` together, of one address within a minute, beyond which
    /// further ones are refused unheard. Default 60.
    pub refused_per_address_per_minute_max: usize,
    /// The same of one login. Default 10.
    pub refused_per_login_per_minute_max: usize,
    /// Addresses, and logins, whose refused attempts are counted at a time. Default 100,000.
    pub refused_keys_max: usize,
    /// Calls of one user within a second; 0: no limit. Default 50.
    pub user_requests_per_second_max: u32,
    /// Users whose calls are counted at a time. Default 100,000.
    pub rate_keys_max: usize,
    /// Commands that one device may be sent within a minute. Default 6.
    pub commands_per_device_per_minute_max: usize,
    /// Seconds within which a command with the same id is the same command, while it is under way. Default 60.
    pub command_repeat_s: u32,
    /// Commands of all users together that may be under way. Default 10,000.
    pub commands_under_way_max: usize,
    /// Commands and texts of one socket that may be under way. Default 32.
    pub actions_per_socket_max: usize,
    /// Seconds after which a client that went without a Close is no longer told what it missed. Default 600.
    pub absence_s: u32,
    /// Clients that may be away at a time. Of more the earliest are forgotten. Default 100,000.
    pub absences_max: usize,
    /// Seconds after which a socket that lives on has its SESSID bound anew. Default 3,600.
    pub renew_s: u32,
    /// Records, or events, in one answer. Default 1,000.
    pub records_per_answer_max: usize,
    /// Reports that one call about the past may read. Default 3,000,000.
    pub past_reports_max: u64,
}

impl Default for TrackitOptions {
    fn default() -> Self {
        Self {
            auth_deadline_s: 10,
            message_bytes_max: 64 * 1024,
            bad_messages_per_minute_max: 20,
            refused_per_address_per_minute_max: 60,
            refused_per_login_per_minute_max: 10,
            refused_keys_max: 100_000,
            user_requests_per_second_max: 50,
            rate_keys_max: 100_000,
            commands_per_device_per_minute_max: 6,
            command_repeat_s: 60,
            commands_under_way_max: 10_000,
            actions_per_socket_max: 32,
            absence_s: 600,
            absences_max: 100_000,
            renew_s: 3_600,
            records_per_answer_max: 1_000,
            past_reports_max: 3_000_000,
        }
    }
}
