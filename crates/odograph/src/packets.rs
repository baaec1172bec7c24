//! `odograph decode` and `odograph encode`: what packets say, and which bytes make a device do something.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use inspect::{CommandError, Diagnostic, Inspected, Inspector};
use model::{ChecksumPolicy, DeviceId, DeviceSettings, SettingRefused, Timestamp};
use protocols::{FAMILIES, Family, Limits};

use crate::cli::{USAGE, complain, instant};

/// One chunk is this long at most, as the line that it is read from: a request of 4 MiB in hexadecimal, and more.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// Whose words these are.
#[derive(Debug, Args)]
struct Device {
    /// The protocol's name; `--protocols` lists them.
    #[arg(long, value_name = "NAME")]
    protocol: Option<String>,
    /// The device that speaks, as if it had logged in.
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// A setting of the device, as time_zone=+08:00; more than once for several.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The present time, for what depends on it [default: the clock].
    #[arg(long, value_name = "T", value_parser = instant)]
    now: Option<Timestamp>,
}

/// `odograph decode`
#[derive(Debug, Args)]
pub(crate) struct Decode {
    #[command(flatten)]
    device: Device,
    /// What becomes of frames with a wrong checksum: enforce or warn [default: as usual in the family].
    #[arg(long, value_name = "POLICY")]
    checksum: Option<String>,
    /// Take each line for a datagram.
    #[arg(long)]
    udp: bool,
    /// Read chunks of a connection in hexadecimal, one a line, and print one JSON object for each.
    #[arg(long)]
    json: bool,
    /// Begin a new connection with every line.
    #[arg(long)]
    each: bool,
    /// List the names of the protocols.
    #[arg(long)]
    protocols: bool,
    /// The packet, as hexadecimal digits or as text; `-`, or nothing, reads lines from standard input.
    #[arg(value_name = "PACKET")]
    packet: Option<String>,
}

/// `odograph encode`
#[derive(Debug, Args)]
pub(crate) struct Encode {
    #[command(flatten)]
    device: Device,
    /// Read one command a line, as {"type":…,"attributes":{…}}, and print {"bytes":…} or {"error":…} for each.
    #[arg(long)]
    json: bool,
    /// List the types of commands.
    #[arg(long)]
    types: bool,
    /// The type of the command.
    #[arg(value_name = "TYPE")]
    kind: Option<String>,
    /// What it takes, as text=getver or number=1 on=true.
    #[arg(value_name = "KEY=VALUE")]
    attributes: Vec<String>,
}

/// Why nothing was said.
#[derive(Debug)]
enum Error {
    UnknownProtocol(String),
    NoProtocol,
    NotRecognised,
    BadDevice(String),
    BadSetting(String, SettingRefused),
    NotAPair(String),
    BadChecksum(String),
    NoType,
    Command(CommandError),
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProtocol(name) => write!(f, "no protocol {name}; known are {}", names().join(" ")),
            Self::NoProtocol => write!(f, "--protocol is missing; known are {}", names().join(" ")),
            Self::NotRecognised => f.write_str("the protocol cannot be told from the packet; name it with --protocol"),
            Self::BadDevice(id) => write!(f, "{id:?} is not a device identifier"),
            Self::BadSetting(pair, refused) => write!(f, "--set {pair}: {refused}"),
            Self::NotAPair(text) => write!(f, "{text}: not KEY=VALUE"),
            Self::BadChecksum(text) => write!(f, "--checksum {text}: allowed is enforce or warn"),
            Self::NoType => f.write_str("which command? --types lists them"),
            Self::Command(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Error {
    fn code(&self) -> ExitCode {
        match self {
            Self::Io(_) | Self::Command(_) | Self::NotRecognised => ExitCode::FAILURE,
            _ => ExitCode::from(USAGE),
        }
    }
}

fn end(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            error.code()
        }
    }
}

fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.name).collect()
}

