//! The models of devices that can be registered.

use model::{DeviceId, IgnitionSource, SourceSettings, attr};

use crate::error::DeviceIdProblem;

/// A model. One for each protocol family, and what clients know by a name of its own.
#[derive(PartialEq, Eq, Debug)]
pub struct Model {
    /// Its number.
    pub id: u32,
    /// Its code, by which trackers are registered.
    pub code: &'static str,
    /// Who makes it.
    pub vendor: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What the ids of its devices look like.
    pub id_pattern: IdPattern,
    /// Digital inputs.
    pub inputs_count: u8,
    /// Digital outputs.
    pub outputs_count: u8,
    /// Whether devices say in their reports if the ignition is on.
    pub reports_ignition: bool,
    /// Whether it is an application on a phone: registered in other ways, and never lost however long it is silent.
    pub phone_app: bool,
    /// Whether its protocol has a way to tell a device to do something.
    pub has_commands: bool,
    /// Whether its driver can be written to.
    pub has_chat: bool,
}

/// What the ids of a model's devices look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdPattern {
    /// Letters, digits and hyphens.
    Ascii {
        /// Fewest characters.
        chars_min: usize,
        /// Most characters.
        chars_max: usize,
    },
    /// 15 digits. The check digit is not judged: clones and simulators get it wrong.
    Imei,
    /// Any text that fits a [`DeviceId`].
    Text,
    /// The server makes it.
    Generated,
}

/// All models.
pub const MODELS: &[Model] = &[
    Model {
        id: 1,
        code: "navixy_ngp",
        vendor: "Navixy",
        name: "Navixy Generic Protocol",
        id_pattern: IdPattern::Ascii { chars_min: 6, chars_max: 32 },
        inputs_count: 8,
        outputs_count: 8,
        reports_ignition: false,
        phone_app: false,
        has_commands: false,
        has_chat: false,
    },
    Model {
        id: 2,
        code: "teltonika",
        vendor: "Teltonika",
        name: "Teltonika",
        id_pattern: IdPattern::Imei,
        inputs_count: 4,
        outputs_count: 3,
        reports_ignition: true,
        phone_app: false,
        has_commands: true,
        has_chat: false,
    },
    Model {
        id: 3,
        code: "telfmb920",
        vendor: "Teltonika",
        name: "Teltonika FMB920",
        id_pattern: IdPattern::Imei,
        inputs_count: 4,
        outputs_count: 3,
        reports_ignition: true,
        phone_app: false,
        has_commands: true,
        has_chat: false,
    },
    Model {
        id: 4,
        code: "osmand",
        vendor: "OsmAnd",
        name: "OsmAnd and compatible",
        id_pattern: IdPattern::Text,
        inputs_count: 0,
        outputs_count: 0,
        reports_ignition: true,
        phone_app: false,
        has_commands: true,
        has_chat: false,
    },
    Model {
        id: 5,
        code: "mobile_unknown_xgps",
        vendor: "Odograph",
        name: "Phone application",
        id_pattern: IdPattern::Generated,
        inputs_count: 0,
        outputs_count: 0,
        reports_ignition: false,
        phone_app: true,
        has_commands: false,
        has_chat: true,
    },
    Model {
        id: 6,
        code: "gt06",
        vendor: "Concox",
        name: "GT06 and compatible",
        id_pattern: IdPattern::Imei,
        inputs_count: 2,
        outputs_count: 1,
        reports_ignition: true,
        phone_app: false,
        has_commands: true,
        has_chat: false,
    },
    Model {
        id: 7,
        code: "ruptela",
        vendor: "Ruptela",
        name: "Ruptela",
        id_pattern: IdPattern::Imei,
        inputs_count: 4,
        outputs_count: 2,
        reports_ignition: true,
        phone_app: false,
        has_commands: true,
        has_chat: false,
    },
    Model {
        id: 8,
        code: "meitrack",
        vendor: "Meitrack",
        name: "Meitrack",
        id_pattern: IdPattern::Imei,
        inputs_count: 5,
        outputs_count: 5,
        reports_ignition: true,
        phone_app: false,
        has_commands: true,
        has_chat: false,
    },
    tracker(9, "queclink", "Queclink", "Queclink @Track", IdPattern::Imei, 4, 3),
    // A phone number without the zeros in front, or an IMEI.
    tracker(10, "jt808", "JT/T 808", "JT/T 808 and compatible", IdPattern::Ascii { chars_min: 4, chars_max: 20 }, 2, 2),
    tracker(11, "h02", "H02", "H02 and compatible", IdPattern::Ascii { chars_min: 8, chars_max: 15 }, 1, 1),
    tracker(12, "suntech", "Suntech", "Suntech", IdPattern::Ascii { chars_min: 5, chars_max: 15 }, 3, 3),
    tracker(13, "gps103", "Coban", "GPS103 and compatible", IdPattern::Imei, 1, 1),
    tracker(14, "tk103", "TK103", "TK103 and compatible", IdPattern::Ascii { chars_min: 10, chars_max: 15 }, 2, 2),
    Model { reports_ignition: false, ..tracker(15, "wialon_ips", "Wialon", "Wialon IPS", IdPattern::Text, 8, 8) },
    Model { reports_ignition: false, ..tracker(16, "galileosky", "Galileosky", "Galileosky", IdPattern::Imei, 4, 4) },
    // An IMEI, or the number of a terminal or of an object.
    Model {
        reports_ignition: false,
        ..tracker(17, "egts", "EGTS", "EGTS", IdPattern::Ascii { chars_min: 1, chars_max: 15 }, 8, 0)
    },
];

