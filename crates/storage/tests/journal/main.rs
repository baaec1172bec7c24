//! What every journal does, tried on each engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect")]
#![allow(clippy::print_stdout, reason = "some tests hear from processes that they start")]

mod contract;
mod crash;
mod kill;
mod limits;
#[path = "../../examples/journal_bench/sqlite.rs"]
mod sqlite;

use std::path::Path;

use storage::journal::{JournalError, JournalOptions, LsmJournal};

fn lsm(dir: &Path) -> Result<LsmJournal, JournalError> {
    LsmJournal::open(dir, &JournalOptions::default())
}

/// Makes one test of each part of the contract for an engine.
macro_rules! engine {
    ($engine:ident, $open:expr; $($part:ident)*) => {
        mod $engine {
            $(#[test] fn $part() { crate::contract::$part(&$open); })*
        }
    };
}

macro_rules! engines {
    ($($engine:ident: $open:expr;)*) => {
        $(engine! { $engine, $open;
            a_new_journal_is_empty
            reports_come_back_as_they_went_in
            a_range_is_one_sources_and_includes_both_ends
            times_before_1970_sort_first
            reports_of_one_time_are_all_kept
            the_newest_come_first_and_from_one_source
            an_export_is_in_order_of_seq
            a_repeat_is_passed_over
            a_repeat_within_one_append_is_passed_over
            the_tail_starts_behind_the_checkpoint
            a_checkpoint_never_moves_back
            the_newest_snapshot_of_each_source_stays
            the_last_seq_outlives_its_entry
            retention_removes_the_oldest_in_steps
            a_listing_does_not_change_under_the_reader
            a_closed_journal_opens_as_it_was
            a_journal_that_was_never_closed_opens_as_it_was
            a_repeat_is_known_after_a_restart
            a_second_opener_is_refused
        })*
    };
}

engines! {
    lsm_engine: crate::lsm;
    sqlite_engine: crate::sqlite::SqliteJournal::open;
}
