//! Navixy Generic Protocol over MQTT 3.1.1 and 5: one JSON object a message, to the topic of its device.

mod packet;
mod session;
#[cfg(test)]
mod tests;
mod words;

use crate::session::Session;
use crate::stream::Stream;
use crate::{Family, Likeness, Limits, Presence};

/// This way to speak it.
pub(crate) const FAMILY: Family = Family {
    name: "mqtt",
    default_listen: "127.0.0.1:1883",
    presence: Presence::Connection,
    open,
    open_udp: None,
    recognise,
};

fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(session::Mqtt::new(limits), limits))
}

/// A connection begins with a packet that asks for one: a kind, a length of one to four bytes, and the protocol's name.
fn recognise(bytes: &[u8]) -> Likeness {
    const LENGTH_BYTES_MAX: usize = 4;
    let Some((kind, rest)) = bytes.split_first() else { return Likeness::Perhaps };
    if *kind != packet::CONNECT {
        return Likeness::No;
    }
    let length_bytes = rest.iter().take(LENGTH_BYTES_MAX).position(|b| b & 0x80 == 0);
    match length_bytes {
        Some(at) => Likeness::starts_with(&rest[at + 1..], &[b"\0\x04MQTT", b"\0\x06MQIsdp"]),
        None if rest.len() < LENGTH_BYTES_MAX => Likeness::Perhaps,
        None => Likeness::No,
    }
}
