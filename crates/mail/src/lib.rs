//! Sending mail: plain text to one address at a time, through a mail server or into a folder.
//!
//! [`Mailer::from_url`] takes one address for where mails go:
//!
//! | address | where |
//! | --- | --- |
//! | `smtps://user:password@host` | a mail server, by TLS from the first byte; port 465 unless given |
//! | `smtp://user:password@host?tls=required` | a mail server, by STARTTLS; port 587 unless given |
//! | `smtp://host` | a mail server without TLS, for one on the same machine; port 25 unless given |
//! | `file:DIR` | a folder in which each mail becomes a file, for tests and small installations |
//!
//! The address may hold a password, so that it is part of no `Debug` text and no error.
#![deny(missing_docs)]

mod folder;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::Semaphore;

use folder::Folder;

/// Settings and limits of a [`Mailer`].
#[derive(Clone, Debug)]
pub struct MailOptions {
    /// Who mails are from: `fleet@example.com` or `Fleet <fleet@example.com>`.
    pub from: String,
    /// How long a mail may take from its turn until the server has it. Default 10.
    pub timeout_s: u64,
    /// Mails that are handed over at a time. Default 4.
    pub at_once_max: usize,
    /// Mails that may wait for their turn; beyond it they are refused. Default 64.
    pub waiting_max: usize,
}

impl MailOptions {
    /// The documented defaults, from this address.
    pub fn new(from: String) -> Self {
        Self { from, timeout_s: 10, at_once_max: 4, waiting_max: 64 }
    }
}

/// Why there is no [`Mailer`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetupError {
    /// The address of where mails go is none.
    Url,
    /// What mails are to be from is no address.
    From,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "not of the form smtp://…, smtps://… or file:DIR",
            Self::From => "the sender is not an e-mail address",
        })
    }
}

impl std::error::Error for SetupError {}

/// Why a mail was not sent.
#[derive(Debug)]
pub enum SendError {
    /// The address or the subject cannot be those of a mail.
    Message,
    /// Too many mails wait for their turn.
    Busy,
    /// The server did not take it in time.
    TimedOut,
    /// The server did not take it, or cannot be reached.
    Server(lettre::transport::smtp::Error),
    /// The file could not be written.
    File(std::io::Error),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message => f.write_str("the address or subject cannot be those of a mail"),
            Self::Busy => f.write_str("too many mails wait for their turn"),
            Self::TimedOut => f.write_str("the mail server did not answer in time"),
            Self::Server(error) => write!(f, "mail server: {error}"),
            Self::File(error) => write!(f, "mail folder: {error}"),
        }
    }
}

impl std::error::Error for SendError {}

/// Whether a text is an address that mails can be from.
pub fn is_sender(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

/// Whether a text has the form of an address that mails can go to.
pub fn is_url(text: &str) -> bool {
    Way::parse(text).is_ok()
}

enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(Folder),
}

impl Way {
    fn parse(url: &str) -> Result<Self, SetupError> {
        match url.strip_prefix("file:") {
            Some(path) => Folder::parse(path).map(Self::Folder).ok_or(SetupError::Url),
            None => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| SetupError::Url)?;
                Ok(Self::Smtp(builder.build()))
            }
        }
    }
}

/// Sends mails: so many at a time, with so many more waiting.
pub struct Mailer {
    way: Way,
    from: Mailbox,
    timeout: Duration,
    turns: Semaphore,
    /// Those who wait for their turn and those who have it.
    present: AtomicUsize,
    present_max: usize,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.way {
            Way::Smtp(_) => "(mailer by SMTP)",
            Way::Folder(_) => "(mailer into a folder)",
        })
    }
}

/// Gives a place back, also when the sender was dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Mailer {
    /// For the place that `url` names. Nothing is opened yet.
    ///
    /// # Errors
    /// When `url` or the sender is not what it must be.
    pub fn from_url(url: &str, options: &MailOptions) -> Result<Self, SetupError> {
        let at_once_max = options.at_once_max.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self {
            way: Way::parse(url)?,
            from: options.from.parse().map_err(|_| SetupError::From)?,
            timeout: Duration::from_secs(options.timeout_s),
            turns: Semaphore::new(at_once_max),
            present: AtomicUsize::new(0),
            present_max: at_once_max.saturating_add(options.waiting_max),
        })
    }

    /// Sends plain text to one address. Ready when the server, or the disk, has it.
    ///
    /// # Errors
    /// When it was not sent. Nothing is tried again.
    pub async fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), SendError> {
        let message = self.message(to, subject, text).ok_or(SendError::Message)?;
        let place = Place(&self.present);
        if self.present.fetch_add(1, Ordering::Relaxed) >= self.present_max {
            return Err(SendError::Busy);
        }
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await.map_err(|_| SendError::Busy)?;
        let handed_over = tokio::time::timeout(self.timeout, self.hand_over(message)).await;
        drop(place);
        handed_over.unwrap_or(Err(SendError::TimedOut))
    }

    fn message(&self, to: &str, subject: &str, text: &str) -> Option<Message> {
        // What could begin another header does not belong into a subject.
        let to = to.parse().ok().filter(|_| !subject.contains(char::is_control))?;
        let builder = Message::builder().from(self.from.clone()).to(to).subject(subject);
        builder.header(ContentType::TEXT_PLAIN).body(text.to_owned()).ok()
    }

    async fn hand_over(&self, message: Message) -> Result<(), SendError> {
        match &self.way {
            Way::Smtp(transport) => transport.send(message).await.map(drop).map_err(SendError::Server),
            Way::Folder(folder) => folder.put(message.formatted()).await.map_err(SendError::File),
        }
    }
}
