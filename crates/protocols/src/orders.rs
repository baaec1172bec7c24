//! The one order that a connection may have under way.

use model::{CommandReply, Timestamp};

use crate::session::{OrderId, OrderRefused, Output, Progress};

/// What a family remembers of the order that waits for its answer.
struct UnderWay<T> {
    id: OrderId,
    /// When it is given up.
    until: Timestamp,
    detail: T,
}

/// The order under way, if any; `T` is what the family needs to recognise its answer.
pub(crate) struct Orders<T> {
    under_way: Option<UnderWay<T>>,
    reply_ms_max: i64,
}

impl<T> Orders<T> {
    pub(crate) fn new(reply_ms_max: i64) -> Self {
        Self { under_way: None, reply_ms_max }
    }

    /// Whether another may be given.
    pub(crate) fn check_free(&self) -> Result<(), OrderRefused> {
        self.under_way.as_ref().map_or(Ok(()), |_| Err(OrderRefused::Busy))
    }

    /// Takes the place for an order. It is the caller who says that it was sent.
    pub(crate) fn begin(&mut self, now: Timestamp, id: OrderId, detail: T) -> Result<(), OrderRefused> {
        self.check_free()?;
        self.under_way = Some(UnderWay { id, until: now.plus_ms(self.reply_ms_max), detail });
        Ok(())
    }

    /// What is known of the order under way.
    pub(crate) fn under_way(&self) -> Option<&T> {
        self.under_way.as_ref().map(|order| &order.detail)
    }

    /// Ends the order under way with what became of it, and says so. Without one, nothing happens.
    pub(crate) fn end(&mut self, what: Progress, out: &mut Vec<Output>) -> Option<T> {
        let order = self.under_way.take()?;
        out.push(Output::Ordered { id: order.id, what });
        Some(order.detail)
    }

    /// Takes the order under way out without a word, if it is such a one: the caller says what becomes of it.
    pub(crate) fn take_if(&mut self, is_such: impl FnOnce(&T) -> bool) -> Option<T> {
        self.under_way.take_if(|order| is_such(&order.detail)).map(|order| order.detail)
    }

    /// Takes a reply that belongs to the order under way, or to nothing if there is none.
    pub(crate) fn replied(&mut self, reply: CommandReply, out: &mut Vec<Output>) {
        match self.under_way {
            Some(_) => {
                self.end(Progress::Replied(reply), out);
            }
            None => out.push(Output::Unasked(reply)),
        }
    }

    /// Gives up the order under way if its time is over.
    pub(crate) fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) -> Option<T> {
        let is_over = self.next_deadline().is_some_and(|until| now >= until);
        if is_over { self.end(Progress::TimedOut, out) } else { None }
    }

    /// When the order under way is given up.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.under_way.as_ref().map(|order| order.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_order_at_a_time_is_answered_once_or_given_up() {
        let now = Timestamp::from_ms_clamped(1_000_000);
        let mut orders = Orders::new(30_000);
        let mut out = Vec::new();
        let reply = || CommandReply { text: "ok".to_owned(), lines: Vec::new() };
        orders.replied(reply(), &mut out);
        assert_eq!(out, [Output::Unasked(reply())], "before any order");
        out.clear();

        assert_eq!(orders.begin(now, OrderId(1), 'a'), Ok(()));
        assert_eq!(orders.begin(now, OrderId(2), 'b'), Err(OrderRefused::Busy));
        assert_eq!(orders.under_way(), Some(&'a'));
        orders.replied(reply(), &mut out);
        orders.replied(reply(), &mut out);
        let first = Output::Ordered { id: OrderId(1), what: Progress::Replied(reply()) };
        assert_eq!(out, [first, Output::Unasked(reply())]);
        out.clear();

        assert_eq!(orders.begin(now, OrderId(3), 'c'), Ok(()));
        assert_eq!((orders.tick(now.plus_ms(29_999), &mut out), out.len()), (None, 0));
        assert_eq!(orders.tick(now.plus_ms(30_000), &mut out), Some('c'));
        assert_eq!(out, [Output::Ordered { id: OrderId(3), what: Progress::TimedOut }]);
        assert_eq!(orders.next_deadline(), None);
    }
}
