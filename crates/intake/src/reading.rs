//! Reading one frame again, outside of the conversation that it came in. Pure.

use model::{DeviceId, DeviceSettings, Upload};
use protocols::{Family, Identified, Limits, Output, Reject, Session, Stored, family};
use storage::quarantine::{Fault, Frame};

use crate::quarantine::fault;

/// How often a session may be answered while it reads one frame; more than any frame needs.
const TURNS_MAX: usize = 10_000;

/// What became of a frame.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Read {
    /// What it says, by device, in its order; and what is still wrong with it.
    Said { uploads: Vec<(DeviceId, Upload)>, fault: Option<Fault> },
    /// This server does not speak its protocol.
    UnknownProtocol,
    /// The device that sent it is not registered, or has another place now.
    UnknownDevice,
}

/// Reads a frame. `settings` are those of a device, if it is registered and, where the frame's source is known, still
/// there.
pub(crate) fn read(frame: &Frame, limits: &Limits, settings: impl Fn(&DeviceId) -> Option<DeviceSettings>) -> Read {
    let Some(family) = family_of(frame) else { return Read::UnknownProtocol };
    let open = match (frame.transport.as_str(), family.open_udp) {
        ("udp", Some(open)) => open,
        _ => family.open,
    };
    let mut session = open(limits);
    if let Some(device) = &frame.device {
        let Some(settings) = settings(device) else { return Read::UnknownDevice };
        // Which password was shown is not kept, so that it cannot be judged again.
        if settings.password.is_some() && frame.fault.kind == Reject::NotAuthorised.kind() {
            return Read::Said { uploads: Vec::new(), fault: Some(frame.fault.clone()) };
        }
        session.bind(device.clone(), settings);
    }
    let mut conversation =
        Conversation { session, device: frame.device.clone(), uploads: Vec::new(), fault: None, is_refused: false };
    conversation.hold(frame, &as_it_came(family, frame), settings);
    let Conversation { uploads, fault, is_refused, .. } = conversation;
    match is_refused && uploads.is_empty() {
        true => Read::UnknownDevice,
        false => Read::Said { uploads, fault },
    }
}

/// The family that reads a frame: a message that came over MQTT is what others send over HTTP.
fn family_of(frame: &Frame) -> Option<&'static Family> {
    let is_message = frame.protocol == "mqtt" && frame.bytes.trim_ascii_start().starts_with(b"{");
    family(if is_message { "ngp" } else { &frame.protocol })
}

struct Conversation {
    session: Box<dyn Session>,
    /// Who speaks.
    device: Option<DeviceId>,
    uploads: Vec<(DeviceId, Upload)>,
    /// The first thing that is wrong.
    fault: Option<Fault>,
    is_refused: bool,
}

impl Conversation {
    fn hold(&mut self, frame: &Frame, bytes: &[u8], settings: impl Fn(&DeviceId) -> Option<DeviceSettings>) {
        let mut out = Vec::new();
        self.session.feed(frame.at, bytes, &mut out);
        self.take(frame, out, &settings);
        // What is incomplete will stay so.
        let mut out = Vec::new();
        self.session.end_datagram(frame.at, &mut out);
        self.take(frame, out, &settings);
    }

    fn take(&mut self, frame: &Frame, mut out: Vec<Output>, settings: &impl Fn(&DeviceId) -> Option<DeviceSettings>) {
        for _ in 0..TURNS_MAX {
            if out.is_empty() {
                return;
            }
            let mut next = Vec::new();
            for output in out {
                match output {
                    Output::Identify(device) => {
                        let answer = settings(&device).map_or(Identified::Refused, Identified::Accepted);
                        self.is_refused |= answer == Identified::Refused;
                        self.device = Some(device);
                        self.session.identified(frame.at, answer, &mut next);
                    }
                    Output::Upload { ticket, reports } => {
                        self.uploads.extend(self.device.clone().map(|device| (device, reports)));
                        self.session.stored(ticket, Stored::Ok, &mut next);
                    }
                    Output::Reject { offset, reason, forgiven: false, .. } if self.fault.is_none() => {
                        self.fault = Some(fault(&reason, offset));
                    }
                    Output::Close => return,
                    Output::Reject { .. }
                    | Output::Contact
                    | Output::Reply(_)
                    | Output::Ordered { .. }
                    | Output::Unasked(_) => {}
                }
            }
            out = next;
        }
    }
}

