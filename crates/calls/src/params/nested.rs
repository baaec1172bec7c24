//! Objects within parameters, and arrays of them: their errors name the whole way, as `sensor.parameters.min` or
//! `data[2].in`.

use std::borrow::Cow;

use super::{ERRORS_MAX, FieldError, Params, Value, container, text};
use crate::json::{self, Members, Mistyped, NOT_ARRAY, NOT_OBJECT};

/// What a text is the name of.
pub fn named<T>(value: Value<'_>, find: impl FnOnce(&str) -> Option<T>) -> Result<T, Mistyped> {
    find(&text(value)?).ok_or(Mistyped("has an unknown value"))
}

impl Params<'_> {
    /// Reads an object parameter that may be missing, by its own members.
    pub fn optional_object<T>(&mut self, name: &str, read: impl FnOnce(&mut Params<'_>) -> T) -> Option<T> {
        let prefix = format!("{}{name}.", self.prefix);
        let (value, errors) = self.optional(name, |value| read_object(container(value)?, prefix, read))?;
        self.adopt(errors);
        Some(value)
    }

    /// Reads an array of objects, each by its own members; more than `count_max` are an error. What an element lacks
    /// is noted, and the element left out.
    pub fn objects<T>(
        &mut self,
        name: &str,
        count_max: usize,
        mut read: impl FnMut(&mut Params<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let path = format!("{}{name}", self.prefix);
        let (mut all, mut errors) = (Vec::new(), Vec::new());
        self.optional(name, |value| {
            json::elements(container(value)?, NOT_ARRAY, |i, element| {
                if i >= count_max {
                    return Err(Mistyped("has too many elements"));
                }
                match read_object(element, format!("{path}[{i}]."), &mut read) {
                    Ok((value, more)) => {
                        all.extend(value);
                        errors.extend(more.into_iter().take(ERRORS_MAX.saturating_sub(errors.len())));
                    }
                    Err(NOT_OBJECT) if errors.len() < ERRORS_MAX => {
                        errors.push(FieldError::new(format!("{path}[{i}]"), NOT_OBJECT.0));
                    }
                    Err(_) => {}
                }
                Ok(())
            })
        })?;
        self.adopt(errors);
        Some(all)
    }

    fn adopt(&mut self, errors: Vec<FieldError>) {
        let room = ERRORS_MAX.saturating_sub(self.errors.len());
        self.errors.extend(errors.into_iter().take(room));
    }
}

fn read_object<T>(
    raw: &str,
    prefix: String,
    read: impl FnOnce(&mut Params<'_>) -> T,
) -> Result<(T, Vec<FieldError>), Mistyped> {
    let json = Members::of_checked(raw).map_err(|_| NOT_OBJECT)?;
    let mut inner = Params { prefix: Cow::Owned(prefix), json, ..Params::default() };
    let value = read(&mut inner);
    Ok((value, inner.errors))
}

#[cfg(test)]
mod tests {
    use super::super::int;
    use super::*;

    fn read(body: &str) -> (Option<Vec<i32>>, Vec<String>) {
        let mut params = Params::parse(body.as_bytes(), Some(true), "").expect("readable");
        let points = params.optional_object("outer", |outer| outer.objects("list", 3, |p| p.required("in", int)));
        let named = params.invalid().0.into_iter().map(|f| f.parameter).collect();
        (points.flatten(), named)
    }

    #[test]
    fn errors_name_the_whole_way() {
        let check = |body: &str, found: Option<&[i32]>, wrong: &[&str]| {
            let (points, named) = read(body);
            assert_eq!(points.as_deref(), found, "{body}");
            assert_eq!(named, wrong, "{body}");
        };
        check(r#"{}"#, None, &[]);
        check(r#"{"outer":null}"#, None, &[]);
        check(r#"{"outer":5}"#, None, &["outer"]);
        check(r#"{"outer":{}}"#, None, &[]);
        check(r#"{"outer":{"list":{}}}"#, None, &["outer.list"]);
        check(r#"{"outer":{"list":[{"in":1},{"in":"2"}]}}"#, Some(&[1, 2]), &[]);
        check(r#"{"outer":{"list":[{"in":1},{},5]}}"#, Some(&[1]), &["outer.list[1].in", "outer.list[2]"]);
        check(r#"{"outer":{"list":[{},{},{},{}]}}"#, None, &["outer.list"]);
    }
}
