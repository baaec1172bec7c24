//! `odograph export`: through the running server if there is one, else from the folder itself.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use fleet::{Fleet, FleetError};
use http::Method;
use http_body_util::BodyExt;
use storage::journal::{JournalError, LsmJournal};

use crate::control::{self, AskError};
use crate::folder::{DataFolder, FolderError};
use crate::journal_lines::{self, ExportError};
use crate::options;
use crate::settings::Settings;

pub(crate) use crate::journal_lines::Wanted;

/// Why nothing, or not everything, was printed.
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
    /// The journal cannot be read to its end.
    Export(ExportError),
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
            Self::Export(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

/// Prints the wanted reports.
pub(crate) fn run(settings: &Settings, wanted: Wanted) -> Result<(), Error> {
    let path = &settings.data.dir;
    let printed = match DataFolder::open(path) {
        Ok(folder) => from_folder(settings, &folder, &wanted),
        Err(FolderError::Taken(_)) => control::converse(from_server(path, &wanted)).map_err(Error::Io)?,
        Err(error) => Err(Error::Folder(error)),
    };
    match printed {
        // Whoever reads has seen enough.
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

async fn from_server(folder: &Path, wanted: &Wanted) -> Result<(), Error> {
    let path = format!("{}?{}", control::EXPORT, control::query(wanted));
    let answer = control::ask(folder, Method::GET, &path, String::new()).await.map_err(Error::Ask)?;
    let mut body = control::accepted(answer).await.map_err(Error::Ask)?;
    let mut out = io::stdout().lock();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::Ask(error.into()))?;
        if let Ok(piece) = frame.into_data() {
            out.write_all(&piece).map_err(Error::Io)?;
        }
    }
    out.flush().map_err(Error::Io)
}

fn from_folder(settings: &Settings, folder: &DataFolder, wanted: &Wanted) -> Result<(), Error> {
    if !folder.journal().is_dir() {
        return Err(Error::Folder(FolderError::Missing(folder.journal())));
    }
    let fleet = control::converse(Fleet::open(folder.path(), options::fleet(settings), options::now()));
    let fleet = fleet.map_err(Error::Io)?.map_err(Error::Fleet)?;
    let journal = LsmJournal::open(&folder.journal(), &options::journal(settings)).map_err(Error::Journal)?;
    let mut out = io::stdout().lock();
    let mut written = Ok(());
    let sink = |piece: Vec<u8>| {
        written = out.write_all(&piece);
        written.is_ok()
    };
    journal_lines::export(&journal, &fleet, wanted, sink).map_err(Error::Export)?;
    written.and_then(|()| out.flush()).map_err(Error::Io)
}
