mod devices;
mod streams;

use bytes::Bytes;
use mqtt_proto::{Pid, Protocol, QoS, QosPid, TopicFilter, TopicName, v3, v5};

use super::FAMILY;
use super::packet::Version;
use crate::testing::{Host, Seen, Trace, bytes as hex};
use crate::{DeviceSettings, Limits, Reject, Secret};

const COMMON: &str = "open sesame";
const OWN: &str = "of my own";
const BOTH: [Version; 2] = [Version::Three, Version::Five];

const PONG: &str = "D000";

fn limits() -> Limits {
    Limits { mqtt_password: Secret::new(COMMON), ..Limits::default() }
}

fn own() -> DeviceSettings {
    DeviceSettings { password: Some(OWN.into()), ..DeviceSettings::default() }
}

/// A request for a connection; every field that tests vary.
#[derive(Clone)]
struct Client {
    version: Version,
    name: &'static str,
    user: Option<&'static str>,
    password: Option<&'static str>,
    is_clean: bool,
    keep_alive_s: u16,
}

fn client(version: Version) -> Client {
    let (user, password) = (Some("ngp_device"), Some(COMMON));
    Client { version, name: "phone", user, password, is_clean: true, keep_alive_s: 60 }
}

fn put_3(packet: v3::Packet) -> Vec<u8> {
    packet.encode().expect("fits").as_ref().to_vec()
}

fn put_5(packet: v5::Packet) -> Vec<u8> {
    packet.encode().expect("fits").as_ref().to_vec()
}

impl Client {
    fn bytes(&self) -> Vec<u8> {
        let password = self.password.map(|p| Bytes::from_static(p.as_bytes()));
        match self.version {
            Version::Three => put_3(v3::Packet::Connect(v3::Connect {
                protocol: Protocol::V311,
                clean_session: self.is_clean,
                username: self.user.map(Into::into),
                password,
                ..v3::Connect::new(self.name.into(), self.keep_alive_s)
            })),
            Version::Five => put_5(v5::Packet::Connect(v5::Connect {
                clean_start: self.is_clean,
                username: self.user.map(Into::into),
                password,
                ..v5::Connect::new(self.name.into(), self.keep_alive_s)
            })),
        }
    }

    /// A host that this client is connected to, and how much was said to it so far.
    fn connected(&self, settings: DeviceSettings) -> (Host, usize) {
        let mut host = Host::with_settings(&FAMILY, &limits(), settings.clone());
        host.feed(&self.bytes());
        let mut other = Host::with_settings(&FAMILY, &limits(), settings);
        other.feed(&self.bytes());
        let trace = other.trace();
        assert!(!trace.closed, "{trace:?}");
        (host, trace.sent.len())
    }
}

fn delivery(id: Option<u16>) -> QosPid {
    id.map_or(QosPid::Level0, |id| QosPid::Level1(Pid::try_from(id).expect("is not 0")))
}

fn publish(version: Version, id: Option<u16>, topic: &str, body: &str) -> Vec<u8> {
    publish_as(version, delivery(id), topic, body)
}

fn publish_as(version: Version, delivery: QosPid, topic: &str, body: &str) -> Vec<u8> {
    let (topic, body) = (TopicName::try_from(topic).expect("is one"), Bytes::from(body.to_owned()));
    match version {
        Version::Three => put_3(v3::Packet::Publish(v3::Publish::new(delivery, topic, body))),
        Version::Five => put_5(v5::Packet::Publish(v5::Publish::new(delivery, topic, body))),
    }
}

fn message(device: &str) -> String {
    format!(r#"{{"message_time":"2026-03-14T09:26:53Z","device_id":"{device}","battery_level":87}}"#)
}

fn report(version: Version, id: Option<u16>, device: &str) -> Vec<u8> {
    publish(version, id, &format!("ngp/{device}"), &message(device))
}

fn subscribe(version: Version, id: u16, filters: &[&str]) -> Vec<u8> {
    let id = Pid::try_from(id).expect("is not 0");
    let filter = |filter: &&str| TopicFilter::try_from(*filter).expect("is one");
    match version {
        Version::Three => {
            let topics = filters.iter().map(|f| (filter(f), QoS::Level1)).collect();
            put_3(v3::Packet::Subscribe(v3::Subscribe::new(id, topics)))
        }
        Version::Five => {
            let topics = filters.iter().map(|f| (filter(f), v5::SubscriptionOptions::new(QoS::Level1))).collect();
            put_5(v5::Packet::Subscribe(v5::Subscribe::new(id, topics)))
        }
    }
}

/// The acknowledgement of a message, with the code of the newer version.
fn acknowledged(version: Version, id: u16, code: u8) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    match (version, code) {
        (Version::Three, _) | (Version::Five, 0) => vec![0x40, 2, high, low],
        (Version::Five, code) => vec![0x40, 3, high, low, code],
    }
}

