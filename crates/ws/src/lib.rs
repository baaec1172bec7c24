//! WebSocket framing (RFC 6455) for the server side of a connection, after the HTTP upgrade.
//!
//! Nothing here reads or writes: bytes come in as slices and go out as bytes, so the caller decides where buffers live
//! and how many there are. Two properties shape the crate:
//!
//! * **An idle connection costs [`Decoder`] and no heap.** The caller reads into a scratch buffer that many connections
//!   share and pulls events out of it; a message that arrived whole is unmasked and handed out where it lies. Only what
//!   is incomplete when a read ends is kept, and given back once complete.
//! * **A frame from the server is plain bytes.** It carries no mask, so a frame built once ([`frame_text`]) can be
//!   shared by every connection that gets it; [`write_header`] puts one around parts that are already rendered.
//!
//! Extensions are not offered: each reserved bit is an error.
//!
//! ```
//! use ws::{Decoder, Event};
//!
//! let mut decoder = Decoder::new(1024 * 1024);
//! // A masked text frame, as a client sends it.
//! let mut scratch = [0x81, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2];
//! let mut feed = decoder.feed(&mut scratch);
//! while let Some(event) = feed.next_event()? {
//!     assert_eq!(event, Event::Text("hi"));
//! }
//! # Ok::<(), ws::Error>(())
//! ```

#![warn(missing_docs)]

pub mod close_code;
mod decoder;
mod encode;
mod error;
mod event;
mod frame;
pub mod handshake;
mod header;
mod opcode;
mod texts;

pub use decoder::{Decoder, Feed};
pub use encode::{
    FrameStart, MAX_CLOSE_REASON_BYTES, MAX_CONTROL_PAYLOAD_BYTES, MAX_SERVER_HEADER_BYTES, close, frame_binary,
    frame_text, header, header_bytes, ping, pong, write_close, write_frame, write_header,
};
pub use error::Error;
pub use event::Event;
pub use opcode::Opcode;
pub use texts::texts;
