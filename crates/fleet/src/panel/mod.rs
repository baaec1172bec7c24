//! What administrators do. Every operation takes the session that [`crate::Fleet::authorize_panel`] gave, and sees
//! only what belongs to its account.

mod admin;
mod clones;
mod devices;
mod page;
mod trackers;
mod users;

pub use admin::{ADMIN_LOGIN, AdminSetup};
pub use clones::{Cloned, Existing};
pub use page::{Page, Paging};
pub use trackers::{PanelTracker, TrackerEdit, TrackerOrder, TrackerQuery};
pub use users::{NewUser, UserEdit, UserOrder, UserQuery};
pub(crate) use users::{next_user_id, removal};
