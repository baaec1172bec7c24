//! A Queclink connection whose device is known, and one whose is not: arbitrary bytes in arbitrary reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Order;

const HEARTBEAT: &[u8] = b"+ACK:GTHBD,2F0E03,350000000000014,GV55,20260314092655,0043$";

/// Fields of a sentence whose kind is one of those with a form of its own.
fn sentence(kind: u8, fields: &[u8]) -> Vec<u8> {
    const KINDS: [&str; 16] = [
        "FRI", "ERI", "INF", "CAN", "OBD", "GSM", "WIF", "LBS", "BAA", "IGN", "TEM", "DTT", "LSA", "DIS", "VER", "ZZZ",
    ];
    let kind = KINDS[usize::from(kind) % KINDS.len()];
    [format!("+RESP:GT{kind},2F0E03,350000000000014,N,").as_bytes(), fields, b",20260314092655,0042$"].concat()
}

/// A binary frame whose length and identifier would have to be guessed.
fn binary(kind: u8, content: &[u8]) -> Vec<u8> {
    if kind & 1 == 0 {
        let length = ((content.len() + 24) as u16).to_be_bytes();
        let head = if kind & 2 == 0 { b"+RSP" } else { b"+EVT" };
        let id = 350_000_000_000_014_u64.to_be_bytes();
        return [head, &[kind >> 2, 0, 0, 0, 0][..], &length, &[0x2F, 14, 3, 1, 1], &id, content].concat();
    }
    let length = ((content.len() + 20) as u16).to_be_bytes();
    let id = [0x03, 0x50, 0, 0, 0, 0, 0, 0x14];
    [b"+\0", &length[..], &[0], &id, &[0x80, 0x20, 4, 1, 0, 0, 0], content].concat()
}

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("queclink", data);
    if let [seed, kind, rest @ ..] = data {
        fuzz::same_in_pieces("queclink", &[&[*seed][..], HEARTBEAT, rest].concat());
        fuzz::same_in_pieces("queclink", &[&[*seed][..], &sentence(*kind, rest), HEARTBEAT].concat());
        fuzz::same_in_pieces("queclink", &[&[*seed][..], &binary(*kind, rest), HEARTBEAT].concat());
        let input = [&[*seed][..], rest, &sentence(*kind, rest)].concat();
        fuzz::answers_in_pieces("queclink", HEARTBEAT, &Order::ReadLevels, &input);
    }
});
