//! Which report is newer, and what becomes of impossible times.

use model::SourceSettings;

use super::check;

#[test]
fn an_older_report_shows_nothing() {
    check(
        &SourceSettings { inputs_count: 1, ..SourceSettings::default() },
        "
        100 report time=99 speed=50 inputs=1 battery=90 event=401 => late=false newest=99
        101 report time=98.999 speed=0 place=1,1 inputs=0 battery=1 event=202 moves=1 key=A signal=9 => late speed=50 inputs=1@99 battery=90@99 event_id=401@99 is_moving=- hardware_key=- motion=- gsm=- newest=99 updated=101 movement=moving
        102 report time=99 speed=0 => late=false speed=0 movement=stopped newest=99
        ",
    );
}

#[test]
fn the_future_counts_as_it_arrives() {
    check(
        &SourceSettings::default(),
        "
        0   report time=120 speed=50             => newest=120 fix=120 connection=active
        1   report time=121.001 speed=40         => late=false newest=120 fix=1 speed=40 movement=moving
        2   report time=99999999 speed=0 inputs=1 event=202 => late=false newest=120 fix=2 moved=2 inputs=1@2 event_id=202@2
        3   report time=119 speed=9              => late
        121 report time=120 speed=9              => late=false fix=120 speed=9
        ",
    );
}

#[test]
fn without_a_time_the_arrival_counts() {
    check(
        &SourceSettings::default(),
        "
        0   report time=100 speed=50    => newest=100
        10  report time=none speed=40   => late=false speed=40 fix=10 newest=100
        200 report time=none speed=30   => speed=30 fix=200 newest=200
        201 report time=199 speed=20    => late speed=30
        ",
    );
}

#[test]
fn a_heartbeat_does_not_outdate_the_positions_of_before() {
    check(
        &SourceSettings::default(),
        "
        0   report time=100 speed=50         => newest=100
        110 report time=none battery=90      => late=false battery=90@110 newest=100
        111 report time=105 speed=40         => late=false speed=40 newest=105
        112 report time=104 speed=30         => late speed=40 newest=105
        ",
    );
}

#[test]
fn a_wrong_clock_does_not_freeze_the_tracker() {
    check(
        &SourceSettings::default(),
        "
        0   report time=100000 speed=50  => fix=0 newest=0
        60  report time=60 speed=40      => late=false fix=60 speed=40
        ",
    );
    // The server's own clock was a day ahead when it took in the first report.
    check(
        &SourceSettings::default(),
        "
        86400  report time=86400 speed=50  => newest=86400
        10     report time=8 speed=40      => late=false fix=8 speed=40 newest=8
        11     report time=7 speed=30      => late
        ",
    );
}

#[test]
fn a_small_step_of_the_servers_clock_does_not_matter() {
    check(
        &SourceSettings::default(),
        "
        100 report time=98 speed=50   => newest=98
        95  report time=99 speed=40   => late=false speed=40 fix=99 newest=99 updated=95
        94  report time=none speed=30 => late=false speed=30 fix=94 newest=99
        ",
    );
}
