//! An H02 connection: arbitrary bytes in arbitrary reads, alone, as the content of a line, as that of a binary frame,
//! and while a command is under way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Order;

const LINE: &[u8] = b"*HQ,350000000000014,V1,092653,A,3326.9335,S,07040.1560,W,034.02,187,140326,FFFFFBFF#";

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("h02", data);
    if let Some((seed, rest)) = data.split_first() {
        fuzz::same_in_pieces("h02", &[&[*seed][..], b"*HQ,350000000000014,", rest, b"#", LINE].concat());
        fuzz::same_in_pieces("h02", &[&[*seed][..], LINE, b"$\x31\x70\x51\x23\x45", rest, LINE].concat());
        fuzz::answers_in_pieces("h02", LINE, &Order::Restart, data);
    }
});
