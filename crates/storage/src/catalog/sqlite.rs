//! The catalog in one SQLite file.

use std::path::Path;

use model::{SessionId, SourceId, Timestamp, TrackerId, UserId};
use rusqlite::{Connection, Row, Transaction, params};

use super::{
    AccountRow, Catalog, CatalogError, Contents, EntityRow, SessionOwner, SessionPurpose, SessionRow, SourceRow,
    TrackerRow, UserRow, Write,
};
use crate::sqlite;

/// The schema's history. The place of a migration is its version; one that was published is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_users_trackers_sessions.sql"),
    include_str!("migrations/0002_entities.sql"),
    include_str!("migrations/0003_clones.sql"),
    include_str!("migrations/0004_subusers.sql"),
    include_str!("migrations/0005_kinds_of_sessions.sql"),
    include_str!("migrations/0006_sessids_and_drivers.sql"),
    include_str!("migrations/0007_device_settings.sql"),
];

/// The words of [`SessionPurpose`].
const STANDARD: &str = "standard";
const API_KEY: &str = "api_key";
const PASSWORD_CHANGE: &str = "password_change";
const SESSID: &str = "sessid";
const DRIVER_PHONE: &str = "driver_phone";

/// A catalog in one SQLite file, written through a write-ahead log and synced with every commit.
pub struct SqliteCatalog {
    connection: Connection,
}

impl SqliteCatalog {
    /// Opens the file or makes it, readable by its owner only, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        let connection = sqlite::open(path, MIGRATIONS)?;
        Ok(Self { connection })
    }
}

impl Catalog for SqliteCatalog {
    fn load(&mut self) -> Result<Contents, CatalogError> {
        let snapshot = self.connection.transaction()?;
        Ok(Contents {
            accounts: all(&snapshot, "SELECT * FROM accounts ORDER BY id", account)?,
            users: all(&snapshot, "SELECT * FROM users ORDER BY id", user)?,
            sources: all(&snapshot, "SELECT * FROM sources ORDER BY id", source)?,
            trackers: all(&snapshot, "SELECT * FROM trackers ORDER BY id", tracker)?,
            bindings: all(&snapshot, "SELECT * FROM bindings ORDER BY user_id, tracker_id", binding)?,
            sessions: all(&snapshot, "SELECT * FROM sessions ORDER BY id", session)?,
            entities: all(&snapshot, "SELECT * FROM entities ORDER BY kind, id", entity)?,
            last_entities: all(&snapshot, "SELECT * FROM entity_ids ORDER BY kind", last_entity)?,
            last_session: last_session(&snapshot)?,
        })
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), CatalogError> {
        let transaction = self.connection.transaction()?;
        for write in writes {
            apply(&transaction, write)?;
        }
        Ok(transaction.commit()?)
    }
}

