//! The steps that are Cargo's.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::counts::Counts;
use super::{Done, State, succeed};
use crate::cargo;

/// Formatting.
pub(crate) fn fmt(_: &mut State) -> Result<Done> {
    let mut fmt = cargo::command();
    fmt.args(["fmt", "--all", "--check"]);
    succeed(fmt)?;
    Ok(Done::Passed)
}

/// Lints.
pub(crate) fn clippy(_: &mut State) -> Result<Done> {
    let mut clippy = cargo::command();
    clippy.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    succeed(clippy)?;
    Ok(Done::Passed)
}

/// The server that the black-box tests start.
pub(crate) fn server(state: &mut State) -> Result<Done> {
    built_server(state)?;
    Ok(Done::Passed)
}

fn built_server(state: &mut State) -> Result<PathBuf> {
    if state.server.is_none() {
        state.server = Some(cargo::build_server(&[])?);
    }
    state.server.clone().context("no server was built")
}

/// All tests of the workspace; the quick ones leave the black-box tests out.
pub(crate) fn tests(state: &mut State) -> Result<Done> {
    let mut test = cargo::command();
    test.args(["test", "--workspace"]);
    if state.quick {
        test.args(["--exclude", "e2e"]);
    } else {
        test.env("ODOGRAPH_BIN", built_server(state)?);
    }
    // Read on its way through: the tests are counted.
    let mut child = test.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo test")?;
    let stdout = child.stdout.take().context("cargo test has no output")?;
    let mut out = std::io::stdout();
    let counts = state.counts.insert(Counts::default());
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("the output of cargo test")?;
        counts.read(&String::from_utf8_lossy(&line));
        out.write_all(&line)?;
        out.write_all(b"\n")?;
    }
    let status = child.wait().context("cargo test")?;
    if !status.success() {
        bail!("cargo test ended with {status}: {counts}");
    }
    if counts.passed == 0 {
        bail!("cargo test ran no test");
    }
    Ok(Done::Passed)
}

/// The demo, as a person starts it, but with the server built already. Through Cargo, because the tests may have made
/// this very program anew meanwhile.
pub(crate) fn demo(state: &mut State) -> Result<Done> {
    let server = built_server(state)?;
    let mut demo = cargo::command();
    demo.args(["xtask", "demo", "--plain", "--for", "10", "--server"]).arg(server).stdin(Stdio::null());
    succeed(demo)?;
    Ok(Done::Passed)
}
