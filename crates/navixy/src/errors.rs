//! What can be wrong with a request, and what the wire calls it.
//!
//! The codes are Navixy's published ones; only the code is normative for clients, but some of them search the
//! description for a word ("hash"), so the descriptions are kept too.

use calls::ErrorWords;
use http::StatusCode;

pub use calls::FieldError;

/// Why a request is not answered as asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// The catalog failed.
    Database,
    /// The hash is missing, malformed or was never issued.
    WrongHash,
    /// As [`Condition::WrongHash`], in the words of the socket protocol's first edition.
    WrongUserHash,
    /// The hash was good once, or is of a kind that the method does not take.
    SessionEnded,
    /// The message is not of the form that requests have.
    WrongFormat,
    /// A fault of this server.
    Unexpected,
    /// A parameter is missing or out of range.
    InvalidParameters,
    /// As many ask for the past, or to send a device something, as may.
    Busy,
    /// The journal takes nothing now.
    QueueFailed,
    /// The request is larger than this server takes.
    TooLarge,
    /// The account may not log in here.
    AccessDenied,
    /// The session lacks the right.
    NotPermitted,
    /// The store cannot be reached now.
    Unavailable,
    /// More requests a second than allowed.
    TooManyRequests,
    /// Login and password do not belong together.
    WrongCredentials,
    /// The account is not activated, or blocked.
    NotActivated,
    /// The user has as many live sessions as allowed.
    SessionsExceeded,
    /// Too many failed logins under this name.
    LoginAttemptsExceeded,
    /// There is no such resource.
    UnknownResource,
    /// The resource has no such action, or this server does not offer it.
    UnknownAction,
    /// What the request names does not exist (in the words of most methods).
    NotFound,
    /// What the request names does not exist (in the words of the newer methods).
    EntityNotFound,
    /// Another account has this login.
    LoginInUse,
    /// The tracker is blocked.
    DeviceBlocked,
    /// More days than one request may ask for.
    SpanTooBig,
    /// A span of a list is larger than allowed.
    LimitTooBig,
    /// The device is away.
    Offline,
    /// The device, or its connection, cannot do this.
    NotSupported,
    /// Some of the listed trackers do not exist.
    ListHasNonexistent,
    /// No such model of device.
    UnknownModel,
    /// More trackers than one request may name.
    TooManyDevices,
    /// No such way of registering.
    PluginNotFound,
    /// Another tracker has this device.
    DeviceIdInUse,
    /// The way of registering asks for an activation code, and this is none.
    WrongActivationCode,
    /// A clone, where the original is asked for.
    NotForClones,
    /// The device has connected, so its tracker can no longer be withdrawn by its user.
    AlreadyConnected,
    /// A mail could not be sent, or none are sent here.
    MailNotSent,
    /// What is given as the password is not it.
    WrongPassword,
    /// It was done not long ago.
    TooSoon,
    /// The new password is the old one.
    PasswordUnchanged,
    /// The user is not there, or is the one who has it already.
    WrongUserId,
    /// There is one like it already.
    AlreadyExists,
    /// An original, where a clone is asked for.
    ForClonesOnly,
    /// The tracker was removed already.
    AlreadyRemoved,
    /// Others have clones of the tracker.
    HasClones,
    /// A list names something that is not there.
    ListMissesEntries,
    /// The sensor is of a kind that has no such thing.
    SensorUnsupported,
    /// Another sensor has this input.
    InputInUse,
    /// The device's status does not allow it: it never made contact.
    WrongStatus,
    /// The tracker has as many sensors of this type as it may.
    TooManySensors,
    /// The trackers are not of one model.
    OtherModel,
    /// There are as many of these as there may be.
    TooManyEntities,
    /// As many of these as there may be wait already.
    OverQuota,
    /// The session is of a kind that may do something else only.
    WrongSessionKind,
}

impl Condition {
    /// The published number of the error.
    pub const fn code(self) -> u16 {
        self.row().0
    }

