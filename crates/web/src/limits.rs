//! All limits of the web port, with their units.

/// Limits of HTTP connections and requests.
#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// Largest request head.
    pub head_bytes_max: usize,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// How long a client may take to send a request head, and how long a kept connection may idle.
    pub head_timeout_s: u64,
    /// How long a client may take to send a body.
    pub body_timeout_s: u64,
    /// Seconds for which a client may take nothing of its answer.
    pub blocked_s: u64,
    /// Connections one address may hold; 0 means no limit.
    pub connections_per_address_max: u32,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head_bytes_max: 64 * 1024,
            body_bytes_max: 16 * 1024 * 1024,
            head_timeout_s: 75,
            body_timeout_s: 60,
            blocked_s: 30,
            connections_per_address_max: 10_000,
        }
    }
}

/// Limits of WebSocket connections.
#[derive(Clone, Debug)]
pub struct SocketLimits {
    /// Largest message a client may send.
    pub message_bytes_max: usize,
    /// Seconds between the Pings of the server.
    pub ping_s: u64,
    /// Seconds without a sign of life after which a peer counts as dead.
    pub dead_peer_s: u64,
    /// Seconds for which a peer may leave its socket blocked.
    pub blocked_s: u64,
    /// Seconds a peer has to answer a Close.
    pub close_timeout_s: u64,
    /// How much is gathered into one write.
    pub write_bytes: usize,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 1024 * 1024,
            ping_s: 30,
            dead_peer_s: 90,
            blocked_s: 30,
            close_timeout_s: 5,
            write_bytes: 256 * 1024,
        }
    }
}