impl Device {
    fn family(&self) -> Result<Option<&'static Family>, Error> {
        let Some(name) = &self.protocol else { return Ok(None) };
        protocols::family(name).map(Some).ok_or_else(|| Error::UnknownProtocol(name.clone()))
    }

    fn id(&self) -> Result<Option<DeviceId>, Error> {
        let Some(id) = &self.device else { return Ok(None) };
        DeviceId::new(id).map(Some).ok_or_else(|| Error::BadDevice(id.clone()))
    }

    fn settings(&self) -> Result<DeviceSettings, Error> {
        let mut settings = DeviceSettings::default();
        for pair in &self.settings {
            let (key, value) = pair.split_once('=').ok_or_else(|| Error::NotAPair(pair.clone()))?;
            settings.set(key, value).map_err(|refused| Error::BadSetting(pair.clone(), refused))?;
        }
        Ok(settings)
    }

    fn now(&self) -> Timestamp {
        let clock = || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_ms_clamped(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        };
        self.now.unwrap_or_else(clock)
    }
}

/// Lines as they come, each with its end taken off.
fn lines(from: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    let mut from = from;
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match io::Read::take(&mut from, LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                Some(Ok(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            Err(error) => Some(Err(error)),
        }
    })
}

/// Says what packets say.
pub(crate) fn decode(decode: Decode) -> ExitCode {
    end(decode.run())
}

impl Decode {
    fn run(&self) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        if self.protocols {
            for name in names() {
                writeln!(out, "{name}")?;
            }
            return Ok(());
        }
        let mut settings = self.device.settings()?;
        if let Some(policy) = &self.checksum {
            settings.checksum = match policy.as_str() {
                "enforce" => Some(ChecksumPolicy::Enforce),
                "warn" => Some(ChecksumPolicy::Warn),
                _ => return Err(Error::BadChecksum(policy.clone())),
            };
        }
        let given = self.packet.as_ref().filter(|packet| *packet != "-");
        let input: Box<dyn Iterator<Item = io::Result<String>>> = match given {
            Some(packet) => Box::new(std::iter::once(Ok(packet.clone()))),
            None => Box::new(lines(io::stdin().lock())),
        };
        let family = self.device.family()?;
        self.device.id()?;
        if self.json {
            self.each_as_json(family, &settings, input, &mut out)
        } else {
            self.each_in_words(family, &settings, input, &mut out)
        }
    }

    fn inspector(&self, family: &'static Family, settings: &DeviceSettings, id: Option<DeviceId>) -> Inspector {
        Inspector::new(family, settings.clone(), id, &Limits::default(), self.device.now())
    }

    fn hear(&self, inspector: &mut Inspector, bytes: &[u8]) -> Inspected {
        match (self.udp, self.each) {
            (true, _) => inspector.feed_datagram(bytes),
            (false, true) => inspector.feed_alone(bytes),
            (false, false) => inspector.feed(bytes),
        }
    }

    fn each_as_json(
        &self,
        family: Option<&'static Family>,
        settings: &DeviceSettings,
        input: impl Iterator<Item = io::Result<String>>,
        out: &mut impl Write,
    ) -> Result<(), Error> {
        let id = self.device.id()?;
        let mut inspector = family.map(|family| self.inspector(family, settings, id.clone()));
        for line in input {
            let line = line?;
            let bytes = if line.trim().is_empty() { Some(Vec::new()) } else { inspect::hex(&line) };
            if inspector.is_none() {
                let guessed = bytes.as_deref().and_then(|bytes| inspect::guess(bytes, self.device.now()));
                inspector = Some(self.inspector(guessed.ok_or(Error::NoProtocol)?, settings, id.clone()));
            }
            let Some(talk) = &mut inspector else { return Err(Error::NoProtocol) };
            let family = talk.family();
            if self.each {
                *talk = self.inspector(family, settings, id.clone());
            }
            let inspected = match bytes {
                Some(bytes) => self.hear(talk, &bytes),
                None => {
                    let reason = "not pairs of hexadecimal digits".to_owned();
                    let told = Diagnostic { offset: 0, reason, forgiven: false };
                    Inspected { diagnostics: vec![told], ..Inspected::default() }
                }
            };
            writeln!(out, "{}", inspect::line(family.name, &inspected))?;
            // Whoever asks line by line waits for each answer.
            out.flush()?;
        }
        Ok(())
    }

    fn each_in_words(
        &self,
        family: Option<&'static Family>,
        settings: &DeviceSettings,
        input: impl Iterator<Item = io::Result<String>>,
        out: &mut impl Write,
    ) -> Result<(), Error> {
        let id = self.device.id()?;
        let mut inspector = family.map(|family| self.inspector(family, settings, id.clone()));
        for line in input {
            let bytes = inspect::pasted(&line?);
            let mut talk = match inspector.take() {
                Some(talk) if !self.each => talk,
                Some(talk) => self.inspector(talk.family(), settings, id.clone()),
                None => {
                    let guessed = inspect::guess(&bytes, self.device.now()).ok_or(Error::NotRecognised)?;
                    self.inspector(guessed, settings, id.clone())
                }
            };
            let mut inspected = self.hear(&mut talk, &bytes);
            if inspected.identity.is_none() && inspected.reports.is_empty() && !inspected.diagnostics.is_empty() {
                // A packet alone has no login before it: somebody is taken to have said it.
                let mut of_somebody = self.inspector(talk.family(), settings, DeviceId::new(inspect::SOMEBODY));
                let told = self.hear(&mut of_somebody, &bytes);
                if !told.reports.is_empty() || !told.answers.is_empty() {
                    (inspected, talk) = (told, of_somebody);
                }
            }
            if inspected.identity.as_ref().is_some_and(|id| id.as_str() == inspect::SOMEBODY) {
                inspected.identity = None;
            }
            write!(out, "{}", inspect::describe(talk.family().name, &inspected))?;
            out.flush()?;
            inspector = Some(talk);
        }
        Ok(())
    }
}

