//! Passwords that nobody has used before.

use anyhow::{Context, Result};

/// Letters and digits that are not taken for one another.
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const LOWER: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const DIGITS: &[u8] = b"23456789";
/// Those of the policy's that mean nothing to a shell or to JSON within single quotes.
const SYMBOLS: &[u8] = b"@#%^*";
/// What each place is drawn from; 16 places hold some 70 bits.
const PLACES: [&[u8]; 16] = [
    UPPER, LOWER, LOWER, LOWER, LOWER, UPPER, LOWER, LOWER, SYMBOLS, DIGITS, DIGITS, DIGITS, LOWER, UPPER, LOWER, LOWER,
];

/// A password that the default policy takes.
pub(crate) fn random() -> Result<String> {
    let mut draws = [0_u8; PLACES.len() * 8];
    getrandom::fill(&mut draws).map_err(anyhow::Error::from).context("random bytes of the system")?;
    let draw = |(place, draw): (&&[u8], &[u8])| {
        // Eight bytes for at most 25 letters: the bias is beyond measuring.
        let number = draw.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        char::from(place[(number % place.len() as u64) as usize])
    };
    Ok(PLACES.iter().zip(draws.chunks_exact(8)).map(draw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satisfies_the_policy_and_never_repeats() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..200 {
            let password = random().unwrap();
            assert!((12..=20).contains(&password.len()), "{password}");
            assert!(password.contains(|c: char| c.is_ascii_uppercase()), "{password}");
            assert!(password.contains(|c: char| c.is_ascii_lowercase()), "{password}");
            assert!(password.contains(|c: char| c.is_ascii_digit()), "{password}");
            assert!(password.contains(|c: char| "!@#$%^&*".contains(c)), "{password}");
            assert!(seen.insert(password));
        }
    }
}
