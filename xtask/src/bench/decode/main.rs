//! Measures how many reports a second the decoder of each family gives on one core, and what it allocates for them.
//!
//! A family's device is opened once, logs in, and its prepared messages are fed to the session again and again; every
//! upload is stored at once. Time is the thread's own, so that what else runs on the machine does not count.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people speaks on the terminal")]

mod counting;
mod device;
mod stream;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;
use crc::{CRC_16_ARC, Crc, Table};
use protocols::{FAMILIES, Family};
use rustix::time::{ClockId, clock_gettime};

use self::counting::{Allocations, Counting};
use self::device::Device;
use self::stream::Stream;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Every family is to reach this, in reports a second.
const GOAL: f64 = 500_000.0;
/// And Teltonika this.
const TELTONIKA_GOAL: f64 = 2_000_000.0;

/// What the programs of the bench are called with.
#[derive(Debug, Parser)]
struct Options {
    /// Milliseconds of CPU time that a run takes.
    #[arg(long, default_value_t = 500)]
    milliseconds: u64,
    /// Runs of each family; the quickest is shown, as disturbance only ever adds.
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Only these families.
    #[arg(long = "family")]
    families: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("some families are slower than they are to be");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("decode-rate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a row for each family; whether all are as quick as they are to be.
fn run(options: &Options) -> Result<bool> {
    println!(
        "{:<12} {:>12} {:>8} {:>9} {:>8} {:>10} {:>8} {:>8} {:>6}",
        "family", "reports/s", "ns each", "per frame", "bytes", "allocs", "bytes", "CRC ns", "ratio"
    );
    println!(
        "{:<12} {:>12} {:>8} {:>9} {:>8} {:>10} {:>8} {:>8} {:>6}",
        "", "", "", "reports", "on wire", "each", "alloc'd", "", ""
    );
    let (mut is_quick, mut failed) = (true, Vec::new());
    for family in FAMILIES {
        if options.families.is_empty() || options.families.iter().any(|name| name == family.name) {
            match Row::measure(family, options) {
                Ok(row) => is_quick &= row.print(family.name),
                Err(error) => failed.push(format!("{}: {error:#}", family.name)),
            }
        }
    }
    if !failed.is_empty() {
        bail!("not measured: {}", failed.join("; "));
    }
    Ok(is_quick)
}

/// What was measured of one family.
struct Row {
    /// Nanoseconds of CPU time a report.
    ns: f64,
    reports_per_message: f64,
    wire_bytes: f64,
    allocations: Allocations,
    /// Reports that the allocations were made for.
    reports: f64,
    /// Nanoseconds that a CRC-16 over the same bytes takes.
    crc_ns: f64,
}

impl Row {
    fn measure(family: &'static Family, options: &Options) -> Result<Self> {
        let stream = Stream::of(family)?;
        let mut device = Device::logged_in(family, &stream)?;
        let per_pass = device.pass(&stream)?;
        if per_pass < stream.messages.len() as u64 {
            bail!("{per_pass} reports come of {} messages", stream.messages.len());
        }
        let before = counting::now();
        let again = device.pass(&stream)?;
        let allocations = counting::now().since(before);
        if again != per_pass {
            bail!("{again} reports come of the same messages when they come again, and {per_pass} at first");
        }
        let time = Duration::from_millis(options.milliseconds);
        let mut least = f64::INFINITY;
        let mut crc_least = f64::INFINITY;
        for _ in 0..options.runs.max(1) {
            least = least.min(ns_a_round(time, || device.pass(&stream).map(drop))?);
            crc_least = crc_least.min(ns_a_round(time / 10, || {
                checksum(&stream);
                Ok(())
            })?);
        }
        let reports = per_pass as f64;
        Ok(Self {
            ns: least / reports,
            reports_per_message: reports / stream.messages.len() as f64,
            wire_bytes: stream.bytes() as f64 / reports,
            allocations,
            reports,
            crc_ns: crc_least / reports,
        })
    }

    /// Prints it; whether it is quick enough.
    fn print(&self, name: &str) -> bool {
        let Self { ns, reports_per_message, wire_bytes, allocations, reports, crc_ns } = self;
        let goal = if name == "teltonika" { TELTONIKA_GOAL } else { GOAL };
        let rate = 1e9 / ns;
        let remark = if rate < goal { format!("  below {goal}") } else { String::new() };
        println!(
            "{name:<12} {rate:>12.0} {ns:>8.0} {reports_per_message:>9.1} {wire_bytes:>8.0} {:>10.2} {:>8.0} {crc_ns:>8.1} {:>6.1}{remark}",
            allocations.count as f64 / reports,
            allocations.bytes as f64 / reports,
            ns / crc_ns,
        );
        rate >= goal
    }
}

/// The least that could be done with the same bytes: they are looked at once.
fn checksum(stream: &Stream) {
    const CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);
    static TABLES: Crc<u16, Table<16>> = CRC;
    for message in &stream.messages {
        std::hint::black_box(TABLES.checksum(std::hint::black_box(message)));
    }
}

/// CPU time of this thread, in nanoseconds.
fn cpu_ns() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// Does it again and again for so long; nanoseconds of CPU time each.
fn ns_a_round(time: Duration, mut round: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = cpu_ns();
    let mut rounds = 0u32;
    loop {
        round()?;
        rounds += 1;
        let taken = cpu_ns() - start;
        if taken >= time.as_nanos() as f64 {
            return Ok(taken / f64::from(rounds));
        }
    }
}
