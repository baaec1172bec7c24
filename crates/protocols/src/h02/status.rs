//! The status word. Its bits are low when something is the case, but for that of the ignition.

use model::attr;

use crate::draft::Draft;
use crate::own_names::OwnName;

const IGNITION: u32 = 10;
const POWER_CUT: u32 = 19;
/// Bits and the event of each; of several alarms the first counts.
const ALARMS: &[(u32, u32)] = &[(0, 113), (1, 202), (18, 202), (2, 224), (POWER_CUT, 2)];

static STATUS: OwnName = OwnName::new("h02_status");

/// A status word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Status(pub(super) u32);

impl Status {
    /// Eight hexadecimal digits.
    pub(super) fn of(text: &str) -> Option<Self> {
        let is_hex = text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(text, 16).ok()).flatten().map(Self)
    }

    pub(super) fn ignition(self) -> bool {
        self.0 >> IGNITION & 1 == 1
    }

    pub(super) fn is_power_cut(self) -> bool {
        self.0 >> POWER_CUT & 1 == 0
    }

    pub(super) fn tell(self, d: &mut Draft) {
        if let Some((_, event)) = ALARMS.iter().find(|(bit, _)| self.0 >> bit & 1 == 0) {
            d.event(*event);
            d.text(attr::EVENT_CODE, format!("{:08X}", self.0).as_bytes());
        }
        d.set(attr::IGNITION, self.ignition());
        d.own_named(&STATUS, i64::from(self.0));
    }
}
