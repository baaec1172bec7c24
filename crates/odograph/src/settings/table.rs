//! Every setting, once: its key, its type, its default, what it allows, and what it is for.
//!
//! From this table come the fields of [`Settings`], the keys of the file, the names of the environment variables,
//! `odograph settings` and `docs/configuration.md`.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::kind::{Field, Hidden, Kind, Value};
use super::{Listen, default_devices};

const DAY_S: u64 = 86_400;
const YEAR_S: u64 = 366 * DAY_S;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// The largest number that a file can hold.
const MOST: u64 = i64::MAX as u64;

/// One row of the table.
pub(crate) struct Row {
    /// Its section of the file.
    pub(crate) section: &'static str,
    /// Its name in the section, unit last.
    pub(crate) name: &'static str,
    /// What it allows.
    pub(crate) kind: Kind,
    /// Its default, as a variable would give it.
    pub(crate) default: fn() -> String,
    /// What it is for.
    pub(crate) about: &'static str,
    /// Puts a value into its place; false when the value does not fit there.
    pub(crate) put: fn(&mut Settings, Value) -> bool,
}

/// A section of the file.
pub(crate) struct Section {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static str,
}

impl Row {
    /// The key: `section.name`.
    pub(crate) fn key(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("ODOGRAPH_{}_{}", self.section, self.name).to_uppercase()
    }

    /// The default, read.
    pub(crate) fn default_value(&self) -> Option<Value> {
        self.kind.read_text(&(self.default)())
    }
}

