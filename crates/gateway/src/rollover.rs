//! Receivers that count weeks in ten bits, and lose 1,024 of them each time the count is full.

use model::{Report, Timestamp};

/// Weeks of GPS time until a ten-bit count begins anew, in milliseconds.
const CYCLE_MS: i64 = 1_024 * 7 * 86_400 * 1_000;
/// How far ahead of ours a device's clock may be and still be right, in milliseconds: a day, for clocks that are in
/// another zone.
const AHEAD_MS: i64 = 86_400 * 1_000;

/// Brings a time that lies whole cycles back to within the last cycle before `now`. Others stay as they are.
pub(crate) fn brought_forward(time: Timestamp, now: Timestamp) -> Timestamp {
    let back_ms = now.since_ms(time).saturating_add(AHEAD_MS);
    let cycles = (back_ms / CYCLE_MS).max(0);
    time.plus_ms(cycles * CYCLE_MS)
}

/// The same for the times of reports.
pub(crate) fn bring_forward(reports: &mut [Report], now: Timestamp) {
    for report in reports {
        report.time = report.time.map(|time| brought_forward(time, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_lie_whole_cycles_back_are_brought_forward() {
        let now = Timestamp::parse_iso("2026-03-14T09:26:53Z").expect("a time");
        let check = |told: &str, wanted: &str| {
            let time = |text| Timestamp::parse_iso(text).expect("a time");
            assert_eq!(brought_forward(time(told), now), time(wanted), "{told}");
        };
        // 1,024 weeks are 7,168 days.
        check("2006-07-29T09:26:50Z", "2026-03-14T09:26:50Z");
        check("1986-12-13T09:26:50Z", "2026-03-14T09:26:50Z");
        check("2006-07-01T00:00:00.250Z", "2026-02-14T00:00:00.250Z");
        // From memory, written before the cycle came round for the device.
        check("2019-04-06T00:00:00Z", "2019-04-06T00:00:00Z");
        check("2026-03-14T09:26:53Z", "2026-03-14T09:26:53Z");
        // The clock of the device is a little ahead of ours, and a day ahead is not a cycle back.
        check("2006-07-29T09:27:53Z", "2026-03-14T09:27:53Z");
        check("2006-07-30T09:26:52Z", "2026-03-15T09:26:52Z");
        check("2006-07-30T09:26:54Z", "2006-07-30T09:26:54Z");
        // What is in the future is not this fault.
        check("2045-10-28T09:26:53Z", "2045-10-28T09:26:53Z");
    }

    #[test]
    fn reports_without_a_time_stay_so() {
        let mut reports = vec![Report::default(), Report { time: Some(Timestamp::default()), ..Report::default() }];
        bring_forward(&mut reports, Timestamp::default().plus_ms(3 * CYCLE_MS));
        assert_eq!(reports[0].time, None);
        assert_eq!(reports[1].time, Some(Timestamp::default().plus_ms(3 * CYCLE_MS)));
    }
}
