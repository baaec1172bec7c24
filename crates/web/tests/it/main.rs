//! The web port over real sockets.

#[cfg(test)]
mod client;
#[cfg(test)]
mod http;
#[cfg(test)]
mod port;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod socket;
#[cfg(test)]
mod stream;
