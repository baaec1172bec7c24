//! Device ports from outside.

#[cfg(test)]
mod devices;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod port;
