//! The command line.

use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use model::Timestamp;

use crate::packets::{self, Decode, Encode};
use crate::settings::{self, Flags, Loaded};
use crate::simulate::Simulate;
use crate::{admin, export, redecode, serve};

/// What the program ends with when its configuration or its arguments are wrong; clap uses the same.
pub(crate) const USAGE: u8 = 2;

/// Real-time telematics server.
#[derive(Debug, Parser)]
#[command(name = "odograph", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(Serve),
    /// Print what the journal holds: one JSON object a report, in the order of arrival.
    Export(Export),
    /// Administer a data folder.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Say what a packet of a tracker says, field by field; or, with --json, what a connection says, line by line.
    Decode(Decode),
    /// Say which bytes make a tracker do something.
    Encode(Encode),
    /// Play many trackers of any protocols against a server: a load, and a test bench.
    Simulate(Simulate),
    /// Read frames in quarantine again, after a fix, and store what they say. Those of which all can be read leave it.
    Redecode(Redecode),
    /// Print a commented odograph.toml with all settings and their defaults.
    Settings,
}

#[derive(Debug, Args)]
struct Folder {
    /// The data folder [setting: data.dir].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// The file with settings [default: odograph.toml, if it is there].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    folder: Folder,
    /// Where the APIs and WebSockets listen [setting: http.listen].
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,
    /// Where devices of a protocol connect, as teltonika=127.0.0.1:5027, or of every protocol, as auto=127.0.0.1:5000;
    /// `,proxy` after it if a PROXY header comes first; any replaces the whole list, `none` empties it.
    #[arg(long = "device", value_name = "NAME=ADDR")]
    devices: Vec<String>,
    /// How log lines are written, text or json [setting: log.format].
    #[arg(long, value_name = "FORMAT")]
    log: Option<String>,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    folder: Folder,
    /// Only this device's reports.
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// Only reports of this time or later, as 2026-03-14T09:26:53Z.
    #[arg(long, value_name = "T", value_parser = instant)]
    from: Option<Timestamp>,
    /// Only reports of this time or earlier.
    #[arg(long, value_name = "T", value_parser = instant)]
    to: Option<Timestamp>,
}

#[derive(Debug, Args)]
struct Redecode {
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    wanted: redecode::Wanted,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Set the administrator's password: the first line of the file named here, else the one in
    /// ODOGRAPH_ADMIN_PASSWORD, else the first line of standard input.
    SetPassword {
        #[command(flatten)]
        folder: Folder,
        /// A file whose first line is the password.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_iso(text).map_err(|error| format!("{error}; allowed is a time with zone, as 2026-03-14T09:26:53Z"))
}

impl Folder {
    fn flags(self) -> Flags {
        Flags { config: self.config, data: self.data, ..Flags::default() }
    }
}

impl Cli {
    /// Does what was asked for.
    pub(crate) fn run(self) -> ExitCode {
        match self.command {
            Command::Serve(Serve { folder, http, devices, log }) => {
                let flags = Flags { http, devices, log, ..folder.flags() };
                with_settings(&flags, |loaded| serve::run(&loaded))
            }
            Command::Export(Export { folder, device, from, to }) => {
                let wanted = export::Wanted { device, from, to };
                with_settings(&folder.flags(), |loaded| finish(export::run(&loaded.settings, wanted)))
            }
            Command::Redecode(Redecode { folder, wanted }) => {
                with_settings(&folder.flags(), |loaded| finish(redecode::run(&loaded.settings, &wanted)))
            }
            Command::Admin { command: AdminCommand::SetPassword { folder, password_file } } => {
                with_settings(&folder.flags(), |loaded| {
                    finish(admin::set_password(&loaded.settings, password_file.as_deref()))
                })
            }
            Command::Decode(decode) => packets::decode(decode),
            Command::Encode(encode) => packets::encode(encode),
            Command::Simulate(simulate) => finish(simulate.run()),
            Command::Settings => finish(std::io::stdout().lock().write_all(settings::commented_file().as_bytes())),
        }
    }
}

fn with_settings(flags: &Flags, then: impl FnOnce(Loaded) -> ExitCode) -> ExitCode {
    match settings::load(flags, &settings::environment()) {
        Ok(loaded) => then(loaded),
        Err(error) => {
            complain(&error);
            ExitCode::from(USAGE)
        }
    }
}

fn finish<E: Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error why the program ends.
pub(crate) fn complain(error: &dyn Display) {
    // Where standard error is gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "odograph: {error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Cli, clap::error::ErrorKind> {
        let all = std::iter::once("odograph").chain(arguments.iter().copied());
        Cli::try_parse_from(all).map_err(|error| error.kind())
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_takes_its_flags() {
        let line =
            "serve --data d --http 127.0.0.1:0 --device teltonika=127.0.0.1:0 --device none --log json --config f";
        let arguments: Vec<_> = line.split(' ').collect();
        let Ok(Cli { command: Command::Serve(serve) }) = parse(&arguments) else { panic!("{line}") };
        assert_eq!(serve.devices, ["teltonika=127.0.0.1:0", "none"]);
        assert_eq!((serve.http.as_deref(), serve.log.as_deref()), (Some("127.0.0.1:0"), Some("json")));
        let flags = serve.folder.flags();
        assert_eq!((flags.data.as_deref(), flags.config), (Some("d"), Some(PathBuf::from("f"))));
    }

    #[test]
    fn export_takes_times() {
        let line = ["export", "--device", "1", "--from", "2026-03-14T09:26:53Z", "--to", "2026-03-14T12:26:53+03:00"];
        let Ok(Cli { command: Command::Export(export) }) = parse(&line) else { panic!("{line:?}") };
        assert_eq!(export.device.as_deref(), Some("1"));
        assert!(export.from.is_some() && export.from == export.to);
        assert_eq!(parse(&["export", "--from", "today"]).err(), Some(clap::error::ErrorKind::ValueValidation));
    }

    #[test]
    fn redecode_takes_what_narrows_it_down() {
        let line = "redecode --data d --id 7 --device 350 --protocol gt06 --since 2026-03-14T09:26:53Z --dry-run";
        let arguments: Vec<_> = line.split(' ').collect();
        let Ok(Cli { command: Command::Redecode(redecode) }) = parse(&arguments) else { panic!("{line}") };
        let wanted = redecode::Wanted {
            id: Some(7),
            device: model::DeviceId::new("350"),
            protocol: Some("gt06".to_owned()),
            since: Timestamp::parse_iso("2026-03-14T09:26:53Z").ok(),
            dry_run: true,
        };
        assert_eq!(redecode.wanted, wanted);
    }

    #[test]
    fn a_password_is_never_an_argument() {
        use clap::error::ErrorKind::UnknownArgument;
        assert_eq!(parse(&["serve", "--admin-password", "x"]).err(), Some(UnknownArgument));
        assert_eq!(parse(&["admin", "set-password", "--password", "x"]).err(), Some(UnknownArgument));
        assert_eq!(parse(&["admin", "set-password", "x"]).err(), Some(UnknownArgument));
        assert!(parse(&["admin", "set-password", "--data", "d", "--password-file", "f"]).is_ok());
    }
}
