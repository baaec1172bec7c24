//! What the server says, in the words of either version.

use std::fmt::Write;

use model::{Command, Order};
use mqtt_proto::{Pid, QoS, QosPid, TopicName, v3, v5};

use super::packet::Version;
use crate::Limits;
use crate::session::{OrderId, OrderRefused};

/// Why a connection is not opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotConnected {
    Version,
    Client,
    NotAuthorised,
    BadAuthMethod,
    ExactlyOnce,
}

/// What becomes of a message, as far as a version has words for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Stored,
    BadTopic,
    BadBody,
    NotAuthorised,
}

/// Why a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Malformed,
    OutOfPlace,
    TooLarge,
    ExactlyOnce,
    TopicAlias,
    NotAuthorised,
    Silence,
    Fault,
}

fn bytes_3(packet: &v3::Packet) -> Vec<u8> {
    // Only what does not fit its length cannot be put, and nothing here is so long.
    packet.encode().map(|bytes| bytes.as_ref().to_vec()).unwrap_or_default()
}

fn bytes_5(packet: &v5::Packet) -> Vec<u8> {
    packet.encode().map(|bytes| bytes.as_ref().to_vec()).unwrap_or_default()
}

/// The connection is open. A client that has no name is given this one.
pub(super) fn connected(version: Version, assigned: Option<String>, limits: &Limits) -> Vec<u8> {
    if version == Version::Three {
        let code = v3::ConnectReturnCode::Accepted;
        return bytes_3(&v3::Packet::Connack(v3::Connack { session_present: false, code }));
    }
    let mut answer = v5::Connack::new(false, v5::ConnectReasonCode::Success);
    let properties = &mut answer.properties;
    properties.session_expiry_interval = Some(0);
    properties.receive_max = Some(u16::try_from(limits.uploads_in_flight_max).unwrap_or(u16::MAX).max(1));
    properties.max_qos = Some(QoS::Level1);
    let packet_bytes_max = limits.ngp_body_bytes_max + limits.mqtt_head_bytes_max;
    properties.max_packet_size = u32::try_from(packet_bytes_max).ok();
    properties.assigned_client_id = assigned.map(|name| name.as_str().into());
    properties.wildcard_subscription_available = Some(false);
    properties.subscription_id_available = Some(false);
    properties.shared_subscription_available = Some(false);
    bytes_5(&v5::Packet::Connack(answer))
}

/// The connection is not opened.
pub(super) fn not_connected(version: Version, why: NotConnected) -> Vec<u8> {
    if version == Version::Three {
        let code = match why {
            NotConnected::Version => v3::ConnectReturnCode::UnacceptableProtocolVersion,
            NotConnected::Client => v3::ConnectReturnCode::IdentifierRejected,
            NotConnected::NotAuthorised | NotConnected::BadAuthMethod | NotConnected::ExactlyOnce => {
                v3::ConnectReturnCode::NotAuthorized
            }
        };
        return bytes_3(&v3::Packet::Connack(v3::Connack { session_present: false, code }));
    }
    let code = match why {
        NotConnected::Version => v5::ConnectReasonCode::UnsupportedProtocolVersion,
        NotConnected::Client => v5::ConnectReasonCode::ClientIdentifierNotValid,
        NotConnected::NotAuthorised => v5::ConnectReasonCode::NotAuthorized,
        NotConnected::BadAuthMethod => v5::ConnectReasonCode::BadAuthMethod,
        NotConnected::ExactlyOnce => v5::ConnectReasonCode::QoSNotSupported,
    };
    bytes_5(&v5::Packet::Connack(v5::Connack::new(false, code)))
}

/// The answer to a message; empty where none is wanted.
pub(super) fn acknowledged(version: Version, delivery: QosPid, verdict: Verdict) -> Vec<u8> {
    let (QosPid::Level1(id), version) = (delivery, version) else { return Vec::new() };
    if version == Version::Three {
        return bytes_3(&v3::Packet::Puback(id));
    }
    let code = match verdict {
        Verdict::Stored => v5::PubackReasonCode::Success,
        Verdict::BadTopic => v5::PubackReasonCode::TopicNameInvalid,
        Verdict::BadBody => v5::PubackReasonCode::PayloadFormatInvalid,
        Verdict::NotAuthorised => v5::PubackReasonCode::NotAuthorized,
    };
    bytes_5(&v5::Packet::Puback(v5::Puback::new(id, code)))
}