fn apply(transaction: &Transaction<'_>, write: &Write) -> Result<(), CatalogError> {
    match write {
        Write::Account(a) => put(
            transaction,
            "INSERT INTO accounts (id, login, password_hash, created_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET login = ?2, password_hash = ?3, created_ms = ?4",
            params![a.id, a.login, a.password_hash, a.created.ms()],
        ),
        Write::User(u) => put_user(transaction, u),
        Write::Source(s) => put(
            transaction,
            "INSERT INTO sources (id, device_id, model, blocked, connected, removed, settings, registered_ms,
             device_settings)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (id) DO UPDATE SET device_id = ?2, model = ?3, blocked = ?4, connected = ?5, removed = ?6,
             settings = ?7, registered_ms = ?8, device_settings = ?9",
            params![
                s.id.0,
                s.device,
                s.model,
                s.blocked,
                s.connected,
                s.removed,
                s.settings,
                s.registered.ms(),
                s.device_settings
            ],
        ),
        Write::Tracker(t) => put(
            transaction,
            "INSERT INTO trackers (id, user_id, source_id, label, group_id, hidden, removed, comment, created_ms,
             clone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (id) DO UPDATE SET user_id = ?2, source_id = ?3, label = ?4, group_id = ?5, hidden = ?6,
             removed = ?7, comment = ?8, created_ms = ?9, clone = ?10",
            params![
                t.id.0,
                t.user.0,
                t.source.0,
                t.label,
                t.group,
                t.hidden,
                t.removed,
                t.comment,
                t.created.ms(),
                t.clone
            ],
        ),
        Write::Bound { user, tracker } => put(
            transaction,
            "INSERT OR IGNORE INTO bindings (user_id, tracker_id) VALUES (?1, ?2)",
            params![user.0, tracker.0],
        ),
        Write::Unbound { user, tracker } => {
            put(transaction, "DELETE FROM bindings WHERE user_id = ?1 AND tracker_id = ?2", params![user.0, tracker.0])
        }
        Write::AllUnbound { user } => put(transaction, "DELETE FROM bindings WHERE user_id = ?1", params![user.0]),
        Write::Session(s) => put_session(transaction, s),
        Write::SessionRenewed { session, expires } => put(
            transaction,
            "UPDATE sessions SET expires_ms = ?2 WHERE id = ?1",
            params![number(*session)?, expires.ms()],
        ),
        Write::SessionEnded { session, at } => {
            put(transaction, "UPDATE sessions SET ended_ms = ?2 WHERE id = ?1", params![number(*session)?, at.ms()])
        }
        Write::SessionForgotten(session) => {
            put(transaction, "DELETE FROM sessions WHERE id = ?1", params![number(*session)?])
        }
        Write::Entity(e) => put_entity(transaction, e),
        Write::EntityRemoved { kind, id } => {
            put(transaction, "DELETE FROM entities WHERE kind = ?1 AND id = ?2", params![kind, id])
        }
    }
}

fn put(transaction: &Transaction<'_>, sql: &str, values: impl rusqlite::Params) -> Result<(), CatalogError> {
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn put_user(transaction: &Transaction<'_>, u: &UserRow) -> Result<(), CatalogError> {
    put(
        transaction,
        "INSERT INTO users (id, account_id, login, login_key, password_hash, earlier_passwords, activated, verified,
         removed, time_zone, locale, measurement_system, profile, comment, created_ms, master_id, security_group_id,
         settings, device_commands)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
         ON CONFLICT (id) DO UPDATE SET account_id = ?2, login = ?3, login_key = ?4, password_hash = ?5,
         earlier_passwords = ?6, activated = ?7, verified = ?8, removed = ?9, time_zone = ?10, locale = ?11,
         measurement_system = ?12, profile = ?13, comment = ?14, created_ms = ?15, master_id = ?16,
         security_group_id = ?17, settings = ?18, device_commands = ?19",
        params![
            u.id.0,
            u.account,
            u.login,
            u.login_key,
            u.password_hash,
            u.earlier_passwords,
            u.activated,
            u.verified,
            u.removed,
            u.time_zone,
            u.locale,
            u.measurement_system,
            u.profile,
            u.comment,
            u.created.ms(),
            u.master.map(|master| master.0),
            u.security_group,
            u.settings,
            u.device_commands
        ],
    )
}

fn put_session(transaction: &Transaction<'_>, s: &SessionRow) -> Result<(), CatalogError> {
    let (user, account) = match s.owner {
        SessionOwner::User(id) => (Some(id.0), None),
        SessionOwner::Account(id) => (None, Some(id)),
    };
    let (purpose, title, seed, tracker) = match &s.purpose {
        SessionPurpose::Standard => (STANDARD, None, None, None),
        SessionPurpose::ApiKey { title, seed } => (API_KEY, Some(title), Some(seed), None),
        SessionPurpose::PasswordChange => (PASSWORD_CHANGE, None, None, None),
        SessionPurpose::Sessid => (SESSID, None, None, None),
        SessionPurpose::DriverPhone { tracker, name } => (DRIVER_PHONE, Some(name), None, Some(tracker.0)),
    };
    put(
        transaction,
        "INSERT INTO sessions (id, digest, user_id, account_id, created_ms, expires_ms, ended_ms, purpose, title, seed,
         tracker_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (id) DO UPDATE SET digest = ?2, user_id = ?3, account_id = ?4, created_ms = ?5,
         expires_ms = ?6, ended_ms = ?7, purpose = ?8, title = ?9, seed = ?10, tracker_id = ?11",
        params![
            number(s.id)?,
            s.digest,
            user,
            account,
            s.created.ms(),
            s.expires.ms(),
            s.ended.map(Timestamp::ms),
            purpose,
            title,
            seed,
            tracker
        ],
    )
}