/// The last word to a client of the newer version.
fn goodbye(version: Version, code: u8) -> Vec<u8> {
    if version == Version::Five { vec![0xE0, 1, code] } else { Vec::new() }
}

/// What a client hears after it has connected, and what is seen.
fn after(client: &Client, settings: DeviceSettings, packets: &[Vec<u8>]) -> (Vec<u8>, Trace) {
    let (mut host, said) = client.connected(settings);
    packets.iter().for_each(|packet| host.feed(packet));
    let trace = host.trace();
    (trace.sent[said..].to_vec(), trace)
}

fn devices(trace: &Trace) -> Vec<&str> {
    trace.seen.iter().filter_map(|s| if let Seen::Device(id) = s { Some(id.as_str()) } else { None }).collect()
}

#[test]
fn who_shows_the_right_password_is_let_in() {
    let check = |change: &dyn Fn(&mut Client), settings: DeviceSettings, limits: &Limits, wanted: u8| {
        for version in BOTH {
            let mut client = client(version);
            change(&mut client);
            let mut host = Host::with_settings(&FAMILY, limits, settings.clone());
            host.feed(&client.bytes());
            let trace = host.trace();
            // The code of the older version, and that of the newer one.
            let codes = match (version, wanted) {
                (Version::Three, 5) => 5,
                (Version::Three, _) => wanted,
                (Version::Five, 5) => 0x87,
                (Version::Five, _) => wanted,
            };
            assert_eq!((trace.sent[0], trace.sent[3], trace.closed), (0x20, codes, wanted != 0), "{version:?}");
            let shown = format!("{trace:?}");
            assert!(
                !shown.contains(COMMON)
                    && trace.seen.iter().all(|s| !matches!(s, Seen::Rejected(f, _) if !f.is_empty()))
            );
        }
    };
    let plain = DeviceSettings::default;
    check(&|_| {}, plain(), &limits(), 0);
    check(&|c| c.password = Some("open sesamE"), plain(), &limits(), 5);
    check(&|c| c.password = Some(""), plain(), &limits(), 5);
    check(&|c| c.password = None, plain(), &limits(), 5);
    check(&|c| c.user = None, plain(), &limits(), 5);
    check(&|c| c.user = Some("root"), plain(), &limits(), 5);
    // Without any password nobody is.
    check(&|_| {}, plain(), &Limits::default(), 5);
    check(&|c| c.password = Some(""), plain(), &Limits::default(), 5);
    // A device with one of its own goes by its name.
    check(&|c| c.password = Some(OWN), own(), &limits(), 0);
    check(&|c| c.password = Some(OWN), own(), &Limits::default(), 0);
    check(&|c| (c.password, c.name) = (Some(OWN), "9 unknown"), own(), &limits(), 5);
    check(&|c| (c.password, c.name) = (Some(OWN), ""), own(), &limits(), 5);
}

#[test]
fn the_answer_says_what_is_offered() {
    let mut host = Host::new(&FAMILY, &limits());
    host.feed(&client(Version::Three).bytes());
    assert_eq!(host.trace().sent, hex("20020000"));
    let mut host = Host::new(&FAMILY, &limits());
    host.feed(&Client { name: "", ..client(Version::Five) }.bytes());
    let Ok(Some(v5::Packet::Connack(answer))) = v5::Packet::decode(&host.trace().sent) else { panic!("no answer") };
    let p = answer.properties;
    assert_eq!((p.max_qos, p.receive_max, p.session_expiry_interval), (Some(QoS::Level1), Some(256), Some(0)));
    assert_eq!(p.max_packet_size, Some((4 << 20) + 16_384));
    assert_eq!(p.assigned_client_id.as_deref(), Some("odograph-1773480413000"));
    let offered = [p.wildcard_subscription_available, p.shared_subscription_available, p.subscription_id_available];
    assert_eq!(offered, [Some(false); 3]);
}

