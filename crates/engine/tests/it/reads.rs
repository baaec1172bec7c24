use std::sync::mpsc;

use engine::{EngineOptions, ReadError, ReadLimits};
use model::Timestamp;
use storage::journal::JournalError;

use crate::stage::{Stage, options, report, until};

#[tokio::test]
async fn the_past_is_read_aside() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![report(1), report(2)]).await;
    let id = source.id();
    let newest =
        stage.engine.read(move |journal| journal.newest(id, Timestamp::MAX).next().transpose()).await.expect("read");
    assert_eq!(newest.map(|r| r.report), Some(report(2)));
    let failed = stage.engine.read(|_| Err::<(), _>(JournalError::Failed)).await;
    assert!(matches!(failed, Err(ReadError::Failed)));
}

#[tokio::test]
async fn so_many_read_and_so_many_wait() {
    let reads = ReadLimits { reads_max: 1, waiting_max: 1 };
    let stage = Stage::with(EngineOptions { reads, ..options() }).await;
    let (go, wait) = mpsc::sync_channel::<()>(1);
    let (begun, has_begun) = mpsc::sync_channel::<&str>(4);
    let read = |name: &'static str, wait: Option<mpsc::Receiver<()>>| {
        let (engine, begun) = (stage.engine.clone(), begun.clone());
        tokio::spawn(async move {
            let job = move |_: &dyn storage::journal::Journal| {
                begun.send(name).expect("heard");
                // An error is the end of the test.
                wait.map(|wait| wait.recv().ok());
                Ok(())
            };
            engine.read(job).await
        })
    };
    let first = read("first", Some(wait));
    let mut heard = Vec::new();
    until("the first begins", || {
        heard.extend(has_begun.try_recv());
        heard == ["first"]
    })
    .await;
    let second = read("second", None);
    // On this one thread it has asked for its turn by now.
    tokio::task::yield_now().await;
    assert!(matches!(stage.engine.read(|_| Ok(())).await, Err(ReadError::Busy)), "one reads, one waits");
    assert!(has_begun.try_recv().is_err(), "the second waits");
    go.send(()).expect("waited for");
    assert!(first.await.expect("ran").is_ok() && second.await.expect("ran").is_ok());
    assert_eq!(has_begun.try_recv(), Ok("second"));
    assert!(stage.engine.read(|_| Ok(())).await.is_ok(), "there is room again");
}
