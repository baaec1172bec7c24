//! The HTTP side: a thin shell that decodes a call, asks `fleet` or the states, and encodes the answer. One file a
//! resource.

mod answer;
mod api_key;
mod base;
mod calibration;
mod call;
mod chat;
mod command;
mod counters;
mod docs;
mod failure;
mod group;
mod history;
mod inputs;
mod method;
mod models;
mod output_control;
mod outputs;
mod panel_account;
mod panel_clone;
mod panel_tracker;
mod panel_user;
mod password;
mod past;
mod raw_command;
mod reach;
mod readings;
mod replace;
mod route;
mod security_group;
mod sensor;
mod session;
mod settings;
mod span;
mod stats;
mod stubs;
mod subuser;
mod tag;
mod timezone;
mod track;
mod tracker;
mod tracker_settings;
mod user;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use calls::{Rates, Request, address_key};
use dispatch::Dispatch;
use engine::{Engine, OrderError, Refused, View};
use fleet::{AccountId, Fleet, MeasurementSystem, Session};
use http::Method;
use model::{Counter, CounterKind, Order, SessionId, SourceId, SourceState, Timestamp, UserId};
use web::{Call, CallFuture, Handler};

use crate::errors::Condition;
use crate::http::answer::Refusal;
use crate::http::password::Mail;

pub use docs::{DOCUMENTS, Documents, asyncapi, openapi};
pub use password::{NotSent, Postman};
pub use past::{Past, PastError, PastJob};
pub use route::{BASES, methods};

/// A change of a source on its way to the disk.
pub type Setting<'a> = Pin<Box<dyn Future<Output = Result<(), Refused>> + Send + 'a>>;

/// An order on its way to a device.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), OrderError>> + Send + 'a>>;

/// Where this dialect reads states.
pub trait States: Send + Sync + 'static {
    /// Calls `read` with the newest state of a source, once; not at all if there is no such source.
    fn read(&self, source: SourceId, read: &mut dyn FnMut(&SourceState));

    /// Calls `read` with a source as it is now, once, while it is locked; not at all if there is no such source.
    fn view(&self, source: SourceId, read: &mut dyn FnMut(View<'_>));

    /// Sets a counter: kilometres or hours. Durable when the future is ready.
    fn set_counter(&self, source: SourceId, kind: CounterKind, value: f64, now: Timestamp) -> Setting<'_>;

    /// Sends the device of a source an order. Ready when it was written to the device's connection.
    fn order(&self, source: SourceId, order: Order) -> Sending<'_>;

    /// Lets the fleet know what the states know of it: whose devices made contact. For what depends on that.
    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }

    /// Ready when what the states have heard of so far is durable.
    fn keep(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

impl States for Engine {
    fn read(&self, source: SourceId, read: &mut dyn FnMut(&SourceState)) {
        if let Some(source) = self.source(source) {
            read(&source.snapshot().state);
        }
    }

    fn view(&self, source: SourceId, read: &mut dyn FnMut(View<'_>)) {
        if let Some(source) = self.source(source) {
            source.read(read);
        }
    }

    fn set_counter(&self, source: SourceId, kind: CounterKind, value: f64, now: Timestamp) -> Setting<'_> {
        Box::pin(async move {
            let source = self.source(source).ok_or(Refused::Removed)?;
            Engine::set_counter(self, &source, kind, value, now).await
        })
    }

    fn order(&self, source: SourceId, order: Order) -> Sending<'_> {
        Box::pin(async move { Engine::order(self, source, order).await.map(|_| ()) })
    }

    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.write_connected())
    }

    fn keep(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.flush())
    }
}

/// What an operator may set.
#[derive(Clone, Copy, Debug)]
pub struct NavixyOptions {
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// Calls a second of one user, and of one address; 0: no limit. Default 50.
    pub user_requests_per_second_max: u32,
    /// Calls a second of one administrator's account; 0: no limit. Default 10.
    pub panel_requests_per_second_max: u32,
    /// Trackers whose drivers one call may write to, or ask the last messages of. Default 300.
    pub chat_trackers_max: usize,
    /// How many users, and how many addresses, are counted at a time. Default 100,000.
    pub rate_keys_max: usize,
    /// Whether lists of things that this server does not know (employees, rules, zones, tasks, tariffs) are answered
    /// as empty, because dashboards ask for them at their start. Default true.
    pub empty_stubs: bool,
    /// Days that one call may ask the tracks of. Default 31.
    pub track_days_max: u32,
    /// Days that one call may ask the events or the mileage of. Default 90.
    pub history_days_max: u32,
    /// Days that one call may ask the values of a sensor of. Default 30.
    pub sensor_days_max: u32,
    /// Trackers that one call may ask the mileage of. Default 128.
    pub mileage_trackers_max: usize,
    /// Reports that one call about the past may read; the answer says when it was cut there. Default 3,000,000, which
    /// is a month with one a second.
    pub past_reports_max: u64,
    /// Points that one call about the past may answer. Default 100,000.
    pub past_points_max: usize,
}

