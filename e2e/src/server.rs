//! One server process on its own ports and folder.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::api::Api;
use crate::command::{command, run};
use crate::folder::Folder;
use crate::wait::{eventually, poll};

/// What the administrator's password is unless a test says otherwise.
pub const ADMIN_PASSWORD: &str = "Harness-Only-1!";

/// The device families that every test server listens for, and the port for all of them.
const FAMILIES: [&str; 7] = ["teltonika", "gt06", "ruptela", "meitrack", "ngp", "osmand", "auto"];

/// Lines of standard error shown when a test fails.
const SHOWN_LINES: usize = 60;

/// How a server is started.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    environment: BTreeMap<String, String>,
    is_proxied: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        let mut options = ServerOptions { environment: BTreeMap::new(), is_proxied: false };
        // A test makes in one second what a person makes in a day; the tests of the limits set them back.
        for name in ["USER_REQUESTS_PER_SECOND_MAX", "PANEL_REQUESTS_PER_SECOND_MAX"] {
            options = options.set(&format!("ODOGRAPH_LIMITS_{name}"), "100000");
        }
        options.set("ODOGRAPH_ADMIN_PASSWORD", ADMIN_PASSWORD)
    }
}

impl ServerOptions {
    /// With a variable of the environment.
    pub fn set(mut self, name: &str, value: &str) -> ServerOptions {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With device ports that are behind a proxy which announces where connections are from.
    pub fn behind_a_proxy(mut self) -> ServerOptions {
        self.is_proxied = true;
        self
    }

    /// Without a variable that is set by default.
    pub fn unset(mut self, name: &str) -> ServerOptions {
        self.environment.remove(name);
        self
    }

    /// The variables, for a run of another command on the same settings.
    pub fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    options: ServerOptions,
    folder: Folder,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    addresses: BTreeMap<String, SocketAddr>,
    stderr: Arc<Mutex<String>>,
    stderr_reader: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Starts one with the defaults of the tests.
    pub fn start() -> Server {
        Server::with(ServerOptions::default())
    }

    /// Starts one with these settings, in an empty folder.
    pub fn with(options: ServerOptions) -> Server {
        let folder = Folder::new();
        let running = Running::start(&folder, &options, &ports_any());
        Server { options, folder, running: Some(running) }
    }

    /// Where HTTP and WebSocket listen.
    pub fn http(&self) -> SocketAddr {
        self.running().address("http")
    }

    /// Where a device family listens.
    pub fn device(&self, family: &str) -> SocketAddr {
        self.running().address(family)
    }

    /// A client of its HTTP API.
    pub fn api(&self) -> Api {
        Api::new(self.http())
    }

    /// The data folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Everything it has written to standard error since its last start.
    pub fn stderr(&self) -> String {
        self.running().stderr.lock().expect("no panic while held").clone()
    }

    /// Its memory in the machine now, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.running().child.id());
        let status = std::fs::read_to_string(&path).expect("a running process has a status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS is in the status");
        let kib: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of kB");
        kib * 1024
    }

    /// Whether the process is still there.
    pub fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| matches!(running.child.try_wait(), Ok(None)))
    }

    /// `kill -9`, and wait for the end.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("running");
        running.signal(Signal::KILL);
        let _ = running.child.wait();
    }

    /// Sends SIGTERM without waiting.
    pub fn ask_to_stop(&self) {
        self.running().signal(Signal::TERM);
    }

    /// SIGTERM, and the exit code.
    ///
    /// # Panics
    /// When it is still there after the 10 s it may take.
    pub fn stop(&mut self) -> Option<i32> {
        self.ask_to_stop();
        self.wait().code()
    }

    /// Waits up to 10 s for the process to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let running = self.running.as_mut().expect("running");
        let status = poll(Duration::from_secs(10), || running.child.try_wait().expect("a child can be waited for"));
        let Some(status) = status else { panic!("still running after 10 s; its log:\n{}", running.tail()) };
        self.running = None;
        status
    }

    /// Starts it again on the same folder, on new ports.
    pub fn start_again(&mut self) {
        self.start_again_on(&ports_any());
    }

    /// Starts it again on the same folder and the addresses given by name.
    pub fn start_again_on(&mut self, addresses: &BTreeMap<String, SocketAddr>) {
        assert!(self.running.is_none(), "stop it first");
        self.running = Some(Running::start_on_old(&self.folder, &self.options, addresses));
    }

    /// The addresses of all listeners by name.
    pub fn addresses(&self) -> BTreeMap<String, SocketAddr> {
        self.running().addresses.clone()
    }

    /// Changes a setting for the next start.
    pub fn set_for_next_start(&mut self, name: &str, value: &str) {
        self.options = self.options.clone().set(name, value);
    }

    /// What `odograph export` prints for its folder, a value a line.
    pub fn export(&self, more: &[&str]) -> Vec<Value> {
        let folder = self.folder.path().to_str().expect("a plain path");
        let mut arguments = vec!["export", "--data", folder];
        arguments.extend_from_slice(more);
        let exit = run(&arguments, &[]);
        assert_eq!(exit.code, Some(0), "export failed: {}", exit.stderr);
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("export line {line}: {error}"));
        exit.stdout.lines().map(parse).collect()
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the server is not running now")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(running) = self.running.as_mut() else { return };
        if std::thread::panicking() {
            eprintln!("--- the server's log, last lines ---\n{}--- end ---", running.tail());
        }
        running.signal(Signal::KILL);
        let _ = running.child.wait();
    }
}

