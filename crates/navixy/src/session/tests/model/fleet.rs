//! Users, trackers and sessions, and how a user is shown things.

use super::source::{Shown, Source};

/// 2026-03-02 00:00 UTC.
const MIDNIGHT_S: i64 = 1_772_409_600;
/// When clocks in Berlin go forward in 2026.
const BERLIN_SUMMER_MS: i64 = 1_774_746_000_000;
const FIRST_TRACKER: u32 = 100_001;
const FIRST_SOURCE: u32 = 1_000_000_001;

/// The zones that users have, and whether they are ahead of UTC by so many seconds.
pub(super) const ZONES: [&str; 4] = ["Europe/Berlin", "UTC", "Asia/Kolkata", "America/Bogota"];

/// Two masters, and a sub-user of the first.
pub(super) const ANN: usize = 0;
pub(super) const BOB: usize = 1;
pub(super) const SUB: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    Unknown,
    Disallowed,
    Blocked,
    Normal,
}

impl Access {
    pub(super) const fn is_seen(self) -> bool {
        matches!(self, Self::Blocked | Self::Normal)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Disallowed => "disallowed",
            Self::Blocked => "blocked",
            Self::Normal => "normal",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Tracker {
    pub(super) id: u32,
    pub(super) owner: usize,
    pub(super) source: u32,
    pub(super) is_clone: bool,
    pub(super) hidden: bool,
    pub(super) removed: bool,
    /// The sub-user may see it.
    pub(super) bound: bool,
}

impl Tracker {
    pub(super) const fn is_visible(&self) -> bool {
        !self.hidden && !self.removed
    }
}

pub(super) struct Session {
    pub(super) user: usize,
    pub(super) ends_ms: i64,
    pub(super) is_live: bool,
}

pub(super) struct Fleet {
    pub(super) now_ms: i64,
    pub(super) zones: [usize; 3],
    pub(super) active: [bool; 3],
    pub(super) sources: Vec<Source>,
    pub(super) trackers: Vec<Tracker>,
    pub(super) sessions: Vec<Session>,
}

impl Fleet {
    pub(super) fn new(now_ms: i64) -> Self {
        let (sources, trackers, sessions) = (Vec::new(), Vec::new(), Vec::new());
        Self { now_ms, zones: [0; 3], active: [true; 3], sources, trackers, sessions }
    }

    pub(super) fn source(&self, id: u32) -> &Source {
        &self.sources[(id - FIRST_SOURCE) as usize]
    }

    pub(super) fn source_mut(&mut self, id: u32) -> &mut Source {
        &mut self.sources[(id - FIRST_SOURCE) as usize]
    }

    pub(super) fn source_ids(&self) -> impl Iterator<Item = u32> + use<> {
        (0..self.sources.len() as u32).map(|n| FIRST_SOURCE + n)
    }

    pub(super) fn tracker(&self, id: u32) -> Option<&Tracker> {
        self.trackers.get(id.checked_sub(FIRST_TRACKER)? as usize)
    }

    pub(super) fn tracker_mut(&mut self, id: u32) -> &mut Tracker {
        &mut self.trackers[(id - FIRST_TRACKER) as usize]
    }

    /// A tracker more: a clone or a moved one on a source that there is, or else one on a source of its own.
    pub(super) fn add(&mut self, owner: usize, source: Option<u32>, is_clone: bool) -> u32 {
        let id = FIRST_TRACKER + self.trackers.len() as u32;
        let source = source.unwrap_or_else(|| {
            self.sources.push(Source::new(self.now_ms));
            FIRST_SOURCE + self.sources.len() as u32 - 1
        });
        self.trackers.push(Tracker { id, owner, source, is_clone, hidden: false, removed: false, bound: false });
        id
    }

    pub(super) fn access(&self, user: usize, id: u32) -> Access {
        let master = if user == SUB { ANN } else { user };
        let Some(tracker) = self.tracker(id).filter(|t| t.owner == master && t.is_visible()) else {
            return Access::Unknown;
        };
        if user == SUB && !tracker.bound {
            Access::Disallowed
        } else if self.source(tracker.source).blocked {
            Access::Blocked
        } else {
            Access::Normal
        }
    }

    pub(super) fn visible(&self, user: usize) -> impl Iterator<Item = u32> {
        self.trackers.iter().map(|t| t.id).filter(move |id| self.access(user, *id).is_seen())
    }

    /// A state as a user is shown it, in short.
    pub(super) fn state(&self, shown: &Shown, compact: bool, user: usize, is_iso: bool) -> String {
        let form = if compact { "compact" } else { "full" };
        let heard = shown.heard_ms.map_or("none".to_owned(), |ms| self.date(ms, user, is_iso));
        format!("{form} {} {} {} {heard}", shown.speed_kmh, shown.connection, shown.movement)
    }

    /// A date of 2026 after February, in the user's zone.
    pub(super) fn date(&self, ms: i64, user: usize, is_iso: bool) -> String {
        let offset_s = match self.zones[user] {
            0 if ms < BERLIN_SUMMER_MS => 3_600,
            0 => 7_200,
            1 => 0,
            2 => 19_800,
            _ => -18_000,
        };
        let local_s = ms.div_euclid(1_000) + offset_s - MIDNIGHT_S;
        let (mut day, second) = (2 + local_s.div_euclid(86_400), local_s.rem_euclid(86_400));
        let mut month = 3;
        for days in [31, 30, 31, 30, 31, 31, 30] {
            if day > days {
                (day, month) = (day - days, month + 1);
            } else {
                break;
            }
        }
        let (separator, offset) = match (is_iso, offset_s) {
            (false, _) => (' ', String::new()),
            (true, 0) => ('T', "Z".to_owned()),
            (true, s) => {
                let sign = if s < 0 { '-' } else { '+' };
                ('T', format!("{sign}{:02}:{:02}", s.abs() / 3_600, s.abs() % 3_600 / 60))
            }
        };
        let (hour, minute) = (second / 3_600, second % 3_600 / 60);
        format!("2026-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{:02}{offset}", second % 60)
    }
}
