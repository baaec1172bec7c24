//! The calls beside the socket: pairing, and the files of forms.

use std::sync::Arc;

use bytes::Bytes;
use dispatch::FileError;
use fleet::PairError;
use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use web::{Answer, BodyError, Call, CallFuture, Handler};

use crate::decode::is_guid;
use crate::driver::Shared;
use crate::files::file_name;
use crate::wire::Tracker;

/// Most bytes of the body that asks for a pairing.
const PAIR_BYTES_MAX: usize = 4_096;
/// Most characters of what a phone is called.
const PHONE_CHARS_MAX: usize = 64;
/// How long whoever guessed too often has to wait.
const GUESSED_RETRY_S: u32 = 60;

/// Makes a phone that of a tracker's driver.
pub(crate) struct Pairing(pub(crate) Arc<Shared>);

/// Keeps pictures.
pub(crate) struct Files(pub(crate) Arc<Shared>);

/// Why a call fails: status, code, words, and when to try again.
struct Problem {
    status: StatusCode,
    error: &'static str,
    message: &'static str,
    retry_s: Option<u32>,
}

impl Problem {
    const fn new(status: StatusCode, error: &'static str, message: &'static str) -> Self {
        Self { status, error, message, retry_s: None }
    }

    const fn later(self, retry_s: u32) -> Self {
        Self { retry_s: Some(retry_s), ..self }
    }

    fn busy(retry_s: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "try again later").later(retry_s)
    }
}

impl Handler for Pairing {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(async move { self.pair(&call).await.unwrap_or_else(refuse) })
    }
}

impl Handler for Files {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(async move { self.keep(&call).await.unwrap_or_else(refuse) })
    }
}

#[derive(Deserialize)]
struct Asked {
    code: String,
    phone: String,
}

#[derive(Serialize)]
struct Paired<'a> {
    token: &'a str,
    tracker: Tracker,
}

impl Pairing {
    async fn pair(&self, call: &Call) -> Result<Answer, Problem> {
        let body = posted(call)?;
        let asked: Option<Asked> = if body.len() <= PAIR_BYTES_MAX { serde_json::from_slice(&body).ok() } else { None };
        let no_request = Problem::new(StatusCode::BAD_REQUEST, "bad_request", "code or phone is missing or wrong");
        let Some(Asked { code, phone }) = asked.filter(|asked| is_phone(&asked.phone)) else { return Err(no_request) };
        let shared = &self.0;
        let now = (shared.clock)();
        let too_many = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many wrong codes");
        if !shared.guesses.begin(call.peer, now) {
            return Err(too_many.later(GUESSED_RETRY_S));
        }
        let paired = shared.fleet.pair(&code, phone.trim(), now).await;
        if !matches!(paired, Err(PairError::WrongCode)) {
            shared.guesses.take_back(call.peer);
        }
        let (token, session) = paired.map_err(|error| match error {
            PairError::Invalid(_) => no_request,
            PairError::TooManyFailures => too_many.later(GUESSED_RETRY_S),
            PairError::WrongCode => Problem::new(StatusCode::FORBIDDEN, "wrong_code", "this code does not work"),
            PairError::TooManyPhones => {
                Problem::new(StatusCode::FORBIDDEN, "too_many_phones", "the tracker has as many phones as it may have")
            }
            PairError::Failed(_) => Problem::busy(shared.options.retry_s),
        })?;
        let tracker = shared.fleet.phone_tracker(&session).ok_or(Problem::busy(shared.options.retry_s))?;
        let tracker = Tracker { id: tracker.id.0, label: tracker.label.clone() };
        Ok(json(StatusCode::OK, &Paired { token: token.expose(), tracker }))
    }
}

fn is_phone(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.chars().count() <= PHONE_CHARS_MAX
}

#[derive(Serialize)]
struct Kept {
    file: String,
}

impl Files {
    async fn keep(&self, call: &Call) -> Result<Answer, Problem> {
        let too_long = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", "the file is too large");
        let body = posted(call).map_err(|problem| match call.body {
            Err(BodyError::TooLarge) => too_long,
            _ => problem,
        })?;
        let shared = &self.0;
        let now = (shared.clock)();
        let unpaired = Problem::new(StatusCode::UNAUTHORIZED, "unpaired", "the token is not valid");
        let token = bearer(&call.headers).ok_or(unpaired)?;
        let unpaired = Problem::new(StatusCode::UNAUTHORIZED, "unpaired", "the token is not valid");
        let session = shared.fleet.authorize_driver(token, now).map_err(|_| unpaired)?;
        let bad_id = || Problem::new(StatusCode::BAD_REQUEST, "bad_request", "id is missing or no guid");
        let guid = form_urlencoded::parse(call.query.as_bytes()).find(|(name, _)| name == "id");
        let guid = guid.map(|(_, guid)| guid.into_owned()).filter(|guid| is_guid(guid)).ok_or_else(bad_id)?;
        // Told before anything is copied.
        if body.len() > shared.dispatch.options().file_bytes_max {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", "the file is too large"));
        }
        if shared.engine.is_disk_full() {
            return Err(Problem::busy(shared.options.retry_s));
        }
        let kept = shared.dispatch.keep_file(session.source, guid, body.to_vec(), now).await;
        let file = kept.map_err(|error| match error {
            FileError::BadGuid => bad_id(),
            FileError::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", "the file is too large"),
            FileError::NoImage => {
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_media", "neither JPEG, PNG nor WebP")
            }
            FileError::Full => {
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, "full", "the tracker has as many files as it may have")
            }
            FileError::Failed(_) => Problem::busy(shared.options.retry_s),
        })?;
        Ok(json(StatusCode::OK, &Kept { file: file_name(file) }))
    }
}

/// The body of a call that posts one.
fn posted(call: &Call) -> Result<Bytes, Problem> {
    if call.method != Method::POST {
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "bad_request", "POST only"));
    }
    match &call.body {
        Ok(body) => Ok(body.clone()),
        Err(BodyError::TooLarge) => Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "bad_request", "too large")),
        Err(BodyError::Incomplete) => {
            Err(Problem::new(StatusCode::BAD_REQUEST, "bad_request", "the body is not whole"))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[derive(Serialize)]
struct Told {
    error: &'static str,
    message: &'static str,
}

fn refuse(problem: Problem) -> Answer {
    let Problem { status, error, message, retry_s } = problem;
    let mut answer = json(status, &Told { error, message });
    answer.headers.extend(retry_s.map(|s| (RETRY_AFTER, HeaderValue::from(s))));
    match status {
        StatusCode::METHOD_NOT_ALLOWED => answer.headers.push((ALLOW, HeaderValue::from_static("POST"))),
        StatusCode::UNAUTHORIZED => answer.headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        _ => {}
    }
    answer
}

fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    // Plain texts and numbers: nothing in them can fail.
    let mut answer = Answer::json(status, serde_json::to_vec(body).unwrap_or_default());
    answer.headers.push((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    answer
}
