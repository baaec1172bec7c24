//! `user/password/…` and what a user does who forgot its password.

use std::future::Future;
use std::pin::Pin;

use calls::Request;
use calls::params;
use calls::problem_text;
use fleet::{PasswordError, PasswordToken, RestoreError, Session};

use crate::errors::{Condition, FieldError};
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::failure::failed;
use crate::http::method::{Kind, Method, required};

/// Where mails are handed in.
pub trait Postman: Send + Sync + 'static {
    /// Sends plain text to one address. Ready when the mail was taken on, not when it has arrived.
    fn send<'a>(
        &'a self,
        to: &'a str,
        subject: &'a str,
        text: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;
}

/// A mail was not taken on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotSent;

/// How users are written to.
pub(super) struct Mail {
    pub(super) postman: Box<dyn Postman>,
    /// The page on which a user chooses a new password, with [`TOKEN`] in it; empty when there is none.
    pub(super) password_url: String,
}

/// What stands for the token in the address of a page.
const TOKEN: &str = "{hash}";
const SUBJECT: &str = "Your new password";

pub(super) const METHODS: &[Method] = &[
    Method::standard("user/password/set", "Takes a new password for the old one, and ends all sessions.", |a, s, r| {
        Box::pin(set(a, s, r))
    })
    .takes(&[required("old_password", Kind::Text, ""), required("new_password", Kind::Text, "")])
    .fails(&[Condition::WrongPassword, Condition::PasswordUnchanged, Condition::LoginAttemptsExceeded]),
    Method::token("user/password/change", "Takes a new password for a token, and ends all sessions.", |a, t, r| {
        Box::pin(change(a, t, r))
    })
    .takes(&[required("password", Kind::Text, "")]),
    Method::open("user/restore_password", "Sends a token for a new password by mail.", |a, r| Box::pin(restore(a, r)))
        .takes(&[required("login", Kind::Text, "")])
        .fails(&[Condition::NotFound, Condition::MailNotSent, Condition::TooSoon]),
];

impl From<RestoreError> for Refusal {
    fn from(error: RestoreError) -> Self {
        let condition = match error {
            RestoreError::NotFound => Condition::NotFound,
            RestoreError::TooSoon => Condition::TooSoon,
            RestoreError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

/// What the error means where the new password stands in this parameter.
fn refusal(error: PasswordError, parameter: &str) -> Refusal {
    let condition = match error {
        PasswordError::TooManyFailures => Condition::LoginAttemptsExceeded,
        PasswordError::WrongPassword => Condition::WrongPassword,
        PasswordError::Unchanged => Condition::PasswordUnchanged,
        PasswordError::Invalid(invalid) => {
            return Refusal::invalid(vec![FieldError::new(parameter, problem_text(invalid.problem))]);
        }
        PasswordError::SessionEnded => Condition::SessionEnded,
        PasswordError::Busy => Condition::TooManyRequests,
        PasswordError::Failed(failure) => failed(&failure),
    };
    condition.into()
}

async fn set(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let old = params.required("old_password", params::text);
    let new = params.required("new_password", params::text);
    params.finish()?;
    let (Some(old), Some(new)) = (old, new) else { return Err(params.invalid().into()) };
    let set = api.fleet.set_password(&session, &old, &new, request.now).await;
    set.map_err(|error| refusal(error, "new_password"))?;
    Ok(success(|_| {}))
}

async fn change(api: &Api, token: PasswordToken, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let password = request.params.required("password", params::text);
    request.params.finish()?;
    let Some(password) = password else { return Err(request.params.invalid().into()) };
    let changed = api.fleet.restore_password(token, &password, request.now).await;
    changed.map_err(|error| refusal(error, "password"))?;
    Ok(success(|_| {}))
}

async fn restore(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let login = request.params.required("login", params::text);
    request.params.finish()?;
    let Some(login) = login else { return Err(request.params.invalid().into()) };
    let Some(mail) = &api.mail else { return Err(Condition::MailNotSent.into()) };
    let restore = api.fleet.begin_restore(&login, request.now).await?;
    let text = text(&mail.password_url, restore.hash.as_str());
    if mail.postman.send(&restore.user.login, SUBJECT, &text).await.is_err() {
        // The user has nothing in hand, so that it need not wait before it asks again.
        api.fleet.cancel_restore(restore.token).await?;
        return Err(Condition::MailNotSent.into());
    }
    Ok(success(|_| {}))
}

/// What the mail says.
fn text(password_url: &str, token: &str) -> String {
    let way = match password_url {
        "" => format!("To choose a new password, enter this code:\n\n{token}\n"),
        url if url.contains(TOKEN) => {
            format!("To choose a new password, open this page:\n\n{}\n", url.replace(TOKEN, token))
        }
        // A page that is not told the token asks for it.
        url => format!("To choose a new password, open this page:\n\n{url}\n\nand enter this code:\n\n{token}\n"),
    };
    format!(
        "Somebody, probably you, asked for a new password for your account.\n\n{way}\n\
         It can be used once, and not for long. If you did not ask for it, you need not do anything.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_has_the_token_or_the_page_with_it() {
        let check = |url: &str, line: &str| {
            let text = text(url, "abc");
            assert!(text.lines().any(|l| l == line), "{text}");
        };
        check("", "abc");
        check("https://fleet.example.com/new?token={hash}&x=1", "https://fleet.example.com/new?token=abc&x=1");
        check("https://fleet.example.com/new", "https://fleet.example.com/new");
        check("https://fleet.example.com/new", "abc");
    }
}
