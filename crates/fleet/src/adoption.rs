//! Devices that were not registered by their owner: an administrator does it, or they are adopted when they knock.

use std::sync::Arc;

use model::{DeviceId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::{EntityKind, Stored};
use crate::error::{AdoptError, RegisterError, UserError};
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::models::{self, Model, model_of_protocol};
use crate::sessions::PanelSession;
use crate::trackers::{NewSource, add_tracker};
use crate::values::{Tracker, User};

/// Under which number the one adoption of a server is stored.
const THE_ONE: u32 = 1;

/// Who adopts devices that are not registered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Adoption {
    user: u32,
    /// Only devices that speak one of these protocols, by the families' names; empty: any.
    pub protocols: Vec<String>,
}

impl Adoption {
    /// By this user, of devices of these protocols; of any if none are named.
    pub fn new(user: UserId, protocols: Vec<String>) -> Self {
        Self { user: user.0, protocols }
    }

    /// Whose trackers they become.
    pub fn user(&self) -> UserId {
        UserId(self.user)
    }

    /// Whether devices that speak this protocol are adopted.
    pub fn takes(&self, protocol: &str) -> bool {
        self.protocols.is_empty() || self.protocols.iter().any(|wanted| wanted == protocol)
    }
}

impl Stored for Adoption {
    fn id(&self) -> u32 {
        THE_ONE
    }
}

impl Memory {
    pub(crate) fn adoption(&self) -> Option<&Arc<Adoption>> {
        self.entities.adoptions.get(THE_ONE)
    }

    /// A master user that may have trackers.
    fn owner(&self, user: UserId) -> Result<&Arc<User>, AdoptError> {
        let is_owner = |user: &&Arc<User>| user.master.is_none() && self.may_log_in(user);
        self.user(user).filter(is_owner).ok_or(AdoptError::UnknownUser)
    }
}

impl Fleet {
    /// Who adopts devices that are not registered, if anybody does.
    pub fn adoption(&self) -> Option<Arc<Adoption>> {
        self.shared.memory().adoption().map(Arc::clone)
    }

    /// Who adopts devices that are not registered, if it is a user of the administrator's account.
    pub fn panel_adoption(&self, session: &PanelSession) -> Option<Arc<Adoption>> {
        let memory = self.shared.memory();
        let adoption = memory.adoption()?;
        let is_ours = memory.user(adoption.user()).is_some_and(|user| user.account == session.account);
        is_ours.then(|| Arc::clone(adoption))
    }

    /// Says who adopts devices that are not registered: one master user for the whole server, or nobody.
    ///
    /// # Errors
    /// [`UserError::NotFound`] when the user is not the administrator's, is a sub-user or is removed.
    pub async fn set_adoption(&self, session: &PanelSession, adoption: Option<Adoption>) -> Result<(), UserError> {
        let account = session.account;
        self.write(move |desk| {
            let change = {
                let memory = desk.memory();
                match adoption {
                    Some(adoption) => {
                        let user = memory.user(adoption.user()).filter(|u| u.account == account);
                        let fits = user.is_some_and(|user| user.master.is_none() && !user.removed);
                        fits.then_some(()).ok_or(UserError::NotFound)?;
                        Change::Entity(adoption.into())
                    }
                    None if memory.adoption().is_none() => return Ok(()),
                    None => Change::EntityRemoved { kind: EntityKind::Adoption, id: THE_ONE },
                }
            };
            Ok(desk.commit(vec![change], &[])?)
        })
        .await
    }

    /// Registers a device that knocked, for who adopts, under its own id as its name. If it knocks several times at
    /// once, the first makes the tracker and the others find it.
    ///
    /// # Errors
    /// See [`AdoptError`]; [`AdoptError::NotWanted`] when nobody adopts devices of this protocol.
    pub async fn adopt(&self, device: &DeviceId, protocol: &str, now: Timestamp) -> Result<(), AdoptError> {
        let model = model_of_protocol(protocol).ok_or(RegisterError::UnknownModel)?;
        let device = fitting(model, device.as_str())?;
        let (protocol, trackers_max) = (protocol.to_owned(), self.options.trackers_max);
        self.write(move |desk| {
            let owner = {
                let memory = desk.memory();
                if memory.device(device.as_str()).is_some() {
                    return Ok(());
                }
                let adoption = memory.adoption().filter(|adoption| adoption.takes(&protocol));
                memory.owner(adoption.ok_or(AdoptError::NotWanted)?.user())?.id
            };
            let label = label_of(&device);
            let new = NewSource { owner, viewer: owner, label, group: 0, model, device };
            add_tracker(desk, new, trackers_max, now).map(drop).map_err(AdoptError::from)
        })
        .await
    }

    /// Registers a device as a tracker of one of the administrator's users, under this name or its own id.
    ///
    /// # Errors
    /// See [`AdoptError`].
    pub async fn register_for(
        &self,
        session: &PanelSession,
        user: UserId,
        model: &str,
        device: &str,
        label: Option<String>,
        now: Timestamp,
    ) -> Result<Arc<Tracker>, AdoptError> {
        let model = models::model(model).filter(|model| !model.phone_app).ok_or(RegisterError::UnknownModel)?;
        let device = fitting(model, device)?;
        let label = label.unwrap_or_else(|| label_of(&device));
        check::label(&label).map_err(RegisterError::BadLabel)?;
        let (account, trackers_max) = (session.account, self.options.trackers_max);
        self.write(move |desk| {
            let owner = {
                let memory = desk.memory();
                let owner = memory.owner(user)?;
                (owner.account == account).then_some(owner.id).ok_or(AdoptError::UnknownUser)?
            };
            let new = NewSource { owner, viewer: owner, label, group: 0, model, device };
            Ok(add_tracker(desk, new, trackers_max, now)?)
        })
        .await
    }
}

/// The id of a device, if the model has such.
fn fitting(model: &Model, device: &str) -> Result<DeviceId, RegisterError> {
    let fitting = model.id_pattern.check(Some(device)).map_err(RegisterError::BadDeviceId)?;
    fitting.ok_or(RegisterError::UnknownModel)
}

/// A name that may be a tracker's: the id of its device, without what no name has.
fn label_of(device: &DeviceId) -> String {
    let plain: String =
        device.as_str().chars().filter(|c| !matches!(c, '<' | '>')).take(check::LABEL_CHARS_MAX).collect();
    match check::label(&plain) {
        Ok(()) => plain,
        Err(_) => "Device".to_owned(),
    }
}
