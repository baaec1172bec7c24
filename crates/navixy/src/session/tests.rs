//! The session as a client sees it, without sockets: texts in, texts out, and the time in the tests' hands.

mod batches;
mod clients;
mod clones;
mod errors;
mod fallback;
mod lifecycle;
mod messages;
mod model;
mod readings;
mod socketless;
mod stage;
mod states;
mod subusers;