    /// The published text of the error.
    pub const fn description(self) -> &'static str {
        self.row().1
    }

    /// The HTTP status that goes with the error; the socket protocol has none.
    pub const fn status(self) -> StatusCode {
        self.row().2
    }

    const fn row(self) -> (u16, &'static str, StatusCode) {
        use StatusCode as S;
        const BAD: StatusCode = S::BAD_REQUEST;
        match self {
            Self::Database => (1, "Database error", S::INTERNAL_SERVER_ERROR),
            Self::WrongHash => (3, "Wrong hash", BAD),
            Self::WrongUserHash => (3, "Wrong user hash", BAD),
            Self::SessionEnded => (4, "User or API key not found or session ended", BAD),
            Self::WrongFormat => (5, "Wrong request format", BAD),
            Self::Unexpected => (6, "Unexpected error", S::INTERNAL_SERVER_ERROR),
            Self::InvalidParameters => (7, "Invalid parameters", BAD),
            Self::Busy => (8, "Queue service error, try again later", S::SERVICE_UNAVAILABLE),
            Self::QueueFailed => (8, "Queue service error, try again later", S::SERVICE_UNAVAILABLE),
            Self::TooLarge => (9, "Too large request", S::PRECONDITION_FAILED),
            Self::AccessDenied => (11, "Access denied", S::FORBIDDEN),
            Self::NotPermitted => (13, "Operation not permitted", S::FORBIDDEN),
            Self::Unavailable => (14, "Database unavailable", S::SERVICE_UNAVAILABLE),
            Self::TooManyRequests => (15, "Too many requests (rate limit exceeded)", S::TOO_MANY_REQUESTS),
            Self::WrongCredentials => (102, "Wrong login or password", BAD),
            Self::NotActivated => (103, "User not activated", BAD),
            Self::SessionsExceeded => (104, "Logins limit exceeded", BAD),
            Self::LoginAttemptsExceeded => (105, "Login attempts limit exceeded", BAD),
            Self::UnknownResource => (111, "Wrong handler", BAD),
            Self::UnknownAction => (112, "Wrong method", BAD),
            Self::NotFound => (201, "Not found in database", BAD),
            Self::EntityNotFound => (204, "Entity not found", S::NOT_FOUND),
            Self::LoginInUse => (206, "Login already in use", BAD),
            Self::DeviceBlocked => (208, "Device blocked", S::FORBIDDEN),
            Self::SpanTooBig => (211, "Requested time span is too big", BAD),
            Self::LimitTooBig => (212, "Requested limit is too big", BAD),
            Self::Offline => (213, "Cannot perform action: the device is offline", BAD),
            Self::NotSupported => (214, "Requested operation or parameters are not supported by the device", BAD),
            Self::ListHasNonexistent => (217, "List contains nonexistent entities", BAD),
            Self::UnknownModel => (220, "Unknown device model", BAD),
            Self::TooManyDevices => (221, "Device limit exceeded", S::FORBIDDEN),
            Self::PluginNotFound => (222, "Plugin not found", BAD),
            Self::DeviceIdInUse => (224, "Device ID already in use", BAD),
            Self::WrongActivationCode => (227, "Wrong activation code", BAD),
            Self::NotForClones => (219, "Not allowed for clones of the device", S::FORBIDDEN),
            Self::AlreadyConnected => (243, "Device already connected.", BAD),
            Self::MailNotSent => (209, "Failed sending email", BAD),
            Self::WrongPassword => (248, "Wrong password", BAD),
            Self::TooSoon => (264, "Timeout not reached", S::FORBIDDEN),
            Self::PasswordUnchanged => (245, "New password must be different", BAD),
            Self::WrongUserId => (246, "Invalid user ID", BAD),
            Self::AlreadyExists => (247, "Entity already exists", S::CONFLICT),
            Self::ForClonesOnly => (249, "Operation available for clones only", S::FORBIDDEN),
            Self::AlreadyRemoved => (252, "Device already corrupted", BAD),
            Self::HasClones => (253, "Device has clones", BAD),
            Self::ListMissesEntries => {
                (262, "Entries list is missing some entries or contains nonexistent entries", BAD)
            }
            Self::SensorUnsupported => (228, "Not supported by sensor", BAD),
            Self::InputInUse => (232, "Input already in use", BAD),
            Self::WrongStatus => (266, "Cannot perform action for the device in current status", S::FORBIDDEN),
            Self::TooManySensors => (270, "Too many sensors of same type already exist", BAD),
            Self::OtherModel => (272, "Trackers must have same models", BAD),
            Self::TooManyEntities => (267, "Too many entities", BAD),
            Self::OverQuota => (268, "Over quota", S::PAYMENT_REQUIRED),
            Self::WrongSessionKind => (276, "Action is forbidden for received session type", S::FORBIDDEN),
        }
    }
}

