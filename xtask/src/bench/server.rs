//! The program under measurement.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::Common;
use super::tenant::ADMIN_PASSWORD;
use crate::cargo;

/// How long the program may take to end once told to.
const STOP: Duration = Duration::from_secs(12);

/// A running server with a folder of its own; ends, and removes it, when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where the APIs are.
    pub(crate) http: SocketAddr,
    /// Where Teltonika devices connect.
    pub(crate) teltonika: SocketAddr,
    /// Where devices of the Navixy Generic Protocol connect.
    pub(crate) ngp: SocketAddr,
    /// Where devices of any family connect.
    pub(crate) auto: SocketAddr,
    _folder: tempfile::TempDir,
}

/// The core that a pinned server runs on.
pub(crate) const SERVER_CORE: usize = 0;
/// The core that a pinned load runs on.
pub(crate) const LOAD_CORE: usize = 1;

/// Keeps the calling thread, and what it starts from now on, on one core.
///
/// # Errors
/// When there is no such core.
pub(crate) fn pin(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).with_context(|| format!("core {core}"))
}

/// The release binary: the one named, or the one that Cargo builds.
///
/// # Errors
/// When it does not build.
pub(crate) fn binary(common: &Common) -> Result<PathBuf> {
    if let Some(path) = &common.binary {
        return Ok(path.clone());
    }
    cargo::build_server(&["--release"])
}

impl Server {
    /// Starts it on free ports and waits until it is ready.
    ///
    /// # Errors
    /// When it does not get ready.
    pub(crate) fn start(binary: &Path, common: &Common, pinned: bool) -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("odograph-bench-");
        let folder = match &common.scratch {
            Some(scratch) => builder.tempdir_in(scratch),
            None => builder.tempdir(),
        }?;
        let before = sched_getaffinity(None)?;
        if pinned {
            pin(SERVER_CORE)?;
        }
        let child = command(binary, folder.path()).spawn().with_context(|| binary.display().to_string());
        sched_setaffinity(None, &before)?;
        let mut child = child?;
        let line = child.stdout.take().map(|stdout| {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        let line = line.context("no output")??;
        match addresses(&line) {
            Ok([http, teltonika, ngp, auto]) => Ok(Self { child, http, teltonika, ngp, auto, _folder: folder }),
            Err(error) => {
                // It may well have ended by itself; its own words are on standard error.
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

fn command(binary: &Path, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ODOGRAPH_") {
            command.env_remove(name);
        }
    }
    command
        .args(["serve", "--http", "127.0.0.1:0", "--device", "teltonika=127.0.0.1:0", "--device", "ngp=127.0.0.1:0"])
        .args(["--device", "auto=127.0.0.1:0"])
        .arg("--data")
        .arg(folder)
        .env("ODOGRAPH_ADMIN_PASSWORD", ADMIN_PASSWORD)
        .env("ODOGRAPH_LOG", "warn")
        // Thousands of trackers are registered in a moment, and thousands of sockets come from one address.
        .env("ODOGRAPH_LIMITS_USER_REQUESTS_PER_SECOND_MAX", "0")
        .env("ODOGRAPH_LIMITS_CONNECTIONS_PER_ADDRESS_MAX", "0")
        // A client that subscribes again and again measures how fast batches can be had.
        .env("ODOGRAPH_LIMITS_MESSAGES_PER_SECOND_MAX", "1000000")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// The addresses in the line that says that the server is ready.
fn addresses(line: &str) -> Result<[SocketAddr; 4]> {
    let Some(rest) = line.trim().strip_prefix("odograph ready ") else { bail!("the server did not get ready") };
    let of = |name: &str| -> Result<SocketAddr> {
        let mut words = rest.split(' ').filter_map(|word| word.split_once('='));
        let (_, address) = words.find(|(key, _)| *key == name).with_context(|| format!("no {name} in {rest:?}"))?;
        Ok(address.parse()?)
    };
    Ok([of("http")?, of("teltonika")?, of("ngp")?, of("auto")?])
}

impl Drop for Server {
    fn drop(&mut self) {
        // What fails here has ended already, and the folder goes away in any case.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let end = Instant::now() + STOP;
        while Instant::now() < end {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_addresses_in_the_line() {
        let [http, teltonika, ngp, auto] =
            addresses("odograph ready http=127.0.0.1:1 teltonika=127.0.0.1:2 ngp=[::1]:3 auto=127.0.0.1:4\n").unwrap();
        assert_eq!(auto.port(), 4);
        assert_eq!((http.port(), teltonika.port(), ngp.to_string().as_str()), (1, 2, "[::1]:3"));
        for bad in ["", "odograph ready http=127.0.0.1:1", "odograph ready http=x teltonika=y ngp=z", "ready"] {
            assert!(addresses(bad).is_err(), "{bad}");
        }
    }
}
