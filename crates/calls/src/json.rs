//! Reading requests without building them: a text is checked once, then only the wanted members are looked at, as
//! the text they are.
//!
//! Scalars are read leniently, because clients and the published examples mix them: a number may come as text, text
//! as a number, `"true"` as true. What is not lenient: fractions where whole numbers are meant, `null` among ids, and
//! an array or object where a scalar is meant or the reverse.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The deepest nesting that a request may have, in arrays and objects.
pub const DEPTH_MAX: usize = 32;
/// How many members of a request's root object are kept; further ones are unknown to every method.
pub const MEMBERS_MAX: usize = 256;

/// How many members of an object are looked at, repeated ones among them: each is compared with those that are kept,
/// and a text may have millions.
const MEMBERS_READ_MAX: usize = 4 * MEMBERS_MAX;

/// The text is not JSON, or is nested too deeply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// The value is not what was wanted; says what was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mistyped(pub &'static str);

/// It is not a whole number.
pub const NOT_INT: Mistyped = Mistyped("must be an integer");
/// It is not a number.
pub const NOT_NUMBER: Mistyped = Mistyped("must be a number");
/// It is not true or false.
pub const NOT_BOOL: Mistyped = Mistyped("must be a boolean");
/// It is not a text.
pub const NOT_TEXT: Mistyped = Mistyped("must be a string");
/// It is not an array.
pub const NOT_ARRAY: Mistyped = Mistyped("must be an array");
/// It is not an object.
pub const NOT_OBJECT: Mistyped = Mistyped("must be an object");
const NOT_INTS: Mistyped = Mistyped("must be an array of integers without nulls");

/// The members of an object, in order; of repeated names the last counts. The text of the object was checked before.
#[derive(Debug, Default)]
pub struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    /// Checks a whole text, which must be one object.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        check(text)?;
        Self::of_checked(text).map_err(|_| Malformed)
    }

    /// The members of an object whose text was checked as part of a larger one.
    pub fn of_checked(text: &'a str) -> Result<Self, Mistyped> {
        let mut reader = serde_json::Deserializer::from_str(text);
        reader.deserialize_map(MembersVisitor).map_err(|_| NOT_OBJECT)
    }

    /// The text of a member. `null` is the same as none.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, raw)| *raw).filter(|raw| *raw != "null")
    }

    /// Names and texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Cow<'de, str>, &'de str)> = Vec::new();
        for _ in 0..MEMBERS_READ_MAX {
            let Some(Key(name)) = map.next_key()? else { return Ok(Members(members)) };
            let raw = map.next_value::<&RawValue>()?.get();
            match members.iter().position(|(n, _)| *n == name) {
                Some(at) => members[at].1 = raw,
                None if members.len() < MEMBERS_MAX => members.push((name, raw)),
                None => {}
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Members(members))
    }
}

/// A member's name: borrowed unless it is written with escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Walks a text from end to end, so that later readers need not doubt it: syntax, depth, and strings that are
/// Unicode. Builds nothing.
pub fn check(text: &str) -> Result<(), Malformed> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Walk { depth_left: DEPTH_MAX }.deserialize(&mut reader).map_err(|_| Malformed)?;
    reader.end().map_err(|_| Malformed)
}

#[derive(Clone, Copy)]
struct Walk {
    depth_left: usize,
}

impl Walk {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth_left = self.depth_left.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { depth_left })
    }
}

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while map.next_key_seed(inner)?.is_some() {
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// A text, or a number or boolean as the text it is written as.
pub fn text(raw: &str) -> Result<Cow<'_, str>, Mistyped> {
    match raw.as_bytes().first() {
        Some(b'"') => match serde_json::from_str::<Key<'_>>(raw) {
            Ok(Key(text)) => Ok(text),
            Err(_) => Err(NOT_TEXT),
        },
        Some(b'[' | b'{') | None => Err(NOT_TEXT),
        Some(_) => Ok(Cow::Borrowed(raw)),
    }
}

/// A text that is written as one.
pub fn strict_text(raw: &str) -> Result<Cow<'_, str>, Mistyped> {
    if raw.starts_with('"') { text(raw) } else { Err(NOT_TEXT) }
}

/// A whole number of 32 bits, or its text.
pub fn int(raw: &str) -> Result<i32, Mistyped> {
    parse_int(&text(raw).map_err(|_| NOT_INT)?)
}

/// A whole number of 32 bits in decimal. `5.0` and `5e0` are whole, `5.5` is not.
pub fn parse_int(text: &str) -> Result<i32, Mistyped> {
    let text = text.trim();
    if let Ok(n) = text.parse::<i32>() {
        return Ok(n);
    }
    let looks_decimal = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(x) if looks_decimal && x.fract() == 0.0 && f64::from(x as i32) == x => Ok(x as i32),
        _ => Err(NOT_INT),
    }
}

/// A finite number, or its text.
pub fn number(raw: &str) -> Result<f64, Mistyped> {
    parse_number(&text(raw).map_err(|_| NOT_NUMBER)?)
}

/// A finite number in decimal: no names such as `inf`.
pub fn parse_number(text: &str) -> Result<f64, Mistyped> {
    let text = text.trim();
    let looks_decimal = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|x: &f64| looks_decimal && x.is_finite()).ok_or(NOT_NUMBER)
}

