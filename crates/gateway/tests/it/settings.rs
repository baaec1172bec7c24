//! Devices that are not registered, what cannot be used, and what devices are set to.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fleet::{Adoption, Keeper};
use gateway::DeviceOptions;
use intake::{Frame, FrameQuery};
use model::{Seq, Timestamp};
use protocols::{Limits, Reject};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::gt06::{acknowledgement, frame, login, our_login, position, welcome};
use crate::port::{DEVICE, PATIENCE, Port, clock, options, until};

/// One cycle of the weeks of old receivers, in seconds.
const CYCLE_S: i64 = 1_024 * 7 * 86_400;

async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.expect("written");
}

async fn expect(stream: &mut TcpStream, wanted: &[u8]) {
    let mut bytes = vec![0; wanted.len()];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut bytes)).await.expect("in good time").expect("read");
    assert_eq!(bytes, wanted);
}

async fn expect_end(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("in good time");
    assert!(rest.is_empty(), "{rest:02x?}");
}

impl Port {
    /// A unit of the registered device that has reported once, so many seconds ago.
    async fn unit_that_reported(&self, ago_s: i64) -> TcpStream {
        let mut unit = self.connect().await;
        send(&mut unit, &[our_login(), position(ago_s, 7)].concat()).await;
        expect(&mut unit, &[welcome(), acknowledgement(7)].concat()).await;
        unit
    }

    async fn set(&self, key: &str, value: &str) {
        let edits = vec![(key.to_owned(), Some(value.to_owned()))];
        let fleet = self.engine.fleet();
        fleet.change_device_settings(Keeper::Master(&self.session), self.tracker, edits).await.expect("changed");
    }

