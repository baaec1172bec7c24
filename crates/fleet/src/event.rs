//! What listeners hear of.

use model::{SessionId, SourceId, TrackerId, UserId};

use crate::values::SourceInfo;

/// Something that has changed: in the catalog and in memory, when a listener hears of it.
#[derive(Clone, PartialEq, Debug)]
pub enum FleetEvent {
    /// A source was registered.
    SourceAdded(SourceInfo),
    /// The settings, sensors or device of a source have changed.
    SourceChanged(SourceInfo),
    /// The states of a source are withheld from now on, or no longer.
    SourceBlocked {
        /// Which.
        source: SourceId,
        /// Whether they are withheld.
        blocked: bool,
    },
    /// A source was removed for good. Told before the removal of the trackers that showed it.
    SourceRemoved(SourceId),
    /// A source was given to another user, with the tracker that showed it. Told before that tracker's removal.
    SourceGiven(SourceId),
    /// A user sees a tracker more: registered, shown again, or bound to it. Told for each user that does: the master,
    /// and the sub-users that it is bound to.
    TrackerAdded {
        /// Which.
        tracker: TrackerId,
        /// What it shows.
        source: SourceId,
        /// Who sees it now: its owner, or one of the owner's sub-users.
        user: UserId,
    },
    /// Nobody sees a tracker any longer: it was removed, or hidden. Told once.
    TrackerRemoved {
        /// Which.
        tracker: TrackerId,
        /// What it showed.
        source: SourceId,
        /// Whose it was.
        user: UserId,
    },
    /// A sub-user no longer sees a tracker, which goes on for everybody else.
    AccessLost {
        /// Which.
        tracker: TrackerId,
        /// What it shows.
        source: SourceId,
        /// The sub-user.
        user: UserId,
    },
    /// A session has ended, or its API key does not open the door now.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// Why.
        cause: EndCause,
    },
    /// What the office of a master user has for its drivers is another: texts to choose from, or forms.
    OfficeChanged {
        /// Whose.
        user: UserId,
    },
    /// A user's times are shown in another zone.
    ZoneChanged {
        /// Whose.
        user: UserId,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndCause {
    /// Its holder logged out.
    Logout,
    /// Its time was over.
    Expired,
    /// The password was changed.
    PasswordChanged,
    /// The password was forgotten, and a new one chosen with a token from a mail.
    PasswordRestored,
    /// It was an API key, and was deleted.
    KeyDeleted,
    /// The user was deactivated.
    UserDeactivated,
    /// The user was removed.
    UserRemoved,
    /// It was a driver's phone, and was removed.
    Unpaired,
    /// It was a driver's phone, and its tracker was removed or given to another user.
    TrackerRemoved,
}
