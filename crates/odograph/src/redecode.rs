//! `odograph redecode`: through the running server if there is one, else on the data folder itself.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use engine::{Engine, EngineError, EngineMetrics};
use fleet::{Fleet, FleetError};
use http::Method;
use http_body_util::BodyExt;
use intake::{FrameId, FrameQuery, Intake, IntakeMetrics, QuarantineError, RedecodeError};
use model::{DeviceId, Timestamp};
use storage::journal::{JournalError, LsmJournal};

use crate::control::{self, AskError};
use crate::folder::{DataFolder, FolderError};
use crate::options;
use crate::settings::Settings;

/// Which frames, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub(crate) struct Wanted {
    /// Only the frame with this number.
    #[arg(long, value_name = "N")]
    pub(crate) id: Option<u64>,
    /// Only frames of this device.
    #[arg(long, value_name = "ID", value_parser = device)]
    pub(crate) device: Option<DeviceId>,
    /// Only frames of this protocol.
    #[arg(long, value_name = "NAME")]
    pub(crate) protocol: Option<String>,
    /// Only frames that came at this time or later, as 2026-03-14T09:26:53Z.
    #[arg(long, value_name = "T", value_parser = crate::cli::instant)]
    pub(crate) since: Option<Timestamp>,
    /// Say what would come of it, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn device(text: &str) -> Result<DeviceId, &'static str> {
    DeviceId::new(text).ok_or("allowed is a text of 1 to 64 bytes")
}

impl Wanted {
    fn frames(&self) -> FrameQuery {
        FrameQuery {
            id: self.id.map(FrameId),
            device: self.device.clone(),
            protocol: self.protocol.clone(),
            since: self.since,
            ..FrameQuery::default()
        }
    }

    /// As the query of a request.
    fn to_query(&self) -> String {
        let texts = [
            ("id", self.id.map(|id| id.to_string())),
            ("device", self.device.as_ref().map(ToString::to_string)),
            ("protocol", self.protocol.clone()),
            ("since", self.since.map(|since| since.to_string())),
            ("dry_run", self.dry_run.then(|| "true".to_owned())),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, text) in texts {
            if let Some(text) = text {
                query.append_pair(name, &text);
            }
        }
        query.finish()
    }

    /// Reads what [`Self::to_query`] wrote.
    pub(crate) fn of_query(query: &str) -> Option<Self> {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "id" => wanted.id = Some(value.parse().ok()?),
                "device" => wanted.device = Some(DeviceId::new(&value)?),
                "protocol" => wanted.protocol = Some(value.into_owned()),
                "since" => wanted.since = Some(Timestamp::parse_iso(&value).ok()?),
                "dry_run" => wanted.dry_run = value == "true",
                _ => return None,
            }
        }
        Some(wanted)
    }
}

/// Why it did not come to its end.
#[derive(Debug)]
pub(crate) enum Error {
    /// The folder cannot be used.
    Folder(FolderError),
    /// The running server did not answer as hoped.
    Ask(AskError),
    /// The catalog does not open.
    Fleet(FleetError),
    /// The journal does not open.
    Journal(JournalError),
    /// The engine does not start.
    Engine(EngineError),
    /// The quarantine does not open.
    Quarantine(QuarantineError),
    /// Something came in between.
    Redecode(RedecodeError),
    /// Standard output, or the system.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(error) => error.fmt(f),
            Self::Ask(error) => error.fmt(f),
            Self::Fleet(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Quarantine(error) => error.fmt(f),
            Self::Redecode(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

/// Reads the wanted frames again, and prints what came of it.
pub(crate) fn run(settings: &Settings, wanted: &Wanted) -> Result<(), Error> {
    let path = &settings.data.dir;
    let summary = match DataFolder::open(path) {
        Ok(folder) => control::converse(in_folder(settings, &folder, wanted)).map_err(Error::Io)?,
        Err(FolderError::Taken(_)) => control::converse(in_server(path, wanted)).map_err(Error::Io)?,
        Err(error) => Err(Error::Folder(error)),
    }?;
    io::stdout().lock().write_all(summary.as_bytes()).map_err(Error::Io)
}

async fn in_server(folder: &Path, wanted: &Wanted) -> Result<String, Error> {
    let path = format!("{}?{}", control::REDECODE, wanted.to_query());
    let answer = control::ask(folder, Method::POST, &path, String::new()).await.map_err(Error::Ask)?;
    let body = control::accepted(answer).await.map_err(Error::Ask)?;
    let bytes = body.collect().await.map_err(|error| Error::Ask(error.into()))?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs the part of a server that takes reports in, for as long as it takes.
async fn in_folder(settings: &Settings, folder: &DataFolder, wanted: &Wanted) -> Result<String, Error> {
    if !folder.journal().is_dir() {
        return Err(Error::Folder(FolderError::Missing(folder.journal())));
    }
    let journal = LsmJournal::open(&folder.journal(), &options::journal(settings)).map_err(Error::Journal)?;
    let fleet = Fleet::open(folder.path(), options::fleet(settings), options::now()).await.map_err(Error::Fleet)?;
    let engine_options = options::engine(settings, |error| {
        crate::cli::complain(error);
        std::process::exit(1);
    });
    let metrics = EngineMetrics::default();
    let engine = Engine::start(Arc::new(journal), fleet.clone(), folder.path(), engine_options, None, metrics);
    let engine = engine.map_err(Error::Engine)?;
    let intake = Intake::open(folder.path(), fleet, options::intake(settings), IntakeMetrics::default()).await;
    let outcome = match intake {
        Ok(intake) => {
            redecode(&intake, &engine, &options::devices(settings).limits, wanted).await.map_err(Error::Redecode)
        }
        Err(error) => Err(Error::Quarantine(error)),
    };
    engine.flush().await;
    engine.stop().await;
    outcome
}

/// Reads the wanted frames again; what came of it, in words.
pub(crate) async fn redecode(
    intake: &Intake,
    engine: &Engine,
    limits: &protocols::Limits,
    wanted: &Wanted,
) -> Result<String, RedecodeError> {
    let done = intake.redecode(engine, wanted.frames(), limits, wanted.dry_run).await?;
    Ok(done.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let check = |wanted: Wanted| assert_eq!(Wanted::of_query(&wanted.to_query()), Some(wanted));
        check(Wanted::default());
        check(Wanted {
            id: Some(7),
            device: DeviceId::new("a b&c=d/ü"),
            protocol: Some("wialon-ips".to_owned()),
            since: Timestamp::parse_iso("2026-03-14T09:26:53.250Z").ok(),
            dry_run: true,
        });
        for wrong in ["id=x", "since=yesterday", "device=", "until=2026-03-14T09:26:53Z"] {
            assert_eq!(Wanted::of_query(wrong), None, "{wrong}");
        }
    }
}