    /// What was put into quarantine last.
    pub(crate) async fn kept(&self) -> Frame {
        let wait = async {
            loop {
                let mut kept = self.intake.frames(FrameQuery::default(), 1, 1_000).await.expect("readable");
                if let Some(row) = kept.pop() {
                    break row.frame;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("in good time")
    }

    /// How many seconds ago each stored report was, in the order of their coming.
    fn ages_s(&self) -> Vec<i64> {
        let now = clock();
        let times = self.engine.journal().by_seq(Seq(0)).map(|stored| stored.expect("readable").time);
        // Some seconds may have passed meanwhile.
        times.map(|time| now.since_ms(time) / 60_000 * 60).collect()
    }
}

#[tokio::test]
async fn a_device_is_heard_with_its_own_settings_and_begins_anew_when_they_change() {
    let port = Port::open("gt06").await;
    let mut unit = port.unit_that_reported(7_230).await;
    port.set("time_zone", "+01:00").await;
    expect_end(&mut unit).await;
    // Its clock is an hour ahead: what it calls two hours ago was three.
    let mut unit = port.unit_that_reported(7_231).await;
    assert_eq!(port.ages_s(), [7_200, 10_800]);
    // What has nothing to do with the device leaves it alone.
    port.set("time_zone", "3600").await;
    send(&mut unit, &our_login()).await;
    expect(&mut unit, &welcome()).await;
}

#[tokio::test]
async fn times_of_an_old_receiver_are_brought_forward_if_that_is_wanted() {
    let port = Port::open("gt06").await;
    port.unit_that_reported(CYCLE_S + 630).await;
    port.set("gps_week_rollover", "true").await;
    port.unit_that_reported(CYCLE_S + 1_230).await;
    assert_eq!(port.ages_s(), [CYCLE_S + 600, 1_200]);
}

#[tokio::test]
async fn a_device_that_is_adopted_is_let_in_at_once() {
    let port = Port::open("gt06").await;
    let fleet = port.engine.fleet().clone();
    let hash = fleet.panel_login("admin", "correct horse", clock()).await.expect("logged in");
    let panel = fleet.authorize_panel(hash.as_str(), clock()).expect("live");
    let stranger = "350000000000022";
    let mut refused = port.connect().await;
    send(&mut refused, &login(stranger)).await;
    expect_end(&mut refused).await;
    assert_eq!(port.intake.unknown_devices().len(), 1);
    let adoption = Adoption::new(port.session.user, vec!["gt06".into()]);
    fleet.set_adoption(&panel, Some(adoption)).await.expect("set");
    let mut unit = port.connect().await;
    send(&mut unit, &[login(stranger), position(60, 7)].concat()).await;
    expect(&mut unit, &[welcome(), acknowledgement(7)].concat()).await;
    assert!(fleet.device(stranger).is_some() && port.intake.unknown_devices().is_empty());
    assert_eq!(port.stored(), 1);
}

#[tokio::test]
async fn what_cannot_be_used_is_kept_with_whose_it_is() {
    let port = Port::open("gt06").await;
    let mut unit = port.connect().await;
    let short = frame(0x10, &[1, 2, 3], 7);
    send(&mut unit, &[our_login(), short.clone(), our_login()].concat()).await;
    expect(&mut unit, &welcome()).await;
    until(|| port.counted("devices_rejected_total", "gt06") == 1).await;
    let kept = port.kept().await;
    assert_eq!(kept.device.as_ref().map(|id| id.as_str()), Some(DEVICE));
    assert_eq!(kept.source, port.engine.fleet().device(DEVICE).map(|device| device.source));
    assert_eq!((kept.protocol.as_str(), kept.transport.as_str(), &kept.bytes[..]), ("gt06", "tcp", &short[..]));
    assert_ne!(kept.fault.kind, Reject::NotIdentified.kind());
}

#[tokio::test]
async fn a_report_without_a_time_is_not_stored_again_when_its_frame_is_read_again() {
    /// A millisecond passes with every look at it.
    fn slow() -> Timestamp {
        static LOOKS: AtomicI64 = AtomicI64::new(0);
        clock().plus_ms(LOOKS.fetch_add(1, Ordering::Relaxed))
    }
    let port = Port::with("wialon-ips", DeviceOptions { clock: slow, ..options() }).await;
    let mut unit = port.connect().await;
    // The speed is none. The rest is used, as of when it came.
    let line = "#SD#NA;NA;5109.5170;N;10054.2420;E;x;187;144;11\r\n";
    send(&mut unit, format!("#L#{DEVICE};NA\r\n").as_bytes()).await;
    expect(&mut unit, b"#AL#1\r\n").await;
    for _ in 0..3 {
        send(&mut unit, line.as_bytes()).await;
        expect(&mut unit, b"#ASD#11\r\n").await;
    }
    assert_eq!(port.kept().await.fault.kind, "field");
    let limits = Limits::default();
    let redecoded = port.intake.redecode(&port.engine, FrameQuery::default(), &limits, false).await.expect("read");
    assert_eq!((redecoded.reports, port.stored()), (redecoded.frames, 3), "{redecoded:?}");
}

/// A JT/T 808 message: delimited, with its check byte. Nothing in it needs an escape.
fn jt808(content: &[u8]) -> Vec<u8> {
    let check = content.iter().fold(0, |all, byte| all ^ byte);
    [&[0x7E], content, &[check, 0x7E]].concat()
}

#[tokio::test]
async fn a_number_with_zeros_before_it_knocks_once() {
    const PHONE: [u8; 6] = [0x01, 0x39, 0x12, 0x34, 0x56, 0x78];
    let port = Port::open("jt808").await;
    let mut stranger = port.connect().await;
    send(&mut stranger, &jt808(&[&[0x01, 0x00, 0, 0][..], &PHONE, &[0, 1]].concat())).await;
    expect(&mut stranger, &jt808(&[&[0x81, 0x00, 0, 3][..], &PHONE, &[0, 1, 0, 1, 4]].concat())).await;
    expect_end(&mut stranger).await;
    let unknown = port.intake.unknown_devices();
    assert_eq!(unknown.iter().map(|device| device.id.as_str()).collect::<Vec<_>>(), ["13912345678"]);
    assert_eq!(unknown[0].knocks, 1);
}
