//! `cargo xtask demo`: the server, a simulated fleet, and what a subscriber sees of it.
//!
//! The fleet speaks to the server through device sockets, the table hears of it through the public WebSocket. Nothing
//! goes from one to the other inside this program.

mod account;
mod api;
mod board;
mod driver;
mod line;
mod password;
mod ports;
mod rate;
mod screen;
mod server;
mod show;
mod state;
mod stop;
mod subscription;
mod welcome;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use simulator::drive::DriveOptions;
use simulator::shell::{Running, ShellOptions, now};
use simulator::{Fleet, FleetOptions, Vehicle};

use self::account::Account;
use self::api::Api;
use self::driver::Pairing;
use self::server::{Addresses, Server};
use self::show::{How, Show};
use self::stop::Stop;
use self::subscription::Subscription;

/// How much faster than in life vehicles meet lights, park and have mishaps, so that a minute shows something of all.
const PACE: f64 = 4.0;

/// How to run the demo.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Vehicles in the fleet.
    #[arg(long, value_name = "N", default_value_t = 27, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    vehicles: u16,
    /// Where the APIs listen [default: 127.0.0.1:8080, or another port when that is taken].
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// A data folder to keep; without one, a folder that goes with the demo.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End by itself after so many seconds of watching.
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Write plain lines even to a terminal.
    #[arg(long)]
    plain: bool,
    /// Run this program instead of building the server.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
}

/// Runs the demo to its end.
pub(crate) fn run(args: &Args) -> Result<()> {
    let program = match &args.server {
        Some(program) => std::path::absolute(program)?,
        None => crate::cargo::build_server(&["--release"])?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")?;
    let done = runtime.block_on(demo(args, &program));
    // The subscription's reader may still be waiting for the server.
    runtime.shutdown_background();
    done
}

async fn demo(args: &Args, program: &Path) -> Result<()> {
    let mut stop = Stop::listen()?;
    let kept = args.data.as_deref().map(std::path::absolute).transpose()?;
    let passing = tempfile::Builder::new().prefix("odograph-demo-").tempdir().context("a temporary folder")?;
    let folder = kept.as_deref().unwrap_or(passing.path());
    let admin_password = password::random()?;
    let mut server = tokio::select! {
        server = Server::start(program, folder, args.http, &admin_password) => server?,
        () = stop.asked() => return Ok(()),
    };
    let done = with_server(args, &mut server, &admin_password, &mut stop).await;
    let ended = server.stop().await;
    done.and(ended)
}

/// What happens while the server runs.
async fn with_server(args: &Args, server: &mut Server, admin_password: &str, stop: &mut Stop) -> Result<()> {
    let addresses = server.addresses().clone();
    let mut stage = tokio::select! {
        stage = Stage::set(args, &addresses, admin_password) => stage?,
        error = server.died() => return Err(error),
        () = stop.asked() => return Ok(()),
    };
    let plain = welcome::text(&addresses, &stage.account, stage.pairing.as_ref(), admin_password);
    println!("{plain}");
    let time = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    let done = tokio::select! {
        // In this order: a dead server is the reason for an ended subscription, not the other way round.
        biased;
        error = server.died() => Err(error),
        () = stop.asked() => Ok(()),
        () = time => Ok(()),
        error = stage.show.run(&mut stage.subscription) => Err(server.reason_for(error).await),
    };
    let summary = stage.show.end();
    println!("\nStopping the fleet, then the server.");
    stage.fleet.stop().await;
    done?;
    println!("{}", summary?);
    Ok(())
}

/// All that is needed to watch: somebody to watch as, what to watch, and where to show it.
struct Stage {
    account: Account,
    pairing: Option<Pairing>,
    subscription: Subscription,
    fleet: Running,
    show: Show,
}

impl Stage {
    async fn set(args: &Args, addresses: &Addresses, admin_password: &str) -> Result<Self> {
        let fleet = Fleet::new(&fleet_options(args.vehicles), now());
        let units = fleet.vehicles.iter().map(|v: &Vehicle| (v.name().to_owned(), v.imei().to_owned())).collect();
        let (http, password) = (addresses.http, admin_password.to_owned());
        let prepared = tokio::task::spawn_blocking(move || {
            let api = Api::new(http);
            let account = Account::prepare(&api, &password, units)?;
            let pairing = driver::prepare(&api, &account)?;
            let subscription = Subscription::open(http, &account.subscribe_message())?;
            anyhow::Ok((account, pairing, subscription))
        });
        let (account, pairing, subscription) = prepared.await.context("the account")??;
        let how = How::choose(args.plain);
        let show = Show::new(how, &account.vehicles)?;
        let fleet = simulator::shell::run(fleet, &ShellOptions::new(addresses.teltonika));
        Ok(Self { account, pairing, subscription, fleet, show })
    }
}

fn fleet_options(vehicles: u16) -> FleetOptions {
    let drive = DriveOptions {
        pace: PACE,
        moving_period_s: 2,
        standing_period_s: 5,
        parked_period_s: 10,
        ..Default::default()
    };
    let seed = u64::try_from(now().ms()).unwrap_or(1);
    FleetOptions { seed, vehicles: usize::from(vehicles), drive, ..Default::default() }
}
