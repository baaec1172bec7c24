use model::{AttributeId, Command, CommandReply, EventId, Fix, Order, Report, Value};
use proptest::prelude::*;

use crate::checksum::ARC;
use crate::testing::{Host, Seen, Trace, read, read_split, read_whole};
use crate::{ChecksumPolicy, DeviceSettings, Family, Limits, OrderId, OrderRefused, Progress, Reject, Stored, family};

mod files;
mod udp;

const LOGIN_1: &str = "#L#350000000000014;NA\r\n";
const LOGIN_2: &str = "#L#2.0;350000000000014;NA;3672\r\n";
const SHORT: &str = "140326;092653;3326.9335;S;07040.1560;W;63;187;542;11";
const EXTENDED: &str =
    "140326;092653;3326.9335;S;07040.1560;W;63;187;542;11;0.9;1;0;12.63,NA;NA;mileage:2:1234.57,ign:1:1,SOS:1:1";

fn wialon() -> &'static Family {
    family("wialon-ips").expect("is registered")
}

/// A line of version 2.0.
fn two(kind: &str, message: &str) -> String {
    let separator = if kind == "B" { '|' } else { ';' };
    let counted = format!("{message}{separator}");
    format!("#{kind}#{counted}{:X}\r\n", ARC.checksum(counted.as_bytes()))
}

/// What the lines give after a login of version 1.1, beside what the login gives.
fn after_login(lines: &str) -> Trace {
    let mut trace = read_whole(wialon(), format!("{LOGIN_1}{lines}").as_bytes());
    assert_eq!(trace.sent.drain(..7).collect::<Vec<_>>(), b"#AL#1\r\n");
    trace.seen.drain(..2);
    trace
}

fn sent(trace: &Trace) -> String {
    String::from_utf8_lossy(&trace.sent).replace("\r\n", " ")
}

fn one_report(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!(reports.len(), 1, "{trace:?}");
    reports[0].clone()
}

