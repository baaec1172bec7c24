//! What the table reads from a state event.

use serde::Deserialize;

/// The members that are shown.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct State {
    /// Which source.
    pub(crate) source_id: i64,
    /// Position and motion.
    pub(crate) gps: Gps,
    /// `active`, `idle`, `offline` and others.
    pub(crate) connection_status: String,
    /// `moving`, `stopped` or `parked`.
    pub(crate) movement_status: String,
    /// Unknown before the first report.
    pub(crate) ignition: Option<bool>,
    /// When the server last heard of it, as it prints times: date, space or `T`, time.
    pub(crate) last_update: Option<String>,
}

/// Position and motion.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Gps {
    /// When this was measured; nothing before the first fix.
    pub(crate) updated: Option<String>,
    /// Where.
    pub(crate) location: Location,
    /// Degrees clockwise from north.
    pub(crate) heading: u16,
    /// Kilometres an hour.
    pub(crate) speed: u16,
}

/// Degrees.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Location {
    /// North of the equator.
    pub(crate) lat: f64,
    /// East of Greenwich.
    pub(crate) lng: f64,
}

impl State {
    /// The time of day of the last update.
    pub(crate) fn updated_at(&self) -> &str {
        self.last_update.as_deref().and_then(|date| date.get(11..19)).unwrap_or("")
    }

    /// What people watch for: whether it moves, whether it is heard of, whether the ignition is on.
    pub(crate) fn summary(&self) -> (&str, &str, Option<bool>) {
        (&self.movement_status, &self.connection_status, self.ignition)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A van on its way.
    pub(crate) fn state(source_id: i64) -> State {
        State {
            source_id,
            gps: Gps {
                updated: Some("2026-03-02 09:15:38".into()),
                location: Location { lat: -33.448_891, lng: -170.669_266 },
                heading: 132,
                speed: 147,
            },
            connection_status: "active".into(),
            movement_status: "stopped".into(),
            ignition: Some(true),
            last_update: Some("2026-03-02 09:15:40".into()),
        }
    }

    #[test]
    fn shows_the_time_of_day() {
        let check = |last_update: Option<&str>, expected: &str| {
            let state = State { last_update: last_update.map(str::to_owned), ..state(1) };
            assert_eq!(state.updated_at(), expected);
        };
        check(Some("2026-03-02 09:15:40"), "09:15:40");
        check(Some("2026-03-02T09:15:40Z"), "09:15:40");
        check(Some("soon"), "");
        check(None, "");
    }
}
