//! The bytes that devices write, and the answers that they read.

mod degrees;
pub mod egts;
pub mod galileosky;
mod gps103;
pub mod gt06;
mod h02;
pub mod http;
pub mod jt808;
pub mod meitrack;
pub mod ngp;
pub mod osmand;
pub mod queclink;
mod ruptela;
pub mod suntech;
pub mod teltonika;
mod tk103;
pub mod unit;
pub mod wialon_ips;
