//! Messages of devices and orders to them.

use model::{Command, Order, Value, attr};

use super::*;
use crate::{FieldFault, Identified, OrderId, OrderRefused, Output, Progress, Stored};

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

#[test]
fn messages_are_acknowledged_as_they_want_it() {
    for version in BOTH {
        let packets = [report(version, None, "unit-0007"), report(version, Some(7), "unit-0007")];
        let (sent, trace) = after(&client(version), DeviceSettings::default(), &packets);
        assert_eq!((sent, trace.closed, trace.rejects().len()), (acknowledged(version, 7, 0), false, 0));
        assert_eq!((devices(&trace), trace.reports().len()), (vec!["unit-0007"], 2));
        assert_eq!(trace.reports()[1].attributes.get(attr::BATTERY_LEVEL), Some(&Value::Int(87)));
        assert_eq!(trace.reports()[1].time.map(|t| t.s()), Some(1_773_480_413));
    }
}

#[test]
fn nothing_is_acknowledged_before_it_is_stored() {
    let mut session = (FAMILY.open)(&limits());
    let (now, mut out) = (model::Timestamp::default(), Vec::new());
    session.feed(now, &client(Version::Five).bytes(), &mut out);
    out.clear();
    let packets = [1, 2].map(|id| report(Version::Five, Some(id), "unit-0007")).concat();
    session.feed(now, &[packets, hex("C000")].concat(), &mut out);
    assert!(matches!(out[..], [Output::Identify(_)]) && !session.wants_bytes());
    out.clear();
    session.identified(now, Identified::Accepted(DeviceSettings::default()), &mut out);
    let [Output::Upload { ticket: first, .. }, Output::Upload { ticket: second, .. }, rest @ ..] = &out[..] else {
        panic!("{out:?}")
    };
    assert_eq!(rest, [Output::Contact]);
    let (first, second) = (*first, *second);
    out.clear();
    session.stored(second, Stored::Ok, &mut out);
    assert_eq!(out, []);
    session.stored(first, Stored::Ok, &mut out);
    let [a, b] = [1, 2].map(|id| Output::Reply(acknowledged(Version::Five, id, 0)));
    assert_eq!(out, [a, b, Output::Reply(hex(PONG))], "in the order of what they answer");
}

#[test]
fn what_cannot_be_stored_is_to_come_again() {
    for version in BOTH {
        let (mut host, said) = client(version).connected(DeviceSettings::default());
        host.outcome = Stored::Failed;
        host.feed(&report(version, Some(1), "unit-0007"));
        let trace = host.trace();
        assert_eq!((&trace.sent[said..], trace.closed), (&goodbye(version, 0x80)[..], true));
    }
}

