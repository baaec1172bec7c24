//! Who sees which tracker, and who may do what: masters everything of theirs, sub-users what their master bound to
//! them and gave them the right to.

use std::sync::Arc;

use model::{SessionId, SourceId, TrackerId, UserId};
use storage::catalog::SessionOwner;

use crate::event::FleetEvent;
use crate::memory::Memory;
use crate::rights::Rights;
use crate::sessions::Session;
use crate::values::{Access, Tracker, User};

impl Memory {
    /// A tracker of the session's, hidden and removed ones too. Operations on trackers find them here and nowhere else,
    /// so that nobody reaches what is not bound to them.
    pub(crate) fn tracker_of(&self, session: &Session, id: TrackerId) -> Option<&Arc<Tracker>> {
        let tracker = self.trackers.get(&id).filter(|t| t.user == session.owner)?;
        (!session.is_subuser() || self.is_bound(session.user, id)).then_some(tracker)
    }

    /// What a session may see of a tracker.
    pub(crate) fn access(&self, session: &Session, id: TrackerId) -> Access {
        match self.trackers.get(&id).filter(|t| t.user == session.owner && t.is_visible()) {
            None => Access::Unknown,
            Some(_) if session.is_subuser() && !self.is_bound(session.user, id) => Access::Disallowed,
            Some(t) if t.source.blocked => Access::Blocked(t.source.source),
            Some(t) => Access::Normal(t.source.source),
        }
    }

    /// The trackers that a session sees, in the order of ids.
    pub(crate) fn trackers_seen(&self, session: &Session) -> impl Iterator<Item = &Arc<Tracker>> {
        let owner = session.owner;
        let of_master = (!session.is_subuser()).then(|| self.trackers_of(owner)).into_iter().flatten();
        let bound = session.is_subuser().then(|| self.bound_to(session.user)).into_iter().flatten();
        of_master.chain(bound).filter(move |t| t.user == owner && t.is_visible())
    }

    /// The trackers that are bound to a sub-user, in the order of ids, hidden and removed ones too.
    pub(crate) fn bound_to(&self, subuser: UserId) -> impl Iterator<Item = &Arc<Tracker>> {
        let bound = self.users.get(&subuser).into_iter().flat_map(|entry| &entry.bound);
        bound.filter_map(|id| self.trackers.get(id))
    }

    pub(crate) fn is_bound(&self, subuser: UserId, tracker: TrackerId) -> bool {
        self.users.get(&subuser).is_some_and(|entry| entry.bound.contains(&tracker))
    }

    /// What a user may do: a sub-user what its security group says, and nothing without one.
    pub(crate) fn rights_of(&self, user: &User) -> Rights {
        match (user.master, user.security_group) {
            (None, _) => Rights::ALL,
            (Some(_), None) => Rights::NONE,
            (Some(master), Some(group)) => {
                self.security_group_of(master, group).map_or(Rights::NONE, |group| group.rights)
            }
        }
    }

    /// Whether a user is there and active, and so is the master of a sub-user.
    pub(crate) fn may_log_in(&self, user: &User) -> bool {
        let is_active = |user: &User| user.activated && !user.removed;
        is_active(user) && user.master.is_none_or(|master| self.user(master).is_some_and(|master| is_active(master)))
    }

    /// A user's sub-users that are not removed, in the order of ids.
    pub(crate) fn subusers_of(&self, master: UserId) -> impl Iterator<Item = &Arc<User>> {
        let ids = self.users.get(&master).map_or(&[][..], |entry| &entry.subusers);
        ids.iter().filter_map(|id| self.user(*id)).filter(|user| !user.removed)
    }

    /// The sessions of a user and of its sub-users that have not ended, API keys aside.
    pub(crate) fn passing_of_family(&self, user: UserId) -> Vec<SessionId> {
        let family = std::iter::once(user).chain(self.subusers_of(user).map(|subuser| subuser.id));
        family.flat_map(|id| self.sessions.passing_of(SessionOwner::User(id))).collect()
    }

    /// What is told of a tracker that its owner, and with it those sub-users whom it is bound to, sees from now on.
    pub(crate) fn tracker_added(&self, tracker: TrackerId, source: SourceId, owner: UserId) -> Vec<FleetEvent> {
        let subusers = self.subusers_of(owner).map(|subuser| subuser.id).filter(|id| self.is_bound(*id, tracker));
        let viewers = std::iter::once(owner).chain(subusers);
        viewers.map(|user| FleetEvent::TrackerAdded { tracker, source, user }).collect()
    }
}
