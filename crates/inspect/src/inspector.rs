//! A session with a host in memory: it accepts every device, and stores everything at once.

use std::collections::VecDeque;

use model::{CommandReply, DeviceId, DeviceSettings, Order, Report, Timestamp};
use protocols::{Family, Identified, Limits, OrderId, OrderRefused, Output, Session, Stored};

/// What one piece of input said.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inspected {
    /// Who speaks, as far as is known after this.
    pub identity: Option<DeviceId>,
    /// What was reported.
    pub reports: Vec<Report>,
    /// What commands were answered.
    pub answers: Vec<CommandReply>,
    /// What the server would send, in order.
    pub replies: Vec<Vec<u8>>,
    /// What could not be used.
    pub diagnostics: Vec<Diagnostic>,
    /// The server would close the connection after this.
    pub closes: bool,
}

/// Something that could not be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Where in all that the session was fed, in bytes.
    pub offset: u64,
    /// Why.
    pub reason: String,
    /// Nothing was lost by it.
    pub forgiven: bool,
}

/// One conversation that is looked at. When it ends, the next input begins another.
pub struct Inspector {
    family: &'static Family,
    settings: DeviceSettings,
    device: Option<DeviceId>,
    limits: Limits,
    now: Timestamp,
    stream: Conversation,
    /// The same device speaking by datagrams, where the family has a form of its own for them.
    datagrams: Option<Conversation>,
}

struct Conversation {
    session: Box<dyn Session>,
    identity: Option<DeviceId>,
    is_over: bool,
}

impl Inspector {
    /// Looks at what a device of `family` says at `now`. With a `device`, the session takes it as logged in.
    pub fn new(
        family: &'static Family,
        settings: DeviceSettings,
        device: Option<DeviceId>,
        limits: &Limits,
        now: Timestamp,
    ) -> Self {
        let stream = Conversation::open(family.open, limits, device.as_ref(), &settings);
        Self { family, settings, device, limits: limits.clone(), now, stream, datagrams: None }
    }

    /// The family.
    pub fn family(&self) -> &'static Family {
        self.family
    }

    /// Feeds what one read gave.
    ///
    /// Some families say the same in another form over UDP. What only that form can mean is taken for a datagram.
    pub fn feed(&mut self, bytes: &[u8]) -> Inspected {
        if self.is_datagram(bytes) {
            return self.feed_datagram(bytes);
        }
        if self.stream.is_over {
            self.stream = self.open(self.family.open);
        }
        let (settings, now) = (self.settings.clone(), self.now);
        self.stream.feed(now, &settings, bytes, false)
    }

    /// Feeds what is all that is said. A datagram of a family whose lines need an end on a stream is understood too.
    pub fn feed_alone(&mut self, bytes: &[u8]) -> Inspected {
        let said = self.feed(bytes);
        if !said.says_nothing() || !said.diagnostics.is_empty() || bytes.is_empty() {
            return said;
        }
        let Some(open_udp) = self.family.open_udp else { return said };
        let as_datagram = self.open(open_udp).feed(self.now, &self.settings, bytes, true);
        if as_datagram.says_nothing() || !as_datagram.diagnostics.is_empty() { said } else { as_datagram }
    }

    /// Feeds one datagram. Families that are not spoken over UDP take it as a piece of their stream.
    pub fn feed_datagram(&mut self, bytes: &[u8]) -> Inspected {
        let Some(open) = self.family.open_udp else { return self.feed(bytes) };
        let mut conversation = match self.datagrams.take() {
            Some(open) if !open.is_over => open,
            _ => self.open(open),
        };
        let inspected = conversation.feed(self.now, &self.settings, bytes, true);
        self.datagrams = Some(conversation);
        inspected
    }

    fn open(&self, open: protocols::Open) -> Conversation {
        Conversation::open(open, &self.limits, self.device.as_ref(), &self.settings)
    }

    /// Whether these bytes mean something as a datagram, and nothing as the beginning of a stream.
    fn is_datagram(&self, bytes: &[u8]) -> bool {
        let Some(open_udp) = self.family.open_udp else { return false };
        let as_datagram = self.open(open_udp).feed(self.now, &self.settings, bytes, true);
        let is_clean = as_datagram.diagnostics.is_empty() && !as_datagram.says_nothing();
        // One that is partly broken is a datagram all the same.
        if !is_clean && as_datagram.reports.is_empty() {
            return false;
        }
        let as_stream = self.open(self.family.open).feed(self.now, &self.settings, bytes, false);
        as_stream.reports.is_empty() && !as_stream.diagnostics.is_empty()
    }

    /// Gives the device an order: what the server would send.
    ///
    /// # Errors
    ///
    /// See [`OrderRefused`].
    pub fn order(&mut self, order: &Order) -> Result<Vec<u8>, OrderRefused> {
        self.stream = self.open(self.family.open);
        let mut outputs = Vec::new();
        self.stream.session.order(self.now, OrderId(1), order, &mut outputs)?;
        let bytes: Vec<u8> = outputs
            .into_iter()
            .filter_map(|output| if let Output::Reply(bytes) = output { Some(bytes) } else { None })
            .flatten()
            .collect();
        Ok(bytes)
    }
}

impl Inspected {
    fn says_nothing(&self) -> bool {
        self.reports.is_empty() && self.answers.is_empty() && self.replies.is_empty()
    }
}

impl Conversation {
    fn open(open: protocols::Open, limits: &Limits, device: Option<&DeviceId>, settings: &DeviceSettings) -> Self {
        let mut session = open(limits);
        if let Some(device) = device {
            session.bind(device.clone(), settings.clone());
        }
        Self { session, identity: device.cloned(), is_over: false }
    }

