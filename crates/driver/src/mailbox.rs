//! What others leave for a socket's session: results of what it asked for, and marks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use atomic_waker::AtomicWaker;
use fleet::DriverSession;

use crate::conversation::{Answer, Ending, Loaded, News, NoEntry};
use crate::hub::Place;
use crate::wire::Greeting;

/// Whoever was let in.
pub(crate) struct Entry {
    pub(crate) session: Arc<DriverSession>,
    pub(crate) place: Place,
    pub(crate) greeting: Greeting,
}

/// What came of an action.
pub(crate) enum Outcome {
    Entered(Result<Box<Entry>, NoEntry>),
    Answered(Answer),
    /// Nothing where it could not be read.
    Loaded(Option<Loaded>),
}

/// What lies in a mailbox. Bounded, as few actions are under way and marks do not add up.
#[derive(Default)]
pub(crate) struct Post {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) news: News,
    pub(crate) ending: Option<Ending>,
}

/// A session's mailbox.
#[derive(Default)]
pub(crate) struct Mailbox {
    /// `None` when nobody will look any more.
    post: Mutex<Option<Post>>,
    waker: AtomicWaker,
}

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self { post: Mutex::new(Some(Post::default())), waker: AtomicWaker::new() }
    }

    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Takes out what is there.
    pub(crate) fn take(&self) -> Post {
        self.post().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Nobody will look any more. What is there is given up, outside the lock: a place among the connected leaves
    /// through others' mailboxes.
    pub(crate) fn close(&self) {
        let post = self.post().take();
        drop(post);
    }

    /// Leaves the result of an action. One that comes too late is dropped.
    pub(crate) fn put(&self, outcome: Outcome) {
        let late = match self.post().as_mut() {
            Some(post) => {
                post.outcomes.push(outcome);
                None
            }
            None => Some(outcome),
        };
        drop(late);
        self.waker.wake();
    }

    pub(crate) fn tell(&self, news: News) {
        self.change(|post| post.news.add(news));
    }

    pub(crate) fn end(&self, ending: Ending) {
        self.change(|post| post.ending = Some(ending));
    }

    fn change(&self, change: impl FnOnce(&mut Post)) {
        if let Some(post) = self.post().as_mut() {
            change(post);
        }
        self.waker.wake();
    }

    fn post(&self) -> MutexGuard<'_, Option<Post>> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
