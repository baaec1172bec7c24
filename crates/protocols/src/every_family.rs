//! What holds for every family, tried with what a device of each says. A new family gets these tests for its row in
//! `testing::samples`.

use model::{Command, Order};
use proptest::prelude::*;

use crate::testing::samples::{Sample, sample};
use crate::testing::{Host, Seen, Trace, read_split, read_whole};
use crate::{DeviceSettings, FAMILIES, Family, Limits, Presence, Recognised, Stored, recognise};

fn each(check: impl Fn(&'static Family, &Sample)) {
    for family in FAMILIES {
        let sample = sample(family.name).unwrap_or_else(|| panic!("no sample of {}", family.name));
        check(family, &sample);
    }
}

impl Sample {
    fn whole(&self) -> Vec<u8> {
        [&self.login[..], &self.reports].concat()
    }
}

/// How many reports a login itself is: some tell what the device is.
fn at_login(family: &'static Family, sample: &Sample) -> usize {
    hear(family, &[&sample.login]).reports().len()
}

fn hear(family: &'static Family, pieces: &[&[u8]]) -> Trace {
    let mut host = Host::new(family, &Limits::default());
    pieces.iter().for_each(|piece| host.feed(piece));
    host.trace()
}

#[test]
fn a_sample_is_understood() {
    each(|family, sample| {
        let before = at_login(family, sample);
        let trace = read_whole(family, &sample.whole());
        assert_eq!(trace.reports().len(), before + sample.count, "{}: {trace:?}", family.name);
        assert_eq!((trace.rejects().len(), trace.closed), (0, false), "{}: {trace:?}", family.name);
        let who = trace.seen.iter().filter(|seen| matches!(seen, Seen::Device(_))).count();
        assert_eq!(who, 1, "{}: {trace:?}", family.name);
        let position = trace.reports()[before].position.clone();
        let (latitude, longitude) = position.map(|p| (p.latitude, p.longitude)).unwrap_or_default();
        assert!((latitude + 33.448_891).abs() < 2e-5, "{}: {latitude}", family.name);
        assert!((longitude + 70.669_266).abs() < 2e-5, "{}: {longitude}", family.name);
    });
}

#[test]
fn first_bytes_tell_the_family() {
    each(|family, sample| {
        let whole = sample.whole();
        // What speaks HTTP is told by each body that comes.
        let wanted = if matches!(family.name, "ngp" | "osmand") { "http" } else { family.name };
        let told: Vec<_> = (1..=whole.len().min(crate::RECOGNISE_BYTES_MAX))
            .filter_map(|n| match recognise(&whole[..n]) {
                Recognised::Family(told) => Some(told.name),
                Recognised::More => None,
                Recognised::Unknown => Some("unknown"),
            })
            .collect();
        assert!(told.first().is_some_and(|name| *name == wanted), "{} is taken for {told:?}", family.name);
        // A device that waits for the answer to its login says nothing more before it.
        let login = if sample.login.is_empty() { &whole } else { &sample.login };
        let first = &login[..login.len().min(crate::RECOGNISE_BYTES_MAX)];
        assert!(matches!(recognise(first), Recognised::Family(_)), "{} is not told by its login", family.name);
    });
}

#[test]
fn any_split_gives_the_same() {
    each(|family, sample| {
        let stream = [sample.whole(), sample.garbage.clone(), sample.reports.clone(), sample.reports.clone()].concat();
        let whole = read_whole(family, &stream);
        for seed in 0..200 {
            assert_eq!(read_split(family, seed, &stream), whole, "{} cut by seed {seed}", family.name);
        }
    });
}

#[test]
fn garbage_costs_itself() {
    each(|family, sample| {
        let Sample { login, reports, garbage, count } = sample;
        let wanted = at_login(family, sample) + 2 * count;
        let trace = hear(family, &[garbage, login, garbage, reports, garbage, reports, garbage]);
        assert_eq!((trace.reports().len(), trace.closed), (wanted, false), "{}: {trace:?}", family.name);
    });
}

#[test]
fn a_frame_that_is_cut_short_says_nothing() {
    each(|family, sample| {
        let before = at_login(family, sample);
        for n in 0..sample.reports.len() - 1 {
            let trace = hear(family, &[&sample.login, &sample.reports[..n]]);
            assert_eq!(trace.reports().len(), before, "{} cut after {n} bytes: {trace:?}", family.name);
            assert!(!trace.closed, "{} cut after {n} bytes: {trace:?}", family.name);
        }
    });
}

#[test]
fn what_is_sent_again_is_answered_again() {
    each(|family, sample| {
        let once = hear(family, &[&sample.login, &sample.reports]);
        let login = hear(family, &[&sample.login]);
        let mut pieces = vec![&sample.login[..]];
        pieces.extend([&sample.reports[..]; 5]);
        let often = hear(family, &pieces);
        let before = at_login(family, sample);
        assert_eq!(often.reports().len(), before + 5 * sample.count, "{}", family.name);
        let answer_bytes = once.sent.len() - login.sent.len();
        assert_eq!(often.sent.len(), login.sent.len() + 5 * answer_bytes, "{}", family.name);
        let reports = often.reports();
        let first = reports[before];
        assert!(reports[before..].iter().step_by(sample.count).all(|report| *report == first), "{}", family.name);
    });
}

#[test]
fn nothing_is_acknowledged_that_is_not_stored() {
    each(|family, sample| {
        let stored = hear(family, &[&sample.login, &sample.reports]).sent;
        let mut host = Host::new(family, &Limits::default());
        host.outcome = Stored::Failed;
        host.feed(&sample.login);
        host.feed(&sample.reports);
        let failed = host.trace().sent;
        let login = hear(family, &[&sample.login]).sent;
        // Families that acknowledge nothing say nothing, whatever becomes of it.
        assert!(stored == login || failed != stored, "{} says the same: {stored:02x?}", family.name);
    });
}

#[test]
fn strangers_are_acknowledged_nothing() {
    each(|family, sample| {
        let known = hear(family, &[&sample.login, &sample.reports]);
        let mut host = Host::new(family, &Limits::default());
        host.refuses_all = true;
        host.feed(&sample.login);
        host.feed(&sample.reports);
        let trace = host.trace();
        assert_eq!(trace.reports().len(), 0, "{}", family.name);
        assert!(trace.closed || family.presence == Presence::Contact, "{}: {trace:?}", family.name);
        assert!(known.sent.is_empty() || trace.sent != known.sent, "{}", family.name);
    });
}

#[test]
fn a_login_may_come_again() {
    each(|family, sample| {
        let wanted = 3 * at_login(family, sample) + 2 * sample.count;
        let trace = hear(family, &[&sample.login, &sample.login, &sample.reports, &sample.login, &sample.reports]);
        assert_eq!((trace.reports().len(), trace.closed), (wanted, false), "{}: {trace:?}", family.name);
    });
}

#[test]
fn every_order_is_taken_or_refused() {
    let orders = [
        Order::Do(Command::Text("status".to_owned())),
        Order::Do(Command::Text("x".repeat(100_000))),
        Order::Do(Command::Text(String::new())),
        Order::Do(Command::Bytes(vec![0; 4])),
        Order::Do(Command::Output { number: 1, on: true }),
        Order::Do(Command::Output { number: 255, on: false }),
        Order::ReadLevels,
        Order::Locate,
        Order::Engine { on: false },
        Order::Interval { every_s: 30 },
        Order::Interval { every_s: u32::MAX },
        Order::Restart,
        Order::Arm { on: true },
    ];
    each(|family, sample| {
        for order in &orders {
            let mut host = Host::new(family, &Limits::default());
            host.feed(&sample.login);
            host.feed(&sample.reports);
            let given = host.order(1, order);
            host.feed(&sample.reports);
            host.tick_after_ms(Limits::default().command_reply_ms_max);
            let trace = host.trace();
            let told = trace.seen.iter().filter(|seen| matches!(seen, Seen::Ordered(..))).count();
            // Refused: not a word. Taken: that it was sent and what became of it, or that it never was.
            let is_right = if given.is_err() { told == 0 } else { (1..=2).contains(&told) };
            assert!(is_right, "{} {order:?}: {given:?}, then {trace:?}", family.name);
            assert!(!trace.closed, "{} {order:?}: {trace:?}", family.name);
            let sent_max = Limits::default().command_bytes_max * 3;
            assert!(trace.sent.len() < sent_max, "{} {order:?} is {} bytes", family.name, trace.sent.len());
        }
    });
}

#[test]
fn noise_for_ever_ends() {
    let limits = Limits::default();
    each(|family, sample| {
        let mut host = Host::new(family, &limits);
        host.feed(&sample.login);
        for n in 0..20_000u32 {
            if host.is_closed() {
                return;
            }
            // Bytes without a pattern that could be a frame's.
            let noise: Vec<u8> =
                (0..64u32).map(|i| ((n * 64 + i).wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
            host.feed(&noise);
        }
        panic!("{} still listens", family.name);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn flipped_bits_harm_nobody(flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6), seed: u32) {
        for family in FAMILIES {
            let Some(sample) = sample(family.name) else { continue };
            let mut stream = [sample.whole(), sample.reports.clone()].concat();
            for (at, bit) in &flips {
                let at = at.index(stream.len());
                stream[at] ^= 1 << bit;
            }
            let whole = read_whole(family, &stream);
            prop_assert_eq!(read_split(family, seed, &stream), whole, "{}", family.name);
        }
    }

    #[test]
    fn arbitrary_bytes_harm_nobody(noise in prop::collection::vec(any::<u8>(), 0..300), seed: u32) {
        for family in FAMILIES {
            let Some(sample) = sample(family.name) else { continue };
            let stream = [&sample.login[..], &noise, &sample.reports].concat();
            let whole = read_whole(family, &stream);
            prop_assert_eq!(read_split(family, seed, &stream), whole, "{}", family.name);
        }
    }

    #[test]
    fn datagrams_end_where_they_end(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        for family in FAMILIES.iter().filter(|family| family.open_udp.is_some()) {
            let Some(mut host) = Host::over_udp(family, &Limits::default(), DeviceSettings::default()) else { continue };
            host.feed_datagram(&noise);
            prop_assert_eq!(host.due_in_ms(), None, "{} waits for the rest of a datagram", family.name);
        }
    }
}
