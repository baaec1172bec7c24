//! Who went without a Close, and what they had been told of by then: who comes back soon is told what it missed.

use std::collections::{HashMap, HashSet, VecDeque};

use model::{MS_PER_SECOND, SessionId, Timestamp};

use crate::options::TrackitOptions;

/// Sessions by which it is known, in the first minutes after a start, that they did not come from before it.
const NEW_MAX: usize = 100_000;

/// Those who are away.
#[derive(Debug)]
pub(crate) struct Absences {
    absence_ms: i64,
    absences_max: usize,
    away: HashMap<SessionId, Away>,
    /// In the order in which they left; some may have come back.
    left: VecDeque<(Timestamp, SessionId)>,
    /// Until then a session that is not among `known` may have had a socket before the start.
    unsure_until: Timestamp,
    known: HashSet<SessionId>,
}

#[derive(Clone, Debug)]
struct Away {
    since: Timestamp,
    heard: Absence,
}

/// What a client had been told when it went.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Absence {
    /// The number of a push up to which it has got all.
    pub(crate) up_to: u64,
    /// The numbers of later ones that it has got.
    pub(crate) besides: Box<[u64]>,
}

impl From<u64> for Absence {
    fn from(up_to: u64) -> Self {
        Self { up_to, ..Self::default() }
    }
}

impl Absences {
    /// After a start.
    pub(crate) fn new(options: &TrackitOptions, started: Timestamp) -> Self {
        let absence_ms = i64::from(options.absence_s) * MS_PER_SECOND;
        Self {
            absence_ms,
            absences_max: options.absences_max,
            away: HashMap::new(),
            left: VecDeque::new(),
            unsure_until: started.plus_ms(absence_ms),
            known: HashSet::new(),
        }
    }

    /// A session was made, and can have missed nothing.
    pub(crate) fn is_new(&mut self, session: SessionId, now: Timestamp) {
        if now < self.unsure_until && self.known.len() < NEW_MAX {
            self.known.insert(session);
        }
    }

    /// A client is back: what it had been told, if it is to be told what it missed.
    pub(crate) fn come_back(&mut self, session: SessionId, now: Timestamp) -> Option<Absence> {
        self.forget(now);
        let was_away = self.away.remove(&session).map(|away| away.heard);
        if now >= self.unsure_until {
            self.known = HashSet::new();
            return was_away;
        }
        // Whatever it had before the start, it has heard nothing since.
        let is_first = self.known.len() < NEW_MAX && self.known.insert(session);
        was_away.or(is_first.then(Absence::default))
    }

    /// A client went without a Close.
    pub(crate) fn leave(&mut self, session: SessionId, heard: Absence, now: Timestamp) {
        self.forget(now);
        self.away.insert(session, Away { since: now, heard });
        self.left.push_back((now, session));
        while self.left.len() > self.absences_max {
            self.forget_first();
        }
    }

    /// A client went with a Close: it wants to miss what comes.
    pub(crate) fn close(&mut self, session: SessionId) {
        self.away.remove(&session);
    }

    fn forget(&mut self, now: Timestamp) {
        while self.left.front().is_some_and(|(since, _)| now.since_ms(*since) >= self.absence_ms) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((since, session)) = self.left.pop_front()
            && self.away.get(&session).is_some_and(|away| away.since == since)
        {
            self.away.remove(&session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_000_000 + s).expect("in range")
    }

    fn absences(absences_max: usize) -> Absences {
        Absences::new(&TrackitOptions { absences_max, ..TrackitOptions::default() }, at(-10_000))
    }

    const ANN: SessionId = SessionId(7);

    #[test]
    fn who_comes_back_in_time_goes_on_where_it_was() {
        let mut absences = absences(10);
        assert_eq!(absences.come_back(ANN, at(0)), None);
        absences.leave(ANN, 41.into(), at(0));
        assert_eq!(absences.come_back(ANN, at(599)), Some(41.into()));
        assert_eq!(absences.come_back(ANN, at(599)), None, "once");
        absences.leave(ANN, 42.into(), at(600));
        assert_eq!(absences.come_back(ANN, at(1_200)), None, "too late");
    }

    #[test]
    fn who_says_close_misses_nothing() {
        let mut absences = absences(10);
        absences.leave(ANN, 41.into(), at(0));
        absences.close(ANN);
        assert_eq!(absences.come_back(ANN, at(1)), None);
    }

    #[test]
    fn the_last_leaving_counts_and_the_table_is_bounded() {
        let mut absences = absences(3);
        absences.leave(ANN, 1.into(), at(0));
        absences.leave(ANN, 2.into(), at(500));
        assert_eq!(absences.come_back(ANN, at(700)), Some(2.into()));
        for id in 0..100 {
            absences.leave(SessionId(id), id.into(), at(700));
        }
        assert_eq!((absences.away.len(), absences.left.len()), (3, 3));
        assert_eq!(absences.come_back(SessionId(99), at(700)), Some(99.into()));
        assert_eq!(absences.come_back(SessionId(96), at(700)), None);
    }

    #[test]
    fn after_a_start_the_first_socket_of_an_old_session_is_told_all_that_is_kept() {
        let mut absences = Absences::new(&TrackitOptions::default(), at(0));
        absences.is_new(SessionId(8), at(1));
        assert_eq!(absences.come_back(SessionId(8), at(2)), None, "made since");
        assert_eq!(absences.come_back(ANN, at(2)), Some(0.into()));
        assert_eq!(absences.come_back(ANN, at(3)), None, "its second socket");
        assert_eq!(absences.come_back(SessionId(9), at(600)), None, "too late");
    }
}
