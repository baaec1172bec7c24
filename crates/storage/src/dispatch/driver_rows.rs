//! What drivers send and are given, as plain rows.

use model::{DriverEventKind, SourceId, Timestamp};

/// Something that a driver sent, before it has an id.
#[derive(Clone, PartialEq, Debug)]
pub struct NewDriverEvent {
    /// The id that the driver's application gave it. The same one again is the same event.
    pub guid: String,
    /// When the driver did it, by the phone's clock.
    pub at: Timestamp,
    /// Where the phone was, in degrees: latitude and longitude.
    pub position: Option<(f64, f64)>,
    /// What it is.
    pub kind: DriverEventKind,
}

/// How far a service has come. Its numbers are what stores keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(u8)]
pub enum ServiceState {
    /// Nobody was there yet.
    #[default]
    Open = 0,
    /// The driver was there, and it was not done.
    Visited = 1,
    /// It is done.
    Delivered = 2,
}

impl ServiceState {
    /// The state with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Open, Self::Visited, Self::Delivered].get(usize::from(number)).copied()
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// What the office says of a service.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ServiceDraft {
    /// What it is, in a few words.
    pub title: String,
    /// Where it is, in words; may be empty.
    pub address: String,
    /// Where it is, in degrees: latitude and longitude.
    pub position: Option<(f64, f64)>,
    /// What else the driver should know; may be empty.
    pub note: String,
    /// By when it should be done.
    pub due: Option<Timestamp>,
}

/// A place to visit, or something to deliver.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    /// Its id: 24 lowercase hexadecimal digits. Later services have higher ones.
    pub id: String,
    /// The source whose driver it is for.
    pub source: SourceId,
    /// What the office says of it.
    pub draft: ServiceDraft,
    /// How far it has come.
    pub state: ServiceState,
    /// When it was made, edited or last moved on.
    pub changed: Timestamp,
    /// Whether the office took it back. Lists leave it out; the driver may still report it.
    pub is_removed: bool,
}

/// A kept file's number. Positive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u64);

/// What kind of picture a file is. Its numbers are what stores keep.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum ImageKind {
    /// JPEG.
    Jpeg = 1,
    /// PNG.
    Png = 2,
    /// WebP.
    Webp = 3,
}

impl ImageKind {
    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp].into_iter().find(|kind| *kind as u8 == number)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// A kept file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptFile {
    /// Its number.
    pub id: FileId,
    /// The source whose driver sent it.
    pub source: SourceId,
    /// What it is.
    pub kind: ImageKind,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A file that is to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewFile<'a> {
    /// The source whose driver sent it.
    pub source: SourceId,
    /// The id that the driver's application gave it. The same one again is the same file.
    pub guid: &'a str,
    /// What it is.
    pub kind: ImageKind,
    /// What is in it.
    pub bytes: &'a [u8],
    /// When it came.
    pub kept: Timestamp,
}

/// How much a source's files take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FilesUsed {
    /// How many there are.
    pub count: u64,
    /// How many bytes they have together.
    pub bytes: u64,
}
