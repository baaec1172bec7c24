//! Passwords: what they must be, and hashing them in a pool that cannot be flooded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::digest::{hex, random};
use crate::error::{Failure, FleetError, Problem};
use crate::options::{FleetOptions, HashCost, PasswordPolicy};
use crate::values::Secret;

const SYMBOLS: &str = "!@#$%^&*";
/// No password has more bytes: what a client sends is hashed as it is.
const BYTES_MAX: usize = 1_024;

impl PasswordPolicy {
    /// Whether a user may have this password.
    pub(crate) fn check_user(&self, password: &str) -> Result<(), Problem> {
        check_length(password, self.chars_min, self.chars_max)?;
        let has = |kind: fn(char) -> bool| password.chars().any(kind);
        let is_mixed = has(|c| c.is_uppercase())
            && has(|c| c.is_lowercase())
            && has(|c| c.is_ascii_digit())
            && has(|c| SYMBOLS.contains(c));
        match self.mixed && !is_mixed {
            true => Err(Problem::Simple),
            false => Ok(()),
        }
    }

    /// Whether a master may give this password to a sub-user.
    pub(crate) fn check_subuser(&self, password: &str) -> Result<(), Problem> {
        check_length(password, self.subuser_chars_min, self.chars_max)
    }

    /// Whether an administrator may have this password.
    pub(crate) fn check_admin(&self, password: &str) -> Result<(), Problem> {
        check_length(password, self.admin_chars_min, BYTES_MAX / 4)
    }
}

fn check_length(password: &str, chars_min: usize, chars_max: usize) -> Result<(), Problem> {
    if password.chars().any(char::is_control) {
        return Err(Problem::Character);
    }
    match password.chars().count() {
        n if n < chars_min => Err(Problem::TooShort { chars_min }),
        n if n > chars_max => Err(Problem::TooLong { chars_max }),
        _ => Ok(()),
    }
}

/// A password for the administrator when none was given: 128 random bits.
pub(crate) fn generate() -> Result<Secret, Failure> {
    Ok(Secret::new(hex(&random::<16>()?)))
}

/// The pool was full.
#[derive(Debug, PartialEq)]
pub(crate) struct Busy;

/// Hashes and verifies, so many at a time, with so many more waiting.
pub(crate) struct Hashers {
    cost: Params,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    /// The hash of a password that nobody knows, to spend the same time on logins that do not exist.
    decoy: Secret,
}

/// Gives a waiting place back, also when the waiter was dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hashers {
    pub(crate) fn new(options: &FleetOptions) -> Result<Self, FleetError> {
        let HashCost { memory_kib, passes, lanes } = options.hash_cost;
        let cost = Params::new(memory_kib, passes, lanes, None).map_err(|_| FleetError::HashCost)?;
        let unknown = generate().map_err(|_| FleetError::System)?;
        let decoy = hash(&cost, unknown.expose()).map_err(|_| FleetError::System)?;
        Ok(Self {
            cost,
            permits: Arc::new(Semaphore::new(options.hash_workers.clamp(1, Semaphore::MAX_PERMITS))),
            waiting: AtomicUsize::new(0),
            waiting_max: options.hash_queue_max,
            decoy,
        })
    }

    pub(crate) fn decoy(&self) -> Secret {
        self.decoy.clone()
    }

    /// The hash of a password, as a PHC string.
    pub(crate) async fn hash(&self, password: &str) -> Result<Result<Secret, Failure>, Busy> {
        let (cost, password) = (self.cost.clone(), password.to_owned());
        self.run(move || hash(&cost, &password)).await.map(|result| result.unwrap_or(Err(Failure::Crypto)))
    }

    /// Whether a password is that of any of these hashes. Takes up one place, however many they are.
    pub(crate) async fn matches_any(&self, password: &str, hashes: Vec<Secret>) -> Result<bool, Busy> {
        if password.len() > BYTES_MAX {
            return Ok(false);
        }
        let password = password.to_owned();
        let any = self.run(move || hashes.iter().any(|hash| matches(&password, hash.expose()))).await?;
        Ok(any.unwrap_or(false))
    }

    /// Runs one piece of work when its turn comes; `None` when it panicked or the runtime is going down.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Busy> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let place = Place(&self.waiting);
                let before = self.waiting.fetch_add(1, Ordering::Relaxed);
                if before >= self.waiting_max {
                    return Err(Busy);
                }
                let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Busy)?;
                drop(place);
                permit
            }
        };
        // The permit goes with the work: a caller that gives up does not make room before the work is done.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        Ok(done.await.ok())
    }
}

