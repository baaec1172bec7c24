//! `cargo deny`: what the dependencies are, where they come from, and under which licences.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Done, State, succeed};
use crate::cargo;

const MISSING: &str = "cargo-deny is not installed and cannot be";

/// Bans, licences and sources: all that needs no database.
pub(crate) fn offline(state: &mut State) -> Result<Done> {
    let Some(deny) = program(&state.target_dir) else { return Ok(Done::Skipped(MISSING.to_owned())) };
    succeed(command(&deny, &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    Ok(Done::Passed)
}

/// Known weaknesses, where the database of them can be reached.
pub(crate) fn advisories(state: &mut State) -> Result<Done> {
    let Some(deny) = program(&state.target_dir) else { return Ok(Done::Skipped(MISSING.to_owned())) };
    let fetched = command(&deny, &["fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !fetched.success() {
        return Ok(Done::Skipped("the database of advisories cannot be fetched".to_owned()));
    }
    succeed(command(&deny, &["check", "--hide-inclusion-graph", "--disable-fetch", "advisories"]))?;
    Ok(Done::Passed)
}

fn command(deny: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(deny);
    command.current_dir(cargo::root()).arg("--workspace").args(arguments).stdin(Stdio::null());
    command
}

/// The program: the machine's, or one of our own in the target folder, which is built when it is missing.
fn program(target_dir: &Path) -> Option<PathBuf> {
    let tools = target_dir.join("tools");
    let own = tools.join("bin/cargo-deny");
    let works = |program: &Path| {
        let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    let find = || [PathBuf::from("cargo-deny"), own.clone()].into_iter().find(|program| works(program));
    find().or_else(|| {
        let mut install = cargo::command();
        install.args(["install", "cargo-deny", "--locked", "--quiet", "--root"]).arg(&tools);
        // Not optimised: it runs for a second, and is built for minutes otherwise.
        install.arg("--debug").arg("--target-dir").arg(tools.join("build")).stdin(Stdio::null());
        succeed(install).ok()?;
        find()
    })
}
