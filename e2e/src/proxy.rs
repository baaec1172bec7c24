//! A relay between client and server whose connections a test can cut, as a network does.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::wait::{DEADLINE, poll};

/// Passes bytes both ways until told to cut.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Listens on a port of its own and passes everything to `target`.
    pub fn to(target: SocketAddr) -> Proxy {
        Proxy::with(target, false)
    }

    /// The same, but every WebSocket is refused, as some networks do.
    pub fn without_websockets(target: SocketAddr) -> Proxy {
        Proxy::with(target, true)
    }

    fn with(target: SocketAddr, refuses_upgrades: bool) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let open = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&open);
        // Ends with the test process.
        std::thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                if refuses_upgrades && asks_for_upgrade(&client) {
                    let _ =
                        client.write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                    continue;
                }
                let Ok(server) = TcpStream::connect(target) else { continue };
                let clone = |stream: &TcpStream| stream.try_clone().expect("a second handle");
                kept.lock().expect("no panic while held").extend([clone(&client), clone(&server)]);
                relay(clone(&client), clone(&server));
                relay(server, client);
            }
        });
        Proxy { address, open }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection that is open now, without a word on either side.
    pub fn cut(&self) {
        for stream in self.open.lock().expect("no panic while held").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Whether the first that a client says is to open a WebSocket. What it says stays unread.
fn asks_for_upgrade(client: &TcpStream) -> bool {
    let mut head = [0; 4096];
    let asked = poll(DEADLINE, || {
        let count = client.peek(&mut head).ok()?;
        let text = String::from_utf8_lossy(&head[..count]).to_ascii_lowercase();
        (count == 0 || text.contains("\r\n\r\n")).then(|| text.contains("upgrade: websocket"))
    });
    asked.unwrap_or(false)
}

fn relay(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut piece = [0; 16 * 1024];
        while let Ok(count) = from.read(&mut piece) {
            if count == 0 || to.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
