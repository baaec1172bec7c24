//! What a list of events shows, drawn from the steps of a replay.

use model::{EventId, Seq, Timestamp};

use super::{Step, Toggled, TripEnd};

/// Events of one report that are told; no device gives as many as these.
const DEVICE_EVENTS_MAX: usize = 64;

/// What kind of thing happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HappeningKind {
    /// A trip began.
    TrackStart,
    /// A trip ended.
    TrackEnd,
    /// A digital input changed.
    Input {
        /// Which, from 1.
        number: u8,
        /// What it changed to.
        on: bool,
    },
    /// A digital output changed.
    Output {
        /// Which, from 1.
        number: u8,
        /// What it changed to.
        on: bool,
    },
    /// The device told of an event.
    Device(EventId),
}

/// Something that happened to a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// The report that shows it.
    pub seq: Seq,
    /// What.
    pub kind: HappeningKind,
    /// Which of its report's device events it is.
    index: u8,
}

impl Happening {
    const fn new(at: Timestamp, seq: Seq, kind: HappeningKind) -> Self {
        Self { at, seq, kind, index: 0 }
    }

    /// The end of a trip.
    pub const fn track_end(end: TripEnd) -> Self {
        Self::new(end.at, end.seq, HappeningKind::TrackEnd)
    }

    /// A number that no other has and that does not change: it follows from the report's place in the journal and from
    /// the kind. Positive.
    pub const fn id(&self) -> i64 {
        let code = match self.kind {
            HappeningKind::TrackStart => 1,
            HappeningKind::TrackEnd => 2,
            HappeningKind::Input { number, .. } => 32 + number,
            HappeningKind::Output { number, .. } => 64 + number,
            HappeningKind::Device(_) => 128 + self.index,
        };
        // A journal would have to take a million reports a second for a thousand years to get there.
        ((self.seq.0 << 8) & i64::MAX as u64) as i64 | code as i64
    }
}

/// What happened with a step, in order. What the device calls a change of a line is told once, whether its report has
/// the line's new state or only the event; that it reports as it always does is no event.
pub fn happenings(step: &Step) -> Vec<Happening> {
    let mut all: Vec<Happening> = step.ended_before.map(Happening::track_end).into_iter().collect();
    let mut add = |kind| all.push(Happening::new(step.at, step.seq, kind));
    if step.starts {
        add(HappeningKind::TrackStart);
    }
    for (number, on) in step.inputs.into_iter().flat_map(lines) {
        add(HappeningKind::Input { number, on });
    }
    for (number, on) in step.outputs.into_iter().flat_map(lines) {
        add(HappeningKind::Output { number, on });
    }
    for (index, event) in (0..).zip(step.events.iter().take(DEVICE_EVENTS_MAX)) {
        if !event.is_periodic() && !is_told_already(step, *event) {
            all.push(Happening { index, ..Happening::new(step.at, step.seq, HappeningKind::Device(*event)) });
        }
    }
    all.extend(step.ends.map(Happening::track_end));
    all
}

/// The lines that changed, from 1, and what each is now.
fn lines(toggled: Toggled) -> impl Iterator<Item = (u8, bool)> {
    (0..32_u8).filter(move |i| toggled.changed >> i & 1 == 1).map(move |i| (i + 1, toggled.now >> i & 1 == 1))
}

/// Events 501 to 508 say that input 1 to 8 changed, 551 to 558 the same of outputs.
fn is_told_already(step: &Step, event: EventId) -> bool {
    let is_among = |toggled: Option<Toggled>, base: u32| {
        let line = event.0.checked_sub(base).filter(|line| *line < 8);
        line.is_some_and(|line| toggled.is_some_and(|t| t.changed >> line & 1 == 1))
    };
    is_among(step.inputs, 501) || is_among(step.outputs, 551)
}
