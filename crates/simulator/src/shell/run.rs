//! A fleet on the air: one task a vehicle, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::fleet::{Fleet, Vehicle, VehicleStatus};
use crate::rng::Rng;
use crate::shell::connection::Connection;
use crate::shell::now;
use crate::wire::teltonika::Record;

/// How often a vehicle drives on and shows its status, in milliseconds.
const BEAT_MS: i64 = 1_000;

/// Told of every record that the server confirmed: the IMEI, and the records in the order sent. Called from the
/// vehicles' tasks, so it must be quick.
pub type Acknowledged = Arc<dyn Fn(&str, &[Record]) + Send + Sync>;

/// Where to connect, and how patiently.
#[derive(Clone)]
pub struct ShellOptions {
    /// The server's Teltonika listener.
    pub server: SocketAddr,
    /// For the jitter of the back-off.
    pub seed: u64,
    /// Milliseconds to wait for a connection.
    pub connect_timeout_ms: u64,
    /// Milliseconds before the second attempt; each further one waits twice as long.
    pub backoff_first_ms: u64,
    /// Milliseconds that an attempt waits at most.
    pub backoff_max_ms: u64,
    /// Who hears of confirmed records.
    pub acknowledged: Option<Acknowledged>,
}

impl ShellOptions {
    /// The usual patience: half a second at first, half a minute at most.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            seed: 1,
            connect_timeout_ms: 5_000,
            backoff_first_ms: 500,
            backoff_max_ms: 30_000,
            acknowledged: None,
        }
    }
}

/// A vehicle on the air, seen from outside.
#[derive(Clone, Debug)]
pub struct Watched {
    /// What people call it.
    pub name: String,
    /// What its unit logs in as.
    pub imei: String,
    /// What it thinks of itself, renewed every second.
    pub status: watch::Receiver<VehicleStatus>,
}

/// A fleet on the air. Dropping it hangs up at once.
#[derive(Debug)]
pub struct Running {
    vehicles: Vec<Watched>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<Vehicle>,
}

impl Running {
    /// The vehicles in order of their number.
    pub fn vehicles(&self) -> &[Watched] {
        &self.vehicles
    }

    /// Has every vehicle hang up, and gives them back, in order of their number, with what they hold unacknowledged.
    pub async fn stop(mut self) -> Vec<Vehicle> {
        self.stop.send_replace(true);
        let mut vehicles = Vec::with_capacity(self.vehicles.len());
        while let Some(ended) = self.tasks.join_next().await {
            vehicles.extend(ended);
        }
        let number = |v: &Vehicle| self.vehicles.iter().position(|w| w.imei == v.imei());
        vehicles.sort_by_key(number);
        vehicles
    }
}

/// Puts a fleet on the air. To be called within a tokio runtime.
pub fn run(fleet: Fleet, options: &ShellOptions) -> Running {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut vehicles = Vec::with_capacity(fleet.vehicles.len());
    for (n, vehicle) in fleet.vehicles.into_iter().enumerate() {
        let (status, watched) = watch::channel(vehicle.status());
        let (name, imei) = (vehicle.name().to_owned(), vehicle.imei().to_owned());
        vehicles.push(Watched { name, imei, status: watched });
        let rng = Rng::stream(options.seed, n as u64);
        let on_air = OnAir { vehicle, options: options.clone(), status, stop: stopped.clone(), rng };
        tasks.spawn(on_air.run());
    }
    Running { vehicles, stop, tasks }
}

struct OnAir {
    vehicle: Vehicle,
    options: ShellOptions,
    status: watch::Sender<VehicleStatus>,
    stop: watch::Receiver<bool>,
    rng: Rng,
}

impl OnAir {
    async fn run(mut self) -> Vehicle {
        let mut stop = self.stop.clone();
        tokio::select! {
            // Resolves as well when the `Running` is gone.
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.live() => {}
        }
        self.vehicle.device().disconnected();
        self.status.send_replace(self.vehicle.status());
        self.vehicle
    }

    /// Connects whenever there is a network, for ever.
    async fn live(&mut self) {
        let mut failures = 0;
        loop {
            self.drive_on();
            if self.vehicle.drive().has_network() {
                failures = if self.converse().await { 0 } else { failures + 1 };
            }
            self.rest(failures).await;
        }
    }

    /// One connection from beginning to end; whether the server let it in.
    async fn converse(&mut self) -> bool {
        let patience = Duration::from_millis(self.options.connect_timeout_ms);
        let opened = Connection::open(self.options.server, self.vehicle.device(), patience).await;
        let Ok(mut connection) = opened else { return false };
        let logins = self.vehicle.device().counters().logins;
        let mut acknowledged = Vec::new();
        let mut beat = now();
        loop {
            let turn = connection.turn(self.vehicle.device(), beat, &mut acknowledged).await;
            if let Some(tell) = self.options.acknowledged.as_ref().filter(|_| !acknowledged.is_empty()) {
                tell(self.vehicle.imei(), &acknowledged);
            }
            acknowledged.clear();
            if now() >= beat {
                self.drive_on();
                beat = now().plus_ms(BEAT_MS);
            }
            if turn.is_err() || !self.vehicle.drive().has_network() {
                break;
            }
        }
        self.vehicle.device().disconnected();
        self.show();
        self.vehicle.device().counters().logins > logins
    }

    fn drive_on(&mut self) {
        self.vehicle.advance(now());
        self.show();
    }

    fn show(&self) {
        self.status.send_replace(self.vehicle.status());
    }

    /// Waits before the next attempt, longer with each that failed, never quite as long as its neighbours. The
    /// vehicle drives on meanwhile.
    async fn rest(&mut self, failures: u32) {
        let doubled = self.options.backoff_first_ms.saturating_mul(1 << failures.saturating_sub(1).min(16));
        let whole_ms = doubled.min(self.options.backoff_max_ms);
        let mut left_ms = (whole_ms as f64 * self.rng.between(0.5, 1.0)) as u64;
        while left_ms > 0 {
            let nap_ms = left_ms.min(BEAT_MS as u64);
            tokio::time::sleep(Duration::from_millis(nap_ms)).await;
            left_ms -= nap_ms;
            self.drive_on();
        }
    }
}
