//! Records of a package, and their subrecords.

use crate::bytes::{Reader, Truncated};

/// What a record is about.
pub(super) mod service {
    pub(in crate::egts) const AUTH: u8 = 1;
    pub(in crate::egts) const TELEDATA: u8 = 2;
    pub(in crate::egts) const COMMANDS: u8 = 4;
}

/// One record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Record<'a> {
    pub(super) number: u16,
    /// The object that it is about.
    pub(super) object: Option<u32>,
    pub(super) event: Option<u32>,
    /// Seconds since the beginning of 2010.
    pub(super) time_s: Option<u32>,
    pub(super) service: u8,
    pub(super) subrecords: &'a [u8],
}

impl<'a> Record<'a> {
    /// Takes the next record.
    pub(super) fn next(r: &mut Reader<'a>) -> Result<Self, Truncated> {
        const OBJECT: u8 = 1;
        const EVENT: u8 = 2;
        const TIME: u8 = 4;
        let bytes = r.u16_le()?;
        let number = r.u16_le()?;
        let flags = r.u8()?;
        let mut optional = |flag: u8| if flags & flag == 0 { Ok(None) } else { r.u32_le().map(Some) };
        let (object, event, time_s) = (optional(OBJECT)?, optional(EVENT)?, optional(TIME)?);
        let service = r.u8()?;
        r.u8()?;
        Ok(Self { number, object, event, time_s, service, subrecords: r.take(usize::from(bytes))? })
    }

    /// The parts of it; nothing follows an error.
    pub(super) fn subrecords(&self) -> impl Iterator<Item = Result<Subrecord<'a>, Truncated>> {
        let mut r = Reader::new(self.subrecords);
        std::iter::from_fn(move || {
            if r.remaining() == 0 {
                return None;
            }
            let next = Subrecord::next(&mut r);
            if next.is_err() {
                r = Reader::new(&[]);
            }
            Some(next)
        })
    }
}

/// One part of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Subrecord<'a> {
    pub(super) kind: u8,
    pub(super) data: &'a [u8],
}

impl<'a> Subrecord<'a> {
    fn next(r: &mut Reader<'a>) -> Result<Self, Truncated> {
        let (kind, bytes) = (r.u8()?, r.u16_le()?);
        Ok(Self { kind, data: r.take(usize::from(bytes))? })
    }
}

/// Where in `whole` a part of it begins.
pub(super) fn offset(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}
