//! What a process used, as the kernel counts it.

use std::fs;

use anyhow::{Context, Result};

/// Counters of the kernel at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// Time that all threads of the process ran, user and system, in microseconds.
    pub(crate) cpu_us: f64,
    /// Resident memory in bytes.
    pub(crate) resident_bytes: u64,
}

/// Nanoseconds that a process ran: the threads' own counters, which are finer than the ticks of `stat`.
///
/// A thread that ends takes its time with it; the server's threads live as long as it does.
fn run_ns(pid: u32) -> Result<u64> {
    let mut total_ns = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("the process is gone")? {
        let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        total_ns += text.split_ascii_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total_ns)
}

impl Usage {
    /// That of a process now.
    ///
    /// # Errors
    /// When there is no such process.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let resident_kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        Ok(Self { cpu_us: run_ns(pid)? as f64 / 1e3, resident_bytes: resident_kib * 1024 })
    }
}

/// Microseconds that all cores worked for anybody, to about 10 ms.
pub(crate) fn machine_busy_us() -> Result<f64> {
    const TICK_US: f64 = 10_000.0;
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("/proc/stat")?;
    let ticks: Vec<u64> = line.split_ascii_whitespace().map(|n| n.parse().unwrap_or(0)).collect();
    // user, nice, system, then idle and waiting for disks, then interrupts.
    let busy: u64 = [0, 1, 2, 5, 6].iter().filter_map(|at| ticks.get(*at)).sum();
    Ok(busy as f64 * TICK_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_our_own_work() {
        let before = Usage::of(std::process::id()).unwrap();
        let mut sum = 0u64;
        while Usage::of(std::process::id()).unwrap().cpu_us < before.cpu_us + 1_000.0 {
            sum = (0..10_000u64).fold(sum, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
        }
        assert!(before.resident_bytes > 64 * 1024, "{before:?} {sum}");
        assert!(machine_busy_us().unwrap() > 0.0);
        assert!(Usage::of(u32::MAX).is_err());
    }
}
