//! `file`: pictures and signatures of forms that drivers filled in.

use dispatch::FileId;
use fleet::{Access, Session};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use model::SourceId;
use web::{Answer, Body};

use super::Api;
use super::answer::Refusal;

impl Api {
    pub(super) async fn file(&self, id: &str, session: &Session) -> Result<Answer, Refusal> {
        let id = id.parse().map(FileId).map_err(|_| Refusal::NotFound)?;
        let dispatch = &self.shared.dispatch;
        let source = dispatch.file_source(id).await.map_err(|_| Refusal::Failed)?.ok_or(Refusal::NotFound)?;
        // Judged before the bytes are read.
        if !self.is_own(session, source) {
            return Err(Refusal::NotFound);
        }
        let file = dispatch.file(id).await.map_err(|_| Refusal::Failed)?.ok_or(Refusal::NotFound)?;
        Ok(Answer {
            status: StatusCode::OK,
            headers: vec![
                (CONTENT_TYPE, HeaderValue::from_static(file.kind.media_type())),
                (CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable")),
                (CONTENT_DISPOSITION, HeaderValue::from_static("inline")),
                (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
                (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            ],
            body: Body::from(file.bytes),
        })
    }

    /// Whether the session sees the source, and not only as a clone: then its driver is another's.
    fn is_own(&self, session: &Session, source: SourceId) -> bool {
        let fleet = &self.shared.fleet;
        fleet.trackers(session).iter().any(|tracker| {
            tracker.source.source == source
                && !tracker.clone
                && matches!(fleet.access(session, tracker.id), Access::Normal(_))
        })
    }
}
