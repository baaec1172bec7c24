//! A device's TCP connection: moves bytes between its socket and its conversation.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};
use web::with_scratch;

use crate::conversation::{Conversation, Due, Replies};
use crate::listener::turned_down;
use crate::opening::Opened;
use crate::port::Port;

/// Replies that may wait for a device to read them. Beyond it nothing more is read from the device.
const UNSENT_BYTES_MAX: usize = 64 * 1024;
/// How long a closing connection has for its last reply, and a stopping server for its devices' receipts.
pub(crate) const FAREWELL: Duration = Duration::from_secs(5);
/// How far ahead an alarm is set when nothing is due.
pub(crate) const NOTHING_DUE: Duration = Duration::from_secs(3600);

pub(crate) struct DeviceConnection {
    stream: TcpStream,
    port: Arc<Port>,
    conversation: Conversation,
    unsent: Unsent,
    alarm: Pin<Box<Sleep>>,
    opened: Instant,
    heard: Instant,
    /// Nothing is read any more; what was read is still worked on.
    finished: bool,
}

/// What the device has not read yet, one reply after the other.
#[derive(Default)]
struct Unsent(Vec<u8>);

impl Replies for Unsent {
    fn put(&mut self, reply: Vec<u8>, _is_stranger: bool) {
        if self.0.is_empty() {
            self.0 = reply;
        } else {
            self.0.extend_from_slice(&reply);
        }
    }
}

/// What ends a wait.
enum Event {
    Read,
    Wrote,
    Due(Due),
    Alarm,
    /// The device will send no more, but may read still.
    Finished,
    Ended,
}

impl DeviceConnection {
    pub(crate) fn new(stream: TcpStream, port: Arc<Port>, opened: Opened) -> Self {
        let Opened { served, peer, first, since } = opened;
        let until = since + Duration::from_secs(port.options.unauthenticated_s);
        let open = served.family.open;
        let mut conversation = Conversation::new(port.clone(), served, open, peer);
        if !first.is_empty() {
            conversation.feed(&first);
        }
        Self {
            stream,
            conversation,
            unsent: Unsent::default(),
            alarm: Box::pin(tokio::time::sleep_until(until)),
            opened: since,
            heard: Instant::now(),
            finished: false,
            port,
        }
    }

    /// Serves the device until it goes, is refused, or the server stops.
    pub(crate) async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut changed = self.port.engine.devices_changed();
        loop {
            self.carry_out().await;
            if self.is_ending() {
                break;
            }
            tokio::select! {
                biased;
                event = std::future::poll_fn(|cx| self.poll_event(cx)) => match event {
                    Event::Ended => return,
                    Event::Finished => self.finished = true,
                    Event::Read => self.heard = Instant::now(),
                    Event::Wrote => {}
                    Event::Due(due) => self.conversation.take_up(due),
                    Event::Alarm => self.ring(),
                },
                // A device whose place another took is not known any more, one that is set otherwise is to begin anew.
                Ok(()) = changed.changed() => if self.conversation.is_outdated() {
                    self.conversation.close();
                },
                () = turned_down(&mut shutdown) => self.conversation.close(),
            }
        }
        self.conversation.end_orders();
        // What was taken in is acknowledged if it becomes durable in time; if not, the device sends it again.
        let _ = tokio::time::timeout(FAREWELL, self.say_goodbye()).await;
    }

    fn is_ending(&self) -> bool {
        self.finished || self.conversation.is_closing()
    }

    async fn say_goodbye(&mut self) {
        while self.conversation.awaits_receipts() || !self.unsent.0.is_empty() {
            if let Event::Ended = std::future::poll_fn(|cx| self.poll_event(cx)).await {
                return;
            }
            self.carry_out().await;
        }
    }

    /// Looks at everything that can happen, what is owed to the device first.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let is_ending = self.is_ending();
        if let Poll::Ready(due) = self.conversation.poll_due(cx, is_ending) {
            return Poll::Ready(Event::Due(due));
        }
        if !self.unsent.0.is_empty()
            && let Poll::Ready(event) = self.poll_write(cx)
        {
            return Poll::Ready(event);
        }
        if is_ending {
            // Others watch over the time that is left.
            return Poll::Pending;
        }
        let reads = self.conversation.wants_bytes() && self.unsent.0.len() < UNSENT_BYTES_MAX;
        if reads && let Poll::Ready(event) = self.poll_read(cx) {
            return Poll::Ready(event);
        }
        self.alarm.as_mut().poll(cx).map(|()| Event::Alarm)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            match self.stream.poll_write_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(Event::Ended),
                Poll::Ready(Ok(())) => match self.stream.try_write(&self.unsent.0) {
                    Ok(n) if n == self.unsent.0.len() => {
                        self.unsent.0 = Vec::new();
                        return Poll::Ready(Event::Wrote);
                    }
                    Ok(n) => {
                        self.unsent.0.drain(..n);
                    }
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return Poll::Ready(Event::Ended),
                },
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            match self.stream.poll_read_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(Event::Ended),
                Poll::Ready(Ok(())) => {}
            }
            let read = with_scratch(|buf, _| {
                let n = self.stream.try_read(buf)?;
                if n > 0 {
                    self.conversation.feed(&buf[..n]);
                }
                Ok::<_, io::Error>(n)
            });
            match read {
                Ok(0) => return Poll::Ready(Event::Finished),
                Ok(_) => return Poll::Ready(Event::Read),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(Event::Ended),
            }
        }
    }

    async fn carry_out(&mut self) {
        self.conversation.carry_out(&mut self.unsent).await;
        self.send();
        if self.unsent.0.is_empty() {
            self.conversation.note_written();
        }
        self.set_alarm();
    }

    /// Writes at once what can be written; the rest when the socket has room.
    fn send(&mut self) {
        if self.unsent.0.is_empty() {
            return;
        }
        match self.stream.try_write(&self.unsent.0) {
            Ok(n) if n == self.unsent.0.len() => self.unsent.0 = Vec::new(),
            Ok(n) => {
                self.unsent.0.drain(..n);
            }
            // An error shows itself again at the next look at the socket.
            Err(_) => {}
        }
    }

    /// Time has come for something.
    fn ring(&mut self) {
        let now = Instant::now();
        let options = &self.port.options;
        let is_unknown =
            !self.conversation.was_accepted() && now.duration_since(self.opened).as_secs() >= options.unauthenticated_s;
        let is_silent = options.silence_s > 0 && now.duration_since(self.heard).as_secs() >= options.silence_s;
        if is_unknown || is_silent || self.conversation.is_stuck(now) {
            self.conversation.close();
        }
        self.conversation.tick();
    }

    fn set_alarm(&mut self) {
        let options = &self.port.options;
        let mut due = Instant::now() + NOTHING_DUE;
        if !self.conversation.was_accepted() {
            due = due.min(self.opened + Duration::from_secs(options.unauthenticated_s));
        }
        if options.silence_s > 0 {
            due = due.min(self.heard + Duration::from_secs(options.silence_s));
        }
        due = self.conversation.deadline_before(due);
        // An alarm that is early only looks again; moving it costs more than that.
        if due < self.alarm.deadline() || self.alarm.is_elapsed() {
            self.alarm.as_mut().reset(due);
        }
    }
}
