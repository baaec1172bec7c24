//! What is known of the fleet, from what the subscription brought.

use std::collections::HashMap;

use super::account::Vehicle;
use super::rate::Rate;
use super::state::State;

/// The fleet.
pub(crate) struct Board {
    rows: Vec<Row>,
    by_source: HashMap<i64, usize>,
    events: u64,
    rate: Rate,
}

/// A vehicle.
pub(crate) struct Row {
    /// What people call it.
    pub(crate) name: String,
    /// Its newest state, once there is one.
    pub(crate) state: Option<State>,
    /// How often its state comes.
    pub(crate) rate: Rate,
}

/// The fleet in numbers.
#[derive(Debug, PartialEq)]
pub(crate) struct Totals {
    /// All vehicles.
    pub(crate) vehicles: usize,
    /// Those whose state has come.
    pub(crate) seen: usize,
    /// Those that move.
    pub(crate) moving: usize,
    /// Those that stopped a moment ago.
    pub(crate) stopped: usize,
    /// Those that stand for good.
    pub(crate) parked: usize,
    /// Those that are heard of.
    pub(crate) active: usize,
    /// State events since the beginning.
    pub(crate) events: u64,
    /// State events a second.
    pub(crate) events_per_second: f64,
}

impl Board {
    /// A fleet of which nothing is known.
    pub(crate) fn new(vehicles: &[Vehicle]) -> Self {
        let rows = vehicles.iter().map(|v| Row { name: v.name.clone(), state: None, rate: Rate::default() });
        let by_source = vehicles.iter().enumerate().map(|(row, v)| (v.source_id, row)).collect();
        Self { rows: rows.collect(), by_source, events: 0, rate: Rate::default() }
    }

    /// Takes in a state; gives the vehicle when it is one of ours and something that people watch for has changed.
    pub(crate) fn take(&mut self, state: State, second: u64) -> Option<&Row> {
        let row = &mut self.rows[*self.by_source.get(&state.source_id)?];
        self.events += 1;
        self.rate.count(second);
        row.rate.count(second);
        let changed = row.state.as_ref().is_none_or(|before| before.summary() != state.summary());
        row.state = Some(state);
        changed.then_some(row)
    }

    /// The vehicles, in order.
    pub(crate) fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    /// The fleet in numbers.
    pub(crate) fn totals(&mut self, second: u64) -> Totals {
        let count =
            |wanted: fn(&State) -> bool| self.rows.iter().flat_map(|row| &row.state).filter(|s| wanted(s)).count();
        Totals {
            vehicles: self.rows.len(),
            seen: count(|_| true),
            moving: count(|s| s.movement_status == "moving"),
            stopped: count(|s| s.movement_status == "stopped"),
            parked: count(|s| s.movement_status == "parked"),
            active: count(|s| s.connection_status == "active"),
            events: self.events,
            events_per_second: self.rate.per_second(second),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::state::tests::state;
    use super::*;

    /// So many vehicles of which nothing is known.
    pub(crate) fn board(vehicles: i64) -> Board {
        let vehicle = |n| Vehicle { tracker_id: 100_000 + n, source_id: n, name: format!("Barcelona {n:02} truck") };
        Board::new(&(1..=vehicles).map(vehicle).collect::<Vec<_>>())
    }

    #[test]
    fn counts_what_came_and_tells_changes() {
        let mut board = board(3);
        assert_eq!(board.take(state(2), 0).map(|row| row.name.clone()), Some("Barcelona 02 truck".into()));
        assert!(board.take(state(2), 0).is_none(), "nothing changed");
        let moving = State { movement_status: "moving".into(), ..state(2) };
        assert!(board.take(moving, 1).is_some());
        assert!(board.take(state(99), 1).is_none(), "not ours");
        let silent = State { connection_status: "idle".into(), ..state(3) };
        assert!(board.take(silent, 1).is_some());
        let expected = Totals {
            vehicles: 3,
            seen: 2,
            moving: 1,
            stopped: 1,
            parked: 0,
            active: 1,
            events: 4,
            events_per_second: 2.0,
        };
        assert_eq!(board.totals(1), expected);
    }
}
