//! Types of devices, and what their lines do differently.

use model::DeviceSettings;

/// Type of a device, in hexadecimal, and the model that it is.
const MODELS: &[(&str, &str)] = &[
    ("02", "GL200"),
    ("21", "GL200"),
    ("04", "GV200"),
    ("35", "GV200"),
    ("06", "GV300"),
    ("25", "GV300"),
    ("08", "GMT100"),
    ("3F", "GMT100"),
    ("09", "GV50P"),
    ("0F", "GV55"),
    ("2F", "GV55"),
    ("10", "GV55 Lite"),
    ("11", "GL500"),
    ("40", "GL500"),
    ("1A", "GL300"),
    ("30", "GL300"),
    ("1F", "GV500"),
    ("36", "GV500"),
    ("27", "GV300W"),
    ("28", "GL300VC"),
    ("2C", "GL300W"),
    ("2D", "GV500VC"),
    ("31", "GV65"),
    ("41", "GV75W"),
    ("42", "GT501"),
    ("44", "GL530"),
    ("45", "GB100"),
    ("4F", "GV56"),
    ("50", "GV55W"),
    ("52", "GL50"),
    ("55", "GL50B"),
    ("5E", "GV500MAP"),
    ("6E", "GV310LAU"),
    ("BD", "CV200"),
    ("C2", "GV600M"),
    ("C3", "GL320M"),
    ("DC", "GV600MG"),
    ("DE", "GL500M"),
    ("DF", "CV100LG"),
    ("F1", "GV350M"),
    ("F8", "GV800W"),
    ("FC", "GV600W"),
    ("802004", "GV58LAU"),
    ("802005", "GV355CEU"),
    ("80201E", "GV30CEU"),
];

/// The line of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// Its model; empty if its type is not known.
    pub(super) model: &'static str,
}

impl Line {
    /// By type and version, in hexadecimal: the last four digits are the version.
    pub(super) fn of(version: &str) -> Self {
        let kind = version.get(..version.len().saturating_sub(4)).unwrap_or_default();
        Self::of_type(kind)
    }

    /// By type alone, in hexadecimal.
    pub(super) fn of_type(kind: &str) -> Self {
        let known = MODELS.iter().find(|(of, _)| of.eq_ignore_ascii_case(kind));
        Self { model: known.map_or("", |(_, model)| model) }
    }

    /// By the model that is set for a device, for types that are not known: the longest name that it begins with.
    pub(super) fn of_settings(settings: &DeviceSettings) -> Self {
        let set = settings.model.as_deref().unwrap_or_default().trim();
        let begins = |name: &str| set.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let known = MODELS.iter().map(|(_, name)| *name).filter(|name| begins(name));
        Self { model: known.max_by_key(|name| name.len()).unwrap_or_default() }
    }

    fn begins(self, start: &str) -> bool {
        self.model.starts_with(start)
    }

    /// Asset trackers of the newer kind: GL500, GL505, GL530.
    pub(super) fn is_gl5xx(self) -> bool {
        self.begins("GL50") && self.model.len() > 5 || self.model == "GL500" || self.begins("GL53")
    }

    /// Asset trackers whose tail begins with the signal: GL50, GL530.
    pub(super) fn tells_signal_last(self) -> bool {
        ["GL50", "GL50B", "GL530"].contains(&self.model)
    }

    /// Asset trackers of the older kind, which tell little behind a place.
    pub(super) fn is_older_asset(self) -> bool {
        ["GL2", "GL3", "GT5"].iter().any(|start| self.begins(start))
    }

    /// Devices that are built into vehicles.
    pub(super) fn is_vehicle(self) -> bool {
        ["GV", "GMT", "CV"].iter().any(|start| self.begins(start))
    }

    pub(super) fn is(self, model: &str) -> bool {
        self.model == model
    }

    /// The third field after the hour meter is the third analogue input.
    pub(super) fn has_third_analogue(self) -> bool {
        self.is("GV200") || self.is("GV310LAU")
    }

    /// The sensors' raw frames have a length before them.
    pub(super) fn is_gv600m(self) -> bool {
        self.begins("GV600M")
    }

    /// What commands carry unless something else is set: the model's name, which devices are delivered with.
    pub(super) fn password(self, settings: &DeviceSettings, name: &str) -> String {
        let usual = settings.model.as_deref().filter(|_| settings.password.is_none());
        let text = match (settings.password.as_deref(), usual, self.model) {
            (Some(password), ..) => return password.to_owned(),
            (None, Some(model), _) => model,
            (None, None, "") => name,
            (None, None, model) => model,
        };
        text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_of_two_lengths() {
        let check = |version: &str, wanted: &str| assert_eq!(Line::of(version).model, wanted, "{version}");
        check("2F0E03", "GV55");
        check("2f0E03", "GV55");
        check("8020050101", "GV355CEU");
        check("C30101", "GL320M");
        check("770101", "");
        check("", "");
        check("é0101", "");
    }

    #[test]
    fn the_model_that_is_set_stands_for_its_line() {
        let check = |model: &str, wanted: &str| {
            let settings = DeviceSettings { model: Some(model.into()), ..DeviceSettings::default() };
            assert_eq!(Line::of_settings(&settings).model, wanted, "{model}");
        };
        check("GL500M", "GL500M");
        check("gl500 Lite", "GL500");
        check("GV350CEU", "");
        check("GV3é", "");
        assert_eq!(Line::of_settings(&DeviceSettings::default()).model, "");
    }

    #[test]
    fn lines_are_told_apart() {
        let check = |model: &'static str, is_gl5xx: bool, signal: bool| {
            let line = Line { model };
            assert_eq!((line.is_gl5xx(), line.tells_signal_last()), (is_gl5xx, signal), "{model}");
        };
        check("GL500", true, false);
        check("GL500M", true, false);
        check("GL530", true, true);
        check("GL50", false, true);
        check("GL50B", false, true);
        check("GL300", false, false);
        check("GV500", false, false);
    }

    #[test]
    fn the_password_is_the_models_name_until_it_is_set() {
        let mut settings = DeviceSettings::default();
        let check = |settings: &DeviceSettings, version: &str, wanted: &str| {
            assert_eq!(Line::of(version).password(settings, "My-Car 1"), wanted);
        };
        check(&settings, "2F0E03", "gv55");
        check(&settings, "100E03", "gv55lite");
        check(&settings, "770E03", "mycar1");
        settings.model = Some("GL300W".into());
        check(&settings, "2F0E03", "gl300w");
        settings.password = Some("Se-Cret".into());
        check(&settings, "2F0E03", "Se-Cret");
    }
}
