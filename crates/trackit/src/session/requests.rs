//! What a client asks for.

use fleet::{Access, Session};
use model::{SourceId, Timestamp, TrackerId, UserId};
use web::{CloseReason, Frames, Message};

use super::held::{Asked, Pushed};
use super::viewer::Viewer;
use super::{Heard, Step, TrackitSession, actions};
use crate::encode;
use crate::errors::{NotSent, Refusal};
use crate::wire::{Auth, Command, GETIO, Text, close};

/// Why a mobile may not be spoken to.
#[derive(Clone, Copy)]
enum Barred {
    Unknown,
    Blocked,
    Clone,
}

impl From<Barred> for Refusal {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Unknown => Self::UnknownMobile,
            Barred::Blocked => Self::Blocked,
            Barred::Clone => Self::NotYours,
        }
    }
}

impl From<Barred> for NotSent {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Unknown => Self::UnknownMobile,
            Barred::Blocked => Self::Blocked,
            Barred::Clone => Self::NotYours,
        }
    }
}

impl TrackitSession {
    pub(super) fn obey(&mut self, now: Timestamp, message: Message<'_>, out: &mut Frames<'_>) {
        match self.conversation.hear(now, message) {
            Step::Refuse(refusal) => Self::say(out, |text| encode::error(&refusal, text)),
            Step::RefuseAndClose(refusal, reason) => {
                Self::say(out, |text| encode::error(&refusal, text));
                self.closing = Some(reason);
            }
            Step::Authorize(auth) => self.authorize(now, auth, out),
            Step::Command(command) => self.command(now, command, out),
            Step::Text(text) => self.text(now, text, out),
        }
    }

    fn authorize(&mut self, now: Timestamp, auth: Option<Auth>, out: &mut Frames<'_>) {
        let session = self.judge(now, auth.as_ref());
        self.leave();
        let is_in = session.is_some_and(|session| self.enter(now, session));
        // It may have ended before its end could be heard.
        let is_right = is_in && self.session_of(now, auth.as_ref()).is_some();
        if !is_right {
            self.leave();
        }
        self.closing = self.conversation.judged(is_right);
        Self::say(out, |text| encode::auth(is_right, text));
    }

    /// Whose session it is, if it is anybody's. Refused attempts count, and while there are too many nobody is heard.
    fn judge(&self, now: Timestamp, auth: Option<&Auth>) -> Option<Session> {
        let refused = &self.shared.refused;
        let login = auth.and_then(user_of).and_then(|user| self.shared.fleet.user(user)).map(|user| user.login.clone());
        refused.check(self.peer, login.as_deref(), now).ok()?;
        let session = self.session_of(now, auth);
        if session.is_none() {
            refused.note(self.peer, login.as_deref(), now);
        }
        session
    }

    fn session_of(&self, now: Timestamp, auth: Option<&Auth>) -> Option<Session> {
        let auth = auth?;
        self.shared.fleet.authorize_sessid(user_of(auth)?, auth.sessid.expose(), now).ok()
    }

    /// Follows what the session sees; false when it has ended meanwhile.
    fn enter(&mut self, now: Timestamp, session: Session) -> bool {
        // Before anything is followed: whatever is pushed from here on comes through the outbox, or is not due.
        let number = self.shared.engine.push_number();
        let absence = self.shared.absences().come_back(session.id, now);
        let since = absence.as_ref().map(|absence| absence.up_to);
        let Some((viewer, mut missed)) = Viewer::new(&self.shared, &self.connection, session, since, now) else {
            return false;
        };
        self.heard = Heard::from(number, since);
        let pushed = |(tracker, missed): (TrackerId, engine::Missed)| Pushed {
            tracker,
            number: missed.number,
            push: missed.push,
        };
        if let Some(absence) = absence {
            missed.retain(|(_, missed)| !absence.besides.contains(&missed.number));
        }
        self.first = missed.into_iter().rev().map(pushed).collect();
        self.viewer = Some(viewer);
        self.renew(now);
        true
    }

    /// The source of a mobile that the client may send something to.
    fn addressee(&self, uid: i64) -> Result<(TrackerId, SourceId), Barred> {
        let viewer = self.viewer.as_ref().ok_or(Barred::Unknown)?;
        let tracker = u32::try_from(uid).map(TrackerId).map_err(|_| Barred::Unknown)?;
        let source = match self.shared.fleet.access(&viewer.session, tracker) {
            Access::Normal(source) => source,
            Access::Blocked(_) => return Err(Barred::Blocked),
            Access::Unknown | Access::Disallowed => return Err(Barred::Unknown),
        };
        let is_clone = self.shared.fleet.tracker(&viewer.session, tracker).is_none_or(|tracker| tracker.clone);
        if is_clone { Err(Barred::Clone) } else { Ok((tracker, source)) }
    }

    fn command(&mut self, now: Timestamp, command: Command, out: &mut Frames<'_>) {
        let user = self.viewer.as_ref().map(|viewer| viewer.session.user);
        match (user, self.may_be_sent(&command)) {
            (Some(user), Ok(addressee)) => {
                self.held.begin(addressee.0, Asked::Command);
                actions::order(&self.shared, &self.mailbox, user, addressee, command, now);
            }
            (_, outcome) => {
                let why = outcome.err().unwrap_or(NotSent::UnknownMobile);
                Self::say(out, |text| encode::command_status(command.uid, &command.id, Err(why), text));
            }
        }
    }

    fn may_be_sent(&self, command: &Command) -> Result<(TrackerId, SourceId), NotSent> {
        let addressee = self.addressee(command.uid)?;
        let is_free = |viewer: &Viewer| self.shared.fleet.may_order_freely(&viewer.session);
        if command.cmd == GETIO || self.viewer.as_ref().is_some_and(is_free) {
            Ok(addressee)
        } else {
            Err(NotSent::NotPermitted)
        }
    }

    fn text(&mut self, now: Timestamp, sent: Text, out: &mut Frames<'_>) {
        let user = self.viewer.as_ref().map(|viewer| viewer.session.user);
        let addressee = match user.filter(|user| i64::from(user.0) == sent.user_id) {
            Some(user) => self.addressee(sent.uid).map(|addressee| (user, addressee)).map_err(Refusal::from),
            None => Err(Refusal::OtherUser),
        };
        match addressee {
            Ok((user, addressee)) => {
                self.held.begin(addressee.0, Asked::Text);
                actions::send(&self.shared, &self.mailbox, user, addressee, sent, now);
            }
            Err(refusal) => Self::say(out, |text| encode::error(&refusal, text)),
        }
    }

    /// The session is over, and nobody is at the other end any more.
    pub(super) fn log_out(&mut self, out: &mut Frames<'_>) -> CloseReason {
        self.leave();
        Self::say(out, encode::logout);
        close::LOGGED_OUT
    }
}

/// The user that a client says it is, if there can be one of that number.
fn user_of(auth: &Auth) -> Option<UserId> {
    u32::try_from(auth.user_id).ok().map(UserId)
}
