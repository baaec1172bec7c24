//! The steps that are Cargo's.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, anyhow};

use super::counts::Counts;
use super::{Done, State, succeed};
use crate::cargo;
use crate::conformance::{self, Outcomes};

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
    let quick = state.quick;
    let which: &[&str] = if quick { &["--workspace", "--exclude", "e2e"] } else { &["--workspace"] };
    let (outcomes, result) = run_tests(state, which)?;
    result?;
    if !quick {
        conformance::verify(&outcomes)?;
    }
    Ok(Done::Passed)
}

/// The black-box tests alone, and the pages that say what they prove.
pub(crate) fn conformance(state: &mut State) -> Result<()> {
    let (outcomes, result) = run_tests(state, &["-p", "e2e", "--no-fail-fast"])?;
    // What failed stands in the page too.
    conformance::write(&outcomes)?;
    result
}

/// Runs tests and reads their output on its way through: they are counted, and what became of each is kept. Also says
/// whether all passed.
fn run_tests(state: &mut State, which: &[&str]) -> Result<(Outcomes, Result<()>)> {
    let mut test = cargo::command();
    test.arg("test").args(which);
    if !state.quick {
        test.env("ODOGRAPH_BIN", built_server(state)?);
    }
    let mut child = test.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo test")?;
    let stdout = child.stdout.take().context("cargo test has no output")?;
    let mut out = std::io::stdout();
    let counts = state.counts.insert(Counts::default());
    let mut outcomes = Outcomes::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("the output of cargo test")?;
        let text = String::from_utf8_lossy(&line);
        counts.read(&text);
        outcomes.read(&text);
        out.write_all(&line)?;
        out.write_all(b"\n")?;
    }
    let status = child.wait().context("cargo test")?;
    let result = match counts.passed {
        _ if !status.success() => Err(anyhow!("cargo test ended with {status}: {counts}")),
        0 => Err(anyhow!("cargo test ran no test")),
        _ => Ok(()),
    };
    Ok((outcomes, result))
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
