//! Trips, stops and parking.

use model::{IgnitionSource, SourceSettings};

use super::check;

fn ignition_aware() -> SourceSettings {
    SourceSettings { ignition: IgnitionSource::Input(1), ignition_aware: true, ..SourceSettings::default() }
}

#[test]
fn a_trip_a_stop_and_parking_by_the_clock() {
    check(
        &SourceSettings::default(),
        "
        0    report speed=0              => movement=parked moved=0 track=-
        60   report time=58 speed=3      => movement=moving moved=58 track=58 idle_since=-
        90   report time=88 speed=60     => movement=moving moved=58 track=58
        120  report time=118 speed=2.9   => movement=stopped moved=118 idle_since=118 track=58 due=418
        150  report time=148 speed=0     => movement=stopped moved=118 idle_since=118
        180  report time=178 speed=9     => movement=moving moved=178 idle_since=- track=58
        200  report time=198 speed=0     => movement=stopped moved=198 idle_since=198
        480  contact                     => movement=stopped due=498
        497.999 now                      => movement=stopped
        498  now                         => movement=parked moved=498 idle_since=- track=498
        600  report speed=0              => movement=parked moved=498 track=498
        700  report speed=30             => movement=moving moved=700 track=700
        ",
    );
}

#[test]
fn the_first_position_decides() {
    check(
        &SourceSettings::default(),
        "
        0  contact         => movement=parked moved=-
        1  report inputs=1 => movement=parked moved=-
        2  report speed=30 => movement=moving moved=2 track=2
        ",
    );
    check(&SourceSettings::default(), "1 report place=1,1 => movement=parked moved=1 track=-");
}

#[test]
fn what_moves_keeps_moving_in_silence() {
    check(
        &SourceSettings::default(),
        "
        0       report speed=50 => movement=moving
        9999999 now             => movement=moving connection=offline moved=0
        ",
    );
}

#[test]
fn an_offline_source_does_not_park() {
    check(
        &SourceSettings { offline_s: Some(120), ..SourceSettings::default() },
        "
        0    report speed=50                  => movement=moving
        10   report speed=0                   => movement=stopped due=130.001
        5000 now                              => movement=stopped connection=offline due=-
        6000 report time=200 speed=0          => movement=stopped
        6000 report time=310 speed=0          => movement=parked moved=310 track=310
        ",
    );
}

#[test]
fn a_device_back_from_silence_is_heard_out_before_it_counts_as_parked() {
    check(
        &SourceSettings { offline_s: Some(120), ..SourceSettings::default() },
        "
        0    report speed=50                  => movement=moving
        10   report speed=0                   => movement=stopped
        6000 contact                          => movement=stopped due=6010
        6009 now                              => movement=stopped
        6010 now                              => movement=parked moved=310 track=310
        ",
    );
}

#[test]
fn stops_in_a_backlog_do_not_end_the_trip() {
    check(
        &SourceSettings::default(),
        "
        9000 report time=1000 speed=50 => movement=moving moved=1000
        9000 report time=1060 speed=0  => movement=stopped moved=1060
        9000 report time=1120 speed=50 => movement=moving moved=1120 track=1000
        9002 report time=1180 speed=0  => movement=stopped due=9012
        9006 report time=1240 speed=50 => movement=moving track=1000
        9007 report time=1300 speed=0  => movement=stopped
        9007 report time=1599 speed=0  => movement=stopped
        9007 report time=1600 battery=50 => movement=parked moved=1600 track=1600
        ",
    );
}

#[test]
fn only_a_stop_that_is_over_on_arrival_is_a_backlog() {
    check(
        &SourceSettings::default(),
        "
        9000 report time=8600 speed=50 => movement=moving
        9001 report time=8701.001 speed=0 => movement=stopped due=9001.001
        9001 report time=8800 speed=50 => movement=moving
        9200 report time=8900 speed=0  => movement=stopped
        9209.999 now                   => movement=stopped
        9210 now                       => movement=parked moved=9200 track=9200
        ",
    );
}

#[test]
fn coarse_and_missing_positions_move_nothing() {
    check(
        &SourceSettings::default(),
        "
        0   report network speed=50          => movement=parked moved=- network
        1   report speed=50                  => movement=moving
        2   report network speed=0           => movement=moving
        3   report invalid speed=0           => movement=moving
        4   report nofix speed=0             => movement=moving
        5   report battery=9                 => movement=moving moved=1
        6   report lastknown speed=0         => movement=stopped moved=6
        ",
    );
}

#[test]
fn threshold_zero_never_parks() {
    check(
        &SourceSettings { idle_speed_threshold_kmh: 0, ..ignition_aware() },
        "
        0    report speed=0 inputs=0 => movement=moving moved=0
        9000 report speed=0 inputs=0 => movement=moving moved=0
        ",
    );
    check(
        &SourceSettings::default(),
        "
        0    report speed=5          => movement=moving
        10   report speed=0          => movement=stopped due=310
        20   settings threshold=0    => movement=stopped due=310.001
        400  now                     => movement=stopped
        401  report speed=0          => movement=moving moved=401 track=0
        ",
    );
}

#[test]
fn ignition_off_ends_a_trip_at_once() {
    check(
        &ignition_aware(),
        "
        0   report speed=50           => movement=moving ignition=-
        10  report speed=50 inputs=1  => movement=moving ignition=1@10
        20  report speed=0            => movement=stopped
        30  report speed=0 inputs=0   => movement=parked moved=30 track=30 ignition=0@30
        40  report speed=50           => movement=parked
        50  report speed=50 inputs=1  => movement=moving moved=50 track=50
        60  report speed=50 inputs=0  => movement=parked moved=60 track=60 idle_since=-
        ",
    );
    // Ignition is shown, but decides nothing where the source is not aware of it.
    check(
        &SourceSettings { ignition_aware: false, ..ignition_aware() },
        "
        0   report speed=50 inputs=0  => movement=moving
        10  report speed=0 inputs=0   => movement=stopped
        ",
    );
}

#[test]
fn a_message_without_position_does_not_park_by_ignition() {
    check(
        &ignition_aware(),
        "
        0   report speed=50 inputs=1 => movement=moving
        10  report speed=0           => movement=stopped
        20  report inputs=0          => movement=stopped ignition=0@20
        310 now                      => movement=parked moved=310
        ",
    );
}

#[test]
fn the_motion_sensor_counts_where_ignition_is_unknown() {
    let settings = SourceSettings { motion_sensor_aware: true, ..ignition_aware() };
    check(
        &settings,
        "
        0   report speed=50                 => movement=moving motion=-
        10  report speed=50 moves=0         => movement=stopped motion=0
        20  report speed=50 moves=1         => movement=moving motion=1
        30  report speed=50 moves=0 inputs=1 => movement=moving ignition=1@30
        ",
    );
    check(
        &SourceSettings::default(),
        "
        0   report speed=50 moves=0         => movement=moving
        ",
    );
}

#[test]
fn a_shorter_patience_applies_to_the_present_stop() {
    check(
        &SourceSettings::default(),
        "
        0   report speed=50         => movement=moving
        10  report speed=0          => movement=stopped due=310
        100 settings min_idle=60    => movement=parked moved=70 track=70
        ",
    );
}
