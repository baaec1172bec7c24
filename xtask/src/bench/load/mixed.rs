//! Units of any families in a closed loop: the next reports go when the last are acknowledged.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use model::Timestamp;
use simulator::wire::unit::{Fix, Heard, Unit, speech};

use super::link::{Link, Poller};
use super::meter::Meter;
use super::{MixedWork, Order, Outcome};

/// How long units may take to be let in.
const SETUP: Duration = Duration::from_secs(30);

struct Talker {
    link: Link,
    unit: Box<dyn Unit>,
    /// Whether the server acknowledges what this family says.
    acknowledges: bool,
    fixes_per_message: usize,
    fix: Fix,
    /// Messages that wait for their acknowledgement.
    waiting: u32,
    /// Reports in them.
    reports: u64,
    sent: Instant,
}

pub(super) fn run(order: &Order, work: &MixedWork) -> Result<Outcome> {
    let mut poller = Poller::new()?;
    let mut talkers = Vec::with_capacity(work.units.len());
    for (id, (family, device)) in work.units.iter().enumerate() {
        let talker = Talker::connect(work, family, device, id)?;
        poller.add(&talker.link, id)?;
        talkers.push(talker);
    }
    let begun = Instant::now();
    while talkers.iter().any(|talker| !talker.unit.is_ready()) {
        ensure!(begun.elapsed() < SETUP, "units are not let in");
        for id in poller.wait(Duration::from_millis(10))? {
            talkers[id].hear()?;
        }
    }
    // Those without acknowledgements take their turns from those that have them.
    let mut silent: VecDeque<usize> = (0..talkers.len()).filter(|id| !talkers[*id].acknowledges).collect();
    let heard = talkers.len() - silent.len();
    let silent_per_turn = silent.len() as f64 / heard.max(1) as f64;
    let mut owed = 0.0;
    for talker in talkers.iter_mut().filter(|talker| talker.acknowledges) {
        talker.send(work.reports)?;
    }
    let wait = if order.pinned { Duration::ZERO } else { Duration::from_millis(10) };
    let mut meter = Meter::start(order)?;
    while meter.goes_on(Instant::now())? {
        for id in poller.wait(wait)? {
            let talker = &mut talkers[id];
            if !talker.hear()? {
                continue;
            }
            meter.delays.record(u64::try_from(talker.sent.elapsed().as_nanos()).unwrap_or(u64::MAX));
            meter.reports += talker.reports;
            talker.send(work.reports)?;
            owed += silent_per_turn;
            while owed >= 1.0 {
                owed -= 1.0;
                if let Some(next) = silent.pop_front() {
                    silent.push_back(next);
                    // One that the server has no time to read waits, too.
                    if talkers[next].link.flush()? {
                        talkers[next].send(work.reports)?;
                        meter.reports += talkers[next].reports;
                    }
                }
            }
        }
    }
    Ok(meter.outcome())
}

impl Talker {
    fn connect(work: &MixedWork, family: &str, device: &str, id: usize) -> Result<Self> {
        let speech = speech(family).with_context(|| format!("nobody speaks {family}"))?;
        let mut unit = (speech.unit)(device).with_context(|| format!("{device} is no identifier of {family}"))?;
        let mut link = Link::connect(work.address)?;
        unit.hello(&mut link.out);
        link.flush()?;
        let fix = Fix {
            time: Timestamp::from_ms_clamped(0),
            latitude: -30.0 + id as f64 * 0.01,
            longitude: 20.0,
            altitude_m: 542.0,
            speed_kmh: 63.0,
            heading_deg: 187,
            satellites: 11,
            hdop: 0.9,
            ignition: true,
            mileage_km: 1_234.567,
            board_v: 12.634,
            battery_v: 4.012,
            battery_level: 87,
        };
        let fixes_per_message = speech.fixes_per_message_max.max(1);
        let acknowledges = speech.acknowledges;
        Ok(Self { link, unit, acknowledges, fixes_per_message, fix, waiting: 0, reports: 0, sent: Instant::now() })
    }

    /// Sends so many reports that the server has not seen, each a second later than the one before: some families
    /// tell no less.
    fn send(&mut self, reports: u32) -> Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        // The past has room enough for seconds that nobody has told yet.
        let begin_ms = (now_ms - 86_400_000).max(self.fix.time.ms());
        let fixes: Vec<Fix> = (1..=i64::from(reports))
            .map(|n| Fix {
                time: Timestamp::from_ms_clamped(begin_ms / 1_000 * 1_000 + n * 1_000),
                latitude: self.fix.latitude + n as f64 * 0.000_01,
                ..self.fix
            })
            .collect();
        for message in fixes.chunks(self.fixes_per_message) {
            self.unit.report(message, &mut self.link.out);
            self.waiting += 1;
        }
        if let Some(last) = fixes.last() {
            self.fix = *last;
            self.fix.latitude = if last.latitude > 60.0 { -30.0 } else { last.latitude };
        }
        self.reports = u64::from(reports);
        self.sent = Instant::now();
        let written = self.link.flush()?;
        ensure!(written || !self.acknowledges, "reports do not fit into the send buffer");
        Ok(())
    }

    /// Whether all that was sent is acknowledged by now.
    fn hear(&mut self) -> Result<bool> {
        let mut buffer = [0; 4_096];
        let count = self.link.read(&mut buffer)?;
        match self.unit.hear(&buffer[..count], &mut self.link.out) {
            Heard::Refused => bail!("a unit was refused"),
            Heard::Acknowledged(n) if self.acknowledges => {
                self.waiting = self.waiting.saturating_sub(n);
                self.link.flush()?;
                Ok(self.waiting == 0)
            }
            _ => {
                self.link.flush()?;
                Ok(false)
            }
        }
    }
}
