//! The published clients that the black-box tests run.

use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Done, State, succeed};
use crate::cargo;

/// Fetches those in JavaScript, where Node is, and says which others are left out: a test that is passed over passes.
pub(crate) fn install(_: &mut State) -> Result<Done> {
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    for (program, tests) in [(&*chromium, "the tests in a browser"), ("python3", "the test with Python's client")] {
        if !runs(program) {
            println!("{program} is not installed; left out: {tests}");
        }
    }
    for program in ["node", "npm"] {
        if !runs(program) {
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

/// Whether a program is there and says its version.
fn runs(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