fn value(report: &Report, name: &str) -> Option<Value> {
    AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

fn has(report: &Report, name: &str, wanted: impl Into<Value>) {
    assert_eq!(value(report, name), Some(wanted.into()), "{name} of {report:?}");
}

fn is_the_worked_place(r: &Report) {
    let p = r.position.clone().expect("has one");
    assert!((p.latitude + 33.448_891).abs() < 1e-6 && (p.longitude + 70.669_266).abs() < 1e-6, "{p:?}");
    assert_eq!((p.speed_kmh, p.heading_deg, p.altitude_m), (Some(63.0), Some(187), Some(542.0)));
    assert_eq!((p.satellites, p.valid, p.fix), (Some(11), true, Fix::HasFix));
}

#[test]
fn the_worked_lines() {
    let short = "#SD#140326;092653;3326.9335;S;07040.1560;W;63;187;542;11;BF34\r\n";
    let extended = "#D#140326;092653;3326.9335;S;07040.1560;W;63;187;542;11;0.9;1;0;12.63,NA;NA;mileage:2:1234.57,ign:1:1,SOS:1:1;956B\r\n";
    let box_of_two = format!("#B#{SHORT}|140326;092723;3326.9335;S;07040.1560;W;63;187;542;11|6FD2\r\n");
    let trace = read_whole(wialon(), format!("{LOGIN_2}{short}{extended}{box_of_two}").as_bytes());
    assert_eq!(sent(&trace), "#AL#1 #ASD#1 #AD#1 #AB#2 ");
    assert!(matches!(&trace.seen[..2], [Seen::Device(id), Seen::Contact] if id.as_str() == "350000000000014"));
    assert!(trace.rejects().is_empty() && !trace.closed);
    let reports = trace.reports();
    assert_eq!(reports.len(), 4);
    reports.iter().for_each(|r| is_the_worked_place(r));
    let times = ["09:26:53", "09:26:53", "09:26:53", "09:27:23"];
    for (r, time) in reports.iter().zip(times) {
        assert_eq!(r.time.map(|t| t.to_string()), Some(format!("2026-03-14T{time}.000Z")));
    }
    assert_eq!(reports.iter().map(|r| r.archived).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!((reports[0].attributes.len(), reports[0].events.len()), (0, 0));
    assert_eq!(reports[1].events, [EventId(202)]);
    has(reports[1], "hdop", Value::Float(0.9));
    has(reports[1], "input_status", 1);
    has(reports[1], "output_status", 0);
    has(reports[1], "analog_1", Value::Float(12.63));
    has(reports[1], "hardware_mileage", Value::Float(1_234.57));
    has(reports[1], "ignition", true);
    has(reports[1], "sos", 1);
    assert_eq!(reports[1].attributes.len(), 7);
}

#[test]
fn lines_are_read_without_the_login_that_told_their_version() {
    let check = |line: &str, words: &str, reports: usize| {
        let mut host = Host::new(wialon(), &Limits::default());
        host.bind("350000000000014");
        host.feed(line.as_bytes());
        let trace = host.trace();
        assert_eq!((sent(&trace).as_str(), trace.reports().len()), (words, reports), "{line}");
    };
    check(&format!("#SD#{SHORT}\r\n"), "#ASD#1 ", 1);
    check(&two("SD", SHORT), "#ASD#1 ", 1);
    check(&two("SD", SHORT).replace("BF34", "BF35"), "#ASD#13 ", 0);
    check(&format!("#D#{EXTENDED}\r\n"), "#AD#1 ", 1);
    check(&two("D", EXTENDED), "#AD#1 ", 1);
    check(&two("D", EXTENDED).replace("956B", "956C"), "#AD#16 ", 0);
    check(&format!("#B#{SHORT}|{SHORT}\r\n"), "#AB#2 ", 2);
    check(&two("B", SHORT), "#AB#1 ", 1);
    check(&two("M", "a;b"), "#AM#1 ", 1);
    check("#M#a;b\r\n", "#AM#1 ", 1);
}

#[test]
fn a_password_is_not_passed_by_with_lines_that_name_their_device() {
    const LINE: &str = "#SD#140326;092653;5109.5170;N;10054.2420;E;63;187;144;11\r\n";
    let check = |password: Option<&str>, login: &str, kinds: &str, reports: usize| {
        for is_udp in [false, true] {
            let settings = DeviceSettings { password: password.map(Into::into), ..DeviceSettings::default() };
            let limits = Limits::default();
            let mut host = match is_udp {
                false => Host::with_settings(wialon(), &limits, settings),
                true => Host::over_udp(wialon(), &limits, settings).expect("in datagrams too"),
            };
            if !login.is_empty() {
                host.feed(format!("{login}\r\n").as_bytes());
            }
            host.feed(format!("350000000000014{kinds}").as_bytes());
            host.feed(LINE.as_bytes());
            let trace = host.trace();
            assert_eq!((trace.reports().len(), trace.closed), (reports, reports == 0), "{login} {kinds} {is_udp}");
        }
    };
    check(Some("secret"), "", LINE, 0);
    check(Some("secret"), "", "#P#\r\n", 0);
    check(Some("secret"), "#L#350000000000014;secret", LINE, 2);
    check(None, "", LINE, 2);
}

#[test]
fn a_login_is_judged() {
    let check = |password: Option<&str>, line: &str, words: &str, closed: bool| {
        let settings = DeviceSettings { password: password.map(Into::into), ..DeviceSettings::default() };
        let mut host = Host::with_settings(wialon(), &Limits::default(), settings);
        host.feed(format!("{line}\r\n").as_bytes());
        let trace = host.trace();
        assert_eq!((sent(&trace).as_str(), trace.closed), (words, closed), "{line}");
    };
    check(None, "#L#350000000000014;NA", "#AL#1 ", false);
    check(None, "#L#350000000000014;", "#AL#1 ", false);
    check(None, "#L#350000000000014", "#AL#1 ", false);
    check(None, "#L#350000000000014;whatever", "#AL#1 ", false);
    check(Some("secret"), "#L#350000000000014;secret", "#AL#1 ", false);
    check(Some("secret"), "#L#350000000000014;Secret", "#AL#01 ", true);
    check(Some("secret"), "#L#350000000000014;NA", "#AL#01 ", true);
    check(Some("secret"), two("L", "2.0;350000000000014;secret").trim(), "#AL#1 ", false);
    check(None, "#L#2.0;350000000000014;NA;3673", "#AL#10 ", false);
    check(None, "#L#2.0;350000000000014;NA;", "#AL#10 ", false);
    check(None, "#L#999;NA", "#AL#0 ", true);
    check(None, "#L#;NA", "#AL#0 ", false);
    check(None, &format!("#L#{};NA", "3".repeat(65)), "#AL#0 ", false);
}

#[test]
fn the_first_flaw_is_told_and_costs_only_itself() {
    let check = |kind: &str, from: &str, to: &str, words: &str, wanted: &dyn Fn(&Report) -> bool| {
        let body = if kind == "SD" { SHORT } else { EXTENDED };
        assert!(body.contains(from), "{from}");
        let trace = after_login(&format!("#{kind}#{}\r\n", body.replacen(from, to, 1)));
        assert_eq!(sent(&trace).trim_end(), words, "{to}");
        assert_eq!(trace.rejects().len(), usize::from(!words.ends_with("#1")), "{to}: {trace:?}");
        let r = one_report(&trace);
        assert!(wanted(&r), "{to}: {r:?}");
    };
    let no_place = |r: &Report| r.position.is_none() && r.time.is_some();
    let no_time = |r: &Report| r.position.is_some() && r.time.is_none();
    check("D", "140326;092653", "NA;NA", "#AD#1", &no_time);
    check("D", "140326;092653", "140026;092653", "#AD#0", &no_time);
    check("D", "140326;092653", "NA;092653", "#AD#0", &no_time);
    check("D", "140326;092653", "140326;282653", "#AD#0", &no_time);
    check("D", "140326;092653", "1403é;092653", "#AD#0", &no_time);
    check("D", "092653", "092653.2501", "#AD#1", &|r| r.time.is_some_and(|t| t.ms() % 1_000 == 250));
    check("D", "140326;092653", "140379;092653", "#AD#1", &|r| {
        r.time.is_some_and(|t| t.to_string().starts_with("2079"))
    });
    check("D", "3326.9335;S;07040.1560;W", "NA;NA;NA;NA", "#AD#1", &no_place);
    check("D", "3326.9335;S;07040.1560;W", "0000.0000;N;00000.0000;E", "#AD#1", &no_place);
    check("D", "3326.9335", "9126.9335", "#AD#10", &no_place);
    check("D", "07040.1560", "18140.1560", "#AD#10", &no_place);
    check("D", "3326.9335", "abc", "#AD#10", &no_place);
    check("D", ";S;", ";X;", "#AD#10", &no_place);
    check("D", ";S;", ";;", "#AD#1", &|r| r.position.as_ref().is_some_and(|p| !p.valid && p.latitude > 33.0));
    check("D", ";S;07040.1560;W", ";n;07040.1560;e", "#AD#1", &|r| {
        r.position.as_ref().is_some_and(|p| p.valid && p.latitude > 33.0 && p.longitude > 70.0)
    });
    check("D", "63;187", "6000;187", "#AD#1", &no_place);
    check("D", "63;187", "x;187", "#AD#11", &|r| r.position.as_ref().is_some_and(|p| p.speed_kmh.is_none()));
    check("D", "63;187", "NA;", "#AD#1", &|r| r.position.as_ref().is_some_and(|p| p.heading_deg.is_none()));
    check("D", "63;187", "63;360", "#AD#1", &|r| r.position.as_ref().is_some_and(|p| p.heading_deg == Some(0)));
    check("D", ";542;", ";-12.5;", "#AD#1", &|r| r.position.as_ref().is_some_and(|p| p.altitude_m == Some(-12.5)));
    check("D", ";542;", ";inf;", "#AD#11", &|r| r.position.as_ref().is_some_and(|p| p.altitude_m.is_none()));
    check("D", ";11;", ";2;", "#AD#1", &|r| r.position.as_ref().is_some_and(|p| !p.valid));
    check("D", ";11;", ";NA;", "#AD#1", &|r| r.position.as_ref().is_some_and(|p| p.valid && p.satellites.is_none()));
    check("D", ";11;", ";1x;", "#AD#12", &|r| r.position.as_ref().is_some_and(|p| p.satellites.is_none()));
    check("D", ";0.9;", ";NaN;", "#AD#12", &|r| value(r, "hdop").is_none());
    check("D", ";1;0;", ";-1;5;", "#AD#13", &|r| {
        value(r, "input_status").is_none() && value(r, "output_status") == Some(Value::Int(5))
    });
    check("D", ";1;0;", ";4294967295;;", "#AD#1", &|r| value(r, "input_status") == Some(Value::Int(0xFFFF_FFFF)));
    check("D", "12.63,NA", "x,2.5,,0", "#AD#14", &|r| {
        value(r, "analog_1").is_none()
            && value(r, "analog_2") == Some(Value::Float(2.5))
            && value(r, "analog_4") == Some(Value::Float(0.0))
    });
    check("D", "12.63,NA;NA;", ";00ab12;", "#AD#1", &|r| value(r, "hardware_key") == Some(Value::from("00AB12")));
    check("D", "mileage:2:1234.57", "mileage:2", "#AD#15", &|r| value(r, "ignition") == Some(Value::Bool(true)));
    check("D", "mileage:2:1234.57", "mileage:9:1", "#AD#15", &|r| value(r, "hardware_mileage").is_none());
    check("SD", "11", "11;0.9", "#ASD#1", &|r| value(r, "hdop").is_none());
}

#[test]
fn too_few_fields_are_no_message() {
    let check = |line: &str, words: &str| {
        let trace = after_login(&format!("{line}\r\n"));
        assert_eq!((sent(&trace).as_str(), trace.reports().len(), trace.rejects().len()), (words, 0, 1), "{line}");
    };
    check("#SD#", "#ASD#-1 ");
    check(&format!("#SD#{}", SHORT.trim_end_matches(";11")), "#ASD#-1 ");
    check(&format!("#D#{SHORT}"), "#AD#-1 ");
    check("#XX#1", "");
}

#[test]
fn parameters_are_named_by_devices() {
    let decoded = |params: &str| {
        let line = format!("#D#NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;{params}\r\n");
        one_report(&after_login(&line))
    };
    let check = |params: &str, name: &str, wanted: Value| has(&decoded(params), name, wanted);
    check("bat:1:87", "battery_level", Value::Int(87));
    check("bat:1:4012", "bat", Value::Int(4_012));
    check("TEMP:2:-4.5", "temperature_internal", Value::Float(-4.5));
    check("pwr_ext:2:12.634", "board_voltage", Value::Float(12.634));
    check("pwr_int:2:4.012", "battery_voltage", Value::Float(4.012));
    check("ign:1:0", "ignition", Value::Bool(false));
    check("ign:3:true", "ignition", Value::Bool(true));
    check("Note:3:a:b:c", "note", Value::from("a:b:c"));
    check("note:3:42", "note", Value::from("42"));
    check("flag:3:false", "flag", Value::Bool(false));
    check("n:1:-7", "n", Value::Int(-7));
    check("x:2:7", "x", Value::Float(7.0));
    check("y:4:7", "y", Value::Int(7));
    check("z:5:true", "z", Value::Bool(true));
    check("accuracy:2:12.4", "accuracy", Value::Float(12.4));
    check("note:3:caf\u{e9}", "note", Value::from("caf\u{e9}"));
    check("note:3:a;b", "note", Value::from("a;b"));
    let cells = "mcc:1:730,mnc:1:2,lac:1:11039,cell_id:1:41394,mcc2:1:730,mnc2:1:1,lac2:1:7,cell_id2:1:8";
    let json = r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394},{"mcc":730,"mnc":1,"lac":7,"cell_id":8}]"#;
    check(cells, "mobile_cells", Value::Json(json.into()));
    check("mcc1:1:730,lac1:1:7", "lac1", Value::Int(7));
    assert_eq!(decoded("SOS:1:1,a:1:1").events, [EventId(202)]);
    assert_eq!(decoded("SOS:1:0").events, []);
    let placed = format!("#D#{SHORT};NA;NA;NA;;NA;accuracy:1:12\r\n");
    let p = one_report(&after_login(&placed)).position.expect("has one");
    assert_eq!(p.precision_m, Some(12));
}

