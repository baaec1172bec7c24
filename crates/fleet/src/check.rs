//! What fields must look like.

use crate::error::{Field, Invalid, Problem};
use crate::preferences::BALANCE_ALERT_EMAILS_MAX;
use crate::values::{Address, LegalType, UserProfile};

/// The longest label, in characters.
pub const LABEL_CHARS_MAX: usize = 60;
/// The longest login, in characters: what an e-mail address can have.
pub const LOGIN_CHARS_MAX: usize = 254;
/// The longest remark about a user, in characters.
pub const USER_COMMENT_CHARS_MAX: usize = 255;
/// The longest remark about a tracker, in characters.
pub const TRACKER_COMMENT_CHARS_MAX: usize = 3_000;

/// A tracker's name: 1 to 60 printable characters, not only blanks, without `<` and `>`.
pub(crate) fn label(text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::Blank);
    }
    short(text, LABEL_CHARS_MAX)?;
    match text.contains(['<', '>']) {
        true => Err(Problem::Character),
        false => Ok(()),
    }
}

/// What a user calls a group or the like: 1 to 60 printable characters, not only blanks.
pub(crate) fn title(text: &str) -> Result<(), Invalid> {
    line(text, LABEL_CHARS_MAX).map_err(|problem| Invalid { field: Field::Title, problem })
}

/// One line of text, not only blanks.
pub(crate) fn line(text: &str, chars_max: usize) -> Result<(), Problem> {
    if text.trim().is_empty() { Err(Problem::Blank) } else { short(text, chars_max) }
}

/// What an API key is called: 1 to 255 printable characters, not only blanks.
pub(crate) fn key_title(text: &str) -> Result<(), Invalid> {
    let problem = if text.trim().is_empty() { Err(Problem::Blank) } else { short(text, 255) };
    problem.map_err(|problem| Invalid { field: Field::Title, problem })
}

/// What a client's text is kept under.
pub(crate) fn ui_key(text: &str) -> Result<(), Invalid> {
    let fits =
        (1..=50).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    fits.then_some(()).ok_or(Invalid { field: Field::Key, problem: Problem::Form })
}

/// A text that a client wants kept. The server does not look into it.
pub(crate) fn ui_text(text: &str) -> Result<(), Invalid> {
    const CHARS_MAX: usize = 8_192;
    match text.chars().count() > CHARS_MAX {
        true => Err(Invalid { field: Field::Value, problem: Problem::TooLong { chars_max: CHARS_MAX } }),
        false => Ok(()),
    }
}

/// Who is told of a low balance.
pub(crate) fn balance_alert_emails(emails: &[String]) -> Result<(), Invalid> {
    let fits = emails.len() <= BALANCE_ALERT_EMAILS_MAX && emails.iter().all(|email| login(email).is_ok());
    fits.then_some(()).ok_or(Invalid { field: Field::BalanceAlertEmails, problem: Problem::Form })
}

/// A colour: six hexadecimal digits.
pub(crate) fn color(text: &str) -> Result<(), Invalid> {
    let fits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then_some(()).ok_or(Invalid { field: Field::Color, problem: Problem::Form })
}

/// One line of text, maybe empty.
pub(crate) fn short(text: &str, chars_max: usize) -> Result<(), Problem> {
    if text.chars().count() > chars_max {
        return Err(Problem::TooLong { chars_max });
    }
    match text.chars().any(|c| c.is_control() || is_private_use(c)) {
        true => Err(Problem::Character),
        false => Ok(()),
    }
}

/// Text in which line breaks and tabs are welcome.
pub(crate) fn comment(text: &str, chars_max: usize) -> Result<(), Invalid> {
    let problem = if text.chars().count() > chars_max {
        Problem::TooLong { chars_max }
    } else if text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || is_private_use(c)) {
        Problem::Character
    } else {
        return Ok(());
    };
    Err(Invalid { field: Field::Comment, problem })
}

fn is_private_use(c: char) -> bool {
    matches!(u32::from(c), 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF)
}

/// An e-mail address, judged loosely: a name, an at sign, a domain, no blanks. Whether it exists only
/// a mail can tell.
pub(crate) fn login(text: &str) -> Result<(), Invalid> {
    let invalid = |problem| Invalid { field: Field::Login, problem };
    if text.is_empty() {
        return Err(invalid(Problem::Blank));
    }
    short(text, LOGIN_CHARS_MAX).map_err(invalid)?;
    let is_address = text
        .rsplit_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.split('.').all(|label| !label.is_empty()));
    match is_address && !text.chars().any(|c| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"')) {
        true => Ok(()),
        false => Err(invalid(Problem::Form)),
    }
}

/// `xx` or `xx_YY`.
pub(crate) fn locale(text: &str) -> Result<(), Invalid> {
    let is_locale = match text.as_bytes() {
        [a, b] => [a, b].iter().all(|c| c.is_ascii_lowercase()),
        [a, b, b'_', c, d] => {
            [a, b].iter().all(|c| c.is_ascii_lowercase()) && [c, d].iter().all(|c| c.is_ascii_uppercase())
        }
        _ => false,
    };
    match is_locale {
        true => Ok(()),
        false => Err(Invalid { field: Field::Locale, problem: Problem::Form }),
    }
}

