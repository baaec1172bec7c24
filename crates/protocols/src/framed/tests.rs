use model::{Command, attr};

use super::*;
use crate::draft::Draft;
use crate::testing::{Host, Seen, read, read_split, read_whole};
use crate::{Family, Likeness, OrderId, Presence};

/// Lines: `<who:words;`. `#` before them is skipped, `~` shows that the device is there, anything else is noise. A line
/// that another begins in was cut off there. It remembers whether it must be strict.
#[derive(Default)]
struct Lines(bool);

impl Codec for Lines {
    type Awaited = u8;

    fn front(&mut self, bytes: &[u8], _: &Limits) -> Front {
        match bytes[0] {
            b'#' => Front::Skip(1),
            b'~' => Front::Alive(1),
            b'<' => match bytes.iter().position(|b| *b == b';') {
                Some(at) => Front::Frame(at + 1),
                None if bytes.len() > 64 => Front::Noise(1),
                None => Front::More,
            },
            _ => Front::Noise(1),
        }
    }

    fn claim(&mut self, frame: &[u8], _: &Limits) -> Claim {
        let text = std::str::from_utf8(frame).unwrap_or("");
        match text.trim_start_matches('<').split_once(':') {
            None => Claim::Bad,
            Some(("", _)) => Claim::None,
            Some(("*", _)) => Claim::Anyone,
            Some((who, _)) if who.contains('|') => {
                match who.split('|').map(DeviceId::new).collect::<Vec<_>>().as_slice() {
                    [Some(one), Some(other)] => Claim::Either(one.clone(), other.clone()),
                    _ => Claim::Bad,
                }
            }
            Some((who, _)) => DeviceId::new(who).map_or(Claim::Bad, Claim::Device),
        }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<u8>) {
        let words = frame.split(|b| *b == b':').nth(1).unwrap_or(&[]);
        match words {
            b"hi;" => said.at_once.extend(b"hello\n"),
            b"bad;" => said.bad(1, Reject::Truncated),
            b"worse;" => {
                said.bad(1, Reject::Truncated);
                said.when_stored.extend(b"bad\n");
            }
            b"yes;" => said.answer(Some(1), CommandReply::default()),
            b"other;" => said.answer(Some(2), CommandReply::default()),
            b"no;" => said.refuse(None, "never".to_owned()),
            b"bye;" => said.close(),
            b"me;" => said.login(),
            cut if cut.contains(&b'<') => {
                let begins = frame.iter().rposition(|b| *b == b'<').unwrap_or(0);
                said.bad(1, Reject::Truncated);
                said.resume_at(begins);
            }
            b"sum;" => {
                if said.checksum(1, 2, 3, ChecksumPolicy::Warn, context.settings) {
                    said.when_stored.extend(b"summed\n");
                }
            }
            _ => {
                let mut draft = Draft::new(context.limits.text_bytes_max);
                draft.text(attr::VIN, words);
                said.reports.extend(draft.finish());
                said.when_stored.extend(b"stored\n");
                said.when_failed.extend(b"failed\n");
            }
        }
    }

    fn has_begun(&self, held: &[u8]) -> bool {
        held != b"<"
    }

    fn refusal(&mut self, _: &[u8]) -> Vec<u8> {
        b"go\n".to_vec()
    }

    fn stays_after_refusal(&self, frame: &[u8]) -> bool {
        frame.ends_with(b"stay;")
    }

    fn encode(&mut self, order: &Order, _: &Context<'_>) -> Result<Encoded<u8>, OrderRefused> {
        match order {
            Order::Do(Command::Text(text)) => Ok(Encoded { bytes: text.clone().into_bytes(), awaits: Some(1) }),
            Order::Restart => Ok(Encoded { bytes: b"restart".to_vec(), awaits: None }),
            _ => Err(OrderRefused::NoSuchCommand),
        }
    }

    fn known(&self, order: &Order) -> Option<CommandReply> {
        let text = if self.0 { "strict" } else { "lenient" };
        (*order == Order::Locate).then(|| CommandReply { text: text.to_owned(), lines: Vec::new() })
    }

    fn accepted(&mut self, settings: &DeviceSettings) {
        self.0 = settings.strict_login == Some(true);
    }

    fn answers(&self, awaited: &u8, key: &u8) -> bool {
        awaited == key
    }
}