#[test]
fn a_latin_1_text_is_read() {
    let line = [LOGIN_1.as_bytes(), b"#M#caf\xE9\r\n"].concat();
    has(&one_report(&read_whole(wialon(), &line)), "text_message", Value::from("caf\u{e9}"));
}

#[test]
fn a_black_box_is_counted_as_it_was_read() {
    let check = |lines: &str, words: &str, reports: usize, rejects: usize| {
        let trace = after_login(lines);
        assert_eq!((sent(&trace).as_str(), trace.reports().len()), (words, reports), "{lines:.60}");
        assert_eq!((trace.rejects().len(), trace.closed), (rejects, false), "{lines:.60}");
    };
    check(&format!("#B#{SHORT}|{EXTENDED}|{SHORT}\r\n"), "#AB#3 ", 3, 0);
    check(&format!("#B#{SHORT}|junk|{SHORT}\r\n"), "#AB#3 ", 2, 1);
    check(&format!("#B#{SHORT}|\r\n"), "#AB#1 ", 1, 0);
    check("#B#\r\n", "#AB#0 ", 0, 0);
    let many = vec![SHORT; 10_000].join("|");
    check(&format!("#B#{many}\r\n"), "#AB#10000 ", 10_000, 0);
    check(&format!("#B#{many}|{SHORT}\r\n"), "#AB#10000 ", 10_000, 1);
    let wrong = format!("{LOGIN_2}{}", two("B", &[SHORT, SHORT].join("|")).replace("11|", "12|"));
    let trace = read_whole(wialon(), wrong.as_bytes());
    assert_eq!((sent(&trace).as_str(), trace.reports().len()), ("#AL#1 #AB# ", 0));
    let trace = read_whole(wialon(), format!("{LOGIN_2}{}", two("B", EXTENDED)).as_bytes());
    assert_eq!(sent(&trace), "#AL#1 #AB#1 ");
    has(&one_report(&trace), "ignition", true);
}

