//! Abstract commands: their names, what they take, and their bytes in a family's words.

use std::fmt;

use model::{Command, Order};
use protocols::OrderRefused;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::Inspector;
use crate::hex;

/// One type of command.
#[derive(Clone, Copy, Debug)]
pub struct OrderType {
    /// Its name.
    pub name: &'static str,
    /// Other names that it goes by in the field.
    pub aliases: &'static [&'static str],
    /// What it takes, in words.
    pub takes: &'static str,
    /// What it does.
    pub about: &'static str,
    make: fn(&Map<String, Json>) -> Option<Order>,
}

/// All types, in the order in which they are listed to people.
pub const ORDER_TYPES: &[OrderType] = &[
    OrderType {
        name: "text",
        aliases: &["freetext", "custom", "command", "message"],
        takes: "text",
        about: "A text in the device's own language.",
        make: |a| words(a).map(|text| Order::Do(Command::Text(text))),
    },
    OrderType {
        name: "bytes",
        aliases: &["raw", "hex", "binary"],
        takes: "bytes, as hexadecimal digits",
        about: "Bytes in the device's own protocol.",
        make: |a| hex(&words(a)?).map(|bytes| Order::Do(Command::Bytes(bytes))),
    },
    OrderType {
        name: "output",
        aliases: &["outputcontrol", "setoutput", "outputset"],
        takes: "number from 1, and on",
        about: "Switches a digital output.",
        make: |a| {
            let number = whole(a, &["number", "output", "index"])?.try_into().ok().filter(|n| *n > 0)?;
            Some(Order::Do(Command::Output { number, on: flag(a)? }))
        },
    },
    OrderType {
        name: "engine_cut",
        aliases: &["enginestop", "cut", "cutengine", "block", "immobilize"],
        takes: "nothing",
        about: "Cuts the engine off, as devices of the family are usually wired.",
        make: |_| Some(Order::Engine { on: false }),
    },
    OrderType {
        name: "engine_restore",
        aliases: &["engineresume", "restore", "resume", "unblock", "enginestart"],
        takes: "nothing",
        about: "Lets the engine run again.",
        make: |_| Some(Order::Engine { on: true }),
    },
    OrderType {
        name: "engine",
        aliases: &["enginecontrol"],
        takes: "on",
        about: "Cuts the engine off, or lets it run again.",
        make: |a| Some(Order::Engine { on: flag(a)? }),
    },
    OrderType {
        name: "position",
        aliases: &["positionnow", "positionsingle", "locate"],
        takes: "nothing",
        about: "Asks where the device is now.",
        make: |_| Some(Order::Locate),
    },
    OrderType {
        name: "getio",
        aliases: &["levels", "readlevels", "io"],
        takes: "nothing",
        about: "Asks for the levels of inputs and outputs.",
        make: |_| Some(Order::ReadLevels),
    },
    OrderType {
        name: "interval",
        aliases: &["positionperiodic", "reportinterval", "frequency", "setinterval"],
        takes: "every_s, in seconds",
        about: "Sets how often the device reports.",
        make: |a| {
            let every_s = whole(a, &["every_s", "interval_s", "interval", "frequency", "seconds"])?;
            Some(Order::Interval { every_s: every_s.try_into().ok().filter(|s| *s > 0)? })
        },
    },
    OrderType {
        name: "restart",
        aliases: &["reboot", "rebootdevice", "reset"],
        takes: "nothing",
        about: "Starts the device anew.",
        make: |_| Some(Order::Restart),
    },
    OrderType {
        name: "arm",
        aliases: &["alarmarm", "armalarm"],
        takes: "nothing",
        about: "Arms the device's alarm.",
        make: |_| Some(Order::Arm { on: true }),
    },
    OrderType {
        name: "disarm",
        aliases: &["alarmdisarm", "disarmalarm"],
        takes: "nothing",
        about: "Disarms the device's alarm.",
        make: |_| Some(Order::Arm { on: false }),
    },
];

/// Why a command has no bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommandError {
    /// Not a JSON object with `type`, and `attributes` that are an object if they are there.
    NotACommand,
    /// There is no type of this name.
    UnknownType,
    /// The attributes are not what the type takes.
    Attributes {
        /// What it takes.
        takes: &'static str,
    },
    /// The family has no such command, or it does not fit.
    Refused(OrderRefused),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACommand => f.write_str("not a command: {\"type\":…,\"attributes\":{…}} is"),
            Self::UnknownType => {
                let names: Vec<_> = ORDER_TYPES.iter().map(|known| known.name).collect();
                write!(f, "unknown type; known are {}", names.join(", "))
            }
            Self::Attributes { takes } => write!(f, "attributes do not fit; this type takes {takes}"),
            Self::Refused(OrderRefused::NoSuchCommand) => f.write_str("the protocol has no such command"),
            Self::Refused(OrderRefused::TooLong) => f.write_str("longer than the protocol carries"),
            Self::Refused(OrderRefused::Busy) => f.write_str("another command is under way"),
            Self::Refused(OrderRefused::NotIdentified) => f.write_str("no device is named"),
        }
    }
}

impl std::error::Error for CommandError {}

#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    attributes: Map<String, Json>,
}

