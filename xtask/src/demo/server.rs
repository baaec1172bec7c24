//! The server's process.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::ports::usual_or_any;

/// How long it may take to get ready: a kept folder may have much to read.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long it may take to end; it promises ten seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an ended connection waits for the news that the server has ended.
const NEWS_TIMEOUT: Duration = Duration::from_secs(2);
/// Lines of its log that are kept to be shown.
const LOG_LINES_KEPT: usize = 20;
/// What the administrator's password is handed over in: a command line could be read by others.
const ADMIN_PASSWORD: &str = "ODOGRAPH_ADMIN_PASSWORD";
/// The fleet's mishaps are short, so the server's patience is, too, unless the environment says otherwise.
const PATIENCE: [(&str, &str); 2] = [("ODOGRAPH_STATUS_IDLE_S", "20"), ("ODOGRAPH_STATUS_OFFLINE_S", "40")];

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// APIs and WebSockets.
    pub(crate) http: SocketAddr,
    /// Teltonika units.
    pub(crate) teltonika: SocketAddr,
    /// All families of devices, as the server named them.
    pub(crate) devices: Vec<(String, SocketAddr)>,
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    addresses: Addresses,
    log: Log,
}

/// The last lines of its log, and who reads them.
struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    reader: JoinHandle<()>,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(
        program: &Path,
        folder: &Path,
        http: Option<SocketAddr>,
        admin_password: &str,
    ) -> Result<Self> {
        if folder.join("catalog.db").exists() {
            renew_admin_password(program, folder, admin_password).await?;
        }
        let mut command = command(program, folder, "serve", admin_password);
        command.arg("--http").arg(http.unwrap_or_else(|| usual_or_any(8080)).to_string());
        for (family, port) in [
            ("teltonika", 5027),
            ("gt06", 5023),
            ("ruptela", 5046),
            ("meitrack", 5020),
            ("ngp", 47642),
            ("osmand", 5055),
        ] {
            command.arg("--device").arg(format!("{family}={}", usual_or_any(port)));
        }
        for (name, value) in PATIENCE.iter().filter(|(name, _)| std::env::var_os(name).is_none()) {
            command.env(name, value);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| program.display().to_string())?;
        let stdout = child.stdout.take().context("the server's standard output")?;
        let mut log = Log::keep(child.stderr.take().context("the server's standard error")?);
        let ready = tokio::time::timeout(READY_TIMEOUT, ready(stdout)).await;
        match ready.context("the server is not ready in time")? {
            Ok(addresses) => Ok(Self { child, addresses, log }),
            Err(Unready::Ended) => Err(log.obituary(child.wait().await?).await),
            Err(Unready::Odd(line)) => bail!("the server's first line is {line:?}"),
        }
    }

    /// Where it listens.
    pub(crate) fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Resolves when it has ended without being asked to.
    pub(crate) async fn died(&mut self) -> Error {
        match self.child.wait().await {
            Ok(status) => self.log.obituary(status).await,
            Err(error) => Error::from(error).context("waiting for the server"),
        }
    }

    /// The death of the server if that is what is behind `error`, or else `error`.
    pub(crate) async fn reason_for(&mut self, error: Error) -> Error {
        tokio::time::timeout(NEWS_TIMEOUT, self.died()).await.unwrap_or(error)
    }

    /// Has it end in good order, if it has not ended already.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        if let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            // Fails only when it has just ended.
            let _ = kill_process(pid, Signal::TERM);
        }
        let status = tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await;
        let status = status.context("the server does not end when it is told to; it is killed")??;
        if status.success() { Ok(()) } else { Err(self.log.obituary(status).await) }
    }
}

impl Log {
    fn keep(stderr: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&lines);
        let reader = tokio::spawn(async move {
            let mut stderr = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = stderr.next_line().await {
                let mut lines = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == LOG_LINES_KEPT {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        });
        Self { lines, reader }
    }

    /// How it ended, and its last words.
    async fn obituary(&mut self, status: ExitStatus) -> Error {
        // The pipe ends with the process; its last lines are the ones that matter.
        let _ = tokio::time::timeout(NEWS_TIMEOUT, &mut self.reader).await;
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let words: String = lines.iter().map(|line| format!("\n  {line}")).collect();
        anyhow!("the server ended with {status}; its last lines:{words}")
    }
}

/// A call of the program that Ctrl-C in the terminal does not reach: it ends when it is told to.
fn command(program: &Path, folder: &Path, subcommand: &str, admin_password: &str) -> Command {
    let mut command = Command::new(program);
    command.args(subcommand.split(' ')).arg("--data").arg(folder);
    command.env(ADMIN_PASSWORD, admin_password).stdin(Stdio::null()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// A folder that was kept knows another password of the administrator; ours is a new one each time.
async fn renew_admin_password(program: &Path, folder: &Path, admin_password: &str) -> Result<()> {
    let output = command(program, folder, "admin set-password", admin_password).output().await?;
    if !output.status.success() {
        bail!("admin set-password: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

enum Unready {
    Ended,
    Odd(String),
}

async fn ready(stdout: ChildStdout) -> Result<Addresses, Unready> {
    let mut lines = BufReader::new(stdout).lines();
    match lines.next_line().await {
        Ok(Some(line)) => addresses(&line).ok_or(Unready::Odd(line)),
        Ok(None) | Err(_) => Err(Unready::Ended),
    }
}

/// The addresses of a ready line.
fn addresses(line: &str) -> Option<Addresses> {
    let pair = |word: &str| {
        let (name, address) = word.split_once('=')?;
        Some((name.to_owned(), address.parse().ok()?))
    };
    let mut all: Vec<(String, SocketAddr)> =
        line.strip_prefix("odograph ready ")?.split_whitespace().map(pair).collect::<Option<_>>()?;
    let http = all.iter().position(|(name, _)| name == "http")?;
    let (_, http) = all.remove(http);
    let (_, teltonika) = *all.iter().find(|(name, _)| name == "teltonika")?;
    Some(Addresses { http, teltonika, devices: all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ready_line() {
        let found =
            addresses("odograph ready http=127.0.0.1:8080 teltonika=127.0.0.1:5027 ngp=127.0.0.1:4000").unwrap();
        assert_eq!(found.http, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(found.teltonika, "127.0.0.1:5027".parse().unwrap());
        let names: Vec<&str> = found.devices.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["teltonika", "ngp"]);
        for odd in ["", "odograph ready", "odograph ready http=127.0.0.1:8080", "odograph ready http=here teltonika=x"]
        {
            assert_eq!(addresses(odd), None, "{odd}");
        }
    }
}
