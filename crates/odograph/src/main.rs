//! Odograph: a real-time telematics server. This crate is configuration, wiring, command line and signals; the rules
//! are in the rooms below.

mod admin;
mod cli;
mod control;
mod couriers;
mod drivers;
mod export;
mod folder;
mod journal_lines;
mod logging;
mod mails;
mod options;
mod packets;
mod pages;
mod redecode;
mod serve;
mod settings;
mod simulate;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// The system's allocator keeps an arena a thread and gives little of it back; connections here are opened on one
/// thread and closed on another for months. mimalloc stays small under that and is faster in the fan-out.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::Cli::parse().run()
}
