//! What is due, as messages: first what became of the client's own affairs, then what it missed, then what is new.

use dispatch::Sent;
use live::{Due, Lifecycle};
use model::{Happened, MessageStatus, Push, Record, SourceId, TrackerId};
use web::{Frames, Gathered};

use super::actions::Done;
use super::held::{Asked, Pushed};
use super::viewer::Viewer;
use super::{TEXT_BYTES_USUAL, TrackitSession};
use crate::encode;
use crate::wire::{Text, close};

impl TrackitSession {
    pub(super) fn gather_due(&mut self, out: &mut Frames<'_>, budget_bytes: usize) -> Gathered {
        let end = out.len() + budget_bytes;
        while self.closing.is_none() && out.len() < end {
            if let Some(done) = self.mailbox.take() {
                self.answer(done, out);
            } else if let Some(pushed) = self.next_missed() {
                self.pass(pushed, out);
            } else if self.viewer.is_none() {
                return Gathered::Done;
            } else {
                // Not held while anything of a source is asked for.
                let due = self.connection.outbox().take_next();
                match due {
                    Err(live::Overrun) => self.closing = Some(close::TOO_SLOW),
                    Ok(None) => return Gathered::Done,
                    Ok(Some(due)) => self.tell(due, out),
                }
            }
        }
        self.closing.map_or(Gathered::More, Gathered::Close)
    }

    /// The next of what the client missed; none once its session has ended.
    fn next_missed(&mut self) -> Option<Pushed> {
        let viewer = self.viewer.as_ref()?;
        if !self.first.is_empty() && !viewer.is_live(&self.connection) {
            self.first.clear();
        }
        self.first.pop()
    }

    /// What became of something that the client asked for.
    fn answer(&mut self, done: Done, out: &mut Frames<'_>) {
        match done {
            Done::Ordered { tracker, id, outcome } => {
                Self::say(out, |text| encode::command_status(i64::from(tracker.0), &id, outcome, text));
                self.release(tracker, Asked::Command, out);
            }
            Done::Replied { tracker, id, reply } => {
                let is_followed = |viewer: &Viewer| viewer.mobile(&self.shared, tracker).is_some();
                if self.viewer.as_ref().is_some_and(is_followed) {
                    Self::say(out, |text| encode::command_reply(tracker, &id, &reply.text, text));
                }
            }
            Done::Sent { tracker, text, outcome } => {
                match outcome {
                    Ok(sent) => self.submitted(tracker, &text, sent, out),
                    Err(refusal) => Self::say(out, |text| encode::error(&refusal, text)),
                }
                self.release(tracker, Asked::Text, out);
            }
        }
    }

    /// A text is stored. Of a new one every step is told, of a repeated one where it is.
    fn submitted(&mut self, tracker: TrackerId, text: &Text, sent: Sent, out: &mut Frames<'_>) {
        let id = encode::message_id(sent.id, sent.submitted);
        let mut say = |status, with: Option<&Text>| {
            Self::say(out, |out| encode::message_status(tracker, &id, status, with, out));
        };
        if sent.is_new {
            say(MessageStatus::Accepted, Some(text));
            say(MessageStatus::Stored, None);
            if sent.status == MessageStatus::Pending {
                say(MessageStatus::Pending, None);
            }
        } else {
            say(sent.status, Some(text));
        }
        self.told.moves(sent.id, sent.status);
    }

    /// What had to wait for an answer need not any longer.
    fn release(&mut self, tracker: TrackerId, asked: Asked, out: &mut Frames<'_>) {
        for pushed in self.held.end(tracker, asked) {
            self.push(&pushed, out);
            self.note_handed_out(pushed.number);
        }
    }

    /// News of the outbox.
    fn tell(&mut self, due: Due, out: &mut Frames<'_>) {
        match due {
            Due::Records { tracker, total, last, .. } => self.records(tracker, total, &last, out),
            Due::Push { tracker, number, push, .. } => {
                self.heard.gathered = number;
                self.pass(Pushed { tracker, number, push }, out);
            }
            Due::Logout(_) => self.closing = Some(self.log_out(out)),
            Due::Added(tracker) => {
                if let Some(viewer) = &mut self.viewer {
                    viewer.follow(&self.shared, &self.connection, tracker, None, &mut Vec::new());
                }
            }
            Due::Lost(source) | Due::Lifecycle { source, what: Lifecycle::Corrupt } => self.forget(source),
            Due::Review => {
                if let Some(viewer) = &mut self.viewer {
                    viewer.review(&self.shared, &self.connection);
                }
            }
            // Nothing comes of a blocked mobile, and that it is blocked is not told. Feeds have no states.
            Due::Lifecycle { what: Lifecycle::Block | Lifecycle::Unblock, .. } | Due::State { .. } => {}
        }
    }

    fn forget(&mut self, source: SourceId) {
        if let Some(viewer) = &mut self.viewer {
            viewer.forget_lost(source);
        }
    }

    fn pass(&mut self, pushed: Pushed, out: &mut Frames<'_>) {
        match self.held.pass(pushed) {
            Ok(Some(pushed)) => {
                self.push(&pushed, out);
                self.note_handed_out(pushed.number);
            }
            Ok(None) => {}
            Err(_) => self.closing = Some(close::TOO_SLOW),
        }
    }

    fn records(&self, tracker: TrackerId, total: u32, last: &Record, out: &mut Frames<'_>) {
        let Some(viewer) = &self.viewer else { return };
        let Some(mobile) = viewer.mobile(&self.shared, tracker) else { return };
        let place = last_place(viewer, tracker, last);
        Self::say(out, |text| encode::records(mobile, total, last, place, text));
    }

    fn push(&mut self, pushed: &Pushed, out: &mut Frames<'_>) {
        let Pushed { tracker, push, .. } = pushed;
        let Some(viewer) = &self.viewer else { return };
        let Some(mobile) = viewer.mobile(&self.shared, *tracker) else { return };
        let is_for_owner = push.is_of_driver() || matches!(**push, Push::Levels(_));
        if is_for_owner && viewer.is_clone(*tracker) {
            return;
        }
        let mut text = Vec::with_capacity(TEXT_BYTES_USUAL);
        match &**push {
            Push::Device { up } => encode::connection(*tracker, *up, &mut text),
            Push::Driver { up } => encode::driver_connection(*tracker, *up, &mut text),
            Push::Levels(levels) => encode::command_levels(*tracker, levels, &mut text),
            Push::Happened(happened) => {
                let place = last_place(viewer, *tracker, &happened.record);
                let name = self.place_name(happened, place);
                encode::event(happened, mobile, place, name.as_deref(), &mut text);
            }
            Push::FromDriver(event) => {
                let place = if event.position.is_some() { None } else { viewer.last_place(*tracker) };
                let offset_s = self.shared.fleet.zone(viewer.session.user).offset_s(event.at);
                encode::driver_event(event, mobile, place, offset_s, &mut text);
            }
            Push::Moved { message, submitted, status } => {
                if !self.told.moves(*message, *status) {
                    return;
                }
                let id = encode::message_id(*message, *submitted);
                encode::message_status(*tracker, &id, *status, None, &mut text);
            }
        }
        out.text(&[&text]);
    }

    fn place_name(&self, happened: &Happened, last: Option<(f64, f64)>) -> Option<String> {
        crate::place_name(&self.shared.places, encode::place_of_happened(happened, last))
    }
}

/// The mobile's last place, if a record has none of its own.
fn last_place(viewer: &Viewer, tracker: TrackerId, record: &Record) -> Option<(f64, f64)> {
    if encode::place_of(record).is_some() { None } else { viewer.last_place(tracker) }
}
