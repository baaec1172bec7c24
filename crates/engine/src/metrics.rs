//! What the engine counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Figures of the engine.
#[derive(Clone, Debug, Default)]
pub struct EngineMetrics {
    /// Reports taken in, repeats not counted.
    pub reports: Counter,
    /// Reports that were in the journal already.
    pub repeats: Counter,
    /// Reports older than the state when they arrived.
    pub late: Counter,
    /// Reports dated too far in the future.
    pub future: Counter,
    /// Reports of blocked sources that were acknowledged and thrown away.
    pub discarded_blocked: Counter,
    /// Uploads refused because the disk is nearly full.
    pub refused_disk: Counter,
    /// Commits of the journal.
    pub commits: Counter,
    /// Records written in them.
    pub records: Counter,
    /// Bytes that wait for the journal.
    pub queue_bytes: Gauge,
    /// Sources in memory.
    pub sources: Gauge,
    /// States handed to connections.
    pub published: Counter,
    /// Events and other news for followers, whether any was there or not.
    pub pushed: Counter,
    /// Bytes of the events kept for followers that were away.
    pub kept_bytes: Gauge,
    /// Reports removed because they were older than the retention.
    pub retired: Counter,
}

impl EngineMetrics {
    /// Makes the figures visible under `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        let engine = registry.sub_registry_with_prefix("engine");
        engine.register("reports", "Reports taken in", self.reports.clone());
        engine.register("repeats", "Reports that were in the journal already", self.repeats.clone());
        engine.register("late", "Reports older than the state", self.late.clone());
        engine.register("future", "Reports dated too far in the future", self.future.clone());
        let discarded = "Reports of blocked trackers, acknowledged and thrown away";
        engine.register("discarded_blocked", discarded, self.discarded_blocked.clone());
        engine.register("refused_disk", "Uploads refused for lack of free disk", self.refused_disk.clone());
        engine.register("commits", "Commits of the journal", self.commits.clone());
        engine.register("records", "Records written to the journal", self.records.clone());
        engine.register("queue_bytes", "Bytes that wait for the journal", self.queue_bytes.clone());
        engine.register("sources", "Sources in memory", self.sources.clone());
        engine.register("published", "States handed to connections", self.published.clone());
        engine.register("pushed", "News for followers, whether any was there or not", self.pushed.clone());
        engine.register("kept_bytes", "Bytes of events kept for followers that were away", self.kept_bytes.clone());
        engine.register("retired", "Reports removed by retention", self.retired.clone());
    }
}