fn put_entity(transaction: &Transaction<'_>, e: &EntityRow) -> Result<(), CatalogError> {
    put(
        transaction,
        "INSERT INTO entities (kind, id, body) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET body = ?3",
        params![e.kind, e.id, e.body],
    )?;
    put(
        transaction,
        "INSERT INTO entity_ids (kind, last) VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE SET last = max(last, ?2)",
        params![e.kind, e.id],
    )
}

/// SQLite's integers are signed.
fn number(id: SessionId) -> Result<i64, CatalogError> {
    i64::try_from(id.0).map_err(|_| CatalogError::Damaged { column: "sessions.id" })
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    read: fn(&Row<'_>) -> Result<T, CatalogError>,
) -> Result<Vec<T>, CatalogError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut list = Vec::new();
    while let Some(row) = rows.next()? {
        list.push(read(row)?);
    }
    Ok(list)
}

fn last_session(connection: &Connection) -> Result<SessionId, CatalogError> {
    let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'sessions'";
    let last: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    u64::try_from(last).map(SessionId).map_err(|_| CatalogError::Damaged { column: "sqlite_sequence.seq" })
}

fn instant(ms: i64, column: &'static str) -> Result<Timestamp, CatalogError> {
    Timestamp::from_ms(ms).ok_or(CatalogError::Damaged { column })
}

fn account(row: &Row<'_>) -> Result<AccountRow, CatalogError> {
    Ok(AccountRow {
        id: row.get("id")?,
        login: row.get("login")?,
        password_hash: row.get("password_hash")?,
        created: instant(row.get("created_ms")?, "accounts.created_ms")?,
    })
}

fn user(row: &Row<'_>) -> Result<UserRow, CatalogError> {
    Ok(UserRow {
        id: UserId(row.get("id")?),
        account: row.get("account_id")?,
        master: row.get::<_, Option<u32>>("master_id")?.map(UserId),
        security_group: row.get("security_group_id")?,
        login: row.get("login")?,
        login_key: row.get("login_key")?,
        password_hash: row.get("password_hash")?,
        earlier_passwords: row.get("earlier_passwords")?,
        activated: row.get("activated")?,
        verified: row.get("verified")?,
        removed: row.get("removed")?,
        time_zone: row.get("time_zone")?,
        locale: row.get("locale")?,
        measurement_system: row.get("measurement_system")?,
        settings: row.get("settings")?,
        profile: row.get("profile")?,
        device_commands: row.get("device_commands")?,
        comment: row.get("comment")?,
        created: instant(row.get("created_ms")?, "users.created_ms")?,
    })
}

fn source(row: &Row<'_>) -> Result<SourceRow, CatalogError> {
    Ok(SourceRow {
        id: SourceId(row.get("id")?),
        device: row.get("device_id")?,
        model: row.get("model")?,
        blocked: row.get("blocked")?,
        connected: row.get("connected")?,
        removed: row.get("removed")?,
        settings: row.get("settings")?,
        device_settings: row.get("device_settings")?,
        registered: instant(row.get("registered_ms")?, "sources.registered_ms")?,
    })
}

