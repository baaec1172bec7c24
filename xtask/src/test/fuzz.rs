//! The fuzz targets: that they build, and that a few seconds of each find nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Done, State};
use crate::cargo::{self, Program};

/// What the stable compiler has to be told to instrument code for libFuzzer.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table --cfg fuzzing";
/// Code generation that is quick, with the checks that a fuzzer is to run into.
const PROFILE: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
];

/// Builds all targets and runs each.
pub(crate) fn run(state: &mut State) -> Result<Done> {
    if !has_cpp_compiler() {
        return Ok(Done::Skipped("libFuzzer needs a C++ compiler, and there is none".to_owned()));
    }
    let host = host()?;
    let environment = [&PROFILE[..], &[("RUSTFLAGS", FLAGS)]].concat();
    // Naming the target keeps the flags away from build scripts.
    let build = ["--release", "-p", "fuzz", "--features", "fuzz/fuzzing", "--bins", "--target", &host];
    let targets = cargo::build(&build, &environment)?;
    if targets.is_empty() {
        bail!("there are no fuzz targets");
    }
    for target in &targets {
        smoke(target, state.fuzz_s, &state.target_dir.join("fuzz").join(&target.name))?;
    }
    Ok(Done::Passed)
}

/// Runs a target for so many seconds. What it says is shown when it finds something; its corpus is kept for the next time.
fn smoke(target: &Program, seconds: u32, folder: &Path) -> Result<()> {
    let corpus = folder.join("corpus");
    std::fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
    let mut fuzz = Command::new(&target.path);
    fuzz.arg(format!("-max_total_time={seconds}"));
    fuzz.args(["-print_final_stats=1", "-verbosity=0", "-timeout=10", "-rss_limit_mb=2048"]);
    fuzz.arg(format!("-artifact_prefix={}/", folder.display())).arg(&corpus).stdin(Stdio::null());
    let output = fuzz.output().with_context(|| target.path.display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{said}\nthe fuzz target {} found something; the input is in {}", target.name, folder.display());
    }
    let runs = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    println!("{}: {} inputs, nothing found", target.name, runs.map_or("unknown", str::trim));
    Ok(())
}

fn has_cpp_compiler() -> bool {
    let named = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let version = Command::new(named).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The platform this runs on, as the compiler calls it.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "host-tuple"]).current_dir(cargo::root()).output();
    let output = output.context("rustc --print host-tuple")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