impl NavixyOptions {
    /// The documented defaults, with this clock.
    pub const fn new(clock: fn() -> Timestamp) -> Self {
        Self {
            clock,
            user_requests_per_second_max: 50,
            panel_requests_per_second_max: 10,
            rate_keys_max: 100_000,
            chat_trackers_max: 300,
            empty_stubs: true,
            track_days_max: 31,
            history_days_max: 90,
            sensor_days_max: 30,
            mileage_trackers_max: 128,
            past_reports_max: 3_000_000,
            past_points_max: 100_000,
        }
    }
}

/// Whose calls are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Caller {
    /// All sessions of a user.
    User(UserId),
    /// One API key.
    Key(SessionId),
}

/// Answers the HTTP calls of this dialect, under each of [`BASES`].
pub struct Api {
    fleet: Arc<Fleet>,
    dispatch: Arc<Dispatch>,
    states: Arc<dyn States>,
    past: Arc<dyn Past>,
    options: NavixyOptions,
    rates_of_addresses: Rates<IpAddr>,
    mail: Option<Mail>,
    rates_of_users: Rates<Caller>,
    rates_of_accounts: Rates<AccountId>,
}

impl Api {
    /// On this fleet, these messages and commands, these states and this past.
    pub fn new(
        fleet: Arc<Fleet>,
        dispatch: Arc<Dispatch>,
        states: Arc<dyn States>,
        past: Arc<dyn Past>,
        options: NavixyOptions,
    ) -> Self {
        let rate = options.user_requests_per_second_max;
        Self {
            fleet,
            dispatch,
            states,
            past,
            mail: None,
            rates_of_addresses: Rates::new(rate, options.rate_keys_max),
            rates_of_users: Rates::new(rate, options.rate_keys_max),
            rates_of_accounts: Rates::new(options.panel_requests_per_second_max, options.rate_keys_max),
            options,
        }
    }

    /// Writes to users who forgot their password. `password_url` is the address of the page on which they choose a new
    /// one, with `{hash}` where the token goes; when it is empty the mail has the token alone.
    #[must_use]
    pub fn with_mail(self, postman: impl Postman, password_url: String) -> Self {
        Self { mail: Some(Mail { postman: Box::new(postman), password_url }), ..self }
    }

    /// Reads a source as it is now; false when there is no such source, which would be a fault of this server.
    fn view(&self, source: SourceId, read: impl FnOnce(View<'_>)) -> bool {
        let mut read = Some(read);
        self.states.view(source, &mut |view| {
            if let Some(read) = read.take() {
                read(view);
            }
        });
        read.is_none()
    }

    fn counter(&self, source: SourceId, kind: CounterKind) -> Option<Counter> {
        let mut counter = None;
        self.view(source, |view| counter = view.values.counter(kind));
        counter
    }

    /// The units that a session's user counts in.
    fn measurement_system(&self, session: &Session) -> MeasurementSystem {
        self.fleet.user(session.user).map(|user| user.preferences.measurement_system).unwrap_or_default()
    }

    /// Whether a call at the root that matches no method is one of this dialect's all the same: it says so by its
    /// hash or by the type of its body.
    pub fn claims(call: &Call) -> bool {
        calls::has_hash_header(&call.headers) || calls::announces_json(&call.headers)
    }

    /// Route, body, rate; the method itself then looks at hash, right, parameters and entities, in this order.
    async fn serve(&self, call: &Call) -> Result<Vec<u8>, Refusal> {
        let method = match call.method {
            Method::GET | Method::POST => route::find(&call.path)?,
            _ => return Err(Condition::UnknownAction.into()),
        };
        if !method.offered && !self.options.empty_stubs {
            return Err(Condition::UnknownAction.into());
        }
        let now = (self.options.clock)();
        let mut request = Request::read(call, now).map_err(Condition::from)?;
        if !self.rates_of_addresses.take(address_key(call.peer), now) {
            return Err(Condition::TooManyRequests.into());
        }
        method.call(self, &mut request).await
    }
}

impl Handler for Api {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(async move {
            if call.method == Method::OPTIONS {
                return calls::answer::preflight();
            }
            answer::answer(self.serve(&call).await)
        })
    }
}
