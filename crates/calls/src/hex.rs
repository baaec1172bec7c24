//! Bytes as text.

/// The bytes of pairs of hexadecimal digits; nothing where they are none.
pub fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|n| n as u8);
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        let check =
            |text: &str, expected: Option<&[u8]>| assert_eq!(bytes_of_hex(text).as_deref(), expected, "{text:?}");
        check("00fFA5", Some(&[0, 0xff, 0xa5]));
        check("", Some(&[]));
        check("0", None);
        check("0g", None);
        check("0x", None);
        check(" 00", None);
        check("é", None);
    }
}
