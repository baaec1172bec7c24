//! IMEI numbers with a right check digit, from a block that no manufacturer uses.

/// The made-up block: fourteen digits before the check digit, counted upwards.
const BLOCK: u64 = 35_000_000_000_000;
/// How many numbers the block holds before its leading eight digits would change.
const BLOCK_SIZE: u64 = 1_000_000;

/// The IMEI number `n` of the made-up block, 15 digits: 0 gives `350000000000006`. Counts round after a million.
pub fn imei(n: u64) -> String {
    let digits = BLOCK + n % BLOCK_SIZE;
    format!("{digits}{}", check_digit(digits))
}

/// The Luhn check digit that follows the fourteen digits of `digits`.
fn check_digit(digits: u64) -> u64 {
    let mut rest = digits;
    let mut sum = 0;
    let mut doubled = true;
    while rest > 0 {
        let digit = if doubled { rest % 10 * 2 } else { rest % 10 };
        sum += digit / 10 + digit % 10;
        rest /= 10;
        doubled = !doubled;
    }
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_right() {
        let check = |n: u64, expected: &str| assert_eq!(imei(n), expected);
        check(0, "350000000000006");
        check(1, "350000000000014");
        check(1_000_001, "350000000000014");
        // The example that handbooks work through: 49015420323751 has check digit 8.
        assert_eq!(check_digit(49_015_420_323_751), 8);
    }
}
