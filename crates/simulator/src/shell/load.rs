//! Many devices of any families against any server: a load, and a test bench.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use model::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};

use crate::drive::{Beginning, CITIES, Drive, DriveOptions};
use crate::rng::Rng;
use crate::shell::now;
use crate::wire::unit::{Fix, Heard, Speech, Unit};

/// A server that answers nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts to connect, at first and at most.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// Messages of a device that wait for their acknowledgement; beyond it the device waits too.
const UNANSWERED_MAX: usize = 64;
/// Upper bounds of the classes that delays are counted in, in milliseconds; the last has none.
pub const DELAY_CLASSES_MS: [u64; 14] = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1_000, 5_000, u64::MAX];

/// Where the vehicles go.
#[derive(Clone, Debug)]
pub enum Course {
    /// Through cities that are made up.
    MadeUp,
    /// Along a recorded drive, again and again, with the times of today.
    Recorded(Arc<[Fix]>),
}

/// One device that is to be played.
#[derive(Clone, Debug)]
pub struct Player {
    /// What it speaks.
    pub family: &'static str,
    /// Who it says it is.
    pub id: String,
}

/// What load is made.
#[derive(Clone)]
pub struct LoadOptions {
    /// The server's port for devices.
    pub server: SocketAddr,
    /// The devices.
    pub players: Vec<Player>,
    /// From message to message of a device.
    pub every: Duration,
    /// Fixes in a message, as far as the family carries several.
    pub fixes_per_message: usize,
    /// Connections that are opened a second.
    pub connects_per_s: u32,
    /// Messages of a device; `None` for no end.
    pub messages_max: Option<u64>,
    /// Where the vehicles go.
    pub course: Course,
    /// For all that is random.
    pub seed: u64,
}

/// What was counted so far. All of it only grows, but for `connected`.
#[derive(Debug, Default)]
pub struct Counts {
    /// Connections that are open now.
    pub connected: AtomicU64,
    /// Connections that were opened.
    pub opened: AtomicU64,
    /// Connections that could not be opened, broke, or on which the server fell silent.
    pub broken: AtomicU64,
    /// Devices that the server did not want, counted at each attempt.
    pub refused: AtomicU64,
    /// Messages sent.
    pub messages: AtomicU64,
    /// Fixes in them.
    pub fixes: AtomicU64,
    /// Messages acknowledged; those of families without acknowledgements count when they are sent.
    pub acknowledged: AtomicU64,
    /// How long acknowledgements took, by [`DELAY_CLASSES_MS`].
    pub delays: [AtomicU64; DELAY_CLASSES_MS.len()],
}

impl Counts {
    fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    fn note_delay(&self, delay: Duration) {
        let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let class = DELAY_CLASSES_MS.iter().position(|max| ms < *max).unwrap_or(DELAY_CLASSES_MS.len() - 1);
        Self::add(&self.delays[class], 1);
    }

    /// The class in which the delay lies that a share `share` of all does not exceed: less than so many milliseconds.
    pub fn delay_below_ms(&self, share: f64) -> Option<u64> {
        let counts: Vec<u64> = self.delays.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let wanted = (counts.iter().sum::<u64>() as f64 * share).ceil() as u64;
        let mut sum = 0;
        let class = counts.iter().position(|count| {
            sum += count;
            sum >= wanted.max(1)
        })?;
        Some(DELAY_CLASSES_MS[class])
    }
}

