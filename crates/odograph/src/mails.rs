//! Mails of the dialects, on their way to a server or a folder.

use std::future::Future;
use std::pin::Pin;

use mail::{MailOptions, Mailer, SetupError};
use navixy::{NotSent, Postman};

use crate::settings::Settings;

/// Hands mails to the mailer, and tells the operator when one was not taken.
pub(crate) struct Mails(Mailer);

impl Mails {
    /// As the settings have it; `None` when no mails are sent.
    pub(crate) fn new(settings: &Settings) -> Result<Option<Self>, SetupError> {
        let mail = &settings.mail;
        if mail.url.expose().is_empty() {
            return Ok(None);
        }
        let options = MailOptions {
            from: mail.from.clone(),
            timeout_s: mail.timeout_s,
            at_once_max: mail.at_once_max,
            waiting_max: mail.waiting_max,
        };
        Mailer::from_url(mail.url.expose(), &options).map(|mailer| Some(Self(mailer)))
    }
}

impl Postman for Mails {
    fn send<'a>(
        &'a self,
        to: &'a str,
        subject: &'a str,
        text: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>> {
        Box::pin(async move {
            self.0.send(to, subject, text).await.map_err(|error| {
                tracing::warn!(%error, "a mail was not sent");
                NotSent
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The room documents its defaults; the table is not to say otherwise.
    #[test]
    fn the_defaults_are_those_of_the_room() {
        let (mail, room) = (&Settings::default().mail, MailOptions::new(String::new()));
        assert_eq!(
            (mail.timeout_s, mail.at_once_max, mail.waiting_max),
            (room.timeout_s, room.at_once_max, room.waiting_max)
        );
        assert!(matches!(Mails::new(&Settings::default()), Ok(None)));
    }
}
