//! Mails into folders, and to a mail server on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;

use mail::{MailOptions, Mailer, SendError, SetupError, is_sender, is_url};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const FROM: &str = "Fleet <fleet@example.com>";
const TO: &str = "ann@example.com";

fn mailer(url: &str) -> Mailer {
    mailer_with(url, |options| options)
}

fn mailer_with(url: &str, change: fn(MailOptions) -> MailOptions) -> Mailer {
    Mailer::from_url(url, &change(MailOptions::new(FROM.to_owned()))).expect(url)
}

#[test]
fn only_places_for_mail_are_taken() {
    for url in [
        "smtp://localhost",
        "smtp://localhost:2525",
        "smtp://ann:secret@mail.example.com?tls=required",
        "smtps://ann:secret@mail.example.com",
        "file:mails",
        "file:/var/mails",
        "file:///var/mails",
    ] {
        assert!(is_url(url), "{url}");
    }
    for url in ["", "file:", "file://", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://h?tls=maybe"]
    {
        assert!(!is_url(url), "{url}");
    }
}

#[test]
fn the_sender_is_an_address() {
    assert!(is_sender(FROM) && is_sender(TO));
    assert!(!is_sender("") && !is_sender("fleet"));
    let refused = Mailer::from_url("file:x", &MailOptions::new("fleet".to_owned())).err();
    assert_eq!(refused, Some(SetupError::From));
}

#[test]
fn a_password_is_in_no_debug_text() {
    let text = format!("{:?}", mailer("smtps://ann:swordfish@mail.example.com"));
    assert!(!text.contains("swordfish"), "{text}");
}

#[tokio::test]
async fn a_mail_becomes_a_file_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("new/mails");
    let mailer = mailer(&format!("file:{}", folder.display()));
    mailer.send(TO, "Your new password", "One line.\nÄnother.\n").await.expect("written");
    mailer.send(TO, "Your new password", "The second.").await.expect("written");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    let (folder_mode, file_mode) = (mode(&folder), mode(&files[0]));
    assert_eq!((folder_mode, file_mode), (0o700, 0o600));
    let texts: Vec<_> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(texts.iter().all(|text| text.contains("To: ann@example.com\r\n")), "{texts:?}");
    assert!(texts.iter().all(|text| text.contains("From: Fleet <fleet@example.com>\r\n")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("The second.")), "{texts:?}");
}

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = mailer(&format!("file:{}/x", file.path().display())).send(TO, "x", "x").await;
    assert!(matches!(refused, Err(SendError::File(_))), "{refused:?}");
}

#[tokio::test]
async fn what_cannot_be_a_mail_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = mailer(&format!("file:{}", dir.path().display()));
    for (to, subject) in
        [("nobody", "x"), ("", "x"), ("a@b.example\r\nBcc: c@d.example", "x"), (TO, "x\r\nBcc: c@d.example")]
    {
        let refused = mailer.send(to, subject, "x").await;
        assert!(matches!(refused, Err(SendError::Message)), "{to:?} {subject:?} {refused:?}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Answers one client, a line a line, with what `answer` says to each; gives back what the client said.
async fn serve(listener: TcpListener, answer: fn(&str) -> &'static str) -> Vec<String> {
    let (stream, _) = listener.accept().await.unwrap();
    converse(stream, answer).await
}

async fn converse(mut stream: TcpStream, answer: fn(&str) -> &'static str) -> Vec<String> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let mut said = Vec::new();
    let mut in_data = false;
    write.write_all(b"220 mail.example.com\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let reply = match in_data && line != "." {
            true => "",
            false => answer(&line),
        };
        in_data = reply.starts_with("354") || (in_data && line != ".");
        said.push(line);
        if write.write_all(reply.as_bytes()).await.is_err() {
            break;
        }
    }
    said
}

fn willing(line: &str) -> &'static str {
    match line.split_whitespace().next() {
        Some("DATA") => "354 go on\r\n",
        Some("QUIT") => "221 bye\r\n",
        _ => "250 ok\r\n",
    }
}

fn choosy(line: &str) -> &'static str {
    if line.starts_with("RCPT") { "550 nobody of that name\r\n" } else { willing(line) }
}

async fn server(answer: fn(&str) -> &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    (url, tokio::spawn(serve(listener, answer)))
}

#[tokio::test]
async fn a_mail_server_is_handed_the_mail() {
    let (url, server) = server(willing).await;
    mailer(&url).send(TO, "Your new password", "The code:\n\nabc\n.\nend").await.expect("sent");
    let said = server.await.unwrap();
    let position = |wanted: &str| {
        let found = said.iter().position(|line| line == wanted);
        found.unwrap_or_else(|| panic!("{wanted} in {said:?}"))
    };
    let order = [
        position("MAIL FROM:<fleet@example.com>"),
        position("RCPT TO:<ann@example.com>"),
        position("DATA"),
        position("Subject: Your new password"),
        position("abc"),
        // A line of one dot is doubled, as it would end the mail.
        position(".."),
        position("."),
    ];
    assert!(order.is_sorted(), "{said:?}");
}

#[tokio::test]
async fn a_mail_server_that_refuses_is_an_error() {
    let (url, server) = server(choosy).await;
    let refused = mailer(&url).send(TO, "x", "x").await;
    assert!(matches!(&refused, Err(SendError::Server(error)) if error.is_permanent()), "{refused:?}");
    assert!(!server.await.unwrap().contains(&"DATA".to_owned()));
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = mailer(&url).send(TO, "x", "x").await;
    assert!(matches!(refused, Err(SendError::Server(_))), "{refused:?}");
}

#[tokio::test]
async fn who_waits_in_vain_gives_up_and_those_beyond_the_limit_are_refused_at_once() {
    // Takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mailer = mailer_with(&url, |o| MailOptions { timeout_s: 1, at_once_max: 1, waiting_max: 1, ..o });
    let (first, second, third) =
        tokio::join!(mailer.send(TO, "x", "x"), mailer.send(TO, "x", "x"), mailer.send(TO, "x", "x"));
    assert!(matches!((&first, &second), (Err(SendError::TimedOut), Err(SendError::TimedOut))), "{first:?} {second:?}");
    assert!(matches!(third, Err(SendError::Busy)), "{third:?}");
    let later = mailer.send(TO, "x", "x").await;
    assert!(matches!(later, Err(SendError::TimedOut)), "the places are free again: {later:?}");
}
