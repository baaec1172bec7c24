//! What is counted.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Labels = [(&'static str, &'static str); 2];

/// Figures of the intake.
#[derive(Clone, Debug, Default)]
pub struct IntakeMetrics {
    /// Devices on the list of those that are not registered.
    pub unknown: Gauge,
    /// Frames with a fault, by protocol and the kind of fault.
    faults: Family<Labels, Counter>,
    /// Frames that found no room on their way to the quarantine.
    pub dropped: Counter,
    /// Frames that made room in the quarantine for newer ones.
    pub evicted: Counter,
    /// Frames in quarantine.
    pub frames: Gauge,
    /// Bytes of frames in quarantine.
    pub bytes: Gauge,
    /// Devices that were adopted.
    pub adopted: Counter,
}

impl IntakeMetrics {
    /// Makes the figures visible under `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        let intake = registry.sub_registry_with_prefix("intake");
        intake.register("unknown_devices", "Devices that are not registered, on the list", self.unknown.clone());
        intake.register("faults", "Frames with a fault, by what it is", self.faults.clone());
        intake.register("dropped", "Frames that found no room on the way to quarantine", self.dropped.clone());
        intake.register("evicted", "Frames that made room in quarantine for newer ones", self.evicted.clone());
        intake.register("quarantined_frames", "Frames in quarantine", self.frames.clone());
        intake.register("quarantined_bytes", "Bytes of frames in quarantine", self.bytes.clone());
        intake.register("adopted", "Devices registered because they knocked", self.adopted.clone());
    }

    /// The counter of one kind of fault.
    pub fn fault(&self, protocol: &'static str, kind: &'static str) -> Counter {
        self.faults.get_or_create_owned(&[("protocol", protocol), ("kind", kind)])
    }
}
