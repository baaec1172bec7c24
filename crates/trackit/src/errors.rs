//! What is said when something is not done: one total table from conditions to the wire's words.

/// Why a message of a client makes no sense, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadRequest {
    /// The member, as `query.uid`; empty for the message as a whole.
    pub place: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a message, or a member of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It is not JSON.
    NotJson,
    /// It is not an object.
    NotObject,
    /// It is not there.
    Missing,
    /// It is not a text.
    NotText,
    /// It is not a whole number.
    NotInteger,
    /// It is neither true nor false.
    NotBoolean,
    /// There is no such type.
    Unknown,
    /// Nothing but white space.
    Blank,
    /// Too many characters.
    TooLong {
        /// So many there may be.
        chars_max: usize,
    },
    /// The message is not a text.
    Binary,
    /// The message is too big.
    TooBig {
        /// So many bytes it may have.
        bytes_max: usize,
    },
}

impl Problem {
    /// It in words.
    pub fn text(self) -> String {
        let text = match self {
            Self::NotJson => "not JSON",
            Self::NotObject => "must be an object",
            Self::Missing => "is required",
            Self::NotText => "must be a string",
            Self::NotInteger => "must be an integer",
            Self::NotBoolean => "must be a boolean",
            Self::Unknown => "is not a known type",
            Self::Blank => "must not be blank",
            Self::Binary => "binary messages are not understood",
            Self::TooLong { chars_max } => return format!("must have at most {chars_max} characters"),
            Self::TooBig { bytes_max } => return format!("a message may have at most {bytes_max} bytes"),
        };
        text.to_owned()
    }
}

/// Why a message of a client was not carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It makes no sense.
    Bad(BadRequest),
    /// Nobody has said `auth` yet.
    Unauthorized,
    /// There is no such mobile for this user.
    UnknownMobile,
    /// The mobile is blocked.
    Blocked,
    /// The mobile is a further view of one that belongs to somebody else, and so is its driver.
    NotYours,
    /// A message under another user's number.
    OtherUser,
    /// As many messages wait for this driver as may.
    TooManyWaiting,
    /// The server's fault; nothing was stored.
    Unavailable,
}

impl Refusal {
    /// What the wire calls it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bad(_) => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::UnknownMobile => "not_found",
            Self::Blocked | Self::NotYours | Self::OtherUser => "forbidden",
            Self::TooManyWaiting => "over_quota",
            Self::Unavailable => "unavailable",
        }
    }

    /// It in words.
    pub fn text(&self) -> String {
        let text = match self {
            Self::Bad(bad) => return bad.problem.text(),
            Self::Unauthorized => "say auth first",
            Self::UnknownMobile => "no such mobile",
            Self::Blocked => "the mobile is blocked",
            Self::NotYours => "the mobile is a clone, and its driver is not yours",
            Self::OtherUser => "user_id is not yours",
            Self::TooManyWaiting => "too many messages wait for this driver",
            Self::Unavailable => "the message could not be stored",
        };
        text.to_owned()
    }
}

/// Why a command was not written to a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotSent {
    /// There is no such mobile for this user.
    UnknownMobile,
    /// The mobile is blocked.
    Blocked,
    /// The mobile is a further view of one that belongs to somebody else.
    NotYours,
    /// Anything but `getio` needs a right that this user has not.
    NotPermitted,
    /// Too many commands to this device within a minute.
    RateLimited,
    /// The device is not connected.
    Offline,
    /// The device's protocol has no such command.
    NoSuchCommand,
    /// The command is too long for the device.
    TooLong,
    /// Others wait already for this device, or as many commands are under way as may.
    Busy,
}

impl NotSent {
    /// It in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::UnknownMobile => "unknown",
            Self::Blocked => "blocked",
            Self::NotYours => "not for clones",
            Self::NotPermitted => "not permitted",
            Self::RateLimited => "rate limited",
            Self::Offline => "offline",
            Self::NoSuchCommand => "no such command",
            Self::TooLong => "too long",
            Self::Busy => "busy",
        }
    }
}
