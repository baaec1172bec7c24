//! A TK103 connection: arbitrary bytes in arbitrary reads, alone, as the content of a frame in each of the two
//! dialects, and while a command is under way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Order;

const LOGIN: &[u8] = b"(013912345678BP00)";

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("tk103", data);
    if let Some((seed, rest)) = data.split_first() {
        fuzz::same_in_pieces("tk103", &[&[*seed][..], b"(013912345678", rest, b")", LOGIN].concat());
        fuzz::same_in_pieces("tk103", &[&[*seed][..], b"(013912345678BR00260314A3326.9335S", rest, b")"].concat());
        fuzz::same_in_pieces("tk103", &[&[*seed][..], b"(013912345678,DW30,140326,A,", rest, b")", LOGIN].concat());
        let answers = [&[*seed][..], b"(013912345678", rest, b")"].concat();
        fuzz::answers_in_pieces("tk103", LOGIN, &Order::Restart, &answers);
    }
});
