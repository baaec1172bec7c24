//! Clients written by TRACKiT's socket manual.

mod commands;
mod driver;
mod feed;
mod stage;
mod taxi;
mod way_in;
