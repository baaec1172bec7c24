//! Security groups: rights that a master gives to several sub-users at a time.

use std::sync::Arc;

use model::UserId;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::{EntityKind, Stored};
use crate::error::{Field, Invalid, SubuserError};
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::rights::{Right, Rights};
use crate::sessions::Session;
use crate::subusers::{master_of, subuser};
use crate::values::User;

/// A security group of a master's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its id. Positive.
    pub id: u32,
    /// Whose it is.
    owner: u32,
    /// 1 to 60 printable characters.
    pub label: String,
    /// What its members may do.
    pub rights: Rights,
}

impl SecurityGroup {
    /// Whose it is.
    pub const fn owner(&self) -> UserId {
        UserId(self.owner)
    }
}

impl Stored for SecurityGroup {
    fn id(&self) -> u32 {
        self.id
    }
}

impl Memory {
    /// A security group of this master.
    pub(crate) fn security_group_of(&self, master: UserId, id: u32) -> Option<&Arc<SecurityGroup>> {
        self.entities.security_groups.get(id).filter(|group| group.owner() == master)
    }
}

impl Fleet {
    /// The security groups of the session's user, in the order of ids.
    pub fn security_groups(&self, session: &Session) -> Vec<Arc<SecurityGroup>> {
        let memory = self.shared.memory();
        let groups = memory.entities.security_groups.iter();
        groups.filter(|group| group.owner() == session.user).map(Arc::clone).collect()
    }

    /// Makes a security group; its id. [`Right::Admin`] cannot be given.
    pub async fn create_security_group(
        &self,
        session: &Session,
        label: String,
        rights: Rights,
    ) -> Result<u32, SubuserError> {
        check_label(&label)?;
        let (owner, entities_max) = (session.user, self.options.entities_max);
        self.write(move |desk| {
            let id = {
                let memory = desk.memory();
                master_of(&memory, owner)?;
                let groups = &memory.entities.security_groups;
                if groups.len() >= entities_max {
                    return Err(SubuserError::TooMany);
                }
                groups.next_id()
            };
            let group = SecurityGroup { id, owner: owner.0, label, rights: rights.without(Right::Admin) };
            desk.commit(vec![Change::Entity(group.into())], &[])?;
            Ok(id)
        })
        .await
    }

    /// Renames a security group and gives its members these rights, from their next call on.
    pub async fn update_security_group(
        &self,
        session: &Session,
        id: u32,
        label: String,
        rights: Rights,
    ) -> Result<(), SubuserError> {
        check_label(&label)?;
        let owner = session.user;
        self.write(move |desk| {
            {
                let memory = desk.memory();
                master_of(&memory, owner)?;
                memory.security_group_of(owner, id).ok_or(SubuserError::NotFound)?;
            }
            let group = SecurityGroup { id, owner: owner.0, label, rights: rights.without(Right::Admin) };
            Ok(desk.commit(vec![Change::Entity(group.into())], &[])?)
        })
        .await
    }

    /// Removes a security group; its members have no rights then.
    pub async fn delete_security_group(&self, session: &Session, id: u32) -> Result<(), SubuserError> {
        let owner = session.user;
        self.write(move |desk| {
            let mut changes: Vec<_> = {
                let memory = desk.memory();
                master_of(&memory, owner)?;
                memory.security_group_of(owner, id).ok_or(SubuserError::NotFound)?;
                let members = memory.subusers_of(owner).filter(|user| user.security_group == Some(id));
                members.map(|user| in_group(user, None)).collect()
            };
            changes.push(Change::EntityRemoved { kind: EntityKind::SecurityGroup, id });
            Ok(desk.commit(changes, &[])?)
        })
        .await
    }

    /// Puts sub-users into a security group, or with `None` into none: all of them, or none if one is not there.
    pub async fn assign_security_group(
        &self,
        session: &Session,
        id: Option<u32>,
        subusers: Vec<UserId>,
    ) -> Result<(), SubuserError> {
        let owner = session.user;
        self.write(move |desk| {
            let changes = {
                let memory = desk.memory();
                master_of(&memory, owner)?;
                if id.is_some_and(|id| memory.security_group_of(owner, id).is_none()) {
                    return Err(SubuserError::NotFound);
                }
                let moved = |user: &UserId| Ok(in_group(subuser(&memory, owner, *user)?, id));
                subusers.iter().map(moved).collect::<Result<Vec<_>, SubuserError>>()?
            };
            Ok(desk.commit(changes, &[])?)
        })
        .await
    }
}

fn in_group(user: &User, security_group: Option<u32>) -> Change {
    Change::User(Arc::new(User { security_group, ..user.clone() }))
}

fn check_label(label: &str) -> Result<(), Invalid> {
    check::title(label).map_err(|Invalid { problem, .. }| Invalid { field: Field::Label, problem })
}
