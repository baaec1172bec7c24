//! The fold once more, with what it does to movement, inputs and outputs at each report.

use model::{
    Entry, EntryKind, EventId, MovementStatus, Origin, Position, Report, Seq, SourceId, SourceSettings, SourceState,
    Timestamp,
};

use crate::distance::distance_m;
use crate::position::{self, Accepted, half_up};
use crate::{Applied, Timing, advance, apply, initial};

/// An accepted position at its time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TrackPoint {
    /// Device time.
    pub at: Timestamp,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Metres; 0 when unknown.
    pub altitude_m: i16,
    /// Satellites in use.
    pub satellites: Option<u8>,
    /// Degrees clockwise from north, 0 to 359; 0 when unknown.
    pub heading_deg: u16,
    /// km/h, rounded half up; 0 when unknown.
    pub speed_kmh: u16,
    /// Radius of uncertainty.
    pub precision_m: Option<u32>,
    /// From cell towers or Wi-Fi rather than satellites.
    pub from_network: bool,
    /// The device sent it from its memory, after the fact.
    pub archived: bool,
    /// It belongs to a trip.
    pub in_trip: bool,
    /// Metres driven on trips since the replay began.
    pub driven_m: f64,
}

impl TrackPoint {
    /// Latitude and longitude in degrees.
    pub const fn place(&self) -> (f64, f64) {
        (self.latitude, self.longitude)
    }
}

/// The end of a trip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TripEnd {
    /// When the source counts as parked.
    pub at: Timestamp,
    /// The report with which it came to its last stop.
    pub seq: Seq,
}

/// Digital lines that changed with a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Toggled {
    /// A bit for each line that changed, bit 0 = line 1.
    pub changed: u32,
    /// All lines as they are now.
    pub now: u32,
}

/// What one report did.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Its place in the journal.
    pub seq: Seq,
    /// When it counts.
    pub at: Timestamp,
    /// A trip ended before it, by the time that had passed.
    pub ended_before: Option<TripEnd>,
    /// A trip starts with it.
    pub starts: bool,
    /// A trip ends with it.
    pub ends: Option<TripEnd>,
    /// It belongs to a trip; the report that ends one does.
    pub in_trip: bool,
    /// Its position, if it has one that was accepted.
    pub point: Option<TrackPoint>,
    /// Metres from the trip's satellite point before to this one.
    pub driven_m: f64,
    /// What the device calls events.
    pub events: Vec<EventId>,
    /// Inputs that changed.
    pub inputs: Option<Toggled>,
    /// Outputs that changed.
    pub outputs: Option<Toggled>,
}

/// Folds a source's reports once more.
#[derive(Clone, Debug)]
pub struct Replay {
    state: SourceState,
    settings: SourceSettings,
    timing: Timing,
    /// The report with which the present stop began.
    stopped: Seq,
    /// The last satellite point of the present trip.
    last: Option<(f64, f64)>,
    driven_m: f64,
}

impl Replay {
    /// Begins before a source's first report, or at any later one: what was before is then not known, and a source
    /// that moves starts a trip with the first report.
    pub fn new(source: SourceId, from: Timestamp, settings: SourceSettings, timing: Timing) -> Self {
        let state = initial(source, from, &settings, &timing, from);
        Self { state, settings, timing, stopped: Seq::default(), last: None, driven_m: 0.0 }
    }

    /// The state after the last report.
    pub const fn state(&self) -> &SourceState {
        &self.state
    }

    /// Takes the next report, which counts `at` this time. They must come in the order of these times; one that does
    /// not has no point and changes nothing.
    pub fn push(&mut self, seq: Seq, at: Timestamp, report: Report) -> Step {
        let ended_before = self.settle(at);
        let before = self.state.movement;
        let (inputs, outputs) = (self.state.inputs, self.state.outputs);
        let (position, archived, events) = (report.position.clone(), report.archived, report.events.clone());
        let entry = Entry { seq, source: self.state.source, received: at, kind: EntryKind::Report(Box::new(report)) };
        let applied = apply(&mut self.state, &entry, &self.settings, &self.timing);
        let position = position.filter(|_| applied == Applied::State);

        let after = self.state.movement;
        let (stood, stands) = (before == MovementStatus::Parked, after == MovementStatus::Parked);
        if before == MovementStatus::Moving && after != MovementStatus::Moving {
            self.stopped = seq;
        }
        let in_trip = !stood || !stands;
        let driven_m = self.drive(position.as_ref(), in_trip);
        let ends = (!stood && stands).then(|| self.end());
        let point = position.and_then(|position| self.point(&position, at, archived, in_trip));
        Step {
            seq,
            at,
            ended_before,
            starts: stood && !stands,
            ends,
            in_trip,
            point,
            driven_m,
            events,
            inputs: toggled(inputs, self.state.inputs, self.settings.inputs_count),
            outputs: toggled(outputs, self.state.outputs, self.settings.outputs_count),
        }
    }

    /// The end of a trip that is due by `now` although nothing more was reported.
    pub fn settle(&mut self, now: Timestamp) -> Option<TripEnd> {
        let before = self.state.movement;
        advance(&mut self.state, &self.settings, &self.timing, now);
        (before != MovementStatus::Parked && self.state.movement == MovementStatus::Parked).then(|| self.end())
    }

    fn end(&mut self) -> TripEnd {
        self.last = None;
        TripEnd { at: self.state.track_update.unwrap_or_default(), seq: self.stopped }
    }

    /// Counts the way to a satellite position on a trip. Network positions are too coarse to add up.
    fn drive(&mut self, position: Option<&Position>, in_trip: bool) -> f64 {
        let accepted = position.filter(|p| position::judge(p, &self.settings) == Accepted::Satellite);
        let Some(to) = accepted.filter(|_| in_trip).map(|p| (p.latitude, p.longitude)) else { return 0.0 };
        let driven_m = self.last.replace(to).map_or(0.0, |from| distance_m(from, to));
        self.driven_m += driven_m;
        driven_m
    }

    fn point(&self, position: &Position, at: Timestamp, archived: bool, in_trip: bool) -> Option<TrackPoint> {
        if position::judge(position, &self.settings) == Accepted::Not {
            return None;
        }
        Some(TrackPoint {
            at,
            latitude: position.latitude,
            longitude: position.longitude,
            altitude_m: half_up(position.altitude_m) as i16,
            satellites: position.satellites,
            heading_deg: position.heading_deg.unwrap_or(0),
            speed_kmh: half_up(position.speed_kmh) as u16,
            precision_m: position.precision_m,
            from_network: position.origin == Origin::Network,
            archived,
            in_trip,
            driven_m: self.driven_m,
        })
    }
}

/// Lines that differ, of those that the model has. Lines that are seen for the first time did not change.
fn toggled(before: Option<(u32, Timestamp)>, after: Option<(u32, Timestamp)>, count: u8) -> Option<Toggled> {
    let (before, now) = (before?.0, after?.0);
    let lines = 1_u32.checked_shl(count.into()).map_or(u32::MAX, |above| above - 1);
    let changed = (before ^ now) & lines;
    (changed != 0).then_some(Toggled { changed, now })
}
