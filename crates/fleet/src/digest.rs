//! Session hashes, and the keyed digests under which alone they are kept.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Failure, FleetError};

/// What a client proves its session with: 32 lower-case hexadecimal digits, 128 bits of randomness. The server gives
/// it out once and keeps a digest.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionHash(String);

impl SessionHash {
    pub(crate) fn generate() -> Result<Self, Failure> {
        Ok(Self(hex(&random::<16>()?)))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text has the form of a session hash.
    pub fn is_well_formed(text: &str) -> bool {
        text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }
}

impl fmt::Debug for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(session hash)")
    }
}

/// The key of the digests. Who has a copy of the catalog, but not the key, can neither use nor test a hash.
#[derive(Clone)]
pub(crate) struct DigestKey([u8; 32]);

pub(crate) type Digest = [u8; 32];

impl DigestKey {
    const FILE: &str = "session.key";

    /// Reads the key of a data folder, or makes one, readable by the owner only.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, FleetError> {
        let path = data_dir.join(Self::FILE);
        let in_file = |error| FleetError::File { path: path.clone(), error };
        match File::open(&path) {
            Ok(file) => return Self::read(file).map_err(in_file),
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(in_file(e)),
        }
        let key: [u8; 32] = random().map_err(|_| FleetError::System)?;
        Self::save(data_dir, &path, &key).map_err(in_file)?;
        Ok(Self(key))
    }

    fn read(file: File) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(33);
        file.take(33).read_to_end(&mut bytes)?;
        let key = bytes.try_into().map_err(|_| io::Error::new(ErrorKind::InvalidData, "not a key of 32 bytes"))?;
        Ok(Self(key))
    }

    /// Written beside its place and renamed, so that a crash leaves no half a key.
    fn save(data_dir: &Path, path: &Path, key: &[u8; 32]) -> io::Result<()> {
        let half = path.with_extension("key.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
        file.write_all(key)?;
        file.sync_all()?;
        fs::rename(&half, path)?;
        File::open(data_dir)?.sync_all()
    }

    /// The hash that belongs to a seed: always the same, so that only the seed needs to be kept.
    pub(crate) fn hash_of_seed(&self, seed: &[u8; 16]) -> SessionHash {
        // Shorter than any hash, and begins like no login name: nothing else is digested to the same.
        let input = [b"api key ".as_slice(), seed].concat();
        let full: Digest = *blake3::keyed_hash(&self.0, &input).as_bytes();
        SessionHash(hex(&full[..16]))
    }

    pub(crate) fn digest(&self, hash: &str) -> Digest {
        *blake3::keyed_hash(&self.0, hash.as_bytes()).as_bytes()
    }
}

/// Bytes from the system's cryptographic source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Crypto)?;
    Ok(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_hash_is_well_formed_and_hidden_in_logs() {
        let (a, b) = (SessionHash::generate().expect("random"), SessionHash::generate().expect("random"));
        assert!(SessionHash::is_well_formed(a.as_str()));
        assert_ne!(a, b);
        assert!(!format!("{a:?}").contains(a.as_str()));
    }

    #[test]
    fn other_forms_are_refused() {
        let check =
            |text: &str, well_formed: bool| assert_eq!(SessionHash::is_well_formed(text), well_formed, "{text}");
        check("0123456789abcdef0123456789abcdef", true);
        check("0123456789ABCDEF0123456789abcdef", false);
        check("0123456789abcdef0123456789abcde", false);
        check("0123456789abcdef0123456789abcdef0", false);
        check("0123456789abcdef0123456789abcdeg", false);
        check("é123456789abcdef0123456789abcde", false);
        check("", false);
    }

    #[test]
    fn the_key_is_made_once_for_the_owner_only() {
        let dir = tempfile::tempdir().expect("folder");
        let first = DigestKey::open(dir.path()).expect("made");
        let second = DigestKey::open(dir.path()).expect("read");
        assert_eq!(first.digest("x"), second.digest("x"));
        assert_ne!(first.digest("x"), first.digest("y"));
        let mode = fs::metadata(dir.path().join(DigestKey::FILE)).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_seed_has_one_hash_under_one_key() {
        let (here, there) = (DigestKey([1; 32]), DigestKey([2; 32]));
        let hash = here.hash_of_seed(&[7; 16]);
        assert!(SessionHash::is_well_formed(hash.as_str()));
        assert_eq!(hash, here.hash_of_seed(&[7; 16]));
        assert_ne!(hash, here.hash_of_seed(&[8; 16]));
        assert_ne!(hash, there.hash_of_seed(&[7; 16]));
    }

    #[test]
    fn a_damaged_key_is_an_error() {
        for length in [0, 31, 33] {
            let dir = tempfile::tempdir().expect("folder");
            fs::write(dir.path().join(DigestKey::FILE), vec![7; length]).expect("written");
            assert!(matches!(DigestKey::open(dir.path()), Err(FleetError::File { .. })), "{length}");
        }
    }

    #[test]
    fn hex_digits_are_in_order() {
        assert_eq!(hex(&[0x00, 0x1f, 0xa0, 0xff]), "001fa0ff");
    }
}
