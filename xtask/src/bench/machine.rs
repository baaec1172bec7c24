//! On what was measured.

use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cargo;

/// The machine, the program's version, and how fast the machine was just then.
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    commit: String,
    ping_us: f64,
}

impl Machine {
    /// Looks, and measures for a fifth of a second.
    ///
    /// # Errors
    /// When loopback does not work.
    pub(crate) fn look() -> Result<Self> {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Ok(Self {
            cpu: cpu.trim_start_matches([' ', '\t', ':']).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel.trim().to_owned(),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            ping_us: ping_us()?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, kernel, commit, ping_us } = self;
        writeln!(f, "machine: {cpu}, {cores} cores, Linux {kernel}; commit {commit}")?;
        write!(f, "baseline: one write and one read of 750 bytes over loopback, same thread: {ping_us:.2} µs")
    }
}

fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(cargo::root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if changed { format!("{hash} with changes") } else { hash })
}

/// The least that a small message can cost here: figures of different days are compared through it.
fn ping_us() -> Result<f64> {
    const ROUND: u32 = 500;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let mut far = listener.accept()?.0;
    near.set_nodelay(true)?;
    let mut bytes = [b'x'; 750];
    let mut least_us = f64::INFINITY;
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(200) {
        let round = Instant::now();
        for _ in 0..ROUND {
            near.write_all(&bytes)?;
            far.read_exact(&mut bytes)?;
        }
        least_us = least_us.min(round.elapsed().as_secs_f64() * 1e6 / f64::from(ROUND));
    }
    Ok(least_us)
}
