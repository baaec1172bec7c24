//! Answers, and the reasons for not giving any: one total table from conditions to statuses and words.

use calls::write::Object;
use fleet::{LoginError, SessidError};
use http::header::{ALLOW, CACHE_CONTROL, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use web::Answer;

use crate::encode::json;
use crate::refused::TooManyRefused;

/// Why a call is not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    NoSuchInterface,
    OtherMethod(Method),
    /// No credentials, or wrong ones.
    NotAuthorized,
    UserBlocked,
    /// So many attempts were refused that this one was not heard.
    TooManyRefused(TooManyRefused),
    /// Too many calls of this user.
    TooManyRequests,
    Busy,
    /// It is not [`crate::wire::SESSID_CHARS`] letters and digits.
    SessidForm,
    SessidTaken,
    TooManySessids,
    TooLarge,
    /// The body, or a parameter, is not what it should be.
    Bad(&'static str),
    /// There is no such mobile or file for this user.
    NotFound,
    MobileBlocked,
    Failed,
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::WrongLoginOrPassword => Self::NotAuthorized,
            LoginError::NotActivated => Self::UserBlocked,
            // The fleet locks a name for a minute.
            LoginError::TooManyFailures => Self::TooManyRefused(TooManyRefused { retry_s: 60 }),
            LoginError::TooManySessions | LoginError::Busy => Self::Busy,
            LoginError::Failed(_) => Self::Failed,
        }
    }
}

impl From<SessidError> for Refusal {
    fn from(error: SessidError) -> Self {
        match error {
            SessidError::Malformed => Self::SessidForm,
            SessidError::Taken => Self::SessidTaken,
            SessidError::TooMany => Self::TooManySessids,
            SessidError::SessionEnded => Self::NotAuthorized,
            SessidError::Failed(_) => Self::Failed,
        }
    }
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchInterface | Self::NotFound => StatusCode::NOT_FOUND,
            Self::OtherMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAuthorized => StatusCode::UNAUTHORIZED,
            Self::UserBlocked | Self::SessidTaken | Self::MobileBlocked => StatusCode::FORBIDDEN,
            Self::TooManyRefused(_) | Self::TooManyRequests | Self::TooManySessids => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::SessidForm | Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn text(&self) -> &'static str {
        match self {
            Self::NoSuchInterface => "no such interface",
            Self::OtherMethod(_) => "another method is needed",
            Self::NotAuthorized => "wrong user or password",
            Self::UserBlocked => "the user is blocked",
            Self::TooManyRefused(_) => "too many attempts; try again later",
            Self::TooManyRequests => "too many calls a second",
            Self::Busy => "busy; try again later",
            Self::SessidForm => "SESSID must be 26 characters of 0-9, A-Z, a-z",
            // The same whoever it belongs to.
            Self::SessidTaken => "SESSID cannot be used",
            Self::TooManySessids => "too many SESSIDs are bound to this user",
            Self::TooLarge => "the body is too large",
            Self::Bad(what) => what,
            Self::NotFound => "not found",
            Self::MobileBlocked => "the mobile is blocked",
            Self::Failed => "the server failed",
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::NotAuthorized => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Odograph\", charset=\"UTF-8\"")))
            }
            Self::OtherMethod(method) => {
                Some((ALLOW, HeaderValue::from_static(if *method == Method::POST { "POST" } else { "GET" })))
            }
            Self::TooManyRefused(TooManyRefused { retry_s }) => Some((RETRY_AFTER, HeaderValue::from(*retry_s))),
            Self::TooManyRequests | Self::Busy => Some((RETRY_AFTER, HeaderValue::from_static("1"))),
            _ => None,
        }
    }

    pub(super) fn into_answer(self) -> Answer {
        let mut body = Vec::new();
        json::object(&mut body, |o| {
            o.boolean("error", true).string("message", self.text());
        });
        let mut answer = unshared(self.status(), body);
        answer.headers.extend(self.header());
        answer
    }
}

/// An answer with data, in the envelope of this dialect.
pub(super) fn data(write: impl FnOnce(&mut Vec<u8>)) -> Answer {
    let mut body = Vec::new();
    json::object(&mut body, |o: &mut Object<'_>| {
        write(o.boolean("error", false).string("message", "").member("data"));
    });
    unshared(StatusCode::OK, body)
}

/// An answer that is nobody else's: no cache on the way may keep it.
pub(super) fn unshared(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = Answer::json(status, body);
    answer.headers.push((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    answer
}
