//! What commands in reports, and the numbers behind some of them, mean as events.

use model::attr;

use crate::draft::Draft;

/// Vendor codes without a place in the list begin here.
const VENDOR_BASE: u32 = 10_000;
const OF_COMMANDS: &[(u32, &[&str])] = &[
    (225, &["ZC11", "DW31", "DW51"]),
    (1, &["ZC12", "DW32", "DW52"]),
    (2, &["ZC13", "DW33", "DW53"]),
    (605, &["ZC15", "DW35", "DW55", "ZC29", "DW42", "DW62"]),
    (604, &["ZC16", "DW36", "DW56"]),
    (103, &["ZC17", "DW37", "DW57"]),
    (202, &["ZC25", "DW3E", "DW5E"]),
    (106, &["ZC26", "DW3F", "DW5F"]),
    (7, &["ZC27", "DW40", "DW60"]),
];
/// The alarms of `BO01`, by their number.
const ALARMS: [u32; 7] = [2, 242, 202, 113, VENDOR_BASE + 4, 224, 410];
/// The alarms of `BQ81`, by their number.
const OTHER_ALARMS: [u32; 6] = [1, 224, 302, 240, 241, VENDOR_BASE + 5];
const IGNITION_ON: u32 = 605;
const IGNITION_OFF: u32 = 604;

/// What the command alone means. `alarm` is the number that stands before the date, if there is one.
pub(super) fn tell(d: &mut Draft, command: &str, alarm: Option<u32>) {
    let numbered = |events: &[u32]| {
        alarm.map(|n| {
            usize::try_from(n).ok().and_then(|at| events.get(at).copied()).unwrap_or(VENDOR_BASE.saturating_add(n))
        })
    };
    let event = match command {
        "BO01" => numbered(&ALARMS),
        "BQ81" => numbered(&OTHER_ALARMS),
        _ => OF_COMMANDS.iter().find(|(_, commands)| commands.contains(&command)).map(|(event, _)| *event),
    };
    let Some(event) = event else { return };
    d.event(event);
    if let IGNITION_ON | IGNITION_OFF = event {
        d.set(attr::IGNITION, event == IGNITION_ON);
    }
    let code = alarm.map_or_else(|| command.to_owned(), |alarm| format!("{command},{alarm}"));
    d.text(attr::EVENT_CODE, code.as_bytes());
}
