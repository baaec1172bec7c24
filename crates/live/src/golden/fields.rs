//! Inputs, ignition, battery, network and the fields that are text.

use model::{AttributeId, Attributes, EntryKind, IgnitionSource, Report, SourceSettings, Value, attr};

use super::notation::seconds;
use super::{Folding, SOURCE, check};
use crate::Timing;

#[test]
fn masks_carry_the_time_of_their_report() {
    check(
        &SourceSettings { inputs_count: 4, outputs_count: 2, ..SourceSettings::default() },
        "
        0  report battery=1                      => inputs=- outputs=- inputs_count=4 outputs_count=2
        10 report time=9 inputs=5 outputs=2      => inputs=5@9 outputs=2@9
        20 report inputs=5                       => inputs=5@20 outputs=2@9
        30 report inputs=-1 outputs=2.5          => inputs=5@20 outputs=2@9
        40 report inputs=4294967297              => inputs=1@40
        50 settings inputs_count=8 outputs_count=3 => inputs_count=8 outputs_count=3 inputs=1@40
        ",
    );
}

#[test]
fn ignition_comes_from_an_input() {
    check(
        &SourceSettings { ignition: IgnitionSource::Input(3), ..SourceSettings::default() },
        "
        0  report speed=0 ignition=1 => ignition=-
        10 report inputs=3           => ignition=0@10
        20 report inputs=4           => ignition=1@20
        30 report inputs=7           => ignition=1@20
        40 report speed=0            => ignition=1@20
        50 report inputs=0           => ignition=0@50
        ",
    );
    for number in [0, 33, 255] {
        check(
            &SourceSettings { ignition: IgnitionSource::Input(number), ..SourceSettings::default() },
            "0 report inputs=4294967295 => ignition=- inputs=4294967295@0",
        );
    }
}

#[test]
fn ignition_comes_from_an_attribute() {
    check(
        &SourceSettings { ignition: IgnitionSource::Attribute(attr::IGNITION), ..SourceSettings::default() },
        "
        0  report inputs=1     => ignition=-
        10 report ignition=0   => ignition=0@10
        20 report ignition=1   => ignition=1@20
        30 report ignition=2.5 => ignition=1@20
        ",
    );
}

#[test]
fn ignition_follows_its_setting() {
    check(
        &SourceSettings::default(),
        "
        0  report inputs=2 ignition=1    => ignition=-
        10 settings ignition=input2      => ignition=1@0
        20 settings ignition=input1      => ignition=0@0
        30 settings ignition=ignition    => ignition=-
        40 report ignition=1             => ignition=1@40
        50 settings ignition=ignition min_idle=9 => ignition=1@40
        60 settings ignition=none        => ignition=-
        70 report inputs=2 ignition=1    => ignition=-
        ",
    );
}

#[test]
fn battery_is_a_percentage() {
    check(
        &SourceSettings::default(),
        "
        0  report battery=87.6  => battery=88@0
        10 report battery=101   => battery=88@0
        20 report battery=-1    => battery=88@0
        30 report battery=0     => battery=0@30
        40 report speed=0       => battery=0@30
        ",
    );
}

#[test]
fn the_first_cell_tells_the_network_signal() {
    check(
        &SourceSettings::default(),
        r#"
        0  report speed=0                            => gsm=-
        10 report cells=[{"rssi":-82},{"rssi":-51}]  => gsm=50@10 operator=-
        11 report cells=[{"rssi":-51}]               => gsm=100@11
        12 report cells=[{"rssi":-200.5}]            => gsm=0@12
        20 report cells=[{"mcc":214,"x":[{}]}]       => gsm=-@20
        30 report cells=[]                           => gsm=-@20
        40 report cells=[{"rssi":-8                  => gsm=-@20
        50 report cells={"rssi":-82}                 => gsm=-@20
        60 report cells=[{"rssi":"loud"}]            => gsm=-@20
        "#,
    );
}

#[test]
fn a_stated_signal_beats_the_cells() {
    check(
        &SourceSettings::default(),
        r#"
        10 report signal=60 operator=21407           => gsm=60@10 operator=21407
        20 report signal=40 cells=[{"rssi":-51}]     => gsm=40@20 operator=21407
        30 report operator=Orange                    => gsm=40@30 operator=Orange
        40 report signal=101                         => gsm=40@30
        "#,
    );
}

#[test]
fn fields_are_text() {
    check(
        &SourceSettings::default(),
        "
        0  report speed=0                    => fields=
        10 report event=202 event=401 key=A0F39C11 => fields=event_id,event_code,hardware_key event_id=202@10 event_code=202@10 hardware_key=A0F39C11@10
        20 report moves=1 vin=WVWZZZ1JZXW000001 => is_moving=1@20 vin=WVWZZZ1JZXW000001@20 event_id=202@10
        30 report moves=0 key=A0F39C11       => is_moving=0@30 hardware_key=A0F39C11@30
        40 report event=401                  => event_id=401@40 event_code=401@40 fields=event_id,event_code,hardware_key,vin,is_moving
        ",
    );
}

fn after(attributes: impl IntoIterator<Item = (AttributeId, Value)>) -> Folding {
    let mut folding = Folding::new(&SourceSettings::default(), Timing::default());
    let attributes = Attributes::from_iter(attributes);
    let kind = EntryKind::Report(Box::new(Report { attributes, ..Report::default() }));
    folding.apply(&model::Entry { seq: model::Seq(1), source: SOURCE, received: seconds(1.0), kind });
    folding
}

#[test]
fn values_of_other_types_become_text() {
    let check = |value: Value, expected: &str| {
        let state = after([(attr::HARDWARE_KEY, value)]).state;
        assert_eq!(state.additional.first().map(|f| &*f.value), Some(expected));
    };
    check(Value::Int(-17), "-17");
    check(Value::Bool(true), "1");
    check(Value::Float(0.5), "0.5");
    check(Value::Json("[1]".into()), "[1]");
}

#[test]
fn text_too_long_for_a_state_is_left_out() {
    let long = |bytes: usize| Value::Text("k".repeat(bytes).into());
    let kept = after([(attr::HARDWARE_KEY, long(10_240)), (attr::VIN, long(10_241))]).state.additional;
    assert_eq!(kept.iter().map(|f| (f.id, f.value.len())).collect::<Vec<_>>(), [(attr::HARDWARE_KEY, 10_240)]);
}
