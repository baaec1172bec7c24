//! The parameters of a call, wherever they stand: JSON body, form body or query.
//!
//! A parameter that is missing or wrong is noted and reading goes on, so that the answer names all of them at once;
//! a method asks for everything it needs and then calls [`Params::finish`].

mod nested;

use std::borrow::Cow;
use std::collections::HashSet;

use fleet::Zone;
use model::{Civil, Timestamp};

use crate::json::{self, Members, Mistyped, NOT_ARRAY, NOT_OBJECT};
use crate::method::Param;
use crate::request::Unreadable;

/// How many fields of a form or query are read.
const FIELDS_MAX: usize = 256;
/// How many wrong parameters an answer lists.
const ERRORS_MAX: usize = 16;

pub use nested::named;

/// What is said of a parameter that must be there and is not.
pub const REQUIRED: &str = "is required";
const BAD_JSON: Mistyped = Mistyped("must be JSON");

/// Everything that a call brought along.
#[derive(Debug, Default)]
pub struct Params<'a> {
    /// What stands before a name in an error: `user.` in the object of that name.
    prefix: Cow<'static, str>,
    json: Members<'a>,
    /// Fields of the body, then of the query: the body wins.
    fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    errors: Vec<FieldError>,
    /// What was asked for: in debug builds held against what the method's row says that it takes.
    #[cfg(debug_assertions)]
    asked: std::cell::RefCell<Vec<String>>,
}

/// One parameter that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// Which: a dotted path, `requests[0].target.type`.
    pub parameter: String,
    /// What is wrong with it, in English.
    pub error: Cow<'static, str>,
}

impl FieldError {
    /// Says what is wrong with a parameter.
    pub fn new(parameter: impl Into<String>, error: impl Into<Cow<'static, str>>) -> Self {
        Self { parameter: parameter.into(), error: error.into() }
    }
}

/// The parameters of a call are not as they should be: which, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongParameters(pub Vec<FieldError>);

