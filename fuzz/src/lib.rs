//! What the fuzz targets of device families share.
//!
//! The targets run on the stable compiler, which needs to be told how to instrument:
//!
//! ```sh
//! RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
//!   -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table --cfg fuzzing" \
//!   cargo run --release -p fuzz --features fuzzing --target "$(rustc --print host-tuple)" --bin teltonika -- \
//!   -max_total_time=60
//! ```
//!
//! `--target` keeps the flags away from build scripts.

use model::Order;
use protocols::testing::{Host, Seen, Trace, read_ordered, read_split, read_whole};
use protocols::{DeviceSettings, Limits, Progress, family};

/// Feeds `input` to a session of `family`, once in one read and once in pieces, and demands the same outcome. The
/// first byte seeds how it is cut, so that an input replays as it is.
///
/// # Panics
/// When the outcomes differ, or there is no such family.
#[expect(clippy::panic, reason = "a panic is how a fuzz target reports what it found")]
pub fn same_in_pieces(name: &str, input: &[u8]) -> Trace {
    let Some((&seed, bytes)) = input.split_first() else { return Trace::default() };
    let Some(family) = family(name) else { panic!("no family {name}") };
    let whole = read_whole(family, bytes);
    assert_eq!(read_split(family, u32::from(seed), bytes), whole);
    whole
}

/// Feeds `input` to a session for datagrams: cut into datagrams by the first byte, then as one. Demands that it is
/// survived, and that no more reports come out than bytes went in.
///
/// # Panics
/// When it is not so, or there is no such family, or it has no datagrams.
#[expect(clippy::panic, reason = "a panic is how a fuzz target reports what it found")]
pub fn in_datagrams(name: &str, input: &[u8]) {
    let Some((&seed, bytes)) = input.split_first() else { return };
    let Some(family) = family(name) else { panic!("no family {name}") };
    let Some(mut host) = Host::over_udp(family, &Limits::default(), DeviceSettings::default()) else {
        panic!("{name} has no datagrams")
    };
    // A session that has closed is told no more.
    bytes.chunks(usize::from(seed) + 1).chain([bytes]).for_each(|datagram| host.feed_datagram(datagram));
    assert!(host.trace().reports().len() <= 2 * bytes.len());
}

/// Gives an order to a device of `family` that has said `login`, and feeds it `input` in one read and in pieces, as
/// [`same_in_pieces`] does. Demands the same outcome, and that the order is answered once at most.
///
/// # Panics
/// When it is not so, or there is no such family.
#[expect(clippy::panic, reason = "a panic is how a fuzz target reports what it found")]
pub fn answers_in_pieces(name: &str, login: &[u8], order: &Order, input: &[u8]) -> Trace {
    let Some((&seed, bytes)) = input.split_first() else { return Trace::default() };
    let Some(family) = family(name) else { panic!("no family {name}") };
    let orders = std::slice::from_ref(order);
    let whole = read_ordered(family, login, orders, bytes, None);
    assert_eq!(read_ordered(family, login, orders, bytes, Some(u32::from(seed))), whole);
    let is_end = |seen: &&Seen| matches!(seen, Seen::Ordered(_, what) if !matches!(what, Progress::Sent { .. }));
    assert!(whole.seen.iter().filter(is_end).count() <= 1, "{whole:?}");
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_fed_whole_and_cut() {
        let datagram = b"\xFF\x00\x50\xCA\xFE\x01\x05\x00\x0F350000000000014\x08\x00\x00";
        in_datagrams("teltonika", datagram);
        in_datagrams("teltonika", b"");
    }

    #[test]
    fn the_seed_is_no_part_of_the_stream() {
        let query = b"\x07GET /?id=1&lat=2&lon=3 HTTP/1.1\r\n\r\n";
        assert_eq!(same_in_pieces("osmand", query).reports().len(), 1);
        assert_eq!(same_in_pieces("osmand", b""), Trace::default());
    }

    #[test]
    fn an_order_is_under_way_before_the_input() {
        let order = Order::Do(model::Command::Text("go".to_owned()));
        let query = b"GET /?id=1&lat=2&lon=3 HTTP/1.1\r\n\r\n";
        let trace = answers_in_pieces("osmand", query, &order, &[&b"\x07"[..], query].concat());
        assert!(trace.sent.ends_with(b"\r\n\r\ngo"), "{trace:?}");
    }
}
