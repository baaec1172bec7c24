//! Packets of clients: where they end, and what of them matters here, alike for both versions.

use mqtt_proto::{Protocol, QoS, QosPid, v3, v5};

use crate::Limits;
use crate::session::Reject;

/// First byte of the packet that opens a connection.
pub(super) const CONNECT: u8 = 0x10;
const PUBLISH: u8 = 0x30;
const KIND: u8 = 0xF0;
const LENGTH_BYTES_MAX: usize = 4;

/// What the client speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Version {
    /// 3.1.1
    Three,
    /// 5.0
    Five,
}

/// What stands at the front of the bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Front {
    /// Too little to tell, or not all of it.
    More,
    /// A packet of so many bytes, of which so many come before its body.
    Packet { head: usize, whole: usize },
    /// Nothing can be read from here on.
    Bad(Reject),
}

/// Whether a packet that begins so asks for a connection, be its flags as they must be or not.
pub(super) const fn is_connect(first: u8) -> bool {
    first & KIND == CONNECT
}

/// The longest packet of the kind that this first byte says, in bytes.
pub(super) fn bytes_max(first: u8, limits: &Limits) -> usize {
    let body = if first & KIND == PUBLISH { limits.ngp_body_bytes_max } else { 0 };
    body + limits.mqtt_head_bytes_max
}

pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    let Some((first, rest)) = bytes.split_first() else { return Front::More };
    let Some(last) = rest.iter().take(LENGTH_BYTES_MAX).position(|b| b & 0x80 == 0) else {
        return if rest.len() < LENGTH_BYTES_MAX { Front::More } else { Front::Bad(Reject::BadMqtt) };
    };
    // Seven bits a byte, the lowest first.
    let length = rest[..=last].iter().rev().fold(0, |sum, b| sum << 7 | usize::from(b & 0x7F));
    let (head, bytes_max) = (last + 2, bytes_max(*first, limits));
    if length > bytes_max {
        return Front::Bad(Reject::TooLarge { bytes_max });
    }
    let whole = head + length;
    if bytes.len() < whole { Front::More } else { Front::Packet { head, whole } }
}

/// A packet of a client that is connected, as far as it matters.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Packet {
    Publish(Publish),
    Subscribe {
        id: mqtt_proto::Pid,
        filters: Vec<String>,
    },
    Unsubscribe {
        id: mqtt_proto::Pid,
        filters: Vec<String>,
    },
    Ping,
    Disconnect,
    /// The client has what it was sent.
    Acknowledged,
}

/// A request for a connection. It cannot be printed: it has a password.
pub(super) struct Connect {
    pub(super) version: Version,
    pub(super) client: String,
    pub(super) is_clean: bool,
    pub(super) user: Option<String>,
    pub(super) password: Option<Vec<u8>>,
    pub(super) keep_alive_s: u16,
    /// The longest packet that the client takes, in bytes.
    pub(super) packet_bytes_max: usize,
    /// It wants a way of authentication that this server has not.
    pub(super) wants_auth: bool,
    /// Its last will is to be delivered exactly once.
    pub(super) wants_exactly_once: bool,
}

/// A message of a device.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Publish {
    pub(super) delivery: QosPid,
    pub(super) topic: String,
    pub(super) body: bytes::Bytes,
    /// It names its topic by a number, which nobody gave it.
    pub(super) has_alias: bool,
}

/// Why a packet was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bad {
    /// It is not as it must be.
    Malformed,
    /// It is of a version that is not spoken.
    Version,
    /// It is right, and not for a client to send.
    OutOfPlace,
}

impl From<mqtt_proto::Error> for Bad {
    fn from(error: mqtt_proto::Error) -> Self {
        match error {
            mqtt_proto::Error::InvalidProtocol(..) | mqtt_proto::Error::UnexpectedProtocol(_) => Self::Version,
            _ => Self::Malformed,
        }
    }
}

impl From<v5::ErrorV5> for Bad {
    fn from(error: v5::ErrorV5) -> Self {
        match error {
            v5::ErrorV5::Common(error) => error.into(),
            _ => Self::Malformed,
        }
    }
}

