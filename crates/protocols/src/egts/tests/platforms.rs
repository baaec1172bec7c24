use super::*;

const DISPATCHER: &str = "05 0700 00 01000000 4142";

fn devices(trace: &Trace) -> Vec<&str> {
    trace.seen.iter().filter_map(|s| if let Seen::Device(id) = s { Some(id.as_str()) } else { None }).collect()
}

#[test]
fn a_platform_opens_the_connection() {
    let trace = read_whole(egts(), &[package(1, &[record(0, None, 1, DISPATCHER)]), bytes(POSITION)].concat());
    let authorised = around(101, 1, &bytes("0400 0100 00 01 01 07 0100 00"));
    let sent = [response(100, 1, 0, &[(0, 1, 0)]), authorised, bytes(POSITION_ANSWER)].concat();
    assert_eq!((trace.sent.clone(), devices(&trace)), (sent, vec!["777001"]));
    is_the_worked_place(&one_report(&trace));
}

#[test]
fn records_of_many_devices_come_in_one_package() {
    let records = [
        record(1, Some(5), 2, PLACE),
        record(2, None, 2, PLACE),
        record(3, Some(6), 2, PLACE),
        record(4, Some(5), 2, PLACE),
    ];
    let trace = read_whole(egts(), &package(7, &records));
    assert_eq!(devices(&trace), ["5", "6", "5"]);
    let sizes: Vec<usize> =
        trace.seen.iter().filter_map(|s| if let Seen::Reports(r) = s { Some(r.len()) } else { None }).collect();
    assert_eq!(sizes, [2, 1, 1]);
    let sent = [
        response(100, 7, 0, &[(1, 2, 0), (2, 2, 0)]),
        response(101, 7, 0, &[(3, 2, 0)]),
        response(102, 7, 0, &[(4, 2, 0)]),
    ];
    assert_eq!(trace.sent, sent.concat());
    assert!(trace.rejects().is_empty() && !trace.closed);
}

#[test]
fn an_unknown_device_costs_its_own_records() {
    let records = [record(1, Some(5), 2, PLACE), record(2, Some(99), 2, PLACE), record(3, Some(6), 2, PLACE)];
    let input = [package(7, &records), package(8, &[record(4, Some(6), 2, PLACE)])].concat();
    let trace = read_whole(egts(), &input);
    assert_eq!((trace.reports().len(), trace.closed), (3, false));
    let sent = [
        response(100, 7, 0, &[(1, 2, 0)]),
        response(101, 7, 0, &[(2, 2, 153)]),
        response(102, 7, 0, &[(3, 2, 0)]),
        response(103, 8, 0, &[(4, 2, 0)]),
    ];
    assert_eq!(trace.sent, sent.concat());
    for seed in 0..20 {
        assert_eq!(read_split(egts(), seed, &input), trace);
    }
}

#[test]
fn objects_do_not_count_once_a_terminal_spoke() {
    let trace = after_login(&package(7, &[record(1, Some(5), 2, PLACE), record(2, Some(99), 2, PLACE)]));
    assert_eq!((trace.reports().len(), devices(&trace).len()), (2, 0));
    assert_eq!(trace.sent, response(102, 7, 0, &[(1, 2, 0), (2, 2, 0)]));
    let both = package(7, &[record(1, None, 1, "01 0500 29DB0B00 00"), record(2, Some(5), 2, PLACE)]);
    let trace = read_whole(egts(), &both);
    assert_eq!((trace.reports().len(), devices(&trace)), (1, vec!["777001"]));
    let authorised = around(101, 1, &bytes("0400 0100 00 01 01 07 0100 00"));
    assert_eq!(trace.sent, [response(100, 7, 0, &[(1, 1, 0), (2, 2, 0)]), authorised].concat());
}

#[test]
fn a_message_names_its_device() {
    let mut host = Host::new(egts(), &Limits::default());
    host.feed(&bytes(POSITION));
    assert_eq!(host.order(1, &Order::Do(Command::Text("OK".to_owned()))), Ok(()));
    let wanted = around(101, 1, &record(1, Some(777_001), 4, "33 0C00 40 01000000 00000000 00 4F4B"));
    assert!(host.trace().sent.ends_with(&wanted));
}
