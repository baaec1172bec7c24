//! A source, as the documents tell of it: what a report says, and what time does.

use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
const IDLE_MS: i64 = 5 * MINUTE_MS;
const OFFLINE_MS: i64 = 10 * MINUTE_MS;
const LOST_MS: i64 = 24 * 60 * MINUTE_MS;
const STOP_MS: i64 = 5 * MINUTE_MS;
const GRACE_MS: i64 = 10_000;
const MOVING_KMH: u16 = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Movement {
    Moving,
    Stopped { since_ms: i64 },
    Parked,
}

/// What a client is shown of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    pub(super) speed_kmh: u16,
    pub(super) connection: &'static str,
    pub(super) movement: &'static str,
    pub(super) heard_ms: Option<i64>,
}

#[derive(Clone, Debug)]
pub(super) struct Source {
    registered_ms: i64,
    /// When it was last heard of.
    heard_ms: Option<i64>,
    contact_ms: Option<i64>,
    fix_ms: Option<i64>,
    newest_ms: Option<i64>,
    speed_kmh: u16,
    movement: Movement,
    /// A position has been judged.
    judged: bool,
    connection: &'static str,
    /// What it told besides, by name, and which telling that was.
    pub(super) readings: BTreeMap<&'static str, (i64, u32)>,
    pub(super) tellings: u32,
    pub(super) blocked: bool,
    pub(super) removed: bool,
}

impl Source {
    pub(super) fn new(now_ms: i64) -> Self {
        Self {
            registered_ms: now_ms,
            heard_ms: None,
            contact_ms: None,
            fix_ms: None,
            newest_ms: None,
            speed_kmh: 0,
            movement: Movement::Parked,
            judged: false,
            connection: "just_registered",
            readings: BTreeMap::new(),
            tellings: 0,
            blocked: false,
            removed: false,
        }
    }

    pub(super) fn shown(&self) -> Shown {
        let movement = match self.movement {
            Movement::Moving => "moving",
            Movement::Stopped { .. } => "stopped",
            Movement::Parked => "parked",
        };
        Shown { speed_kmh: self.speed_kmh, connection: self.connection, movement, heard_ms: self.heard_ms }
    }

    /// What time alone does; true if it shows.
    pub(super) fn settle(&mut self, now_ms: i64) -> bool {
        let before = self.shown();
        if let (Movement::Stopped { since_ms }, Some(heard_ms)) = (self.movement, self.heard_ms) {
            let stood_ms = since_ms + STOP_MS;
            let due_ms = if stood_ms <= heard_ms { heard_ms + GRACE_MS } else { stood_ms };
            if due_ms <= heard_ms + OFFLINE_MS && now_ms >= due_ms {
                self.movement = Movement::Parked;
            }
        }
        self.connection = match self.heard_ms {
            None if now_ms > self.registered_ms + LOST_MS => "signal_lost",
            None => "just_registered",
            Some(heard_ms) if now_ms > heard_ms + OFFLINE_MS => "offline",
            Some(_) if self.fix_ms.is_some_and(|fix_ms| now_ms <= fix_ms + IDLE_MS) => "active",
            Some(_) => "idle",
        };
        self.shown() != before
    }

    /// A report of `at_ms` that says how fast it is, or something else.
    pub(super) fn report(
        &mut self,
        now_ms: i64,
        at_ms: i64,
        speed_kmh: Option<u16>,
        reading: Option<(&'static str, i64)>,
    ) {
        self.heard_ms = Some(now_ms);
        if self.newest_ms.is_none_or(|newest_ms| at_ms >= newest_ms) {
            self.newest_ms = Some(at_ms);
            if let Some(speed_kmh) = speed_kmh {
                (self.speed_kmh, self.fix_ms) = (speed_kmh, Some(at_ms));
                self.judge(at_ms);
            }
            if matches!(self.movement, Movement::Stopped { since_ms } if at_ms >= since_ms + STOP_MS) {
                self.movement = Movement::Parked;
            }
            if let Some((name, value)) = reading {
                self.tellings += 1;
                self.readings.insert(name, (value, self.tellings));
            }
        }
        self.settle(now_ms);
    }

    fn judge(&mut self, at_ms: i64) {
        if self.speed_kmh >= MOVING_KMH {
            self.movement = Movement::Moving;
        } else if self.judged && self.movement == Movement::Moving {
            self.movement = Movement::Stopped { since_ms: at_ms };
        }
        self.judged = true;
    }

    /// A sign of life, which counts once a minute; true if it did.
    pub(super) fn contact(&mut self, now_ms: i64) -> bool {
        if self.contact_ms.is_some_and(|at_ms| now_ms - at_ms < MINUTE_MS) {
            return false;
        }
        (self.contact_ms, self.heard_ms) = (Some(now_ms), Some(now_ms));
        self.settle(now_ms);
        true
    }
}