/// A load under way. Dropping it hangs up at once.
#[derive(Debug)]
pub struct Load {
    counts: Arc<Counts>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Load {
    /// What was counted so far.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Waits until every device has sent and been acknowledged what it was to send; for ever if there is no end.
    pub async fn finished(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    /// Has every device hang up.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        self.finished().await;
    }
}

/// Begins a load. To be called within a tokio runtime. Players whose identifier does not fit their family are left
/// out; [`Player::unit`] tells beforehand.
pub fn load(options: &LoadOptions) -> Load {
    let counts = Arc::new(Counts::default());
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for (n, player) in options.players.iter().enumerate() {
        let Some((speech, _)) = player.unit() else { continue };
        let wait = Duration::from_secs_f64(n as f64 / f64::from(options.connects_per_s.max(1)));
        let played = Played {
            player: player.clone(),
            speech,
            options: options.clone(),
            counts: counts.clone(),
            way: Way::new(&options.course, Rng::stream(options.seed, n as u64), n),
            left: options.messages_max.unwrap_or(u64::MAX),
        };
        let mut stopped = stopped.clone();
        tasks.spawn(async move {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => {}
                () = played.run(wait) => {}
            }
        });
    }
    Load { counts, stop, tasks }
}

impl Player {
    /// How it speaks, and a unit that does.
    pub fn unit(&self) -> Option<(&'static Speech, Box<dyn Unit>)> {
        let speech = crate::wire::unit::speech(self.family)?;
        Some((speech, (speech.unit)(&self.id)?))
    }
}

/// Where one vehicle is at any time.
enum Way {
    MadeUp { drive: Box<Drive>, samples: Vec<crate::Sample> },
    Recorded { fixes: Arc<[Fix]>, next: usize },
}

impl Way {
    fn new(course: &Course, mut rng: Rng, n: usize) -> Self {
        match course {
            Course::Recorded(fixes) => Self::Recorded { fixes: fixes.clone(), next: 0 },
            Course::MadeUp => {
                let city = CITIES[n % CITIES.len()];
                let begun = now().plus_ms(-60_000 - rng.below(600_000) as i64);
                let drive = Drive::new(city, DriveOptions::default(), Beginning::Driving, rng, begun);
                Self::MadeUp { drive: Box::new(drive), samples: Vec::new() }
            }
        }
    }

    /// The fix of this moment.
    fn at(&mut self, time: Timestamp) -> Option<Fix> {
        match self {
            Self::MadeUp { drive, samples } => {
                samples.clear();
                drive.advance(time, samples);
                drive.last().map(|sample| Fix { time, ..Fix::from(sample) })
            }
            Self::Recorded { fixes, next } => {
                let fix = fixes.get(*next % fixes.len().max(1))?;
                *next += 1;
                Some(Fix { time, ..*fix })
            }
        }
    }
}

struct Played {
    player: Player,
    speech: &'static Speech,
    options: LoadOptions,
    counts: Arc<Counts>,
    way: Way,
    left: u64,
}

impl Played {
    async fn run(mut self, wait: Duration) {
        sleep(wait).await;
        let mut pause = PAUSE_FIRST;
        while self.left > 0 {
            let sent_before = self.left;
            self.connection().await;
            pause = if self.left < sent_before { PAUSE_FIRST } else { (pause * 2).min(PAUSE_MAX) };
            if self.left > 0 {
                sleep(pause).await;
            }
        }
    }

    async fn connection(&mut self) {
        let Some((_, unit)) = self.player.unit() else { return };
        let stream = match timeout(PATIENCE, TcpStream::connect(self.options.server)).await {
            Ok(Ok(stream)) if stream.set_nodelay(true).is_ok() => stream,
            _ => return Counts::add(&self.counts.broken, 1),
        };
        Counts::add(&self.counts.opened, 1);
        Counts::add(&self.counts.connected, 1);
        if self.converse(stream, unit).await.is_err() {
            Counts::add(&self.counts.broken, 1);
        }
        self.counts.connected.fetch_sub(1, Ordering::Relaxed);
    }

