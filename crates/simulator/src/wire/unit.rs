//! Any family's device behind one face: says hello, reports fixes, hears what the server answers.

use model::Timestamp;

use crate::geo::Place;
use crate::sample::Sample;
use crate::wire::gt06::Gt06Unit;
use crate::wire::meitrack::MeitrackUnit;
use crate::wire::queclink::QueclinkUnit;
use crate::wire::suntech::SuntechUnit;
use crate::wire::teltonika::{
    Answer, Answers, Codec, PACKET_BYTES_MAX, PACKET_RECORDS_MAX, encode_login, encode_packet,
};
use crate::wire::{gps103, h02, http, jt808, ngp, osmand, ruptela, tk103, wialon_ips};

/// One moment of a vehicle, as any protocol can say it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fix {
    /// When it was.
    pub time: Timestamp,
    /// Degrees, south negative.
    pub latitude: f64,
    /// Degrees, west negative.
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude_m: f64,
    /// Kilometres an hour.
    pub speed_kmh: f64,
    /// Degrees from north, 0 to 359.
    pub heading_deg: u16,
    /// Satellites in use; 0 means no fix.
    pub satellites: u8,
    /// Horizontal dilution of precision.
    pub hdop: f64,
    /// Ignition on.
    pub ignition: bool,
    /// Kilometres driven since the unit was fitted.
    pub mileage_km: f64,
    /// External power in volts.
    pub board_v: f64,
    /// The unit's own battery in volts.
    pub battery_v: f64,
    /// The unit's own battery in per cent.
    pub battery_level: u8,
}

impl From<&Sample> for Fix {
    fn from(sample: &Sample) -> Self {
        Self {
            time: sample.time,
            latitude: sample.place.latitude,
            longitude: sample.place.longitude,
            altitude_m: sample.altitude_m.into(),
            speed_kmh: sample.speed_kmh,
            heading_deg: sample.heading_deg,
            satellites: sample.satellites,
            hdop: 0.9,
            ignition: sample.ignition,
            mileage_km: f64::from(sample.odometer_m) / 1_000.0,
            board_v: f64::from(sample.external_mv) / 1_000.0,
            battery_v: f64::from(sample.battery_mv) / 1_000.0,
            battery_level: sample.battery_level,
        }
    }
}

impl From<&Fix> for Sample {
    fn from(fix: &Fix) -> Self {
        Self {
            time: fix.time,
            place: Place { latitude: fix.latitude, longitude: fix.longitude },
            altitude_m: fix.altitude_m.round() as i16,
            heading_deg: fix.heading_deg,
            speed_kmh: fix.speed_kmh,
            satellites: fix.satellites,
            ignition: fix.ignition,
            moving: fix.speed_kmh > 0.0,
            door_open: false,
            external_mv: (fix.board_v * 1_000.0).round() as u16,
            battery_mv: (fix.battery_v * 1_000.0).round() as u16,
            battery_level: fix.battery_level,
            gsm_level: 4,
            odometer_m: (fix.mileage_km * 1_000.0).round() as u32,
            happening: None,
        }
    }
}

/// What a unit learnt from what the server said: the newest thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Heard {
    /// Nothing that matters here.
    #[default]
    Nothing,
    /// Data may be sent now.
    Ready,
    /// The server does not want this device, or speaks another protocol.
    Refused,
    /// So many more messages are stored.
    Acknowledged(u32),
}

/// How a family's devices speak: one connection of one device.
pub trait Unit: Send {
    /// Writes what is said when the connection is open; may be nothing.
    fn hello(&mut self, out: &mut Vec<u8>);

    /// Whether data may be sent: not while a login answer is awaited.
    fn is_ready(&self) -> bool;

    /// Writes one message with these fixes, oldest first; not more of them than the family's table row allows.
    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>);

    /// Takes what the server sent, in any cuts, and writes what that makes the unit say.
    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard;
}

/// A family that can be spoken.
#[derive(Clone, Copy)]
pub struct Speech {
    /// The family's name, as the server's tools give it.
    pub family: &'static str,
    /// Fixes that one message carries at most.
    pub fixes_per_message_max: usize,
    /// Whether the server acknowledges messages. If not, they count as heard when they are written.
    pub acknowledges: bool,
    /// A unit with this identifier; `None` when the family has no such identifiers.
    pub unit: fn(&str) -> Option<Box<dyn Unit>>,
}

