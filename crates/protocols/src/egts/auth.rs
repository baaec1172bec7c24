//! Who speaks: a terminal by its IMEI or number, or a platform that forwards.

use model::{DeviceId, attr};

use super::record::{Record, Subrecord, service};
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;
use crate::framed::Claim;

pub(super) const TERMINAL: u8 = 1;
const MODULE: u8 = 2;
const VEHICLE: u8 = 3;
pub(super) const DISPATCHER: u8 = 5;
pub(super) const RESULT: u8 = 7;

/// Whom a record names as the terminal that speaks, if it does.
pub(super) fn terminal(record: &Record<'_>) -> Option<Claim> {
    if record.service != service::AUTH {
        return None;
    }
    let part = record.subrecords().map_while(Result::ok).find(|part| part.kind == TERMINAL)?;
    Some(Identity::of(part.data).ok().and_then(|identity| identity.device()).map_or(Claim::Bad, Claim::Device))
}

/// What a terminal says of itself; flags tell what is there.
struct Identity<'a> {
    number: u32,
    home_dispatcher: Option<u16>,
    imei: Option<&'a [u8]>,
    imsi: Option<&'a [u8]>,
    language: Option<&'a [u8]>,
    network: Option<&'a [u8]>,
    buffer_bytes: Option<u16>,
    phone: Option<&'a [u8]>,
}

impl<'a> Identity<'a> {
    fn of(data: &'a [u8]) -> Result<Self, Truncated> {
        let mut r = Reader::new(data);
        let (number, flags) = (r.u32_le()?, r.u8()?);
        let has = |bit: u8| flags >> bit & 1 == 1;
        let word = |r: &mut Reader<'a>, bit: u8| if has(bit) { r.u16_le().map(Some) } else { Ok(None) };
        let text =
            |r: &mut Reader<'a>, bit: u8, bytes: usize| if has(bit) { r.take(bytes).map(Some) } else { Ok(None) };
        Ok(Self {
            number,
            home_dispatcher: word(&mut r, 0)?,
            imei: text(&mut r, 1, 15)?,
            imsi: text(&mut r, 2, 16)?,
            language: text(&mut r, 3, 3)?,
            network: text(&mut r, 5, 3)?,
            buffer_bytes: word(&mut r, 6)?,
            phone: text(&mut r, 7, 15)?,
        })
    }

    /// The IMEI; without one, the terminal's number.
    fn device(&self) -> Option<DeviceId> {
        let imei = self.imei.map(|imei| std::str::from_utf8(imei).unwrap_or("?").trim_matches(['\0', ' ']));
        // One that was never set is all zeros.
        match imei.filter(|imei| imei.bytes().any(|b| b != b'0')) {
            Some(imei) => DeviceId::new(imei).filter(|_| imei.bytes().all(|b| b.is_ascii_digit())),
            None => DeviceId::new(&self.number.to_string()),
        }
    }

    fn put(&self, draft: &mut Draft) {
        if let Some(home) = self.home_dispatcher {
            draft.own("home_dispatcher", i64::from(home));
        }
        draft.text(attr::IMSI, self.imsi.unwrap_or_default());
        draft.own_text("language", self.language.unwrap_or_default());
        draft.own_hex("network", self.network.unwrap_or_default());
        if let Some(bytes) = self.buffer_bytes {
            draft.own("buffer_bytes", i64::from(bytes));
        }
        draft.own_text("phone", self.phone.unwrap_or_default());
    }
}

/// Takes what a terminal tells of itself beside its name.
pub(super) fn take(part: &Subrecord<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    const VIN_BYTES: usize = 17;
    let mut r = Reader::new(part.data);
    match part.kind {
        TERMINAL => Identity::of(part.data)?.put(draft),
        MODULE => draft.own_hex("egts_module", part.data),
        VEHICLE => {
            draft.text(attr::VIN, r.take(VIN_BYTES)?);
            draft.own("vehicle_type", i64::from(r.u32_le()?));
            draft.own("vehicle_fuel", i64::from(r.u32_le()?));
        }
        _ => {}
    }
    Ok(())
}
