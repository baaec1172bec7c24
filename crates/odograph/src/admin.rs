//! `odograph admin`: for whoever may read the data folder.

use std::fmt;
use std::io::{self, BufRead};
use std::path::Path;

use fleet::{AdminError, Fleet, FleetError, Problem};
use http::Method;

use crate::control::{self, AskError};
use crate::folder::{DataFolder, FolderError};
use crate::options;
use crate::settings::{ADMIN_PASSWORD, Settings, read_secret_file};

/// Why the password was not set.
#[derive(Debug)]
pub(crate) enum Error {
    /// The password cannot be read.
    Password(io::Error),
    /// The folder cannot be used.
    Folder(FolderError),
    /// The running server did not take it.
    Ask(AskError),
    /// The catalog does not open.
    Fleet(FleetError),
    /// The catalog did not take it.
    Admin(AdminError),
    /// The system.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(error) => write!(f, "cannot read the password: {error}"),
            Self::Folder(error) => error.fmt(f),
            Self::Ask(error) => error.fmt(f),
            Self::Fleet(error) => error.fmt(f),
            Self::Admin(error) => f.write_str(&refusal(error)),
            Self::Io(error) => error.fmt(f),
        }
    }
}

/// Why the password was not taken, for the person who typed it.
pub(crate) fn refusal(error: &AdminError) -> String {
    match error {
        AdminError::Password(Problem::TooShort { chars_min }) => {
            format!("the password is too short, allowed is one of at least {chars_min} characters")
        }
        AdminError::Password(Problem::TooLong { chars_max }) => {
            format!("the password is too long, allowed is one of at most {chars_max} characters")
        }
        AdminError::Password(_) => "the password is blank, or has characters that it may not have".to_owned(),
        AdminError::Busy => "too many passwords are being hashed; try again".to_owned(),
        AdminError::Failed(failure) => failure.to_string(),
    }
}

/// Sets the administrator's password, through the running server if there is one.
pub(crate) fn set_password(settings: &Settings, file: Option<&Path>) -> Result<(), Error> {
    let password = read_password(file).map_err(Error::Password)?;
    let path = &settings.data.dir;
    match DataFolder::open(path) {
        Ok(folder) => control::converse(in_folder(settings, &folder, &password)).map_err(Error::Io)?,
        Err(FolderError::Taken(_)) => control::converse(in_server(path, password)).map_err(Error::Io)?,
        Err(error) => Err(Error::Folder(error)),
    }
}

async fn in_folder(settings: &Settings, folder: &DataFolder, password: &str) -> Result<(), Error> {
    let fleet = Fleet::open(folder.path(), options::fleet(settings), options::now()).await.map_err(Error::Fleet)?;
    fleet.set_admin_password(password, options::now()).await.map_err(Error::Admin)
}

async fn in_server(folder: &Path, password: String) -> Result<(), Error> {
    let answer = control::ask(folder, Method::POST, control::ADMIN_PASSWORD, password).await.map_err(Error::Ask)?;
    control::accepted(answer).await.map(drop).map_err(Error::Ask)
}

/// From the environment, the file, or standard input; never from an argument, which everybody on the machine can see.
fn read_password(file: Option<&Path>) -> io::Result<String> {
    if let Some(file) = file {
        return read_secret_file(file);
    }
    if let Ok(password) = std::env::var(ADMIN_PASSWORD) {
        return Ok(password);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
