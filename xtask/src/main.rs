//! What a person types: `cargo xtask demo` shows the server at work, `cargo xtask test` runs all that CI runs,
//! `cargo xtask bench` measures the release binary.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people speaks on the terminal")]

mod bench;
mod cargo;
mod conformance;
mod demo;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own tools.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build and start the server with a simulated fleet, and watch the fleet through a subscription.
    Demo(demo::Args),
    /// Run everything that CI runs; stops at the first failure.
    Test(test::Args),
    /// Run the black-box tests and write the pages of `docs/conformance`.
    Conformance,
    /// Measure the release binary: what a report and a delivered event cost.
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Conformance => test::conformance(),
        Command::Bench(bench) => bench.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
