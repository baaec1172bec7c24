//! `cargo xtask test`: everything that CI runs, one step after the other.

mod counts;
mod deny;
mod fuzz;
mod node;
mod step;
mod workspace;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::counts::Counts;
use self::step::Step;

/// What to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only formatting, lints, and the tests that need no built server.
    #[arg(long)]
    quick: bool,
    /// Only this step; can be given several times.
    #[arg(long, value_name = "STEP", value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|s| s.name)))]
    only: Vec<String>,
    /// Seconds that each fuzz target runs; 60 for a long run.
    #[arg(long, value_name = "S", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    fuzz_s: u32,
}

impl Args {
    fn wants(&self, step: &Step) -> bool {
        let named = self.only.is_empty() || self.only.iter().any(|name| name == step.name);
        named && (step.quick || !self.quick)
    }
}

/// What one step leaves to the next.
pub(crate) struct State {
    quick: bool,
    /// Seconds that each fuzz target runs.
    fuzz_s: u32,
    target_dir: PathBuf,
    /// The server built for the black-box tests.
    server: Option<PathBuf>,
    /// The tests that ran, if any were to.
    counts: Option<Counts>,
}

/// How a step ended well.
pub(crate) enum Done {
    /// It ran.
    Passed,
    /// It could not run here; the reason in one line.
    Skipped(String),
}

/// All steps, cheap ones first.
const STEPS: &[Step] = &[
    Step { name: "fmt", about: "cargo fmt --check", quick: true, run: workspace::fmt },
    Step { name: "clippy", about: "cargo clippy on all targets", quick: true, run: workspace::clippy },
    Step { name: "deny", about: "cargo deny: bans, licences, sources", quick: false, run: deny::offline },
    Step { name: "advisories", about: "cargo deny: advisories", quick: false, run: deny::advisories },
    Step { name: "server", about: "cargo build -p odograph", quick: false, run: workspace::server },
    Step { name: "npm", about: "npm ci for the JavaScript clients", quick: false, run: node::install },
    Step { name: "tests", about: "cargo test", quick: true, run: workspace::tests },
    Step { name: "demo", about: "cargo xtask demo for a few seconds", quick: false, run: workspace::demo },
    Step { name: "fuzz", about: "every fuzz target for a few seconds", quick: false, run: fuzz::run },
];

/// Runs the steps; the error names the one that failed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let began = Instant::now();
    let target_dir = crate::cargo::target_dir()?;
    let mut state = State { quick: args.quick, fuzz_s: args.fuzz_s, target_dir, server: None, counts: None };
    let mut report = Vec::new();
    for step in STEPS.iter().filter(|step| args.wants(step)) {
        say(&format!("{}: {}", step.name, step.about));
        let at = Instant::now();
        let done = (step.run)(&mut state);
        let took = shown(at.elapsed());
        let line = match done {
            Ok(Done::Passed) => format!("{}: passed in {took}", step.name),
            Ok(Done::Skipped(reason)) => format!("{}: skipped: {reason}", step.name),
            Err(error) => {
                say(&format!("{}: FAILED in {took}", step.name));
                return Err(error.context(format!("the step `{}` failed after {}", step.name, shown(began.elapsed()))));
            }
        };
        say(&line);
        report.push(line);
    }
    println!();
    for line in report {
        println!("{line}");
    }
    println!("all of it: {}", shown(began.elapsed()));
    if let Some(counts) = state.counts {
        // Alone on its line, for those who read the output by machine.
        println!("{counts}");
    }
    Ok(())
}

/// Runs the black-box tests and writes the pages that say what they prove.
pub(crate) fn conformance() -> Result<()> {
    let mut state =
        State { quick: false, fuzz_s: 0, target_dir: crate::cargo::target_dir()?, server: None, counts: None };
    node::install(&mut state)?;
    workspace::conformance(&mut state)
}

fn say(line: &str) {
    println!("\n== {line}");
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02.0} s", seconds as u64 / 60, seconds % 60.0)
    }
}

/// Runs a command to its end; anything but success is an error.
fn succeed(mut command: std::process::Command) -> Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    let status = command.status().with_context(|| shown.clone())?;
    if status.success() { Ok(()) } else { bail!("`{shown}` ended with {status}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_easy_to_read() {
        let check = |ms: u64, expected: &str| assert_eq!(shown(Duration::from_millis(ms)), expected);
        check(0, "0.0 s");
        check(1_240, "1.2 s");
        check(60_000, "1 min 00 s");
        check(754_000, "12 min 34 s");
    }
}
