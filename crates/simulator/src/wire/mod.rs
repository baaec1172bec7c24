//! The bytes that devices write, and the answers that they read.

pub mod http;
pub mod ngp;
pub mod osmand;
pub mod teltonika;
pub mod unit;
