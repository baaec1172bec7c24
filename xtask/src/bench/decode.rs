//! `bench decode`: how many reports a second the decoder of each family gives on one core.
//!
//! The measuring is a program of its own, which counts what it allocates: it is built in release, with the server's
//! allocator under the counter.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Decode;
use super::machine::Machine;
use crate::cargo;

const PROGRAM: &str = "decode-rate";

pub(super) fn run(options: &Decode) -> Result<()> {
    let arguments = ["--release", "-p", "xtask", "--bin", PROGRAM, "--features", PROGRAM];
    let programs = cargo::build(&arguments, &[])?;
    let program = programs.into_iter().find(|program| program.name == PROGRAM).context("it was not built")?;
    println!("{}", Machine::look()?);
    let mut command = Command::new(program.path);
    command.args(["--milliseconds", &options.milliseconds.to_string(), "--runs", &options.runs.to_string()]);
    for family in &options.families {
        command.args(["--family", family]);
    }
    let status = command.status().context(PROGRAM)?;
    if !status.success() {
        bail!("{PROGRAM} ended with {status}");
    }
    Ok(())
}
