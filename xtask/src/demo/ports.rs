//! Addresses to listen on: the usual ones when they are free, so that what people know works.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The usual port on this machine, or 0, any port, when somebody else has it.
pub(crate) fn usual_or_any(port: u16) -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let free = TcpListener::bind(usual).is_ok();
    if free { usual } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_a_taken_port_alone() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_eq!(usual_or_any(port), SocketAddr::from(([127, 0, 0, 1], 0)));
    }
}
