//! What a person needs to try things out.

use super::account::Account;
use super::server::Addresses;
use super::subscription::PATH;

/// Addresses, login and calls that are ready to be pasted.
pub(crate) fn text(addresses: &Addresses, account: &Account, admin_password: &str) -> String {
    let http = addresses.http;
    let devices: Vec<String> = addresses.devices.iter().map(|(name, address)| format!("{name} {address}")).collect();
    let Account { login, password, hash, .. } = account;
    format!(
        "
Odograph listens on http://{http}
  devices        {devices}
  demo login     {login}  {password}
  session hash   {hash}
  administrator  admin  {admin_password}

Open a WebSocket on ws://{http}{PATH} and send

{subscribe}

or ask once:

curl -s -H 'Authorization: NVX {hash}' http://{http}/v2/tracker/list

Ctrl-C ends the demo.
",
        devices = devices.join(", "),
        subscribe = account.subscribe_message(),
    )
}
