//! The published JavaScript clients that the black-box tests run.

use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Done, State, succeed};
use crate::cargo;

/// Fetches them, where Node is.
pub(crate) fn install(_: &mut State) -> Result<Done> {
    for program in ["node", "npm"] {
        let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            return Ok(Done::Skipped(format!(
                "{program} is not installed; the tests with JavaScript clients are left out"
            )));
        }
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    npm.current_dir(cargo::root().join("e2e/clients")).stdin(Stdio::null());
    succeed(npm)?;
    Ok(Done::Passed)
}