/// The order that a JSON object `{"type":…,"attributes":{…}}` means.
///
/// # Errors
///
/// See [`CommandError`]; the family has no part in it yet.
pub fn order(json: &str) -> Result<Order, CommandError> {
    let wanted: Wanted = serde_json::from_str(json).map_err(|_| CommandError::NotACommand)?;
    let plain: String = wanted.kind.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_called = |name: &str| name.replace('_', "").eq_ignore_ascii_case(&plain);
    let is_it = |known: &&OrderType| is_called(known.name) || known.aliases.iter().any(|alias| is_called(alias));
    let known = ORDER_TYPES.iter().find(is_it).ok_or(CommandError::UnknownType)?;
    (known.make)(&wanted.attributes).ok_or(CommandError::Attributes { takes: known.takes })
}

/// The bytes that the server would send for an order.
///
/// # Errors
///
/// [`CommandError::Refused`].
pub fn encode(inspector: &mut Inspector, order: &Order) -> Result<Vec<u8>, CommandError> {
    let bytes = inspector.order(order).map_err(CommandError::Refused)?;
    match order {
        // Some devices are only ever answered; what they are told is the body of an answer.
        Order::Do(Command::Text(text)) if bytes.is_empty() => Ok(text.clone().into_bytes()),
        _ => Ok(bytes),
    }
}

fn value<'a>(attributes: &'a Map<String, Json>, names: &[&str]) -> Option<&'a Json> {
    names.iter().find_map(|name| attributes.get(*name))
}

fn words(attributes: &Map<String, Json>) -> Option<String> {
    let text = value(attributes, &["text", "data", "command", "bytes", "message"])?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn whole(attributes: &Map<String, Json>, names: &[&str]) -> Option<u64> {
    match value(attributes, names)? {
        Json::Number(n) => n.as_u64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether something is to be on.
fn flag(attributes: &Map<String, Json>) -> Option<bool> {
    match value(attributes, &["on", "enable", "state", "value", "data"])? {
        Json::Bool(on) => Some(*on),
        Json::Number(n) => n.as_u64().filter(|n| *n <= 1).map(|n| n == 1),
        Json::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "on" => Some(true),
            "0" | "false" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use model::{DeviceId, DeviceSettings, Timestamp};
    use protocols::{Limits, family};

    use super::*;

    #[test]
    fn json_becomes_an_order() {
        let check = |json: &str, wanted: Result<Order, CommandError>| assert_eq!(order(json), wanted, "{json}");
        let text = |text: &str| Ok(Order::Do(Command::Text(text.to_owned())));
        check(r#"{"type":"text","attributes":{"text":"STATUS#"}}"#, text("STATUS#"));
        check(r#"{"type":"custom","attributes":{"data":"getver"}}"#, text("getver"));
        check(
            r#"{"type":"output","attributes":{"number":2,"on":true}}"#,
            Ok(Order::Do(Command::Output { number: 2, on: true })),
        );
        check(
            r#"{"type":"outputControl","attributes":{"index":1,"data":"0"}}"#,
            Ok(Order::Do(Command::Output { number: 1, on: false })),
        );
        check(r#"{"type":"engineStop"}"#, Ok(Order::Engine { on: false }));
        check(r#"{"type":"engine_restore","attributes":{}}"#, Ok(Order::Engine { on: true }));
        check(r#"{"type":"engine","attributes":{"on":false}}"#, Ok(Order::Engine { on: false }));
        check(r#"{"type":"Position Now"}"#, Ok(Order::Locate));
        check(r#"{"type":"getio"}"#, Ok(Order::ReadLevels));
        check(r#"{"type":"interval","attributes":{"every_s":30}}"#, Ok(Order::Interval { every_s: 30 }));
        check(r#"{"type":"raw","attributes":{"bytes":"0aFF"}}"#, Ok(Order::Do(Command::Bytes(vec![10, 255]))));
        check(
            r#"{"type":"output","attributes":{"on":true}}"#,
            Err(CommandError::Attributes { takes: "number from 1, and on" }),
        );
        check(
            r#"{"type":"interval","attributes":{"every_s":0}}"#,
            Err(CommandError::Attributes { takes: "every_s, in seconds" }),
        );
        check(r#"{"type":"dance"}"#, Err(CommandError::UnknownType));
        check("[]", Err(CommandError::NotACommand));
        check("{", Err(CommandError::NotACommand));
    }

    #[test]
    fn names_are_unambiguous() {
        let all: Vec<&str> =
            ORDER_TYPES.iter().flat_map(|t| std::iter::once(t.name).chain(t.aliases.iter().copied())).collect();
        for (nth, name) in all.iter().enumerate() {
            assert!(!all[..nth].contains(name), "{name}");
        }
    }

    #[test]
    fn an_order_becomes_bytes() {
        let check = |name: &str, json: &str, wanted: Result<&str, CommandError>| {
            let family = family(name).expect("is registered");
            let device = DeviceId::new("350000000000014");
            let now = Timestamp::from_ms_clamped(1_773_480_414_000);
            let mut inspector = Inspector::new(family, DeviceSettings::default(), device, &Limits::default(), now);
            let told = order(json).and_then(|order| encode(&mut inspector, &order));
            assert_eq!(told.map(|bytes| crate::to_hex(&bytes)), wanted.map(str::to_owned), "{name} {json}");
        };
        check("teltonika", r#"{"type":"getio"}"#, Ok("000000000000000d0c010500000005676574696f01000000cb"));
        check("osmand", r#"{"type":"text","attributes":{"text":"hi"}}"#, Ok("6869"));
        check("ngp", r#"{"type":"position"}"#, Err(CommandError::Refused(OrderRefused::NoSuchCommand)));
    }
}
