//! What can be wrong with a call, and what the wire calls it: in the numbers and words of the panel.

use calls::{ErrorWords, FieldError};
use http::StatusCode;

/// Why a call is not answered as asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// A store failed.
    Database,
    /// The hash is missing, malformed, was never issued or is of a kind that the method does not take.
    WrongHash,
    /// The hash was good once.
    SessionEnded,
    /// The call cannot be read.
    WrongFormat,
    /// A fault of this server.
    Unexpected,
    /// A parameter is missing or wrong.
    InvalidParameters,
    /// The call is larger than this server takes.
    TooLarge,
    /// The session is a sub-user's, or its user was deactivated.
    NotPermitted,
    /// More calls a second than allowed.
    TooManyRequests,
    /// A method of HTTP that no call has.
    UnknownAction,
    /// No such user, tracker or thing, or another's.
    NotFound,
    /// The tracker is blocked.
    DeviceBlocked,
    /// A clone, where the original is asked for.
    NotForClones,
    /// There is one already.
    AlreadyExists,
    /// There are as many of these as there may be.
    TooManyEntities,
    /// As many of these as there may be wait already.
    OverQuota,
}

impl Condition {
    const fn row(self) -> (u16, &'static str, StatusCode) {
        use StatusCode as S;
        match self {
            Self::Database => (1, "Database error", S::INTERNAL_SERVER_ERROR),
            Self::WrongHash => (3, "Wrong hash", S::BAD_REQUEST),
            Self::SessionEnded => (4, "User or API key not found or session ended", S::BAD_REQUEST),
            Self::WrongFormat => (5, "Wrong request format", S::BAD_REQUEST),
            Self::Unexpected => (6, "Unexpected error", S::INTERNAL_SERVER_ERROR),
            Self::InvalidParameters => (7, "Invalid parameters", S::BAD_REQUEST),
            Self::TooLarge => (9, "Too large request", S::PRECONDITION_FAILED),
            Self::NotPermitted => (13, "Operation not permitted", S::FORBIDDEN),
            Self::TooManyRequests => (15, "Too many requests (rate limit exceeded)", S::TOO_MANY_REQUESTS),
            Self::UnknownAction => (112, "Wrong method", S::BAD_REQUEST),
            Self::NotFound => (201, "Not found in database", S::BAD_REQUEST),
            Self::DeviceBlocked => (208, "Device blocked", S::FORBIDDEN),
            Self::NotForClones => (219, "Not allowed for clones of the device", S::FORBIDDEN),
            Self::AlreadyExists => (247, "Entity already exists", S::CONFLICT),
            Self::TooManyEntities => (267, "Too many entities", S::BAD_REQUEST),
            Self::OverQuota => (268, "Over quota", S::PAYMENT_REQUIRED),
        }
    }

    /// Its number and words.
    pub(crate) const fn words(self) -> (u16, &'static str) {
        let (code, description, _) = self.row();
        (code, description)
    }
}

impl ErrorWords for Condition {
    fn code(&self) -> u16 {
        self.row().0
    }

    fn description(&self) -> &'static str {
        self.row().1
    }

    fn status(&self) -> StatusCode {
        self.row().2
    }
}

/// Why a call is refused, and which parameters are wrong where that is why.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) condition: Condition,
    pub(crate) fields: Vec<FieldError>,
}

impl Refusal {
    /// Wrong parameters.
    pub(crate) const fn invalid(fields: Vec<FieldError>) -> Self {
        Self { condition: Condition::InvalidParameters, fields }
    }

    /// One wrong parameter.
    pub(crate) fn wrong(parameter: &str, error: &'static str) -> Self {
        Self::invalid(vec![FieldError::new(parameter, error)])
    }

    /// The same of parameters that stand in an object: `prefix` is its name with a dot.
    pub(crate) fn within(mut self, prefix: &str) -> Self {
        self.fields.iter_mut().for_each(|field| field.parameter.insert_str(0, prefix));
        self
    }
}

impl From<Condition> for Refusal {
    fn from(condition: Condition) -> Self {
        Self { condition, fields: Vec::new() }
    }
}
