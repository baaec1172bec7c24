//! Compares the journal's engine with a clustered SQLite table: `journal_bench DIR [REPORTS] [lsm|sqlite]…`.
//!
//! Devices report in turn, one report a minute each, in commits that are synced one by one. Everything runs in this
//! process and on one writer thread; CPU time is that of the whole process, the engine's own threads included.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a program that prints a table, and stops when it cannot")]

mod sqlite;
mod workload;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use storage::journal::{Journal, JournalError, JournalOptions, LsmJournal, Record};
use workload::{COMMIT_REPORTS, DEVICES, Workload};

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Time to append a million reports, in seconds: 8 minutes for 10 million. An engine that takes longer is stopped, and
/// its rate told as far as it came.
const MILLION_S_MAX: f64 = 48.0;
/// How often the rate is noted while appending.
const LAP_REPORTS: u64 = 1_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("a folder for the data"));
    let reports = arguments.next().map_or(10_000_000, |n| n.parse().expect("a number of reports"));
    let engines: Vec<_> = arguments.collect();
    let wanted = |name: &str| engines.is_empty() || engines.iter().any(|engine| engine == name);
    if wanted("lsm") {
        bench("lsm", &dir, reports, |dir| LsmJournal::open(dir, &JournalOptions::default()));
    }
    if wanted("sqlite") {
        bench("sqlite", &dir, reports, sqlite::SqliteJournal::open);
    }
}

fn bench<J: Journal>(name: &str, dir: &Path, reports: u64, open: impl Fn(&Path) -> Result<J, JournalError>) {
    let dir = dir.join(name);
    let journal = open(&dir).expect("the engine opens");
    let reports = append(name, &journal, reports);
    read_days(name, &journal, reports, "after appending");
    lookups(name, &journal, reports);
    println!("{name}: {:.0} MB as the engine counts it", journal.disk_bytes() as f64 / 1e6);
    let closing = Instant::now();
    drop(journal);
    println!("{name}: closed in {:?}, {:.0} MB on disk", closing.elapsed(), folder_bytes(&dir) as f64 / 1e6);
    drop_page_cache(&dir);
    let opening = Instant::now();
    let journal = open(&dir).expect("the engine opens");
    println!("{name}: opened in {:?}, last seq {}", opening.elapsed(), journal.last_seq().expect("readable"));
    read_days(name, &journal, reports, "cold, after opening");
    read_days(name, &journal, reports, "again, warm");
    in_order(name, &journal, reports.saturating_sub(100_000), "the newest, as a restart reads them");
    in_order(name, &journal, reports / 2, "from the middle");
    drop(journal);
    std::fs::remove_dir_all(&dir).expect("the bench's own folder");
}

/// Appends until there are `reports`, or time is over; says how many there are.
fn append(name: &str, journal: &impl Journal, reports: u64) -> u64 {
    let mut workload = Workload::new();
    let (started, cpu) = (Instant::now(), cpu_time());
    let (mut lap, mut generating, mut generating_cpu) = (Instant::now(), Duration::ZERO, Duration::ZERO);
    let mut commits = Vec::new();
    let mut appended = 0;
    let limit = Duration::from_secs_f64(MILLION_S_MAX * (reports as f64 / 1e6).max(1.0));
    while appended < reports && started.elapsed() < limit {
        let (at, cpu_at) = (Instant::now(), cpu_time_of("/proc/thread-self"));
        workload.next_commit();
        let records: Vec<Record<'_>> = workload.records().collect();
        generating += at.elapsed();
        generating_cpu += cpu_time_of("/proc/thread-self").saturating_sub(cpu_at);
        let at = Instant::now();
        journal.append(&records).expect("the engine appends");
        commits.push(at.elapsed());
        appended += records.len() as u64;
        if appended.is_multiple_of(LAP_REPORTS) {
            println!("{name}: {appended}: {:.0} reports/s", LAP_REPORTS as f64 / lap.elapsed().as_secs_f64());
            lap = Instant::now();
        }
    }
    let (wall, cpu) = (started.elapsed() - generating, cpu_time().saturating_sub(cpu + generating_cpu));
    commits.sort_unstable();
    let percentile = |p: usize| commits[(commits.len() - 1) * p / 1_000];
    println!(
        "{name}: appended {appended}: {:.0} reports/s, {:.2} CPU µs a report; {} bytes of report on average",
        appended as f64 / wall.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / appended as f64,
        workload.body_bytes() / appended,
    );
    println!(
        "{name}: commits of {COMMIT_REPORTS}: p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}",
        percentile(500),
        percentile(990),
        percentile(999),
        percentile(1_000)
    );
    appended
}

/// Reads a whole day of each of 50 devices.
fn read_days(name: &str, journal: &impl Journal, reports: u64, when: &str) {
    let mut times = Vec::new();
    let mut found = 0;
    for n in 0..50 {
        let (source, from, to) = workload::day(n * (DEVICES / 50), reports);
        let started = Instant::now();
        found += journal.range(source, from, to).inspect(|r| assert!(r.is_ok())).count();
        times.push(started.elapsed());
    }
    times.sort_unstable();
    println!(
        "{name}: one day of one device, {when}: p50 {:?}, max {:?} ({} reports)",
        times[25],
        times[49],
        found / 50
    );
}

/// Reads up to 100,000 reports in order of `seq`.
fn in_order(name: &str, journal: &impl Journal, from: u64, what: &str) {
    let started = Instant::now();
    let read = journal.by_seq(model::Seq(from)).take(100_000).inspect(|r| assert!(r.is_ok())).count();
    println!("{name}: in order of seq, {what}: {:.0} reports/s", read as f64 / started.elapsed().as_secs_f64());
}

/// Asks for reports that are there, and for ones that are not.
fn lookups(name: &str, journal: &impl Journal, reports: u64) {
    const LOOKUPS: u64 = 100_000;
    for (present, what) in [(true, "stored"), (false, "new")] {
        let started = Instant::now();
        for n in 0..LOOKUPS {
            let key = workload::key(n * (reports / LOOKUPS), present);
            assert_eq!(journal.contains(&key).expect("readable"), present);
        }
        println!("{name}: is a {what} report there: {:.2} µs", started.elapsed().as_secs_f64() * 1e6 / LOOKUPS as f64);
    }
}

/// CPU time of this process: of all threads that it has, and the engines end none while they run.
fn cpu_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.map(|task| cpu_time_of(task.path())).sum()
}

fn cpu_time_of(task: impl AsRef<Path>) -> Duration {
    let text = std::fs::read_to_string(task.as_ref().join("schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

fn folder_bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    files(dir).iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.blocks() * 512).sum()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Asks the system to forget what it has in memory of these files.
fn drop_page_cache(dir: &Path) {
    for path in files(dir) {
        if let Ok(file) = std::fs::File::open(path) {
            let _ = file.sync_all();
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        }
    }
}
