//! `bench ingest`: what one report costs from a device's connection to its acknowledgement.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use simulator::imei::imei;
use simulator::wire::unit::SPEECHES;

use super::Ingest;
use super::load::{IngestWork, MixedWork, Order, Outcome, Work};
use super::machine::Machine;
use super::server::{Server, binary};
use super::tenant::Tenant;

pub(super) fn run(options: &Ingest) -> Result<()> {
    let binary = binary(&options.common)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", Machine::look()?)?;
    let Ingest { connections, records, pin, .. } = options;
    let place = if *pin { "server on one core" } else { "cores shared with the load" };
    let what = if options.mixed {
        format!("connections, all families, {records} reports at a time")
    } else {
        format!("Teltonika connections, codec 8 Extended, packets of {records} records")
    };
    writeln!(out, "{connections} {what}; {place}")?;
    writeln!(
        out,
        "{:>5} {:>13} {:>14} {:>10} {:>10} {:>10} {:>10} {:>11}",
        "run", "reports/s", "CPU µs/report", "cores", "MiB", "ack p50 ms", "ack p99 ms", "load, other"
    )?;

    let imeis: Vec<String> = (0..u64::from(*connections)).map(imei).collect();
    for run in 1..=options.common.runs {
        // A folder of its own for each run: all write the same amount.
        let server = Server::start(&binary, &options.common, *pin)?;
        let work = if options.mixed {
            let units = units(*connections);
            Tenant::of_models(server.http, &by_model(&units))?;
            Work::Mixed(MixedWork { address: server.auto, units, reports: *records })
        } else {
            Tenant::create(server.http, "teltonika", &imeis)?;
            Work::Ingest(IngestWork { address: server.teltonika, imeis: imeis.clone(), records: *records })
        };
        let order = Order { server_pid: server.pid(), seconds: options.common.seconds, pinned: *pin, work };
        let Outcome {
            seconds, reports, server_cpu_us, resident_bytes, p50_us, p99_us, load_cores, other_cores, ..
        } = order.carry_out()?;
        writeln!(
            out,
            "{run:>5} {:>13.0} {:>14.2} {:>10.2} {:>10.0} {:>10.2} {:>10.2} {load_cores:>5.2} {other_cores:>5.2}",
            reports as f64 / seconds,
            server_cpu_us / reports.max(1) as f64,
            server_cpu_us / 1e6 / seconds,
            resident_bytes as f64 / f64::from(1 << 20),
            p50_us / 1e3,
            p99_us / 1e3,
        )?;
    }
    Ok(())
}

/// So many units, every family as often.
fn units(count: u32) -> Vec<(String, String)> {
    let numbered = (0..).zip(SPEECHES.iter().cycle()).take(count as usize);
    numbered.filter_map(|(n, speech)| Some((speech.family.to_owned(), speech.identifier(n)?))).collect()
}

/// The devices of each model that these families' trackers are registered as.
fn by_model(units: &[(String, String)]) -> BTreeMap<String, Vec<String>> {
    let mut models: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (family, id) in units {
        let model = match family.as_str() {
            "ngp" => "navixy_ngp".to_owned(),
            family => family.replace('-', "_"),
        };
        models.entry(model).or_default().push(id.clone());
    }
    models
}
