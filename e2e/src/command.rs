//! Running the built program.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::wait::poll;

/// How a run of the program ended.
#[derive(Debug)]
pub struct Exit {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

/// The program under test: `ODOGRAPH_BIN`, else the one that Cargo built beside this test.
///
/// # Panics
/// When there is none; the message says how to get one.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("ODOGRAPH_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("tests lie in target/<profile>/deps");
    let path = profile.join("odograph");
    assert!(
        path.is_file(),
        "the program under test is missing at {}: run `cargo build -p odograph` first, or name one in ODOGRAPH_BIN",
        path.display()
    );
    path
}

/// The program with an environment free of its own settings, so that a developer's shell changes nothing.
pub(crate) fn command() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ODOGRAPH_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs the program to its end with `input` on its standard input.
///
/// # Panics
/// When it has not ended after 30 s.
pub fn run_with(arguments: &[&str], input: &str) -> Exit {
    let mut file = tempfile::tempfile().expect("a file for the input");
    std::io::Write::write_all(&mut file, input.as_bytes()).expect("is written");
    std::io::Seek::rewind(&mut file).expect("is read from its beginning");
    let mut command = command();
    command.args(arguments).stdin(file);
    to_its_end(command, arguments)
}

/// Runs the program to its end.
///
/// # Panics
/// When it has not ended after 30 s.
pub fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Exit {
    let mut command = command();
    command.args(arguments).envs(environment.iter().copied());
    to_its_end(command, arguments)
}

fn to_its_end(mut command: Command, arguments: &[&str]) -> Exit {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let pid = rustix::process::Pid::from_child(&child);
    let waiter = std::thread::spawn(move || child.wait_with_output());
    let ended = poll(Duration::from_secs(30), || waiter.is_finished().then_some(()));
    if ended.is_none() {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        panic!("`odograph {}` did not end within 30 s", arguments.join(" "));
    }
    let Output { status, stdout, stderr } = waiter.join().expect("no panic").expect("the program's output");
    Exit {
        code: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
