//! Where commands go: the port of this dialect to whoever holds the connections of devices.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use engine::{Engine, NoReply, OrderError};
use model::{CommandReply, Order, SourceId};

use crate::errors::NotSent;

/// What the device answers; `None` when it does not in time, or nothing is to be expected.
pub type Reply = Pin<Box<dyn Future<Output = Option<CommandReply>> + Send>>;

/// A command on its way. Ready when it was written to the device's connection, or when it is certain that it will not
/// be.
pub type Ordered = Pin<Box<dyn Future<Output = Result<Reply, NotSent>> + Send>>;

/// Whoever holds the connections of devices.
pub trait Devices: Send + Sync + 'static {
    /// Sends a device an order.
    fn order(&self, source: SourceId, order: Order) -> Ordered;
}

impl Devices for Arc<Engine> {
    fn order(&self, source: SourceId, order: Order) -> Ordered {
        let engine = Self::clone(self);
        Box::pin(async move {
            let ordered = Engine::order(&engine, source, order).await?;
            let reply: Reply = Box::pin(async move {
                match ordered.reply().await {
                    Ok(reply) => Some(reply),
                    // It has answered, if not what was hoped for.
                    Err(NoReply::Refused(text)) => Some(CommandReply { text, lines: Vec::new() }),
                    Err(NoReply::TimedOut | NoReply::Gone | NoReply::Never) => None,
                }
            });
            Ok(reply)
        })
    }
}

impl From<OrderError> for NotSent {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Away => Self::Offline,
            OrderError::NoSuchCommand => Self::NoSuchCommand,
            OrderError::Busy => Self::Busy,
            OrderError::TooLong => Self::TooLong,
        }
    }
}
