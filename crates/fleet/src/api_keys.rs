//! API keys: sessions for programs, which last until they are deleted.

use model::{SessionId, Timestamp};
use storage::catalog::{SessionOwner, SessionPurpose, SessionRow};

use crate::change::Change;
use crate::check;
use crate::digest::{SessionHash, random};
use crate::error::ApiKeyError;
use crate::event::{EndCause, FleetEvent};
use crate::fleet::Fleet;
use crate::sessions::Session;

/// An API key of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// The session that its holders have.
    pub id: SessionId,
    /// What they prove it with.
    pub hash: SessionHash,
    /// What its owner calls it.
    pub title: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Fleet {
    /// Makes an API key for the session's account: it may do what the master user may. `title` has 1 to 255
    /// characters.
    pub async fn create_api_key(
        &self,
        session: &Session,
        title: String,
        now: Timestamp,
    ) -> Result<ApiKey, ApiKeyError> {
        check::key_title(&title)?;
        let seed = random::<16>()?;
        let hash = self.key.hash_of_seed(&seed);
        let digest = self.key.digest(hash.as_str());
        let (owner, keys_max) = (SessionOwner::User(session.owner), self.options.api_keys_per_account_max);
        let user = session.owner;
        let kept = title.clone();
        let id = self
            .write(move |desk| {
                let row = {
                    let memory = desk.memory();
                    let may = memory.user(user).is_some_and(|u| u.activated && !u.removed);
                    may.then_some(()).ok_or(ApiKeyError::SessionEnded)?;
                    if memory.sessions.keys_of(user).count() >= keys_max {
                        return Err(ApiKeyError::TooMany);
                    }
                    SessionRow {
                        id: memory.sessions.next_id(),
                        digest,
                        owner,
                        purpose: SessionPurpose::ApiKey { title: kept, seed },
                        created: now,
                        expires: Timestamp::MAX,
                        ended: None,
                    }
                };
                let id = row.id;
                desk.commit(vec![Change::Session(row)], &[])?;
                Ok(id)
            })
            .await?;
        Ok(ApiKey { id, hash, title, created: now })
    }

    /// The API keys of the session's account, the oldest first.
    pub fn api_keys(&self, session: &Session) -> Vec<ApiKey> {
        let memory = self.shared.memory();
        let keys = memory.sessions.keys_of(session.owner);
        keys.map(|(id, key)| ApiKey {
            id,
            hash: self.key.hash_of_seed(&key.seed),
            title: key.title.clone(),
            created: key.created,
        })
        .collect()
    }

    /// Deletes an API key of the session's account, named by its hash. It is as if it had never been.
    pub async fn delete_api_key(&self, session: &Session, hash: &str) -> Result<(), ApiKeyError> {
        let (user, digest) = (session.owner, self.key.digest(hash));
        self.write(move |desk| {
            let found = {
                let memory = desk.memory();
                let entry = memory.sessions.find(&digest).map(|entry| entry.id);
                entry.filter(|id| memory.sessions.keys_of(user).any(|(key, _)| key == *id))
            };
            let session = found.ok_or(ApiKeyError::NotFound)?;
            let told = FleetEvent::SessionEnded { session, cause: EndCause::KeyDeleted };
            Ok(desk.commit(vec![Change::SessionForgotten(session)], &[told])?)
        })
        .await
    }
}
