//! Steps on what drivers send and are given.

use model::{DriverEvent, SourceId, Timestamp};

use super::{Bounds, FileId, FilesUsed, KeptFile, NewDriverEvent, NewFile, Service, ServiceDraft, StoreError};

/// What drivers sent.
pub trait EventTables {
    /// Adds an event. Its guid must be new for the source.
    fn add_driver_event(
        &self,
        source: SourceId,
        event: &NewDriverEvent,
        received: Timestamp,
    ) -> Result<DriverEvent, StoreError>;

    /// The event that the driver's application gave this id.
    fn driver_event_by_guid(&self, source: SourceId, guid: &str) -> Result<Option<DriverEvent>, StoreError>;

    /// Events of a source that happened from `from` to `to`, both included, by the phone's clock; of the same time
    /// in the order of ids.
    fn driver_events(
        &self,
        source: SourceId,
        from: Timestamp,
        to: Timestamp,
        bounds: Bounds,
    ) -> Result<Vec<DriverEvent>, StoreError>;

    /// The newest events of all sources that were received at or after this time, in the order of ids.
    fn driver_events_since(&self, since: Timestamp, limit: usize) -> Result<Vec<(SourceId, DriverEvent)>, StoreError>;

    /// Removes events received before this time, `at_most` so many.
    fn remove_driver_events(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError>;
}

/// Services.
pub trait ServiceTables {
    /// Adds a service. It begins as open.
    fn add_service(&self, source: SourceId, draft: &ServiceDraft, now: Timestamp) -> Result<Service, StoreError>;

    /// The service with this id, also if it was taken back.
    fn service(&self, id: &str) -> Result<Option<Service>, StoreError>;

    /// Puts a service in the place of the one with its id.
    fn put_service(&self, service: &Service) -> Result<(), StoreError>;

    /// Services of a source that were not taken back, in the order of ids.
    fn services(&self, source: SourceId, limit: usize) -> Result<Vec<Service>, StoreError>;

    /// How many there are.
    fn services_count(&self, source: SourceId) -> Result<u32, StoreError>;

    /// Removes services that were taken back before this time, `at_most` so many.
    fn remove_services(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError>;
}

/// Files of forms.
pub trait FileTables {
    /// Adds a file. Its guid must be new for the source.
    fn add_file(&self, file: &NewFile<'_>) -> Result<FileId, StoreError>;

    /// The file with this number.
    fn file(&self, id: FileId) -> Result<Option<KeptFile>, StoreError>;

    /// The source of the file with this number.
    fn file_source(&self, id: FileId) -> Result<Option<SourceId>, StoreError>;

    /// The file that the driver's application gave this id.
    fn file_by_guid(&self, source: SourceId, guid: &str) -> Result<Option<FileId>, StoreError>;

    /// How much the files of a source take.
    fn files_used(&self, source: SourceId) -> Result<FilesUsed, StoreError>;

    /// Removes files kept before this time, `at_most` so many.
    fn remove_files(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError>;
}
