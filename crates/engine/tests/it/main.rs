//! The engine on a real journal and a real fleet, in a folder of its own for each test.

#[cfg(test)]
mod failure;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod ingest;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod links;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod missed;
#[cfg(test)]
mod past;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod subusers;
#[cfg(test)]
mod values;
