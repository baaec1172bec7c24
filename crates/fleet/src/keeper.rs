//! Who keeps a user's vehicles, drivers, texts, forms and phones: the user itself, or an administrator for it.

use std::sync::Arc;

use model::{TrackerId, UserId};

use crate::error::OfficeError;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::{PanelSession, Session};
use crate::values::{AccountId, Tracker, User};

/// Who asks for something that the office keeps.
#[derive(Clone, Copy, Debug)]
pub enum Keeper<'a> {
    /// An administrator, on behalf of any master user of its account.
    Panel(&'a PanelSession),
    /// A master user, for itself. A sub-user is refused.
    Master(&'a Session),
}

/// Whose things somebody may keep.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    Account(AccountId),
    Master(UserId),
}

impl Keeper<'_> {
    pub(crate) fn scope(self) -> Result<Scope, OfficeError> {
        match self {
            Self::Panel(session) => Ok(Scope::Account(session.account)),
            Self::Master(session) if session.is_subuser() => Err(OfficeError::NotPermitted),
            Self::Master(session) => Ok(Scope::Master(session.user)),
        }
    }
}

impl Scope {
    /// The master user whose things are meant, if they are within the scope.
    pub(crate) fn master(self, memory: &Memory, user: UserId) -> Result<&Arc<User>, OfficeError> {
        self.check(memory)?;
        let user = memory.user(user).filter(|user| user.master.is_none() && !user.removed);
        let is_meant = |user: &&Arc<User>| match self {
            Self::Account(account) => user.account == account,
            Self::Master(own) => user.id == own,
        };
        user.filter(is_meant).ok_or(OfficeError::NotFound)
    }

    /// A tracker within the scope that is not removed. Hidden ones are there for administrators only.
    pub(crate) fn tracker(self, memory: &Memory, id: TrackerId) -> Result<&Arc<Tracker>, OfficeError> {
        self.check(memory)?;
        let is_there = |tracker: &&Arc<Tracker>| match self {
            Self::Account(_) => !tracker.corrupted,
            Self::Master(_) => tracker.is_visible(),
        };
        let tracker = memory.trackers.get(&id).filter(is_there).ok_or(OfficeError::NotFound)?;
        self.master(memory, tracker.user).map(|_| tracker)
    }

    /// An original within the scope, which alone has drivers and phones.
    pub(crate) fn original(self, memory: &Memory, id: TrackerId) -> Result<&Arc<Tracker>, OfficeError> {
        let tracker = self.tracker(memory, id)?;
        if tracker.clone { Err(OfficeError::Clone) } else { Ok(tracker) }
    }

    /// An original within the scope that may be changed: one that is blocked, by administrators only.
    pub(crate) fn kept(self, memory: &Memory, id: TrackerId) -> Result<&Arc<Tracker>, OfficeError> {
        let tracker = self.original(memory, id)?;
        match tracker.source.blocked && matches!(self, Self::Master(_)) {
            true => Err(OfficeError::Blocked),
            false => Ok(tracker),
        }
    }

    /// A master may have been deactivated since its session was authorized.
    fn check(self, memory: &Memory) -> Result<(), OfficeError> {
        match self {
            Self::Account(_) => Ok(()),
            Self::Master(own) => {
                let may = memory.user(own).is_some_and(|own| memory.may_log_in(own));
                may.then_some(()).ok_or(OfficeError::NotPermitted)
            }
        }
    }
}

impl Fleet {
    /// A tracker whose driver's things somebody may keep: an original that is not removed.
    ///
    /// # Errors
    /// [`OfficeError::NotPermitted`], [`OfficeError::NotFound`], [`OfficeError::Clone`], or for a user of its own
    /// [`OfficeError::Blocked`].
    pub fn kept_tracker(&self, keeper: Keeper<'_>, tracker: TrackerId) -> Result<Arc<Tracker>, OfficeError> {
        let scope = keeper.scope()?;
        let memory = self.shared.memory();
        scope.kept(&memory, tracker).map(Arc::clone)
    }
}
