//! Whether a source is heard of, and what time does to that.

use model::SourceSettings;

use super::check;

#[test]
fn a_source_is_active_then_idle_then_offline() {
    check(
        &SourceSettings::default(),
        "
        0        now            => connection=just_registered updated=- due=86400.001
        10       report speed=0 => connection=active contact=10 updated=10 due=310.001
        310      now            => connection=active
        310.001  now            => connection=idle due=610.001
        610      now            => connection=idle
        610.001  now            => connection=offline due=-
        9999999  now            => connection=offline
        10000000 report speed=0 => connection=active
        ",
    );
}

#[test]
fn contact_without_a_position_is_idle() {
    check(
        &SourceSettings::default(),
        "
        10   contact          => connection=idle contact=10 updated=10 due=610.001
        20   report battery=5 => connection=idle fix=-
        30   report speed=0   => connection=active
        300  contact          => connection=active due=330.001
        331  now              => connection=idle due=900.001
        ",
    );
}

#[test]
fn the_past_from_a_devices_memory_leaves_it_idle() {
    check(
        &SourceSettings::default(),
        "
        5000 report time=1000 speed=50 => connection=idle fix=1000 updated=5000
        5001 report time=4701 speed=50 => connection=active due=5001.001
        ",
    );
}

#[test]
fn a_late_report_is_a_sign_of_life() {
    check(
        &SourceSettings::default(),
        "
        0    report speed=50           => connection=active
        700  now                       => connection=offline
        701  report time=-5 speed=0    => late connection=idle contact=701 updated=701 speed=50 newest=0 movement=moving
        1301.001 now                   => connection=offline
        ",
    );
}

#[test]
fn a_source_has_its_own_patience() {
    check(
        &SourceSettings { offline_s: Some(60), ..SourceSettings::default() },
        "
        0      report speed=0     => connection=active due=60.001
        60     now                => connection=active
        61     now                => connection=offline
        62     settings offline=120 => connection=active updated=0 due=120.001
        121    now                => connection=offline
        ",
    );
}

#[test]
fn a_signal_is_lost_when_nothing_was_ever_heard() {
    check(
        &SourceSettings::default(),
        "
        86400     now      => connection=just_registered
        86400.001 now      => connection=signal_lost due=-
        86500     contact  => connection=idle
        200000    now      => connection=offline
        ",
    );
    check(
        &SourceSettings { waits_forever: true, ..SourceSettings::default() },
        "
        0          now => connection=just_registered due=-
        9999999999 now => connection=just_registered
        ",
    );
}

#[test]
fn a_replaced_device_starts_anew() {
    check(
        &SourceSettings::default(),
        "
        0         report speed=50     => connection=active movement=moving
        100       replaced            => connection=just_replaced contact=- updated=0 fix=0 movement=moving due=86500.001
        86500.001 now                 => connection=signal_lost
        86600     report time=86590 speed=0 => connection=active movement=stopped updated=86600
        ",
    );
}

#[test]
fn registration_starts_the_wait() {
    check(
        &SourceSettings::default(),
        "
        500 registered inputs_count=4 => connection=just_registered inputs_count=4 due=86900.001
        ",
    );
}

#[test]
fn a_step_back_of_the_servers_clock_heals() {
    check(
        &SourceSettings::default(),
        "
        7200  report speed=50            => connection=active
        100   contact                    => connection=active contact=100
        700.1 now                        => connection=offline
        ",
    );
}