fn tracker(row: &Row<'_>) -> Result<TrackerRow, CatalogError> {
    Ok(TrackerRow {
        id: TrackerId(row.get("id")?),
        user: UserId(row.get("user_id")?),
        source: SourceId(row.get("source_id")?),
        label: row.get("label")?,
        group: row.get("group_id")?,
        clone: row.get("clone")?,
        hidden: row.get("hidden")?,
        removed: row.get("removed")?,
        comment: row.get("comment")?,
        created: instant(row.get("created_ms")?, "trackers.created_ms")?,
    })
}

fn binding(row: &Row<'_>) -> Result<(UserId, TrackerId), CatalogError> {
    Ok((UserId(row.get("user_id")?), TrackerId(row.get("tracker_id")?)))
}

fn session(row: &Row<'_>) -> Result<SessionRow, CatalogError> {
    let id: i64 = row.get("id")?;
    let owner = match (row.get("user_id")?, row.get("account_id")?) {
        (Some(user), None) => SessionOwner::User(UserId(user)),
        (None, Some(account)) => SessionOwner::Account(account),
        _ => return Err(CatalogError::Damaged { column: "sessions.user_id" }),
    };
    let word: String = row.get("purpose")?;
    let purpose = match word.as_str() {
        STANDARD => SessionPurpose::Standard,
        API_KEY => SessionPurpose::ApiKey { title: row.get("title")?, seed: row.get("seed")? },
        PASSWORD_CHANGE => SessionPurpose::PasswordChange,
        SESSID => SessionPurpose::Sessid,
        DRIVER_PHONE => {
            SessionPurpose::DriverPhone { tracker: TrackerId(row.get("tracker_id")?), name: row.get("title")? }
        }
        _ => return Err(CatalogError::Damaged { column: "sessions.purpose" }),
    };
    let ended: Option<i64> = row.get("ended_ms")?;
    Ok(SessionRow {
        id: SessionId(u64::try_from(id).map_err(|_| CatalogError::Damaged { column: "sessions.id" })?),
        digest: row.get("digest")?,
        owner,
        purpose,
        created: instant(row.get("created_ms")?, "sessions.created_ms")?,
        expires: instant(row.get("expires_ms")?, "sessions.expires_ms")?,
        ended: ended.map(|ms| instant(ms, "sessions.ended_ms")).transpose()?,
    })
}

fn entity(row: &Row<'_>) -> Result<EntityRow, CatalogError> {
    Ok(EntityRow { kind: row.get("kind")?, id: row.get("id")?, body: row.get("body")? })
}

fn last_entity(row: &Row<'_>) -> Result<(String, u32), CatalogError> {
    Ok((row.get("kind")?, row.get("last")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_server_stored_is_read_with_defaults() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("catalog.db");
        let old = sqlite::open(&path, &MIGRATIONS[..5]).expect("opened");
        old.execute_batch(
            "INSERT INTO accounts VALUES (1, 'admin', 'h', 7);
             INSERT INTO users (id, account_id, login, login_key, password_hash, earlier_passwords, activated, verified,
                 removed, time_zone, locale, measurement_system, profile, comment, created_ms)
                 VALUES (2, 1, 'a@b.c', 'a@b.c', 'h', '[]', 1, 1, 0, 'UTC', 'en', 'metric', '{}', '', 7);
             INSERT INTO sources VALUES (4, 'unit-4', 'teltonika', 0, 1, 0, '{}', 7);
             INSERT INTO sessions (id, digest, user_id, created_ms, expires_ms) VALUES (3, zeroblob(32), 2, 7, 8);",
        )
        .expect("written");
        drop(old);
        let contents = SqliteCatalog::open(&path).expect("opened").load().expect("read");
        assert!(matches!(&contents.users[..], [user] if user.id == UserId(2) && !user.device_commands));
        assert!(matches!(&contents.sources[..], [source] if source.device_settings == "{}"));
        assert!(matches!(&contents.sessions[..], [session] if session.purpose == SessionPurpose::Standard));
    }
}
