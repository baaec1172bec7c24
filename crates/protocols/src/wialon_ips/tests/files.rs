use super::*;

#[test]
fn pieces_are_taken_whatever_is_in_them() {
    let check = |lines: &[u8], words: &str, rejects: usize| {
        let bytes = [LOGIN_1.as_bytes(), lines, b"#P#\r\n"].concat();
        let trace = read_whole(wialon(), &bytes);
        assert_eq!(sent(&trace), format!("#AL#1 {words}#AP# "), "{}", lines.escape_ascii());
        assert_eq!((trace.rejects().len(), trace.closed), (rejects, false), "{}", lines.escape_ascii());
        assert_eq!(read_split(wialon(), 5, &bytes), trace);
        trace
    };
    let trace = check(
        b"#I#6;0;2;140326;092653;a.jpg\r\n#SD#\r\n#I#3;1;2;140326;092653;a.jpg\r\n\r\n#",
        "#AI#0;1 #AI#1;1 #AI#1 ",
        0,
    );
    let r = one_report(&trace);
    has(&r, "media_files", Value::from("a.jpg"));
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    check(b"#I#1;0;1;NA;NA;a.jpg\nx", "#AI#0;1 #AI#1 ", 0);
    check(b"#I#0;0;3;140326;092653;a.jpg\n", "#AI#0;1 ", 0);
    check(b"#T#4;0;1;140326;092653;card.ddd\n\x00\x01\x02\x03", "#AT#0;1 #AT#1 ", 0);
    check(b"#IT#4;0;1;140326;092653;card.ddd\n\x00\x01\x02\x03", "#AIT#0;1 #AIT#1 ", 0);
    check(b"#I#x;0;1;140326;092653;a.jpg\n", "#AI#0 ", 1);
    check(b"#I#1048577;0;1;140326;092653;a.jpg\n", "#AI#0 ", 1);
    check(b"#I#4\n", "#AI#0 ", 1);
}

#[test]
fn a_piece_that_is_announced_wrongly_is_passed_over() {
    let bad = two("I", "5;0;1;140326;092653;a.jpg").replace("a.jpg", "b.jpg");
    let bytes = format!("{LOGIN_2}{bad}#SD#\n{}", two("SD", SHORT));
    let trace = read_whole(wialon(), bytes.as_bytes());
    assert_eq!(sent(&trace), "#AL#1 #AI#0;0 #ASD#1 ");
    assert_eq!((trace.reports().len(), trace.rejects().len()), (1, 1));
}

#[test]
fn the_last_piece_is_answered_when_it_is_stored() {
    let mut host = Host::new(wialon(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(format!("{LOGIN_1}#I#2;0;1;140326;092653;a.jpg\r\nxy").as_bytes());
    assert_eq!(sent(&host.trace()), "#AL#1 #AI#0;0 ");
}
