//! `bench fanout`: what one delivered event costs.

use std::io::Write;

use anyhow::{Result, ensure};

use super::Fanout;
use super::load::{Batched, FanoutWork, Order, Outcome, Pace, Share, Work};
use super::machine::Machine;
use super::server::{Server, binary};
use super::tenant::Tenant;

const TRACKERS: usize = 10_000;

/// One way to watch. The cost of delivery is what it uses more than the same updates with `baseline_clients` do.
struct Scenario {
    name: &'static str,
    about: &'static str,
    clients: usize,
    share: Share,
    batched: bool,
    pace: Pace,
    baseline_clients: usize,
}

const SCENARIOS: &[Scenario] = &[
    // First, as memory that was in use before would be used again.
    Scenario {
        name: "S4",
        about: "10,000 clients with a tracker each, idle",
        clients: 10_000,
        share: Share::Each,
        pace: Pace::Idle,
        ..SCENARIO
    },
    Scenario {
        name: "S1",
        about: "one tracker to 100 clients",
        clients: 100,
        share: Share::Same,
        pace: Pace::Window(128),
        ..SCENARIO
    },
    Scenario { name: "S2", about: "1,000 clients, 10 of 10,000 trackers each", pace: Pace::Window(1_000), ..SCENARIO },
    Scenario { name: "S2b", about: "the same, 8,000 updates under way", pace: Pace::Window(8_000), ..SCENARIO },
    Scenario {
        name: "S3",
        about: "5 clients on all of 10,000 trackers",
        clients: 5,
        share: Share::All,
        pace: Pace::Window(512),
        ..SCENARIO
    },
    Scenario {
        name: "S5",
        about: "as S2, 5,000 reports a second",
        pace: Pace::Even { per_s: 5_000.0, burst: 1 },
        ..SCENARIO
    },
    Scenario {
        name: "S6",
        about: "batches of 10,000 states to 4 clients more, rendered for the first",
        clients: 5,
        share: Share::All,
        batched: true,
        pace: Pace::Window(10_000),
        baseline_clients: 1,
    },
];

const SCENARIO: Scenario = Scenario {
    name: "",
    about: "",
    clients: 1_000,
    share: Share::Part,
    batched: false,
    pace: Pace::Idle,
    baseline_clients: 0,
};

pub(super) fn run(options: &Fanout) -> Result<()> {
    let wanted = |scenario: &&Scenario| {
        options.scenarios.is_empty() || options.scenarios.iter().any(|name| name.eq_ignore_ascii_case(scenario.name))
    };
    let scenarios: Vec<&Scenario> = SCENARIOS.iter().filter(wanted).collect();
    let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    ensure!(!scenarios.is_empty(), "the scenarios are {}", names.join(", "));

    let binary = binary(&options.common)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", Machine::look()?)?;
    let server = Server::start(&binary, &options.common, true)?;
    let devices: Vec<String> = (0..TRACKERS).map(|n| format!("bench-{n:06}")).collect();
    let tenant = Tenant::create(server.http, "navixy_ngp", &devices)?;
    let bench = Bench { options, server, devices, tenant };
    bench.let_all_speak_once()?;
    writeln!(
        out,
        "{:4} {:>11} {:>9} {:>9} {:>9} {:>9} {:>7} {:>8} {:>8} {:>6}  what",
        "", "events/s", "µs all", "µs report", "µs event", "B/event", "lost", "p50 µs", "p99 µs", "other"
    )?;
    for scenario in scenarios {
        if scenario.pace == Pace::Idle {
            let bytes = bench.measure(scenario, scenario.clients, scenario.pace)?.resident_bytes_per_client;
            writeln!(out, "{:4} {bytes:.0} resident bytes for each of {}", scenario.name, scenario.about)?;
            continue;
        }
        let mut row = bench.row(scenario)?;
        for _ in 1..options.common.runs {
            row = row.least(bench.row(scenario)?);
        }
        row.print(&mut out, scenario)?;
    }
    Ok(())
}

struct Bench<'a> {
    options: &'a Fanout,
    server: Server,
    devices: Vec<String>,
    tenant: Tenant,
}

/// A scenario's result and that of its baseline.
struct Row {
    with: Outcome,
    without: Outcome,
}

impl Bench<'_> {
    /// A tracker's first contact is noted in the catalog, once in its life; that is not what is measured.
    fn let_all_speak_once(&self) -> Result<()> {
        let pace = Pace::Even { per_s: TRACKERS as f64, burst: 64 };
        self.measure(&SCENARIO, 0, pace).map(|_| ())
    }

    fn row(&self, scenario: &Scenario) -> Result<Row> {
        let with = self.measure(scenario, scenario.clients, scenario.pace)?;
        let per_s = with.reports as f64 / with.seconds;
        // The server reads what comes together at once, so the baseline's updates come as many at a time.
        let pace = Pace::Even { per_s, burst: with.burst.round().max(1.0) as u64 };
        let without = self.measure(scenario, scenario.baseline_clients, pace)?;
        Ok(Row { with, without })
    }

    fn measure(&self, scenario: &Scenario, clients: usize, pace: Pace) -> Result<Outcome> {
        let count = if scenario.share == Share::Same { 1 } else { TRACKERS };
        let work = FanoutWork {
            http: self.server.http,
            ngp: self.server.ngp,
            hash: self.tenant.hash.clone(),
            devices: self.devices[..count].to_vec(),
            trackers: self.tenant.trackers[..count].to_vec(),
            clients,
            share: scenario.share,
            batched: scenario.batched.then_some(Batched { rate_limit_ms: 100 }),
            compact: false,
            pace,
        };
        let seconds = self.options.common.seconds;
        Order { server_pid: self.server.pid(), seconds, pinned: true, work: Work::Fanout(work) }.carry_out()
    }
}

/// Server CPU for each update, whatever became of it.
fn report_us(outcome: &Outcome) -> f64 {
    outcome.server_cpu_us / outcome.reports.max(1) as f64
}

fn events_a_report(outcome: &Outcome) -> f64 {
    outcome.delivered as f64 / outcome.reports.max(1) as f64
}

impl Row {
    /// Disturbance only ever adds, so the least of each is nearest to the truth.
    fn least(self, other: Self) -> Self {
        let less = |a: Outcome, b: Outcome| if report_us(&b) < report_us(&a) { b } else { a };
        Self { with: less(self.with, other.with), without: less(self.without, other.without) }
    }

    fn print(&self, out: &mut impl Write, scenario: &Scenario) -> Result<()> {
        let Self { with, without } = self;
        let (delivered, baseline_us) = (with.delivered.max(1) as f64, report_us(without));
        let event_us = (report_us(with) - baseline_us) / (events_a_report(with) - events_a_report(without));
        writeln!(
            out,
            "{:4} {:>11.0} {:>9.3} {baseline_us:>9.2} {event_us:>9.3} {:>9.0} {:>7} {:>8.0} {:>8.0} {:>6.2}  {}",
            scenario.name,
            delivered / with.seconds,
            with.server_cpu_us / delivered,
            with.received_bytes as f64 / delivered,
            with.lost,
            with.p50_us,
            with.p99_us,
            with.other_cores,
            scenario.about,
        )?;
        Ok(())
    }
}
