//! The conversation with one client of MQTT.

use std::mem;

use model::{DeviceId, Order, Timestamp};
use mqtt_proto::{Pid, QosPid};

use super::packet::{self, Bad, CONNECT, Connect, Front, Packet, Publish, Version};
use super::words::{self, Ending, NotConnected, Verdict};
use crate::Limits;
use crate::ngp::message::Message;
use crate::replies::Replies;
use crate::secret::is_same;
use crate::session::{
    DeviceSettings, FieldFault, Identified, OrderId, OrderRefused, Output, Progress, Reject, Stored, Ticket,
};
use crate::stream::{Flow, Machine};

/// What every client calls itself.
const USER: &str = "ngp_device";
/// Messages of a device go to a topic of this beginning.
const TOPIC: &str = "ngp/";
/// Orders to a device come in a topic of this end.
const COMMANDS: &str = "/commands";
/// Devices that one connection may take orders for.
const COMMANDED_MAX: usize = 64;
/// Filters of one request that are looked at; others are refused.
const FILTERS_MAX: usize = 64;

/// A connection that is open.
struct Link {
    version: Version,
    /// What the client showed. `None`: nobody needs to, what was recorded is being read.
    password: Option<Vec<u8>>,
    /// How long the client may be silent, in milliseconds; 0 for ever.
    silence_ms_max: i64,
    /// The longest packet that it takes, in bytes.
    packet_bytes_max: usize,
    /// The devices that it takes orders for.
    commanded: Vec<DeviceId>,
}

/// What the host says of a device.
enum Known {
    Yes(DeviceSettings),
    No,
    /// It is being asked.
    Asked,
}

pub(super) struct Mqtt {
    limits: Limits,
    link: Option<Link>,
    identity: Option<(DeviceId, DeviceSettings)>,
    /// The device that the host was asked about. The packet that made it necessary has not been taken yet.
    asked: Option<DeviceId>,
    /// The answer was no; the packet in front is to be told so.
    refused: Option<DeviceId>,
    /// What was said to the first filters of the request in front.
    granted: Vec<bool>,
    replies: Replies<(Version, QosPid)>,
    bad_in_a_row: u32,
    frames: u64,
    now: Timestamp,
    last_heard: Timestamp,
    /// Bytes are read again; how long they waited was not the client's doing.
    is_resumed: bool,
}