/// The bytes as the connection brought them. Of a request over HTTP the quarantine has the body, or the query where there
/// is none.
fn as_it_came(family: &Family, frame: &Frame) -> Vec<u8> {
    let bytes = &frame.bytes;
    let is_request = [&b"GET "[..], b"POST ", b"PUT ", b"HEAD "].iter().any(|method| bytes.starts_with(method));
    let speaks_http = matches!(family.name, "osmand" | "ngp" | "http");
    if is_request || !speaks_http {
        return bytes.clone();
    }
    let is_query = !bytes.trim_ascii_start().starts_with(b"{") && bytes.iter().all(u8::is_ascii_graphic);
    if is_query {
        return [b"GET /?", &bytes[..], b" HTTP/1.1\r\nhost: quarantine\r\n\r\n"].concat();
    }
    let head = format!(
        "POST / HTTP/1.1\r\nhost: quarantine\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        bytes.len()
    );
    [head.as_bytes(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use model::{ChecksumPolicy, Timestamp};

    use super::*;

    const IMEI: &str = "350000000000014";

    fn device() -> DeviceId {
        DeviceId::new(IMEI).expect("valid")
    }

    fn frame(protocol: &str, bytes: &[u8]) -> Frame {
        Frame {
            at: Timestamp::parse_iso("2026-03-14T09:27:00Z").expect("a time"),
            device: Some(device()),
            source: None,
            protocol: protocol.to_owned(),
            transport: "tcp".to_owned(),
            peer: "192.0.2.7:1".to_owned(),
            fault: Fault::default(),
            bytes: bytes.to_vec(),
        }
    }

    /// A position of GT06, whose checksum is wrong by one bit where `flip` is 1.
    fn gt06(flip: u8) -> Vec<u8> {
        let mut bytes = vec![0x78, 0x78, 0x1f, 0x12, 0x1a, 3, 14, 9, 26, 53, 0xcb, 3, 0x96, 0x70, 0x3a, 7, 0x94, 0x3e];
        bytes.extend([0xf9, 63, 0x00, 187, 0x02, 0xda, 2, 0x2b, 0x1f, 0x00, 0xa1, 0xb2, 0, 1]);
        let crc = crc::Crc::<u16>::new(&crc::CRC_16_IBM_SDLC).checksum(&bytes[2..]);
        bytes.extend((crc ^ u16::from(flip)).to_be_bytes());
        bytes.extend(b"\r\n");
        bytes
    }

    fn settings(checksum: Option<ChecksumPolicy>) -> DeviceSettings {
        DeviceSettings { checksum, ..DeviceSettings::default() }
    }

    fn said(read: Read) -> (usize, Option<String>) {
        let Read::Said { uploads, fault } = read else { panic!("{read:?}") };
        assert!(uploads.iter().all(|(id, _)| *id == device()), "{uploads:?}");
        (uploads.iter().map(|(_, reports)| reports.len()).sum(), fault.map(|fault| fault.kind))
    }

    #[test]
    fn a_frame_is_read_by_the_settings_of_its_device() {
        let limits = Limits::default();
        let bad = frame("gt06", &gt06(1));
        let enforce = |_: &DeviceId| Some(settings(Some(ChecksumPolicy::Enforce)));
        assert_eq!(said(read(&bad, &limits, enforce)), (0, Some("checksum".to_owned())));
        assert_eq!(said(read(&bad, &limits, |_| Some(settings(Some(ChecksumPolicy::Warn))))), (1, None));
        assert_eq!(said(read(&frame("gt06", &gt06(0)), &limits, enforce)), (1, None));
    }

    #[test]
    fn what_is_cut_off_is_wrong_still() {
        let cut = frame("gt06", &gt06(0)[..20]);
        assert_eq!(said(read(&cut, &Limits::default(), |_| Some(settings(None)))), (0, Some("truncated".to_owned())));
    }

    #[test]
    fn what_came_before_a_device_had_a_password_is_not_taken_for_its_own() {
        let body = br#"{"message_time":"2026-03-14T09:26:53Z","device_id":"350000000000014","battery_level":87}"#;
        let mut frame = frame("mqtt", body);
        let password = |text: Option<&str>| DeviceSettings { password: text.map(Into::into), ..settings(None) };
        let read = |frame: &Frame, own| said(read(frame, &Limits::default(), |_| Some(password(own))));
        assert_eq!(read(&frame, Some("own")), (1, None), "what was wrong with it was something else");
        frame.fault.kind = Reject::NotAuthorised.kind().to_owned();
        assert_eq!(read(&frame, Some("own")), (0, Some("not_authorised".to_owned())));
        assert_eq!(read(&frame, None), (1, None));
    }

    #[test]
    fn nothing_is_read_of_a_device_or_protocol_that_is_not_known() {
        let limits = Limits::default();
        assert_eq!(read(&frame("gt06", &gt06(0)), &limits, |_| None), Read::UnknownDevice);
        assert_eq!(read(&frame("morse", b"... --- ..."), &limits, |_| Some(settings(None))), Read::UnknownProtocol);
        let query = Frame { device: None, ..frame("osmand", b"id=350000000000014&lat=1&lon=2") };
        assert_eq!(read(&query, &limits, |_| None), Read::UnknownDevice);
    }

    #[test]
    fn requests_are_put_together_again() {
        let limits = Limits::default();
        let check = |protocol: &str, bytes: &[u8], expected: (usize, Option<&str>)| {
            let frame = Frame { device: None, ..frame(protocol, bytes) };
            let (reports, fault) = said(read(&frame, &limits, |_| Some(settings(None))));
            assert_eq!((reports, fault.as_deref()), expected, "{protocol} {}", String::from_utf8_lossy(bytes));
        };
        check("osmand", b"id=350000000000014&timestamp=1773480413&lat=-33.448891&lon=-70.669266", (1, None));
        check("osmand", b"GET /?id=350000000000014&lat=-33.4&lon=-70.6 HTTP/1.1\r\nhost: x\r\n\r\n", (1, None));
        let ngp = br#"{"message_time":"2026-03-14T09:26:53Z","device_id":"350000000000014"}"#;
        check("ngp", ngp, (1, None));
        check("http", ngp, (1, None));
        check("mqtt", ngp, (1, None));
        check("ngp", b"{", (0, Some("not_json")));
    }
}