/// Which of the filters are granted.
pub(super) fn subscribed(version: Version, id: Pid, granted: &[bool]) -> Vec<u8> {
    if version == Version::Three {
        return subscribed_3(id, granted);
    }
    let code = |is_granted: &bool| match is_granted {
        true => v5::SubscribeReasonCode::GrantedQoS0,
        false => v5::SubscribeReasonCode::NotAuthorized,
    };
    bytes_5(&v5::Packet::Suback(v5::Suback::new(id, granted.iter().map(code).collect())))
}

/// The same in the older version. The codec writes another code for what is not granted than the standard wants.
fn subscribed_3(id: Pid, granted: &[bool]) -> Vec<u8> {
    const KIND: u8 = 0x90;
    const NOT_GRANTED: u8 = 0x80;
    let mut packet = vec![KIND];
    // Seven bits a byte, the lowest first.
    let mut length = 2 + granted.len();
    while length >= 0x80 {
        packet.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    packet.push(length as u8);
    packet.extend(id.value().to_be_bytes());
    packet.extend(granted.iter().map(|is_granted| if *is_granted { 0 } else { NOT_GRANTED }));
    packet
}

/// Which of the filters there were.
pub(super) fn unsubscribed(version: Version, id: Pid, existed: &[bool]) -> Vec<u8> {
    if version == Version::Three {
        return bytes_3(&v3::Packet::Unsuback(id));
    }
    let code = |existed: &bool| match existed {
        true => v5::UnsubscribeReasonCode::Success,
        false => v5::UnsubscribeReasonCode::NoSubscriptionExisted,
    };
    bytes_5(&v5::Packet::Unsuback(v5::Unsuback::new(id, existed.iter().map(code).collect())))
}

/// The answer to a sign of life.
pub(super) fn pong() -> Vec<u8> {
    bytes_3(&v3::Packet::Pingresp)
}

/// Why the connection ends; the older version has no words for it.
pub(super) fn ending(version: Version, why: Ending) -> Vec<u8> {
    if version == Version::Three {
        return Vec::new();
    }
    let code = match why {
        Ending::Malformed => v5::DisconnectReasonCode::MalformedPacket,
        Ending::OutOfPlace => v5::DisconnectReasonCode::ProtocolError,
        Ending::TooLarge => v5::DisconnectReasonCode::PacketTooLarge,
        Ending::ExactlyOnce => v5::DisconnectReasonCode::QoSNotSupported,
        Ending::TopicAlias => v5::DisconnectReasonCode::TopicAliasInvalid,
        Ending::NotAuthorised => v5::DisconnectReasonCode::NotAuthorized,
        Ending::Silence => v5::DisconnectReasonCode::KeepAliveTimeout,
        Ending::Fault => v5::DisconnectReasonCode::UnspecifiedError,
    };
    let properties = v5::DisconnectProperties::default();
    bytes_5(&v5::Packet::Disconnect(v5::Disconnect { reason_code: code, properties }))
}

/// The document of an order.
///
/// # Errors
///
/// Only outputs and texts can be put.
pub(super) fn command(id: OrderId, order: &Order) -> Result<String, OrderRefused> {
    let mut json = format!(r#"{{"id":{},"#, id.0);
    // Writing to a string cannot fail.
    let _ = match order {
        Order::Do(Command::Output { number, on }) => {
            write!(json, r#""type":"output","output":{number},"enable":{on}}}"#)
        }
        Order::Do(Command::Text(text)) => {
            let text = serde_json::to_string(text).map_err(|_| OrderRefused::NoSuchCommand)?;
            write!(json, r#""type":"raw","command":{text}}}"#)
        }
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    Ok(json)
}

/// A message to a device, delivered at most once.
pub(super) fn message(version: Version, topic: &str, body: String) -> Option<Vec<u8>> {
    let topic = TopicName::try_from(topic).ok()?;
    let body = bytes::Bytes::from(body);
    Some(match version {
        Version::Three => bytes_3(&v3::Packet::Publish(v3::Publish::new(QosPid::Level0, topic, body))),
        Version::Five => bytes_5(&v5::Packet::Publish(v5::Publish::new(QosPid::Level0, topic, body))),
    })
}
