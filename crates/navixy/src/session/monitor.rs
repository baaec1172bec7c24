//! The last messages of a few trackers: whole each time, of those that have new ones.

use model::Timestamp;

use crate::encode::{BATCH_SEPARATOR, monitor_item};

use super::NavixySession;
use super::gather::{Style, Written};

impl NavixySession {
    /// Writes the items of a packet out of `due` marked trackers. There may be none after all: what has changed was
    /// something else.
    pub(super) fn write_messages(&self, style: &Style, due: usize, text: &mut Vec<u8>) -> Written {
        let items_max = self.shared.options.batch_items_max;
        let mut items = 0;
        for taken in 1..=due {
            let read = self.connection.read_changed(style.lane, |tracker, noted, view| {
                let Some(messages) = view.messages else { return (false, noted) };
                // 0 says that the client has nothing, so what it has is one more than its version.
                let version = messages.version.saturating_add(1);
                let is_news = noted != version;
                if is_news {
                    if items > 0 {
                        text.extend_from_slice(BATCH_SEPARATOR);
                    }
                    // Gone meanwhile: then nothing of it is shown.
                    let since = self.shared.fleet.shown_since(tracker).unwrap_or(Timestamp::MAX);
                    monitor_item(tracker, messages.monitor, since, text);
                }
                (is_news, version)
            });
            let Some(is_news) = read else {
                return Written { items, is_whole: !self.connection.outbox().has_changed(style.lane) };
            };
            items += usize::from(is_news);
            if items == items_max {
                return Written { items, is_whole: taken == due };
            }
        }
        Written { items, is_whole: true }
    }
}
