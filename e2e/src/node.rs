//! Published clients: JavaScript ones run by Node or in headless Chromium, and two in Python.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use serde_json::Value;

use crate::folder::Folder;
use crate::wait::DEADLINE;

/// Lines that may wait to be looked at.
const LINES_WAITING_MAX: usize = 100_000;

/// A running client. It prints what it sees, one JSON object a line, and takes orders the same way.
#[derive(Debug)]
pub struct PublishedClient {
    child: Child,
    orders: ChildStdin,
    lines: Mutex<Receiver<String>>,
    seen: Vec<String>,
    /// Where it may leave files: the oldest client writes some into its working folder.
    _scratch: Folder,
}

/// The folder of the clients with their packages in place; `Err` says in one line why they cannot run.
///
/// The packages are fetched once, when they are not there yet.
pub fn node_clients() -> Result<PathBuf, String> {
    static PREPARED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PREPARED.get_or_init(prepare).clone()
}

fn prepare() -> Result<PathBuf, String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"));
    succeeds(Command::new("node").arg("--version"), "Node is not installed")?;
    if !folder.join("node_modules/.package-lock.json").is_file() {
        let mut fetch = Command::new("npm");
        fetch.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
        succeeds(&mut fetch, "`npm ci` cannot fetch the clients")?;
    }
    Ok(folder)
}

/// Why no client can run in a browser here, if so.
pub fn chromium() -> Result<(), String> {
    let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    succeeds(Command::new(program).args(["--headless", "--version"]), "Chromium is not installed")
}

/// A Python with the published clients in an environment of its own; `Err` says in one line why there is none.
pub fn python() -> Result<PathBuf, String> {
    static PREPARED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PREPARED.get_or_init(prepare_python).clone()
}

fn prepare_python() -> Result<PathBuf, String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"));
    let python = folder.join(".venv/bin/python");
    let has_client =
        |python: &Path| succeeds(Command::new(python).args(["-c", "import websockets, paho.mqtt.client"]), "").is_ok();
    if !has_client(&python) {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", ".venv"]).current_dir(&folder);
        succeeds(&mut venv, "Python is not installed")?;
        let mut fetch = Command::new(&python);
        fetch.args(["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"]).current_dir(&folder);
        succeeds(&mut fetch, "`pip` cannot fetch the clients")?;
    }
    Ok(python)
}

fn succeeds(command: &mut Command, otherwise: &str) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(format!("skipped: {otherwise}: {}", stderr.lines().last().unwrap_or("no reason given")))
        }
        Err(error) => Err(format!("skipped: {otherwise}: {error}")),
    }
}

impl PublishedClient {
    /// Starts a script of the clients' folder.
    pub fn start(folder: &Path, script: &str, arguments: &[&str]) -> PublishedClient {
        let mut command = Command::new("node");
        command.arg(folder.join(script)).args(arguments);
        PublishedClient::run(command)
    }

    /// Starts a script of the clients' folder in Python.
    pub fn start_python(python: &Path, script: &str, arguments: &[&str]) -> PublishedClient {
        let mut command = Command::new(python);
        command.arg(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients")).join(script)).args(arguments);
        PublishedClient::run(command)
    }

    fn run(mut command: Command) -> PublishedClient {
        let scratch = Folder::new();
        command.current_dir(scratch.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the client starts");
        let orders = child.stdin.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let (sender, lines) = sync_channel(LINES_WAITING_MAX);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        PublishedClient { child, orders, lines: Mutex::new(lines), seen: Vec::new(), _scratch: scratch }
    }

    /// Gives it an order.
    pub fn order(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").expect("the client reads its orders");
    }

    /// Its next line that is wanted; others are passed over.
    ///
    /// # Panics
    /// When none comes in time; the message shows all that came.
    #[track_caller]
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.get_mut().expect("not poisoned").recv_timeout(left) else {
                panic!("{what} did not come; the client saw:\n{}", self.seen.join("\n"));
            };
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
            self.seen.push(line);
            if wanted(&value) {
                return value;
            }
        }
    }

    /// The next call of that callback.
    #[track_caller]
    pub fn callback(&mut self, name: &str) -> Value {
        self.until(&format!("the callback {name}"), |line| line["callback"] == name)
    }

    /// The next message that is wanted, as the client handed it to its application.
    #[track_caller]
    pub fn message(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let line = self.until(what, |line| line["callback"] == "message" && wanted(&line["message"]));
        line["message"].clone()
    }

    /// All lines seen so far.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }
}

impl Drop for PublishedClient {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