/// One parameter as it came.
#[derive(Clone, Copy, Debug)]
pub enum Value<'v> {
    /// JSON, checked.
    Json(&'v str),
    /// The text of a form field: a scalar as it is, an array or object as JSON.
    Field(&'v str),
}

/// A whole number of 32 bits.
pub fn int(value: Value<'_>) -> Result<i32, Mistyped> {
    match value {
        Value::Json(raw) => json::int(raw),
        Value::Field(text) => json::parse_int(text),
    }
}

/// A whole number of 64 bits that is not negative.
pub fn natural(value: Value<'_>) -> Result<u64, Mistyped> {
    text(value).ok().and_then(|text| text.trim().parse().ok()).ok_or(json::NOT_INT)
}

/// A number, finite.
pub fn number(value: Value<'_>) -> Result<f64, Mistyped> {
    match value {
        Value::Json(raw) => json::number(raw),
        Value::Field(text) => json::parse_number(text),
    }
}

/// True or false.
pub fn boolean(value: Value<'_>) -> Result<bool, Mistyped> {
    match value {
        Value::Json(raw) => json::boolean(raw),
        Value::Field(text) => json::parse_bool(text),
    }
}

/// Text.
pub fn text(value: Value<'_>) -> Result<String, Mistyped> {
    match value {
        Value::Json(raw) => Ok(json::text(raw)?.into_owned()),
        Value::Field(text) => Ok(text.to_owned()),
    }
}

/// Whole numbers, each once, in order of first mention; at most `count_max` of them are kept, and one more, so that
/// the caller sees that there were too many.
pub fn ints(value: Value<'_>, count_max: usize) -> Result<Vec<i32>, Mistyped> {
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    json::ints(container(value)?, |id| {
        if ids.len() <= count_max && seen.insert(id) {
            ids.push(id);
        }
    })?;
    Ok(ids)
}

/// Texts; more than `count_max` are an error.
pub fn texts(value: Value<'_>, count_max: usize) -> Result<Vec<String>, Mistyped> {
    let mut texts = Vec::new();
    json::elements(container(value)?, NOT_ARRAY, |i, element| {
        if i >= count_max {
            return Err(Mistyped("has too many elements"));
        }
        if element == "null" {
            return Err(Mistyped("must be an array of strings without nulls"));
        }
        texts.push(json::text(element)?.into_owned());
        Ok(())
    })?;
    Ok(texts)
}

/// Yes and no, in order; more than `count_max` are an error.
pub fn booleans(value: Value<'_>, count_max: usize) -> Result<Vec<bool>, Mistyped> {
    let mut booleans = Vec::new();
    json::elements(container(value)?, NOT_ARRAY, |i, element| {
        if i >= count_max {
            return Err(Mistyped("has too many elements"));
        }
        booleans.push(json::boolean(element).map_err(|_| Mistyped("must be an array of booleans"))?);
        Ok(())
    })?;
    Ok(booleans)
}

/// A date and time: on the clocks of `zone`, or with an offset of its own.
pub fn instant(value: Value<'_>, zone: &Zone) -> Result<Timestamp, Mistyped> {
    let text = text(value)?;
    let local = text.parse::<Civil>().and_then(|civil| zone.to_instant(civil));
    local.or_else(|_| Timestamp::parse_iso(&text)).map_err(|_| Mistyped("must be a date and time"))
}

/// The JSON of an array or object.
fn container(value: Value<'_>) -> Result<&str, Mistyped> {
    match value {
        Value::Json(raw) => Ok(raw),
        Value::Field(text) => json::check(text).map(|()| text.trim()).map_err(|_| BAD_JSON),
    }
}

impl<'a> Params<'a> {
    /// Those of a body and a query. `as_json` says what the body is; `None` leaves it to its first character.
    pub fn parse(body: &'a [u8], as_json: Option<bool>, query: &'a str) -> Result<Self, Unreadable> {
        let trimmed = body.trim_ascii();
        let as_json = as_json.unwrap_or_else(|| trimmed.first() == Some(&b'{'));
        let mut params = Self::default();
        if trimmed.is_empty() {
            // GET, and clients that announce JSON and send none.
        } else if as_json {
            let text = std::str::from_utf8(trimmed).map_err(|_| Unreadable::Format)?;
            params.json = Members::parse(text).map_err(|_| Unreadable::Format)?;
        } else {
            params.fields.extend(form_urlencoded::parse(trimmed).take(FIELDS_MAX));
        }
        params.fields.extend(form_urlencoded::parse(query.as_bytes()).take(FIELDS_MAX));
        Ok(params)
    }

    /// A parameter, if it was given. `null` is not given.
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        #[cfg(debug_assertions)]
        self.asked.borrow_mut().push(name.to_owned());
        let field = || self.fields.iter().find(|(n, _)| n == name).map(|(_, text)| Value::Field(text));
        self.json.get(name).map(Value::Json).or_else(field)
    }

    /// In debug builds, sees to it that nothing was asked for that the method's row does not name: what is not named
    /// there is in no document.
    pub fn hold_to(&self, path: &str, named: &[Param]) {
        #[cfg(debug_assertions)]
        for name in self.asked.borrow().iter() {
            let is_named = named.iter().any(|p| p.name == name) || ["hash", "iso_datetime"].contains(&&**name);
            debug_assert!(is_named, "{path} asks for {name}, which its row does not name");
        }
        #[cfg(not(debug_assertions))]
        let _ = (path, named);
    }

    /// A parameter that may be missing.
    pub fn optional<T>(&mut self, name: &str, read: impl FnOnce(Value<'_>) -> Result<T, Mistyped>) -> Option<T> {
        let value = read(self.get(name)?);
        value.map_err(|Mistyped(error)| self.error(name, error)).ok()
    }

    /// A parameter that must be there.
    pub fn required<T>(&mut self, name: &str, read: impl FnOnce(Value<'_>) -> Result<T, Mistyped>) -> Option<T> {
        if self.get(name).is_none() {
            self.error(name, REQUIRED);
        }
        self.optional(name, read)
    }

    /// A yes or no with a value when it is missing.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        self.optional(name, boolean).unwrap_or(default)
    }

    /// Notes what is wrong with a parameter.
    pub fn error(&mut self, name: &str, error: impl Into<Cow<'static, str>>) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(FieldError::new(format!("{}{name}", self.prefix), error));
        }
    }

    /// Reads an object parameter that must be there, by its own members. `prefix` is its name with a dot, after the
    /// prefix of the object that it is in.
    pub fn object<T>(&mut self, prefix: &'static str, read: impl FnOnce(&mut Params<'_>) -> T) -> Option<T> {
        let path = prefix.trim_end_matches('.');
        let name = path.rsplit('.').next().unwrap_or(path);
        let read_members = |value: Value<'_>| {
            let json = Members::of_checked(container(value)?).map_err(|_| NOT_OBJECT)?;
            let mut inner = Params { prefix: Cow::Borrowed(prefix), json, ..Params::default() };
            let value = read(&mut inner);
            Ok((value, inner.errors))
        };
        let (value, errors) = self.required(name, read_members)?;
        self.errors.extend(errors);
        Some(value)
    }

    /// Whether everything read so far was right.
    pub fn finish(&mut self) -> Result<(), WrongParameters> {
        if self.errors.is_empty() { Ok(()) } else { Err(self.invalid()) }
    }

    /// The refusal that names what was wrong.
    pub fn invalid(&mut self) -> WrongParameters {
        WrongParameters(std::mem::take(&mut self.errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(body: &'a str, as_json: Option<bool>, query: &'a str) -> Params<'a> {
        Params::parse(body.as_bytes(), as_json, query).expect("readable")
    }

    #[test]
    fn parameters_are_found_wherever_they_stand() {
        let check = |body: &str, as_json: Option<bool>, query: &str, expected: Option<i32>| {
            let mut params = parse(body, as_json, query);
            assert_eq!(params.optional("id", int), expected, "{body} {query}");
            assert!(params.finish().is_ok());
        };
        check(r#"{"id":5}"#, Some(true), "", Some(5));
        check(r#" {"id":"5"} "#, None, "id=6", Some(5));
        check("id=5&x=1", Some(false), "id=6", Some(5));
        check("id=5", None, "", Some(5));
        check("", Some(true), "id=%36", Some(6));
        check(r#"{"id":null}"#, Some(true), "id=6", Some(6));
        check(r#"{"other":1}"#, Some(true), "", None);
    }

    #[test]
    fn numbers_of_64_bits_are_whole_and_not_negative() {
        let check =
            |raw: &str, expected: Result<u64, Mistyped>| assert_eq!(natural(Value::Json(raw)), expected, "{raw}");
        check("5", Ok(5));
        check("18446744073709551615", Ok(u64::MAX));
        check(r#"" 7 ""#, Ok(7));
        for raw in ["-1", "18446744073709551616", "1.0", "true", "[1]", r#""""#] {
            check(raw, Err(json::NOT_INT));
        }
        assert_eq!(natural(Value::Field("12")), Ok(12));
    }

    #[test]
    fn bodies_that_cannot_be_read() {
        for (body, as_json) in
            [(&b"[1]"[..], Some(true)), (b"{", None), (b"id=5", Some(true)), (b"{\"a\":\"\xff\"}", None)]
        {
            assert_eq!(Params::parse(body, as_json, "").map(|_| ()), Err(Unreadable::Format));
        }
    }

    #[test]
    fn arrays_and_objects_in_fields_are_json() {
        let mut params = parse("ids=[3,1,%223%22]&labels=[\"a\",2]&user={\"login\":\"x\"}", Some(false), "");
        assert_eq!(params.required("ids", |v| ints(v, 10)), Some(vec![3, 1]));
        assert_eq!(params.required("labels", |v| texts(v, 10)), Some(vec!["a".to_owned(), "2".to_owned()]));
        let login = params.object("user.", |user| user.required("login", text));
        assert_eq!(login, Some(Some("x".to_owned())));
        assert!(params.finish().is_ok());
    }

    #[test]
    fn more_ids_than_allowed_are_noticed_not_kept() {
        let list: Vec<String> = (0..50).map(|i| i.to_string()).collect();
        let body = format!(r#"{{"ids":[{}]}}"#, list.join(","));
        assert_eq!(parse(&body, None, "").required("ids", |v| ints(v, 10)).map(|ids| ids.len()), Some(11));
    }

    #[test]
    fn all_that_is_wrong_is_named() {
        let mut params = parse(r#"{"id":"x","flag":1,"labels":[null],"user":{"age":[]},"group":5}"#, None, "");
        params.required("id", int);
        params.required("missing", text);
        params.flag("flag", true);
        params.optional("labels", |v| texts(v, 10));
        params.object("user.", |user| user.required("age", int));
        params.object("group.", |_| ());
        params.object("none.", |_| ());
        let named: Vec<(String, String)> =
            params.invalid().0.into_iter().map(|f| (f.parameter, f.error.into_owned())).collect();
        let expected = [
            ("id", "must be an integer"),
            ("missing", "is required"),
            ("flag", "must be a boolean"),
            ("labels", "must be an array of strings without nulls"),
            ("user.age", "must be an integer"),
            ("group", "must be an object"),
            ("none", "is required"),
        ];
        assert_eq!(named, expected.map(|(p, e)| (p.to_owned(), e.to_owned())));
    }
}
