//! The checksums of device protocols, each with a table made once.

use crc::{CRC_16_ARC, CRC_16_IBM_SDLC, Crc, Table};

/// "IBM".
pub(crate) static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);
/// "ITU", also called X-25.
pub(crate) static X25: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_SDLC);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_the_one_that_its_name_says() {
        assert_eq!((ARC.checksum(b"123456789"), X25.checksum(b"123456789")), (0xBB3D, 0x906E));
    }
}
