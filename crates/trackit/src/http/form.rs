//! One field of a form, in each of the ways in which clients send forms.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use memchr::memmem;
use serde_json::value::RawValue;

/// Parts of a form that are looked at.
const PARTS_MAX: usize = 64;

/// The body is no form of the kind that it says it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed;

/// The text of the field with this name; `None` when the form has none.
pub(super) fn field<'b>(name: &str, headers: &HeaderMap, body: &'b [u8]) -> Result<Option<Cow<'b, str>>, Malformed> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media_type = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        _ if body.is_empty() => Ok(None),
        "multipart/form-data" => of_parts(name, boundary(kind).ok_or(Malformed)?, body),
        "application/json" => of_json(name, body),
        _ => Ok(form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value)),
    }
}

/// The text between the parts, as the header has it.
fn boundary(kind: &str) -> Option<&str> {
    let parameter = kind.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value.trim().trim_matches('"'))
    })?;
    (1..=70).contains(&parameter.len()).then_some(parameter)
}

fn of_parts<'b>(name: &str, boundary: &str, body: &'b [u8]) -> Result<Option<Cow<'b, str>>, Malformed> {
    let delimiter = format!("--{boundary}");
    let mut rest = body.strip_prefix(delimiter.as_bytes()).ok_or(Malformed)?;
    let between = format!("\r\n{delimiter}");
    for _ in 0..PARTS_MAX {
        if rest.starts_with(b"--") {
            return Ok(None);
        }
        let part = rest.strip_prefix(b"\r\n").ok_or(Malformed)?;
        let end = memmem::find(part, between.as_bytes()).ok_or(Malformed)?;
        let (part, after) = part.split_at(end);
        rest = &after[between.len()..];
        let head_end = memmem::find(part, b"\r\n\r\n").ok_or(Malformed)?;
        let head = std::str::from_utf8(&part[..head_end]).map_err(|_| Malformed)?;
        if part_name(head) == Some(name) {
            let value = std::str::from_utf8(&part[head_end + 4..]).map_err(|_| Malformed)?;
            return Ok(Some(Cow::Borrowed(value)));
        }
    }
    Err(Malformed)
}

/// The name that a part's head gives it.
fn part_name(head: &str) -> Option<&str> {
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    disposition.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("name").then_some(value.trim_matches('"'))
    })
}

fn of_json<'b>(name: &str, body: &'b [u8]) -> Result<Option<Cow<'b, str>>, Malformed> {
    let members: std::collections::HashMap<Cow<'_, str>, &RawValue> =
        serde_json::from_slice(body).map_err(|_| Malformed)?;
    match members.get(name).map(|raw| raw.get()) {
        None | Some("null") => Ok(None),
        Some(raw) => serde_json::from_str(raw).map(|text: String| Some(Cow::Owned(text))).map_err(|_| Malformed),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(kind: &str, body: &[u8]) -> Result<Option<String>, Malformed> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).expect("a header"));
        field("SESSID", &headers, body).map(|field| field.map(Cow::into_owned))
    }

    const PARTS: &str = "--xYz\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--xYz\r\n\
        Content-Disposition: form-data; name=\"SESSID\"\r\n\r\ntjMz\r\n--xYz--\r\n";

    #[test]
    fn a_field_is_found_in_every_kind_of_form() {
        let found = Ok(Some("tjMz".to_owned()));
        assert_eq!(read("multipart/form-data; boundary=xYz", PARTS.as_bytes()), found);
        assert_eq!(read("Multipart/Form-Data; charset=utf-8; boundary=\"xYz\"", PARTS.as_bytes()), found);
        assert_eq!(read("application/x-www-form-urlencoded", b"a=1&SESSID=tj%4Dz"), found);
        assert_eq!(read("text/plain", b"SESSID=tjMz"), found);
        assert_eq!(read("application/json; charset=utf-8", br#"{"a":[1],"SESSID":"tjMz"}"#), found);
    }

    #[test]
    fn a_form_may_be_without_it() {
        for (kind, body) in [
            ("multipart/form-data; boundary=xYz", ""),
            ("multipart/form-data; boundary=xYz", "--xYz--\r\n"),
            ("application/json", r#"{"SESSID":null}"#),
            ("application/x-www-form-urlencoded", "a=1"),
        ] {
            assert_eq!(read(kind, body.as_bytes()), Ok(None), "{kind} {body}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (kind, body) in [
            ("multipart/form-data", PARTS),
            ("multipart/form-data; boundary=another", PARTS),
            ("multipart/form-data; boundary=xYz", "--xYz\r\nno head"),
            ("multipart/form-data; boundary=xYz", "--xYz\r\n\r\n--xYz--"),
            ("application/json", "[]"),
            ("application/json", r#"{"SESSID":7}"#),
        ] {
            assert_eq!(read(kind, body.as_bytes()), Err(Malformed), "{kind} {body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
            let _ = read("multipart/form-data; boundary=xYz", &[b"--xYz\r\n", body.as_slice()].concat());
            let _ = read("multipart/form-data; boundary=xYz", &PARTS.as_bytes()[..cut.min(PARTS.len())]);
            let _ = read("application/json", &body);
        }
    }
}