/// Says which bytes make a device do something.
pub(crate) fn encode(encode: Encode) -> ExitCode {
    end(encode.run())
}

impl Encode {
    fn run(&self) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        if self.types {
            for known in inspect::ORDER_TYPES {
                writeln!(out, "{:<16} {} Takes {}.", known.name, known.about, known.takes)?;
            }
            return Ok(());
        }
        let family = self.device.family()?.ok_or(Error::NoProtocol)?;
        let settings = self.device.settings()?;
        let id = self.device.id()?.or_else(|| DeviceId::new(inspect::SOMEBODY));
        let mut inspector = Inspector::new(family, settings, id, &Limits::default(), self.device.now());
        if !self.json {
            let command = self.command()?;
            let order = inspect::order(&command).map_err(Error::Command)?;
            let bytes = inspect::encode(&mut inspector, &order).map_err(Error::Command)?;
            writeln!(out, "{}", inspect::to_hex(&bytes))?;
            if !bytes.is_empty() && bytes.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) {
                writeln!(out, "\"{}\"", bytes.escape_ascii())?;
            }
            return Ok(());
        }
        for line in lines(io::stdin().lock()) {
            let encoded = inspect::order(&line?).and_then(|order| inspect::encode(&mut inspector, &order));
            let answer = match encoded {
                Ok(bytes) => serde_json::json!({ "bytes": inspect::to_hex(&bytes) }),
                Err(error) => serde_json::json!({ "error": error.to_string() }),
            };
            writeln!(out, "{answer}")?;
            out.flush()?;
        }
        Ok(())
    }

    /// The command as JSON.
    fn command(&self) -> Result<String, Error> {
        let kind = self.kind.as_ref().ok_or(Error::NoType)?;
        let mut attributes = serde_json::Map::new();
        for pair in &self.attributes {
            let (key, value) = pair.split_once('=').ok_or_else(|| Error::NotAPair(pair.clone()))?;
            attributes.insert(key.to_owned(), value.into());
        }
        Ok(serde_json::json!({ "type": kind, "attributes": attributes }).to_string())
    }
}