#[test]
fn a_wrong_checksum_is_not_read_unless_settings_forgive_it() {
    let check = |kind: &str, message: &str, words: &str| {
        let bad = two(kind, message).replacen(message, &message.replacen('1', "2", 1), 1);
        for (checksum, is_read) in [(None, false), (Some(ChecksumPolicy::Warn), true)] {
            let settings = DeviceSettings { checksum, ..DeviceSettings::default() };
            let mut host = Host::with_settings(wialon(), &Limits::default(), settings);
            host.feed(format!("{LOGIN_2}{bad}").as_bytes());
            let trace = host.trace();
            assert_eq!(trace.reports().len(), usize::from(is_read), "{bad}");
            assert!(matches!(trace.rejects()[..], [Reject::Checksum { .. }]), "{bad}");
            assert!(is_read || sent(&trace) == format!("#AL#1 {words} "), "{bad}: {}", sent(&trace));
        }
    };
    check("SD", SHORT, "#ASD#13");
    check("D", EXTENDED, "#AD#16");
    check("B", SHORT, "#AB#");
    check("M", "at 1", "#AM#01");
    let again = format!("{LOGIN_2}{LOGIN_1}#SD#{SHORT}\r\n");
    assert_eq!(
        sent(&read_whole(wialon(), again.as_bytes())),
        "#AL#1 #AL#1 #ASD#1 ",
        "the last login tells the version"
    );
}

