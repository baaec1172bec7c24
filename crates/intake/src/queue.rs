//! The way of frames to the store: bounded in number and bytes, and never waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

/// What has a weight in a queue.
pub(crate) trait Weigh {
    /// In bytes.
    fn bytes(&self) -> usize;
}

/// The end where things are put in.
pub(crate) struct Inlet<T> {
    sender: mpsc::Sender<T>,
    bytes: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// The end where things come out.
pub(crate) struct Drain<T> {
    receiver: mpsc::Receiver<T>,
    bytes: Arc<AtomicUsize>,
}

/// A queue of so many things of so many bytes together.
pub(crate) fn queue<T: Weigh>(items_max: usize, bytes_max: usize) -> (Inlet<T>, Drain<T>) {
    let (sender, receiver) = mpsc::channel(items_max.max(1));
    let bytes = Arc::new(AtomicUsize::new(0));
    (Inlet { sender, bytes: Arc::clone(&bytes), bytes_max }, Drain { receiver, bytes })
}

impl<T: Weigh> Inlet<T> {
    /// Puts something in; false if there is no room for it.
    pub(crate) fn put(&self, item: T) -> bool {
        let weight = item.bytes();
        let before = self.bytes.fetch_add(weight, Ordering::Relaxed);
        let fits = before + weight <= self.bytes_max && self.sender.try_send(item).is_ok();
        if !fits {
            self.bytes.fetch_sub(weight, Ordering::Relaxed);
        }
        fits
    }
}

impl<T: Weigh> Drain<T> {
    /// Waits for something and takes up to `items_max` of what is there; false when nothing will ever come again.
    pub(crate) fn take(&mut self, into: &mut Vec<T>, items_max: usize) -> bool {
        let taken = self.receiver.blocking_recv_many(into, items_max.max(1));
        let weight = into.iter().map(Weigh::bytes).sum();
        self.bytes.fetch_sub(weight, Ordering::Relaxed);
        taken > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weigh for Vec<u8> {
        fn bytes(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn it_takes_no_more_than_there_is_room_for() {
        let (inlet, mut drain) = queue::<Vec<u8>>(3, 10);
        assert!(inlet.put(vec![0; 6]) && !inlet.put(vec![0; 5]) && inlet.put(vec![0; 4]));
        assert!(!inlet.put(vec![0; 1]), "bytes");
        assert!(inlet.put(Vec::new()) && !inlet.put(Vec::new()), "number");
        let mut taken = Vec::new();
        assert!(drain.take(&mut taken, 2));
        assert_eq!(taken.iter().map(Vec::len).collect::<Vec<_>>(), [6, 4]);
        assert!(inlet.put(vec![0; 10]), "what was taken makes room");
        drop(inlet);
        taken.clear();
        assert!(drain.take(&mut taken, 9) && taken.len() == 2);
        taken.clear();
        assert!(!drain.take(&mut taken, 9), "it ends with its inlet");
    }
}
