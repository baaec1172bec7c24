//! A client that says exactly what a test wants said.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    stream: TcpStream,
    /// Read and not looked at.
    unread: Vec<u8>,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The request that opens a WebSocket at `path`, with one header changed: `Name: value`.
pub(crate) fn opening(path: &str, change: &str) -> String {
    let usual = [
        "Host: here",
        "Connection: keep-alive, Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        &format!("Sec-WebSocket-Key: {KEY}"),
    ];
    let name = |header: &str| header.split(':').next().unwrap_or_default().to_owned();
    let kept = usual.iter().filter(|header| change.is_empty() || name(header) != name(change)).copied();
    let headers: Vec<_> = kept.chain((!change.is_empty()).then_some(change)).collect();
    format!("GET {path} HTTP/1.1\r\n{}\r\n\r\n", headers.join("\r\n"))
}

/// A frame as clients send it.
pub(crate) fn frame(opcode: u8, fin: bool, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
    let mut frame = vec![u8::from(fin) << 7 | opcode];
    match payload.len() {
        short @ ..126 => frame.push(0x80 | short as u8),
        medium @ ..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(TEXT, true, payload.as_bytes())
}

impl Client {
    /// Goes as a machine does that falls over: without an end of the stream.
    pub(crate) fn break_off(self) {
        self.stream.set_zero_linger().expect("an option of every socket");
    }

    pub(crate) async fn connect(to: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(to).await.expect("connected"), unread: Vec::new() }
    }

    /// A client whose own buffer takes next to nothing.
    pub(crate) async fn connect_narrow(to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("set");
        Self { stream: socket.connect(to).await.expect("connected"), unread: Vec::new() }
    }

    /// An open WebSocket; `early` is sent in one write with the request.
    pub(crate) async fn open_with(to: SocketAddr, early: &[u8]) -> Self {
        let mut client = Self::connect(to).await;
        client.upgrade(early).await;
        client
    }

    pub(crate) async fn upgrade(&mut self, early: &[u8]) {
        self.send(&[opening("/socket", "").as_bytes(), early].concat()).await;
        let answered = self.answer().await;
        assert_eq!(answered.status, 101, "{answered:?}");
        assert!(answered.head.contains(&format!("sec-websocket-accept: {ACCEPT}")), "{answered:?}");
        assert_eq!(self.message().await, (TEXT, b"hello".to_vec()));
    }

    pub(crate) async fn open(to: SocketAddr) -> Self {
        Self::open_with(to, b"").await
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("written");
    }

    /// Reads more; false at the end.
    async fn read(&mut self) -> bool {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await.expect("in good time");
        read.is_ok_and(|bytes| bytes > 0)
    }

    async fn take(&mut self, bytes: usize) -> Vec<u8> {
        while self.unread.len() < bytes {
            assert!(self.read().await, "ended after {:?}", self.unread);
        }
        self.unread.drain(..bytes).collect()
    }

    /// The next HTTP answer.
    pub(crate) async fn answer(&mut self) -> Answered {
        let head_bytes = loop {
            if let Some(at) = self.unread.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.read().await, "ended after {:?}", String::from_utf8_lossy(&self.unread));
        };
        let head = String::from_utf8(self.take(head_bytes).await).expect("text").to_ascii_lowercase();
        let head = head.replace(&ACCEPT.to_ascii_lowercase(), ACCEPT);
        let status = head[9..12].parse().expect("a status");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let body = self.take(length.parse().expect("a number")).await;
        Answered { status, head, body: String::from_utf8(body).expect("text") }
    }

    /// The next piece of an answer that comes in pieces; empty at its end.
    pub(crate) async fn chunk(&mut self) -> String {
        let line_bytes = loop {
            if let Some(at) = self.unread.windows(2).position(|w| w == b"\r\n") {
                break at + 2;
            }
            assert!(self.read().await, "ended after {:?}", String::from_utf8_lossy(&self.unread));
        };
        let line = String::from_utf8(self.take(line_bytes).await).expect("text");
        let bytes = usize::from_str_radix(line.trim_end(), 16).expect("a length");
        let chunk = String::from_utf8(self.take(bytes).await).expect("text");
        assert_eq!(self.take(2).await, b"\r\n");
        chunk
    }

    /// The next frame: opcode and payload.
    pub(crate) async fn frame(&mut self) -> (u8, Vec<u8>) {
        let start = self.take(2).await;
        assert_eq!(start[0] & 0xF0, 0x80, "whole, and nothing reserved");
        let length = match start[1] {
            126 => u16::from_be_bytes(self.take(2).await.try_into().expect("2 bytes")).into(),
            127 => u64::from_be_bytes(self.take(8).await.try_into().expect("8 bytes")),
            short => u64::from(short),
        };
        (start[0] & 0x0F, self.take(length as usize).await)
    }

    /// The next frame that is no Ping.
    pub(crate) async fn message(&mut self) -> (u8, Vec<u8>) {
        loop {
            let frame = self.frame().await;
            if frame.0 != PING {
                return frame;
            }
        }
    }

    pub(crate) async fn text(&mut self) -> String {
        let (opcode, payload) = self.message().await;
        assert_eq!(opcode, TEXT, "{payload:?}");
        String::from_utf8(payload).expect("text")
    }

    /// The code of the Close that comes next.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let (opcode, payload) = self.message().await;
        assert_eq!(opcode, CLOSE, "{}", String::from_utf8_lossy(&payload));
        payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))
    }

    /// Reads to the end; how many bytes there were.
    pub(crate) async fn read_to_end(&mut self) -> usize {
        let mut bytes = 0;
        loop {
            bytes += std::mem::take(&mut self.unread).len();
            if !self.read().await {
                return bytes + self.unread.len();
            }
        }
    }
}
