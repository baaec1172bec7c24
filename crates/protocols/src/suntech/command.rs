//! Commands: lines that are worded for the form that the device speaks.

use model::{Command, DeviceId, Order};

use crate::framed::Encoded;
use crate::session::OrderRefused;

/// By what the answer to a command is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// An answer; it does not say to what.
    Answer,
    /// The status that tells levels.
    Levels,
}

/// The form that a device speaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// With a map.
    Universal,
    /// With a head that names this model.
    Legacy(String),
}

impl Default for Form {
    fn default() -> Self {
        Self::Legacy("SA200".to_owned())
    }
}

impl Form {
    /// The form of a model, which is written as in `ST300` or `ST4305`: those with four digits and more speak the
    /// universal one.
    pub(super) fn of_model(model: &str) -> Option<Self> {
        let model = model.trim().to_ascii_uppercase();
        let rest = model.strip_prefix("ST").or_else(|| model.strip_prefix("SA"))?;
        match rest.bytes().take_while(u8::is_ascii_digit).count() {
            3 => model.get(..5).map(|model| Self::Legacy(model.to_owned())),
            4.. => Some(Self::Universal),
            _ => None,
        }
    }
}

const OUTPUTS: std::ops::RangeInclusive<u8> = 1..=3;

pub(super) fn encode(
    order: &Order,
    form: &Form,
    device: &DeviceId,
    command_bytes_max: usize,
) -> Result<Encoded<Awaited>, OrderRefused> {
    let line = |content: &str| match form {
        Form::Universal => format!("CMD;{device};{content}\r"),
        Form::Legacy(model) => format!("{model}CMD;{device};02;{content}\r"),
    };
    let either = |universal: &str, legacy: &str| match form {
        Form::Universal => line(universal),
        Form::Legacy(_) => line(legacy),
    };
    let output = |number: u8, on: bool| {
        // Two codes for each output, on and off; the third has its own.
        let on_code = if number == 3 { 9 } else { number * 2 - 1 };
        let code = on_code + u8::from(!on);
        either(&format!("04;{code:02}"), &format!("{}{number}", if on { "Enable" } else { "Disable" }))
    };
    let (text, awaited) = match order {
        Order::Locate => (either("03;01", "StatusReq"), Awaited::Answer),
        Order::ReadLevels => (either("03;01", "StatusReq"), Awaited::Levels),
        Order::Restart => (either("03;03", "Reboot"), Awaited::Answer),
        Order::Do(Command::Output { number, on }) if OUTPUTS.contains(number) => {
            (output(*number, *on), Awaited::Answer)
        }
        // The relay that output 1 drives cuts the engine off.
        Order::Engine { on } => (output(1, !on), Awaited::Answer),
        Order::Do(Command::Text(text)) => match text.trim() {
            "" => return Err(OrderRefused::NoSuchCommand),
            whole if whole.contains("CMD;") => (format!("{whole}\r"), Awaited::Answer),
            content => (line(content), Awaited::Answer),
        },
        Order::Do(Command::Bytes(bytes)) if bytes.len() > command_bytes_max => return Err(OrderRefused::TooLong),
        Order::Do(Command::Bytes(bytes)) => return Ok(Encoded { bytes: bytes.clone(), awaits: None }),
        Order::Do(Command::Output { .. }) | Order::Interval { .. } | Order::Arm { .. } => {
            return Err(OrderRefused::NoSuchCommand);
        }
    };
    if text.len() > command_bytes_max {
        return Err(OrderRefused::TooLong);
    }
    Ok(Encoded { bytes: text.into_bytes(), awaits: Some(awaited) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_speak_in_forms() {
        let check = |model: &str, wanted: Option<Form>| assert_eq!(Form::of_model(model), wanted, "{model}");
        check("ST300H", Some(Form::Legacy("ST300".to_owned())));
        check("st910", Some(Form::Legacy("ST910".to_owned())));
        check("ST4305", Some(Form::Universal));
        check("GV55", None);
        check("STé", None);
    }

    #[test]
    fn orders_become_commands() {
        let device = DeviceId::new("205000014").expect("is one");
        let check = |order: Order, wanted: Result<(&str, &str, Awaited), OrderRefused>| {
            let said = |form: Form| {
                let encoded = encode(&order, &form, &device, 40)?;
                Ok((String::from_utf8(encoded.bytes).expect("is text"), encoded.awaits))
            };
            let nth = |which: usize| wanted.map(|w| ([w.0, w.1][which].replace('~', "205000014"), Some(w.2)));
            assert_eq!(said(Form::Universal), nth(0), "{order:?}");
            assert_eq!(said(Form::Legacy("ST300".to_owned())), nth(1), "{order:?}");
        };
        let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
        let output = |number, on| Order::Do(Command::Output { number, on });
        let answer = Awaited::Answer;
        check(Order::Locate, Ok(("CMD;~;03;01\r", "ST300CMD;~;02;StatusReq\r", answer)));
        check(Order::ReadLevels, Ok(("CMD;~;03;01\r", "ST300CMD;~;02;StatusReq\r", Awaited::Levels)));
        check(Order::Restart, Ok(("CMD;~;03;03\r", "ST300CMD;~;02;Reboot\r", answer)));
        check(output(1, true), Ok(("CMD;~;04;01\r", "ST300CMD;~;02;Enable1\r", answer)));
        check(output(1, false), Ok(("CMD;~;04;02\r", "ST300CMD;~;02;Disable1\r", answer)));
        check(output(2, true), Ok(("CMD;~;04;03\r", "ST300CMD;~;02;Enable2\r", answer)));
        check(output(2, false), Ok(("CMD;~;04;04\r", "ST300CMD;~;02;Disable2\r", answer)));
        check(output(3, true), Ok(("CMD;~;04;09\r", "ST300CMD;~;02;Enable3\r", answer)));
        check(output(3, false), Ok(("CMD;~;04;10\r", "ST300CMD;~;02;Disable3\r", answer)));
        check(output(4, true), Err(OrderRefused::NoSuchCommand));
        check(Order::Engine { on: false }, Ok(("CMD;~;04;01\r", "ST300CMD;~;02;Enable1\r", answer)));
        check(Order::Engine { on: true }, Ok(("CMD;~;04;02\r", "ST300CMD;~;02;Disable1\r", answer)));
        check(text("Preset"), Ok(("CMD;~;Preset\r", "ST300CMD;~;02;Preset\r", answer)));
        check(text("CMD;1;05;01"), Ok(("CMD;1;05;01\r", "CMD;1;05;01\r", answer)));
        check(text(" "), Err(OrderRefused::NoSuchCommand));
        check(text(&"x".repeat(40)), Err(OrderRefused::TooLong));
        check(Order::Interval { every_s: 30 }, Err(OrderRefused::NoSuchCommand));
        check(Order::Arm { on: true }, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Bytes(vec![0; 41])), Err(OrderRefused::TooLong));
        let none = encode(&Order::Do(Command::Bytes(b"raw".to_vec())), &Form::Universal, &device, 40);
        assert!(none.is_ok_and(|e| e.awaits.is_none()));
        assert!(encode(&Order::Locate, &Form::default(), &device, 40).is_ok_and(|e| e.bytes.starts_with(b"SA200CMD;")));
    }
}
