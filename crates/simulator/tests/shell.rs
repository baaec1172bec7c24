//! Fleets and devices over real sockets, against a small server that counts.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::Timestamp;
use simulator::drive::{Condition, DriveOptions};
use simulator::geo::Place;
use simulator::shell::{Connection, Ended, ShellOptions, now, run};
use simulator::wire::teltonika::{Priority, Record};
use simulator::{Device, DeviceOptions, Fleet, FleetOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(20);

/// Records that the server stored, by IMEI.
type Stored = Arc<Mutex<HashMap<String, u64>>>;

/// Answers logins and packets; hangs up after `packets` of a connection, before the last is answered. Refuses those
/// whose IMEI is `refused`.
async fn serve(listener: TcpListener, stored: Stored, packets: usize, refused: &'static str) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, Arc::clone(&stored), packets, refused));
    }
}

async fn converse(mut stream: TcpStream, stored: Stored, packets: usize, refused: &str) -> io::Result<()> {
    let mut login = [0; 17];
    stream.read_exact(&mut login).await?;
    let imei = String::from_utf8_lossy(&login[2..]).into_owned();
    stream.write_all(&[u8::from(imei != refused)]).await?;
    for n in 1.. {
        let mut head = [0; 8];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let mut body = vec![0; length + 4];
        stream.read_exact(&mut body).await?;
        if n >= packets {
            break;
        }
        *stored.lock().unwrap_or_else(|e| e.into_inner()).entry(imei.clone()).or_default() += u64::from(body[1]);
        stream.write_all(&u32::from(body[1]).to_be_bytes()).await?;
    }
    Ok(())
}

async fn server(packets: usize, refused: &'static str) -> io::Result<(SocketAddr, Stored)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stored = Stored::default();
    tokio::spawn(serve(listener, Arc::clone(&stored), packets, refused));
    Ok((address, stored))
}

fn device(records: i64) -> Device {
    let mut device = Device::new(DeviceOptions::new("350000000000014"));
    for n in 0..records {
        device.record(Record {
            time: Timestamp::from_ms_clamped(n),
            priority: Priority::Low,
            place: Place { latitude: 0.5, longitude: 0.5 },
            altitude_m: 0,
            angle_deg: 0,
            satellites: 5,
            speed_kmh: 0,
            event: 0,
            elements: Vec::new(),
        });
    }
    device
}

#[tokio::test]
async fn a_device_flushes_over_as_many_connections_as_it_takes() {
    let (address, stored) = server(3, "").await.unwrap();
    let mut device = device(95);
    let mut acknowledged = Vec::new();
    let mut closed = 0;
    loop {
        let mut connection = Connection::open(address, &mut device, PATIENCE).await.unwrap();
        match connection.flush(&mut device, PATIENCE, &mut acknowledged).await {
            Ok(()) => break,
            Err(Ended::Closed | Ended::Io(_)) => closed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    // Two packets of ten get through each connection before the third is cut off.
    assert_eq!(closed, 4);
    let times: Vec<i64> = acknowledged.iter().map(|r| r.time.ms()).collect();
    assert_eq!(times, (0..95).collect::<Vec<i64>>());
    assert_eq!(stored.lock().unwrap()["350000000000014"], 95);
}

#[tokio::test]
async fn a_refused_device_keeps_its_records() {
    let (address, _) = server(3, "350000000000014").await.unwrap();
    let mut device = device(5);
    let mut connection = Connection::open(address, &mut device, PATIENCE).await.unwrap();
    let ended = connection.flush(&mut device, PATIENCE, &mut Vec::new()).await;
    assert!(matches!(ended, Err(Ended::Refused)), "{ended:?}");
    assert_eq!(device.unacknowledged(), 5);
}

#[tokio::test]
async fn a_fleet_gets_through_in_spite_of_a_moody_server() {
    let (address, stored) = server(4, "350000000000022").await.unwrap();
    let heard = Stored::default();
    let mut options = ShellOptions::new(address);
    options.backoff_first_ms = 5;
    options.backoff_max_ms = 50;
    let hears = Arc::clone(&heard);
    options.acknowledged = Some(Arc::new(move |imei, records| {
        *hears.lock().unwrap().entry(imei.to_owned()).or_default() += records.len() as u64;
    }));
    let drive = DriveOptions { moving_period_s: 1, ..DriveOptions::default() };
    // Twenty minutes of drive lie behind the fleet when it comes on the air, so every unit has a memory to empty.
    let start = now().plus_ms(-1_200_000);
    let fleet = Fleet::new(&FleetOptions { vehicles: 25, drive, ..FleetOptions::default() }, start);
    let running = run(fleet, &options);
    assert_eq!(running.vehicles().len(), 25);
    for vehicle in running.vehicles().iter().filter(|v| v.imei != "350000000000022") {
        let mut status = vehicle.status.clone();
        // A handful is always under way; who is out of reach cannot send at all.
        let emptied = status
            .wait_for(|s| s.condition == Condition::NoNetwork || s.unacknowledged < 10 && s.counters.acknowledged > 0);
        tokio::time::timeout(PATIENCE, emptied).await.expect(&vehicle.name).unwrap();
    }
    let vehicles = running.stop().await;
    let mut total = 0;
    for (n, mut vehicle) in vehicles.into_iter().enumerate() {
        assert_eq!(vehicle.imei(), simulator::imei::imei(n as u64));
        let counters = vehicle.device().counters();
        assert_eq!(counters.recorded, counters.acknowledged + vehicle.device().unacknowledged() as u64);
        let imei = vehicle.imei().to_owned();
        let of = |counts: &Stored| counts.lock().unwrap().get(&imei).copied().unwrap_or_default();
        assert_eq!(of(&heard), counters.acknowledged, "{imei}");
        assert!(of(&stored) >= counters.acknowledged, "{imei} believes what was never stored");
        assert_eq!(counters.refused > 0, imei == "350000000000022");
        assert!(!vehicle.status().connected);
        total += counters.acknowledged;
    }
    assert!(total > 2_000, "only {total} records got through");
}
