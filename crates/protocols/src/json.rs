//! Walking through JSON text without building a tree.
//!
//! A document is read member by member; what a member holds stays the slice of text that it is until it is wanted.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::session::Reject;

/// A JSON value: scalars read, arrays and objects as the text that they are.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Item<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A number with a fraction or exponent, or beyond `i64`. Not finite if beyond `f64`.
    Float(f64),
    Text(Cow<'a, str>),
    Array(&'a str),
    Object(&'a str),
}

/// Reads one value that is known to be well formed but for the escapes in its strings.
pub(crate) fn item(raw: &str) -> Result<Item<'_>, Reject> {
    Ok(match raw.as_bytes() {
        [b'n', ..] => Item::Null,
        [b't', ..] => Item::Bool(true),
        [b'f', ..] => Item::Bool(false),
        [b'{', ..] => Item::Object(raw),
        [b'[', ..] => Item::Array(raw),
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Item::Text(Cow::Borrowed(&raw[1..raw.len() - 1])),
        [b'"', ..] => Item::Text(serde_json::from_str::<String>(raw).map_err(|_| Reject::NotJson)?.into()),
        _ => number(raw).ok_or(Reject::NotJson)?,
    })
}

fn number(raw: &str) -> Option<Item<'_>> {
    match raw.parse::<i64>() {
        Ok(n) => Some(Item::Int(n)),
        Err(_) => raw.parse::<f64>().ok().map(Item::Float),
    }
}

/// Calls `each` with name and value of every member of an object, in order.
pub(crate) fn members<'a>(
    object: &'a str,
    each: impl FnMut(Cow<'a, str>, &'a str) -> Result<(), Reject>,
) -> Result<(), Reject> {
    let mut fault = None;
    let mut json = serde_json::Deserializer::from_str(object);
    let read = json.deserialize_map(Members { each, fault: &mut fault }).and_then(|()| json.end());
    read.map_err(|_| fault.unwrap_or(Reject::NotJson))
}

/// Calls `each` with every element of an array, in order.
pub(crate) fn elements<'a>(array: &'a str, each: impl FnMut(&'a str) -> Result<(), Reject>) -> Result<(), Reject> {
    let mut fault = None;
    let mut json = serde_json::Deserializer::from_str(array);
    let read = json.deserialize_seq(Elements { each, fault: &mut fault }).and_then(|()| json.end());
    read.map_err(|_| fault.unwrap_or(Reject::NotJson))
}

struct Members<'f, F> {
    each: F,
    fault: &'f mut Option<Reject>,
}

impl<'de, F: FnMut(Cow<'de, str>, &'de str) -> Result<(), Reject>> Visitor<'de> for Members<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(Key(name)) = map.next_key()? {
            let value: &'de RawValue = map.next_value()?;
            if let Err(reason) = (self.each)(name, value.get()) {
                *self.fault = Some(reason);
                return Err(M::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

struct Elements<'f, F> {
    each: F,
    fault: &'f mut Option<Reject>,
}

impl<'de, F: FnMut(&'de str) -> Result<(), Reject>> Visitor<'de> for Elements<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> Result<(), S::Error> {
        while let Some(value) = seq.next_element::<&'de RawValue>()? {
            if let Err(reason) = (self.each)(value.get()) {
                *self.fault = Some(reason);
                return Err(S::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

/// A member's name, borrowed unless it has escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// An array or object without the blanks between its parts; `None` when it is nested deeper than `depth_max`.
pub(crate) fn compact(raw: &str, depth_max: usize) -> Option<String> {
    let mut depth = 0usize;
    let (mut in_text, mut escaped) = (false, false);
    let mut text = String::with_capacity(raw.len());
    for c in raw.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            match c {
                ' ' | '\t' | '\r' | '\n' => continue,
                '"' => in_text = true,
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > depth_max {
                return None;
            }
        }
        text.push(c);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart() {
        let check = |raw: &str, wanted: Item<'_>| assert_eq!(item(raw).as_ref(), Ok(&wanted), "{raw}");
        check("null", Item::Null);
        check("true", Item::Bool(true));
        check("-9223372036854775808", Item::Int(i64::MIN));
        check("9223372036854775808", Item::Float(9_223_372_036_854_775_808.0));
        check("1.0", Item::Float(1.0));
        check("1e400", Item::Float(f64::INFINITY));
        check("\"a\"", Item::Text("a".into()));
        check("\"\\u00e9\\n\"", Item::Text("é\n".into()));
        check("\"\"", Item::Text("".into()));
        check("[1]", Item::Array("[1]"));
        check("{}", Item::Object("{}"));
        assert_eq!(item("\"\\ud800\""), Err(Reject::NotJson));
    }

    #[test]
    fn documents_are_walked_in_order() {
        let names = |json: &str| {
            let mut seen = Vec::new();
            members(json, |name, raw| {
                seen.push(format!("{name}={raw}"));
                Ok(())
            })
            .map(|()| seen.join("|"))
        };
        assert_eq!(names(r#" {"a" : [1, {"b":2}] , "\u0061":"x"} "#).as_deref(), Ok(r#"a=[1, {"b":2}]|a="x""#));
        for bad in ["", "[]", "1", "{", "{\"a\":}", "{} x", "{\"a\":\"\n\"}"] {
            assert_eq!(names(bad), Err(Reject::NotJson), "{bad}");
        }
        let refused = members("{\"a\":1}", |_, _| Err(Reject::Truncated));
        assert_eq!(refused, Err(Reject::Truncated));
        let mut n = 0;
        let counted = elements("[1, [2], {}]", |_| {
            n += 1;
            Ok(())
        });
        assert_eq!(counted, Ok(()));
        assert_eq!(n, 3);
    }

    #[test]
    fn nested_values_lose_their_blanks_and_have_a_depth() {
        let raw = "{ \"a b\" : [ 1 ,\n\"x \\\" y\\\\\" , {} ] }";
        assert_eq!(compact(raw, 3).as_deref(), Some(r#"{"a b":[1,"x \" y\\",{}]}"#));
        assert_eq!(compact(raw, 2), None);
    }
}
