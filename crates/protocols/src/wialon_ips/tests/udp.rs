use super::*;

fn datagrams(datagrams: &[&str]) -> Trace {
    let udp = Family { open: wialon().open_udp.expect("is spoken over UDP"), ..*wialon() };
    let mut host = Host::new(&udp, &Limits::default());
    datagrams.iter().for_each(|datagram| host.feed_datagram(datagram.as_bytes()));
    host.trace()
}

#[test]
fn a_datagram_names_its_device_and_needs_no_line_end() {
    let one = format!("350000000000014#SD#{SHORT}");
    let two_0 = format!("2.0;350000000000014{}", two("D", EXTENDED).trim_end());
    let ping = "350000000000014#P#\r\n";
    let trace = datagrams(&[&one, &two_0, ping]);
    assert_eq!(sent(&trace), "#ASD#1 #AD#1 #AP# ");
    assert_eq!((trace.reports().len(), trace.rejects().len()), (2, 0));
    trace.reports().iter().for_each(|r| is_the_worked_place(r));
    let devices = trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).count();
    assert_eq!(devices, 1, "asked once");
    let other = format!("van 7#SD#{SHORT}");
    let trace = datagrams(&[&one, &other, &one]);
    assert_eq!(trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).count(), 3, "asked at each change");
}

#[test]
fn a_bad_datagram_costs_itself() {
    let bad = format!("2.0;350000000000014{}", two("SD", SHORT).replace("BF34", "BF35"));
    let good = format!("2.0;350000000000014{}", two("SD", SHORT));
    let trace = datagrams(&["hello", &bad, "350000000000014#SD#1", &good, &format!("999#SD#{SHORT}"), &good]);
    assert_eq!(sent(&trace), "#ASD#13 #ASD#-1 #ASD#1 ");
    assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (1, 3, true));
}

#[test]
fn lines_of_that_form_are_read_on_a_stream_too() {
    let line = format!("2.0;350000000000014{}", two("SD", SHORT));
    let trace = read_whole(wialon(), format!("{line}350000000000014#SD#{SHORT}\r\n").as_bytes());
    assert_eq!((sent(&trace).as_str(), trace.reports().len()), ("#ASD#1 #ASD#1 ", 2));
}
