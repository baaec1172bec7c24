//! What clients see, checked from outside.

#[cfg(test)]
mod decode;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod states;
