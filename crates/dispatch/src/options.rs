//! What an operator may set.

/// Limits and lifetimes. Units are in the names; `Default` gives the documented defaults.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DispatchOptions {
    /// Most characters of a message. Default 20,000.
    pub message_chars_max: usize,
    /// Most bytes of the id that a sender gives a message. Default 128.
    pub guid_bytes_max: usize,
    /// Messages to one driver that may wait for the driver's application; beyond it they are refused. Default 1,000.
    pub undelivered_per_source_max: u32,
    /// How long a message may wait for the driver's application before it counts as failed; 0 for ever. Default 7
    /// days.
    pub message_lifetime_s: u32,
    /// How long messages are kept, delivered or not; 0 for ever. Default 0.
    pub messages_kept_days: u32,
    /// Most messages in one answer. Default 1,024.
    pub messages_per_answer_max: usize,
    /// Most bytes of text in one answer, unless its first message alone has more; what is beyond is left to the next
    /// question. Default 4 MiB.
    pub answer_bytes_max: usize,
    /// Most bytes of text in what a driver sends at once. Default 64 KiB.
    pub driver_event_bytes_max: usize,
    /// How long what drivers send is kept; 0 for ever. Their texts are messages too and stay as long as those.
    /// Default 0.
    pub driver_events_kept_days: u32,
    /// Services of one source; beyond it they are refused. Default 1,000.
    pub services_per_source_max: u32,
    /// Most characters of each text of a service. Default 4,000.
    pub service_chars_max: usize,
    /// How long a service that the office took back is kept, so that a driver without reception may report it.
    /// Default 30 days.
    pub removed_services_kept_days: u32,
    /// Most bytes of a picture of a form. Default 1 MiB.
    pub file_bytes_max: usize,
    /// Pictures of one source; beyond it they are refused. Default 10,000.
    pub files_per_source_max: u32,
    /// Bytes of the pictures of one source together; beyond it they are refused. Default 2 GiB.
    pub files_bytes_per_source_max: u64,
    /// How long pictures are kept; 0 for ever. Default 366 days.
    pub files_kept_days: u32,
    /// Most bytes of a command. Default 8,192.
    pub command_bytes_max: usize,
    /// Commands of one source that may wait for its device or its answer; beyond it they are refused. Default 100.
    pub open_commands_per_source_max: u32,
    /// How long a command may wait before it is given up. Default 24 hours.
    pub command_lifetime_s: u32,
    /// How long a command of which nothing is to come is kept. Default 30 days.
    pub commands_kept_days: u32,
    /// How many calls that write may wait for the disk, and as many that read; beyond it callers wait. Default 256.
    pub queue_max: usize,
}

impl Default for DispatchOptions {
    fn default() -> Self {
        Self {
            message_chars_max: 20_000,
            guid_bytes_max: 128,
            undelivered_per_source_max: 1_000,
            message_lifetime_s: 7 * 86_400,
            messages_kept_days: 0,
            messages_per_answer_max: 1_024,
            answer_bytes_max: 4 << 20,
            driver_event_bytes_max: 64 << 10,
            driver_events_kept_days: 0,
            services_per_source_max: 1_000,
            service_chars_max: 4_000,
            removed_services_kept_days: 30,
            file_bytes_max: 1 << 20,
            files_per_source_max: 10_000,
            files_bytes_per_source_max: 2 << 30,
            files_kept_days: 366,
            command_bytes_max: 8_192,
            open_commands_per_source_max: 100,
            command_lifetime_s: 86_400,
            commands_kept_days: 30,
            queue_max: 256,
        }
    }
}
