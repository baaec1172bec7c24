//! What the sensors of one source must be to each other, and what follows from them.

use model::{DiscreteType, IgnitionSource, Metering, Sensor, SensorId, SensorKind, Virtual, VirtualType};

use super::dangling_parents;
use crate::error::SensorError;
use crate::models::Model;
use crate::options::FleetOptions;

/// Where ignition comes from: a sensor on a digital input, else a virtual one, else what the model's devices say.
pub(crate) fn ignition(sensors: &[Sensor], model: &Model) -> IgnitionSource {
    let input = sensors.iter().find_map(|sensor| match &sensor.kind {
        SensorKind::Discrete(d) if d.sensor_type == DiscreteType::Ignition => {
            Some(IgnitionSource::Input(d.input_number))
        }
        _ => None,
    });
    let virtual_input = || {
        sensors.iter().find_map(|sensor| match &sensor.kind {
            SensorKind::Virtual(v) if v.sensor_type == VirtualType::VirtualIgnition => {
                v.input.map(|input| IgnitionSource::Virtual { input, rule: v.rule })
            }
            _ => None,
        })
    };
    input.or_else(virtual_input).unwrap_or_else(|| model.settings().ignition)
}

/// Whether a sensor, new or in place of `old`, goes with the others.
pub(super) fn fits(
    sensors: &[Sensor],
    sensor: &Sensor,
    old: Option<&Sensor>,
    options: &FleetOptions,
) -> Result<(), SensorError> {
    let others = || sensors.iter().filter(|other| other.id != sensor.id);
    if let Some(metering) = composite(sensor) {
        let is_part_here = |id: &SensorId| others().any(|other| other.id == *id && is_part(other));
        if !metering.rules.parent_ids.iter().all(is_part_here) {
            return Err(dangling_parents().into());
        }
    }
    if others().any(|other| share_input(other, sensor)) {
        return Err(SensorError::InputInUse);
    }
    let is_of_type = |other: &&Sensor| are_of_one_type(&other.kind, &sensor.kind);
    let was_of_type = old.is_some_and(|old| is_of_type(&old));
    if !was_of_type && others().filter(is_of_type).count() >= options.sensors_per_type_max {
        return Err(SensorError::TooManyOfType);
    }
    Ok(())
}

/// Two sensors on one input, or two that would both be the ignition.
fn share_input(a: &Sensor, b: &Sensor) -> bool {
    match (&a.kind, &b.kind) {
        (SensorKind::Metering(x), SensorKind::Metering(y)) => {
            let is_plain = composite(a).is_none() && composite(b).is_none();
            is_plain && (x.input_name == y.input_name || (x.input.is_some() && x.input == y.input))
        }
        (SensorKind::Discrete(x), SensorKind::Discrete(y)) => {
            let are_ignitions = [x, y].iter().all(|d| d.sensor_type == DiscreteType::Ignition);
            x.input_number == y.input_number || are_ignitions
        }
        (SensorKind::Virtual(x), SensorKind::Virtual(y)) => [x, y].iter().all(|v| is_ignition(v)),
        _ => false,
    }
}

fn is_ignition(sensor: &Virtual) -> bool {
    sensor.sensor_type == VirtualType::VirtualIgnition
}

fn are_of_one_type(a: &SensorKind, b: &SensorKind) -> bool {
    match (a, b) {
        (SensorKind::Metering(a), SensorKind::Metering(b)) => a.sensor_type == b.sensor_type,
        (SensorKind::Discrete(a), SensorKind::Discrete(b)) => a.sensor_type == b.sensor_type,
        (SensorKind::Virtual(a), SensorKind::Virtual(b)) => a.sensor_type == b.sensor_type,
        _ => false,
    }
}

/// A sensor that adds up others instead of having an input.
fn composite(sensor: &Sensor) -> Option<&Metering> {
    match &sensor.kind {
        SensorKind::Metering(metering) if metering.input.is_none() => Some(metering),
        _ => None,
    }
}

/// Whether a composite sensor may add it up: it measures a number by itself.
pub(super) fn is_part(sensor: &Sensor) -> bool {
    matches!(sensor.kind, SensorKind::Metering(_)) && composite(sensor).is_none()
}

/// Makes composite sensors do without this one.
pub(super) fn take_out_of_composites(sensors: &mut [Sensor], id: SensorId) {
    for sensor in sensors {
        if let SensorKind::Metering(metering) = &mut sensor.kind {
            metering.rules.parent_ids.retain(|parent| *parent != id);
        }
    }
}

/// The same sensors with ids of their own, which `next` counts on.
pub(super) fn copies(sensors: &[Sensor], next: &mut u32) -> Vec<Sensor> {
    let first = *next;
    *next += sensors.len() as u32;
    // Sensors are in the order of ids, so that a copy's number follows from its original's place.
    let copy_of = |id: &SensorId| {
        let at = sensors.iter().position(|sensor| sensor.id == *id)?;
        Some(SensorId(first + at as u32))
    };
    let mut copies = sensors.to_vec();
    for (copy, id) in copies.iter_mut().zip(first..) {
        copy.id = SensorId(id);
        if let SensorKind::Metering(metering) = &mut copy.kind {
            let parents = &mut metering.rules.parent_ids;
            *parents = parents.iter().filter_map(copy_of).collect();
        }
    }
    copies
}
