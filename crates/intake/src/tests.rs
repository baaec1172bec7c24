//! Tests of the quarantine on stores that fail or take their time.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use model::{DeviceId, SourceId, Timestamp};
use protocols::Reject;
use storage::quarantine::{
    Fault, Frame, FrameId, FrameQuery, FrameRow, KeepMax, QuarantineError, QuarantineStore, Used,
};

use crate::quarantine::Quarantine;
use crate::{IntakeMetrics, IntakeOptions, Rejected};

/// A store that says when it is asked to add frames, and does so when it is told to.
struct Slow {
    asked: SyncSender<usize>,
    go: Receiver<Result<u64, QuarantineError>>,
    kept: Arc<Mutex<Vec<Frame>>>,
}

impl QuarantineStore for Slow {
    fn add(&mut self, frames: &[Frame], _: &KeepMax) -> Result<u64, QuarantineError> {
        let _ = self.asked.send(frames.len());
        let answer = self.go.recv().unwrap_or(Err(QuarantineError::Closed));
        if answer.is_ok() {
            self.kept.lock().expect("not poisoned").extend_from_slice(frames);
        }
        answer
    }

    fn frames(&self, _: &FrameQuery, _: usize, _: usize) -> Result<Vec<FrameRow>, QuarantineError> {
        Ok(Vec::new())
    }

    fn settle(&mut self, _: &[FrameId], _: &[(FrameId, Fault)]) -> Result<(), QuarantineError> {
        Ok(())
    }

    fn remove(&mut self, _: &FrameQuery) -> Result<u64, QuarantineError> {
        Ok(0)
    }

    fn used(&self) -> Used {
        Used { frames: self.kept.lock().expect("not poisoned").len() as u64, bytes: 7 }
    }
}

struct Stage {
    quarantine: Quarantine,
    metrics: IntakeMetrics,
    asked: Receiver<usize>,
    go: SyncSender<Result<u64, QuarantineError>>,
    kept: Arc<Mutex<Vec<Frame>>>,
}

fn stage(options: IntakeOptions) -> Stage {
    let metrics = IntakeMetrics::default();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let slow = || {
        let ((asking, asked), (go, going)) = (sync_channel(16), sync_channel(16));
        (Slow { asked: asking, go: going, kept: Arc::clone(&kept) }, asked, go)
    };
    let ((writer, asked, go), (reader, ..)) = (slow(), slow());
    let quarantine = Quarantine::with_stores(Box::new(writer), Box::new(reader), &options, metrics.clone());
    Stage { quarantine: quarantine.expect("a thread"), metrics, asked, go, kept }
}

fn rejected(n: u8, size: usize) -> Rejected {
    Rejected {
        device: DeviceId::new("unit-1"),
        source: Some(SourceId(7)),
        protocol: "gt06",
        transport: "tcp",
        peer: ([192, 0, 2, 7], 5_023).into(),
        at: Timestamp::from_s(1_773_480_000).expect("in range"),
        frame: vec![n; size],
        offset: 3,
        reason: Reject::Checksum { found: 1, computed: 2 },
        forgiven: false,
    }
}

#[test]
fn a_store_that_takes_its_time_holds_up_nobody() {
    let options = IntakeOptions { queue_frames_max: 2, ..IntakeOptions::default() };
    let Stage { quarantine, asked, go, kept, metrics } = stage(options);
    assert!(quarantine.put(rejected(0, 9)));
    assert_eq!(asked.recv(), Ok(1), "the store has the first, and does not answer");
    let taken: Vec<bool> = (1..=5).map(|n| quarantine.put(rejected(n, 9))).collect();
    assert_eq!(taken, [true, true, false, false, false]);
    go.send(Ok(0)).expect("it waits");
    assert_eq!(asked.recv(), Ok(2), "what waited is written together");
    go.send(Ok(4)).expect("it waits");
    drop(go);
    drop(quarantine);
    let firsts: Vec<u8> = kept.lock().expect("not poisoned").iter().map(|frame| frame.bytes[0]).collect();
    assert_eq!(firsts, [0, 1, 2]);
    assert_eq!((metrics.evicted.get(), metrics.frames.get()), (4, 3));
}

#[test]
fn a_store_that_fails_costs_the_frames_and_goes_on() {
    let Stage { quarantine, asked, go, kept, metrics } = stage(IntakeOptions::default());
    for (n, answer) in [(0, Err(QuarantineError::Full)), (1, Ok(0))] {
        assert!(quarantine.put(rejected(n, 1)));
        assert_eq!(asked.recv(), Ok(1));
        go.send(answer).expect("it waits");
    }
    drop(quarantine);
    let [frame] = &kept.lock().expect("not poisoned")[..] else { panic!("one") };
    let expected = Fault { offset: 3, kind: "checksum".into(), reason: "checksum is 0001, should be 0002".into() };
    assert_eq!((&frame.bytes[..], &frame.fault, &*frame.peer), (&[1][..], &expected, "192.0.2.7:5023"));
    assert_eq!(metrics.dropped.get(), 1);
}

#[test]
fn no_more_frames_a_second_than_allowed_are_kept() {
    let Stage { quarantine, go, kept, .. } =
        stage(IntakeOptions { frames_per_second_max: 2, ..IntakeOptions::default() });
    (0..9).for_each(|_| go.send(Ok(0)).expect("it waits"));
    assert_eq!([0, 1, 2].map(|n| quarantine.put(rejected(n, 1))), [true, true, false]);
    let later = Rejected { at: rejected(0, 1).at.plus_ms(1_000), ..rejected(3, 1) };
    assert!(quarantine.put(later));
    drop(quarantine);
    assert_eq!(kept.lock().expect("not poisoned").len(), 3);
}