#[test]
fn nothing_is_acknowledged_that_is_not_stored() {
    let check = |line: &str, words: &str| {
        let mut host = Host::new(wialon(), &Limits::default());
        host.outcome = Stored::Failed;
        host.feed(format!("{LOGIN_1}{line}\r\n").as_bytes());
        assert_eq!(sent(&host.trace()), format!("#AL#1 {words}"), "{line}");
    };
    check(&format!("#SD#{SHORT}"), "");
    check(&format!("#D#{EXTENDED}"), "");
    check(&format!("#B#{SHORT}"), "");
    check("#M#hello", "#AM#0 ");
    check("#P#", "#AP# ");
}

#[test]
fn strangers_noise_and_habits() {
    let check = |input: &str, words: &str, reports: usize, rejects: usize, closed: bool| {
        let trace = read_whole(wialon(), input.as_bytes());
        assert_eq!((sent(&trace).as_str(), trace.reports().len()), (words, reports), "{input:.80}");
        assert_eq!((trace.rejects().len(), trace.closed), (rejects, closed), "{input:.80}");
    };
    let data = format!("#SD#{SHORT}\r\n");
    check(&data, "", 0, 1, true);
    check(&format!("{LOGIN_1}\0 \r\n{data}"), "#AL#1 #ASD#1 ", 1, 0, false);
    check(&format!("noise{LOGIN_1}no#ise#{data}# {data}"), "#AL#1 #ASD#1 #ASD#1 ", 2, 3, false);
    check(&format!("{LOGIN_1}{}", data.repeat(5)), &format!("#AL#1 {}", "#ASD#1 ".repeat(5)), 5, 0, false);
    check(&format!("{LOGIN_1}#L#350000000000022;NA\n{data}"), "#AL#1 #AL#1 #ASD#1 ", 1, 0, false);
    check(&format!("{LOGIN_1}{}", "#SD#1\r\n".repeat(10)), &format!("#AL#1 {}", "#ASD#-1 ".repeat(10)), 0, 10, true);
    check(&format!("{LOGIN_1}{}", "#XX#1\r\n".repeat(20)), "#AL#1 ", 0, 20, false);
    let long = format!("{LOGIN_1}#M#{}\r\n{data}", "x".repeat(10_300));
    check(&long, "#AL#1 #ASD#1 ", 1, 1, false);
    let endless = format!("{LOGIN_1}#M#{}", "x".repeat(30_000));
    check(&endless, "#AL#1 ", 0, 1, true);
    let limits = Limits { wialon_black_box_bytes_max: 100, ..Limits::default() };
    let trace = read(wialon(), &limits, format!("{LOGIN_1}#B#{SHORT}|{SHORT}\r\n{data}").as_bytes(), |rest| rest);
    assert_eq!((sent(&trace).as_str(), trace.rejects().len()), ("#AL#1 #ASD#1 ", 1));
}

