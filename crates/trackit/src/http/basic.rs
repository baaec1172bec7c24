//! Who calls: login and password with every request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleet::LoginError;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use model::Timestamp;
use web::Call;

use super::answer::Refusal;
use super::{Api, Caller};

/// Bytes of the longest header that is looked at.
const HEADER_BYTES_MAX: usize = 4_096;

impl Api {
    /// Whose credentials a call brings. Refused ones count, and while there are too many nobody is heard.
    pub(super) async fn caller(&self, call: &Call, now: Timestamp) -> Result<Caller, Refusal> {
        let credentials = credentials(&call.headers);
        let login = credentials.as_ref().map(|(login, _)| login.as_str());
        let refused = &self.shared.refused;
        refused.check(call.peer, login, now).map_err(Refusal::TooManyRefused)?;
        let Some((login, password)) = &credentials else {
            // Many programs ask without credentials first, to learn that they are needed. That is no attempt.
            if call.headers.contains_key(AUTHORIZATION) {
                refused.note(call.peer, None, now);
            }
            return Err(Refusal::NotAuthorized);
        };
        match self.shared.fleet.verify(login, password, now).await {
            Ok(session) => Ok(Caller { session, login: login.clone() }),
            Err(error) => {
                if matches!(error, LoginError::WrongLoginOrPassword) {
                    refused.note(call.peer, Some(login), now);
                }
                Err(error.into())
            }
        }
    }
}

/// Login and password of the `Authorization` header, if it is of the scheme `Basic` and well formed.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok().filter(|header| header.len() <= HEADER_BYTES_MAX)?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (login, password) = decoded.split_once(':')?;
    (!login.is_empty()).then(|| (login.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn credentials_are_read_as_browsers_and_programs_send_them() {
        let check = |header: &str, expected: Option<(&str, &str)>| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(header).expect("a header"));
            let found = credentials(&headers);
            assert_eq!(found.as_ref().map(|(l, p)| (l.as_str(), p.as_str())), expected, "{header}");
        };
        check("Basic YW5uOnNlY3JldA==", Some(("ann", "secret")));
        check("basic  YW5uOnNlY3JldA==", Some(("ann", "secret")));
        check("Basic YW5uOnNlOmNyZXQ=", Some(("ann", "se:cret")));
        check("Basic YW5uOg==", Some(("ann", "")));
        check("Basic OnNlY3JldA==", None);
        check("Basic YW5u", None);
        check("Basic ???", None);
        check("Basic /w==", None);
        check("Bearer YW5uOnNlY3JldA==", None);
        check("Basic", None);
        assert_eq!(credentials(&HeaderMap::new()), None);
    }
}
