//! A process that is killed while it writes, again and again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use model::{Seq, SourceId};
use storage::journal::{Journal, JournalOptions, LsmJournal};

use crate::contract::{all, append, stored};

/// Names the folder for the process that is killed.
const CHILD: &str = "JOURNAL_TEST_KILLED_FOLDER";
const KILLS: u64 = 20;
const BATCH: u64 = 50;

/// So little memory that files are written and merged all the time, and kills hit that too.
fn open(dir: &Path) -> LsmJournal {
    let options = JournalOptions { memtable_bytes_max: 64 << 10, ..JournalOptions::default() };
    LsmJournal::open(dir, &options).unwrap()
}

/// Each process goes on where the last one was killed. All that was acknowledged is there, once, and nothing hangs.
#[test]
fn kills_lose_nothing_and_double_nothing() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return append_until_killed(Path::new(&folder));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::kills_lose_nothing_and_double_nothing", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let seqs = told.filter_map(|line| line.split("acknowledged=").nth(1)?.parse::<u64>().ok());
        let last = seqs.take(3 + (kill as usize * 7) % 40).last().expect("it appends");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(last > acknowledged, "it goes on from {acknowledged}, not {last}");
        acknowledged = last;
    }
    let journal = open(dir.path());
    let found = all(journal.by_seq(Seq(0)));
    assert!(found.len() as u64 >= acknowledged, "{} of {acknowledged}", found.len());
    assert_eq!(found.len() as u64 % BATCH, 0, "an append is there as a whole or not at all");
    assert_eq!(found, (1..=found.len() as u64).map(report).collect::<Vec<_>>());
}

fn report(seq: u64) -> storage::journal::StoredReport {
    stored(seq, SourceId(seq as u32 % 11), seq as i64 * 1_000, 0)
}

fn append_until_killed(folder: &Path) {
    let journal = open(folder);
    let mut next = journal.last_seq().unwrap().0 + 1;
    loop {
        let batch: Vec<_> = (next..next + BATCH).map(report).collect();
        append(&journal, &batch);
        next += BATCH;
        // Ends this process when nobody listens any more, should the test itself be stopped.
        println!("acknowledged={}", next - 1);
    }
}
