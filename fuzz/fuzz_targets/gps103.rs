//! A GPS103 connection: arbitrary bytes in arbitrary reads, alone, as what a report says, as what a line that ends with
//! a star says, and while a command is under way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Order;

const LOGIN: &[u8] = b"##,imei:350000000000014,A;";
const HEAD: &[u8] = b"imei:350000000000014,";

fuzz_target!(|data: &[u8]| {
    fuzz::same_in_pieces("gps103", data);
    if let Some((seed, rest)) = data.split_first() {
        fuzz::same_in_pieces("gps103", &[&[*seed][..], HEAD, rest, b";", LOGIN].concat());
        fuzz::same_in_pieces("gps103", &[&[*seed][..], HEAD, rest, b",*", LOGIN].concat());
        let answers = [&[*seed][..], HEAD, b"tracker,2603140626,,", rest, b";"].concat();
        fuzz::answers_in_pieces("gps103", LOGIN, &Order::Locate, &answers);
    }
});