impl Running {
    fn start(folder: &Folder, options: &ServerOptions, addresses: &BTreeMap<String, SocketAddr>) -> Running {
        let mut command = command();
        command.envs(options.environment());
        command.arg("serve").arg("--data").arg(folder.path());
        command.arg("--http").arg(addresses["http"].to_string());
        for family in FAMILIES {
            let proxy = if options.is_proxied { ",proxy" } else { "" };
            command.arg("--device").arg(format!("{family}={}{proxy}", addresses[family]));
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let (stderr, stderr_reader) = collect(child.stderr.take().expect("piped"));
        let (stdout, _) = collect(child.stdout.take().expect("piped"));
        let mut running = Running { child, addresses: BTreeMap::new(), stderr, stderr_reader: Some(stderr_reader) };
        running.addresses = eventually("the ready line on standard output", || {
            if let Some(status) = running.child.try_wait().expect("a child can be waited for") {
                // The reader ends with the process: join it, or the reason would be missing from the message.
                running.stderr_reader.take().map(std::thread::JoinHandle::join);
                // Between two starts a port may become the near end of somebody's connection; it is let go of soon.
                if running.tail().contains("Address already in use") {
                    return Some(BTreeMap::new());
                }
                panic!("the server ended at start with {status}; its log:\n{}", running.tail());
            }
            ready(&stdout.lock().expect("no panic while held"))
        });
        running
    }

    /// Starts on addresses that were this server's before, which others may have come to use for the moment.
    fn start_on_old(folder: &Folder, options: &ServerOptions, addresses: &BTreeMap<String, SocketAddr>) -> Running {
        eventually("the old addresses to be free", || {
            let running = Running::start(folder, options, addresses);
            (!running.addresses.is_empty()).then_some(running)
        })
    }

    fn address(&self, name: &str) -> SocketAddr {
        *self.addresses.get(name).unwrap_or_else(|| panic!("the ready line names no {name}: {:?}", self.addresses))
    }

    fn signal(&self, signal: Signal) {
        // It may have ended already; then there is nobody to tell.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    fn tail(&self) -> String {
        let text = self.stderr.lock().expect("no panic while held");
        let lines: Vec<&str> = text.lines().collect();
        let first = lines.len().saturating_sub(SHOWN_LINES);
        lines[first..].iter().map(|line| format!("{line}\n")).collect()
    }
}

/// Every listener on a port that the system chooses.
fn ports_any() -> BTreeMap<String, SocketAddr> {
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    std::iter::once("http").chain(FAMILIES).map(|name| (name.to_owned(), any)).collect()
}

/// Reads a pipe to its end in the background.
fn collect(pipe: impl Read + Send + 'static) -> (Arc<Mutex<String>>, std::thread::JoinHandle<()>) {
    let text = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&text);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut text = kept.lock().expect("no panic while held");
            text.push_str(&line);
            text.push('\n');
        }
    });
    (text, reader)
}

/// The addresses of a ready line, once it is there and whole.
fn ready(stdout: &str) -> Option<BTreeMap<String, SocketAddr>> {
    let line = stdout.lines().find_map(|line| line.strip_prefix("odograph ready "))?;
    let pair = |word: &str| {
        let (name, address) = word.split_once('=').unwrap_or_else(|| panic!("odd word in the ready line: {line}"));
        (name.to_owned(), address.parse().unwrap_or_else(|error| panic!("address in the ready line {line}: {error}")))
    };
    Some(line.split_whitespace().map(pair).collect())
}
