//! Teltonika over UDP: each datagram names its device and is answered with the number of its records.

use model::DeviceId;

use super::session::records;
use crate::Limits;
use crate::checksum::ARC;
use crate::framed::{Claim, Codec, Context, Front, Said};
use crate::session::Reject;

/// A datagram begins with its length,
const LENGTH_BYTES: usize = 2;
/// the number that the answer repeats, a type,
const PACKET_ID_BYTES: usize = 2;
const USUAL: u8 = 1;
const TYPE_AT: usize = LENGTH_BYTES + PACKET_ID_BYTES;
/// a second number that the answer repeats,
const AVL_PACKET_ID_AT: usize = TYPE_AT + 1;
/// and the device's number, with its length.
const DEVICE_AT: usize = AVL_PACKET_ID_AT + 1;
/// Sent alone to keep the carrier's address translation open.
const KEEP_ALIVE: u8 = 0xFF;
/// Bytes of an answer after its length.
const ANSWER_BYTES: u16 = 5;

#[derive(Default)]
pub(super) struct TeltonikaUdp {
    /// Length and checksum of records that could not all be read.
    broken: Option<(usize, u16)>,
}

/// The parts of a datagram: the device's number, and where the records begin.
fn device_and_data(datagram: &[u8]) -> Option<(&[u8], usize)> {
    let (length, rest) = datagram.get(DEVICE_AT..)?.split_first_chunk::<2>()?;
    let device = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    Some((device, DEVICE_AT + 2 + device.len()))
}

/// Whether bytes are a datagram of this family: it begins in another way than a connection does.
pub(crate) fn is_datagram(bytes: &[u8]) -> bool {
    let counted = bytes.first_chunk::<LENGTH_BYTES>().map(|length| usize::from(u16::from_be_bytes(*length)));
    let is_number = |id: &[u8]| !id.is_empty() && id.iter().all(u8::is_ascii_digit);
    counted.is_some_and(|counted| LENGTH_BYTES + counted <= bytes.len())
        && bytes.get(TYPE_AT) == Some(&USUAL)
        && device_and_data(bytes).is_some_and(|(id, _)| is_number(id))
}

impl Codec for TeltonikaUdp {
    type Awaited = ();

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        // No datagram is so long that it could begin like this.
        if bytes[0] == KEEP_ALIVE {
            return Front::Alive(1);
        }
        let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else { return Front::More };
        let counted = usize::from(u16::from_be_bytes(*length));
        let is_possible = (DEVICE_AT..=limits.frame_bytes_max).contains(&counted);
        if !is_possible || rest.get(PACKET_ID_BYTES).is_some_and(|kind| *kind != USUAL) {
            return Front::Noise(1);
        }
        if rest.len() < counted { Front::More } else { Front::Frame(LENGTH_BYTES + counted) }
    }

    fn claim(&mut self, datagram: &[u8], limits: &Limits) -> Claim {
        let device = device_and_data(datagram).map(|(device, _)| device);
        let device = device.filter(|id| id.len() <= limits.login_bytes_max);
        let id = device.and_then(|id| std::str::from_utf8(id).ok()).and_then(DeviceId::new);
        id.map_or(Claim::Bad, Claim::Device)
    }

    fn forget(&mut self) {
        *self = Self::default();
    }

    fn read(&mut self, datagram: &[u8], context: &Context<'_>, said: &mut Said<()>) {
        let Some((_, data_at)) = device_and_data(datagram) else { return };
        let data = &datagram[data_at..];
        let Some(packet) = records(data, context.settings, context.limits) else {
            said.bad(data_at, data.first().map_or(Reject::Truncated, |codec| Reject::UnknownKind(*codec)));
            return;
        };
        let mut stored = packet.reports.len() as u8;
        if let Some(at) = packet.broken_at {
            // As over TCP, what comes a second time as it was before may be forgotten.
            let mark = (data.len(), ARC.checksum(data));
            if self.broken.replace(mark) == Some(mark) {
                stored = packet.announced;
            }
            match packet.reports.is_empty() {
                true => said.bad(data_at + at, Reject::Truncated),
                false => said.fault(data_at + at, Reject::Truncated),
            }
        }
        said.reports = packet.reports;
        said.when_stored = answer(datagram, stored);
        said.when_failed = answer(datagram, 0);
    }
}

fn answer(datagram: &[u8], records: u8) -> Vec<u8> {
    let mut answer = ANSWER_BYTES.to_be_bytes().to_vec();
    answer.extend_from_slice(&datagram[LENGTH_BYTES..TYPE_AT]);
    answer.extend([USUAL, datagram[AVL_PACKET_ID_AT], records]);
    answer
}
