//! The datagrams of one peer that wait for their turn.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;
use tokio::sync::OwnedSemaphorePermit;

/// What a waiting datagram counts beyond its bytes.
const OVERHEAD_BYTES: usize = 256;

/// A datagram, and its share of what may wait on its port.
pub(crate) struct Datagram {
    pub(crate) bytes: Box<[u8]>,
    /// Given back when it is dealt with.
    pub(crate) share: OwnedSemaphorePermit,
}

impl Datagram {
    /// How much of the port's share a datagram takes.
    pub(crate) fn cost(bytes: &[u8]) -> u32 {
        u32::try_from(bytes.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX)
    }
}

/// A queue with one reader. While it is empty it holds no memory.
pub(crate) struct Inbox {
    waiting: Mutex<State>,
    waker: AtomicWaker,
    waiting_max: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Datagram>,
    is_closed: bool,
}

/// What became of a datagram that was put into an inbox.
#[derive(Debug)]
pub(crate) enum Put {
    /// It will be read.
    Waits,
    /// Too many wait already.
    Full,
    /// Nobody reads here any more; the datagram is somebody else's.
    Closed(Datagram),
}

impl std::fmt::Debug for Datagram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Datagram({} bytes)", self.bytes.len())
    }
}

impl Inbox {
    pub(crate) fn new(waiting_max: usize) -> Self {
        Self { waiting: Mutex::default(), waker: AtomicWaker::new(), waiting_max: waiting_max.max(1) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, datagram: Datagram) -> Put {
        let mut state = self.lock();
        if state.is_closed {
            return Put::Closed(datagram);
        }
        if state.queue.len() >= self.waiting_max {
            return Put::Full;
        }
        state.queue.push_back(datagram);
        drop(state);
        self.waker.wake();
        Put::Waits
    }

    /// The next one; `None` once it is closed and empty.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Datagram>> {
        self.waker.register(cx.waker());
        let mut state = self.lock();
        match state.queue.pop_front() {
            Some(datagram) => {
                if state.queue.is_empty() {
                    state.queue = VecDeque::new();
                }
                Poll::Ready(Some(datagram))
            }
            None if state.is_closed => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Takes nothing more. What waits is read still.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.waker.wake();
    }

    /// Closes it if nothing waits; whether it is closed.
    pub(crate) fn close_if_empty(&self) -> bool {
        let mut state = self.lock();
        state.is_closed |= state.queue.is_empty();
        state.is_closed && state.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Waker;

    use tokio::sync::Semaphore;

    use super::*;

    fn datagram(share: &Arc<Semaphore>) -> Datagram {
        let share = share.clone().try_acquire_owned().expect("room");
        Datagram { bytes: Box::from(*b"x"), share }
    }

    #[test]
    fn it_holds_so_many_and_what_it_refuses_is_given_back() {
        let share = Arc::new(Semaphore::new(8));
        let inbox = Inbox::new(2);
        assert!(matches!(inbox.put(datagram(&share)), Put::Waits));
        assert!(matches!(inbox.put(datagram(&share)), Put::Waits));
        assert!(matches!(inbox.put(datagram(&share)), Put::Full));
        assert_eq!(share.available_permits(), 6);
        assert!(!inbox.close_if_empty(), "what waits would be lost");
        inbox.close();
        assert!(matches!(inbox.put(datagram(&share)), Put::Closed(_)));
        let mut cx = Context::from_waker(Waker::noop());
        for left in [7, 8] {
            assert!(matches!(inbox.poll_take(&mut cx), Poll::Ready(Some(_))));
            assert_eq!(share.available_permits(), left);
        }
        assert!(matches!(inbox.poll_take(&mut cx), Poll::Ready(None)) && inbox.close_if_empty());
    }

    #[test]
    fn an_empty_one_can_be_closed_and_then_takes_nothing() {
        let share = Arc::new(Semaphore::new(1));
        let inbox = Inbox::new(2);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(inbox.poll_take(&mut cx).is_pending());
        assert!(inbox.close_if_empty());
        assert!(matches!(inbox.put(datagram(&share)), Put::Closed(_)));
    }
}