const LINES: Family = Family {
    name: "lines",
    default_listen: "127.0.0.1:0",
    presence: Presence::Connection,
    open: |limits| open(Lines::default(), limits),
    open_udp: Some(|limits| open(Lines::default(), limits)),
    recognise: |_| Likeness::No,
};

fn check(bytes: &str, seen: &str, sent: &str, is_closed: bool) {
    let trace = read_whole(&LINES, bytes.as_bytes());
    for seed in 0..20 {
        assert_eq!(read_split(&LINES, seed, bytes.as_bytes()), trace, "{bytes} cut by seed {seed}");
    }
    let told: Vec<String> = trace.seen.iter().map(name).collect();
    assert_eq!(told.join(" "), seen, "{bytes}");
    assert_eq!(String::from_utf8_lossy(&trace.sent), sent, "{bytes}");
    assert_eq!(trace.closed, is_closed, "{bytes}");
}

fn name(seen: &Seen) -> String {
    match seen {
        Seen::Device(id) => id.as_str().to_owned(),
        Seen::Reports(reports) => format!("{}", reports.len()),
        Seen::Contact => "contact".to_owned(),
        Seen::Ordered(id, what) => format!("{}:{what:?}", id.0),
        Seen::Unasked(_) => "unasked".to_owned(),
        Seen::Rejected(_, reason) => format!("({reason})"),
    }
}

#[test]
fn who_speaks_is_asked_once_and_again_when_another_does() {
    check("<a:x;<:y;<a:z;", "a 1 1 1", "stored\nstored\nstored\n", false);
    check("<a:x;<b:y;", "a 1 b 1", "stored\nstored\n", false);
    check("<a:hi;", "a contact", "hello\n", false);
    check("<a:me;<:x;", "a 1", "stored\n", false);
    check("<:x;<a:x;", "(data before login)", "", true);
    check("<*:hi;<a:hi;", "a contact", "hello\nhello\n", false);
    check("<9a:x;<a:x;", "9a", "go\n", true);
    check("<a|b:x;<b:y;<b|a:z;", "a 1 b 1 1", "stored\nstored\nstored\n", false);
    check("<9a|a:x;<9a|a:y;<a:z;", "9a a 1 1 1", "stored\nstored\nstored\n", false);
    check("<9a|9b:x;<a:x;", "9a 9b", "go\n", true);
    check("<9a:stay;<a:x;<9a:stay;<:x;", "9a a 1 9a (data before login)", "go\nstored\ngo\n", true);
}

#[test]
fn noise_and_bad_frames_cost_themselves() {
    check(
        "#noise#<a:x;more<a:y;##",
        "(5 bytes that begin no frame) a 1 (4 bytes that begin no frame) 1",
        "stored\nstored\n",
        false,
    );
    check("<a:bad;<a:x;<nobody;", "a (the content ends too early) 1 (not a device identifier)", "stored\n", false);
    let often = "<a:bad;".repeat(10);
    let told = format!("a{}", " (the content ends too early)".repeat(10));
    check(&often, &told, "", true);
    check(&often.replace("bad", "worse"), &told, &"bad\n".repeat(10), true);
    check("<a:sum;", "a (checksum is 0001, should be 0002) contact", "summed\n", false);
    check("<a:bye;<a:x;", "a contact", "", true);
}

#[test]
fn a_device_may_only_show_that_it_is_there() {
    check("~<a:x;~~", "a 1 contact contact", "stored\n", false);
    check("<a:x;no~<a:x;~", "a 1 (3 bytes that begin no frame) 1 contact", "stored\nstored\n", false);
}

#[test]
fn a_frame_that_another_begins_in_costs_what_is_before_that() {
    check("<a:cut<a:x;<a:y;", "a (the content ends too early) 1 1", "stored\nstored\n", false);
    let trace = read_whole(&LINES, b"<a:cut<a:x;");
    assert_eq!(trace.seen[1], Seen::Rejected(b"<a:cut".to_vec(), Reject::Truncated));
}

