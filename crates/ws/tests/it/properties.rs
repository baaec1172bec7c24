//! Rules that hold for all bytes and all ways to split them into reads.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use ws::{Decoder, Opcode, write_frame};

use crate::client::{BINARY, CONTINUATION, FIN, PING, PONG, Seen, TEXT, frame, read, read_all};

const MAX_MESSAGE_BYTES: usize = 2000;

/// One message as a client may send it: in how many parts, and what it says between them.
#[derive(Debug, Clone)]
struct Message {
    parts: Vec<Vec<u8>>,
    is_text: bool,
    between: Option<Vec<u8>>,
    mask: [u8; 4],
}

impl Message {
    fn seen(&self, out: &mut Vec<Seen>) {
        if let Some(ping) = &self.between {
            out.extend(self.parts.iter().skip(1).map(|_| Seen::Ping(ping.clone())));
        }
        let whole = self.parts.concat();
        out.push(if self.is_text { Seen::Text(String::from_utf8(whole).unwrap()) } else { Seen::Binary(whole) });
    }

    fn write(&self, out: &mut Vec<u8>) {
        let last = self.parts.len() - 1;
        for (i, part) in self.parts.iter().enumerate() {
            let opcode = match (i, self.is_text) {
                (0, true) => TEXT,
                (0, false) => BINARY,
                _ => CONTINUATION,
            };
            if let Some(ping) = self.between.as_ref().filter(|_| i > 0) {
                out.extend(frame(FIN | PING, self.mask, ping));
            }
            out.extend(frame(if i == last { FIN | opcode } else { opcode }, self.mask, part));
        }
    }
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let payload = prop_oneof![
        any::<String>().prop_map(|text| (text.into_bytes(), true)),
        vec(any::<u8>(), 0..400).prop_map(|bytes| (bytes, false)),
    ];
    let between = proptest::option::of(vec(any::<u8>(), 0..=125));
    let message = (payload, vec(any::<Index>(), 0..4), between, any::<[u8; 4]>()).prop_map(
        |((payload, is_text), cuts, between, mask)| {
            let parts = split(&payload, &cuts).map(<[u8]>::to_vec).collect();
            Message { parts, is_text, between, mask }
        },
    );
    vec(message, 1..6)
}

/// `bytes` cut at these places: one part more than there are cuts, some of them maybe empty.
fn split<'a>(bytes: &'a [u8], cuts: &[Index]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(bytes.len());
    let mut start = 0;
    ends.into_iter().map(move |end| &bytes[std::mem::replace(&mut start, end)..end])
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 0..40)
}

/// Bytes that are nearly a conversation: valid frames with a few bytes changed, so that tests get past the first frame.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (messages(), vec((any::<Index>(), any::<u8>()), 0..4), any::<Index>()).prop_map(|(messages, changes, end)| {
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| message.write(&mut bytes));
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        bytes
    })
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..300), damaged()]
}

proptest! {
    #[test]
    fn what_a_client_sends_is_what_is_seen(messages in messages(), cuts in cuts()) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for message in &messages {
            message.write(&mut bytes);
            message.seen(&mut expected);
        }
        prop_assert_eq!(read_all(MAX_MESSAGE_BYTES, split(&bytes, &cuts)), (expected, None));
    }

    #[test]
    fn splits_make_no_difference(bytes in any_bytes(), cuts in cuts()) {
        let whole = read_all(MAX_MESSAGE_BYTES, [&bytes[..]]);
        prop_assert_eq!(&read_all(MAX_MESSAGE_BYTES, split(&bytes, &cuts)), &whole);
        prop_assert_eq!(&read_all(MAX_MESSAGE_BYTES, bytes.chunks(1)), &whole);
    }

    #[test]
    fn the_heap_follows_what_was_received(bytes in any_bytes(), cuts in cuts(), max_message_bytes in 0_usize..500) {
        let (mut decoder, mut received_bytes) = (Decoder::new(max_message_bytes), 0);
        for part in split(&bytes, &cuts) {
            let mut seen = Vec::new();
            let result = read(&mut decoder, part, &mut seen);
            received_bytes += part.len();
            prop_assert!(decoder.heap_bytes() <= received_bytes + received_bytes / 2);
            prop_assert!(decoder.heap_bytes() <= max_message_bytes + 125);
            if result.is_err() || !decoder.is_mid_message() {
                prop_assert_eq!(decoder.heap_bytes(), 0);
                received_bytes = 0;
            }
            for event in seen {
                if let Seen::Binary(payload) = event {
                    prop_assert!(payload.len() <= max_message_bytes);
                }
            }
        }
    }

    #[test]
    fn the_servers_frames_read_back_once_masked(
        payload in vec(any::<u8>(), 0..70_000),
        mask in any::<[u8; 4]>(),
        is_pong in any::<bool>(),
    ) {
        let (opcode, payload) = match is_pong {
            true => (Opcode::Pong, &payload[..payload.len().min(125)]),
            false => (Opcode::Binary, &payload[..]),
        };
        let mut bytes = Vec::new();
        write_frame(&mut bytes, opcode, payload);
        let client = frame(FIN | if is_pong { PONG } else { BINARY }, mask, payload);
        // A client's frame is the server's with the mask bit, the key, and the payload under it.
        let header_bytes = bytes.len() - payload.len();
        bytes[1] |= 0x80;
        bytes[header_bytes..].iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        bytes.splice(header_bytes..header_bytes, mask);
        prop_assert!(bytes == client);
        let expected = if is_pong { Seen::Pong(payload.to_vec()) } else { Seen::Binary(payload.to_vec()) };
        prop_assert_eq!(read_all(70_000, [&bytes[..]]), (vec![expected], None));
    }
}
