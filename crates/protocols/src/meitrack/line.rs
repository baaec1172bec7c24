//! Lines of devices that count volts in steps of their own.

use model::DeviceSettings;

/// A line, as far as its analogue inputs are its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// MVT340 and MVT380.
    Mvt340,
    /// T1, T3, MVT100, MVT600, MVT800 and TC68.
    T1,
    Mt90,
    Mt90g,
}

/// What the names of models begin with; of two that fit, the first counts.
const LINES: &[(Line, &[&str])] = &[
    (Line::Mvt340, &["MVT340", "MVT380"]),
    (Line::T1, &["T1", "T3", "MVT100", "MVT600", "MVT800", "TC68"]),
    (Line::Mt90g, &["MT90G"]),
    (Line::Mt90, &["MT90"]),
];

impl Line {
    /// The line that the device's model belongs to. `None`: what present devices do is taken.
    pub(super) fn of(settings: &DeviceSettings) -> Option<Self> {
        LINES.iter().find(|(_, models)| settings.is_model(models)).map(|(line, _)| *line)
    }
}
