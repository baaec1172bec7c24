//! States to render, one a situation.

use live::Timing;
use model::{
    ConnectionStatus, Gps, Gsm, MovementStatus, SourceId, SourceSettings, SourceState, StateField, Timestamp, attr,
};
use navixy::encode::LocalTime;

/// The same offset at all times.
pub(crate) struct Fixed(pub(crate) i32);

impl LocalTime for Fixed {
    fn offset_s(&self, _: Timestamp) -> i32 {
        self.0
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso(text).expect(text)
}

/// Just registered, a model with 8 inputs and outputs, nothing heard.
pub(crate) fn fresh() -> SourceState {
    let registered = at("2026-03-01T08:00:00Z");
    let settings = SourceSettings { inputs_count: 8, outputs_count: 8, ..SourceSettings::default() };
    live::initial(SourceId(1_000_000_001), registered, &settings, &Timing::default(), registered)
}

/// On a trip, with everything known that a car tracker tells.
pub(crate) fn driving() -> SourceState {
    let fix = at("2026-03-02T09:15:38Z");
    SourceState {
        last_contact: Some(at("2026-03-02T09:15:40.250Z")),
        last_update: Some(at("2026-03-02T09:15:40.250Z")),
        newest: Some(fix),
        connection: ConnectionStatus::Active,
        movement: MovementStatus::Moving,
        movement_update: Some(at("2026-03-02T08:58:12Z")),
        track_update: Some(at("2026-03-02T08:58:12Z")),
        gps: Some(Gps {
            updated: fix,
            latitude: 41.387015,
            longitude: 2.170047,
            heading_deg: 132,
            speed_kmh: 47,
            altitude_m: 18,
            satellites: Some(9),
            precision_m: None,
            from_network: false,
        }),
        ignition: Some((true, at("2026-03-02T08:57:50Z"))),
        motion: Some(true),
        battery: Some((88, fix)),
        inputs: Some((0b101, fix)),
        outputs: Some((0, fix)),
        additional: vec![
            StateField { id: attr::EVENT_ID, value: "403".into(), updated: fix },
            StateField { id: attr::HARDWARE_KEY, value: "A0F39C11".into(), updated: at("2026-03-02T08:57:50Z") },
            StateField { id: attr::IS_MOVING, value: "1".into(), updated: fix },
            StateField { id: attr::VIN, value: "WVW\"ZZZ\\1J\u{7}é".into(), updated: fix },
        ],
        ..fresh()
    }
}

/// Parked for the night; fewer lines than bits.
pub(crate) fn parked() -> SourceState {
    SourceState {
        connection: ConnectionStatus::Idle,
        movement: MovementStatus::Parked,
        inputs: Some((0xffff_ffff, at("2026-03-02T20:00:00Z"))),
        inputs_count: 3,
        outputs_count: 0,
        outputs: None,
        ignition: Some((false, at("2026-03-02T19:55:00Z"))),
        battery: None,
        additional: Vec::new(),
        ..driving()
    }
}

/// Placed by cell towers, with a network to tell of.
pub(crate) fn by_cells() -> SourceState {
    let told = at("2026-03-02T21:30:00Z");
    SourceState {
        connection: ConnectionStatus::Offline,
        movement: MovementStatus::Stopped,
        gps: Some(Gps {
            updated: told,
            latitude: -33.5,
            longitude: -70.0,
            heading_deg: 0,
            speed_kmh: 0,
            altitude_m: -12,
            satellites: None,
            precision_m: Some(1_200),
            from_network: true,
        }),
        gsm: Some(Gsm {
            updated: told,
            signal_level: Some(74),
            network_name: Some("Móvil \"Sur\"".into()),
            roaming: Some(true),
        }),
        ignition: None,
        additional: Vec::new(),
        ..driving()
    }
}
