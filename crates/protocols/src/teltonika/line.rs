//! Lines of devices, as far as the meaning of I/O elements differs.

use model::DeviceSettings;

/// A line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// FMB, FMC, FMM and FMU 1xx, 2xx, 9xx and 00x.
    Fmx1,
    /// FMB, FMC and FMM 63x to 65x.
    Fm6,
    /// Asset trackers.
    Tat,
    /// Light electric vehicles.
    Tft,
}

/// What the names of models begin with; of two that fit, the first counts.
const LINES: &[(Line, &[&str])] = &[
    (
        Line::Fm6,
        &["FMB63", "FMB64", "FMB65", "FMC63", "FMC64", "FMC65", "FMM63", "FMM64", "FMM65", "FM63", "FM64", "FM65"],
    ),
    (Line::Tat, &["TAT"]),
    (Line::Tft, &["TFT"]),
    (Line::Fmx1, &["FMB", "FMC", "FMM", "FMU"]),
];

impl Line {
    /// The line that the device's model belongs to. `None`: what all lines share is taken, and what the common vehicle
    /// trackers add.
    pub(super) fn of(settings: &DeviceSettings) -> Option<Self> {
        LINES.iter().find(|(_, models)| settings.is_model(models)).map(|(line, _)| *line)
    }
}
