//! Whole messages of the server: an envelope around what it is about.

use model::{DriverEvent, DriverEventKind, Happened, Levels, MessageStatus, Record, TrackerId};

use super::event::{self, sub_type};
use super::json::{self, Members as _, Object};
use super::record::{Mobile, record, time};
use crate::errors::{BadRequest, NotSent, Refusal};
use crate::wire::Text;

/// A message about nothing but the connection.
fn plain(kind: &str, out: &mut Vec<u8>, write: impl FnOnce(&mut Object<'_>)) {
    json::object(out, |o| {
        o.object("params", |o| {
            o.string("type", kind);
            write(o);
        });
    });
}

/// A message about a mobile.
fn about(uid: i64, kind: &str, out: &mut Vec<u8>, write: impl FnOnce(&mut Object<'_>)) {
    json::object(out, |o| {
        o.int("uid", uid).object("params", |o| {
            o.string("type", kind);
            write(o);
        });
    });
}

fn of(tracker: TrackerId) -> i64 {
    i64::from(tracker.0)
}

/// The answer to `auth`.
pub fn auth(success: bool, out: &mut Vec<u8>) {
    plain("auth", out, |o| {
        o.boolean("success", success);
    });
}

/// A message was not carried out. What the client sent is not repeated.
pub fn error(refusal: &Refusal, out: &mut Vec<u8>) {
    plain("error", out, |o| {
        o.string("code", refusal.code());
        match refusal {
            Refusal::Bad(BadRequest { place, problem }) if !place.is_empty() => {
                o.string("message", &format!("{place}: {}", problem.text()));
            }
            _ => {
                o.string("message", &refusal.text());
            }
        }
    });
}

/// The session ended.
pub fn logout(out: &mut Vec<u8>) {
    plain("logout", out, |_| ());
}

/// The device uploaded a batch.
pub fn records(mobile: Mobile, total: u32, last_record: &Record, last: Option<(f64, f64)>, out: &mut Vec<u8>) {
    about(of(mobile.uid), "records", out, |o| {
        record(last_record, mobile, last, false, o.int("total", total).member("lastRecord"));
    });
}

/// Something happened. `name` is what its place is called.
pub fn event(happened: &Happened, mobile: Mobile, last: Option<(f64, f64)>, name: Option<&str>, out: &mut Vec<u8>) {
    about(of(mobile.uid), "event", out, |o| {
        o.string("sub-type", sub_type(happened.kind));
        event::record_of(happened, mobile, last, o.member("record"));
        event::happened(happened, mobile.uid, last, name, o.member("event"));
    });
}

/// The device connected, or disconnected.
pub fn connection(uid: TrackerId, up: bool, out: &mut Vec<u8>) {
    about(of(uid), "connection", out, |o| {
        o.int("status", u8::from(up));
    });
}

/// The driver's application did.
pub fn driver_connection(uid: TrackerId, up: bool, out: &mut Vec<u8>) {
    about(of(uid), "pnd-connection", out, |o| {
        o.int("status", u8::from(up));
    });
}

/// A command was taken, or not.
pub fn command_status(uid: i64, id: &str, outcome: Result<(), NotSent>, out: &mut Vec<u8>) {
    about(uid, "cmd-status", out, |o| {
        o.string("id", id).boolean("status", outcome.is_ok());
        if let Err(why) = outcome {
            o.string("error", why.text());
        }
    });
}

/// The device told its inputs and outputs.
pub fn command_levels(uid: TrackerId, levels: &Levels, out: &mut Vec<u8>) {
    about(of(uid), "cmd-parsed", out, |o| {
        o.string("sub-type", "getio").object("cmd", |o| {
            for (number, value) in &levels.lines {
                o.object(itoa::Buffer::new().format(*number), |o| {
                    o.int("tio", *number).number("tlv", *value).raw("hid", "null");
                    time("tmx", levels.at, o);
                });
            }
        });
    });
}

/// The device answered a text.
pub fn command_reply(uid: TrackerId, id: &str, reply: &str, out: &mut Vec<u8>) {
    about(of(uid), "cmd-parsed", out, |o| {
        o.string("sub-type", "text").string("id", id).string("cmd", reply);
    });
}

/// How far a message to the driver has come; with what the client sent when it answers that.
pub fn message_status(uid: TrackerId, id: &str, status: MessageStatus, sent: Option<&Text>, out: &mut Vec<u8>) {
    about(of(uid), "msg-sts", out, |o| {
        o.string("id", id).int("txs", status.number());
        if let Some(text) = sent {
            o.object("content", |o| {
                o.string("type", "msg").object("content", |o| {
                    o.string("txt", &text.txt).int("user_id", text.user_id);
                    o.string("user_name", &text.user_name).string("guid", &text.guid);
                });
            });
        }
    });
}

/// The driver sent something. `offset_s` is the viewer's time zone.
pub fn driver_event(event: &DriverEvent, mobile: Mobile, last: Option<(f64, f64)>, offset_s: i32, out: &mut Vec<u8>) {
    let kind = match event.kind {
        DriverEventKind::Text { .. } => "pnd-msg",
        DriverEventKind::Predefined { .. } => "pnd-msg-prd",
        DriverEventKind::Form { .. } => "form",
        DriverEventKind::Service { .. } => "service-generic",
    };
    about(of(mobile.uid), kind, out, |o| {
        event::from_driver(event, mobile, last, offset_s, o.member("event"));
    });
}
