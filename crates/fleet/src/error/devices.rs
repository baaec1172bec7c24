//! What can go wrong with devices that nobody registered, and with what is set about devices.

use model::SettingRefused;
use storage::catalog::CatalogError;

use super::{Failure, OfficeError, RegisterError};

/// Why a device was not registered for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AdoptError {
    /// No such master user, or not the administrator's, or it may not log in.
    UnknownUser,
    /// Nobody adopts devices of this protocol.
    NotWanted,
    /// It cannot be registered.
    Register(RegisterError),
}

/// Why settings of a device were not shown or changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeviceSettingsError {
    /// The tracker is not there, or not to be changed.
    Kept(OfficeError),
    /// A setting is not allowed.
    Setting {
        /// Its key, as it was given.
        key: String,
        /// Why.
        refused: SettingRefused,
    },
}

impl From<RegisterError> for AdoptError {
    fn from(error: RegisterError) -> Self {
        Self::Register(error)
    }
}

impl From<CatalogError> for AdoptError {
    fn from(error: CatalogError) -> Self {
        Self::Register(error.into())
    }
}

impl From<OfficeError> for DeviceSettingsError {
    fn from(error: OfficeError) -> Self {
        Self::Kept(error)
    }
}

impl From<CatalogError> for DeviceSettingsError {
    fn from(error: CatalogError) -> Self {
        Self::Kept(OfficeError::Failed(Failure::Catalog(error)))
    }
}