fn hash(cost: &Params, password: &str) -> Result<Secret, Failure> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.clone());
    let hash = argon2.hash_password(password.as_bytes()).map_err(|_| Failure::Crypto)?;
    Ok(Secret::new(hash.to_string()))
}

fn matches(password: &str, hash: &str) -> bool {
    // The costs are those in the hash, so that older hashes stay good when the setting changes.
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_what_is_wrong() {
        let policy = PasswordPolicy::default();
        let check = |password: &str, expected| assert_eq!(policy.check_user(password), expected, "{password}");
        check("Blue-Kite*42x", Ok(()));
        check("Blue-Kite*42", Ok(()));
        check("Blue-Kite*4", Err(Problem::TooShort { chars_min: 12 }));
        check("Blue-Kite*42-Blue-Ki", Ok(()));
        check("Blue-Kite*42-Blue-Kit", Err(Problem::TooLong { chars_max: 20 }));
        check("blue-kite*42x", Err(Problem::Simple));
        check("BLUE-KITE*42X", Err(Problem::Simple));
        check("Blue-Kite*xyz", Err(Problem::Simple));
        check("Blue-Kite-42x", Err(Problem::Simple));
        check("Blue-Kite*42\t", Err(Problem::Character));
        let lax = PasswordPolicy { mixed: false, chars_min: 1, ..PasswordPolicy::default() };
        assert_eq!(lax.check_user("a"), Ok(()));
        assert_eq!(policy.check_admin("seven77"), Err(Problem::TooShort { chars_min: 8 }));
        assert_eq!(policy.check_admin("eight888"), Ok(()));
    }

    fn hashers(workers: usize, queue: usize) -> Hashers {
        let cost = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
        let options =
            FleetOptions { hash_cost: cost, hash_workers: workers, hash_queue_max: queue, ..FleetOptions::default() };
        Hashers::new(&options).expect("hashers")
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hashers = hashers(1, 1);
        let hash = hashers.hash("Blue-Kite*42x").await.expect("room").expect("hashed");
        assert!(hash.expose().starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{}", hash.expose());
        let matches = async |password: &str, hashes| hashers.matches_any(password, hashes).await.expect("room");
        assert!(matches("Blue-Kite*42x", vec![hashers.decoy(), hash.clone()]).await);
        assert!(!matches("Blue-Kite*42y", vec![hashers.decoy(), hash.clone()]).await);
        assert!(!matches("Blue-Kite*42x", vec![]).await);
        assert!(!matches("Blue-Kite*42x", vec![Secret::new("nonsense".into())]).await);
        assert!(!matches(&"x".repeat(BYTES_MAX + 1), vec![hash]).await);
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let hashers = hashers(1, 1);
        let hash = async || hashers.hash("Blue-Kite*42x").await.expect("room").expect("hashed");
        assert_ne!(hash().await, hash().await);
    }

    #[tokio::test]
    async fn who_finds_the_queue_full_is_refused_and_places_are_given_back() {
        let hashers = hashers(1, 1);
        let (release, wait) = std::sync::mpsc::sync_channel::<()>(1);
        let working = hashers.run(move || wait.recv().is_ok());
        let mut working = Box::pin(working);
        assert!(futures_pending(&mut working).await);
        let mut waiting = Box::pin(hashers.run(|| 7));
        assert!(futures_pending(&mut waiting).await);
        assert_eq!(hashers.run(|| 8).await, Err(Busy));
        // A waiter that gives up makes room for another.
        drop(waiting);
        let mut another = Box::pin(hashers.run(|| 9));
        assert!(futures_pending(&mut another).await);
        release.send(()).expect("received");
        assert_eq!(working.await, Ok(Some(true)));
        assert_eq!(another.await, Ok(Some(9)));
        assert_eq!(hashers.waiting.load(Ordering::Relaxed), 0);
    }

    /// Polls once; whether it is still under way.
    async fn futures_pending<F: Future + Unpin>(future: &mut F) -> bool {
        std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())).await
    }

    #[test]
    fn a_cost_out_of_range_is_refused() {
        let cost = HashCost { memory_kib: 1, passes: 0, lanes: 1 };
        let options = FleetOptions { hash_cost: cost, ..FleetOptions::default() };
        assert!(matches!(Hashers::new(&options), Err(FleetError::HashCost)));
    }
}
