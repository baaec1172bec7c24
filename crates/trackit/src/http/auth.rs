//! `websocketAuth`: binds a SESSID to the caller, so that a socket may say `auth` with it.

use fleet::SessidError;
use model::Timestamp;
use web::{Answer, BodyError, Call};

use super::answer::{self, Refusal};
use super::{Api, Caller, form};
use crate::encode::json;
use crate::wire::Sessid;

/// Bytes of the largest body that is looked at.
const BODY_BYTES_MAX: usize = 64 * 1024;

impl Api {
    pub(super) async fn websocket_auth(&self, call: &Call, caller: &Caller, now: Timestamp) -> Result<Answer, Refusal> {
        let sessid = sessid(call)?;
        let fleet = &self.shared.fleet;
        let user = caller.session.user;
        let is_bound = |sessid: &Sessid| fleet.authorize_sessid(user, sessid.expose(), now).is_ok();
        let was_bound = sessid.as_ref().is_some_and(is_bound);
        let bound = fleet.bind_sessid(&caller.session, sessid.as_ref().map(Sessid::expose), now).await;
        let bound = bound.map_err(|error| {
            // Whoever tries the SESSIDs of others is soon heard no longer.
            if matches!(error, SessidError::Taken) {
                self.shared.refused.note(call.peer, Some(&caller.login), now);
            }
            Refusal::from(error)
        })?;
        if !was_bound {
            self.shared.is_new(bound.session, now);
        }
        Ok(answer::data(|out| {
            json::object(out, |o| {
                o.int("user_id", user.0).string("SESSID", bound.sessid.expose());
            });
        }))
    }
}

/// The SESSID that the client made up, if it did.
fn sessid(call: &Call) -> Result<Option<Sessid>, Refusal> {
    let body = match &call.body {
        Ok(body) if body.len() <= BODY_BYTES_MAX => body,
        Ok(_) | Err(BodyError::TooLarge) => return Err(Refusal::TooLarge),
        Err(BodyError::Incomplete) => return Err(Refusal::Bad("the body is incomplete")),
    };
    let field = form::field("SESSID", &call.headers, body).map_err(|_| Refusal::Bad("the body is not a form"))?;
    match field {
        None => Ok(None),
        Some(text) => Sessid::new(&text).map(Some).ok_or(Refusal::SessidForm),
    }
}
