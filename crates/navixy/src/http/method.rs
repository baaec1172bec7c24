//! What is known of a method before it is called: its path, who may call it, and what the document says of it.
//!
//! Each resource lists its methods in a table of its own, [`super::route::TABLES`] lists the tables. The document that
//! is served to integrators is made of these rows.

use std::future::Future;
use std::pin::Pin;

use calls::Request;
use fleet::{PanelSession, PasswordToken, Right, Session};

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::Refusal;

pub(super) use calls::{Kind, Param, optional, required};

/// What a method comes to: the body of the answer.
pub(super) type Outcome<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, Refusal>> + Send + 'a>>;

type Open = for<'a> fn(&'a Api, &'a mut Request<'_>) -> Outcome<'a>;
type ForUsers = for<'a> fn(&'a Api, Session, &'a mut Request<'_>) -> Outcome<'a>;
type ForTokens = for<'a> fn(&'a Api, PasswordToken, &'a mut Request<'_>) -> Outcome<'a>;
type ForPanel = for<'a> fn(&'a Api, PanelSession, &'a mut Request<'_>) -> Outcome<'a>;

/// Who may call a method, and what is called then. The session is looked up before the parameters are read.
#[derive(Clone, Copy)]
pub(super) enum Door {
    /// Anybody.
    Open(Open),
    /// A user, by session or API key.
    User(ForUsers),
    /// A user, by session only.
    Standard(ForUsers),
    /// Who holds a token for a new password.
    Token(ForTokens),
    /// An administrator.
    Panel(ForPanel),
}

/// A method.
pub(super) struct Method {
    /// Its path below each base, without a slash at either end.
    pub(super) path: &'static str,
    /// One sentence.
    pub(super) about: &'static str,
    pub(super) door: Door,
    /// The right that a sub-user needs.
    pub(super) right: Option<Right>,
    /// Another right that does as well.
    pub(super) or_right: Option<Right>,
    pub(super) params: &'static [Param],
    /// Members of a successful answer besides `success`.
    pub(super) answer: &'static [Param],
    /// What it may answer besides what every method may.
    pub(super) errors: &'static [Condition],
    /// False if it is there only so that clients start, and does nothing.
    pub(super) offered: bool,
}

/// The parameter that most methods have.
pub(super) const TRACKER_ID: Param = required("tracker_id", Kind::Int, "a tracker that the session sees");

impl Method {
    const fn new(path: &'static str, about: &'static str, door: Door) -> Self {
        Self { path, about, door, right: None, or_right: None, params: &[], answer: &[], errors: &[], offered: true }
    }

    /// A method that asks for no session.
    pub(super) const fn open(path: &'static str, about: &'static str, call: Open) -> Self {
        Self::new(path, about, Door::Open(call))
    }

    /// A method for users.
    pub(super) const fn user(path: &'static str, about: &'static str, call: ForUsers) -> Self {
        Self::new(path, about, Door::User(call))
    }

    /// A method for users that an API key does not open.
    pub(super) const fn standard(path: &'static str, about: &'static str, call: ForUsers) -> Self {
        Self::new(path, about, Door::Standard(call))
    }

    /// A method for who holds a token for a new password.
    pub(super) const fn token(path: &'static str, about: &'static str, call: ForTokens) -> Self {
        Self::new(path, about, Door::Token(call))
    }

    /// A method for administrators.
    pub(super) const fn panel(path: &'static str, about: &'static str, call: ForPanel) -> Self {
        Self::new(path, about, Door::Panel(call))
    }

    /// A sub-user needs this right.
    pub(super) const fn right(mut self, right: Right) -> Self {
        self.right = Some(right);
        self
    }

    /// Another right does as well.
    pub(super) const fn or_right(mut self, right: Right) -> Self {
        self.or_right = Some(right);
        self
    }

    /// What it takes, besides the hash.
    pub(super) const fn takes(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// What it gives, besides `success`.
    pub(super) const fn gives(mut self, answer: &'static [Param]) -> Self {
        self.answer = answer;
        self
    }

    /// What it may answer besides what every method may.
    pub(super) const fn fails(mut self, errors: &'static [Condition]) -> Self {
        self.errors = errors;
        self
    }

    /// The rights any of which a sub-user needs.
    pub(super) fn rights(&self) -> impl Iterator<Item = Right> {
        self.right.into_iter().chain(self.or_right)
    }

    /// It is answered so that clients start, and no more.
    pub(super) const fn not_offered(mut self) -> Self {
        self.offered = false;
        self
    }

    /// Calls it, and in debug builds sees to it that it asks for nothing that its row does not name.
    pub(super) async fn call(&self, api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
        let result = self.enter(api, request).await;
        request.params.hold_to(self.path, self.params);
        result
    }

    /// First who it is, then what is wanted.
    async fn enter(&self, api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
        match self.door {
            Door::Open(call) => call(api, request).await,
            Door::User(call) | Door::Standard(call) => {
                let session = api.session(request)?;
                if matches!(self.door, Door::Standard(_)) && session.kind != fleet::SessionKind::Standard {
                    return Err(Condition::SessionEnded.into());
                }
                let mut rights = self.rights();
                if self.right.is_some() && !rights.any(|right| session.rights.has(right)) {
                    return Err(Condition::NotPermitted.into());
                }
                call(api, session, request).await
            }
            Door::Token(call) => call(api, api.password_token(request)?, request).await,
            Door::Panel(call) => call(api, api.panel_session(request)?, request).await,
        }
    }
}
