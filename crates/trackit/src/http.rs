//! The HTTP side: a thin shell that finds out who calls, asks one room, and encodes the answer. One file an interface.

mod answer;
mod auth;
mod basic;
mod drivers;
mod file;
mod form;
mod past;
mod query;
mod vehicles;

use std::sync::Arc;

use calls::Rates;
use fleet::Session;
use http::Method;
use model::{Timestamp, UserId};
use web::{Answer, Call, CallFuture, Handler};

use crate::session::{Shared, Trackit};
use answer::Refusal;

/// The path below which the interfaces are.
pub const BASE: &str = "/ws";

/// Answers the HTTP calls of this dialect, below [`BASE`].
pub struct Api {
    shared: Arc<Shared>,
    rates: Rates<UserId>,
    clock: fn() -> Timestamp,
}

/// What a path below [`BASE`] names.
enum Interface<'p> {
    WebsocketAuth,
    VehiclesForUser,
    VehicleHistoric,
    Events,
    DriverList,
    File(&'p str),
}

impl<'p> Interface<'p> {
    fn find(path: &'p str) -> Option<Self> {
        let name = path.strip_prefix(BASE)?.strip_prefix('/')?;
        Some(match name.strip_suffix('/').unwrap_or(name) {
            "websocketAuth" => Self::WebsocketAuth,
            "vehiclesForUser" => Self::VehiclesForUser,
            "vehicleHistoric" => Self::VehicleHistoric,
            "events" => Self::Events,
            "driverList" => Self::DriverList,
            name => Self::File(name.strip_prefix("file/")?),
        })
    }

    const fn method(&self) -> Method {
        match self {
            Self::WebsocketAuth => Method::POST,
            _ => Method::GET,
        }
    }
}

impl Api {
    /// The calls that belong to these sockets, by this clock.
    pub fn new(trackit: &Trackit, clock: fn() -> Timestamp) -> Self {
        let shared = trackit.0.clone();
        let rates = Rates::new(shared.options.user_requests_per_second_max, shared.options.rate_keys_max);
        Self { shared, rates, clock }
    }

    async fn serve(&self, call: &Call) -> Result<Answer, Refusal> {
        let interface = Interface::find(&call.path).ok_or(Refusal::NoSuchInterface)?;
        if call.method != interface.method() {
            return Err(Refusal::OtherMethod(interface.method()));
        }
        let now = (self.clock)();
        let caller = self.caller(call, now).await?;
        if !self.rates.take(caller.session.user, now) {
            return Err(Refusal::TooManyRequests);
        }
        match interface {
            Interface::WebsocketAuth => self.websocket_auth(call, &caller, now).await,
            Interface::VehiclesForUser => Ok(self.vehicles_for_user(&caller.session)),
            Interface::VehicleHistoric => self.vehicle_historic(call, &caller.session, now).await,
            Interface::Events => self.events(call, &caller.session, now).await,
            Interface::DriverList => Ok(self.driver_list(&caller.session)),
            Interface::File(id) => self.file(id, &caller.session).await,
        }
    }
}

/// Who calls.
struct Caller {
    session: Session,
    /// As the call has it.
    login: String,
}

impl Handler for Api {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(async move { self.serve(&call).await.unwrap_or_else(Refusal::into_answer) })
    }
}