/// Reads the packet that opens a connection.
pub(super) fn connect(first: u8, body: &[u8]) -> Result<Connect, Bad> {
    if first != CONNECT {
        return Err(if is_connect(first) { Bad::Malformed } else { Bad::OutOfPlace });
    }
    let mut at = 0;
    let connect = match Protocol::decode(body, &mut at)? {
        Protocol::V310 => return Err(Bad::Version),
        protocol @ Protocol::V311 => {
            let c = v3::Connect::decode_buffer_with_protocol(body, &mut at, protocol)?;
            Connect {
                version: Version::Three,
                client: c.client_id.to_string(),
                is_clean: c.clean_session,
                user: c.username.map(|user| user.to_string()),
                password: c.password.map(|password| password.to_vec()),
                keep_alive_s: c.keep_alive,
                packet_bytes_max: usize::MAX,
                wants_auth: false,
                wants_exactly_once: false,
            }
        }
        protocol @ Protocol::V500 => {
            let header = v5::Header::new_with(first, length(body), 0)?;
            let c = v5::Connect::decode_buffer_with_protocol(body, &mut at, header, protocol)?;
            Connect {
                version: Version::Five,
                client: c.client_id.to_string(),
                is_clean: c.clean_start,
                user: c.username.map(|user| user.to_string()),
                password: c.password.map(|password| password.to_vec()),
                keep_alive_s: c.keep_alive,
                packet_bytes_max: c.properties.max_packet_size.map_or(usize::MAX, |bytes| bytes as usize),
                wants_auth: c.properties.auth_method.is_some(),
                wants_exactly_once: c.last_will.is_some_and(|will| will.qos == QoS::Level2),
            }
        }
    };
    if at == body.len() { Ok(connect) } else { Err(Bad::Malformed) }
}

/// A body is never longer than its length tells, which has 28 bits.
fn length(body: &[u8]) -> u32 {
    u32::try_from(body.len()).unwrap_or(u32::MAX)
}

/// Reads any other packet of a client.
pub(super) fn read(version: Version, first: u8, body: &[u8], limits: &Limits) -> Result<Packet, Bad> {
    if first & KIND == PUBLISH {
        check_head(version, first, body, limits)?;
    }
    let (packet, used) = match version {
        Version::Three => read_3(first, body)?,
        Version::Five => read_5(first, body)?,
    };
    if used == body.len() { Ok(packet) } else { Err(Bad::Malformed) }
}

fn read_3(first: u8, body: &[u8]) -> Result<(Packet, usize), Bad> {
    let header = v3::Header::new_with(first, length(body), 0)?;
    let mut at = 0;
    let packet = match header.typ {
        v3::PacketType::Publish => {
            let p = v3::Publish::decode(body, &mut at, header)?;
            let topic = p.topic_name.to_string();
            Packet::Publish(Publish { delivery: p.qos_pid, topic, body: p.payload, has_alias: false })
        }
        v3::PacketType::Subscribe => {
            let s = v3::Subscribe::decode(body, &mut at, header)?;
            Packet::Subscribe { id: s.pid, filters: s.topics.iter().map(|(filter, _)| filter.to_string()).collect() }
        }
        v3::PacketType::Unsubscribe => {
            let s = v3::Unsubscribe::decode(body, &mut at, header)?;
            Packet::Unsubscribe { id: s.pid, filters: s.topics.iter().map(ToString::to_string).collect() }
        }
        v3::PacketType::Puback if body.len() == 2 => return Ok((Packet::Acknowledged, 2)),
        v3::PacketType::Pingreq => Packet::Ping,
        v3::PacketType::Disconnect => Packet::Disconnect,
        _ => return Err(Bad::OutOfPlace),
    };
    Ok((packet, at))
}

