//! Who may send devices commands of its own wording: an administrator says so, and no right implies it.

use std::sync::Arc;

use model::UserId;

use crate::change::Change;
use crate::error::UserError;
use crate::fleet::Fleet;
use crate::sessions::{PanelSession, Session};
use crate::values::User;

impl Fleet {
    /// Whether the session may send devices commands of its own wording: its user was given that, and so was the
    /// master of a sub-user.
    pub fn may_order_freely(&self, session: &Session) -> bool {
        let memory = self.shared.memory();
        [session.user, session.owner].iter().all(|id| memory.user(*id).is_some_and(|user| user.device_commands))
    }

    /// Lets a user, which may be a sub-user, send devices commands of its own wording, or no longer.
    pub async fn set_device_commands(
        &self,
        session: &PanelSession,
        user: UserId,
        device_commands: bool,
    ) -> Result<(), UserError> {
        let account = session.account;
        self.write(move |desk| {
            let old = desk.memory().user(user).filter(|u| u.account == account && !u.removed).map(Arc::clone);
            let old = old.ok_or(UserError::NotFound)?;
            let user = User { device_commands, ..User::clone(&old) };
            Ok(desk.commit(vec![Change::User(Arc::new(user))], &[])?)
        })
        .await
    }
}