/// True or false, or its text.
pub fn boolean(raw: &str) -> Result<bool, Mistyped> {
    parse_bool(&text(raw).map_err(|_| NOT_BOOL)?)
}

/// `true` or `false`.
pub fn parse_bool(text: &str) -> Result<bool, Mistyped> {
    match text.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(NOT_BOOL),
    }
}

/// Calls `each` with the number and the text of each element of an array; stops at the first error.
pub fn elements<'a, E>(
    raw: &'a str,
    not_array: E,
    mut each: impl FnMut(usize, &'a str) -> Result<(), E>,
) -> Result<(), E> {
    let mut failed = None;
    let mut reader = serde_json::Deserializer::from_str(raw);
    let walked = reader.deserialize_seq(Elements(|i, element| each(i, element).map_err(|error| failed = Some(error))));
    match (failed, walked) {
        (Some(error), _) => Err(error),
        (None, Err(_)) => Err(not_array),
        (None, Ok(())) => Ok(()),
    }
}

struct Elements<F>(F);

impl<'de, F: FnMut(usize, &'de str) -> Result<(), ()>> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let mut i = 0;
        while let Some(element) = seq.next_element::<&RawValue>()? {
            (self.0)(i, element.get()).map_err(|()| A::Error::custom("refused"))?;
            i += 1;
        }
        Ok(())
    }
}

/// Calls `each` with every number of an array of whole numbers.
pub fn ints(raw: &str, mut each: impl FnMut(i32)) -> Result<(), Mistyped> {
    elements(raw, NOT_INTS, |_, element| {
        if element == "null" {
            return Err(NOT_INTS);
        }
        each(int(element).map_err(|_| NOT_INTS)?);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_syntax_depth_and_unicode() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        for good in ["{}", "[1,2.5,-3e9,null,true]", r#""\ud83d\ude00""#, "1", &nested(DEPTH_MAX)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in
            ["", "{", "{}x", "{'a':1}", "[1,]", "NaN", "1e999", r#""\ud800""#, &nested(DEPTH_MAX + 1), &nested(100_000)]
        {
            assert_eq!(check(bad), Err(Malformed), "{bad:.40}");
        }
    }

    #[test]
    fn the_last_of_repeated_members_counts_and_null_is_none() {
        let members = Members::parse(r#" {"a" : 1, "b":[ {"c":2} ] ,"a":"x","\u0064":null} "#).expect("an object");
        assert_eq!(members.get("a"), Some(r#""x""#));
        assert_eq!(members.get("b"), Some(r#"[ {"c":2} ]"#));
        assert_eq!(members.get("d"), None);
        assert_eq!(members.iter().count(), 3);
        assert!(Members::parse("[]").is_err());
    }

    #[test]
    fn members_beyond_the_limit_are_dropped() {
        let many: Vec<String> = (0..MEMBERS_MAX + 10).map(|i| format!("\"m{i}\":{i}")).collect();
        let text = format!("{{{}}}", many.join(","));
        assert_eq!(Members::parse(&text).expect("an object").iter().count(), MEMBERS_MAX);
    }

    #[test]
    fn a_text_of_very_many_members_is_not_compared_to_its_end() {
        let mut many: Vec<String> = (0..MEMBERS_READ_MAX).map(|i| format!("\"m{i}\":{i}")).collect();
        many[MEMBERS_READ_MAX - 1] = "\"m1\":\"again\"".to_owned();
        many.push("\"m0\":\"too late\"".to_owned());
        let text = format!("{{{}}}", many.join(","));
        let members = Members::parse(&text).expect("an object");
        assert_eq!((members.get("m0"), members.get("m1")), (Some("0"), Some("\"again\"")));
    }

    #[test]
    fn scalars_are_lenient_and_containers_are_not() {
        for (raw, value) in [("5", 5), ("-7", -7), (r#""12""#, 12), (r#"" 12 ""#, 12), ("5.0", 5), ("2e3", 2000)] {
            assert_eq!(int(raw), Ok(value), "{raw}");
        }
        for raw in ["5.5", "true", "null", "[5]", "{}", r#""""#, r#""x""#, "2147483648", r#""inf""#, r#""0x10""#] {
            assert_eq!(int(raw), Err(NOT_INT), "{raw}");
        }
        for (raw, value) in [("true", true), (r#""false""#, false)] {
            assert_eq!(boolean(raw), Ok(value), "{raw}");
        }
        for raw in ["1", r#""yes""#, "null", "[]"] {
            assert_eq!(boolean(raw), Err(NOT_BOOL), "{raw}");
        }
        assert_eq!(text(r#""a\nb""#).as_deref(), Ok("a\nb"));
        assert_eq!(text("12.50").as_deref(), Ok("12.50"));
        assert_eq!(text("{}"), Err(NOT_TEXT));
        assert_eq!(strict_text("12"), Err(NOT_TEXT));
    }

    #[test]
    fn arrays_of_ids_take_no_nulls() {
        let read = |raw: &str| {
            let mut all = Vec::new();
            ints(raw, |n| all.push(n)).map(|()| all)
        };
        assert_eq!(read(r#"[1, "2", 3]"#), Ok(vec![1, 2, 3]));
        assert_eq!(read("[]"), Ok(vec![]));
        for raw in ["[1,null]", "[[1]]", "[1.5]", "5", "{}", r#""[1]""#] {
            assert_eq!(read(raw), Err(NOT_INTS), "{raw}");
        }
    }
}
