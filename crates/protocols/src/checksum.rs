//! The checksums of device protocols, each with a table made once.

use crc::{CRC_8_NRSC_5, CRC_16_ARC, CRC_16_IBM_3740, CRC_16_IBM_SDLC, CRC_16_KERMIT, CRC_16_MODBUS, Crc, Table};

/// "IBM".
pub(crate) static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);
/// "ITU", also called X-25.
pub(crate) static X25: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_SDLC);
/// CCITT with reflected bytes and nothing added.
pub(crate) static KERMIT: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_KERMIT);
/// "IBM" that begins with ones.
pub(crate) static MODBUS: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_MODBUS);
/// CCITT that begins with ones.
pub(crate) static CCITT_FALSE: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_3740);
/// Of eight bits, beginning with ones.
pub(crate) static CRC_8: Crc<u8, Table<16>> = Crc::<u8, Table<16>>::new(&CRC_8_NRSC_5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_the_one_that_its_name_says() {
        let check = |crc: &Crc<u16, Table<16>>, wanted: u16| assert_eq!(crc.checksum(b"123456789"), wanted);
        check(&ARC, 0xBB3D);
        check(&X25, 0x906E);
        check(&KERMIT, 0x2189);
        check(&MODBUS, 0x4B37);
        check(&CCITT_FALSE, 0x29B1);
        assert_eq!(CRC_8.checksum(b"123456789"), 0xF7);
    }
}
