//! Numbers and dates in two decimal digits a byte, and the names that devices have by their numbers.

use model::{Civil, DeviceId, Timestamp};

use crate::draft::moment;

/// How far ahead of UTC clocks are when nothing else is set: the standard's time is Beijing's.
pub(super) const UTC_OFFSET_S: i32 = 8 * 3_600;

/// The number in a byte of two decimal digits; `None` for other digits.
pub(super) const fn two(byte: u8) -> Option<u8> {
    let (tens, ones) = (byte >> 4, byte & 15);
    if tens < 10 && ones < 10 { Some(tens * 10 + ones) } else { None }
}

/// A number below 100 as a byte of two decimal digits.
const fn bcd(number: u8) -> u8 {
    ((number / 10) << 4) | (number % 10)
}

/// The decimal digits of bytes; `None` if some are none.
pub(super) fn decimal(bytes: &[u8]) -> Option<String> {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let number = two(*byte)?;
        digits.push(char::from(b'0' + number / 10));
        digits.push(char::from(b'0' + number % 10));
    }
    Some(digits)
}

/// A date: year, month, day, hour, minute, second.
pub(super) fn date(raw: &[u8], utc_offset_s: i32) -> Option<Timestamp> {
    let &[year, month, day, hour, minute, second] = raw else { return None };
    let date = (two(year)?, two(month)?, two(day)?);
    // Two digits end with the year 2079.
    let year = Some(u16::from(date.0)).filter(|year| *year < 80)?;
    moment((year, date.1, date.2), (two(hour)?, two(minute)?, two(second)?), utc_offset_s)
}

/// The same the other way.
pub(super) fn date_bytes(at: Timestamp, utc_offset_s: i32) -> [u8; 6] {
    let Civil { year, month, day, hour, minute, second, .. } = at.civil(utc_offset_s);
    [(year % 100) as u8, month, day, hour, minute, second].map(bcd)
}

/// A phone number as it stands in headers: two digits a byte, or, with locks and modern units, part of an IMEI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Phone {
    bytes: [u8; PHONE_BYTES_MAX],
    length: u8,
}

const PHONE_BYTES_MAX: usize = 10;
/// Bytes of the number up to the edition of 2013, and from that of 2019 on.
pub(super) const PHONE_BYTES: usize = 6;
pub(super) const PHONE_BYTES_2019: usize = 10;
const IMEI_DIGITS: usize = 15;
/// More than any IMEI without its check digit.
const IMEI_STEMS: u64 = 100_000_000_000_000;

impl Phone {
    /// Takes at most ten bytes.
    pub(super) fn new(raw: &[u8]) -> Self {
        let length = raw.len().min(PHONE_BYTES_MAX);
        let mut bytes = [0; PHONE_BYTES_MAX];
        bytes[..length].copy_from_slice(&raw[..length]);
        Self { bytes, length: length as u8 }
    }

    /// The bytes as they were sent.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The names that the device may be registered by: the digits without leading zeros, and with them if there are
    /// any. What is not decimal is an IMEI without its check digit. `None` for what names nobody.
    pub(super) fn names(&self) -> Option<(DeviceId, Option<DeviceId>)> {
        match decimal(self.bytes()) {
            Some(digits) => {
                let plain = digits.trim_start_matches('0');
                let full = (plain.len() < digits.len()).then(|| DeviceId::new(&digits)).flatten();
                Some((DeviceId::new(plain)?, full))
            }
            None if self.bytes().len() == PHONE_BYTES => {
                let stem = self.bytes().iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                if stem >= IMEI_STEMS {
                    return None;
                }
                let stem = format!("{stem:014}");
                Some((DeviceId::new(&format!("{stem}{}", luhn(&stem)))?, None))
            }
            None => None,
        }
    }

    /// The number of a device that is to be spoken to before it has said its own. `None` when its name is no number.
    pub(super) fn of(device: &DeviceId) -> Option<Self> {
        let name = device.as_str();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (stem, check) = name.split_at(name.len() - 1);
        if name.len() == IMEI_DIGITS && luhn(stem).to_string() == check {
            let number: u64 = stem.parse().ok()?;
            return Some(Self::new(&number.to_be_bytes()[2..]));
        }
        let bytes = if name.len() <= PHONE_BYTES * 2 { PHONE_BYTES } else { PHONE_BYTES_2019 };
        let digits = format!("{name:0>width$}", width = bytes * 2).into_bytes();
        let pairs = digits.chunks_exact(2).map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0'));
        (digits.len() == bytes * 2).then(|| Self::new(&pairs.collect::<Vec<_>>()))
    }
}

/// The digit that makes digits a number with a right check digit.
fn luhn(stem: &str) -> u32 {
    let sum: u32 = (stem.bytes().rev().zip(0u32..))
        .map(|(digit, nth)| {
            let digit = u32::from(digit - b'0');
            if nth % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn numbers_name_devices() {
        let check = |raw: &str, wanted: Option<(&str, Option<&str>)>| {
            let names = Phone::new(&bytes(raw)).names();
            let told = names.as_ref().map(|(name, other)| (name.as_str(), other.as_ref().map(DeviceId::as_str)));
            assert_eq!(told, wanted, "{raw}");
        };
        check("013912345678", Some(("13912345678", Some("013912345678"))));
        check("139123456789", Some(("139123456789", None)));
        check("00000000013912345678", Some(("13912345678", Some("00000000013912345678"))));
        check("13912345678901", Some(("13912345678901", None)));
        check("000000000000", None);
        // 35000000000001, and its check digit.
        check("1FD512913001", Some(("350000000000014", None)));
        check("FFFFFFFFFFFF", None);
        check("0139123456FF0139FFFF", None);
    }

    #[test]
    fn names_are_written_as_numbers() {
        let check = |name: &str, wanted: Option<&str>| {
            let phone = DeviceId::new(name).and_then(|device| Phone::of(&device));
            assert_eq!(phone.map(|p| p.bytes().to_vec()), wanted.map(bytes), "{name}");
        };
        check("13912345678", Some("013912345678"));
        check("1391234567890", Some("00000001391234567890"));
        check("350000000000014", Some("1FD512913001"));
        check("350000000000015", Some("00000350000000000015"));
        check("12345678901234567890", Some("12345678901234567890"));
        check("123456789012345678901", None);
        check("a1", None);
    }

    #[test]
    fn dates_that_no_clock_shows_are_absent() {
        let check = |raw: &str, utc_offset_s: i32, wanted: Option<&str>| {
            assert_eq!(date(&bytes(raw), utc_offset_s).map(|t| t.to_string()).as_deref(), wanted, "{raw}");
        };
        check("260314172653", UTC_OFFSET_S, Some("2026-03-14T09:26:53.000Z"));
        check("260101075959", UTC_OFFSET_S, Some("2025-12-31T23:59:59.000Z"));
        check("260314062653", -10_800, Some("2026-03-14T09:26:53.000Z"));
        check("000000000000", 0, None);
        check("800101000000", 0, None);
        check("2603141726A3", 0, None);
        check("2603142826", 0, None);
        let at = date(&bytes("260314172653"), UTC_OFFSET_S).expect("is one");
        assert_eq!(date_bytes(at, UTC_OFFSET_S).to_vec(), bytes("260314172653"));
        assert_eq!(date_bytes(at, 0).to_vec(), bytes("260314092653"));
    }
}