impl ErrorWords for Condition {
    fn code(&self) -> u16 {
        Self::code(*self)
    }

    fn description(&self) -> &'static str {
        Self::description(*self)
    }

    fn status(&self) -> StatusCode {
        Self::status(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_have_the_published_codes() {
        use Condition::*;
        let check = |condition: Condition, code: u16, description: &str, status: u16| {
            let found = (condition.code(), condition.description(), condition.status().as_u16());
            assert_eq!(found, (code, description, status), "{condition:?}");
        };
        check(Database, 1, "Database error", 500);
        check(WrongHash, 3, "Wrong hash", 400);
        check(WrongUserHash, 3, "Wrong user hash", 400);
        check(SessionEnded, 4, "User or API key not found or session ended", 400);
        check(WrongFormat, 5, "Wrong request format", 400);
        check(Unexpected, 6, "Unexpected error", 500);
        check(InvalidParameters, 7, "Invalid parameters", 400);
        check(Busy, 8, "Queue service error, try again later", 503);
        check(QueueFailed, 8, "Queue service error, try again later", 503);
        check(TooLarge, 9, "Too large request", 412);
        check(AccessDenied, 11, "Access denied", 403);
        check(NotPermitted, 13, "Operation not permitted", 403);
        check(Unavailable, 14, "Database unavailable", 503);
        check(TooManyRequests, 15, "Too many requests (rate limit exceeded)", 429);
        check(WrongCredentials, 102, "Wrong login or password", 400);
        check(NotActivated, 103, "User not activated", 400);
        check(SessionsExceeded, 104, "Logins limit exceeded", 400);
        check(LoginAttemptsExceeded, 105, "Login attempts limit exceeded", 400);
        check(UnknownResource, 111, "Wrong handler", 400);
        check(UnknownAction, 112, "Wrong method", 400);
        check(NotFound, 201, "Not found in database", 400);
        check(EntityNotFound, 204, "Entity not found", 404);
        check(LoginInUse, 206, "Login already in use", 400);
        check(DeviceBlocked, 208, "Device blocked", 403);
        check(SpanTooBig, 211, "Requested time span is too big", 400);
        check(LimitTooBig, 212, "Requested limit is too big", 400);
        check(Offline, 213, "Cannot perform action: the device is offline", 400);
        check(NotSupported, 214, "Requested operation or parameters are not supported by the device", 400);
        check(ListHasNonexistent, 217, "List contains nonexistent entities", 400);
        check(UnknownModel, 220, "Unknown device model", 400);
        check(TooManyDevices, 221, "Device limit exceeded", 403);
        check(PluginNotFound, 222, "Plugin not found", 400);
        check(DeviceIdInUse, 224, "Device ID already in use", 400);
        check(WrongActivationCode, 227, "Wrong activation code", 400);
        check(NotForClones, 219, "Not allowed for clones of the device", 403);
        check(AlreadyConnected, 243, "Device already connected.", 400);
        check(MailNotSent, 209, "Failed sending email", 400);
        check(WrongPassword, 248, "Wrong password", 400);
        check(TooSoon, 264, "Timeout not reached", 403);
        check(PasswordUnchanged, 245, "New password must be different", 400);
        check(WrongUserId, 246, "Invalid user ID", 400);
        check(AlreadyExists, 247, "Entity already exists", 409);
        check(ForClonesOnly, 249, "Operation available for clones only", 403);
        check(HasClones, 253, "Device has clones", 400);
        check(AlreadyRemoved, 252, "Device already corrupted", 400);
        let missing = "Entries list is missing some entries or contains nonexistent entries";
        check(ListMissesEntries, 262, missing, 400);
        check(SensorUnsupported, 228, "Not supported by sensor", 400);
        check(InputInUse, 232, "Input already in use", 400);
        check(WrongStatus, 266, "Cannot perform action for the device in current status", 403);
        check(TooManySensors, 270, "Too many sensors of same type already exist", 400);
        check(OtherModel, 272, "Trackers must have same models", 400);
        check(TooManyEntities, 267, "Too many entities", 400);
        check(OverQuota, 268, "Over quota", 402);
        check(WrongSessionKind, 276, "Action is forbidden for received session type", 403);
    }
}