impl Mqtt {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            link: None,
            identity: None,
            asked: None,
            refused: None,
            granted: Vec::new(),
            replies: Replies::new(),
            bad_in_a_row: 0,
            frames: 0,
            now: Timestamp::default(),
            last_heard: Timestamp::default(),
            is_resumed: false,
        }
    }

    fn version(&self) -> Version {
        self.link.as_ref().map_or(Version::Three, |link| link.version)
    }

    /// Ends the connection with the word for it.
    fn end(&mut self, why: Ending, out: &mut Vec<Output>) {
        let words = if self.link.is_some() { words::ending(self.version(), why) } else { Vec::new() };
        self.say(words, out);
        self.replies.close(out);
    }

    /// Ends it because of something that cannot be read on after.
    fn fail(&mut self, seen: &[u8], reason: Reject, why: Ending, out: &mut Vec<Output>) {
        out.push(Output::reject(seen, reason));
        self.end(why, out);
    }

    fn say(&mut self, words: Vec<u8>, out: &mut Vec<Output>) {
        if !words.is_empty() {
            self.replies.ready(words, out);
        }
    }

    /// Whether the host knows this device; asks it if need be.
    fn known(&mut self, device: &DeviceId, out: &mut Vec<Output>) -> Known {
        match &self.identity {
            Some((id, settings)) if id == device => Known::Yes(settings.clone()),
            _ if self.refused.take_if(|id| id == device).is_some() => Known::No,
            _ => {
                out.push(Output::Identify(device.clone()));
                self.asked = Some(device.clone());
                Known::Asked
            }
        }
    }

    /// Whether what was shown opens this device: its own password, or else the one of all.
    fn opens(&self, presented: &[u8], settings: &DeviceSettings) -> bool {
        match (&settings.password, &self.limits.mqtt_password) {
            (Some(own), _) => is_same(own.as_bytes(), presented),
            (None, Some(common)) => common.is(presented),
            // Without any password nobody is let in.
            (None, None) => false,
        }
    }

    fn is_authorised(&self, settings: &DeviceSettings) -> bool {
        let password = self.link.as_ref().map(|link| &link.password);
        match password {
            Some(Some(presented)) => self.opens(presented, settings),
            Some(None) => true,
            None => false,
        }
    }

    /// Takes a whole packet; whether it is used up. It is not while the host is asked who it is from.
    fn on_packet(&mut self, bytes: &[u8], head: usize, out: &mut Vec<Output>) -> bool {
        let (first, body) = (bytes[0], &bytes[head..]);
        let Some(link) = &self.link else { return self.on_first(first, body, out) };
        let read = match (packet::read(link.version, first, body, &self.limits), &link.password) {
            // What was recorded does not say of which version it is.
            (Err(Bad::Malformed), None) => packet::read(Version::Three, first, body, &self.limits),
            (read, _) => read,
        };
        match read {
            Ok(Packet::Publish(publish)) => return self.on_publish(bytes, publish, out),
            Ok(Packet::Subscribe { id, filters }) => return self.on_subscribe(id, &filters, out),
            Ok(Packet::Unsubscribe { id, filters }) => self.on_unsubscribe(id, &filters, out),
            Ok(Packet::Ping) => {
                if self.identity.is_some() {
                    out.push(Output::Contact);
                }
                self.say(words::pong(), out);
            }
            Ok(Packet::Acknowledged) => {}
            Ok(Packet::Disconnect) => self.replies.close(out),
            // One of these is a second request for a connection: it has a password, which nobody is to see.
            Err(Bad::OutOfPlace | Bad::Version) => {
                self.fail(&bytes[..1], Reject::UnknownKind(first), Ending::OutOfPlace, out);
            }
            Err(Bad::Malformed) => self.fail(shown(bytes), Reject::BadMqtt, Ending::Malformed, out),
        }
        true
    }

    fn on_first(&mut self, first: u8, body: &[u8], out: &mut Vec<Output>) -> bool {
        match packet::connect(first, body) {
            Ok(connect) => self.on_connect(connect, out),
            Err(why) => {
                out.push(Output::reject(&[], Reject::BadMqtt));
                if why == Bad::Version {
                    // Every client understands this form of the answer.
                    self.say(words::not_connected(Version::Three, NotConnected::Version), out);
                }
                self.replies.close(out);
                true
            }
        }
    }

    fn on_connect(&mut self, connect: Connect, out: &mut Vec<Output>) -> bool {
        let refusal = match &connect {
            Connect { version: Version::Three, client, is_clean: false, .. } if client.is_empty() => {
                Some(NotConnected::Client)
            }
            Connect { wants_auth: true, .. } => Some(NotConnected::BadAuthMethod),
            Connect { wants_exactly_once: true, .. } => Some(NotConnected::ExactlyOnce),
            Connect { user, .. } if user.as_deref() != Some(USER) => Some(NotConnected::NotAuthorised),
            _ => None,
        };
        let is_welcome = match (&refusal, &connect.password) {
            (Some(_), _) | (None, None) => false,
            (None, Some(password)) if self.limits.mqtt_password.as_ref().is_some_and(|p| p.is(password)) => true,
            // One with a password of its own goes by its name.
            (None, Some(password)) => match DeviceId::new(&connect.client).map(|device| self.known(&device, out)) {
                Some(Known::Asked) => return false,
                Some(Known::Yes(settings)) => self.opens(password, &settings),
                Some(Known::No) | None => false,
            },
        };
        if is_welcome {
            self.accept(connect, out);
        } else {
            out.push(Output::reject(&[], Reject::NotAuthorised));
            self.say(words::not_connected(connect.version, refusal.unwrap_or(NotConnected::NotAuthorised)), out);
            self.replies.close(out);
        }
        true
    }

    fn accept(&mut self, connect: Connect, out: &mut Vec<Output>) {
        let name = || format!("odograph-{}", self.now.ms());
        let assigned = connect.client.is_empty().then(name);
        self.say(words::connected(connect.version, assigned, &self.limits), out);
        self.link = Some(Link {
            version: connect.version,
            password: connect.password,
            // Half as long again as was agreed.
            silence_ms_max: i64::from(connect.keep_alive_s) * 1_500,
            packet_bytes_max: connect.packet_bytes_max,
            commanded: Vec::new(),
        });
    }

    fn on_publish(&mut self, bytes: &[u8], publish: Publish, out: &mut Vec<Output>) -> bool {
        if matches!(publish.delivery, QosPid::Level2(_)) {
            self.fail(bytes, Reject::UnknownKind(bytes[0]), Ending::ExactlyOnce, out);
            return true;
        }
        if publish.has_alias {
            self.fail(bytes, Reject::BadMqtt, Ending::TopicAlias, out);
            return true;
        }
        let Some(device) = publish.topic.strip_prefix(TOPIC).filter(|id| !id.contains('/')).and_then(DeviceId::new)
        else {
            let reason = Reject::Field { name: "topic", fault: FieldFault::OutOfRange };
            return self.refuse(bytes, &publish, reason, Verdict::BadTopic, out);
        };
        let bytes_max = self.limits.ngp_body_bytes_max;
        if publish.body.len() > bytes_max {
            return self.refuse(bytes, &publish, Reject::TooLarge { bytes_max }, Verdict::BadBody, out);
        }
        let message = match Message::read(&publish.body, &self.limits) {
            Ok(message) if message.device() == device.as_str() => message,
            Ok(_) => {
                let reason = Reject::Field { name: "device_id", fault: FieldFault::OutOfRange };
                return self.refuse(bytes, &publish, reason, Verdict::BadBody, out);
            }
            Err(reason) => return self.refuse(bytes, &publish, reason, Verdict::BadBody, out),
        };
        match self.known(&device, out) {
            Known::Asked => return false,
            Known::Yes(settings) if self.is_authorised(&settings) => {
                self.bad_in_a_row = 0;
                let ticket = self.replies.wait((self.version(), publish.delivery));
                out.push(Output::Upload { ticket, reports: vec![message.into_report()] });
            }
            Known::Yes(_) => {
                // Read again later, it would pass for what the device said.
                self.identity = None;
                self.on_stranger(&[], publish.delivery, out);
            }
            Known::No => self.on_stranger(bytes, publish.delivery, out),
        }
        true
    }

    /// A message that is not right is acknowledged, since it would be no better the next time.
    fn refuse(
        &mut self,
        bytes: &[u8],
        publish: &Publish,
        reason: Reject,
        verdict: Verdict,
        out: &mut Vec<Output>,
    ) -> bool {
        out.push(Output::reject(bytes, reason));
        self.say(words::acknowledged(self.version(), publish.delivery, verdict), out);
        self.count_bad(out);
        true
    }

    /// A message of a device that is not registered, or that the password does not open. It is not acknowledged as if
    /// it were stored.
    fn on_stranger(&mut self, bytes: &[u8], delivery: QosPid, out: &mut Vec<Output>) {
        out.push(Output::reject(bytes, Reject::NotAuthorised));
        match (self.version(), delivery) {
            // There is no word for no: the device is to keep what it has.
            (Version::Three, QosPid::Level1(_)) => self.end(Ending::NotAuthorised, out),
            (version, delivery) => {
                self.say(words::acknowledged(version, delivery, Verdict::NotAuthorised), out);
                self.count_bad(out);
            }
        }
    }

    fn count_bad(&mut self, out: &mut Vec<Output>) {
        self.bad_in_a_row += 1;
        if self.bad_in_a_row >= self.limits.bad_frames_in_a_row_max {
            self.end(Ending::NotAuthorised, out);
        }
    }

    /// Grants orders of devices that the password opens, and nothing else.
    fn on_subscribe(&mut self, id: Pid, filters: &[String], out: &mut Vec<Output>) -> bool {
        while let Some(filter) = filters.get(self.granted.len()) {
            let is_granted = match commanded(filter).filter(|_| self.granted.len() < FILTERS_MAX) {
                None => false,
                Some(device) => match self.known(&device, out) {
                    Known::Asked => return false,
                    Known::No => false,
                    Known::Yes(settings) if self.is_authorised(&settings) => self.grant(device),
                    Known::Yes(_) => {
                        self.identity = None;
                        out.push(Output::reject(&[], Reject::NotAuthorised));
                        false
                    }
                },
            };
            self.granted.push(is_granted);
        }
        let granted = mem::take(&mut self.granted);
        self.say(words::subscribed(self.version(), id, &granted), out);
        true
    }

    fn grant(&mut self, device: DeviceId) -> bool {
        let Some(link) = &mut self.link else { return false };
        if link.commanded.contains(&device) {
            return true;
        }
        let has_room = link.commanded.len() < COMMANDED_MAX;
        if has_room {
            link.commanded.push(device);
        }
        has_room
    }

    fn on_unsubscribe(&mut self, id: Pid, filters: &[String], out: &mut Vec<Output>) {
        let Some(link) = &mut self.link else { return };
        let mut forget = |filter: &String| {
            let at = commanded(filter).and_then(|device| link.commanded.iter().position(|id| *id == device));
            at.map(|at| link.commanded.swap_remove(at)).is_some()
        };
        let existed: Vec<bool> = filters.iter().map(&mut forget).collect();
        self.say(words::unsubscribed(self.version(), id, &existed), out);
    }
}

