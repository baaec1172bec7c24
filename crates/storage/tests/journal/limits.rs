//! The LSM engine at its limits: little memory, and a disk that takes no more.

use std::path::Path;
use std::process::Command;

use model::{MS_PER_DAY, Report, Seq, SourceId, Value, attr};
use storage::journal::{Journal, JournalError, JournalOptions, LsmJournal, Record, StoredReport};

use crate::contract::{all, append, at, body, key, stored};

const SOURCES: u64 = 40;

/// With room for some 50 reports in memory, nearly everything is read from files that were merged several times.
#[test]
fn little_memory_holds_everything() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions { memtable_bytes_max: 16 << 10, cache_bytes: 64 << 10, ..JournalOptions::default() };
    let open = || LsmJournal::open(&dir.path().join("journal"), &options).unwrap();
    let journal = open();
    let reports: Vec<_> = (1..=4_000u64)
        .map(|n| stored(n, SourceId((n % SOURCES) as u32), (n / SOURCES) as i64 * MS_PER_DAY, 0))
        .collect();
    for batch in reports.chunks(100) {
        append(&journal, batch);
    }
    let tables = dir.path().join("journal/keyspaces");
    assert!(bytes_below(&tables) > 100_000, "reports have left the log");
    append(&journal, &reports);
    assert_eq!(all(journal.by_seq(Seq(0))), reports);
    let before = at(50 * MS_PER_DAY);
    for source in 0..SOURCES as u32 {
        while journal.remove_before(SourceId(source), before, 20).unwrap() == 20 {}
    }
    drop(journal);
    let journal = open();
    let left: Vec<_> = reports.iter().filter(|r| r.time >= before).cloned().collect();
    assert_eq!(all(journal.by_seq(Seq(0))), left);
    let of_source: Vec<_> = left.iter().filter(|r| r.source == SourceId(7)).cloned().collect();
    assert_eq!(all(journal.range(SourceId(7), at(0), before.plus_ms(1_000 * MS_PER_DAY))), of_source);
}

fn bytes_below(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(file) if file.is_file() => file.len(),
            _ => bytes_below(&entry.path()),
        })
        .sum()
}

/// Names the folder for the process that runs into its limit.
const CHILD: &str = "JOURNAL_TEST_FOLDER";
/// Largest file that process may write, in blocks of 512 bytes: a little more than the engine makes its log at first.
const FILE_BLOCKS_MAX: u32 = (66 << 20) / 512;

fn large(n: u64) -> StoredReport {
    let text = Value::Text("x".repeat(1 << 20).into());
    let report = Report { attributes: [(attr::VIN, text)].into_iter().collect(), ..Report::default() };
    StoredReport { report, ..stored(n, SourceId(1), n as i64, 0) }
}

/// A write that fails is told, nothing is tried after it, and what was acknowledged before it is there.
#[test]
fn a_failed_write_ends_the_journal() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return append_until_it_fails(Path::new(&folder));
    }
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f $1; shift; exec \"$@\"", "sh", &FILE_BLOCKS_MAX.to_string()])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "limits::a_failed_write_ends_the_journal", "--nocapture"])
        .env(CHILD, dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: u64 =
        told.split("acknowledged=").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(acknowledged > 10, "{acknowledged}");
    let journal = LsmJournal::open(dir.path(), &JournalOptions::default()).unwrap();
    let found: Vec<_> = all(journal.by_seq(Seq(0))).iter().map(|r| r.seq.0).collect();
    assert_eq!(found, (1..=acknowledged).collect::<Vec<_>>());
}

fn append_until_it_fails(folder: &Path) {
    // Nothing is written out meanwhile: it is the log that fails.
    let options = JournalOptions { memtable_bytes_max: 1 << 30, ..JournalOptions::default() };
    let journal = LsmJournal::open(folder, &options).unwrap();
    let append = |n: u64| {
        let report = large(n);
        // Not compressible, so that the log grows by its length.
        let mut body = body(&report.report);
        let mut noise = n;
        body[10..].iter_mut().for_each(|byte| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = b'a' + (noise >> 60) as u8;
        });
        let record = Record::Report { key: key(&report), seq: Seq(n), received: at(0), flags: 0, body: &body };
        journal.append(&[record])
    };
    let failed = (1..1_000).find_map(|n| append(n).err().map(|error| (n, error)));
    let Some((n, error)) = failed else { panic!("nothing failed") };
    assert!(matches!(error, JournalError::Io(_)), "{error:?}");
    assert!(matches!(append(n + 1), Err(JournalError::Failed)));
    println!("acknowledged={}", n - 1);
}
