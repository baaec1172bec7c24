//! What a position does, judged apart from its report.

use model::SourceSettings;

use super::check;

#[test]
fn a_position_is_shown_whole() {
    check(
        &SourceSettings::default(),
        "
        10 report place=-33.5,151.25 speed=46.5 heading=132 altitude=18.4 satellites=9 radius=4 => fix=10 place=-33.5,151.25 speed=47 heading=132 altitude=18 satellites=9 radius=4 network=false
        20 report place=-33.5,151.25 altitude=-1.5 => speed=0 heading=0 altitude=-1 satellites=- radius=-
        30 report speed=46.49 altitude=-1.6 => speed=46 altitude=-2
        ",
    );
}

#[test]
fn a_bad_position_costs_only_itself() {
    let good = "0 report place=1,1 speed=50 => place=1,1 fix=0";
    for bad in ["invalid", "nofix", "place=0,0", "place=91,0", "place=0,-180.5", "place=NaN,1", "network radius=10001"]
    {
        check(
            &SourceSettings::default(),
            &format!(
                "{good}\n9 report {bad} battery=50 => place=1,1 fix=0 speed=50 network=false battery=50@9 newest=9"
            ),
        );
    }
    check(&SourceSettings::default(), "0 report place=0,1 => place=0,1");
}

#[test]
fn network_positions_are_shown_within_their_radius() {
    check(
        &SourceSettings::default(),
        "
        0  report network place=2,2 radius=10000 => place=2,2 network radius=10000 fix=0 connection=active
        10 report network place=3,3              => place=3,3 network radius=-
        20 report place=4,4                      => place=4,4 network=false
        ",
    );
    check(
        &SourceSettings { network_radius_max_m: 500, ..SourceSettings::default() },
        "0 report network radius=501 => fix=-
         1 report network radius=500 => fix=1",
    );
}

#[test]
fn the_time_of_the_fix_is_shown() {
    check(
        &SourceSettings::default(),
        "
        100 report time=98 gnss=90    => fix=90 newest=98
        200 report gnss=320           => fix=320
        300 report gnss=420.001       => fix=300
        400 report time=9999 gnss=399 => fix=399
        ",
    );
}

#[test]
fn a_repeated_place_is_not_fresh() {
    check(
        &SourceSettings::default(),
        "
        0    report lastknown place=1,1          => fix=- place=-
        10   report lastknown place=1,1 gnss=-50 => fix=-50 place=1,1
        20   report place=2,2                    => fix=20
        90   report lastknown place=3,3 speed=9  => fix=20 place=3,3 speed=9 newest=90
        320.001 report lastknown place=3,3 gnss=300 => fix=20 connection=idle
        ",
    );
}
