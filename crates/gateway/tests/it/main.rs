//! Device ports from outside.

#[cfg(test)]
mod devices;
