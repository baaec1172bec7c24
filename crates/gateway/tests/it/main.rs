//! Device ports from outside.

#[cfg(test)]
mod auto;
#[cfg(test)]
mod datagrams;
#[cfg(test)]
mod devices;
#[cfg(test)]
#[expect(dead_code, reason = "shared with the engine's tests, which use more of it")]
#[path = "../../../engine/tests/it/gate.rs"]
mod gate;
#[cfg(test)]
mod gt06;
#[cfg(test)]
mod mqtt;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod port;
#[cfg(test)]
mod settings;
