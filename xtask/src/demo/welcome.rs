//! What a person needs to try things out.

use super::account::Account;
use super::driver::Pairing;
use super::server::Addresses;
use super::subscription::PATH;

/// Addresses, login and calls that are ready to be pasted.
pub(crate) fn text(
    addresses: &Addresses,
    account: &Account,
    pairing: Option<&Pairing>,
    admin_password: &str,
) -> String {
    let http = addresses.http;
    let devices: Vec<String> = addresses.devices.iter().map(|(name, address)| format!("{name} {address}")).collect();
    let Account { login, password, hash, .. } = account;
    let driver = pairing.map_or_else(String::new, |Pairing { vehicle, code }| {
        format!("\n  driver's app   http://{http}/driver  pairing code {code}, for {vehicle}")
    });
    format!(
        "
Odograph listens on http://{http}
  devices        {devices}
  demo login     {login}  {password}
  session hash   {hash}
  administrator  admin  {admin_password}{driver}

Open a WebSocket on ws://{http}{PATH} and send

{subscribe}

or ask once:

curl -s -H 'Authorization: NVX {hash}' http://{http}/v2/tracker/list

The same vehicles by TRACKiT's socket: bind a SESSID, open ws://{http}/ and say auth with it (docs/trackit.md).

curl -s -u '{login}:{password}' -X POST http://{http}/ws/websocketAuth

Ctrl-C ends the demo.
",
        devices = devices.join(", "),
        subscribe = account.subscribe_message(),
    )
}