#[test]
fn rejections_tell_where_they_are() {
    let trace = read_whole(&LINES, b"##noise<a:x;<a:bad;zz<a:x;");
    assert_eq!(trace.reject_offsets, [2, 13, 19]);
    let split = read_split(&LINES, 3, b"##noise<a:x;<a:bad;zz<a:x;");
    assert_eq!(split.reject_offsets, trace.reject_offsets);
    let limits = Limits { noise_bytes_max: 3, ..Limits::default() };
    let trace = read(&LINES, &limits, b"#noise", |rest| rest);
    assert_eq!((trace.reject_offsets, trace.closed), (vec![1], true));
}

#[test]
fn words_wait_for_what_they_vouch_for() {
    let mut host = Host::new(&LINES, &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(b"<a:x;");
    assert_eq!(host.trace().sent, b"failed\n");
}

#[test]
fn an_order_is_answered_by_what_belongs_to_it() {
    let mut host = Host::new(&LINES, &Limits::default());
    let text = Order::Do(Command::Text("do".to_owned()));
    assert_eq!(host.order(1, &text), Err(OrderRefused::NotIdentified));
    host.feed(b"<a:hi;");
    assert_eq!(host.order(1, &Order::ReadLevels), Err(OrderRefused::NoSuchCommand));
    assert_eq!(host.order(1, &Order::Restart), Ok(()));
    assert_eq!(host.order(2, &text), Ok(()));
    assert_eq!(host.order(3, &text), Err(OrderRefused::Busy));
    host.feed(b"<a:other;<a:yes;<a:yes;");
    assert_eq!(host.order(4, &text), Ok(()));
    host.feed(b"<a:no;");
    assert_eq!(host.order(5, &text), Ok(()));
    host.tick_after_ms(30_000);
    assert_eq!(host.order(6, &text), Ok(()));
    host.feed(b"<b:hi;");
    let trace = host.trace();
    let ends: Vec<_> = trace
        .seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Ordered(OrderId(id), Progress::Replied(_)) => Some((*id, "replied")),
            Seen::Ordered(OrderId(id), Progress::Refused(_)) => Some((*id, "refused")),
            Seen::Ordered(OrderId(id), Progress::TimedOut) => Some((*id, "timed out")),
            Seen::Unasked(_) => Some((0, "unasked")),
            _ => None,
        })
        .collect();
    let wanted = [(0, "unasked"), (2, "replied"), (0, "unasked"), (4, "refused"), (5, "timed out"), (6, "timed out")];
    assert_eq!(ends, wanted);
}

#[test]
fn only_a_frame_that_has_begun_must_end_in_time() {
    let mut host = Host::new(&LINES, &Limits::default());
    host.feed(b"<a:x;<");
    assert_eq!(host.due_in_ms(), None);
    host.feed(b"a");
    assert_eq!(host.due_in_ms(), Some(Limits::default().partial_frame_ms_max));
}

#[test]
fn what_is_known_answers_at_once_and_settings_are_told() {
    let check = |strict: Option<bool>, is_bound: bool, wanted: &str| {
        let settings = DeviceSettings { strict_login: strict, ..DeviceSettings::default() };
        let mut host = Host::with_settings(&LINES, &Limits::default(), settings);
        if is_bound {
            host.bind("a");
        } else {
            host.feed(b"<a:hi;");
        }
        assert_eq!(host.order(1, &Order::Locate), Ok(()));
        assert_eq!(host.order(2, &Order::Restart), Ok(()), "nothing is under way");
        let reply = CommandReply { text: wanted.to_owned(), lines: Vec::new() };
        assert!(host.trace().seen.contains(&Seen::Ordered(OrderId(1), Progress::Replied(reply))), "{wanted}");
    };
    check(None, false, "lenient");
    check(Some(true), false, "strict");
    check(Some(true), true, "strict");
}

#[test]
fn a_datagram_ends_what_it_began() {
    let mut host = Host::new(&LINES, &Limits::default());
    host.feed_datagram(b"<a:x;<a:half");
    host.feed_datagram(b"<a:y;");
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects().len()), (2, 1));
    assert_eq!(trace.reject_offsets, [5]);
}

#[test]
fn a_bound_session_needs_no_login() {
    let mut host = Host::new(&LINES, &Limits::default());
    host.bind("a");
    host.feed(b"<:x;<a:y;<b:z;");
    let told: Vec<String> = host.trace().seen.iter().map(name).collect();
    assert_eq!(told, ["1", "1", "b", "1"]);
}
