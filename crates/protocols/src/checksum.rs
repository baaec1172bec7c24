//! The checksums of device protocols, each with a table made once.

use crc::{CRC_16_ARC, CRC_16_IBM_SDLC, CRC_16_KERMIT, CRC_16_MODBUS, Crc, Table};

/// "IBM".
pub(crate) static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);
/// "ITU", also called X-25.
pub(crate) static X25: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_SDLC);
/// CCITT with reflected bytes and nothing added.
pub(crate) static KERMIT: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_KERMIT);
/// "IBM" that begins with ones.
pub(crate) static MODBUS: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_MODBUS);

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
    }
}
