//! What may happen. Small numbers pick among what there is.

use proptest::prelude::*;

use super::client::Event;

#[derive(Clone, Debug)]
pub(super) enum Op {
    /// One upload: how fast each report says it is, and whether it may not be skipped.
    Report(u8, Vec<(u16, bool)>),
    /// A report out of the past.
    Late(u8),
    Battery(u8, u8),
    Contact(u8),
    Wait(i64),
    Block(u8, bool),
    Hide(u8, bool),
    Corrupt(u8),
    Register(bool),
    Clone(u8),
    Unclone(u8),
    Move(u8),
    Bind(u8, bool),
    Lock(u8, bool),
    Zone(u8, u8),
    Logout(u8),
    Ask(Ask),
    Look(u8),
    Reopen(u8),
}

/// A message of a client. It has two subscribers on its connection, whose dates are written differently.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) client: u8,
    pub(super) is_iso: bool,
    /// Whose session it takes when it needs one.
    pub(super) user: u8,
    /// It takes a session that another client has.
    pub(super) shared: bool,
    /// It goes on with a session that has ended.
    pub(super) stale: bool,
    pub(super) unsubscribe: bool,
    /// In the first form, which knows states only.
    pub(super) legacy: bool,
    pub(super) requests: Vec<Wish>,
}

#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) event: Event,
    /// `None` is all.
    pub(super) trackers: Option<Vec<u8>>,
    pub(super) compact: bool,
    pub(super) rate_ms: i64,
}

fn wish() -> impl Strategy<Value = Wish> {
    let event = prop::sample::select(vec![Event::State, Event::StateBatch, Event::ReadingsBatch]);
    let trackers = prop::option::weighted(0.6, prop::collection::vec(any::<u8>(), 0..4));
    let rate_ms = prop::sample::select(vec![100, 1_000, 3_000]);
    (event, trackers, any::<bool>(), rate_ms).prop_map(|(event, trackers, compact, rate_ms)| Wish {
        event,
        trackers,
        compact,
        rate_ms,
    })
}

fn ask() -> impl Strategy<Value = Op> {
    let flag = |probability| prop::bool::weighted(probability);
    let who = (0..3u8, any::<bool>(), 0..3u8, flag(0.3), flag(0.2));
    (who, flag(0.25), flag(0.3), prop::collection::vec(wish(), 1..4)).prop_map(
        |(who, unsubscribe, legacy, requests)| {
            let (client, is_iso, user, shared, stale) = who;
            Op::Ask(Ask { client, is_iso, user, shared, stale, unsubscribe, legacy, requests })
        },
    )
}

/// A run: some subscriptions to begin with, then whatever comes.
pub(super) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let asks = prop::collection::vec(ask(), 0..8);
    (asks, prop::collection::vec(op(), 1..300)).prop_map(|(mut ops, more)| {
        ops.extend(more);
        ops
    })
}

fn op() -> impl Strategy<Value = Op> {
    let n = any::<u8>;
    // What takes something away comes less often than what gives it back.
    let mostly_not = || (any::<u8>(), prop::bool::weighted(0.25));
    let speed = prop::sample::select(vec![0, 2, 3, 40, 90]);
    let reports = prop::collection::vec((speed, prop::bool::weighted(0.2)), 1..4);
    let wait = prop::sample::select(vec![
        0,
        50,
        100,
        999,
        1_000,
        3_000,
        10_000,
        61_000,
        290_000,
        301_000,
        601_000,
        3_600_000,
        86_400_001,
        864_000_000,
    ]);
    prop_oneof![
        20 => (n(), reports).prop_map(|(source, reports)| Op::Report(source, reports)),
        2 => n().prop_map(Op::Late),
        4 => (n(), 0..100u8).prop_map(|(source, level)| Op::Battery(source, level)),
        1 => n().prop_map(Op::Contact),
        8 => wait.prop_map(Op::Wait),
        4 => mostly_not().prop_map(|(n, on)| Op::Block(n, on)),
        5 => mostly_not().prop_map(|(n, on)| Op::Hide(n, on)),
        1 => n().prop_map(Op::Corrupt),
        1 => any::<bool>().prop_map(Op::Register),
        2 => n().prop_map(Op::Clone),
        1 => n().prop_map(Op::Unclone),
        2 => n().prop_map(Op::Move),
        6 => mostly_not().prop_map(|(n, off)| Op::Bind(n, !off)),
        2 => mostly_not().prop_map(|(n, on)| Op::Lock(n, on)),
        1 => (n(), n()).prop_map(|(user, zone)| Op::Zone(user, zone)),
        1 => n().prop_map(Op::Logout),
        16 => ask(),
        12 => (0..3u8).prop_map(Op::Look),
        1 => (0..3u8).prop_map(Op::Reopen),
    ]
}
