//! HTTP/1.1 for device families, sans-IO: requests are framed, several may be under way, answers keep their order.

mod chunked;
mod exchange;
mod head;
mod response;
#[cfg(test)]
mod tests;

pub(crate) use exchange::Exchange;
pub(crate) use response::Status;

use crate::Limits;
use crate::session::{DeviceSettings, Reject};
use model::Upload;

/// One request, whole.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// What follows the `?`, if anything.
    pub(crate) query: &'a str,
    /// Media type in lower case without parameters; empty when there is none.
    pub(crate) media_type: String,
    pub(crate) body: &'a [u8],
}

/// Why a request is not served, and how that is said.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) reason: Reject,
    /// Whether the answer says why.
    pub(crate) is_explained: bool,
}

/// A family that speaks HTTP.
pub(crate) trait Api: Send + 'static {
    /// A request that was understood. It holds no interned names yet, because its sender is not known yet.
    type Message<'a>;

    /// The longest body, in bytes.
    fn body_bytes_max(limits: &Limits) -> usize;
    /// Reads a request.
    fn parse<'a>(request: &'a Request<'a>, limits: &Limits) -> Result<Self::Message<'a>, Refusal>;
    /// The device that the message is from: a text that makes a `DeviceId`.
    fn device<'m>(message: &'m Self::Message<'_>) -> &'m str;
    /// How a device that is not registered is answered.
    fn unknown_device(message: &Self::Message<'_>) -> Status;
    /// The reports in it.
    fn reports(message: Self::Message<'_>, settings: &DeviceSettings, limits: &Limits) -> Upload;
    /// Whether any device may be answered with a command.
    const TAKES_COMMANDS: bool;
    /// Whether a command in words may be the body of the answer to this, if that is of status 200.
    fn takes_commands(message: &Self::Message<'_>) -> bool;
}