/// Every family that can be spoken.
pub const SPEECHES: &[Speech] = &[
    Speech { family: "teltonika", fixes_per_message_max: 30, acknowledges: true, unit: TeltonikaUnit::boxed },
    Speech { family: "gt06", fixes_per_message_max: 1, acknowledges: true, unit: Gt06Unit::boxed },
    Speech {
        family: "jt808",
        fixes_per_message_max: jt808::FIXES_MAX,
        acknowledges: true,
        unit: jt808::Jt808Unit::boxed,
    },
    Speech { family: "meitrack", fixes_per_message_max: 8, acknowledges: true, unit: MeitrackUnit::boxed },
    Speech { family: "queclink", fixes_per_message_max: 1, acknowledges: false, unit: QueclinkUnit::boxed },
    Speech { family: "ruptela", fixes_per_message_max: ruptela::RECORDS_MAX, acknowledges: true, unit: ruptela::boxed },
    Speech { family: "suntech", fixes_per_message_max: 1, acknowledges: false, unit: SuntechUnit::boxed },
    Speech { family: "osmand", fixes_per_message_max: 1, acknowledges: true, unit: OsmAndUnit::boxed },
    Speech { family: "ngp", fixes_per_message_max: 1, acknowledges: true, unit: NgpUnit::boxed },
    Speech {
        family: "wialon-ips",
        fixes_per_message_max: wialon_ips::MESSAGES_MAX,
        acknowledges: true,
        unit: wialon_ips::WialonIpsUnit::boxed,
    },
    Speech {
        family: "galileosky",
        fixes_per_message_max: super::galileosky::RECORDS_MAX,
        acknowledges: true,
        unit: super::galileosky::GalileoskyUnit::boxed,
    },
    Speech {
        family: "egts",
        fixes_per_message_max: super::egts::RECORDS_MAX,
        acknowledges: true,
        unit: super::egts::EgtsUnit::boxed,
    },
    Speech { family: "h02", fixes_per_message_max: 1, acknowledges: true, unit: h02::boxed },
    Speech { family: "gps103", fixes_per_message_max: 1, acknowledges: false, unit: gps103::boxed },
    Speech { family: "tk103", fixes_per_message_max: 1, acknowledges: false, unit: tk103::boxed },
];

/// How this family is spoken.
pub fn speech(family: &str) -> Option<&'static Speech> {
    SPEECHES.iter().find(|speech| speech.family == family)
}

impl Speech {
    /// An identifier that this family's devices have, the `n`th of a made-up block; `None` when none is known for it.
    pub fn identifier(&self, n: u64) -> Option<String> {
        let imei = crate::imei::imei(n);
        let phone = format!("139{:08}", n % 100_000_000);
        let candidates = [imei.clone(), phone, imei[5..].to_owned(), imei[6..].to_owned()];
        candidates.into_iter().find(|id| (self.unit)(id).is_some())
    }
}

/// Whether the text is so many decimal digits.
pub(crate) fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

struct TeltonikaUnit {
    imei: String,
    answers: Answers,
    is_ready: bool,
}

impl TeltonikaUnit {
    fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let unit = Self { imei: id.to_owned(), answers: Answers::default(), is_ready: false };
        is_digits(id, 15).then(|| Box::new(unit) as Box<dyn Unit>)
    }
}

impl Unit for TeltonikaUnit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        encode_login(&self.imei, out);
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        let records: Vec<_> = fixes.iter().map(|fix| Sample::from(fix).to_teltonika()).collect();
        encode_packet(Codec::EightExtended, records.iter().take(PACKET_RECORDS_MAX), PACKET_BYTES_MAX * 4, out);
    }

    fn hear(&mut self, mut bytes: &[u8], _out: &mut Vec<u8>) -> Heard {
        let mut heard = Heard::Nothing;
        while let Some(answer) = self.answers.next(&mut bytes) {
            heard = match answer {
                Answer::Accepted => {
                    self.is_ready = true;
                    Heard::Ready
                }
                Answer::Refused | Answer::Strange(_) => return Heard::Refused,
                Answer::Stored(0) | Answer::Command(_) => heard,
                Answer::Stored(_) => heard.and_acknowledged(),
            };
        }
        heard
    }
}

