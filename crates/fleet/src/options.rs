//! What an operator may set.

/// Settings and limits of a fleet. Units are in the names; `Default` gives the documented defaults.
#[derive(Clone, Debug)]
pub struct FleetOptions {
    /// How long a user session lives, from its creation or last renewal. Default 30 days.
    pub user_lifetime_s: u32,
    /// How long a panel session lives, from its creation. Default 24 hours.
    pub panel_lifetime_s: u32,
    /// How many sessions of one user (or one panel account) may live at a time. Default 1,000.
    pub live_sessions_per_user_max: usize,
    /// How long a SESSID is bound to its user, from its binding or last renewal. Default 24 hours.
    pub sessid_lifetime_s: u32,
    /// How many SESSIDs of one user may be bound at a time. Default 1,000.
    pub sessids_per_user_max: usize,
    /// How long a login and password that were found right with a request are taken for right unheard. Default 5
    /// minutes; 0 is never.
    pub basic_cache_s: u32,
    /// How many such pairs are remembered at a time; beyond that the oldest is forgotten. Default 10,000.
    pub basic_cache_max: usize,
    /// How long a code by which a driver's phone is paired works. Default 15 minutes.
    pub pairing_code_lifetime_s: u32,
    /// How many such codes may be given out at a time. Default 1,000: of so many, one guess in 100,000 is right.
    pub pairing_codes_max: usize,
    /// After so many wrong codes within [`Self::pairing_code_lifetime_s`], whoever tried them, no code is looked at for
    /// as long. Default 200.
    pub pairing_failures_max: usize,
    /// How many phones a tracker's drivers may have paired. Default 10.
    pub driver_phones_per_tracker_max: usize,
    /// How many drivers a user may list. Default 10,000.
    pub drivers_per_user_max: usize,
    /// How many texts a user may write for its drivers to choose from. Default 200.
    pub predefined_texts_per_user_max: usize,
    /// How many forms a user may make for its drivers to fill in. Default 100.
    pub forms_per_user_max: usize,
    /// How many API keys an account may have. Default 20.
    pub api_keys_per_account_max: usize,
    /// How long a token that allows a new password lives. Default 24 hours.
    pub password_token_lifetime_s: u32,
    /// How long a user has to wait before it may ask for another such token. Default 5 minutes.
    pub password_mail_interval_s: u32,
    /// How many texts a user's client may have kept for it. Default 100.
    pub ui_settings_per_user_max: usize,
    /// How long an ended session is remembered, so that it can be told from one that never was. Default 90 days.
    pub ended_sessions_kept_days: u32,
    /// How many ended sessions are remembered at most; beyond that the oldest are forgotten. Default 200,000.
    pub ended_sessions_max: usize,
    /// After so many failed logins within [`Self::login_window_s`] a login name is locked for as long. Default 10.
    pub login_failures_max: usize,
    /// The span over which failed logins count, and for which a name is locked. Default 15 minutes.
    pub login_window_s: u32,
    /// How many login names with failures are watched at a time; beyond that the one that failed longest ago is
    /// forgotten. Default 100,000.
    pub login_names_max: usize,
    /// What a password must be.
    pub password_policy: PasswordPolicy,
    /// What hashing a password costs.
    pub hash_cost: HashCost,
    /// How many passwords are hashed at a time. Default: the processors, at most 4.
    pub hash_workers: usize,
    /// How many more may wait for their turn; beyond that a login is refused as busy. Default 64.
    pub hash_queue_max: usize,
    /// How many writes may wait for the catalog; beyond that callers wait. Default 256.
    pub write_queue_max: usize,
    /// IANA name of the zone of users who are created without one. Default `UTC`.
    pub default_zone: String,
    /// How many users there may be, removed ones included. Default 1,000,000.
    pub users_max: usize,
    /// How many sub-users a user may have. Default 1,000.
    pub subusers_per_user_max: usize,
    /// How many trackers there may be, removed ones included. Default 10,000,000.
    pub trackers_max: usize,
    /// How many entities of each kind (groups, tags, …) there may be in all. Default 1,000,000.
    pub entities_max: usize,
    /// How many sensors of one type a tracker may have. Default 100.
    pub sensors_per_type_max: usize,
    /// How many points a calibration table may have. Default 1,000.
    pub calibration_points_max: usize,
    /// How many sensors a composite one may add up. Default 100.
    pub composite_parents_max: usize,
    /// How many commands may be kept ready for a tracker. Default 100.
    pub commands_per_tracker_max: usize,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self {
            user_lifetime_s: 30 * 86_400,
            panel_lifetime_s: 86_400,
            live_sessions_per_user_max: 1_000,
            sessid_lifetime_s: 86_400,
            sessids_per_user_max: 1_000,
            basic_cache_s: 300,
            basic_cache_max: 10_000,
            pairing_code_lifetime_s: 900,
            pairing_codes_max: 1_000,
            pairing_failures_max: 200,
            driver_phones_per_tracker_max: 10,
            drivers_per_user_max: 10_000,
            predefined_texts_per_user_max: 200,
            forms_per_user_max: 100,
            api_keys_per_account_max: 20,
            password_token_lifetime_s: 86_400,
            password_mail_interval_s: 300,
            ui_settings_per_user_max: 100,
            ended_sessions_kept_days: 90,
            ended_sessions_max: 200_000,
            login_failures_max: 10,
            login_window_s: 900,
            login_names_max: 100_000,
            password_policy: PasswordPolicy::default(),
            hash_cost: HashCost::default(),
            hash_workers: std::thread::available_parallelism().map_or(1, |n| n.get().min(4)),
            hash_queue_max: 64,
            write_queue_max: 256,
            default_zone: "UTC".to_owned(),
            users_max: 1_000_000,
            subusers_per_user_max: 1_000,
            trackers_max: 10_000_000,
            entities_max: 1_000_000,
            sensors_per_type_max: 100,
            calibration_points_max: 1_000,
            composite_parents_max: 100,
            commands_per_tracker_max: 100,
        }
    }
}

/// What a user's password must be. An administrator's only has to have a length
/// ([`PasswordPolicy::admin_chars_min`]).
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    /// Fewest characters. Default 12.
    pub chars_min: usize,
    /// Fewest characters of the password that a master gives to a sub-user; they need not be mixed. Default 6.
    pub subuser_chars_min: usize,
    /// Most characters. Default 20.
    pub chars_max: usize,
    /// Whether an upper-case and a lower-case letter, a digit and one of `!@#$%^&*` must be among them. Default true.
    pub mixed: bool,
    /// How many of a user's last passwords, the current one included, may not be taken again. Default 10.
    pub remembered: usize,
    /// Fewest characters of an administrator's password. Default 8.
    pub admin_chars_min: usize,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { chars_min: 12, subuser_chars_min: 6, chars_max: 20, mixed: true, remembered: 10, admin_chars_min: 8 }
    }
}

/// The cost of one argon2id hash. The default is OWASP's recommendation: 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug)]
pub struct HashCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}
