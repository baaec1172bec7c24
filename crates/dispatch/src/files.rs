//! The pictures of forms: photos and signatures.

use model::{SourceId, Timestamp};
use storage::dispatch::{FileId, ImageKind, KeptFile, NewFile, StoreError};

use crate::dispatch::Dispatch;
use crate::error::FileError;

impl Dispatch {
    /// Keeps a picture that a driver sent. Where the driver's application sent one under the same guid before, that
    /// one is the answer. What kind of picture it is, its first bytes say.
    pub async fn keep_file(
        &self,
        source: SourceId,
        guid: String,
        bytes: Vec<u8>,
        now: Timestamp,
    ) -> Result<FileId, FileError> {
        if guid.is_empty() || guid.len() > self.options.guid_bytes_max {
            return Err(FileError::BadGuid);
        }
        if bytes.len() > self.options.file_bytes_max {
            return Err(FileError::TooLarge);
        }
        let kind = image_kind(&bytes).ok_or(FileError::NoImage)?;
        let (count_max, bytes_max) = (self.options.files_per_source_max, self.options.files_bytes_per_source_max);
        self.write(move |desk| {
            if let Some(earlier) = desk.tables.file_by_guid(source, &guid)? {
                return Ok(Some(earlier));
            }
            let used = desk.tables.files_used(source)?;
            if used.count >= u64::from(count_max) || used.bytes + bytes.len() as u64 > bytes_max {
                return Ok(None);
            }
            desk.tables.add_file(&NewFile { source, guid: &guid, kind, bytes: &bytes, kept: now }).map(Some)
        })
        .await?
        .ok_or(FileError::Full)
    }

    /// The file with this number.
    pub async fn file(&self, id: FileId) -> Result<Option<KeptFile>, StoreError> {
        self.read(move |desk| desk.tables.file(id)).await
    }

    /// The source whose driver sent the file with this number.
    pub async fn file_source(&self, id: FileId) -> Result<Option<SourceId>, StoreError> {
        self.read(move |desk| desk.tables.file_source(id)).await
    }
}

/// What kind of picture this is, by the bytes that each kind begins with. Nothing else is kept: it is shown to the
/// office by a browser, which must not take it for a page.
fn image_kind(bytes: &[u8]) -> Option<ImageKind> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(ImageKind::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(ImageKind::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageKind::Webp),
        _ => None,
    }
}
