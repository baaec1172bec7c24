//! What the device ports count, by family. What is not known to be any family's is counted by the name of its port.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Labels = [(&'static str, &'static str); 1];

/// Figures of all device ports.
#[derive(Clone, Debug, Default)]
pub struct GatewayMetrics {
    open: Family<Labels, Gauge>,
    accepted: Family<Labels, Counter>,
    refused: Family<Labels, Counter>,
    rejected: Family<Labels, Counter>,
    uploads: Family<Labels, Counter>,
    orders: Family<Labels, Counter>,
    unasked: Family<Labels, Counter>,
    received_bytes: Family<Labels, Counter>,
    datagrams: Family<Labels, Counter>,
    dropped_datagrams: Family<Labels, Counter>,
    unsent_datagrams: Family<Labels, Counter>,
}

/// Figures of one family.
#[derive(Clone, Debug)]
pub(crate) struct FamilyMetrics {
    pub(crate) open: Gauge,
    pub(crate) accepted: Counter,
    pub(crate) refused: Counter,
    pub(crate) rejected: Counter,
    pub(crate) uploads: Counter,
    pub(crate) orders: Counter,
    pub(crate) unasked: Counter,
    pub(crate) received_bytes: Counter,
    pub(crate) datagrams: Counter,
    pub(crate) dropped_datagrams: Counter,
    pub(crate) unsent_datagrams: Counter,
}

impl GatewayMetrics {
    /// Makes the figures visible under `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        let devices = registry.sub_registry_with_prefix("devices");
        devices.register(
            "open",
            "Device connections open now, and addresses whose datagrams are known",
            self.open.clone(),
        );
        devices.register("accepted", "Device connections accepted", self.accepted.clone());
        devices.register("refused", "Logins of devices that are not registered", self.refused.clone());
        devices.register("rejected", "Frames that could not be used", self.rejected.clone());
        devices.register("uploads", "Frames with reports", self.uploads.clone());
        devices.register("orders", "Commands written to devices", self.orders.clone());
        devices.register("unasked", "Answers to commands that nobody waited for", self.unasked.clone());
        devices.register("received_bytes", "Bytes read from devices", self.received_bytes.clone());
        devices.register("datagrams", "Datagrams received", self.datagrams.clone());
        let dropped = self.dropped_datagrams.clone();
        devices.register("dropped_datagrams", "Datagrams dropped because too much waited", dropped);
        let unsent = self.unsent_datagrams.clone();
        devices.register("unsent_datagrams", "Datagrams that could not be sent", unsent);
    }

    pub(crate) fn of(&self, family: &'static str) -> FamilyMetrics {
        let labels = [("protocol", family)];
        FamilyMetrics {
            open: self.open.get_or_create_owned(&labels),
            accepted: self.accepted.get_or_create_owned(&labels),
            refused: self.refused.get_or_create_owned(&labels),
            rejected: self.rejected.get_or_create_owned(&labels),
            uploads: self.uploads.get_or_create_owned(&labels),
            orders: self.orders.get_or_create_owned(&labels),
            unasked: self.unasked.get_or_create_owned(&labels),
            received_bytes: self.received_bytes.get_or_create_owned(&labels),
            datagrams: self.datagrams.get_or_create_owned(&labels),
            dropped_datagrams: self.dropped_datagrams.get_or_create_owned(&labels),
            unsent_datagrams: self.unsent_datagrams.get_or_create_owned(&labels),
        }
    }
}
