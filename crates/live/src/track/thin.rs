//! Fewer points for nearly the same line: the point that spans the smallest triangle with its neighbours goes first
//! (Visvalingam and Whyatt).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::TrackPoint;

/// Points that gather beyond the bound before they are thinned, so that it is not done for each of them.
const SLACK_POINTS: usize = 1_024;

/// Keeps the shape of a line of any length in a bounded number of points: at most so many, with the first and the
/// last among them.
#[derive(Clone, Debug)]
pub struct Thinner {
    points_max: usize,
    points: Vec<TrackPoint>,
}

impl Thinner {
    /// Keeps no more than so many points; 0 keeps none, and 1 counts as 2.
    pub const fn new(points_max: usize) -> Self {
        Self { points_max, points: Vec::new() }
    }

    /// Takes the next point of the line.
    pub fn push(&mut self, point: TrackPoint) {
        if self.points_max == 0 {
            return;
        }
        self.points.push(point);
        if self.points.len() >= self.points_max.max(2) + SLACK_POINTS {
            simplify(&mut self.points, self.points_max);
        }
    }

    /// The line, thinned.
    pub fn finish(mut self) -> Vec<TrackPoint> {
        simplify(&mut self.points, self.points_max);
        self.points
    }
}

/// Takes points away until no more than `points_max` are left, but never the first and the last.
pub fn simplify(points: &mut Vec<TrackPoint>, points_max: usize) {
    let excess = points.len().saturating_sub(points_max.max(2));
    if excess == 0 {
        return;
    }
    let mut line = Line::new(points);
    for _ in 0..excess {
        line.remove_least();
    }
    let mut stays = line.stays.into_iter();
    points.retain(|_| stays.next().unwrap_or(true));
}

/// A line that loses points.
struct Line<'p> {
    points: &'p [TrackPoint],
    /// The neighbours that each point has now.
    before: Vec<usize>,
    after: Vec<usize>,
    stays: Vec<bool>,
    /// The triangle of each inner point, as the bits of its area, which order as the areas do: none is negative. Those
    /// that have changed since are passed over.
    triangles: BinaryHeap<Reverse<(u64, usize)>>,
    areas: Vec<u64>,
}

impl<'p> Line<'p> {
    fn new(points: &'p [TrackPoint]) -> Self {
        let len = points.len();
        let mut line = Self {
            points,
            before: (0..len).map(|i| i.saturating_sub(1)).collect(),
            after: (1..=len).collect(),
            stays: vec![true; len],
            triangles: BinaryHeap::with_capacity(len),
            areas: vec![0; len],
        };
        for i in 1..len.saturating_sub(1) {
            line.measure(i, 0);
        }
        line
    }

    /// Works the triangle of an inner point out. It counts for no less than the one that went before it: a point that
    /// bears the shape of those that went for it is not the next to go.
    fn measure(&mut self, i: usize, least: u64) {
        let [a, b, c] = [self.before[i], i, self.after[i]].map(|i| self.points[i].place());
        self.areas[i] = area(a, b, c).to_bits().max(least);
        self.triangles.push(Reverse((self.areas[i], i)));
    }

    fn remove_least(&mut self) {
        while let Some(Reverse((area, i))) = self.triangles.pop() {
            if !self.stays[i] || self.areas[i] != area {
                continue;
            }
            self.stays[i] = false;
            let (before, after) = (self.before[i], self.after[i]);
            self.after[before] = after;
            self.before[after] = before;
            for neighbour in [before, after] {
                if neighbour != 0 && neighbour != self.points.len() - 1 {
                    self.measure(neighbour, area);
                }
            }
            return;
        }
    }
}

/// Twice the area of a triangle of latitudes and longitudes, on a map that is flat around its second corner.
fn area(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> f64 {
    let shrink = b.0.to_radians().cos();
    let flat = |p: (f64, f64)| {
        // The short way round the world.
        let east = (p.1 - b.1 + 540.0).rem_euclid(360.0) - 180.0;
        (east * shrink, p.0 - b.0)
    };
    let ((ax, ay), (cx, cy)) = (flat(a), flat(c));
    (ax * cy - cx * ay).abs()
}
