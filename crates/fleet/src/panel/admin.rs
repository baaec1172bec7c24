//! The administrator's account.

use std::sync::Arc;

use model::Timestamp;
use storage::catalog::SessionOwner;

use crate::change::Change;
use crate::error::AdminError;
use crate::event::EndCause;
use crate::fleet::Fleet;
use crate::password;
use crate::sessions::end_sessions;
use crate::values::{Account, AccountId, Secret};

/// The administrator's login.
pub const ADMIN_LOGIN: &str = "admin";
const ADMIN_ID: AccountId = AccountId(1);

/// What became of the administrator at the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AdminSetup {
    /// There was one before; its password stays what it was.
    Existed,
    /// Created with the password that was given.
    Created,
    /// Created with this random password, which is not kept anywhere: to be shown once.
    CreatedWithRandom(Secret),
}

impl Fleet {
    /// Creates the administrator if there is none yet, with the password given, or a random one.
    pub async fn ensure_admin(&self, password: Option<&str>, now: Timestamp) -> Result<AdminSetup, AdminError> {
        if self.shared.memory().accounts.contains_key(&ADMIN_ID) {
            return Ok(AdminSetup::Existed);
        }
        match password {
            Some(password) => {
                self.set_admin_password(password, now).await?;
                Ok(AdminSetup::Created)
            }
            None => {
                let random = password::generate()?;
                self.set_admin_password(random.expose(), now).await?;
                Ok(AdminSetup::CreatedWithRandom(random))
            }
        }
    }

    /// Gives the administrator a password, and ends its sessions. Creates it if there is none yet.
    pub async fn set_admin_password(&self, password: &str, now: Timestamp) -> Result<(), AdminError> {
        self.options.password_policy.check_admin(password).map_err(AdminError::Password)?;
        let password_hash = self.hashers.hash(password).await.map_err(|_| AdminError::Busy)??;
        self.write(move |desk| {
            let (account, sessions) = {
                let memory = desk.memory();
                let account = match memory.accounts.get(&ADMIN_ID) {
                    Some(account) => Account { password_hash, ..Account::clone(account) },
                    None => Account { id: ADMIN_ID, login: ADMIN_LOGIN.into(), password_hash, created: now },
                };
                let sessions: Vec<_> = memory.sessions.passing_of(SessionOwner::Account(ADMIN_ID.0)).collect();
                (account, sessions)
            };
            let change = Change::Account(Arc::new(account));
            Ok(end_sessions(desk, vec![change], &sessions, EndCause::PasswordChanged, &[], now)?)
        })
        .await
    }
}
