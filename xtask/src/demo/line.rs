//! The table, line by line: text that fits the terminal.

use crossterm::style::{Color, Stylize};

use super::board::{Row, Totals};
use super::state::State;

/// No line is longer, so that the usual terminal shows it whole.
pub(crate) const COLUMNS_MAX: usize = 79;

const ARROWS: [char; 8] = ['↑', '↗', '→', '↘', '↓', '↙', '←', '↖'];

/// Whether words are coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Paint {
    /// Nothing but text.
    Plain,
    /// Statuses have their colours.
    Colours,
}

impl Paint {
    fn put(self, text: String, colour: Option<Color>) -> String {
        match (self, colour) {
            (Self::Colours, Some(colour)) => text.with(colour).to_string(),
            _ => text,
        }
    }
}

/// What the columns are.
pub(crate) fn heading() -> String {
    format!(
        "{:<19} {:<7} {:<7} {:<3} {:>4}   {:>18} {:<8} {:>4}",
        "vehicle", "status", "link", "ign", "km/h", "position", "updated", "ev/s"
    )
}

/// A vehicle in columns.
pub(crate) fn row(row: &mut Row, second: u64, paint: Paint) -> String {
    let name = fit(&row.name, 19);
    let rate = row.rate.per_second(second);
    let Some(state) = &row.state else { return format!("{name:<19} {:<7}", "waiting") };
    let movement = format!("{:<7}", fit(&state.movement_status, 7));
    let link = format!("{:<7}", link(&state.connection_status));
    format!(
        "{name:<19} {} {} {:<3} {:>4} {} {:>18} {:<8} {rate:>4.1}",
        paint.put(movement, movement_colour(state)),
        paint.put(link, link_colour(state)),
        state.ignition.map_or("", |on| if on { "on" } else { "off" }),
        state.gps.speed,
        arrow(state),
        position(state).unwrap_or_default(),
        state.updated_at(),
    )
}

/// A vehicle in words, for what is not a terminal.
pub(crate) fn words(row: &Row) -> String {
    let Some(state) = &row.state else { return row.name.clone() };
    let State { movement_status, connection_status, .. } = state;
    let mut words = format!("{}: {movement_status}, {connection_status}", row.name);
    if let Some(on) = state.ignition {
        words += if on { ", ignition on" } else { ", ignition off" };
    }
    if let Some(place) = position(state) {
        words += &format!(", {} km/h at {place}", state.gps.speed);
    }
    words
}

/// The fleet in one line.
pub(crate) fn totals(totals: &Totals) -> String {
    let Totals { vehicles, moving, stopped, parked, active, events, events_per_second, .. } = totals;
    format!(
        "{moving} moving, {stopped} stopped, {parked} parked of {vehicles}; {active} active; \
         {events_per_second:.1} events/s, {events} so far"
    )
}

/// As much of a text as fits.
fn fit(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}

/// The connection status in at most seven letters.
fn link(status: &str) -> String {
    match status {
        "just_registered" | "just_replaced" => "new".to_owned(),
        "signal_lost" => "lost".to_owned(),
        other => fit(other, 7),
    }
}

fn arrow(state: &State) -> char {
    let sector = usize::from(state.gps.heading % 360) * 2 / 45;
    if state.gps.speed == 0 { '·' } else { ARROWS[sector.div_ceil(2) % 8] }
}

fn position(state: &State) -> Option<String> {
    let place = &state.gps.location;
    state.gps.updated.as_ref().map(|_| format!("{:.4},{:.4}", place.lat, place.lng))
}

fn movement_colour(state: &State) -> Option<Color> {
    match state.movement_status.as_str() {
        "moving" => Some(Color::Green),
        "stopped" => Some(Color::Yellow),
        "parked" => Some(Color::Blue),
        _ => None,
    }
}

fn link_colour(state: &State) -> Option<Color> {
    match state.connection_status.as_str() {
        "active" => None,
        "idle" => Some(Color::Yellow),
        _ => Some(Color::Red),
    }
}

#[cfg(test)]
mod tests {
    use super::super::board::tests::board;
    use super::super::state::tests::state;
    use super::*;

    fn lines(paint: Paint) -> Vec<String> {
        let mut board = board(3);
        board.take(state(1), 0);
        board.take(State { connection_status: "just_registered".into(), ..state(2) }, 0);
        board.rows_mut().iter_mut().map(|r| row(r, 0, paint)).collect()
    }

    #[test]
    fn fits_the_terminal() {
        let plain = lines(Paint::Plain);
        let expected = "Barcelona 01 truck  stopped active  on   147 ↘ -33.4489,-170.6693 09:15:40  1.0";
        assert_eq!(plain[0], expected);
        assert_eq!(plain[2], "Barcelona 03 truck  waiting");
        for line in plain.iter().chain([&heading()]) {
            assert!(line.chars().count() <= COLUMNS_MAX, "{line}");
        }
    }

    #[test]
    fn colours_only_on_request() {
        assert!(lines(Paint::Plain).iter().all(|line| !line.contains('\x1b')));
        assert!(lines(Paint::Colours)[1].contains("\x1b["));
    }

    #[test]
    fn says_only_what_is_known() {
        let mut board = board(1);
        let mut check = |state: State, expected: &str| {
            board.take(state, 0);
            assert_eq!(words(&board.rows_mut()[0]), expected);
        };
        let known = "Barcelona 01 truck: stopped, active, ignition on, 147 km/h at -33.4489,-170.6693";
        check(state(1), known);
        let mut unknown = State { ignition: None, ..state(1) };
        unknown.gps.updated = None;
        check(unknown, "Barcelona 01 truck: stopped, active");
    }

    #[test]
    fn points_where_it_goes() {
        let check = |heading, speed, expected| {
            let mut state = state(1);
            (state.gps.heading, state.gps.speed) = (heading, speed);
            assert_eq!(arrow(&state), expected, "{heading} degrees at {speed}");
        };
        check(0, 0, '·');
        check(0, 10, '↑');
        check(22, 10, '↑');
        check(23, 10, '↗');
        check(90, 10, '→');
        check(180, 10, '↓');
        check(270, 10, '←');
        check(337, 10, '↖');
        check(338, 10, '↑');
        check(360, 10, '↑');
    }
}