fn read_5(first: u8, body: &[u8]) -> Result<(Packet, usize), Bad> {
    let header = v5::Header::new_with(first, length(body), 0)?;
    let mut at = 0;
    let packet = match header.typ {
        v5::PacketType::Publish => {
            let p = v5::Publish::decode(body, &mut at, header)?;
            let has_alias = p.properties.topic_alias.is_some() || p.topic_name.is_empty();
            let topic = p.topic_name.to_string();
            Packet::Publish(Publish { delivery: p.qos_pid, topic, body: p.payload, has_alias })
        }
        v5::PacketType::Subscribe => {
            let s = v5::Subscribe::decode(body, &mut at, header)?;
            Packet::Subscribe { id: s.pid, filters: s.topics.iter().map(|(filter, _)| filter.to_string()).collect() }
        }
        v5::PacketType::Unsubscribe => {
            let s = v5::Unsubscribe::decode(body, &mut at, header)?;
            Packet::Unsubscribe { id: s.pid, filters: s.topics.iter().map(ToString::to_string).collect() }
        }
        // Nothing in these matters.
        v5::PacketType::Puback => return Ok((Packet::Acknowledged, body.len())),
        v5::PacketType::Disconnect => return Ok((Packet::Disconnect, body.len())),
        v5::PacketType::Pingreq => Packet::Ping,
        _ => return Err(Bad::OutOfPlace),
    };
    Ok((packet, at))
}

/// What stands before the body of a message is bounded by itself: many small properties would cost far more memory
/// than they have bytes.
fn check_head(version: Version, first: u8, body: &[u8], limits: &Limits) -> Result<(), Bad> {
    let topic = body.first_chunk().map(|raw| usize::from(u16::from_be_bytes(*raw))).ok_or(Bad::Malformed)?;
    let number = if first & 0b110 == 0 { 0 } else { 2 };
    let mut head = 2 + topic + number;
    if version == Version::Five {
        let rest = body.get(head..).ok_or(Bad::Malformed)?;
        let last = rest.iter().take(LENGTH_BYTES_MAX).position(|b| b & 0x80 == 0).ok_or(Bad::Malformed)?;
        head += last + 1 + rest[..=last].iter().rev().fold(0, |sum, b| sum << 7 | usize::from(b & 0x7F));
    }
    if head <= limits.mqtt_head_bytes_max { Ok(()) } else { Err(Bad::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn packets_end_where_their_length_says() {
        let limits = Limits { mqtt_head_bytes_max: 200, ngp_body_bytes_max: 100, ..Limits::default() };
        let check = |hex: &str, wanted: Front| assert_eq!(front(&bytes(hex), &limits), wanted, "{hex}");
        check("", Front::More);
        check("C0", Front::More);
        check("C000", Front::Packet { head: 2, whole: 2 });
        check("30 02 00", Front::More);
        check("30 02 0000 30", Front::Packet { head: 2, whole: 4 });
        check("30 80", Front::More);
        check("30 8000", Front::Packet { head: 3, whole: 3 });
        check("30 FFFFFF", Front::More);
        check("30 FFFFFFFF", Front::Bad(Reject::BadMqtt));
        check("30 AC02", Front::More);
        check("30 AD02", Front::Bad(Reject::TooLarge { bytes_max: 300 }));
        check("82 C801", Front::More);
        check("82 C901", Front::Bad(Reject::TooLarge { bytes_max: 200 }));
    }

    #[test]
    fn the_head_of_a_message_has_a_limit_of_its_own() {
        let limits = Limits { mqtt_head_bytes_max: 20, ..Limits::default() };
        let read = |first: u8, hex: &str| read(Version::Five, first, &bytes(hex), &limits).map(|_| ());
        assert_eq!(read(0x30, "0003 616263 00 7B7D"), Ok(()));
        assert_eq!(read(0x32, "0003 616263 0001 00 7B7D"), Ok(()));
        let wide = format!("0003 616263 0E 26 0004 {} 0005 {} 7B7D", "61".repeat(4), "62".repeat(5));
        assert_eq!(read(0x30, &wide), Ok(()));
        assert_eq!(read(0x32, &wide.replacen("616263", "616263 0001", 1)), Err(Bad::Malformed), "21 bytes");
        assert_eq!(read(0x30, "0003 616263 80"), Err(Bad::Malformed));
        assert_eq!(read(0x30, "0003 6162"), Err(Bad::Malformed));
    }
}
