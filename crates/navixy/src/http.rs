//! The HTTP side: a thin shell that decodes a call, asks `fleet` or the states, and encodes the answer. One file a
//! resource.

mod answer;
mod base;
mod call;
mod failure;
mod panel_account;
mod panel_tracker;
mod panel_user;
mod params;
mod rate;
mod route;
mod session;
mod tracker;
mod user;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use engine::Engine;
use fleet::{AccountId, Fleet};
use http::Method;
use model::{SourceId, SourceState, Timestamp, UserId};
use web::{Call, CallFuture, Handler};

use crate::errors::Condition;
use crate::http::answer::Refusal;
use crate::http::call::Request;
use crate::http::rate::{Rates, address_key};
use crate::http::route::Route;

pub use route::{BASES, METHODS};

/// Where this dialect reads states.
pub trait States: Send + Sync + 'static {
    /// Calls `read` with the newest state of a source, once; not at all if there is no such source.
    fn read(&self, source: SourceId, read: &mut dyn FnMut(&SourceState));

    /// Lets the fleet know what the states know of it: whose devices made contact. For what depends on that.
    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

impl States for Engine {
    fn read(&self, source: SourceId, read: &mut dyn FnMut(&SourceState)) {
        if let Some(source) = self.source(source) {
            read(&source.snapshot().state);
        }
    }

    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.write_connected())
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
    /// How many users, and how many addresses, are counted at a time. Default 100,000.
    pub rate_keys_max: usize,
}

impl NavixyOptions {
    /// The documented defaults, with this clock.
    pub const fn new(clock: fn() -> Timestamp) -> Self {
        Self { clock, user_requests_per_second_max: 50, panel_requests_per_second_max: 10, rate_keys_max: 100_000 }
    }
}

/// Answers the HTTP calls of this dialect, under each of [`BASES`].
pub struct Api {
    fleet: Arc<Fleet>,
    states: Arc<dyn States>,
    options: NavixyOptions,
    rates_of_addresses: Rates<IpAddr>,
    rates_of_users: Rates<UserId>,
    rates_of_accounts: Rates<AccountId>,
}

impl Api {
    /// On this fleet and these states.
    pub fn new(fleet: Arc<Fleet>, states: Arc<dyn States>, options: NavixyOptions) -> Self {
        let rate = options.user_requests_per_second_max;
        Self {
            fleet,
            states,
            rates_of_addresses: Rates::new(rate, options.rate_keys_max),
            rates_of_users: Rates::new(rate, options.rate_keys_max),
            rates_of_accounts: Rates::new(options.panel_requests_per_second_max, options.rate_keys_max),
            options,
        }
    }

    /// Whether a call at the root that matches no method is one of this dialect's all the same: it says so by its
    /// hash or by the type of its body.
    pub fn claims(call: &Call) -> bool {
        call::has_hash_header(&call.headers) || call::announces_json(&call.headers)
    }

    /// Route, body, rate; the method itself then looks at hash, right, parameters and entities, in this order.
    async fn serve(&self, call: &Call) -> Result<Vec<u8>, Refusal> {
        let route = if matches!(call.method, Method::GET | Method::POST) {
            Route::find(&call.path)?
        } else {
            return Err(Condition::UnknownAction.into());
        };
        let now = (self.options.clock)();
        let mut request = Request::read(call, now)?;
        if !self.rates_of_addresses.take(address_key(call.peer), now) {
            return Err(Condition::TooManyRequests.into());
        }
        match route {
            Route::BaseNothing => base::nothing(self, &request),
            Route::UserAuth => user::auth(self, &mut request).await,
            Route::UserLogout => user::logout(self, &request).await,
            Route::UserGetInfo => user::get_info(self, &mut request),
            Route::TrackerRegister => tracker::register(self, &mut request).await,
            Route::TrackerList => tracker::list(self, &mut request),
            Route::TrackerRead => tracker::read(self, &mut request),
            Route::TrackerGetState => tracker::get_state(self, &mut request),
            Route::TrackerGetStates => tracker::get_states(self, &mut request),
            Route::TrackerCorrupt => tracker::corrupt(self, &mut request).await,
            Route::PanelAccountAuth => panel_account::auth(self, &mut request).await,
            Route::PanelAccountLogout => panel_account::logout(self, &request).await,
            Route::PanelAccountGetPermissions => panel_account::get_permissions(self, &request),
            Route::PanelUserCreate => panel_user::create(self, &mut request).await,
            Route::PanelUserRead => panel_user::read(self, &mut request),
            Route::PanelUserList => panel_user::list(self, &mut request),
            Route::PanelUserUpdate => panel_user::update(self, &mut request).await,
            Route::PanelUserCorrupt => panel_user::corrupt(self, &mut request).await,
            Route::PanelUserChangePassword => panel_user::change_password(self, &mut request).await,
            Route::PanelUserSessionCreate => panel_user::session_create(self, &mut request).await,
            Route::PanelTrackerList => panel_tracker::list(self, &mut request),
            Route::PanelTrackerRead => panel_tracker::read(self, &mut request),
            Route::PanelTrackerSourceUpdate => panel_tracker::source_update(self, &mut request).await,
            Route::PanelTrackerSettingsUpdate => panel_tracker::settings_update(self, &mut request).await,
            Route::PanelTrackerCorrupt => panel_tracker::corrupt(self, &mut request).await,
        }
    }
}

impl Handler for Api {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(async move {
            if call.method == Method::OPTIONS {
                return answer::preflight();
            }
            answer::answer(self.serve(&call).await)
        })
    }
}
