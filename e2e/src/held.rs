//! An HTTP answer that is held open, read piece by piece as it comes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::wait::DEADLINE;

/// The answer.
#[derive(Debug)]
pub struct Held {
    stream: TcpStream,
    read: Vec<u8>,
    /// The status.
    pub status: u16,
    /// The header lines, lower case.
    pub head: String,
}

impl Held {
    /// Asks, and reads the head of the answer.
    #[track_caller]
    pub fn get(address: SocketAddr, target: &str) -> Held {
        let mut stream = TcpStream::connect(address).expect("the listener accepts");
        stream.set_read_timeout(Some(DEADLINE)).expect("a TCP option");
        let request = format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut held = Held { stream, read: Vec::new(), status: 0, head: String::new() };
        held.head = held.through(b"\r\n\r\n").to_ascii_lowercase();
        held.status = held.head.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a status");
        held
    }

    /// The next piece; empty at the end.
    #[track_caller]
    pub fn piece(&mut self) -> String {
        let length = self.through(b"\r\n");
        let length = usize::from_str_radix(length.trim_end(), 16).expect("a chunk's length");
        while self.read.len() < length + 2 {
            self.more();
        }
        let piece: Vec<u8> = self.read.drain(..length + 2).take(length).collect();
        String::from_utf8(piece).expect("text")
    }

    /// All that is left of the answer.
    #[track_caller]
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        loop {
            match self.piece() {
                piece if piece.is_empty() => return rest,
                piece => rest += &piece,
            }
        }
    }

    /// Everything through this mark.
    #[track_caller]
    fn through(&mut self, mark: &[u8]) -> String {
        loop {
            if let Some(at) = self.read.windows(mark.len()).position(|window| window == mark) {
                let text = self.read.drain(..at + mark.len()).collect();
                return String::from_utf8(text).expect("text");
            }
            self.more();
        }
    }

    #[track_caller]
    fn more(&mut self) {
        let mut piece = [0; 16 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) => panic!("closed in the middle; unfinished: {:?}", String::from_utf8_lossy(&self.read)),
            Ok(count) => self.read.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("nothing came: {error}; read {:?}", String::from_utf8_lossy(&self.read)),
        }
    }
}