/// What may be seen of a packet: a request for a connection has a password.
fn shown(packet: &[u8]) -> &[u8] {
    let is_connect = packet.first().is_some_and(|first| packet::is_connect(*first));
    if is_connect { &packet[..1] } else { packet }
}

/// The device whose orders come in the topics of this filter.
fn commanded(filter: &str) -> Option<DeviceId> {
    let device = filter.strip_prefix(TOPIC)?.strip_suffix(COMMANDS)?;
    DeviceId::new(device).filter(|_| !device.contains(['/', '+', '#']))
}

impl Machine for Mqtt {
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        self.last_heard = self.now;
        if self.link.is_none() && bytes[0] != CONNECT {
            self.fail(&bytes[..1], Reject::BadMqtt, Ending::OutOfPlace, out);
            return 0;
        }
        match packet::front(bytes, &self.limits) {
            Front::More => 0,
            Front::Packet { head, whole } => match self.on_packet(&bytes[..whole], head, out) {
                true => {
                    self.frames += 1;
                    whole
                }
                false => 0,
            },
            Front::Bad(reason) => {
                let why = if reason == Reject::BadMqtt { Ending::Malformed } else { Ending::TooLarge };
                self.fail(&bytes[..1], reason, why, out);
                0
            }
        }
    }

    fn bind(&mut self, device: DeviceId, settings: DeviceSettings) {
        self.link = Some(Link {
            version: Version::Five,
            password: None,
            silence_ms_max: 0,
            packet_bytes_max: usize::MAX,
            commanded: vec![device.clone()],
        });
        self.identity = Some((device, settings));
    }

    fn identified(&mut self, answer: Identified, _out: &mut Vec<Output>) {
        let Some(id) = self.asked.take() else { return };
        self.is_resumed = true;
        match answer {
            Identified::Accepted(settings) => self.identity = Some((id, settings)),
            Identified::Refused => self.refused = Some(id),
        }
    }

    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>) {
        self.is_resumed = true;
        let word = |(version, delivery)| match outcome {
            Stored::Ok => words::acknowledged(version, delivery, Verdict::Stored),
            Stored::Failed => Vec::new(),
        };
        self.replies.settle(ticket, word, out);
        if outcome == Stored::Failed {
            // Once it has connected anew, the device sends what was not acknowledged again.
            self.end(Ending::Fault, out);
        }
    }

    fn order(&mut self, _: Timestamp, id: OrderId, order: &Order, out: &mut Vec<Output>) -> Result<(), OrderRefused> {
        let (Some(link), Some((device, _))) = (&self.link, &self.identity) else {
            return Err(OrderRefused::NotIdentified);
        };
        if !link.commanded.contains(device) {
            return Err(OrderRefused::NoSuchCommand);
        }
        let body = words::command(id, order)?;
        let topic = format!("{TOPIC}{device}{COMMANDS}");
        let bytes = words::message(link.version, &topic, body).ok_or(OrderRefused::NoSuchCommand)?;
        if bytes.len() > link.packet_bytes_max.min(self.limits.command_bytes_max) {
            return Err(OrderRefused::TooLong);
        }
        out.push(Output::Reply(bytes));
        out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply: false } });
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.now = now;
        if mem::take(&mut self.is_resumed) || self.flow() == Flow::Waiting {
            self.last_heard = now;
        }
        if self.next_deadline().is_some_and(|due| now >= due) {
            self.end(Ending::Silence, out);
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let link = self.link.as_ref().filter(|link| link.silence_ms_max > 0)?;
        (self.flow() == Flow::Open).then(|| self.last_heard.plus_ms(link.silence_ms_max))
    }

    fn flow(&self) -> Flow {
        if self.replies.is_closing() {
            Flow::Closed
        } else if self.asked.is_some() || self.replies.len() >= self.limits.uploads_in_flight_max {
            Flow::Waiting
        } else {
            Flow::Open
        }
    }

    fn abort(&mut self, held: &[u8], reason: Reject, out: &mut Vec<Output>) {
        // Nobody is to see the password of who is not in yet.
        let held = if self.link.is_some() { shown(held) } else { &[] };
        self.fail(held, reason, Ending::Fault, out);
    }

    fn is_mid_frame(&self) -> bool {
        false
    }

    fn frames(&self) -> u64 {
        self.frames
    }
}
