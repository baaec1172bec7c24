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

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("queclink", data);
    if let [seed, kind, rest @ ..] = data {
        fuzz::same_in_pieces("queclink", &[&[*seed][..], HEARTBEAT, rest].concat());
        fuzz::same_in_pieces("queclink", &[&[*seed][..], &sentence(*kind, rest), HEARTBEAT].concat());
        let input = [&[*seed][..], rest, &sentence(*kind, rest)].concat();
        fuzz::answers_in_pieces("queclink", HEARTBEAT, &Order::ReadLevels, &input);
    }
});