/// A vehicle's tracker that says whether the ignition is on, and takes commands.
const fn tracker(
    id: u32,
    code: &'static str,
    vendor: &'static str,
    name: &'static str,
    id_pattern: IdPattern,
    inputs_count: u8,
    outputs_count: u8,
) -> Model {
    Model {
        id,
        code,
        vendor,
        name,
        id_pattern,
        inputs_count,
        outputs_count,
        reports_ignition: true,
        phone_app: false,
        has_commands: true,
        has_chat: false,
    }
}

/// The ways of registering: numbers that clients know as "plugins". One of each pair is free, the other asks for an
/// activation code.
const PLUGINS: &[(u32, Way)] = &[
    (44, Way { phone_app: false, needs_code: false }),
    (37, Way { phone_app: false, needs_code: true }),
    (35, Way { phone_app: true, needs_code: false }),
    (68, Way { phone_app: true, needs_code: true }),
];

struct Way {
    phone_app: bool,
    needs_code: bool,
}

/// The model with this code.
pub fn model(code: &str) -> Option<&'static Model> {
    MODELS.iter().find(|m| m.code == code)
}

/// The model of devices of which no more is known than the protocol that they speak.
pub fn model_of_protocol(protocol: &str) -> Option<&'static Model> {
    let code = match protocol {
        // Over MQTT no other is spoken, and over HTTP on a port that is open to all it is mostly phones.
        "ngp" | "mqtt" => "navixy_ngp".to_owned(),
        "http" => "osmand".to_owned(),
        own => own.replace('-', "_"),
    };
    // What an application on a phone speaks is a protocol of others.
    model(&code).filter(|model| !model.phone_app)
}

/// Why a device cannot be registered in a way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PluginRefusal {
    Unknown,
    NeedsCode,
}

impl Model {
    /// The settings of a source of this model until somebody changes them.
    pub fn settings(&self) -> SourceSettings {
        SourceSettings {
            inputs_count: self.inputs_count,
            outputs_count: self.outputs_count,
            ignition: match self.reports_ignition {
                true => IgnitionSource::Attribute(attr::IGNITION),
                false => IgnitionSource::None,
            },
            waits_forever: self.phone_app,
            ..SourceSettings::default()
        }
    }

    /// Whether a tracker of this model may be registered in this way.
    pub(crate) fn check_plugin(&self, plugin: u32) -> Result<(), PluginRefusal> {
        let way = PLUGINS.iter().find(|(number, way)| *number == plugin && way.phone_app == self.phone_app);
        match way {
            Some((_, way)) if way.needs_code => Err(PluginRefusal::NeedsCode),
            Some(_) => Ok(()),
            None => Err(PluginRefusal::Unknown),
        }
    }
}

