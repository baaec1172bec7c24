//! How kept commands find their way: the courier of `dispatch` on the roads of `engine`.

use std::sync::{Arc, Weak};

use dispatch::{Answered, Carried, Courier, Dispatch, Going, Road, StoreError};
use engine::{Engine, NoReply, OrderError, Ordered};
use model::{Command, Order, SourceId};

use crate::options;

/// Starts the courier, and has it asked when a device can be reached.
pub(crate) async fn start(dispatch: &Arc<Dispatch>, engine: &Arc<Engine>) -> Result<Arc<Courier>, StoreError> {
    let courier = Courier::start(dispatch.clone(), Arc::new(ByEngine(engine.clone())), options::now).await?;
    // Weak, because the courier holds the engine.
    let asked: Weak<Courier> = Arc::downgrade(&courier);
    engine.on_reachable(Box::new(move |source| asked.upgrade().is_some_and(|courier| courier.reachable(source))));
    Ok(courier)
}

struct ByEngine(Arc<Engine>);

impl Road for ByEngine {
    fn is_up(&self, source: SourceId) -> bool {
        self.0.is_up(source)
    }

    fn carry(&self, source: SourceId, command: Command) -> Going<Carried> {
        let engine = self.0.clone();
        Box::pin(async move {
            match engine.order(source, Order::Do(command)).await {
                Ok(ordered) => Carried::Sent(Box::pin(answer(ordered))),
                Err(OrderError::Away) => Carried::NotSent,
                Err(OrderError::Busy) => Carried::Busy,
                Err(OrderError::NoSuchCommand | OrderError::TooLong) => Carried::Impossible,
            }
        })
    }
}

async fn answer(ordered: Ordered) -> Answered {
    match ordered.reply().await {
        Ok(_) => Answered::Yes,
        Err(NoReply::Refused(_)) => Answered::No,
        Err(NoReply::TimedOut | NoReply::Gone | NoReply::Never) => Answered::Nothing,
    }
}