    fn feed(&mut self, now: Timestamp, settings: &DeviceSettings, bytes: &[u8], is_datagram: bool) -> Inspected {
        let mut inspected = Inspected::default();
        let mut outputs = Vec::new();
        self.session.feed(now, bytes, &mut outputs);
        self.carry_out(now, settings, outputs, &mut inspected);
        if is_datagram {
            let mut outputs = Vec::new();
            self.session.end_datagram(now, &mut outputs);
            self.carry_out(now, settings, outputs, &mut inspected);
        }
        inspected.identity = self.identity.clone();
        inspected
    }

    fn carry_out(
        &mut self,
        now: Timestamp,
        settings: &DeviceSettings,
        outputs: Vec<Output>,
        inspected: &mut Inspected,
    ) {
        let mut waiting = VecDeque::from(outputs);
        while let Some(output) = waiting.pop_front() {
            let mut next = Vec::new();
            match output {
                Output::Identify(device) => {
                    self.identity = Some(device);
                    self.session.identified(now, Identified::Accepted(settings.clone()), &mut next);
                }
                Output::Upload { ticket, reports } => {
                    inspected.reports.extend(reports);
                    self.session.stored(ticket, Stored::Ok, &mut next);
                }
                Output::Reply(bytes) => inspected.replies.push(bytes),
                Output::Unasked(answer) => inspected.answers.push(answer),
                Output::Reject { offset, reason, forgiven, .. } => {
                    inspected.diagnostics.push(Diagnostic { offset, reason: reason.to_string(), forgiven });
                }
                Output::Close => {
                    self.is_over = true;
                    inspected.closes = true;
                }
                Output::Contact | Output::Ordered { .. } => {}
            }
            waiting.extend(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocols::{FAMILIES, family};

    use super::*;

    const LOGIN: &[u8] = b"\x00\x0F350000000000014";

    fn inspector(name: &str, device: Option<&str>) -> Inspector {
        let family = family(name).expect("is registered");
        let device = device.and_then(DeviceId::new);
        let now = Timestamp::from_ms_clamped(1_773_480_414_000);
        Inspector::new(family, DeviceSettings::default(), device, &Limits::default(), now)
    }

    #[test]
    fn a_conversation_goes_on_from_piece_to_piece() {
        let mut teltonika = inspector("teltonika", None);
        let half = teltonika.feed(&LOGIN[..5]);
        assert_eq!(half, Inspected::default());
        let whole = teltonika.feed(&LOGIN[5..]);
        assert_eq!(whole.identity.map(|id| id.to_string()).as_deref(), Some("350000000000014"));
        assert_eq!(whole.replies, [vec![1]]);
    }

    #[test]
    fn a_datagram_alone_needs_no_end_of_line() {
        let datagram = b"350000000000014#SD#140326;092653;3326.9335;S;07040.1560;W;63;187;542;11";
        assert_eq!(
            inspector("wialon-ips", None).feed(datagram),
            Inspected::default(),
            "the rest of the line may follow"
        );
        let said = inspector("wialon-ips", None).feed_alone(datagram);
        assert_eq!((said.reports.len(), said.replies), (1, vec![b"#ASD#1\r\n".to_vec()]));
        let half = &LOGIN[..5];
        assert_eq!(inspector("teltonika", None).feed_alone(half), Inspected::default());
    }

    #[test]
    fn after_the_end_another_begins() {
        let mut osmand = inspector("osmand", None);
        let bad = osmand.feed(b"BREW / HTCPCP/1.0\r\n\r\n");
        assert!(bad.closes && !bad.diagnostics.is_empty());
        let good = osmand.feed(b"GET /?id=1&lat=2&lon=3 HTTP/1.1\r\n\r\n");
        assert_eq!(good.reports.len(), 1);
    }

    #[test]
    fn who_is_bound_need_not_log_in() {
        let gt06 = "78781F12 1A030E091A35 CB 0396B384 0794FD47 3F 18BB 02DA 02 2B1F 00A1B2 0002 B66F 0D0A";
        let said = inspector("gt06", Some("350000000000014")).feed(&crate::hex(gt06).expect("is hex"));
        assert_eq!(said.reports.len(), 1);
        assert_eq!(said.identity.map(|id| id.to_string()).as_deref(), Some("350000000000014"));
    }

    #[test]
    fn a_datagram_with_a_broken_record_is_no_stream() {
        let record = "0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F 00 00 00 00 00 00";
        let rest = format!("CAFE 01 05 000F 333530303030303030303030303134 0802 {record} 0000019C");
        let rest = crate::hex(&rest).expect("is hex");
        let whole = [&(rest.len() as u16).to_be_bytes()[..], &rest].concat();
        let said = inspector("teltonika", None).feed(&whole);
        assert_eq!((said.reports.len(), said.diagnostics.len()), (1, 1));
        assert_eq!(said.replies.concat(), crate::hex("0005CAFE010501").expect("is hex"));
    }

    #[test]
    fn the_devices_own_word_for_its_fix_is_told() {
        let body = r#"{"message_time":"2026-03-14T09:26:53Z","device_id":"unit-7",
            "location":{"latitude":1,"longitude":2,"satellites":9,"fix_type":"FIX_3D"}}"#;
        let request = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let said = inspector("ngp", None).feed(request.as_bytes());
        let line = crate::json::line("ngp", &said);
        assert!(line.contains(r#""fix_type":"FIX_3D""#), "{line}");
    }

    proptest! {
        #[test]
        fn nothing_that_is_fed_harms(bytes in prop::collection::vec(any::<u8>(), 0..200), bound: bool) {
            for family in FAMILIES {
                inspector(family.name, bound.then_some("350000000000014")).feed(&bytes);
            }
        }
    }
}