impl IdPattern {
    /// Takes what a caller says is the id of a device; `None` when the server makes ids of this pattern.
    pub(crate) fn check(self, id: Option<&str>) -> Result<Option<DeviceId>, DeviceIdProblem> {
        let given = || id.filter(|id| !id.is_empty()).ok_or(DeviceIdProblem::Missing);
        let text = |id: &str| DeviceId::new(id).map(Some).ok_or(DeviceIdProblem::Text);
        match self {
            Self::Generated => Ok(None),
            Self::Text => text(given()?),
            Self::Imei => match given()? {
                id if id.len() == 15 && id.bytes().all(|b| b.is_ascii_digit()) => text(id),
                _ => Err(DeviceIdProblem::Imei),
            },
            Self::Ascii { chars_min, chars_max } => {
                let id = given()?;
                let in_alphabet = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                if !in_alphabet || id.len() > DeviceId::MAX_BYTES {
                    return Err(DeviceIdProblem::Alphabet);
                }
                match (chars_min..=chars_max).contains(&id.len()) {
                    true => text(id),
                    false => Err(DeviceIdProblem::Length { chars_min, chars_max }),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_judged_by_the_model() {
        let check = |code: &str, id: Option<&str>, expected: Result<Option<&str>, DeviceIdProblem>| {
            let found = model(code).expect(code).id_pattern.check(id);
            let expected = expected.map(|id| id.map(|id| DeviceId::new(id).expect("valid")));
            assert_eq!(found, expected, "{code} {id:?}");
        };
        use DeviceIdProblem::*;
        let length = Length { chars_min: 6, chars_max: 32 };
        check("navixy_ngp", Some("yard-7"), Ok(Some("yard-7")));
        check("navixy_ngp", Some("yard7"), Err(length));
        check("navixy_ngp", Some(&"x".repeat(32)), Ok(Some(&"x".repeat(32))));
        check("navixy_ngp", Some(&"x".repeat(33)), Err(length));
        check("navixy_ngp", Some(&"x".repeat(65)), Err(Alphabet));
        check("navixy_ngp", Some("yard_7"), Err(Alphabet));
        check("navixy_ngp", Some(""), Err(Missing));
        check("navixy_ngp", None, Err(Missing));
        check("teltonika", Some("356307042441013"), Ok(Some("356307042441013")));
        check("telfmb920", Some("000000000000000"), Ok(Some("000000000000000")));
        check("teltonika", Some("35630704244101"), Err(Imei));
        check("teltonika", Some("35630704244101x"), Err(Imei));
        check("teltonika", None, Err(Missing));
        check("jt808", Some("13912345678"), Ok(Some("13912345678")));
        check("jt808", Some("139"), Err(Length { chars_min: 4, chars_max: 20 }));
        check("h02", Some("4210050014"), Ok(Some("4210050014")));
        check("suntech", Some("205000014"), Ok(Some("205000014")));
        check("tk103", Some("012345678901"), Ok(Some("012345678901")));
        check("wialon_ips", Some("yard van 7"), Ok(Some("yard van 7")));
        check("egts", Some("7"), Ok(Some("7")));
        check("queclink", Some("7"), Err(Imei));
        check("osmand", Some("Ä b/c"), Ok(Some("Ä b/c")));
        check("osmand", Some(&"x".repeat(65)), Err(Text));
        check("osmand", Some("a\nb"), Err(Text));
        check("mobile_unknown_xgps", Some("mine"), Ok(None));
        check("mobile_unknown_xgps", None, Ok(None));
    }

    #[test]
    fn each_model_has_its_ways_of_registering() {
        let check = |code: &str, plugin: u32, expected: Result<(), PluginRefusal>| {
            assert_eq!(model(code).expect(code).check_plugin(plugin), expected, "{code} {plugin}");
        };
        check("navixy_ngp", 44, Ok(()));
        check("navixy_ngp", 37, Err(PluginRefusal::NeedsCode));
        check("navixy_ngp", 35, Err(PluginRefusal::Unknown));
        check("mobile_unknown_xgps", 35, Ok(()));
        check("mobile_unknown_xgps", 68, Err(PluginRefusal::NeedsCode));
        check("mobile_unknown_xgps", 44, Err(PluginRefusal::Unknown));
        check("osmand", 0, Err(PluginRefusal::Unknown));
    }

    #[test]
    fn codes_and_numbers_are_unique() {
        for (i, a) in MODELS.iter().enumerate() {
            assert!(MODELS[i + 1..].iter().all(|b| a.code != b.code && a.id != b.id), "{}", a.code);
            assert_eq!(model(a.code), Some(a));
        }
    }

    #[test]
    fn a_protocol_has_a_model() {
        let check = |protocol: &str, code: Option<&str>| {
            assert_eq!(model_of_protocol(protocol).map(|model| model.code), code, "{protocol}");
        };
        check("ngp", Some("navixy_ngp"));
        check("mqtt", Some("navixy_ngp"));
        check("http", Some("osmand"));
        check("wialon-ips", Some("wialon_ips"));
        check("teltonika", Some("teltonika"));
        check("egts", Some("egts"));
        check("mobile-unknown-xgps", None);
        check("", None);
    }

    #[test]
    fn settings_follow_the_model() {
        let settings = |code| model(code).expect("known").settings();
        assert_eq!((settings("navixy_ngp").inputs_count, settings("navixy_ngp").outputs_count), (8, 8));
        assert_eq!(settings("navixy_ngp").ignition, IgnitionSource::None);
        assert_eq!(settings("osmand").ignition, IgnitionSource::Attribute(attr::IGNITION));
        assert!(settings("mobile_unknown_xgps").waits_forever && !settings("teltonika").waits_forever);
    }
}
