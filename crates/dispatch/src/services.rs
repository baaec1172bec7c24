//! Services: what the office asks a driver to visit or deliver. A driver's report moves them on; see
//! [`Dispatch::record`].

use model::{SourceId, Timestamp};
use storage::dispatch::{Service, ServiceDraft, StoreError};

use crate::dispatch::Dispatch;
use crate::error::ServiceError;
use crate::events::DispatchEvent;
use crate::options::DispatchOptions;

impl Dispatch {
    /// Takes in a service for the driver of a source. It begins as open.
    pub async fn create_service(
        &self,
        source: SourceId,
        draft: ServiceDraft,
        now: Timestamp,
    ) -> Result<Service, ServiceError> {
        check(&draft, &self.options)?;
        let services_max = self.options.services_per_source_max;
        self.write(move |desk| {
            if desk.tables.services_count(source)? >= services_max {
                return Ok(None);
            }
            desk.tell(DispatchEvent::ServicesChanged { source });
            desk.tables.add_service(source, &draft, now).map(Some)
        })
        .await?
        .ok_or(ServiceError::TooMany)
    }

    /// Changes what the office says of a service of this source. How far it has come stays.
    pub async fn edit_service(
        &self,
        source: SourceId,
        id: String,
        draft: ServiceDraft,
        now: Timestamp,
    ) -> Result<Service, ServiceError> {
        check(&draft, &self.options)?;
        let edit = move |service: &mut Service| service.draft = draft.clone();
        self.change(source, id, now, edit).await
    }

    /// Takes back a service of this source. A driver who does not know yet may still report it.
    pub async fn remove_service(&self, source: SourceId, id: String, now: Timestamp) -> Result<(), ServiceError> {
        self.change(source, id, now, |service| service.is_removed = true).await.map(|_| ())
    }

    /// The services of a source that were not taken back, oldest first.
    pub async fn services(&self, source: SourceId) -> Result<Vec<Service>, StoreError> {
        // More only where the option was lowered since.
        self.read(move |desk| desk.tables.services(source, usize::MAX)).await
    }

    async fn change(
        &self,
        source: SourceId,
        id: String,
        now: Timestamp,
        change: impl Fn(&mut Service) + Send + 'static,
    ) -> Result<Service, ServiceError> {
        self.write(move |desk| {
            let ours = desk.tables.service(&id)?.filter(|found| found.source == source && !found.is_removed);
            let Some(mut service) = ours else { return Ok(None) };
            change(&mut service);
            service.changed = now;
            desk.tables.put_service(&service)?;
            desk.tell(DispatchEvent::ServicesChanged { source });
            Ok(Some(service))
        })
        .await?
        .ok_or(ServiceError::NotFound)
    }
}

fn check(draft: &ServiceDraft, options: &DispatchOptions) -> Result<(), ServiceError> {
    if draft.title.trim().is_empty() {
        return Err(ServiceError::Blank);
    }
    if [&draft.title, &draft.address, &draft.note].iter().any(|text| text.chars().count() > options.service_chars_max) {
        return Err(ServiceError::TooLong);
    }
    match draft.position {
        Some((lat, lng)) if !(lat.abs() <= 90.0 && lng.abs() <= 180.0) => Err(ServiceError::BadPosition),
        _ => Ok(()),
    }
}