#[test]
fn messages_that_are_not_right_are_acknowledged_and_rejected() {
    let field = |name, fault| Reject::Field { name, fault };
    for version in BOTH {
        let check = |topic: &str, body: &str, code: u8, reason: Reject| {
            let packet = publish(version, Some(3), topic, body);
            let (sent, trace) = after(&client(version), DeviceSettings::default(), std::slice::from_ref(&packet));
            assert_eq!((sent, trace.closed), (acknowledged(version, 3, code), false), "{topic} {body}");
            assert_eq!(trace.seen, [Seen::Rejected(packet, reason)], "{topic} {body}");
            let (sent, trace) =
                after(&client(version), DeviceSettings::default(), &[publish(version, None, topic, body)]);
            assert_eq!((sent.len(), trace.rejects().len()), (0, 1), "nothing wants an answer");
        };
        let good = message("unit-0007");
        check("ngp/unit-0008", &good, 0x99, field("device_id", FieldFault::OutOfRange));
        check("ngp/unit-0007", "{", 0x99, Reject::NotJson);
        check("ngp/unit-0007", "", 0x99, Reject::NotJson);
        check("ngp/unit-0007", r#"{"device_id":"unit-0007"}"#, 0x99, field("message_time", FieldFault::Missing));
        let topic = field("topic", FieldFault::OutOfRange);
        check("ngp/", &good, 0x90, topic.clone());
        check("ngp/unit-0007/x", &good, 0x90, topic.clone());
        check("unit-0007", &good, 0x90, topic.clone());
        check("NGP/unit-0007", &good, 0x90, topic);
        let bad: Vec<Vec<u8>> = (1..20).map(|id| publish(version, Some(id), "x", "")).collect();
        let (_, trace) = after(&client(version), DeviceSettings::default(), &bad);
        assert_eq!((trace.rejects().len(), trace.closed), (10, true), "ten in a row are enough");
    }
}

#[test]
fn bodies_have_a_limit() {
    let limits = Limits { ngp_body_bytes_max: 80, ..limits() };
    let padded = |bytes: usize| format!("{:bytes$}", r#"{"message_time":"2026-03-14T09:26:53Z","device_id":"a"}"#);
    let check = |bytes: usize, reports: usize, reason: Option<Reject>| {
        let mut host = Host::new(&FAMILY, &limits);
        host.feed(&client(Version::Five).bytes());
        host.feed(&publish(Version::Five, Some(1), "ngp/a", &padded(bytes)));
        let trace = host.trace();
        assert_eq!((trace.reports().len(), trace.rejects()), (reports, reason.iter().collect()), "{bytes}");
    };
    check(80, 1, None);
    check(81, 0, Some(Reject::TooLarge { bytes_max: 80 }));
    check(16_464, 0, Some(Reject::TooLarge { bytes_max: 16_464 }));
}

#[test]
fn several_devices_speak_over_one_connection() {
    for version in BOTH {
        let packets: Vec<_> = ["a-1", "b-1", "b-1", "a-1"].iter().map(|id| report(version, Some(1), id)).collect();
        let (sent, trace) = after(&client(version), DeviceSettings::default(), &packets);
        assert_eq!((devices(&trace), trace.reports().len()), (vec!["a-1", "b-1", "a-1"], 4));
        assert_eq!(sent, acknowledged(version, 1, 0).repeat(4));
    }
}

#[test]
fn strangers_are_not_acknowledged() {
    for version in BOTH {
        // Not registered, or with a password that was not shown.
        for (settings, device) in [(DeviceSettings::default(), "9"), (own(), "unit-0007")] {
            let packets = [report(version, None, device), report(version, Some(5), device)];
            let (sent, trace) = after(&client(version), settings.clone(), &packets);
            assert_eq!((trace.reports().len(), trace.rejects()), (0, vec![&Reject::NotAuthorised; 2]), "{device}");
            let wanted = match version {
                Version::Three => (Vec::new(), true),
                Version::Five => (acknowledged(version, 5, 0x87), false),
            };
            assert_eq!((sent, trace.closed), wanted, "{device} {version:?}");
        }
        // Its own password opens this device and no other that has none.
        let named = Client { password: Some(OWN), ..client(version) };
        let (sent, trace) = after(&named, own(), &[report(version, Some(5), "phone")]);
        assert_eq!((sent, trace.reports().len()), (acknowledged(version, 5, 0), 1));
    }
}

#[test]
fn what_a_wrong_password_brought_cannot_be_read_again_as_the_devices() {
    let check = |device: &str, settings: DeviceSettings, packets: &[Vec<u8>]| {
        let mut host = Host::with_settings(&FAMILY, &limits(), settings);
        host.feed(&client(Version::Five).bytes());
        packets.iter().for_each(|packet| host.feed(packet));
        let trace = host.trace();
        assert!(!trace.seen.iter().any(|seen| matches!(seen, Seen::Contact)), "{device} is not there");
        let frames = trace.seen.into_iter().filter_map(|seen| match seen {
            Seen::Rejected(frame, Reject::NotAuthorised) => Some(frame),
            _ => None,
        });
        frames.collect::<Vec<_>>()
    };
    let ping = hex("C000");
    let message = report(Version::Five, None, "unit-0007");
    assert_eq!(check("a liar", own(), &[message.clone(), ping.clone()]), [b""]);
    let filter = subscribe(Version::Five, 3, &["ngp/unit-0007/commands"]);
    assert_eq!(check("a listener", own(), &[filter, ping.clone()]), [b""]);
    // One that is registered later may be read again then.
    let message = report(Version::Five, None, "9");
    assert_eq!(check("a stranger", DeviceSettings::default(), &[message.clone(), ping]), [message]);
}

#[test]
fn a_second_request_for_a_connection_shows_its_password_to_nobody() {
    for version in BOTH {
        let whole = client(version).bytes();
        let odd = [&[0x11], &whole[1..]].concat();
        for second in [whole, odd] {
            let (_, trace) = after(&client(version), DeviceSettings::default(), std::slice::from_ref(&second));
            let shown = |seen: &Seen| matches!(seen, Seen::Rejected(frame, _) if frame.len() > 1);
            assert!(trace.closed && !trace.seen.iter().any(shown), "{trace:?}");
        }
    }
}

#[test]
fn messages_delivered_exactly_once_are_not_taken() {
    for version in BOTH {
        let delivery = QosPid::Level2(Pid::try_from(1).expect("is not 0"));
        let packet = publish_as(version, delivery, "ngp/a", &message("a"));
        let (sent, trace) = after(&client(version), DeviceSettings::default(), &[packet]);
        assert_eq!((sent, trace.closed, trace.reports().len()), (goodbye(version, 0x9B), true, 0));
    }
    let mut aliased = v5::Publish::new(QosPid::Level0, TopicName::try_from("ngp/a").expect("is one"), Bytes::new());
    aliased.properties.topic_alias = Some(1);
    let packet = put_5(v5::Packet::Publish(aliased));
    let (sent, trace) = after(&client(Version::Five), DeviceSettings::default(), &[packet]);
    assert_eq!((sent, trace.closed), (goodbye(Version::Five, 0x94), true));
}

#[test]
fn only_orders_to_its_own_devices_can_be_heard() {
    for version in BOTH {
        let filters =
            ["ngp/a/commands", "#", "ngp/9/commands", "ngp/+/commands", "ngp/a", "ngp/b/commands", "ngp//commands"];
        let (sent, trace) = after(&client(version), DeviceSettings::default(), &[subscribe(version, 3, &filters)]);
        let (no, granted) = (if version == Version::Three { 0x80 } else { 0x87 }, 0);
        let codes = [granted, no, no, no, no, granted, no];
        let head = if version == Version::Three { hex("90 09 0003") } else { hex("90 0A 0003 00") };
        assert_eq!((sent, trace.closed), ([head, codes.to_vec()].concat(), false));
        assert_eq!(devices(&trace), ["a", "9", "b"], "asked once for each");
        let (sent, _) = after(&client(version), own(), &[subscribe(version, 3, &["ngp/a/commands"])]);
        assert_eq!(sent.last(), Some(&no), "its password was not shown");
        let wide: Vec<&str> = vec!["#"; 130];
        let (sent, _) = after(&client(version), own(), &[subscribe(version, 3, &wide)]);
        let (head, codes) = sent.split_at(sent.len() - 130);
        assert_eq!(head, if version == Version::Three { hex("90 8401 0003") } else { hex("90 8501 0003 00") });
        assert!(codes.iter().all(|code| *code == no), "{codes:?}");
        let many: Vec<String> = (0..70).map(|n| format!("ngp/{}/commands", "a".repeat(n % 60 + 1))).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (sent, _) = after(&client(version), DeviceSettings::default(), &[subscribe(version, 3, &many)]);
        let codes = &sent[sent.len() - 70..];
        assert!(codes[..64].iter().all(|c| *c == 0) && codes[64..].iter().all(|c| *c == no), "{codes:?}");
    }
}

#[test]
fn orders_come_as_documents() {
    for version in BOTH {
        let (mut host, said) = client(version).connected(DeviceSettings::default());
        assert_eq!(host.order(1, &text("x")), Err(OrderRefused::NotIdentified));
        host.feed(&report(version, None, "a"));
        assert_eq!(host.order(1, &text("x")), Err(OrderRefused::NoSuchCommand), "it does not listen");
        host.feed(&subscribe(version, 3, &["ngp/a/commands"]));
        let start = said + if version == Version::Three { 5 } else { 6 };
        assert_eq!(host.order(4, &text("re\"boot")), Ok(()));
        assert_eq!(host.order(5, &Order::Do(Command::Output { number: 2, on: true })), Ok(()));
        assert_eq!(host.order(6, &Order::ReadLevels), Err(OrderRefused::NoSuchCommand));
        assert_eq!(host.order(6, &Order::Do(Command::Bytes(vec![1]))), Err(OrderRefused::NoSuchCommand));
        assert_eq!(host.order(6, &text(&"x".repeat(8_192))), Err(OrderRefused::TooLong));
        let id = Pid::try_from(9).expect("is not 0");
        let topics = ["ngp/a/commands", "ngp/b/commands"].map(|f| TopicFilter::try_from(f).expect("is one")).to_vec();
        host.feed(&match version {
            Version::Three => put_3(v3::Packet::Unsubscribe(v3::Unsubscribe { pid: id, topics })),
            Version::Five => put_5(v5::Packet::Unsubscribe(v5::Unsubscribe::new(id, topics))),
        });
        assert_eq!(host.order(7, &text("x")), Err(OrderRefused::NoSuchCommand));
        let trace = host.trace();
        let documents =
            [r#"{"id":4,"type":"raw","command":"re\"boot"}"#, r#"{"id":5,"type":"output","output":2,"enable":true}"#];
        let sent = documents.map(|json| publish(version, None, "ngp/a/commands", json)).concat();
        let gone = if version == Version::Three { hex("B002 0009") } else { hex("B005 0009 00 00 11") };
        assert_eq!(trace.sent[start..], [sent, gone].concat(), "{version:?}");
        let ordered: Vec<_> = trace.seen.iter().filter(|s| matches!(s, Seen::Ordered(..))).collect();
        let told = |id| Seen::Ordered(OrderId(id), Progress::Sent { awaits_reply: false });
        assert_eq!(ordered, [&told(4), &told(5)]);
    }
}

#[test]
fn a_client_may_take_small_packets_only() {
    let properties = v5::ConnectProperties { max_packet_size: Some(50), ..v5::ConnectProperties::default() };
    let connect = v5::Connect {
        properties,
        username: Some("ngp_device".into()),
        password: Some(Bytes::from_static(COMMON.as_bytes())),
        ..v5::Connect::new("a".into(), 0)
    };
    let mut host = Host::new(&FAMILY, &limits());
    host.feed(&put_5(v5::Packet::Connect(connect)));
    host.feed(&subscribe(Version::Five, 1, &["ngp/a/commands"]));
    // 19 bytes stand before the document, 33 of which are no text.
    assert_eq!(host.order(1, &text("x")), Err(OrderRefused::TooLong));
    host.feed(&report(Version::Five, None, "a"));
    assert_eq!(host.order(1, &text("")), Err(OrderRefused::TooLong));
}

#[test]
fn what_was_recorded_is_read_again() {
    for version in BOTH {
        let mut host = Host::new(&FAMILY, &Limits::default());
        host.bind("a");
        host.feed(&report(version, Some(1), "a"));
        let trace = host.trace();
        assert_eq!((trace.reports().len(), devices(&trace).len()), (1, 0), "{version:?}: {trace:?}");
    }
}
