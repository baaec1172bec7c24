//! `cargo xtask bench`: how much the release binary does, and what it costs.
//!
//! The load comes from a process of its own (this program, called again as `bench load`), so that its work is not
//! counted as the server's. Everything goes over loopback, on a data folder that goes away afterwards.

mod decode;
mod fanout;
mod histogram;
mod ingest;
mod load;
mod machine;
mod navixy;
mod server;
mod tenant;
mod usage;

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Reports a second from many Teltonika connections, each durable before it is acknowledged.
    Ingest(Ingest),
    /// Reports a second that the decoder of each family gives on one core, and what it allocates for them.
    Decode(Decode),
    /// Events a second to many WebSockets, and what each costs.
    Fanout(Fanout),
    /// What the Navixy dialect gives on one connection and to many, and how soon.
    Navixy(Navixy),
    /// The load itself: reads what to do from standard input.
    #[command(hide = true)]
    Load,
}

/// What both have in common.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Seconds measured, after a second to warm up.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Times that each measurement is made. `fanout` shows the ones with the least CPU, as disturbance only ever adds.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// The program to measure, instead of building it.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Where the data folder is made, instead of the folder for temporary files.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

/// Options of `bench ingest`.
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    #[command(flatten)]
    common: Common,
    /// Teltonika connections, each a device that sends its next packet when the last is acknowledged.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    connections: u32,
    /// Records in a packet.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
    records: u32,
    /// Units of all families, evenly, on the port that takes all; without it Teltonika units alone.
    #[arg(long)]
    mixed: bool,
    /// Keep the server on the first core and the load on the second.
    #[arg(long)]
    pin: bool,
}

/// Options of `bench decode`.
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// Milliseconds of CPU time that each run takes.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    milliseconds: u64,
    /// Times that each family is measured; the quickest is shown, as disturbance only ever adds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Which families, by name and separated by commas [default: all].
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    families: Vec<String>,
}

/// Options of `bench fanout`.
#[derive(Debug, Args)]
pub(crate) struct Fanout {
    #[command(flatten)]
    common: Common,
    /// Which scenarios, by name and separated by commas [default: all].
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    scenarios: Vec<String>,
}

/// Options of `bench navixy`.
#[derive(Debug, Args)]
pub(crate) struct Navixy {
    #[command(flatten)]
    common: Common,
}

impl Bench {
    /// Measures and prints.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Ingest(options) => ingest::run(&options),
            Self::Decode(options) => decode::run(&options),
            Self::Fanout(options) => fanout::run(&options),
            Self::Navixy(options) => navixy::run(&options),
            Self::Load => load::run(),
        }
    }
}
