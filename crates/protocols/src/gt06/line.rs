//! Lines of devices whose frames cannot be told from others' by themselves.

use model::DeviceSettings;

/// A line, as far as something in its frames is its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// NT11, NT20, NT26, NT40, NT46 and XT40.
    Nt,
    Vl100,
    /// VL103, LL303, VL512 and G18.
    Vl103,
    R11,
    Lw,
    Seeworld,
    Qh302r,
    G109,
}

/// What the names of models begin with.
pub(super) const LINES: &[(Line, &[&str])] = &[
    (Line::Nt, &["NT11", "NT20", "NT26", "NT40", "NT46", "XT40"]),
    (Line::Vl100, &["VL100"]),
    (Line::Vl103, &["VL103", "LL303", "VL512", "G18"]),
    (Line::R11, &["R11"]),
    (Line::Lw, &["LW"]),
    (Line::Seeworld, &["SEEWORLD"]),
    (Line::Qh302r, &["QH302R"]),
    (Line::G109, &["G109"]),
];

impl Line {
    /// The line that the device's model belongs to. `None`: what most devices do is taken.
    pub(super) fn of(settings: &DeviceSettings) -> Option<Self> {
        LINES.iter().find(|(_, models)| settings.is_model(models)).map(|(line, _)| *line)
    }
}