/// Names and addresses. First and last name are required of individuals, as the least that tells users apart.
pub(crate) fn profile(profile: &UserProfile) -> Result<(), Invalid> {
    let UserProfile {
        legal_type,
        first_name,
        middle_name,
        last_name,
        phone,
        post,
        registered,
        tin,
        legal_name,
        iec,
        state_reg_num,
    } = profile;
    if *legal_type == LegalType::Individual {
        for (field, text) in [(Field::FirstName, first_name), (Field::LastName, last_name)] {
            if text.trim().is_empty() {
                return Err(Invalid { field, problem: Problem::Blank });
            }
        }
    }
    let texts = [
        (Field::FirstName, first_name, 100),
        (Field::MiddleName, middle_name, 100),
        (Field::LastName, last_name, 100),
        (Field::Phone, phone, 15),
        (Field::Tin, tin, 50),
        (Field::LegalName, legal_name, 200),
        (Field::Iec, iec, 50),
        (Field::StateRegNum, state_reg_num, 15),
    ];
    let post = parts(post, POST);
    let registered = parts(registered, REGISTERED);
    for (field, text, chars_max) in texts.into_iter().chain(post).chain(registered) {
        short(text, chars_max).map_err(|problem| Invalid { field, problem })?;
    }
    match phone.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(()),
        false => Err(Invalid { field: Field::Phone, problem: Problem::Character }),
    }
}

const POST: [Field; 5] =
    [Field::PostCountry, Field::PostRegion, Field::PostCity, Field::PostStreetAddress, Field::PostIndex];
const REGISTERED: [Field; 5] = [
    Field::RegisteredCountry,
    Field::RegisteredRegion,
    Field::RegisteredCity,
    Field::RegisteredStreetAddress,
    Field::RegisteredIndex,
];

/// The parts of an address with the fields that they are in.
fn parts(address: &Address, fields: [Field; 5]) -> impl Iterator<Item = (Field, &String, usize)> {
    let Address { country, region, city, street_address, index } = address;
    let texts = [country, region, city, street_address, index];
    fields.into_iter().zip(texts).map(|(field, text)| (field, text, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let check = |text: &str, expected| assert_eq!(label(text), expected, "{text:?}");
        check("Van 7", Ok(()));
        check("Фургон 🚚", Ok(()));
        check("", Err(Problem::Blank));
        check(" \u{a0}", Err(Problem::Blank));
        check("a<b", Err(Problem::Character));
        check("a>b", Err(Problem::Character));
        check("a\nb", Err(Problem::Character));
        check("a\u{e000}b", Err(Problem::Character));
        check(&"ä".repeat(60), Ok(()));
        check(&"ä".repeat(61), Err(Problem::TooLong { chars_max: 60 }));
    }

    #[test]
    fn logins() {
        let check = |text: &str, expected: Option<Problem>| {
            let expected = expected.map(|problem| Invalid { field: Field::Login, problem });
            assert_eq!(login(text).err(), expected, "{text:?}");
        };
        check("ann@example.com", None);
        check("a.b+c@mail.example.com", None);
        check("ann@localhost", None);
        check("", Some(Problem::Blank));
        for text in ["ann", "ann@", "@example.com", "ann@example..com", "a nn@example.com", "a@b.c."] {
            check(text, Some(Problem::Form));
        }
        check(&format!("{}@example.com", "x".repeat(250)), Some(Problem::TooLong { chars_max: 254 }));
    }

    #[test]
    fn locales() {
        for good in ["en", "en_US", "de_AT"] {
            assert_eq!(locale(good), Ok(()), "{good}");
        }
        for bad in ["", "EN", "en-US", "en_us", "eng", "e1", "en_U"] {
            assert!(locale(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn comments_may_have_lines() {
        assert_eq!(comment("a\nb\tc", 5), Ok(()));
        assert_eq!(comment("123456", 5).map_err(|e| e.problem), Err(Problem::TooLong { chars_max: 5 }));
        assert_eq!(comment("a\0", 5).map_err(|e| e.problem), Err(Problem::Character));
    }

    #[test]
    fn profiles() {
        let person = UserProfile { first_name: "Ann".into(), last_name: "Lee".into(), ..UserProfile::default() };
        let check = |change: fn(&mut UserProfile), expected: Option<(Field, Problem)>| {
            let mut changed = person.clone();
            change(&mut changed);
            let expected = expected.map(|(field, problem)| Invalid { field, problem });
            assert_eq!(profile(&changed).err(), expected, "{changed:?}");
        };
        check(|_| {}, None);
        check(|p| p.phone = "491701234567".into(), None);
        check(|p| p.phone = "+49170".into(), Some((Field::Phone, Problem::Character)));
        check(|p| p.phone = "1".repeat(16), Some((Field::Phone, Problem::TooLong { chars_max: 15 })));
        check(|p| p.first_name = " ".into(), Some((Field::FirstName, Problem::Blank)));
        check(|p| p.last_name = "x".repeat(101), Some((Field::LastName, Problem::TooLong { chars_max: 100 })));
        check(|p| p.post.city = "x".repeat(201), Some((Field::PostCity, Problem::TooLong { chars_max: 200 })));
        check(|p| p.registered.index = "\u{1}".into(), Some((Field::RegisteredIndex, Problem::Character)));
        let company = |p: &mut UserProfile| {
            *p = UserProfile { legal_type: LegalType::LegalEntity, ..UserProfile::default() };
        };
        check(company, None);
    }
}
