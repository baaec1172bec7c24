//! `odograph simulate`: many trackers against any server.

use std::fmt;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use simulator::drive_file::{self, BadDrive};
use simulator::shell::{Counts, Course, LoadOptions, Player, load};
use simulator::wire::unit::{SPEECHES, Speech, speech};

/// A drive file is this long at most, in bytes.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// `odograph simulate`
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The server's port for trackers, as 127.0.0.1:5027.
    #[arg(long, value_name = "ADDR", required_unless_present = "ids")]
    server: Option<String>,
    /// What the trackers speak; more than once for several, which share them evenly; `all` for every one.
    #[arg(long = "protocol", value_name = "NAME", default_value = "teltonika")]
    protocols: Vec<String>,
    /// How many trackers.
    #[arg(long, value_name = "N", default_value_t = 1)]
    devices: u32,
    /// The identifier of the only tracker [default: made up].
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// Where in the made-up identifiers to begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// Print the identifiers, each with its protocol, and end.
    #[arg(long)]
    ids: bool,
    /// Seconds from message to message of a tracker; a fraction will do.
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    every: f64,
    /// Points in a message, as far as the protocol carries several.
    #[arg(long, value_name = "N", default_value_t = 1)]
    batch: usize,
    /// Connections to open a second.
    #[arg(long, value_name = "N", default_value_t = 200)]
    connects_per_s: u32,
    /// End after so many messages of each tracker.
    #[arg(long, value_name = "N")]
    messages: Option<u64>,
    /// End after so many seconds.
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// Drive along this file, CSV or GPX, again and again [default: made-up routes].
    #[arg(long, value_name = "FILE")]
    drive: Option<PathBuf>,
    /// For all that is random.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Why nothing was sent, or nothing came of it.
#[derive(Debug)]
pub(crate) enum Error {
    UnknownProtocol(String),
    BadDevice(String, &'static str),
    BadServer(String),
    BadInterval,
    Drive(PathBuf, BadDrive),
    File(PathBuf, io::Error),
    NothingAcknowledged,
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProtocol(name) => {
                let known: Vec<_> = SPEECHES.iter().map(|speech| speech.family).collect();
                write!(f, "no protocol {name}; known are {} and all", known.join(" "))
            }
            Self::BadDevice(id, family) => write!(f, "{family} has no identifiers like {id:?}"),
            Self::BadServer(address) => write!(f, "{address}: not an address with a port, or not to be found"),
            Self::BadInterval => f.write_str("--every must be from 0.001 to 86400 seconds"),
            Self::Drive(path, error) => write!(f, "{}: {error}", path.display()),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NothingAcknowledged => f.write_str("the server acknowledged nothing"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Simulate {
    /// Plays the trackers until it is told to stop or all is said.
    pub(crate) fn run(&self) -> Result<(), Error> {
        let players = self.players()?;
        let mut out = io::stdout().lock();
        if self.ids {
            for Player { family, id } in &players {
                writeln!(out, "{family} {id}")?;
            }
            return Ok(());
        }
        let every_s = Some(self.every).filter(|s| (0.001..=86_400.0).contains(s)).ok_or(Error::BadInterval)?;
        let options = LoadOptions {
            server: self.server()?,
            players,
            every: Duration::from_secs_f64(every_s),
            fixes_per_message: self.batch,
            connects_per_s: self.connects_per_s,
            messages_max: self.messages,
            course: self.course()?,
            seed: self.seed,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.play(&options, &mut out))
    }

    async fn play(&self, options: &LoadOptions, out: &mut impl Write) -> Result<(), Error> {
        let begun = Instant::now();
        let mut load = load(options);
        let counts = load.counts().clone();
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.tick().await;
        let mut before = 0;
        loop {
            tokio::select! {
                () = load.finished() => break,
                _ = tokio::signal::ctrl_c() => break,
                _ = seconds.tick() => {
                    let messages = counts.messages.load(Ordering::Relaxed);
                    tell(&counts, begun.elapsed(), messages - before, out)?;
                    before = messages;
                    if self.seconds.is_some_and(|s| begun.elapsed().as_secs() >= s) {
                        break;
                    }
                }
            }
        }
        load.stop().await;
        let elapsed = begun.elapsed();
        let messages = counts.messages.load(Ordering::Relaxed);
        tell(&counts, elapsed, (messages as f64 / elapsed.as_secs_f64()) as u64, out)?;
        match counts.acknowledged.load(Ordering::Relaxed) {
            0 => Err(Error::NothingAcknowledged),
            _ => Ok(()),
        }
    }

    fn players(&self) -> Result<Vec<Player>, Error> {
        let mut speeches: Vec<&'static Speech> = Vec::new();
        for name in &self.protocols {
            match name.as_str() {
                "all" => speeches.extend(SPEECHES),
                name => speeches.push(speech(name).ok_or_else(|| Error::UnknownProtocol(name.to_owned()))?),
            }
        }
        if let (Some(id), Some(speech)) = (&self.device, speeches.first()) {
            let player = Player { family: speech.family, id: id.clone() };
            return match player.unit() {
                Some(_) => Ok(vec![player]),
                None => Err(Error::BadDevice(id.clone(), speech.family)),
            };
        }
        let numbered = (self.first..).zip(speeches.iter().cycle()).take(self.devices as usize);
        let players = numbered.filter_map(|(n, speech)| {
            let id = speech.identifier(n)?;
            Some(Player { family: speech.family, id })
        });
        Ok(players.collect())
    }

    fn server(&self) -> Result<SocketAddr, Error> {
        let address = self.server.as_deref().unwrap_or_default();
        let found = address.to_socket_addrs().ok().and_then(|mut found| found.next());
        found.ok_or_else(|| Error::BadServer(address.to_owned()))
    }

    fn course(&self) -> Result<Course, Error> {
        let Some(path) = &self.drive else { return Ok(Course::MadeUp) };
        let file = |error| Error::File(path.clone(), error);
        let mut text = String::new();
        let opened = std::fs::File::open(path).map_err(file)?;
        io::Read::read_to_string(&mut io::Read::take(opened, FILE_BYTES_MAX), &mut text).map_err(file)?;
        let fixes = drive_file::parse(&text).map_err(|error| Error::Drive(path.clone(), error))?;
        Ok(Course::Recorded(fixes.into()))
    }
}

fn tell(counts: &Counts, elapsed: Duration, per_s: u64, out: &mut impl Write) -> io::Result<()> {
    let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    write!(
        out,
        "{:>6.0} s  connected {}  messages {} ({per_s}/s)  acknowledged {}  refused {}  broken {}",
        elapsed.as_secs_f64(),
        get(&counts.connected),
        get(&counts.messages),
        get(&counts.acknowledged),
        get(&counts.refused),
        get(&counts.broken),
    )?;
    if let (Some(half), Some(most)) = (counts.delay_below_ms(0.5), counts.delay_below_ms(0.99)) {
        let bound = |ms: u64| if ms == u64::MAX { "over 5 s".to_owned() } else { format!("under {ms} ms") };
        write!(out, "  answered half {}, 99 % {}", bound(half), bound(most))?;
    }
    writeln!(out)?;
    out.flush()
}