    /// One connection from its beginning to its end. An error: it broke, or the server fell silent.
    async fn converse(&mut self, mut stream: TcpStream, mut unit: Box<dyn Unit>) -> Result<(), ()> {
        let mut out = Vec::new();
        let mut unanswered: VecDeque<Instant> = VecDeque::new();
        let mut buffer = [0; 2_048];
        let mut due = tokio::time::Instant::now();
        let mut heard = Instant::now();
        unit.hello(&mut out);
        loop {
            if !out.is_empty() {
                timeout(PATIENCE, stream.write_all(&out)).await.map_err(|_| ())?.map_err(|_| ())?;
                out.clear();
            }
            if self.left == 0 && unanswered.is_empty() {
                return Ok(());
            }
            let awaits = !unit.is_ready() || !unanswered.is_empty();
            if awaits && heard.elapsed() > PATIENCE {
                return Err(());
            }
            let may_send = unit.is_ready() && unanswered.len() < UNANSWERED_MAX && self.left > 0;
            tokio::select! {
                read = stream.read(&mut buffer) => {
                    let n = read.map_err(|_| ())?;
                    heard = Instant::now();
                    match unit.hear(&buffer[..n], &mut out) {
                        _ if n == 0 => return Err(()),
                        Heard::Refused => {
                            Counts::add(&self.counts.refused, 1);
                            return Ok(());
                        }
                        Heard::Acknowledged(n) if self.speech.acknowledges => self.answered(n, &mut unanswered),
                        _ => {}
                    }
                }
                () = sleep_until(due), if may_send => {
                    due = (due + self.options.every).max(tokio::time::Instant::now() - self.options.every);
                    if unanswered.is_empty() {
                        heard = Instant::now();
                    }
                    self.report(unit.as_mut(), &mut unanswered, &mut out);
                }
                () = sleep(PATIENCE), if awaits => {}
            }
        }
    }

    fn report(&mut self, unit: &mut dyn Unit, unanswered: &mut VecDeque<Instant>, out: &mut Vec<u8>) {
        let count = self.options.fixes_per_message.clamp(1, self.speech.fixes_per_message_max.max(1));
        let newest = now();
        let step_ms = i64::try_from(self.options.every.as_millis()).unwrap_or(i64::MAX) / count as i64;
        let times = (0..count).rev().map(|back| newest.plus_ms(-(step_ms.max(1) * back as i64)));
        let fixes: Vec<Fix> = times.filter_map(|time| self.way.at(time)).collect();
        unit.report(&fixes, out);
        self.left -= 1;
        Counts::add(&self.counts.messages, 1);
        Counts::add(&self.counts.fixes, fixes.len() as u64);
        if self.speech.acknowledges {
            unanswered.push_back(Instant::now());
        } else {
            Counts::add(&self.counts.acknowledged, 1);
        }
    }

    fn answered(&self, count: u32, unanswered: &mut VecDeque<Instant>) {
        for _ in 0..count {
            let Some(sent) = unanswered.pop_front() else { return };
            self.counts.note_delay(sent.elapsed());
            Counts::add(&self.counts.acknowledged, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_told_by_their_class() {
        let counts = Counts::default();
        assert_eq!(counts.delay_below_ms(0.5), None);
        for _ in 0..98 {
            counts.note_delay(Duration::from_millis(1));
        }
        counts.note_delay(Duration::from_millis(120));
        counts.note_delay(Duration::from_secs(3_600));
        assert_eq!(counts.delay_below_ms(0.5), Some(2));
        assert_eq!(counts.delay_below_ms(0.99), Some(200));
        assert_eq!(counts.delay_below_ms(1.0), Some(u64::MAX));
    }

    #[test]
    fn a_recorded_drive_begins_again() {
        let fix = crate::wire::unit::tests::fix();
        let other = Fix { latitude: 1.0, ..fix };
        let mut way = Way::new(&Course::Recorded(Arc::new([fix, other])), Rng::new(1), 0);
        let at = |way: &mut Way, s: i64| way.at(Timestamp::from_s(s).unwrap()).map(|f| (f.time.s(), f.latitude));
        assert_eq!(at(&mut way, 5), Some((5, fix.latitude)));
        assert_eq!(at(&mut way, 6), Some((6, 1.0)));
        assert_eq!(at(&mut way, 7), Some((7, fix.latitude)));
        assert_eq!(Way::new(&Course::Recorded(Arc::new([])), Rng::new(1), 0).at(Timestamp::default()), None);
    }
}