#[test]
fn requests_that_cannot_be_served_are_told_so() {
    let check = |bytes: &[u8], wanted: &str, rejects: &[Reject]| {
        let mut host = Host::new(&FAMILY, &limits());
        host.feed(bytes);
        let trace = host.trace();
        assert_eq!((trace.sent.clone(), trace.closed), (hex(wanted), true), "{bytes:02X?}");
        assert_eq!(trace.rejects(), rejects.iter().collect::<Vec<_>>(), "{bytes:02X?}");
    };
    let bad = [Reject::BadMqtt];
    let no = [Reject::NotAuthorised];
    check(&hex("10 0E 0006 4D5149736470 03 02 003C 0000"), "20020001", &bad);
    check(&hex("10 0C 0004 4D515454 06 02 003C 0000"), "20020001", &bad);
    check(&Client { name: "", is_clean: false, ..client(Version::Three) }.bytes(), "20020002", &no);
    let auth = v5::ConnectProperties { auth_method: Some("SCRAM".into()), ..v5::ConnectProperties::default() };
    let with_auth = v5::Connect { properties: auth, ..v5::Connect::new("a".into(), 0) };
    check(&put_5(v5::Packet::Connect(with_auth)), "2003008C00", &no);
    let topic = TopicName::try_from("a").expect("is one");
    let will = v5::LastWill::new(QoS::Level2, topic, Bytes::new());
    let with_will = v5::Connect { last_will: Some(will), ..v5::Connect::new("a".into(), 0) };
    check(&put_5(v5::Packet::Connect(with_will)), "2003009B00", &no);
    // What is no request at all.
    check(&hex("C000"), "", &bad);
    check(&hex("11 00"), "", &bad);
    check(b"GET / HTTP/1.1\r\n\r\n", "", &bad);
    check(&hex("10 02 0004"), "", &bad);
    check(&hex("10 FFFFFF7F"), "", &[Reject::TooLarge { bytes_max: 16_384 }]);
    let twice = [client(Version::Three).bytes(), client(Version::Three).bytes()].concat();
    check(&twice, "20020000", &[Reject::UnknownKind(0x10)]);
}

#[test]
fn signs_of_life_and_endings() {
    for version in BOTH {
        let ping = hex("C000");
        let (sent, trace) = after(&client(version), own(), &[ping.clone(), ping.clone()]);
        assert_eq!((sent, trace.closed), ([hex(PONG), hex(PONG)].concat(), false));
        assert!(trace.seen.is_empty(), "nobody has said who it is");
        let named = Client { password: Some(OWN), ..client(version) };
        let (_, trace) = after(&named, own(), std::slice::from_ref(&ping));
        assert!(matches!(trace.seen[..], [Seen::Device(_), Seen::Contact]), "{trace:?}");
        let (sent, trace) = after(&client(version), own(), &[hex("E000"), ping.clone()]);
        assert_eq!((sent.len(), trace.closed, trace.rejects().len()), (0, true, 0), "it has said goodbye");
        let (sent, trace) = after(&client(version), own(), &[hex("4002 0001"), ping]);
        assert_eq!((sent, trace.closed), (hex(PONG), false), "it has what it was sent");
        for (packet, code) in [("F000", 0x82), ("2002 0000", 0x82), ("C001 00", 0x81), ("C100", 0x81), ("00 00", 0x81)]
        {
            let (sent, trace) = after(&client(version), own(), &[hex(packet)]);
            // The older version has no packet of this kind at all.
            let code = if packet == "F000" && version == Version::Three { 0x81 } else { code };
            assert_eq!((sent, trace.closed), (goodbye(version, code), true), "{packet} {version:?}");
            assert_eq!(trace.rejects().len(), 1, "{packet}");
        }
    }
}

#[test]
fn who_is_silent_for_too_long_is_let_go() {
    for version in BOTH {
        let (mut host, said) = Client { keep_alive_s: 10, ..client(version) }.connected(own());
        assert_eq!(host.due_in_ms(), Some(15_000));
        host.tick_after_ms(14_999);
        host.feed(&hex("C000"));
        assert_eq!(host.due_in_ms(), Some(15_000));
        host.tick_after_ms(14_999);
        assert_eq!(host.due_in_ms(), Some(1));
        host.tick_after_ms(1);
        let trace = host.trace();
        assert_eq!((&trace.sent[said + 2..], trace.closed), (&goodbye(version, 0x8D)[..], true));
        let (host, _) = Client { keep_alive_s: 0, ..client(version) }.connected(own());
        assert_eq!(host.due_in_ms(), None, "for ever");
    }
}