#[test]
fn a_message_to_a_device_of_version_2_has_a_checksum() {
    let mut host = Host::new(wialon(), &Limits::default());
    host.feed(b"#L#2.0;350000000000014;NA;3672\r\n");
    assert_eq!(host.order(1, &Order::Do(Command::Text("hello".to_owned()))), Ok(()));
    let sum = crate::checksum::ARC.checksum(b"hello;");
    assert_eq!(sent(&host.trace()), format!("#AL#1 #M#hello;{sum:04X} "));
    let mut echo = Host::new(wialon(), &Limits::default());
    echo.feed(format!("#L#2.0;350000000000014;NA;3672\r\n#M#hello;{sum:04X}\r\n").as_bytes());
    assert_eq!(sent(&echo.trace()), "#AL#1 #AM#1 ", "as it is checked when it comes from the device");
}

#[test]
fn a_message_is_answered_and_plain_commands_are_not() {
    let mut host = Host::new(wialon(), &Limits::default());
    let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
    assert_eq!(host.order(1, &text("hello")), Err(OrderRefused::NotIdentified));
    host.feed(LOGIN_1.as_bytes());
    assert_eq!(host.order(2, &text("hello")), Ok(()));
    assert_eq!(host.order(3, &text("there")), Err(OrderRefused::Busy));
    host.feed(format!("#SD#{SHORT}\r\n#AM#1\r\n#AM#1\r\n").as_bytes());
    assert_eq!(host.order(4, &Order::Do(Command::Output { number: 3, on: true })), Ok(()));
    assert_eq!(host.order(5, &text("hello")), Ok(()));
    host.feed(b"#AM#0\r\n");
    assert_eq!(host.order(6, &text("hello")), Ok(()));
    host.feed(b"#M#yes\r\n");
    let trace = host.trace();
    assert_eq!(sent(&trace), "#AL#1 #M#hello #ASD#1 L3=1 #M#hello #M#hello #AM#1 ");
    let reply = |text: &str| CommandReply { text: text.to_owned(), lines: Vec::new() };
    let told: Vec<&Seen> = trace.seen.iter().filter(|s| matches!(s, Seen::Ordered(..) | Seen::Unasked(_))).collect();
    let sent = |id, awaits_reply| Seen::Ordered(OrderId(id), Progress::Sent { awaits_reply });
    let wanted = [
        sent(2, true),
        Seen::Ordered(OrderId(2), Progress::Replied(reply("1"))),
        Seen::Unasked(reply("1")),
        sent(4, false),
        sent(5, true),
        Seen::Ordered(OrderId(5), Progress::Refused("0".to_owned())),
        sent(6, true),
        Seen::Ordered(OrderId(6), Progress::Replied(reply("yes"))),
    ];
    assert_eq!(told, wanted.iter().collect::<Vec<_>>());
    has(trace.reports()[1], "text_message", Value::from("yes"));
}