impl Heard {
    /// One more message is stored.
    pub(crate) fn and_acknowledged(self) -> Self {
        match self {
            Self::Acknowledged(n) => Self::Acknowledged(n + 1),
            _ => Self::Acknowledged(1),
        }
    }
}

/// The answers of an HTTP server, one for each message.
#[derive(Default)]
struct HttpAnswers(http::Answers);

impl HttpAnswers {
    fn hear(&mut self, mut bytes: &[u8]) -> Heard {
        let mut heard = Heard::Nothing;
        while let Some(answer) = self.0.next(&mut bytes) {
            heard = match answer {
                Ok(200) => heard.and_acknowledged(),
                _ => return Heard::Refused,
            };
        }
        heard
    }
}

struct OsmAndUnit {
    id: String,
    answers: HttpAnswers,
}

impl OsmAndUnit {
    fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let unit = Self { id: id.to_owned(), answers: HttpAnswers::default() };
        (1..=64).contains(&id.len()).then(|| Box::new(unit) as Box<dyn Unit>)
    }
}

impl Unit for OsmAndUnit {
    fn hello(&mut self, _out: &mut Vec<u8>) {}

    fn is_ready(&self) -> bool {
        true
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        for fix in fixes {
            osmand::encode_query("localhost", &self.id, &Sample::from(fix), out);
        }
    }

    fn hear(&mut self, bytes: &[u8], _out: &mut Vec<u8>) -> Heard {
        self.answers.hear(bytes)
    }
}

struct NgpUnit {
    id: String,
    answers: HttpAnswers,
}

impl NgpUnit {
    fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let unit = Self { id: id.to_owned(), answers: HttpAnswers::default() };
        (6..=32).contains(&id.len()).then(|| Box::new(unit) as Box<dyn Unit>)
    }
}

impl Unit for NgpUnit {
    fn hello(&mut self, _out: &mut Vec<u8>) {}

    fn is_ready(&self) -> bool {
        true
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        for fix in fixes {
            let message = ngp::Message::from_sample(&self.id, &Sample::from(fix));
            // Every member of such a message can be written.
            let _ = ngp::encode_request("localhost", &message, out);
        }
    }

    fn hear(&mut self, bytes: &[u8], _out: &mut Vec<u8>) -> Heard {
        self.answers.hear(bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The delivery van of the worked examples.
    pub(crate) fn fix() -> Fix {
        Fix { battery_v: 4.012, ..Fix::from(&crate::sample::tests::sample()) }
    }

    #[test]
    fn a_fix_survives_being_a_sample() {
        assert_eq!(Fix::from(&Sample::from(&fix())), fix());
    }

    #[test]
    fn families_stand_once_and_know_their_identifiers() {
        for (nth, speech) in SPEECHES.iter().enumerate() {
            assert!(SPEECHES[..nth].iter().all(|other| other.family != speech.family), "{}", speech.family);
            assert!(speech.fixes_per_message_max > 0);
            assert!((speech.unit)("").is_none(), "{} takes no identifier for one", speech.family);
            let made_up = speech.identifier(7);
            assert!(made_up.is_some() && made_up != speech.identifier(8), "{}", speech.family);
        }
        assert!(speech("morse").is_none());
    }

    #[test]
    fn a_teltonika_unit_waits_for_its_login() {
        let mut unit = (speech("teltonika").unwrap().unit)("350000000000014").unwrap();
        let mut out = Vec::new();
        unit.hello(&mut out);
        assert_eq!(out, b"\x00\x0F350000000000014");
        assert!(!unit.is_ready());
        assert_eq!(unit.hear(&[1], &mut out), Heard::Ready);
        unit.report(&[fix(), fix()], &mut out);
        assert_eq!(unit.hear(&[0, 0, 0, 2], &mut out), Heard::Acknowledged(1));
        assert_eq!(unit.hear(&[0, 0, 0, 2, 0, 0, 0, 1], &mut out), Heard::Acknowledged(2));
        assert!(unit.is_ready());
    }

    #[test]
    fn an_http_unit_counts_answers() {
        let mut unit = (speech("osmand").unwrap().unit)("my phone").unwrap();
        let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(unit.hear(&[&ok[..], ok].concat(), &mut Vec::new()), Heard::Acknowledged(2));
        let bad = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(unit.hear(bad, &mut Vec::new()), Heard::Refused);
    }
}
