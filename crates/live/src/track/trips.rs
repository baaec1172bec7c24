//! The figures of trips, gathered as the steps of a replay go by.

use model::{MS_PER_SECOND, Timestamp};

use super::{Step, Thinner, TrackPoint};

/// A rectangle of degrees that a trip stays within. One that crosses the 180th meridian spans the whole world.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bounds {
    /// The most northern latitude.
    pub north: f64,
    /// The most southern latitude.
    pub south: f64,
    /// The most western longitude.
    pub west: f64,
    /// The most eastern longitude.
    pub east: f64,
}

impl Bounds {
    const fn of(place: (f64, f64)) -> Self {
        Self { north: place.0, south: place.0, west: place.1, east: place.1 }
    }

    /// The rectangle around two.
    pub const fn around(self, other: Self) -> Self {
        Self {
            north: self.north.max(other.north),
            south: self.south.min(other.south),
            west: self.west.min(other.west),
            east: self.east.max(other.east),
        }
    }
}

/// A trip, or several taken as one.
#[derive(Clone, PartialEq, Debug)]
pub struct Trip {
    /// Device time of its first report.
    pub start: Timestamp,
    /// When it ended; of one that goes on, the time of its last point.
    pub end: Timestamp,
    /// Milliseconds from its first point to its last.
    pub driving_ms: i64,
    /// Metres along great circles between its satellite points.
    pub length_m: f64,
    /// How many points it has, kept or not.
    pub points: u64,
    /// The highest speed that the device gave.
    pub max_speed_kmh: u16,
    /// Where it was.
    pub bounds: Bounds,
    /// Its first point.
    pub first: TrackPoint,
    /// Its shape, in as many points as were asked for.
    pub shape: Vec<TrackPoint>,
}

impl Trip {
    /// Its length by the time from its first point to its last, rounded; 0 for a single point.
    pub fn average_speed_kmh(&self) -> u32 {
        if self.driving_ms <= 0 {
            return 0;
        }
        (self.length_m * 3.6 * MS_PER_SECOND as f64 / self.driving_ms as f64).round() as u32
    }

    /// Adds a later trip to this one.
    pub fn append(&mut self, later: Self) {
        self.end = later.end;
        self.driving_ms += later.driving_ms;
        self.length_m += later.length_m;
        self.points += later.points;
        self.max_speed_kmh = self.max_speed_kmh.max(later.max_speed_kmh);
        self.bounds = self.bounds.around(later.bounds);
        self.shape.extend(later.shape);
    }
}

/// Gathers trips.
#[derive(Clone, Debug)]
pub struct Trips {
    include_network: bool,
    shape_points_max: usize,
    current: Option<Draft>,
}

#[derive(Clone, Debug)]
struct Draft {
    trip: Trip,
    last: Timestamp,
    shape: Thinner,
}

impl Trips {
    /// Positions from the network count as points of a trip, or not; of its shape no more than so many points are
    /// kept, 0 for none.
    pub const fn new(include_network: bool, shape_points_max: usize) -> Self {
        Self { include_network, shape_points_max, current: None }
    }

    /// Takes the next step of a replay; the trip that ended before it or with it. A trip that was under way when the
    /// first step came begins there.
    pub fn push(&mut self, step: &Step) -> Option<Trip> {
        let mut ended = step.ended_before.and_then(|end| self.finish(Some(end.at)));
        if step.in_trip {
            if let Some(point) = step.point.as_ref().filter(|p| self.include_network || !p.from_network) {
                self.add(point, step.driven_m);
            }
            if let Some(end) = step.ends {
                ended = self.finish(Some(end.at)).or(ended);
            }
        }
        ended
    }

    /// Ends the trip that is under way: at this time, or at its last point.
    pub fn finish(&mut self, end: Option<Timestamp>) -> Option<Trip> {
        let Draft { mut trip, last, shape } = self.current.take()?;
        trip.end = end.unwrap_or(last);
        trip.driving_ms = last.since_ms(trip.start);
        trip.shape = shape.finish();
        Some(trip)
    }

    fn add(&mut self, point: &TrackPoint, driven_m: f64) {
        let draft = self.current.get_or_insert_with(|| Draft {
            trip: Trip {
                start: point.at,
                end: point.at,
                driving_ms: 0,
                length_m: 0.0,
                points: 0,
                max_speed_kmh: 0,
                bounds: Bounds::of(point.place()),
                first: *point,
                shape: Vec::new(),
            },
            last: point.at,
            shape: Thinner::new(self.shape_points_max),
        });
        let trip = &mut draft.trip;
        // The way to the first point was not part of what is looked at.
        if trip.points > 0 {
            trip.length_m += driven_m;
        }
        trip.points += 1;
        trip.max_speed_kmh = trip.max_speed_kmh.max(point.speed_kmh);
        trip.bounds = trip.bounds.around(Bounds::of(point.place()));
        draft.last = point.at;
        draft.shape.push(*point);
    }
}
