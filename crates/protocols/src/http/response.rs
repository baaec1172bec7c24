//! The few answers that device ports give.

/// How the connection goes on after an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Persist {
    /// As HTTP/1.1 does unless told otherwise.
    Open,
    /// Kept open for an HTTP/1.0 client that asked for it.
    OpenByRequest,
    /// It ends.
    Close,
}

/// A status code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    Ok,
    BadRequest,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    ContentTooLarge,
    HeadTooLarge,
    ServerFault,
    NotImplemented,
    VersionNotSupported,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed\r\nAllow: POST",
            Self::RequestTimeout => "408 Request Timeout",
            Self::ContentTooLarge => "413 Content Too Large",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::ServerFault => "500 Internal Server Error",
            Self::NotImplemented => "501 Not Implemented",
            Self::VersionNotSupported => "505 HTTP Version Not Supported",
        }
    }
}

/// The bytes of an answer; an empty `text` is an empty body.
pub(crate) fn response(status: Status, persist: Persist, text: &str) -> Vec<u8> {
    let connection = match persist {
        Persist::Open => "",
        Persist::OpenByRequest => "\r\nConnection: keep-alive",
        Persist::Close => "\r\nConnection: close",
    };
    let line = status.line();
    let length = text.len();
    let kind = if text.is_empty() { "" } else { "\r\nContent-Type: text/plain; charset=utf-8" };
    format!("HTTP/1.1 {line}{connection}{kind}\r\nContent-Length: {length}\r\n\r\n{text}").into_bytes()
}

/// Tells the client to send the body that it announced.
pub(crate) fn go_on() -> Vec<u8> {
    b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()
}
