//! `driverList`: the drivers that the caller sees.

use fleet::Session;
use web::Answer;

use super::{Api, answer};
use crate::encode::json::{self, Members as _};

impl Api {
    pub(super) fn driver_list(&self, session: &Session) -> Answer {
        let drivers = self.shared.fleet.drivers(session);
        answer::data(|out| {
            json::array(&drivers, out, |driver, out| {
                json::object(out, |o| {
                    o.int("id", driver.id).string("name", &driver.name);
                    o.string_or_null("card", Some(driver.card.as_str()).filter(|card| !card.is_empty()));
                    match driver.tracker() {
                        Some(tracker) => o.int("mid", tracker.0),
                        None => o.raw("mid", "null"),
                    };
                });
            });
        })
    }
}
