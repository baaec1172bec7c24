//! The shell around the methods: path, body, rates, whose call it is.

use std::net::IpAddr;
use std::sync::Arc;

use calls::answer::{done, preflight, refused};
use calls::params::{self, Params, Value};
use calls::{Rates, Request, address_key};
use dispatch::{Dispatch, KeptFile};
use fleet::{AccountId, Fleet, HashError, Keeper, PanelSession, Session, Tracker};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode};
use intake::Intake;
use model::{Timestamp, TrackerId, UserId};
use web::{Answer, Call, CallFuture, Handler};

use crate::errors::{Condition, Refusal};
use crate::method::{self, Door};

/// What an operator may set.
#[derive(Clone, Copy, Debug)]
pub struct OfficeOptions {
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// Calls a second of one user, and of one address; 0: no limit. Default 50.
    pub user_requests_per_second_max: u32,
    /// Calls a second of one administrator's account; 0: no limit. Default 10.
    pub panel_requests_per_second_max: u32,
    /// How many users, and how many addresses, are counted at a time. Default 100,000.
    pub rate_keys_max: usize,
}

impl OfficeOptions {
    /// The documented defaults, with this clock.
    pub const fn new(clock: fn() -> Timestamp) -> Self {
        Self { clock, user_requests_per_second_max: 50, panel_requests_per_second_max: 10, rate_keys_max: 100_000 }
    }
}

/// Answers the office's calls.
pub struct Api {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) intake: Arc<Intake>,
    clock: fn() -> Timestamp,
    rates_of_addresses: Rates<IpAddr>,
    rates_of_users: Rates<UserId>,
    rates_of_accounts: Rates<AccountId>,
}

/// Who calls: by an administrator's hash or by a user's.
pub(crate) enum Caller {
    Panel(PanelSession),
    Master(Session),
}

/// What a method comes to.
pub(crate) enum Done {
    /// The body of an answer.
    Json(Vec<u8>),
    /// A picture that a driver sent.
    Picture(KeptFile),
}

impl From<Vec<u8>> for Done {
    fn from(body: Vec<u8>) -> Self {
        Self::Json(body)
    }
}

impl Api {
    /// On this fleet, these messages and commands, and what devices bring that nobody can use yet.
    pub fn new(fleet: Arc<Fleet>, dispatch: Arc<Dispatch>, intake: Arc<Intake>, options: OfficeOptions) -> Self {
        let keys_max = options.rate_keys_max;
        Self {
            fleet,
            dispatch,
            intake,
            clock: options.clock,
            rates_of_addresses: Rates::new(options.user_requests_per_second_max, keys_max),
            rates_of_users: Rates::new(options.user_requests_per_second_max, keys_max),
            rates_of_accounts: Rates::new(options.panel_requests_per_second_max, keys_max),
        }
    }

    /// Path, body, rate, hash; the method itself then looks at parameters and things, in this order.
    async fn serve(&self, call: &Call) -> Result<Done, Refusal> {
        let known = matches!(call.method, Method::GET | Method::POST).then(|| method::find(&call.path)).flatten();
        let method = known.ok_or(Condition::UnknownAction)?;
        let now = (self.clock)();
        let mut request = Request::read(call, now)?;
        if !self.rates_of_addresses.take(address_key(call.peer), now) {
            return Err(Condition::TooManyRequests.into());
        }
        let result = match method.door {
            Door::Keepers(run) => run(self, self.caller(&request)?, &mut request).await,
            Door::Panel(run) => run(self, self.panel(&request)?, &mut request).await,
        };
        request.params.hold_to(method.path, method.params);
        result
    }

    /// The administrator's session of a call, counted against the account's rate.
    fn panel(&self, request: &Request<'_>) -> Result<PanelSession, Refusal> {
        let session = self.fleet.authorize_panel(&request.hash()?, request.now)?;
        match self.rates_of_accounts.take(session.account, request.now) {
            true => Ok(session),
            false => Err(Condition::TooManyRequests.into()),
        }
    }

    /// The session of a call, an administrator's or a user's, counted against its rate.
    fn caller(&self, request: &Request<'_>) -> Result<Caller, Refusal> {
        let session = match self.fleet.authorize(&request.hash()?, request.now) {
            Err(HashError::WrongKind) => return self.panel(request).map(Caller::Panel),
            result => result?,
        };
        match self.rates_of_users.take(session.user, request.now) {
            true => Ok(Caller::Master(session)),
            false => Err(Condition::TooManyRequests.into()),
        }
    }

    /// The tracker that a call is about: an original of the caller's.
    pub(crate) fn tracker(&self, caller: &Caller, id: TrackerId) -> Result<Arc<Tracker>, Refusal> {
        Ok(self.fleet.kept_tracker(caller.keeper(), id)?)
    }
}

impl Caller {
    pub(crate) fn keeper(&self) -> Keeper<'_> {
        match self {
            Self::Panel(session) => Keeper::Panel(session),
            Self::Master(session) => Keeper::Master(session),
        }
    }

    /// Whose things a call is about: an administrator has to say, a user's own otherwise.
    pub(crate) fn user(&self, params: &mut Params<'_>) -> UserId {
        match self {
            Self::Panel(_) => params.required("user_id", user_id).unwrap_or_default(),
            Self::Master(session) => params.optional("user_id", user_id).unwrap_or(session.user),
        }
    }
}

/// A number that no user can have is answered as unknown.
pub(crate) fn user_id(value: Value<'_>) -> Result<UserId, calls::json::Mistyped> {
    number(value).map(UserId)
}

/// A number of ours; 0, which nothing has, for one that cannot be.
pub(crate) fn number(value: Value<'_>) -> Result<u32, calls::json::Mistyped> {
    Ok(u32::try_from(params::int(value)?).unwrap_or(0))
}

/// The tracker that a call names.
pub(crate) fn tracker_id(params: &mut Params<'_>) -> TrackerId {
    TrackerId(params.required("tracker_id", number).unwrap_or_default())
}

impl Handler for Api {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(async move {
            if call.method == Method::OPTIONS {
                return preflight();
            }
            match self.serve(&call).await {
                Ok(Done::Json(body)) => done(body),
                Ok(Done::Picture(file)) => picture(file),
                Err(refusal) => refused(&refusal.condition, &refusal.fields, &[]),
            }
        })
    }
}

/// A picture as a browser may show it, and as nothing else: it comes from a phone.
fn picture(file: KeptFile) -> Answer {
    let mut answer = Answer::text(StatusCode::OK, file.bytes);
    answer.headers = vec![
        (CONTENT_TYPE, HeaderValue::from_static(file.kind.media_type())),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    answer
}
