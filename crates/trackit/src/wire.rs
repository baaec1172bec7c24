//! The words of the wire: what clients say, and the numbers that the documents give to things.

use std::fmt;

/// Characters of a SESSID.
pub const SESSID_CHARS: usize = 26;
/// Most characters of the id that a client gives a command.
pub const COMMAND_ID_CHARS_MAX: usize = 64;
/// Most characters of a text to a driver.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Most characters of the id that a client gives a text.
pub const GUID_CHARS_MAX: usize = 64;
/// The command that is open to every user.
pub const GETIO: &str = "getio";

/// Close codes of this dialect, beside those of the WebSocket protocol.
pub mod close {
    use web::CloseReason;

    /// The `auth` was refused, or what it rested on has ended.
    pub const NOT_AUTHORIZED: CloseReason = CloseReason { code: 4401, reason: "not authorized" };
    /// The session ended.
    pub const LOGGED_OUT: CloseReason = CloseReason { code: 4401, reason: "session ended" };
    /// Nobody said `auth` in time.
    pub const NO_AUTH: CloseReason = CloseReason { code: 4408, reason: "no auth in time" };
    /// Too many messages that make no sense.
    pub const TOO_MANY_BAD: CloseReason = CloseReason { code: 1008, reason: "too many bad messages" };
    /// What must be sent does not get through.
    pub const TOO_SLOW: CloseReason = CloseReason { code: 1013, reason: "too slow for what must be sent" };
    /// More than a message may have.
    pub const TOO_BIG: CloseReason = CloseReason { code: 1009, reason: "message too big" };
}

/// A token that a client made up, or was given, and that `websocketAuth` bound to its user. Not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Sessid(String);

impl Sessid {
    /// The text, if it has the right length and alphabet.
    pub fn new(text: &str) -> Option<Self> {
        let is_well_formed = text.len() == SESSID_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric());
        is_well_formed.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sessid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sessid)")
    }
}

/// A message of a client.
#[derive(Clone, PartialEq, Debug)]
pub enum Request {
    /// It says who it is. `None`: in a way that nobody can be meant, which is refused like a wrong SESSID.
    Auth(Option<Auth>),
    /// A command to a device.
    Command(Command),
    /// A text to a driver.
    Text(Text),
}

/// Who a client says that it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Auth {
    /// The user's number.
    pub user_id: i64,
    /// The token bound to it.
    pub sessid: Sessid,
}

/// A command to a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The client's id for it, up to [`COMMAND_ID_CHARS_MAX`] characters.
    pub id: String,
    /// The mobile.
    pub uid: i64,
    /// What the device is to do: [`GETIO`], or a text in its own language.
    pub cmd: String,
    /// Whether a carriage return is to follow the text.
    pub with_return: bool,
}

/// A text to the driver of a mobile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// The mobile.
    pub uid: i64,
    /// 1 to [`TEXT_CHARS_MAX`] characters.
    pub txt: String,
    /// Who the client says that it is.
    pub user_id: i64,
    /// How it wants to be called.
    pub user_name: String,
    /// Its id for the text, by which a repeat is known.
    pub guid: String,
}

/// The types of events.
pub mod eid {
    /// An input or output.
    pub const IO: u32 = 3846;
    /// A text of the driver.
    pub const TEXT: u32 = 3951;
    /// A predefined text of the driver.
    pub const PREDEFINED: u32 = 25_106;
    /// A form.
    pub const FORM: u32 = 33;
    /// The device lives on its internal battery.
    pub const ON_BATTERY: u32 = 3801;
    /// It is powered from outside.
    pub const POWERED: u32 = 3802;
    /// It moves.
    pub const MOVING: u32 = 3803;
    /// It moves, and no driver is identified.
    pub const MOVING_WITHOUT_DRIVER: u32 = 3804;
}

/// The causes of records.
pub mod cas {
    /// The device was switched on.
    pub const POWER_UP: u32 = 1;
    /// So much way.
    pub const DISTANCE: u32 = 2;
    /// So much time, or nothing in particular.
    pub const PERIODIC: u32 = 3;
    /// A change of course.
    pub const COURSE: u32 = 4;
    /// An input or output.
    pub const IO: u32 = 61;
    /// Another event.
    pub const EVENT: u32 = 62;
    /// The answer to a command.
    pub const COMMAND_REPLY: u32 = 63;
    /// A service or mission.
    pub const SERVICE: u32 = 600;
}

/// The number of an output on the wire is its number plus this; inputs have their own.
pub const OUTPUTS_FROM: u16 = 178;