#[test]
fn faults_are_told_by_their_place() {
    let trace = read_whole(wialon(), format!("{LOGIN_1}#D#{}\r\n", EXTENDED.replace(";0.9;", ";x;")).as_bytes());
    assert_eq!(trace.reject_offsets, [(LOGIN_1.len() + 3 + SHORT.len() + 1) as u64]);
}

#[test]
fn every_truncation_waits_for_the_rest() {
    let whole = format!("{LOGIN_2}{}{}", two("D", EXTENDED), two("B", SHORT));
    for n in 0..whole.len() {
        let trace = read_whole(wialon(), &whole.as_bytes()[..n]);
        assert!(trace.rejects().is_empty() && !trace.closed, "cut at {n}: {trace:?}");
    }
}

fn stream() -> Vec<u8> {
    let picture = [two("I", "5;0;1;140326;092653;a.jpg").as_bytes(), b"#SD#\n"].concat();
    let before = format!("{LOGIN_2}{}junk#{}", two("SD", SHORT), two("D", EXTENDED));
    [before.as_bytes(), &picture, two("B", &[SHORT, EXTENDED].join("|")).as_bytes(), b"#P#\r\n"].concat()
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(seed: u32) {
        prop_assert_eq!(read_split(wialon(), seed, &stream()), read_whole(wialon(), &stream()));
    }

    #[test]
    fn flipped_bits_harm_nobody(at in 0..stream().len() * 8, seed: u32) {
        let mut bytes = stream();
        bytes[at / 8] ^= 1 << (at % 8);
        prop_assert_eq!(read_split(wialon(), seed, &bytes), read_whole(wialon(), &bytes));
    }

    #[test]
    fn any_text_is_read_alike_however_it_is_cut(lines in "(#(SD|D|B|M|I|P|L|T|AM)#[0-9NAS;:|,.#\n]{0,60}\n){1,6}", seed: u32) {
        let bytes = [LOGIN_1.as_bytes(), lines.as_bytes()].concat();
        prop_assert_eq!(read_split(wialon(), seed, &bytes), read_whole(wialon(), &bytes));
    }
}