macro_rules! settings {
    ($(
        $(#[doc = $section_about:literal])+
        $section:ident: $Section:ident {
            $( $(#[doc = $about:literal])+ $name:ident: $type:ty = $default:expr, $kind:expr; )+
        }
    )+) => {
        $(
            $(#[doc = $section_about])+
            #[derive(Clone, PartialEq, Debug, Default)]
            pub(crate) struct $Section {
                $( $(#[doc = $about])+ pub(crate) $name: $type, )+
            }
        )+

        /// The settings, section by section.
        #[derive(Clone, PartialEq, Debug, Default)]
        pub(crate) struct Values {
            $( $(#[doc = $section_about])+ pub(crate) $section: $Section, )+
        }

        /// The sections, in the order of the file.
        pub(crate) const SECTIONS: &[Section] =
            &[$( Section { name: stringify!($section), about: concat!($($section_about),+) } ),+];

        /// The rows, in the order of the file.
        pub(crate) const ROWS: &[Row] = &[$($(
            Row {
                section: stringify!($section),
                name: stringify!($name),
                kind: $kind,
                default: || $default.to_string(),
                about: concat!($($about),+),
                put: |settings, value| match Field::take(value) {
                    Some(value) => {
                        settings.values.$section.$name = value;
                        true
                    }
                    None => false,
                },
            },
        )+)+];
    };
}

/// Stands where a socket address has no default of its own type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Address(pub(crate) SocketAddr);

impl Default for Address {
    fn default() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

impl Field for Address {
    fn take(value: Value) -> Option<Self> {
        SocketAddr::take(value).map(Self)
    }
}

/// All settings, as the layers gave them.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Settings {
    /// The sections.
    pub(crate) values: Values,
    /// Where devices are listened for.
    pub(crate) listens: Vec<Listen>,
}

impl Default for Settings {
    fn default() -> Self {
        let mut settings = Self { values: Values::default(), listens: default_devices() };
        for row in ROWS {
            if let Some(value) = row.default_value() {
                (row.put)(&mut settings, value);
            }
        }
        settings
    }
}

impl std::ops::Deref for Settings {
    type Target = Values;

    fn deref(&self) -> &Values {
        &self.values
    }
}

settings! {
    /// The data folder.
    data: Data {
        /// The folder that holds catalog, journal, keys and the control socket; created if missing, for its owner only.
        dir: PathBuf = "./odograph-data", Kind::Path;
    }

    /// The administrator.
    admin: Admin {
        /// A file whose first line is the administrator's password, read when the data folder is empty. The variable
        /// `ODOGRAPH_ADMIN_PASSWORD` goes before it; with neither, a random password is printed once.
        password_file: PathBuf = "", Kind::Path;
    }

    /// The log on standard error.
    log: Log {
        /// How a line is written.
        format: String = "text", Kind::Choice(&["text", "json"]);
        /// What is logged. `ODOGRAPH_LOG` is a shorter name of the variable.
        level: String = "info", Kind::Filter;
    }

    /// The port of the APIs and their WebSockets.
    http: Http {
        /// Where it listens. Port 0 takes a free one.
        listen: Address = "127.0.0.1:8080", Kind::Address;
        /// Proxies whose `X-Forwarded-For` counts.
        trusted_proxies: Vec<IpNet> = "", Kind::Networks;
        /// How long a client may take to send a request's head, and how long a kept connection may idle.
        head_timeout_s: u64 = 75, Kind::Number(1, DAY_S);
        /// How long a client may take to send a request's body.
        body_timeout_s: u64 = 60, Kind::Number(1, DAY_S);
        /// How long a client may take nothing of its answer before the connection ends.
        blocked_s: u64 = 30, Kind::Number(1, DAY_S);
    }

    /// The ports for devices, one key a protocol: an address, or a list of them. If any protocol is named, only those
    /// named are listened for; `none` opens none.
    devices: Devices {
        /// How long a connection may stay without a registered device, and how long it may take until it is known who
        /// speaks and from where.
        unauthenticated_s: u64 = 60, Kind::Number(1, DAY_S);
        /// How long a device may say nothing before its connection is closed; 0 for ever.
        silence_s: u64 = 0, Kind::Number(0, YEAR_S);
        /// Addresses that send datagrams, on each port: the one that was silent longest is forgotten first.
        udp_peers_max: usize = 10_000, Kind::Number(1, 10_000_000);
        /// Addresses that sent datagrams and are answered without a device being known yet, on each port. Datagrams
        /// of further ones are dropped.
        udp_strangers_max: usize = 256, Kind::Number(1, 1_000_000);
        /// How long an address may send no datagram until it is forgotten.
        udp_idle_s: u64 = 3_600, Kind::Number(1, YEAR_S);
        /// Datagrams of a port that were received and not read yet; beyond it they are dropped.
        udp_waiting_bytes_max: usize = 16 * MIB, Kind::Number(65_792, GIB);
        /// Datagrams of one address that wait for their turn; beyond it they are dropped.
        udp_waiting_per_peer_max: usize = 64, Kind::Number(1, 65_536);
        /// How long a frame may take from its first byte to its last.
        partial_frame_ms_max: i64 = 120_000, Kind::Number(100, DAY_S * 1_000);
        /// How long a command waits for the device's answer. A later answer is nobody's.
        command_reply_ms_max: i64 = 30_000, Kind::Number(100, DAY_S * 1_000);
        /// How long a command that is to be sent at once waits for the next request of a device that is only ever
        /// answered.
        command_pickup_ms_max: i64 = 5_000, Kind::Number(100, DAY_S * 1_000);
        /// How long an acknowledgement is held back when a kept command is about to come: some devices end the
        /// connection once they are acknowledged.
        command_hold_ms: u64 = 2_000, Kind::Number(0, 60_000);
        /// The data of one binary frame.
        frame_bytes_max: usize = 10_240, Kind::Number(1_280, 16 * MIB);
        /// What a GT06 frame counts as its length.
        gt06_frame_bytes_max: usize = 65_535, Kind::Number(255, 65_535);
        /// A Wialon IPS line that brings what was kept while there was no connection.
        wialon_black_box_bytes_max: usize = MIB, Kind::Number(4_096, 16 * MIB);
        /// A JT/T 808 message as it is sent.
        jt808_frame_bytes_max: usize = 65_536, Kind::Number(2_100, 16 * MIB);
        /// Parts of JT/T 808 messages that a connection may have waiting for the rest of them.
        jt808_parts_max: usize = 64, Kind::Number(1, 65_535);
        /// The same in bytes.
        jt808_parts_bytes_max: usize = MIB, Kind::Number(1_024, GIB);
        /// How long they wait.
        jt808_parts_ms_max: i64 = 60_000, Kind::Number(100, DAY_S * 1_000);
        /// A sentence or frame of a Queclink device.
        queclink_frame_bytes_max: usize = 65_536, Kind::Number(1_024, MIB);
        /// A line of a Suntech device.
        suntech_line_bytes_max: usize = 4_096, Kind::Number(512, MIB);
        /// A device's identifier in a login.
        login_bytes_max: usize = 64, Kind::Number(15, 64);
        /// Bytes that begin no frame, before the connection is closed.
        noise_bytes_max: usize = 16_384, Kind::Number(0, GIB);
        /// Frames that cannot be used, one after the other, before the connection is closed.
        bad_frames_in_a_row_max: u32 = 10, Kind::Number(0, 1_000_000);
        /// Request line and headers of a device that speaks HTTP.
        http_head_bytes_max: usize = 16_384, Kind::Number(1_024, MIB);
        /// Body of a Navixy Generic Protocol message.
        ngp_body_bytes_max: usize = 4 * MIB, Kind::Number(1_024, GIB);
        /// An MQTT packet, but for the body of a message.
        mqtt_head_bytes_max: usize = 16_384, Kind::Number(1_024, MIB);
        /// The password of MQTT clients, whose user name is `ngp_device`. A device may have one of its own instead, as
        /// its setting `password`; its client then goes by the device's name. Without either nobody is let in.
        mqtt_password: Hidden = "", Kind::Password;
        /// Body of an OsmAnd request.
        osmand_body_bytes_max: usize = MIB, Kind::Number(1_024, GIB);
        /// Replies that one connection may have waiting for the disk.
        uploads_in_flight_max: usize = 256, Kind::Number(1, 65_536);
        /// Reports in one upload of a protocol whose frame does not bound them.
        reports_per_upload_max: usize = 4_096, Kind::Number(1, 1_000_000);
        /// Bytes kept of one text value.
        text_bytes_max: usize = 10_240, Kind::Number(64, MIB);
        /// Bytes of one base64 text, or of one JSON array or object kept as a value.
        blob_bytes_max: usize = MIB, Kind::Number(64, GIB);
        /// How deep a JSON value may be nested.
        json_depth_max: usize = 32, Kind::Number(1, 128);
        /// Bytes taken in while a connection waits for the server.
        waiting_bytes_max: usize = 256 * KIB, Kind::Number(65_536, GIB);
        /// Devices that are not registered and are listed; beyond it those go that were silent longest.
        unknown_max: usize = 1_000, Kind::Number(0, 1_000_000);
        /// Devices that are adopted in a minute, where a user adopts such; beyond it they are refused until the next.
        /// 0 for no limit.
        adopted_per_minute_max: u32 = 60, Kind::Number(0, 1_000_000);
    }

    /// Frames of devices that could not be read. They are kept to be looked at, and to be read again.
    quarantine: Quarantine {
        /// Frames that are kept; beyond it the oldest go. 0 keeps none.
        frames_max: u64 = 100_000, Kind::Number(0, 100_000_000);
        /// Bytes of frames that are kept; beyond it the oldest go.
        bytes_max: u64 = 256 * MIB, Kind::Number(0, 1_024 * GIB);
        /// How much of either may be of one device, in percent; its oldest go first. Frames of devices that are not
        /// registered count as those of one.
        device_percent_max: u8 = 10, Kind::Number(1, 100);
        /// Frames a second that are kept; beyond it they are dropped. 0 for no limit.
        frames_per_second_max: u32 = 1_000, Kind::Number(0, 1_000_000);
        /// Frames that wait for the disk; beyond it they are dropped.
        queue_frames_max: usize = 1_024, Kind::Number(1, 1_000_000);
        /// Bytes of frames that wait for the disk; beyond it they are dropped.
        queue_bytes_max: usize = 8 * MIB, Kind::Number(65_536, 16 * GIB);
    }

    /// What clients and devices may use.
    limits: Limits {
        /// Connections of one address on the HTTP port; 0 for no limit.
        connections_per_address_max: u32 = 10_000, Kind::Number(0, 10_000_000);
        /// Connections of one address on each device port; 0 for no limit, as carriers put thousands of trackers
        /// behind one address.
        device_connections_per_address_max: u32 = 0, Kind::Number(0, 10_000_000);
        /// The head of an HTTP request.
        http_head_bytes_max: usize = 64 * KIB, Kind::Number(8_192, 16 * MIB);
        /// The body of an HTTP request.
        http_body_bytes_max: usize = 16 * MIB, Kind::Number(1_024, GIB);
        /// Calls a second of one user, and of one address; 0 for no limit.
        user_requests_per_second_max: u32 = 50, Kind::Number(0, 1_000_000);
        /// Calls a second of one administrator; 0 for no limit.
        panel_requests_per_second_max: u32 = 10, Kind::Number(0, 1_000_000);
        /// Users, and addresses, whose calls are counted at a time.
        request_counters_max: usize = 100_000, Kind::Number(1, 100_000_000);
        /// Trackers whose drivers one call may write to, or ask the last messages of.
        chat_trackers_max: usize = 300, Kind::Number(1, 1_000_000);
        /// Messages a second of one WebSocket.
        messages_per_second_max: u32 = 50, Kind::Number(1, 1_000_000);
        /// Failed logins of one login name within a minute, after which it is locked for a minute.
        /// Successful ones never count.
        login_attempts_per_minute_max: usize = 10, Kind::Number(1, 1_000_000);
        /// Login names with failures that are watched at a time.
        login_names_max: usize = 100_000, Kind::Number(1, 100_000_000);
        /// Users, removed ones included.
        users_max: usize = 1_000_000, Kind::Number(1, 1_000_000_000);
        /// Sub-users of one user.
        subusers_per_user_max: usize = 1_000, Kind::Number(0, 1_000_000);
        /// Trackers, removed ones included.
        trackers_max: usize = 10_000_000, Kind::Number(1, 400_000_000);
        /// Entities of each kind, such as groups and tags, of all users together.
        entities_max: usize = 1_000_000, Kind::Number(1, 1_000_000_000);
        /// Drivers of one user.
        drivers_per_user_max: usize = 10_000, Kind::Number(0, 1_000_000);
        /// Texts of one user for its drivers to choose from.
        predefined_texts_per_user_max: usize = 200, Kind::Number(0, 10_000);
        /// Forms of one user for its drivers to fill in.
        forms_per_user_max: usize = 100, Kind::Number(0, 10_000);
        /// Sensors of one type that a tracker may have.
        sensors_per_type_max: usize = 100, Kind::Number(1, 10_000);
        /// Points that a sensor's calibration table may have.
        calibration_points_max: usize = 1_000, Kind::Number(2, 100_000);
        /// Sensors that a composite sensor may add up.
        composite_parents_max: usize = 100, Kind::Number(1, 10_000);
        /// Commands that may be kept ready for a tracker.
        commands_per_tracker_max: usize = 100, Kind::Number(1, 10_000);
        /// API keys of one account.
        api_keys_per_account_max: usize = 20, Kind::Number(0, 10_000);
        /// Texts that one user's client may have kept for it.
        ui_settings_per_user_max: usize = 100, Kind::Number(0, 10_000);
        /// Days that one call may ask the tracks of.
        track_days_max: u32 = 31, Kind::Number(1, 36_600);
        /// Days that one call may ask the events or the mileage of.
        history_days_max: u32 = 90, Kind::Number(1, 36_600);
        /// Days that one call may ask the values of a sensor of.
        sensor_days_max: u32 = 30, Kind::Number(1, 36_600);
        /// Trackers that one call may ask the mileage of.
        mileage_trackers_max: usize = 128, Kind::Number(1, 1_000_000);
        /// Reports that one call about the past may read; what it answers beyond is cut, and it says so.
        past_reports_max: u64 = 3_000_000, Kind::Number(1, MOST);
        /// Points that one call about the past may answer.
        past_points_max: usize = 100_000, Kind::Number(1, 100_000_000);
        /// Changes of the catalog that may wait for the disk; beyond it callers wait.
        catalog_queue_max: usize = 256, Kind::Number(1, 1_000_000);
        /// Messages and commands that may wait for the disk, and as many questions about them; beyond it callers wait.
        messages_queue_max: usize = 256, Kind::Number(1, 1_000_000);
    }

    /// Sessions of users and administrators.
    sessions: Sessions {
        /// How long a user's session lives, from its creation or last renewal.
        user_lifetime_s: u32 = 30 * DAY_S, Kind::Number(1, 10 * YEAR_S);
        /// How long an administrator's session lives, from its creation.
        panel_lifetime_s: u32 = DAY_S, Kind::Number(1, 10 * YEAR_S);
        /// Sessions of one user that may live at a time.
        live_per_user_max: usize = 1_000, Kind::Number(1, 1_000_000);
        /// How long a SESSID is bound to its user, from its binding or last renewal.
        sessid_lifetime_s: u32 = DAY_S, Kind::Number(1, 10 * YEAR_S);
        /// SESSIDs of one user that may be bound at a time.
        sessids_per_user_max: usize = 1_000, Kind::Number(1, 1_000_000);
        /// How long a login and password that came with a request and were right are taken for right without hashing
        /// them again; 0 is never.
        basic_cache_s: u32 = 300, Kind::Number(0, DAY_S);
        /// Such pairs that are remembered at a time.
        basic_cache_max: usize = 10_000, Kind::Number(0, 1_000_000);
        /// How long an ended session is remembered, so that its client is told that it ended.
        ended_kept_days: u32 = 90, Kind::Number(0, 3_660);
        /// Ended sessions that are remembered at most.
        ended_max: usize = 200_000, Kind::Number(0, 100_000_000);
    }

    /// What passwords must be, and what hashing one (argon2id) costs.
    passwords: Passwords {
        /// Fewest characters of a user's password.
        chars_min: usize = 12, Kind::Number(1, 256);
        /// Fewest characters of the password that a user gives to a sub-user; it need not be mixed.
        subuser_chars_min: usize = 6, Kind::Number(1, 256);
        /// Most characters of a user's password.
        chars_max: usize = 20, Kind::Number(1, 256);
        /// Whether an upper-case and a lower-case letter, a digit and one of `!@#$%^&*` must be in it.
        mixed: bool = true, Kind::Flag;
        /// Last passwords of a user that may not be taken again.
        remembered: usize = 10, Kind::Number(0, 100);
        /// Fewest characters of an administrator's password.
        admin_chars_min: usize = 8, Kind::Number(1, 256);
        /// How long a token lives with which a user who forgot its password may choose a new one.
        token_lifetime_s: u32 = DAY_S, Kind::Number(1, YEAR_S);
        /// How long a user has to wait before it may ask for another such token.
        mail_interval_s: u32 = 300, Kind::Number(0, YEAR_S);
        /// Memory for one hash.
        hash_memory_kib: u32 = 19_456, Kind::Number(1_024, 4 * MIB);
        /// Passes over that memory.
        hash_passes: u32 = 2, Kind::Number(1, 1_000);
        /// Lanes of one hash.
        hash_lanes: u32 = 1, Kind::Number(1, 64);
        /// Passwords hashed at a time; 0 for as many as there are processors, at most 4.
        hash_workers: usize = 0, Kind::Number(0, 256);
        /// Logins that may wait for that; beyond it they are refused as busy.
        hash_queue_max: usize = 64, Kind::Number(1, 100_000);
    }

    /// Mails to users, such as one with a token for a new password.
    mail: Mail {
        /// Where mails go: a mail server with TLS (`smtps://`, or `smtp://HOST?tls=required` for STARTTLS) or without
        /// (`smtp://`), or a folder that gets each mail as a file (`file:DIR`). Nobody who forgot its password can get
        /// a new one while this is empty. It may hold a password: the variable keeps it out of the file.
        url: Hidden = "", Kind::MailUrl;
        /// Who they are from.
        from: String = "", Kind::Sender;
        /// The page on which a user chooses a new password; `{hash}` in it becomes the token. If empty, the mail has
        /// the token alone.
        password_url: String = "", Kind::Text;
        /// How long the server may take for one.
        timeout_s: u64 = 10, Kind::Number(1, 3_600);
        /// Mails that are handed over at a time.
        at_once_max: usize = 4, Kind::Number(1, 1_000);
        /// Mails that may wait for that; beyond it they are not sent.
        waiting_max: usize = 64, Kind::Number(0, 100_000);
    }

    /// Users.
    users: Users {
        /// The time zone of users who are created without one.
        default_zone: String = "UTC", Kind::Zone;
    }

    /// Messages between the office and drivers.
    messages: Messages {
        /// Most characters of a message.
        chars_max: usize = 20_000, Kind::Number(1, MIB);
        /// Most bytes of the id that a sender gives a message, by which a repeat is known. Drivers' phones give ids of up
        /// to 64.
        guid_bytes_max: usize = 128, Kind::Number(64, 4_096);
        /// Messages to one driver that may wait for the driver's application; beyond it they are refused.
        undelivered_per_driver_max: u32 = 1_000, Kind::Number(1, 1_000_000);
        /// How long a message may wait for the driver's application before it counts as failed; 0 for ever.
        lifetime_s: u32 = 7 * DAY_S, Kind::Number(0, 10 * YEAR_S);
        /// How long messages are kept; 0 for ever.
        kept_days: u32 = 0, Kind::Number(0, 36_600);
        /// Most messages in one answer.
        per_answer_max: usize = 1_024, Kind::Number(1, 1_000_000);
        /// Most bytes of text in one answer, unless its first message alone has more.
        answer_bytes_max: usize = 4 * MIB, Kind::Number(1_024, GIB);
    }

    /// The phones of drivers, what drivers send besides messages, and what they are given to do.
    driver: Driver {
        /// How long a code by which a phone is paired works.
        pairing_code_lifetime_s: u32 = 900, Kind::Number(1, DAY_S);
        /// Such codes that may be given out at a time.
        pairing_codes_max: usize = 1_000, Kind::Number(1, 100_000);
        /// Wrong codes, whoever tries them, after which none is looked at for the lifetime of a code.
        pairing_failures_max: usize = 200, Kind::Number(1, 100_000);
        /// Phones that may be paired with one tracker.
        phones_per_tracker_max: usize = 10, Kind::Number(1, 1_000);
        /// Wrong codes from one address within a minute, after which it has to wait.
        pair_failures_per_minute_max: u32 = 10, Kind::Number(1, 100_000);
        /// Addresses with wrong codes that are watched at a time; beyond it nobody new may try.
        pair_addresses_max: usize = 10_000, Kind::Number(1, 10_000_000);
        /// How long a socket of a phone may be open before it says whose it is.
        hello_s: u32 = 10, Kind::Number(1, 3_600);
        /// Largest message of a phone on its socket.
        message_bytes_max: usize = 64 * KIB, Kind::Number(1_024, 16 * MIB);
        /// Messages of a phone that wait for their turn; while there are as many, no more is read.
        requests_waiting_max: usize = 16, Kind::Number(1, 10_000);
        /// Messages of the office that are sent to a phone ahead of its saying that it has them.
        messages_ahead_max: usize = 64, Kind::Number(1, 10_000);
        /// Messages of a phone that cannot be understood within a minute, after which its socket is closed.
        bad_messages_per_minute_max: usize = 20, Kind::Number(1, 10_000);
        /// How long a phone is told to wait when the server cannot store what it sends.
        retry_s: u32 = 5, Kind::Number(1, 3_600);
        /// Most characters of a driver's text to the office.
        text_chars_max: usize = 4_000, Kind::Number(1, MIB);
        /// Most characters of what a driver says of a service.
        note_chars_max: usize = 1_000, Kind::Number(1, MIB);
        /// Most characters of a value in a form.
        value_chars_max: usize = 2_000, Kind::Number(1, MIB);
        /// Most positions of a phone in one message.
        points_max: usize = 100, Kind::Number(1, 100_000);
        /// Most bytes of text in what a driver sends at once: a form, for example.
        event_bytes_max: usize = 64 * KIB, Kind::Number(1_024, GIB);
        /// How long what drivers send is kept; 0 for ever. Their texts are messages too and stay as long as those.
        events_kept_days: u32 = 0, Kind::Number(0, 36_600);
        /// Services of one tracker; beyond it they are refused.
        services_per_tracker_max: u32 = 1_000, Kind::Number(1, 1_000_000);
        /// Most characters of each text of a service.
        service_chars_max: usize = 4_000, Kind::Number(1, MIB);
        /// How long a service that the office took back is kept, so that a driver without reception may report it.
        removed_services_kept_days: u32 = 30, Kind::Number(0, 36_600);
        /// Most bytes of a picture of a form.
        file_bytes_max: usize = MIB, Kind::Number(1_024, GIB);
        /// Pictures of one tracker; beyond it they are refused.
        files_per_tracker_max: u32 = 10_000, Kind::Number(0, 1_000_000_000);
        /// Bytes of the pictures of one tracker together; beyond it they are refused.
        files_bytes_per_tracker_max: u64 = 2 * GIB, Kind::Number(0, MOST);
        /// How long pictures are kept; 0 for ever.
        files_kept_days: u32 = 366, Kind::Number(0, 36_600);
    }

    /// Commands that wait for a device, or for its answer.
    commands: Commands {
        /// Most bytes of a command.
        bytes_max: usize = 8_192, Kind::Number(1, MIB);
        /// Commands of one device that may wait; beyond it they are refused.
        open_per_device_max: u32 = 100, Kind::Number(1, 1_000_000);
        /// Commands that are to be sent at once and wait behind another to the same device; beyond it they are refused.
        waiting_per_device_max: usize = 8, Kind::Number(1, 1_000);
        /// How long such a command waits for its turn.
        wait_ms: u64 = 30_000, Kind::Number(100, DAY_S * 1_000);
        /// How long a command may wait before it is given up.
        lifetime_s: u32 = DAY_S, Kind::Number(1, 10 * YEAR_S);
        /// How long a command of which nothing is to come is kept.
        kept_days: u32 = 30, Kind::Number(0, 36_600);
    }

    /// WebSockets.
    ws: Ws {
        /// Seconds between the Pings of the server, and without another text after which an Atmosphere client gets a
        /// heartbeat, unless it asked for another pace.
        heartbeat_s: u32 = 30, Kind::Number(1, DAY_S);
        /// What an Atmosphere client is told to send its own heartbeats by.
        client_heartbeat_ms: u32 = 30_000, Kind::Number(1_000, DAY_S * 1_000);
        /// Silence, Pongs included, after which a peer counts as dead.
        dead_peer_s: u64 = 90, Kind::Number(1, DAY_S);
        /// How long a client may leave its socket unread before the connection ends.
        blocked_s: u64 = 30, Kind::Number(1, DAY_S);
        /// How long a client has to answer a Close.
        close_timeout_s: u64 = 5, Kind::Number(1, 9);
        /// How long a connection may stay without a subscription.
        unsubscribed_s: u32 = 300, Kind::Number(1, DAY_S);
        /// Sessions that may subscribe on one connection.
        sessions_per_connection_max: usize = 16, Kind::Number(1, 10_000);
        /// Trackers that a session may watch one by one on a connection; 0 for no limit.
        state_max_trackers: usize = 0, Kind::Number(0, 10_000_000);
        /// States in one batch.
        batch_items_max: usize = 20_000, Kind::Number(1, 1_000_000);
        /// How the items of batches look: `flat` is the bare state, as the documents of Navixy have it; `wrapped` puts
        /// it into an object with `type`, `tracker_id` and `state`, which some published clients wait for; `both` has
        /// the members of either.
        batch_item_shape: String = "flat", Kind::Choice(&["flat", "wrapped", "both"]);
        /// Clients that are served over plain HTTP because their WebSocket failed, at a time; beyond it they get 503.
        fallback_clients_max: usize = 10_000, Kind::Number(0, 10_000_000);
        /// Answers that may wait until such a client listens again; beyond it the client is forgotten.
        fallback_messages_max: usize = 1_000, Kind::Number(1, 1_000_000);
        /// Bytes of those answers.
        fallback_bytes_max: usize = MIB, Kind::Number(4_096, GIB);
        /// How long such a client may stay away before it is forgotten.
        fallback_absent_s: u32 = 60, Kind::Number(1, DAY_S);
        /// How long a poll is held; less than proxies wait.
        fallback_poll_s: u32 = 55, Kind::Number(1, DAY_S);
        /// The time between two messages of a text stream to a client that does not ask for their lengths, and takes
        /// what arrives together for one message.
        fallback_pause_ms: u32 = 50, Kind::Number(0, 10_000);
        /// Trackers whose last messages one subscription may look at.
        monitor_trackers_max: usize = 10, Kind::Number(1, 10_000);
        /// Reports of a tracker that are read when somebody begins to look at its last messages.
        monitor_reports_max: usize = 1_000, Kind::Number(1, 1_000_000);
        /// Attributes of a tracker that last messages are shown of.
        monitor_attributes_max: usize = 256, Kind::Number(1, 100_000);
        /// The longest text that is shown of an attribute.
        monitor_value_bytes_max: usize = KIB as usize, Kind::Number(1, GIB);
        /// Memory for the last messages of a tracker, while somebody looks at them.
        monitor_bytes_max: usize = 512 * KIB as usize, Kind::Number(4_096, GIB);
        /// Events of a tracker that are kept for TRACKiT clients that lost their connection.
        kept_events_max: usize = 256, Kind::Number(0, 1_000_000);
        /// Memory for the kept events of all trackers.
        kept_events_bytes_max: usize = 64 * MIB as usize, Kind::Number(0, 64 * GIB);
        /// How long they are kept.
        kept_events_s: u32 = 600, Kind::Number(0, DAY_S);
        /// The largest message of a client.
        message_bytes_max: usize = MIB, Kind::Number(1_024, GIB);
        /// How much is gathered into one write.
        write_bytes_max: usize = 256 * KIB, Kind::Number(4_096, 64 * MIB);
        /// States that may wait for a slow reader; beyond it, it gets the newest of each tracker.
        queued_states_max: usize = 1_024, Kind::Number(1, 1_000_000);
        /// Messages that must be sent and may wait for a slow reader; beyond it, the connection ends.
        queued_messages_max: usize = 1_024, Kind::Number(1, 1_000_000);
        /// Bytes of those messages.
        queued_bytes_max: usize = MIB, Kind::Number(4_096, GIB);
    }

    /// Navixy's HTTP API.
    navixy: Navixy {
        /// Whether lists of things that this server does not know (employees, rules, zones, tasks, tariffs, trips of
        /// drivers) are answered as empty, because dashboards ask for them at their start. Otherwise these are
        /// unknown methods.
        empty_stubs: bool = true, Kind::Flag;
    }

    /// TRACKiT's socket and HTTP API.
    trackit: Trackit {
        /// How long a socket may take to say `auth`.
        auth_deadline_s: u32 = 10, Kind::Number(1, DAY_S);
        /// The largest message of a client.
        message_bytes_max: usize = 64 * KIB as usize, Kind::Number(1_024, GIB);
        /// Messages of one socket within a minute that make no sense, at which it is closed.
        bad_messages_per_minute_max: usize = 20, Kind::Number(1, 1_000_000);
        /// Refused attempts of one address within a minute, HTTP and `auth` together; beyond it nobody is heard.
        refused_per_address_per_minute_max: usize = 60, Kind::Number(1, 1_000_000);
        /// Refused attempts under one login within a minute; beyond it nobody is heard under it.
        refused_per_login_per_minute_max: usize = 10, Kind::Number(1, 1_000_000);
        /// Addresses, and logins, whose refused attempts are counted at a time.
        refused_keys_max: usize = 100_000, Kind::Number(1, 100_000_000);
        /// Commands that one device may be sent within a minute.
        commands_per_device_per_minute_max: usize = 6, Kind::Number(0, 1_000_000);
        /// How long a command with the same id is the same command, while it is under way.
        command_repeat_s: u32 = 60, Kind::Number(0, DAY_S);
        /// Commands of all users together that may be under way.
        commands_under_way_max: usize = 10_000, Kind::Number(1, 10_000_000);
        /// Commands and texts of one socket that may be under way; beyond it the socket is read no further.
        actions_per_socket_max: usize = 32, Kind::Number(1, 100_000);
        /// How long a client that went without a Close is told what it missed when it is back.
        absence_s: u32 = 600, Kind::Number(0, YEAR_S);
        /// Clients that may be away at a time; of more the earliest are forgotten.
        absences_max: usize = 100_000, Kind::Number(0, 100_000_000);
        /// How often a socket that lives on has its SESSID bound anew; at least twice while it is bound.
        renew_s: u32 = 3_600, Kind::Number(1, YEAR_S);
        /// Records, or events, in one answer.
        records_per_answer_max: usize = 1_000, Kind::Number(1, 1_000_000);
    }

    /// When a tracker's connection status changes by time alone.
    status: Status {
        /// Age of the last position at which a tracker counts as idle.
        idle_s: u32 = 300, Kind::Number(1, YEAR_S);
        /// Silence after which a tracker is offline, unless its own settings say otherwise.
        offline_s: u32 = 600, Kind::Number(1, 10 * YEAR_S);
        /// How long a tracker may stay unheard after its registration before its signal counts as lost.
        lost_s: u32 = DAY_S, Kind::Number(1, 10 * YEAR_S);
    }

    /// Clocks.
    time: Time {
        /// How far ahead of the server's clock a device's may run before its dates are not believed.
        future_tolerance_s: u32 = 120, Kind::Number(0, YEAR_S);
    }

    /// The journal: every report, durable before it is acknowledged.
    journal: Journal {
        /// How long reports are kept; 0 for ever.
        retention_days: u32 = 0, Kind::Number(0, 36_600);
        /// Free disk below which uploads are refused and `/readyz` says no.
        disk_reserve_bytes: u64 = 256 * MIB, Kind::Number(0, MOST);
        /// What becomes of the reports of a blocked tracker: `keep` stores them, and shows them to nobody until the
        /// tracker is unblocked; `discard` acknowledges them to the device and throws them away.
        blocked_reports: String = "keep", Kind::Choice(&["keep", "discard"]);
        /// Encoded reports that may wait for the disk; beyond it devices wait.
        queue_bytes_max: usize = 64 * MIB, Kind::Number(MIB, 64 * GIB);
        /// How long a small commit waits for company.
        commit_gather_us: u64 = 1_000, Kind::Number(0, 1_000_000);
        /// Seconds between snapshots of the states that changed: the more, the longer a restart after a crash.
        snapshot_s: u64 = 60, Kind::Number(1, DAY_S);
        /// Calls that read the past at a time, each on a thread of its own.
        reads_max: usize = 4, Kind::Number(1, 1_024);
        /// Calls that wait for their turn to read the past; more are refused.
        reads_waiting_max: usize = 256, Kind::Number(0, 1_000_000);
        /// Memory for what is read.
        cache_bytes: u64 = 64 * MIB, Kind::Number(MIB, 1_024 * GIB);
        /// Memory for reports before they are sorted into a file.
        memtable_bytes_max: u64 = 32 * MIB, Kind::Number(MIB, 16 * GIB);
        /// The engine's log on disk, which a restart reads.
        log_bytes_max: u64 = 64 * MIB, Kind::Number(64 * MIB, 64 * GIB);
    }
}
